/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A picture of the fleet as text for people, and as one JSON object. Which it is, rank.h says. */
#ifndef FLEET_SHOW_H
#define FLEET_SHOW_H

#include "util/buffer.h"
#include "fleet/rank.h"

struct fleet_shown {
	const struct fleet *fleet;
	double time_s; /* of the query, since 1970 */
	double window_s;
};

/* "OK", "WARNING", "CRITICAL" */
const char *fleet_verdict_name(enum fleet_verdict verdict);

/* The rows have room for a few names only; the JSON has all. Both: 0 or -ENOMEM. */
int fleet_text_add(struct buffer *out, const struct fleet_shown *shown);
int fleet_json_add(struct buffer *out, const struct fleet_shown *shown);

#endif
