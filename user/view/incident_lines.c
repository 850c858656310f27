// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The incidents of a file of JSON lines; the latest line about each. */
#include "view/incident_lines.h"

#include "util/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns the earlier line about the incident, which has the same host, id and start; or NULL. */
static struct incident **incident_lines_find(struct incident_lines *lines,
					     const struct incident *incident)
{
	size_t i;

	for (i = lines->count; i--;)
		if (lines->incidents[i]->id == incident->id &&
		    lines->incidents[i]->start_ns == incident->start_ns &&
		    !strcmp(lines->incidents[i]->host, incident->host))
			return &lines->incidents[i];
	return NULL;
}

static void incident_lines_drop_oldest(struct incident_lines *lines)
{
	free(lines->incidents[0]);
	lines->count--;
	memmove(lines->incidents, lines->incidents + 1, lines->count * sizeof(*lines->incidents));
	lines->left_out++;
}

/* Takes the incident over. Returns 0 or -ENOMEM; then it is the caller's. */
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
		incident_lines_drop_oldest(lines);
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

/* Parses one incident and takes it in. Returns 0, -EINVAL or -ENOMEM, with what is wrong. */
static int incident_lines_parse(struct incident_lines *lines, const char *text, size_t length,
				char error[JSON_ERROR_SIZE])
{
	struct incident *incident = malloc(sizeof(*incident));
	int err = incident ? incident_json_parse(text, length, incident, error) : -ENOMEM;

	if (!err)
		err = incident_lines_insert(lines, incident);
	if (err == -ENOMEM)
		strcpy(error, "out of memory");
	if (err)
		free(incident);
	return err;
}

/* Returns the last object of incidents that begins inside the line; NULL: none. */
static const char *find_glued(const char *line, size_t length)
{
	static const char start[] = "{\"id\":";
	const char *at = line, *last = NULL;

	while ((at = memmem(at + 1, length - (size_t)(at + 1 - line), start, sizeof(start) - 1)))
		last = at;
	return last;
}

int incident_lines_add(struct incident_lines *lines, const char *line, size_t length)
{
	char error[JSON_ERROR_SIZE], glued_error[JSON_ERROR_SIZE];
	const char *glued;
	int err;

	lines->line++;
	if (lines->line == 1 && length >= 3 && !memcmp(line, "\xef\xbb\xbf", 3)) {
		line += 3; /* a byte order mark, which RFC 8259 section 8.1 lets a reader skip */
		length -= 3;
	}
	while (length && strchr(" \t\r\n", line[length - 1]))
		length--;
	if (!length)
		return 0;
	err = incident_lines_parse(lines, line, length, error);
	glued = err == -EINVAL ? find_glued(line, length) : NULL;
	if (glued)
		incident_lines_parse(lines, glued, length - (size_t)(glued - line), glued_error);
	return err ? incident_lines_error(lines, err, error) : 0;
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
