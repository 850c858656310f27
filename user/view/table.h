/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The live table for people: one row a resolver, worst state first. Either redrawn in place on a
 * terminal, or appended, each line with its time. Whether there is a terminal, how large it is
 * and whether it has colours is asked by others.
 */
#ifndef VIEW_TABLE_H
#define VIEW_TABLE_H

#include "util/buffer.h"
#include "health/status.h"

struct table_options {
	int redraw;
	int colour;	      /* of the state, and nothing else */
	unsigned int columns; /* 0: as wide as it takes */
	unsigned int rows;    /* 0: as many as it takes */
	const char *ports;    /* watched, for people; NULL: "53" */
};

/* Zero all but the options. */
struct table {
	struct table_options options;
	unsigned int since_header; /* appended lines */
	int quiet;		   /* nothing was seen so far */
};

/* 0 or -ENOMEM */
int table_write(struct table *table, struct buffer *out, const struct status *status);

/* The same, written at once. 0 or -errno */
int table_print(struct table *table, int fd, const struct status *status);

#endif
