/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* `--incidents FILE`: one JSON object a line for each event of an incident, flushed at once. */
#ifndef INCIDENT_FILE_H
#define INCIDENT_FILE_H

#include "judge/incident.h"

struct incident_file {
	const char *path; /* NULL: none was asked for */
	int fd;
	int err; /* the first failure to write; told once, the run goes on */
};

/* Opened before privileges are given up. 0, or -errno after a message. */
int incident_file_open(const char *path, struct incident_file *ret);

/* An incident_fn; `context` is the struct incident_file. */
void incident_file_write(const struct incident *incident, enum incident_event event, void *context);

/* 0, or -errno when something is missing from the file. */
int incident_file_close(struct incident_file *f);

#endif
