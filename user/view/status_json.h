/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A report as one line of JSON; keys and nesting are docs/json.md and do not change. The counters'
 * names come from health/counters.c. What a value means, and when to print, is for others.
 */
#ifndef VIEW_STATUS_JSON_H
#define VIEW_STATUS_JSON_H

#include "util/buffer.h"
#include "health/status.h"

/* What only a replayed report says of itself. */
struct replay_origin {
	const char *source; /* the file */
	__u64 packets;
	const char *engine; /* "native", "kernel" */
	int date_known;
};

/* One object and a newline; `origin` NULL: live. 0 or -ENOMEM */
int json_add(struct buffer *out, const struct status *report, const struct replay_origin *origin);

/* The same, written at once. 0 or -errno */
int json_print(int fd, const struct status *report, const struct replay_origin *origin);

#endif
