/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Incidents as lines of JSON, and such lines as incidents again; keys and nesting are
 * docs/incidents.md. Which file they are in is for others. A line begins with '{', which no
 * capture and no log of tcpdump does.
 */
#ifndef VIEW_INCIDENT_JSON_H
#define VIEW_INCIDENT_JSON_H

#include "util/buffer.h"
#include "health/incident.h"

#define INCIDENT_ERROR_SIZE 200
#define INCIDENTS_READ_MAX 4096

/* One object and a newline. 0 or -ENOMEM */
int incident_json_write(struct buffer *out, const struct incident *incident,
			enum incident_event event);

/* One line; 0, -ENOMEM, or -EINVAL and in `error` what was expected where. */
int incident_json_parse(const char *line, size_t length, struct incident *ret,
			char error[INCIDENT_ERROR_SIZE]);

/* All of a file. Zeroed is empty. */
struct incident_lines {
	struct incident **incidents; /* in the order they were opened in */
	size_t count, room;
	unsigned long long line; /* the last one that was read, from 1 on */
	char error[INCIDENT_ERROR_SIZE];
};

/*
 * The next line; an empty one is passed over. A later line about the same incident (id and start)
 * replaces the earlier one. 0, or -EINVAL, -E2BIG, -ENOMEM and `error`, which begins "line N: ".
 */
int incident_lines_add(struct incident_lines *lines, const char *line, size_t length);

/* Whether the times can be trusted: without a known date they are those of 1970-01-01. */
int incident_lines_date_known(const struct incident_lines *lines);

void incident_lines_free(struct incident_lines *lines);

#endif
