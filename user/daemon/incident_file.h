/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `--incidents FILE`: one JSON object a line for each event of an incident, flushed at once; "-" is
 * standard output, which is spared the updates of an incident that is open.
 */
#ifndef DAEMON_INCIDENT_FILE_H
#define DAEMON_INCIDENT_FILE_H

#include "health/incident.h"

struct line_writer;

struct incident_file {
	const char *path; /* NULL: none was asked for */
	int fd;
	int brief;		    /* no updates */
	struct line_writer *outlet; /* in place of `fd`, for who must not wait; or NULL */
	int err;		    /* the first failure to write; told once, the run goes on */
	__u64 missing;		    /* lines that could not be written; opened anew it goes on */
};

/* Opened before privileges are given up. 0, or -errno after a message. */
int incident_file_open(const char *path, struct incident_file *ret);

/* An incident_fn; `context` is the struct incident_file. */
void incident_file_write(const struct incident *incident, enum incident_event event, void *context);

/* The file anew, where it may have been moved away (SIGHUP). 0, or -errno after a message. */
int incident_file_reopen(struct incident_file *f);

/* 0, or -errno when something is missing from the file. */
int incident_file_close(struct incident_file *f);

#endif
