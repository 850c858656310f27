/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The state of the fleet (rank.h) as text for people, and as one JSON object (docs/fleet.md). */
#ifndef FLEET_OUTPUT_H
#define FLEET_OUTPUT_H

#include "util/buffer.h"
#include "fleet/rank.h"

struct fleet_output {
	const struct fleet *fleet;
	double time_s; /* of the query, since 1970 */
	double window_s;
};

/* "OK", "WARNING", "CRITICAL" */
const char *fleet_verdict_name(enum fleet_verdict verdict);

/* Append the state: the text names a few hosts in each row, the JSON all. 0 or -ENOMEM */
int fleet_text_write(struct buffer *out, const struct fleet_output *output);
int fleet_json_write(struct buffer *out, const struct fleet_output *output);

#endif
