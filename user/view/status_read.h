/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The JSON of `watch --json` and of a daemon's /api/v1/status as a status again (json.h is the
 * other way). It may come from anyone: the first thing that is not as docs/json.md has it is
 * named. Where the text is from, and whether it is new enough, is for others.
 */
#ifndef VIEW_STATUS_READ_H
#define VIEW_STATUS_READ_H

#include "health/status.h"

#define STATUS_ERROR_SIZE 200

/* `status` points into the rest. Counters that the text lacks are 0. */
struct parsed_status {
	struct status status;
	struct snapshot snapshot; /* at_ns stays 0 */
	struct resolver_status *judged;
	struct status_interface *interfaces;
};

/* One object; 0, -ENOMEM, or -EINVAL and in `error` what was expected where. */
int status_json_parse(const char *text, size_t length, struct parsed_status *ret,
		      char error[STATUS_ERROR_SIZE]);

void parsed_status_free(struct parsed_status *status);

#endif
