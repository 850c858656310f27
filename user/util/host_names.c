// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See host_names.h. */
#include "util/host_names.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SPACE " \t\r\n"

/* Returns whether `name` is `host`, a dot, and more. */
static int is_full_name_of(const char *name, const char *host)
{
	size_t length = strlen(host);

	return !strncasecmp(name, host, length) && name[length] == '.' && name[length + 1];
}

/* Searches a line, which it cuts to pieces: an address, and names. Returns the full name, or NULL.
 */
static const char *line_full_name(char *line, const char *host)
{
	const char *full = NULL, *name;
	char *rest = NULL;
	int is_of_host = 0;

	line[strcspn(line, "#")] = '\0';
	if (!strtok_r(line, SPACE, &rest))
		return NULL;
	while ((name = strtok_r(NULL, SPACE, &rest))) {
		is_of_host |= !strcasecmp(name, host);
		if (!full && is_full_name_of(name, host))
			full = name;
	}
	return is_of_host ? full : NULL;
}

void host_full_name(const char *hosts_path, const char *host, char ret[HOST_NAME_SIZE])
{
	FILE *f = *host ? fopen(hosts_path, "re") : NULL;
	const char *full = NULL;
	char line[1024];

	ret[0] = '\0';
	if (!f)
		return;
	while (!full && fgets(line, sizeof(line), f))
		full = line_full_name(line, host);
	if (full && strlen(full) < HOST_NAME_SIZE)
		strcpy(ret, full);
	fclose(f);
}

void host_names_read(const char *hosts_path, struct host_names *ret)
{
	*ret = (struct host_names){0};
	gethostname(ret->host, sizeof(ret->host) - 1);
	host_full_name(hosts_path, ret->host, ret->full);
}
