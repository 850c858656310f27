/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The totals since the start as text for people, printed at exit: one block a resolver, worst state
 * first, without zero lines. The picture while running is table.h.
 */
#ifndef VIEW_SUMMARY_H
#define VIEW_SUMMARY_H

#include "util/buffer.h"
#include "health/status.h"
#include "view/status_json.h"

/* Writes the totals; `info` of a replay, or NULL: live. Returns 0 or -ENOMEM. */
int summary_write(struct buffer *out, const struct status *status, const struct replay_info *info);

/* Writes the totals to `fd` at once. Returns 0 or -errno. */
int summary_print(int fd, const struct status *status, const struct replay_info *info);

#endif
