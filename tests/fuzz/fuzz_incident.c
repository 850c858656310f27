// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Any bytes as a file of incidents, for libFuzzer: either an error that names its line, or
 * incidents that are written and read again as they are, and make a report in every format that
 * holds nothing but text.
 */
#include "view/incident_lines.h"
#include "report/report.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void expect(int holds)
{
	if (!holds)
		abort();
}

/* Written, read and written once more: the same line. */
static void write_and_read(const struct incident *incident)
{
	struct incident *again = malloc(sizeof(*again));
	struct buffer first = {0}, second = {0};
	char error[JSON_ERROR_SIZE];

	expect(again && !incident_json_write(&first, incident, INCIDENT_UPDATED));
	expect(!incident_json_parse(first.text, first.used, again, error));
	expect(!incident_json_write(&second, again, INCIDENT_UPDATED));
	expect(!strcmp(first.text, second.text));
	buffer_free(&first);
	buffer_free(&second);
	free(again);
}

static void report(const struct incident_lines *lines)
{
	struct report_source source = {.kind = REPORT_OF_INCIDENTS, .file = "fuzz"};
	struct buffer out = {0};
	unsigned int format;
	const char *c;

	source.date_known = incident_lines_date_known(lines);
	for (format = 0; format < 2 * REPORT_FORMAT_MAX; format++) {
		struct report_style style = {.format = format % REPORT_FORMAT_MAX,
					     .full = format >= REPORT_FORMAT_MAX};

		buffer_reset(&out);
		expect(!report_add(&out, &style, (const struct incident *const *)lines->incidents,
				   lines->count, &source));
		for (c = out.text; *c; c++)
			expect(((unsigned char)*c >= 0x20 || *c == '\n') && *c != 0x7f);
	}
	buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data, *end = line + size, *next;
	struct incident_lines lines = {0};
	int err = 0;
	size_t i;

	for (; !err && line < end; line = next) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));

		next = stop ? stop + 1 : end;
		err = incident_lines_add(&lines, line, (size_t)(next - line));
		expect(!err || !strncmp(lines.error, "line ", 5));
	}
	for (i = 0; i < lines.count; i++)
		write_and_read(lines.incidents[i]);
	report(&lines);
	incident_lines_free(&lines);
	return 0;
}
