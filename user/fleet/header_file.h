/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTTP headers from a file, one "Name: value" a line, so that no secret is on the command line.
 */
#ifndef FLEET_HEADER_FILE_H
#define FLEET_HEADER_FILE_H

#include <stddef.h>

#define HEADER_FILE_MOST 16 /* headers */

struct header_file {
	char *text;				   /* the headers point into it */
	const char *headers[HEADER_FILE_MOST + 1]; /* NULL-terminated */
};

/* Reads the file; empty lines and lines that begin with '#' are skipped. 0, or -errno after a
 * message */
int header_file_read(const char *path, struct header_file *ret);
void header_file_free(struct header_file *file);

#endif
