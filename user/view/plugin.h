/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a monitoring plugin prints: `DNSREACH OK - text | perfdata`, then lines of detail, never
 * more than 4 KB in whole (NRPE cuts there). What is OK is for others.
 */
#ifndef VIEW_PLUGIN_H
#define VIEW_PLUGIN_H

#include "util/buffer.h"

enum plugin_status { PLUGIN_OK, PLUGIN_WARNING, PLUGIN_CRITICAL, PLUGIN_UNKNOWN };

#define PLUGIN_SIZE 4096 /* with the last line's end and a NUL */

struct plugin_datum {
	const char *name;
	double value;			/* NAN: is left out */
	const char *unit;		/* "", "s", "%" */
	const char *warning, *critical; /* ranges as they were given; NULL: none */
	double least, most;		/* NAN: none */
};

/* Zeroed is empty; `detail` set: room is kept for lines behind the first one. */
struct plugin_output {
	enum plugin_status status;
	int detail;
	struct buffer text;  /* one sentence; filled before the rest */
	struct buffer data;  /* perfdata that fits, */
	struct buffer lines; /* and lines of detail */
	size_t left_out;     /* whose perfdata did not fit */
};

/* "OK", "WARNING", "CRITICAL", "UNKNOWN" */
const char *plugin_status_name(enum plugin_status status);

/* The worse of two; UNKNOWN is worse than OK only. */
enum plugin_status plugin_status_worse(enum plugin_status a, enum plugin_status b);

/* All data of `whose`, labelled whose_name and told apart from earlier ones; or none of them. */
void plugin_add_data(struct plugin_output *plugin, const char *whose,
		     const struct plugin_datum *data, size_t count);

/* One line of detail. */
void plugin_add_line(struct plugin_output *plugin, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* All of it as it is to be printed. 0 or -ENOMEM */
int plugin_write(struct buffer *out, const struct plugin_output *plugin);

void plugin_free(struct plugin_output *plugin);

#endif
