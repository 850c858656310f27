/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The names of this host, by its own files: no DNS query is made. */
#ifndef UTIL_HOST_NAMES_H
#define UTIL_HOST_NAMES_H

#include <stddef.h>

#define HOST_NAME_SIZE 256

struct host_names {
	char host[HOST_NAME_SIZE]; /* as `hostname` prints it; "": not known */
	char full[HOST_NAME_SIZE]; /* fully qualified, as `hostname -f` prints it; "": not known */
};

/*
 * Reads the name of this host, and its full name from `hosts_path`, a file as hosts(5): of a line
 * that has the name, the first one that begins with the name and a dot. A name elsewhere in the
 * file is no name of this host.
 */
void host_names_read(const char *hosts_path, struct host_names *ret);

/* Finds the full name of `host` alone. Fills `ret`; "" where there is none, or no such file. */
void host_full_name(const char *hosts_path, const char *host, char ret[HOST_NAME_SIZE]);

#endif
