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

#define INCIDENTS_CLOSED_MAX 20

extern const char
	*const incident_outcomes[FAILED_MAX]; /* of a failed query, by enum failed_outcome */
extern const char *const incident_failed_whats[FAILED_WHAT_MAX]; /* by enum failed_what */

/* Makes the value; `event` NULL: without that key. */
json_t *incident_json_object(struct json_build *build, const struct incident *incident,
			     const char *event);

/* Makes the value of an ICMP message, as in the `messages` of an incident. */
json_t *incident_json_message(struct json_build *build, const struct incident_message *message);

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

#endif
