/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Incidents as JSON, written and parsed: lines of a file, the daemon's /api/v1/incidents, values
 * inside a report. Keys: docs/reports.md. A line begins with '{', which no packet capture and no
 * tcpdump output does.
 */
#ifndef VIEW_INCIDENT_JSON_H
#define VIEW_INCIDENT_JSON_H

#include "health/incident.h"
#include "health/status.h"
#include "util/buffer.h"
#include "util/json.h"

#define INCIDENTS_PARSED_MAX 4096
#define INCIDENTS_CLOSED_MAX 20

/* Makes the value; `event` NULL: without that key. */
json_t *incident_json_object(struct json_build *build, const struct incident *incident,
			     const char *event);

/* Writes one object and a newline. Returns 0 or -ENOMEM. */
int incident_json_write(struct buffer *out, const struct incident *incident,
			enum incident_event event);

/*
 * Writes all open incidents and the latest INCIDENTS_CLOSED_MAX closed ones, the latest first, as
 * one object with the time of `status`, and a newline. Returns 0 or -ENOMEM.
 */
int incidents_json_write(struct buffer *out, const struct status *status,
			 const struct incidents *incidents);

/* Parses one line. Returns 0; -ENOMEM; or -EINVAL and in `error` what is expected where. */
int incident_json_parse(const char *line, size_t length, struct incident *ret,
			char error[JSON_ERROR_SIZE]);

/* The incidents of a file. Zeroed is empty. */
struct incident_lines {
	struct incident **incidents; /* in the order of their first lines */
	size_t count, room;
	unsigned long long line; /* the last one that was parsed, from 1 on */
	char error[JSON_ERROR_SIZE];
};

/*
 * Parses the next line; skips an empty one. A later line about an incident (its id and start)
 * replaces the earlier one. Returns 0; or -EINVAL, -E2BIG, -ENOMEM with `error`: "line N: ...".
 */
int incident_lines_add(struct incident_lines *lines, const char *line, size_t length);

/* Returns 0 when a time is on 1970-01-01, as in a log without a known date; else 1. */
int incident_lines_date_known(const struct incident_lines *lines);

/* Returns 1 when the times of all lines are UTC. */
int incident_lines_zone_known(const struct incident_lines *lines);

void incident_lines_free(struct incident_lines *lines);

#endif
