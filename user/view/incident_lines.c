// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The incidents of a file of JSON lines; the latest line about each. */
#include "view/incident_lines.h"

#include "util/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns the earlier line about the incident, which has the same id and start; or NULL. */
static struct incident **incident_lines_find(struct incident_lines *lines,
					     const struct incident *incident)
{
	size_t i;

	for (i = lines->count; i--;)
		if (lines->incidents[i]->id == incident->id &&
		    lines->incidents[i]->start_ns == incident->start_ns)
			return &lines->incidents[i];
	return NULL;
}

/* Takes the incident over, unless it fails: -E2BIG or -ENOMEM. */
static int incident_lines_insert(struct incident_lines *lines, struct incident *incident)
{
	struct incident **old = incident_lines_find(lines, incident), **grown;
	size_t room = lines->room ? 2 * lines->room : 16;

	if (old) {
		free(*old);
		*old = incident;
		return 0;
	}
	if (lines->count == INCIDENTS_PARSED_MAX)
		return -E2BIG;
	if (lines->count == lines->room) {
		grown = realloc(lines->incidents, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		lines->incidents = grown;
		lines->room = room;
	}
	lines->incidents[lines->count++] = incident;
	return 0;
}

static int incident_lines_error(struct incident_lines *lines, int err, const char *what)
{
	snprintf(lines->error, sizeof(lines->error), "line %llu: %.160s", lines->line, what);
	return err;
}

int incident_lines_add(struct incident_lines *lines, const char *line, size_t length)
{
	struct incident *incident;
	char error[JSON_ERROR_SIZE];
	int err;

	lines->line++;
	while (length && strchr(" \t\r\n", line[length - 1]))
		length--;
	if (!length)
		return 0;
	incident = malloc(sizeof(*incident));
	if (!incident)
		return incident_lines_error(lines, -ENOMEM, "out of memory");
	err = incident_json_parse(line, length, incident, error);
	if (!err)
		err = incident_lines_insert(lines, incident);
	if (!err)
		return 0;
	free(incident);
	if (err == -E2BIG)
		return incident_lines_error(lines, err, "more incidents than a report can hold");
	return incident_lines_error(lines, err, err == -ENOMEM ? "out of memory" : error);
}

int incident_lines_zone_known(const struct incident_lines *lines)
{
	size_t i;

	for (i = 0; i < lines->count; i++)
		if (lines->incidents[i]->zone_unknown)
			return 0;
	return incident_lines_date_known(lines);
}

int incident_lines_date_known(const struct incident_lines *lines)
{
	size_t i;

	for (i = 0; i < lines->count; i++)
		if (lines->incidents[i]->start_ns < 24 * 3600 * NS_PER_S)
			return 0;
	return 1;
}

void incident_lines_free(struct incident_lines *lines)
{
	size_t i;

	for (i = 0; i < lines->count; i++)
		free(lines->incidents[i]);
	free(lines->incidents);
	memset(lines, 0, sizeof(*lines));
}
