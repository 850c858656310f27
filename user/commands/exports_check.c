/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where things are to go, looked at before anything is opened: each value where it stands, so that
 * a line of a file can be named. Opening them is exports.c.
 */
#include "commands/exports_check.h"

#include "commands/exports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

_Static_assert(OPTION_WHY_SIZE >= HTTP_SERVER_WHY_SIZE, "room for http_server_check()");
_Static_assert(OPTION_WHY_SIZE >= PUSH_WHY_SIZE, "room for push_check_url()");

int check_listen(const char *text, char why[OPTION_WHY_SIZE])
{
	return strcmp(text, LISTEN_NONE) ? http_server_check(text, why) : 0;
}

int check_textfile(const char *text, char why[OPTION_WHY_SIZE])
{
	size_t length = strlen(text);

	if (length > 5 && !strcmp(text + length - 5, ".prom"))
		return 0;
	snprintf(why, OPTION_WHY_SIZE,
		 "'%.120s' does not end in .prom, and node_exporter would not read it", text);
	return -EINVAL;
}

int check_otlp(const char *text, char why[OPTION_WHY_SIZE])
{
	return push_check_url(text, why);
}

int check_otlp_header(const char *text, char why[OPTION_WHY_SIZE])
{
	return push_check_header(text, why);
}

int exports_check(const struct export_options *o)
{
	size_t i;

	for (i = 0; o->listen.count > 1 && i < o->listen.count; i++) {
		if (strcmp(o->listen.items[i], LISTEN_NONE) != 0)
			continue;
		fprintf(stderr,
			"dnsreach: --listen: 'none' and an address at a time make no sense\n");
		return -EINVAL;
	}
	return 0;
}
