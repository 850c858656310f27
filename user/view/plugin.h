/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The output of a monitoring plugin: `DNSREACH OK - text | perfdata`, then lines of detail, at most
 * 4 KB in all (NRPE cuts there). check/check_threshold.c decides what is OK.
 */
#ifndef VIEW_PLUGIN_H
#define VIEW_PLUGIN_H

#include "util/buffer.h"

enum plugin_status { PLUGIN_OK, PLUGIN_WARNING, PLUGIN_CRITICAL, PLUGIN_UNKNOWN };

#define PLUGIN_SIZE 4096 /* with the last line's end and a NUL */

struct plugin_datum {
	const char *name;
	double value;			/* NAN: omitted */
	const char *unit;		/* "", "s", "%" */
	const char *warning, *critical; /* ranges as they were given; NULL: none */
	double least, most;		/* NAN: none */
};

/* Zeroed is empty; `detail` reserves room for lines behind the first one. */
struct plugin_output {
	enum plugin_status status;
	int detail;
	struct buffer text;  /* one sentence; filled before the rest */
	struct buffer data;  /* perfdata that fits, */
	struct buffer lines; /* and lines of detail */
	size_t left_out;     /* prefixes whose perfdata did not fit */
};

/* Returns "OK", "WARNING", "CRITICAL" or "UNKNOWN". */
const char *plugin_status_name(enum plugin_status status);

/* Returns the worse of two; UNKNOWN is worse than OK only. */
enum plugin_status plugin_status_worse(enum plugin_status a, enum plugin_status b);

/*
 * Adds all data under the labels prefix_name, or none when they do not fit. A prefix that was used
 * before gets a number.
 */
void plugin_add_data(struct plugin_output *plugin, const char *prefix,
		     const struct plugin_datum *data, size_t count);

/* Adds one line of detail. */
void plugin_add_line(struct plugin_output *plugin, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Writes the whole output. Returns 0 or -ENOMEM. */
int plugin_write(struct buffer *out, const struct plugin_output *plugin);

void plugin_free(struct plugin_output *plugin);

#endif
