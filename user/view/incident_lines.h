/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads a file of incidents, one JSON object a line: what `dnsreach report` gets. */
#ifndef VIEW_INCIDENT_LINES_H
#define VIEW_INCIDENT_LINES_H

#include "view/incident_json.h"

#define INCIDENTS_PARSED_MAX 4096

/* The incidents of a file. Zeroed is empty. */
struct incident_lines {
	struct incident **incidents; /* in the order of their first lines */
	size_t count, room;
	size_t left_out;	 /* the oldest ones beyond INCIDENTS_PARSED_MAX */
	unsigned long long line; /* the last one that was parsed, from 1 on */
	char error[JSON_ERROR_SIZE];
};

/*
 * Parses the next line; skips an empty one. A later line about an incident (its id and start)
 * replaces the earlier one. Beyond INCIDENTS_PARSED_MAX the oldest gives way. Returns 0; or
 * -EINVAL, -ENOMEM with `error`: "line N: ...". After -EINVAL the next line can be added: a crash
 * or a full disk leaves a torn line. The whole line that follows a torn one without a line end is
 * read.
 */
int incident_lines_add(struct incident_lines *lines, const char *line, size_t length);

/* Returns 0 when a time is on 1970-01-01, as in a log without a known date; else 1. */
int incident_lines_date_known(const struct incident_lines *lines);

/* Returns 1 when the times of all lines are UTC. */
int incident_lines_zone_known(const struct incident_lines *lines);

void incident_lines_free(struct incident_lines *lines);

#endif
