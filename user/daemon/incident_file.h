/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `--incidents FILE`: one JSON object a line for each event of an incident, written at once. "-" is
 * standard output, which gets no updates of an open incident.
 */
#ifndef DAEMON_INCIDENT_FILE_H
#define DAEMON_INCIDENT_FILE_H

#include "health/incident.h"

struct line_writer;

struct incident_file {
	const char *path; /* NULL: no file */
	int fd;
	int brief;		    /* without updates */
	struct line_writer *writer; /* instead of `fd`, where a write must not block; or NULL */
	int err;		    /* the first failure to write: logged once */
	__u64 missing;		    /* lines that could not be written, also before a reopen */
};

/* Opens the file, before privileges are dropped. 0, or -errno after a message */
int incident_file_open(const char *path, struct incident_file *ret);

/* An incident_fn; `context` is the struct incident_file. */
void incident_file_write(const struct incident *incident, enum incident_event event, void *context);

/* Opens the file again: it may have been moved (SIGHUP). 0, or -errno after a message */
int incident_file_reopen(struct incident_file *f);

/* Closes the file. Returns 0, or -errno when a line is missing from it. */
int incident_file_close(struct incident_file *f);

#endif
