/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `--incidents FILE`: one JSON object a line for each event of an incident, written at once. "-" is
 * standard output, which gets no updates of an open incident. With `max_bytes` a file that would
 * grow beyond it is renamed to FILE.1, in place of an older one, and begun anew.
 */
#ifndef DAEMON_INCIDENT_FILE_H
#define DAEMON_INCIDENT_FILE_H

#include "health/incident.h"
#include "util/buffer.h"

#include <sys/types.h>

struct line_writer;

struct incident_file {
	const char *path; /* NULL: no file */
	int fd;
	int brief;		    /* without updates */
	struct line_writer *writer; /* instead of `fd`, where a write must not block; or NULL */
	off_t max_bytes;	    /* 0: any */
	int err;		    /* the first failure to write: logged once */
	__u64 missing;		    /* lines that could not be written, also before a reopen */
};

/* Opens the file, before privileges are dropped. 0, or -errno after a message */
int incident_file_open(const char *path, struct incident_file *ret);

/* Appends one line, whole or not at all. Returns 0 or -errno. */
int incident_file_append(struct incident_file *f, const struct buffer *line);

/* An incident_fn; `context` is the struct incident_file. */
void incident_file_write(const struct incident *incident, enum incident_event event, void *context);

/* Opens the file again: it may have been moved (SIGHUP). 0, or -errno after a message */
int incident_file_reopen(struct incident_file *f);

/* Closes the file. Returns 0, or -errno when a line is missing from it. */
int incident_file_close(struct incident_file *f);

#endif
