/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The columns of the list: text, and value to sort by. Rates of one window and totals since the
 * start are never in one row: a list shows either.
 */
#ifndef SCREEN_COLUMNS_H
#define SCREEN_COLUMNS_H

#include "health/status.h"
#include "screen/minute_history.h"

#define COLUMN_TEXT_SIZE 128

enum screen_column {
	COLUMN_RESOLVER,
	COLUMN_STATE,
	COLUMN_SINCE,
	COLUMN_CAUSE,
	COLUMN_QUERIES_RATE,
	COLUMN_FAILED_RATIO,
	COLUMN_ERROR_RATIO,
	COLUMN_P50,
	COLUMN_P95,
	COLUMN_P99,
	COLUMN_IN_FLIGHT,
	COLUMN_QUERIES,
	COLUMN_FAILED,
	COLUMN_ANSWERED,
	COLUMN_ERRORS,
	COLUMN_UNREACHABLE,
	COLUMN_TIMED_OUT,
	COLUMN_CLOSED,
	COLUMN_UNSENT,
	COLUMN_RETRANSMISSIONS,
	COLUMN_LATE,
	COLUMN_MEANING,
	COLUMN_MAX
};

enum column_list { COLUMN_IN_BOTH, COLUMN_OF_RATES, COLUMN_OF_TOTALS };

/* A resolver in the list. */
struct screen_row {
	const struct resolver_status *resolver;
	const struct minute_entry *seen; /* NULL: nothing is known */
	const struct rates *rates;
	__u64 now_ns;	   /* since 1970, of the status */
	__u64 incident_ns; /* when its open incident began; 0: there is none */
};

struct column_row {
	const char *heading;
	int width;   /* negative: the text is on the left; 0: it takes what is left */
	int urgency; /* the lower, the sooner it gets room */
	enum column_list list;
	void (*text)(const struct screen_row *row, char out[COLUMN_TEXT_SIZE]);
	double (*value)(const struct screen_row *row); /* the larger, the higher up; NULL: none */
};

extern const struct column_row screen_columns[COLUMN_MAX];

/* Returns whether the list of rates, or that of totals, has the column. */
int column_is_in(enum screen_column column, int totals);

/*
 * Compares two rows by a column, then by state, queries and key, so that no order is by chance.
 * Returns below 0 when `a` is the upper one. `other` is always below.
 */
int screen_rows_compare(const struct screen_row *a, const struct screen_row *b,
			enum screen_column column, int reversed);

/* Writes a duration for people: "42s", "12m", "3h05m", "2d04h". */
void column_duration(__u64 ns, char out[COLUMN_TEXT_SIZE]);

#endif
