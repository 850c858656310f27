/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The live table for people: one row a resolver, worst state first. Either redrawn in place on a
 * terminal, or appended, each line with its time. The caller finds out whether there is a terminal,
 * its size and its colours. Other texts for people use the same order and the same window.
 */
#ifndef VIEW_TABLE_H
#define VIEW_TABLE_H

#include "health/status.h"
#include "util/buffer.h"

struct table_options {
	int redraw;
	int colour;	      /* of the state, and nothing else */
	unsigned int columns; /* 0: unlimited */
	unsigned int rows;    /* 0: unlimited */
	const char *ports;    /* watched, as text; NULL: "53" */
};

/* Zero all but the options. */
struct table {
	struct table_options options;
	unsigned int since_header; /* appended lines */
	int quiet;		   /* no query was seen so far */
};

/* Returns 0 or -ENOMEM. */
int table_write(struct table *table, struct buffer *out, const struct status *status);

/* Writes the table to `fd` at once. Returns 0 or -errno. */
int table_print(struct table *table, int fd, const struct status *status);

#define STATUS_WARNINGS 6

/*
 * Adds the warning of that number, below STATUS_WARNINGS, without a line end. Returns 1, or 0:
 * there is no reason for it.
 */
int status_warning(const struct status *status, size_t number, struct buffer *out);

/* Returns the rates over 10 s; over 1 min when nothing settled in 10 s. */
const struct rates *resolver_shown_rates(const struct resolver_status *resolver);

enum shown_as { SHOWN_QUERIES, SHOWN_CONNECTS, SHOWN_SESSIONS };

/* Returns what a row shows: its connects, as long as no message or session over them was seen. */
enum shown_as resolver_shown_as(const struct resolver_status *resolver);

/* Returns what it shows of them: how many a second. */
double resolver_shown_per_s(const struct resolver_status *resolver, const struct rates *rates);

/* Returns "queries", "connects" or "sessions". */
const char *resolver_shown_words(const struct resolver_status *resolver);

/* Returns whether any query was sent to it, or refused by this host's own stack. */
int resolver_was_queried(const struct resolver_status *resolver);

/*
 * Sorts the resolvers: worst state first, then by queries per second, then by key; `other` last,
 * and only once it was queried. Returns the array and its *count, freed by the caller; or NULL: no
 * memory.
 */
const struct resolver_status **status_sort_worst_first(const struct status *status, size_t *count);

#endif
