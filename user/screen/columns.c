// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See columns.h. */
#include "screen/columns.h"

#include "health/counters.h"
#include "util/address.h"
#include "util/clock.h"
#include "view/cells.h"
#include "view/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- texts -------------------------------------------------------------------------------- */

void column_duration(__u64 ns, char out[COLUMN_TEXT_SIZE])
{
	unsigned long long s = ns / NS_PER_S;

	if (s < 100)
		snprintf(out, COLUMN_TEXT_SIZE, "%llus", s);
	else if (s < 6000)
		snprintf(out, COLUMN_TEXT_SIZE, "%llum", s / 60);
	else if (s < 100 * 3600)
		snprintf(out, COLUMN_TEXT_SIZE, "%lluh%02llum", s / 3600, s / 60 % 60);
	else
		snprintf(out, COLUMN_TEXT_SIZE, "%llud%02lluh", s / 86400, s / 3600 % 24);
}

static int row_is_other(const struct screen_row *row)
{
	return resolver_is_other(&row->resolver->now->key);
}

static void resolver_cell(const struct screen_row *row, char out[COLUMN_TEXT_SIZE])
{
	resolver_text(&row->resolver->now->key, out);
}

static void state_cell(const struct screen_row *row, char out[COLUMN_TEXT_SIZE])
{
	strcpy(out, row_is_other(row) ? "-" : state_name(row->resolver->state));
}

/* Sets how long the state lasts; returns 0 when that is only known to be the least. */
static int state_lasts_ns(const struct screen_row *row, __u64 *ns)
{
	__u64 since = row->incident_ns;

	if (!since && row->seen)
		since = row->seen->state_since_ns;
	*ns = since && since < row->now_ns ? row->now_ns - since : 0;
	return row->incident_ns || (row->seen && row->seen->since_is_known);
}

static void since_cell(const struct screen_row *row, char out[COLUMN_TEXT_SIZE])
{
	int is_known;
	__u64 ns;

	strcpy(out, "-");
	if (row_is_other(row) || (!row->seen && !row->incident_ns))
		return;
	is_known = state_lasts_ns(row, &ns);
	if (!is_known)
		out[0] = '>';
	column_duration(ns, out + !is_known);
}

static void cause_cell(const struct screen_row *row, char out[COLUMN_TEXT_SIZE])
{
	strcpy(out, row->resolver->cause ? cause_name(row->resolver->cause) : "-");
}

static void meaning_cell(const struct screen_row *row, char out[COLUMN_TEXT_SIZE])
{
	const struct resolver_status *resolver = row->resolver;

	snprintf(out, COLUMN_TEXT_SIZE, "%s%s%s", resolver->fails_inside ? FAILS_INSIDE " " : "",
		 resolver->forged ? "forged? " : "",
		 resolver->cause ? cause_meaning(resolver->cause) : "");
}

static void failed_ratio_cell(const struct screen_row *row, char out[COLUMN_TEXT_SIZE])
{
	cell_format_ratio(row->rates->failure_ratio, out);
}

static void error_ratio_cell(const struct screen_row *row, char out[COLUMN_TEXT_SIZE])
{
	cell_format_ratio(row->rates->error_ratio, out);
}

/* ---- values ------------------------------------------------------------------------------- */

static double state_value(const struct screen_row *row)
{
	return row->resolver->state;
}

/* The shortest first: what has changed last is looked for. */
static double since_value(const struct screen_row *row)
{
	__u64 ns;

	state_lasts_ns(row, &ns);
	return -(double)ns;
}

static double cause_value(const struct screen_row *row)
{
	return row->resolver->cause ? -(double)row->resolver->cause : -HUGE_VAL;
}

/* Returns the value of the messages; where no message was seen, that of the connects. */
static double shown_value(const struct screen_row *row, double of_messages, double of_connects)
{
	return resolver_shown_as(row->resolver) == SHOWN_QUERIES ? of_messages : of_connects;
}

static double queries_rate_value(const struct screen_row *row)
{
	return resolver_shown_per_s(row->resolver, row->rates);
}

static double failed_ratio_value(const struct screen_row *row)
{
	return row->rates->failure_ratio;
}

static double error_ratio_value(const struct screen_row *row)
{
	return row->rates->error_ratio;
}

static double p50_value(const struct screen_row *row)
{
	return shown_value(row, row->rates->rtt_p50_s, row->rates->connect_rtt_p50_s);
}

static double p95_value(const struct screen_row *row)
{
	return shown_value(row, row->rates->rtt_p95_s, row->rates->connect_rtt_p95_s);
}

static double p99_value(const struct screen_row *row)
{
	return shown_value(row, row->rates->rtt_p99_s, row->rates->connect_rtt_p99_s);
}

static double in_flight_value(const struct screen_row *row)
{
	const struct resolver_snapshot *now = row->resolver->now;

	return (double)(now->in_flight + now->messages_in_flight);
}

static double queries_value(const struct screen_row *row)
{
	static const enum counter counters[] = {
		[SHOWN_QUERIES] = COUNTER_QUERIES,
		[SHOWN_CONNECTS] = COUNTER_CONNECT_ATTEMPTS,
		[SHOWN_SESSIONS] = COUNTER_TRANSACTIONS,
	};

	return (double)row->resolver->now->counters.n[counters[resolver_shown_as(row->resolver)]];
}

static double failed_value(const struct screen_row *row)
{
	return (double)counters_failed(&row->resolver->now->counters);
}

static double answered_value(const struct screen_row *row)
{
	return (double)counters_answered(&row->resolver->now->counters);
}

static double errors_value(const struct screen_row *row)
{
	return (double)counters_answered_with_error(&row->resolver->now->counters);
}

static double unreachable_value(const struct screen_row *row)
{
	const struct resolver_counters *counters = &row->resolver->now->counters;

	return (double)(counters_unreachable(counters) + counters->n[COUNTER_CONNECT_REFUSED]);
}

static double timed_out_value(const struct screen_row *row)
{
	return (double)counters_timed_out(&row->resolver->now->counters);
}

static double closed_value(const struct screen_row *row)
{
	return (double)counters_closed(&row->resolver->now->counters);
}

static double unsent_value(const struct screen_row *row)
{
	return (double)counters_unsent(&row->resolver->now->counters);
}

static double retransmissions_value(const struct screen_row *row)
{
	const struct resolver_counters *counters = &row->resolver->now->counters;

	return (double)(counters->n[COUNTER_RETRANSMISSIONS] +
			counters->n[COUNTER_CONNECT_RETRANSMISSIONS]);
}

static double late_value(const struct screen_row *row)
{
	return (double)counters_late(&row->resolver->now->counters);
}

/* ---- cells whose text is that of the value -------------------------------------------------- */

static void queries_rate_cell(const struct screen_row *row, char out[COLUMN_TEXT_SIZE])
{
	cell_format_rate(queries_rate_value(row), out);
}

static void p50_cell(const struct screen_row *row, char out[COLUMN_TEXT_SIZE])
{
	cell_format_seconds(p50_value(row), out);
}

static void p95_cell(const struct screen_row *row, char out[COLUMN_TEXT_SIZE])
{
	cell_format_seconds(p95_value(row), out);
}

static void p99_cell(const struct screen_row *row, char out[COLUMN_TEXT_SIZE])
{
	cell_format_seconds(p99_value(row), out);
}

#define COUNT_CELL(name)                                                                           \
	static void name##_cell(const struct screen_row *row, char out[COLUMN_TEXT_SIZE])          \
	{                                                                                          \
		cell_format_count((__u64)name##_value(row), out);                                  \
	}

COUNT_CELL(in_flight)
COUNT_CELL(queries)
COUNT_CELL(failed)
COUNT_CELL(answered)
COUNT_CELL(errors)
COUNT_CELL(unreachable)
COUNT_CELL(timed_out)
COUNT_CELL(closed)
COUNT_CELL(unsent)
COUNT_CELL(retransmissions)
COUNT_CELL(late)

/* ---- the table ---------------------------------------------------------------------------- */

const struct column_row screen_columns[COLUMN_MAX] = {
	[COLUMN_RESOLVER] = {"RESOLVER", -15, 0, COLUMN_IN_BOTH, resolver_cell, NULL},
	[COLUMN_STATE] = {"STATE", -8, 0, COLUMN_IN_BOTH, state_cell, state_value},
	[COLUMN_SINCE] = {"SINCE", 6, 5, COLUMN_IN_BOTH, since_cell, since_value},
	[COLUMN_CAUSE] = {"CAUSE", -16, 3, COLUMN_OF_RATES, cause_cell, cause_value},
	[COLUMN_QUERIES_RATE] = {"QRY/S", 5, 2, COLUMN_OF_RATES, queries_rate_cell,
				 queries_rate_value},
	[COLUMN_FAILED_RATIO] = {"FAILED", 6, 1, COLUMN_OF_RATES, failed_ratio_cell,
				 failed_ratio_value},
	[COLUMN_ERROR_RATIO] = {"ERRORS", 6, 4, COLUMN_OF_RATES, error_ratio_cell,
				error_ratio_value},
	[COLUMN_P50] = {"P50", 5, 7, COLUMN_OF_RATES, p50_cell, p50_value},
	[COLUMN_P95] = {"P95", 5, 6, COLUMN_OF_RATES, p95_cell, p95_value},
	[COLUMN_P99] = {"P99", 5, 8, COLUMN_OF_RATES, p99_cell, p99_value},
	[COLUMN_IN_FLIGHT] = {"FLIGHT", 6, 9, COLUMN_OF_RATES, in_flight_cell, in_flight_value},
	[COLUMN_QUERIES] = {"QUERY", 5, 1, COLUMN_OF_TOTALS, queries_cell, queries_value},
	[COLUMN_FAILED] = {"FAILED", 6, 1, COLUMN_OF_TOTALS, failed_cell, failed_value},
	[COLUMN_ANSWERED] = {"ANSWERED", 8, 2, COLUMN_OF_TOTALS, answered_cell, answered_value},
	[COLUMN_ERRORS] = {"ERRORS", 6, 6, COLUMN_OF_TOTALS, errors_cell, errors_value},
	[COLUMN_UNREACHABLE] = {"UNREACH", 7, 4, COLUMN_OF_TOTALS, unreachable_cell,
				unreachable_value},
	[COLUMN_TIMED_OUT] = {"TIMEOUT", 7, 3, COLUMN_OF_TOTALS, timed_out_cell, timed_out_value},
	[COLUMN_CLOSED] = {"CLOSED", 6, 5, COLUMN_OF_TOTALS, closed_cell, closed_value},
	[COLUMN_UNSENT] = {"UNSENT", 6, 7, COLUMN_OF_TOTALS, unsent_cell, unsent_value},
	[COLUMN_RETRANSMISSIONS] = {"RETRANS", 7, 8, COLUMN_OF_TOTALS, retransmissions_cell,
				    retransmissions_value},
	[COLUMN_LATE] = {"LATE", 5, 9, COLUMN_OF_TOTALS, late_cell, late_value},
	[COLUMN_MEANING] = {"", 0, 10, COLUMN_OF_RATES, meaning_cell, NULL},
};

int column_is_in(enum screen_column column, int totals)
{
	enum column_list list = screen_columns[column].list;

	return list == COLUMN_IN_BOTH || (list == COLUMN_OF_TOTALS) == !!totals;
}

/* ---- order -------------------------------------------------------------------------------- */

/* Compares two values, the larger first; what is undefined last, in either direction. */
static int compare_values(double a, double b, int reversed)
{
	if (isnan(a) || isnan(b))
		return !!isnan(a) - !!isnan(b);
	if (a == b)
		return 0;
	return (a > b) != !!reversed ? -1 : 1;
}

/* Returns how much it was asked, in powers of two: rows that are asked alike do not change places.
 */
static double asked_value(const struct screen_row *row)
{
	return logb(queries_value(row) + 1);
}

int screen_rows_compare(const struct screen_row *a, const struct screen_row *b,
			enum screen_column column, int reversed)
{
	double (*value)(const struct screen_row *row) = screen_columns[column].value;
	const struct resolver_key *a_key = &a->resolver->now->key, *b_key = &b->resolver->now->key;
	int found = row_is_other(a) - row_is_other(b);

	if (!found && value)
		found = compare_values(value(a), value(b), reversed);
	if (!found && !value) {
		found = memcmp(a_key, b_key, sizeof(*a_key));
		return reversed ? -found : found;
	}
	if (!found)
		found = compare_values(state_value(a), state_value(b), 0);
	if (!found)
		found = compare_values(asked_value(a), asked_value(b), 0);
	return found ? found : memcmp(a_key, b_key, sizeof(*a_key));
}
