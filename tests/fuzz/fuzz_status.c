// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Any bytes as what a daemon serves, for libFuzzer: either an error in words that fit a plugin's
 * line, or a report that is written and read again as it is.
 */
#include "view/status_json.h"
#include "view/plugin.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void expect(int holds)
{
	if (!holds)
		abort();
}

static void write_and_read(const struct status *report)
{
	struct buffer first = {0}, second = {0};
	char error[JSON_ERROR_SIZE];
	struct parsed_status again;

	expect(!status_json_write(&first, report, NULL));
	expect(!status_json_parse(first.text, first.used, &again, error));
	expect(!status_json_write(&second, &again.status, NULL));
	expect(!strcmp(first.text, second.text));
	parsed_status_free(&again);
	buffer_free(&first);
	buffer_free(&second);
}

static void say(const char *error)
{
	struct plugin_output plugin = {.status = PLUGIN_UNKNOWN};
	struct buffer out = {0};
	const char *c;

	expect(error[0]);
	buffer_add(&plugin.text, "%s", error);
	expect(!plugin_write(&out, &plugin));
	expect(out.used < PLUGIN_SIZE && strchr(out.text, '\n') == out.text + out.used - 1);
	for (c = out.text; *c != '\n'; c++)
		expect(*c >= ' ' && *c < 0x7f && *c != '|');
	buffer_free(&out);
	plugin_free(&plugin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[JSON_ERROR_SIZE];
	struct parsed_status status;
	int err = status_json_parse((const char *)data, size, &status, error);

	if (err) {
		say(error);
		return 0;
	}
	write_and_read(&status.status);
	parsed_status_free(&status);
	return 0;
}
