/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where things are to go, looked at before anything is opened: each value where it stands, so that
 * a line of a file can be named. Opening them is exports.c.
 */
#include "daemon/exports_check.h"

#include "daemon/exports.h"
#include "http/listen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

_Static_assert(OPTION_WHY_SIZE >= HTTP_SERVER_ERROR_SIZE, "room for http_server_check()");
_Static_assert(OPTION_WHY_SIZE >= PUSH_ERROR_SIZE, "room for push_check_url()");

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

/* Are both the same place, in whatever way they are written? */
static int are_same(const char *one, const char *other)
{
	struct listen_addr a, b;
	char why[LISTEN_ADDR_ERROR_SIZE];

	if (!strcmp(one, other))
		return 1;
	return !listen_addr_parse(one, &a, why) && !listen_addr_parse(other, &b, why) &&
	       a.kind == b.kind && a.fd == b.fd &&
	       !memcmp(&a.address, &b.address, sizeof(a.address));
}

static int check_places(const struct option_list *list)
{
	size_t i, j;

	for (i = 0; i < list->count; i++)
		for (j = 0; j < i; j++)
			if (are_same(list->items[i], list->items[j]))
				return options_refuse("listen", list->where[i],
						      "'%s' is named for the second time",
						      list->items[i]);
	for (i = 0; list->count > 1 && i < list->count; i++)
		if (!strcmp(list->items[i], LISTEN_NONE))
			return options_refuse("listen", list->where[i],
					      "'none' and an address at a time make no sense");
	return 0;
}

int exports_check(const struct export_options *o)
{
	if (check_places(&o->listen))
		return -EINVAL;
	if (o->otlp_header && !o->otlp)
		return options_refuse("otlp-header", NULL,
				      "it is sent with pushes, and there are none; say where to "
				      "with otlp");
	return 0;
}
