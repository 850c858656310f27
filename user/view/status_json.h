/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A status as one line of JSON; keys and nesting are docs/json.md and do not change. The counters'
 * names come from health/counters.c. What a value means, and when to print, is for others.
 */
#ifndef VIEW_STATUS_JSON_H
#define VIEW_STATUS_JSON_H

#include "util/buffer.h"
#include "health/status.h"

/* What only a replayed status says of itself. */
struct replay_info {
	const char *source; /* the file */
	__u64 packets;
	const char *engine; /* "native", "kernel" */
	int date_known;
};

/* One object and a newline; `origin` NULL: live. 0 or -ENOMEM */
int status_json_write(struct buffer *out, const struct status *status,
		      const struct replay_info *origin);

/* The same, written at once. 0 or -errno */
int status_json_print(int fd, const struct status *status, const struct replay_info *origin);

#endif
