// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The live table for people. From below: the order of the resolvers; the lines, cut to the width
 * and counted against the height; the columns; the warnings; the table, redrawn or appended.
 */
#include "view/table.h"

#include "health/asker.h"
#include "health/counters.h"
#include "health/status.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/text.h"
#include "view/cells.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- order -------------------------------------------------------------------------------- */

const struct rates *resolver_shown_rates(const struct resolver_status *resolver)
{
	const struct rates *ten_seconds = &resolver->windows[WINDOW_10S];

	return ten_seconds->settled ? ten_seconds : &resolver->windows[WINDOW_1M];
}

int resolver_was_queried(const struct resolver_status *resolver)
{
	const struct resolver_counters *counters = &resolver->now->counters;

	return counters_asked(counters) || counters_unsent(counters);
}

enum shown_as resolver_shown_as(const struct resolver_status *resolver)
{
	const struct resolver_key *key = &resolver->now->key;
	const __u64 *n = resolver->now->counters.n;

	if (!resolver_is_connects(key) || n[COUNTER_QUERIES])
		return SHOWN_QUERIES;
	return key->transport == TRANSPORT_DOT && n[COUNTER_TRANSACTIONS] ? SHOWN_SESSIONS
									  : SHOWN_CONNECTS;
}

double resolver_shown_per_s(const struct resolver_status *resolver, const struct rates *rates)
{
	const double per_s[] = {
		[SHOWN_QUERIES] = rates->queries_per_s,
		[SHOWN_CONNECTS] = rates->connects_per_s,
		[SHOWN_SESSIONS] = rates->sessions_per_s,
	};

	return per_s[resolver_shown_as(resolver)];
}

const char *resolver_shown_words(const struct resolver_status *resolver)
{
	static const char *const words[] = {
		[SHOWN_QUERIES] = "queries",
		[SHOWN_CONNECTS] = "connects",
		[SHOWN_SESSIONS] = "sessions",
	};

	return words[resolver_shown_as(resolver)];
}

static double shown_per_s(const struct resolver_status *resolver)
{
	return resolver_shown_per_s(resolver, resolver_shown_rates(resolver));
}

static int resolver_rank(const struct resolver_status *resolver)
{
	return resolver_is_other(&resolver->now->key) ? -1 : (int)resolver->state;
}

static int compare_resolvers(const void *left, const void *right)
{
	const struct resolver_status *a = *(const struct resolver_status *const *)left;
	const struct resolver_status *b = *(const struct resolver_status *const *)right;
	double a_rate = shown_per_s(a), b_rate = shown_per_s(b);

	if (resolver_rank(a) != resolver_rank(b))
		return resolver_rank(b) - resolver_rank(a);
	if (a_rate > b_rate)
		return -1;
	if (a_rate < b_rate)
		return 1;
	return memcmp(&a->now->key, &b->now->key, sizeof(a->now->key));
}

const struct resolver_status **status_sort_worst_first(const struct status *status, size_t *count)
{
	const struct resolver_status **sorted = malloc((status->count + 1) * sizeof(*sorted));
	size_t i;

	if (!sorted)
		return NULL;
	*count = 0;
	for (i = 0; i < status->count; i++) {
		const struct resolver_status *resolver = &status->resolvers[i];

		if (!resolver_is_other(&resolver->now->key) || resolver_was_queried(resolver))
			sorted[(*count)++] = resolver;
	}
	qsort(sorted, *count, sizeof(*sorted), compare_resolvers);
	return sorted;
}

/* ---- lines -------------------------------------------------------------------------------- */

#define UNLIMITED 512

#define HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_BELOW "\033[J"

struct table_frame {
	const struct table_options *options;
	const struct snapshot *snapshot;
	struct buffer *out;
	struct buffer line; /* the line being written */
	char prefix[CLOCK_TEXT_SIZE];
	unsigned int left; /* lines that still fit */
	const char *colour;
	size_t colour_from, colour_to;
};

/* Starts a picture (redraw) or a set of lines that begin with the time (append). */
static void frame_begin(struct table_frame *frame, const struct table_options *options,
			struct buffer *out, __u64 wall_ns)
{
	char time[CLOCK_TEXT_SIZE];

	memset(frame, 0, sizeof(*frame));
	frame->options = options;
	frame->out = out;
	/* The last line of a terminal stays empty for the cursor: a line end there scrolls. */
	frame->left = options->rows ? options->rows - 1 : UINT_MAX;
	if (options->redraw)
		buffer_add(out, HOME);
	else
		snprintf(frame->prefix, sizeof(frame->prefix), "%.30s ",
			 clock_time_of_day(wall_ns, time));
}

static void frame_end(struct table_frame *frame)
{
	if (frame->options->redraw)
		buffer_add(frame->out, CLEAR_BELOW);
	if (buffer_error(&frame->line))
		frame->out->failed = 1;
	buffer_free(&frame->line);
}

/* Returns the columns that a line may use; UNLIMITED when no limit is set. */
static size_t frame_columns(const struct table_frame *frame)
{
	return frame->options->columns ? frame->options->columns : UNLIMITED;
}

/* Lines: frame_line_begin(), buffer_add(&frame->line, ...), frame_line_end(). */
static void frame_line_begin(struct table_frame *frame)
{
	int failed = frame->line.failed;

	buffer_reset(&frame->line);
	frame->line.failed = failed;
	frame->colour = NULL;
	buffer_add(&frame->line, "%s", frame->prefix);
}

/*
 * Colours the text that is added until frame_colour_end(), when options.colour is set. `colour`:
 * numbers of an SGR sequence (ECMA-48, 8.3.117), or NULL.
 */
static void frame_colour_begin(struct table_frame *frame, const char *colour)
{
	frame->colour = frame->options->colour ? colour : NULL;
	frame->colour_from = frame->line.used;
}

static void frame_colour_end(struct table_frame *frame)
{
	frame->colour_to = frame->line.used;
}

static void frame_line_end(struct table_frame *frame)
{
	size_t length = frame->line.used;
	char *text = frame->line.text;

	if (!frame->left || buffer_error(&frame->line))
		return;
	frame->left--;
	if (length > frame_columns(frame))
		length = frame_columns(frame);
	/* Interface names may contain control sequences; the terminal must not execute them. */
	if (frame->colour && frame->colour_to <= length) {
		size_t from = frame->colour_from, to = frame->colour_to;

		text_sanitize_bytes(frame->out, text, from);
		buffer_add(frame->out, "\033[%sm", frame->colour);
		text_sanitize_bytes(frame->out, text + from, to - from);
		buffer_add(frame->out, "\033[0m");
		text += to;
		length -= to;
	}
	text_sanitize_bytes(frame->out, text, length);
	buffer_add(frame->out, "%s\n", frame->options->redraw ? CLEAR_LINE : "");
}

/* ---- columns and rows --------------------------------------------------------------------- */

struct table_layout {
	int wide;
	int has_closed; /* a row has transactions or sessions that were closed */
	int resolver_width;
};

#define RESOLVER_WIDTH 15
#define STATE_WIDTH 8
#define CAUSE_WIDTH 16

static void queries_cell(const struct resolver_status *resolver, char *out)
{
	cell_format_rate(shown_per_s(resolver), out);
}

static void failed_cell(const struct resolver_status *resolver, char *out)
{
	cell_format_ratio(resolver_shown_rates(resolver)->failure_ratio, out);
}

static void errors_cell(const struct resolver_status *resolver, char *out)
{
	cell_format_ratio(resolver_shown_rates(resolver)->error_ratio, out);
}

static void unreachable_cell(const struct resolver_status *resolver, char *out)
{
	const struct resolver_counters *counters = &resolver->now->counters;

	cell_format_count(counters_unreachable(counters) + counters->n[COUNTER_CONNECT_REFUSED],
			  out);
}

static void timed_out_cell(const struct resolver_status *resolver, char *out)
{
	cell_format_count(counters_timed_out(&resolver->now->counters), out);
}

static void closed_cell(const struct resolver_status *resolver, char *out)
{
	cell_format_count(counters_closed(&resolver->now->counters), out);
}

static void p50_cell(const struct resolver_status *resolver, char *out)
{
	const struct rates *rates = resolver_shown_rates(resolver);

	cell_format_seconds(resolver_shown_as(resolver) == SHOWN_QUERIES ? rates->rtt_p50_s
									 : rates->connect_rtt_p50_s,
			    out);
}

static void p95_cell(const struct resolver_status *resolver, char *out)
{
	const struct rates *rates = resolver_shown_rates(resolver);

	cell_format_seconds(resolver_shown_as(resolver) == SHOWN_QUERIES ? rates->rtt_p95_s
									 : rates->connect_rtt_p95_s,
			    out);
}

static void in_flight_cell(const struct resolver_status *resolver, char *out)
{
	cell_format_count(resolver->now->in_flight + resolver->now->messages_in_flight, out);
}

static const struct table_column {
	const char *heading, *upper, *lower; /* wide; narrow, in two lines */
	int narrow_width;
	void (*cell)(const struct resolver_status *resolver, char *out);
} columns[] = {
	{"QUERIES/S", "QUERY", "/S", 5, queries_cell},
	{"FAILED", "", "FAILED", 6, failed_cell},
	{"ERRORS", "", "ERRORS", 6, errors_cell},
	{"UNREACH", "UN-", "REACH", 5, unreachable_cell},
	{"TIMED OUT", "TIMED", "OUT", 5, timed_out_cell},
	{"CLOSED", "", "CLOSED", 6, closed_cell},
	{"RTT P50", "RTT", "P50", 5, p50_cell},
	{"RTT P95", "RTT", "P95", 5, p95_cell},
	{"IN FLIGHT", "IN", "FLIGHT", 6, in_flight_cell},
};

#define COLUMN_COUNT (sizeof(columns) / sizeof(*columns))

static int column_is_shown(const struct table_layout *layout, const struct table_column *column)
{
	return layout->has_closed || column->cell != closed_cell;
}

/* Returns the width of a column with the blank before it; 0: it is not shown. */
static int column_width(const struct table_layout *layout, const struct table_column *column)
{
	if (!column_is_shown(layout, column))
		return 0;
	return 1 + (layout->wide ? (int)strlen(column->heading) : column->narrow_width);
}

static int status_has_closed(const struct status *status)
{
	size_t i;

	for (i = 0; i < status->count; i++)
		if (counters_closed(&status->resolvers[i].now->counters))
			return 1;
	return 0;
}

/* Returns the width of all columns but the resolver's. */
static int other_columns_width(const struct table_frame *frame, const struct table_layout *layout)
{
	int total = (int)strlen(frame->prefix) + 1 + STATE_WIDTH;
	size_t i;

	if (layout->wide)
		total += 1 + CAUSE_WIDTH;
	for (i = 0; i < COLUMN_COUNT; i++)
		total += column_width(layout, &columns[i]);
	return total;
}

/*
 * Chooses wide (the cause has a column) or narrow (80 columns: headings of two lines, the cause
 * below its row). A resolver too long for its column gets a line of its own, so that no number is
 * cut off.
 */
static struct table_layout table_layout_choose(const struct table_frame *frame,
					       const struct status *status)
{
	int room, longest = RESOLVER_WIDTH;
	char name[RESOLVER_TEXT_SIZE];
	struct table_layout layout = {.wide = 1, .has_closed = status_has_closed(status)};
	size_t i;

	for (i = 0; i < status->count; i++) {
		int length = (int)strlen(resolver_text(&status->resolvers[i].now->key, name));

		if (length > longest)
			longest = length;
	}
	room = (int)frame_columns(frame);
	layout.wide = other_columns_width(frame, &layout) + RESOLVER_WIDTH <= room;
	room -= other_columns_width(frame, &layout);
	layout.resolver_width = longest < room ? longest : room < 8 ? 8 : room;
	return layout;
}

static void write_headings(struct table_frame *frame, const struct table_layout *layout)
{
	size_t i;

	if (!layout->wide) {
		frame_line_begin(frame);
		buffer_add(&frame->line, "%*s", layout->resolver_width + 1 + STATE_WIDTH, "");
		for (i = 0; i < COLUMN_COUNT; i++)
			buffer_add(&frame->line, "%*s", column_width(layout, &columns[i]),
				   columns[i].upper);
		frame_line_end(frame);
	}
	frame_line_begin(frame);
	buffer_add(&frame->line, "%-*s %-*s", layout->resolver_width, "RESOLVER", STATE_WIDTH,
		   "STATE");
	if (layout->wide)
		buffer_add(&frame->line, " %-*s", CAUSE_WIDTH, "CAUSE");
	for (i = 0; i < COLUMN_COUNT; i++)
		if (column_is_shown(layout, &columns[i]))
			buffer_add(&frame->line, "%*s", column_width(layout, &columns[i]),
				   layout->wide ? columns[i].heading : columns[i].lower);
	frame_line_end(frame);
}

static void write_state(struct table_frame *frame, const struct resolver_status *resolver)
{
	static const char *const colours[STATE_MAX] = {
		[STATE_IDLE] = "2",	[STATE_PENDING] = "36",	 [STATE_HEALTHY] = "32",
		[STATE_UNCLEAR] = "35", [STATE_DEGRADED] = "33", [STATE_DOWN] = "1;31",
	};
	int other = resolver_is_other(&resolver->now->key);
	const char *name = other ? "-" : state_name(resolver->state);

	frame_colour_begin(frame, other ? NULL : colours[resolver->state]);
	buffer_add(&frame->line, "%s", name);
	frame_colour_end(frame);
	buffer_add(&frame->line, "%*s", STATE_WIDTH - (int)strlen(name), "");
}

static void write_row(struct table_frame *frame, const struct table_layout *layout,
		      const struct resolver_status *resolver, const char *name)
{
	const char *cause = cause_name(resolver->cause);
	char cell[CELL_SIZE];
	size_t i;

	frame_line_begin(frame);
	buffer_add(&frame->line, "%-*s ", layout->resolver_width, name);
	write_state(frame, resolver);
	if (layout->wide)
		buffer_add(&frame->line, " %-*s", CAUSE_WIDTH, cause ? cause : "-");
	for (i = 0; i < COLUMN_COUNT; i++) {
		if (!column_is_shown(layout, &columns[i]))
			continue;
		columns[i].cell(resolver, cell);
		buffer_add(&frame->line, " %*s", column_width(layout, &columns[i]) - 1, cell);
	}
	frame_line_end(frame);
}

/* Finds the askers of a resolver that get a line. Returns how many. */
static size_t shown_askers(const struct snapshot *snapshot, const struct resolver_status *resolver,
			   struct asker_sum askers[ASKERS_SHOWN])
{
	struct asker_sum rest;

	if (!snapshot->counts_askers)
		return 0;
	return askers_select(snapshot, &resolver->now->key, ASKERS_WORST, askers, ASKERS_SHOWN,
			     &rest);
}

static unsigned int resolver_line_count(const struct table_frame *frame,
					const struct table_layout *layout,
					const struct resolver_status *resolver)
{
	struct asker_sum askers[ASKERS_SHOWN];
	char name[RESOLVER_TEXT_SIZE];
	int length = (int)strlen(resolver_text(&resolver->now->key, name));

	return 1 + (length > layout->resolver_width) + (!layout->wide && resolver->cause) +
	       resolver->fails_inside + !!resolver->forged + !!resolver->joined.verdict +
	       resolver->joined.tcp_needed +
	       (unsigned int)shown_askers(frame->snapshot, resolver, askers);
}

static void write_askers(struct table_frame *frame, const struct resolver_status *resolver)
{
	struct asker_sum askers[ASKERS_SHOWN];
	size_t i, count = shown_askers(frame->snapshot, resolver, askers);
	char text[CGROUP_TEXT_SIZE];

	for (i = 0; i < count; i++) {
		frame_line_begin(frame);
		snprintf(text, sizeof(text), "%s", askers[i].name->text);
		text_sanitize_in_place(text);
		buffer_add(&frame->line, "  %s: %llu failed, %llu errors, %llu queries", text,
			   (unsigned long long)askers[i].failed,
			   (unsigned long long)askers[i].errors,
			   (unsigned long long)askers[i].queries);
		frame_line_end(frame);
	}
}

static void write_joined(struct table_frame *frame, const struct joined *joined)
{
	if (joined->verdict) {
		frame_line_begin(frame);
		buffer_add(&frame->line, "  %s: %s", joined_name(joined->verdict),
			   joined_meaning(joined->verdict));
		frame_line_end(frame);
	}
	if (joined->tcp_needed) {
		frame_line_begin(frame);
		buffer_add(&frame->line, "  tcp-needed: " TCP_NEEDED);
		frame_line_end(frame);
	}
}

static void write_resolver(struct table_frame *frame, const struct table_layout *layout,
			   const struct resolver_status *resolver)
{
	char name[RESOLVER_TEXT_SIZE];

	resolver_text(&resolver->now->key, name);
	if ((int)strlen(name) > layout->resolver_width) {
		frame_line_begin(frame);
		buffer_add(&frame->line, "%s", name);
		frame_line_end(frame);
		name[0] = '\0';
	}
	write_row(frame, layout, resolver, name);
	if (!layout->wide && resolver->cause) {
		frame_line_begin(frame);
		buffer_add(&frame->line, "  %s - %s", cause_name(resolver->cause),
			   cause_meaning(resolver->cause));
		frame_line_end(frame);
	}
	if (resolver->fails_inside) {
		frame_line_begin(frame);
		buffer_add(&frame->line, "  " FAILS_INSIDE ": behind it nothing fails");
		frame_line_end(frame);
	}
	write_joined(frame, &resolver->joined);
	if (resolver->forged) {
		frame_line_begin(frame);
		buffer_add(&frame->line,
			   "  forged? ICMP unreachables that match no query keep arriving");
		frame_line_end(frame);
	}
	write_askers(frame, resolver);
}

/* Writes the rows that fit, then how many more there are. */
static void write_rows(struct table_frame *frame, const struct table_layout *layout,
		       const struct resolver_status **sorted, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		unsigned int for_more = i + 1 < count;

		if (resolver_line_count(frame, layout, sorted[i]) + for_more > frame->left) {
			frame_line_begin(frame);
			buffer_add(&frame->line, "... %zu more", count - i);
			frame_line_end(frame);
			return;
		}
		write_resolver(frame, layout, sorted[i]);
	}
}

/* ---- warnings ----------------------------------------------------------------------------- */

static int warn_untracked(const struct status *status, struct buffer *out)
{
	unsigned long long counts[ORIGIN_MAX] = {0}; /* apart: a query can be in both */
	size_t i;

	for (i = 0; i < status->count; i++) {
		const struct resolver_snapshot *now = status->resolvers[i].now;

		counts[now->key.origin == ORIGIN_GUEST] +=
			now->counters.n[COUNTER_UNTRACKED] +
			now->counters.n[COUNTER_CONNECT_UNTRACKED];
	}
	if (!counts[ORIGIN_HOST] && !counts[ORIGIN_GUEST])
		return 0;
	buffer_add(out, "%llu queries ", counts[ORIGIN_HOST]);
	if (counts[ORIGIN_GUEST])
		buffer_add(out, "and %llu of guests ", counts[ORIGIN_GUEST]);
	buffer_add(out, "not tracked: in-flight table full (%u)",
		   status->snapshot->in_flight_capacity);
	return 1;
}

static int warn_unparsed(const struct status *status, struct buffer *out)
{
	const struct self_counters *self = &status->snapshot->self;
	unsigned long long count = self_sum(self, SELF_UNPARSED_SHORT, SELF_UNPARSED_MALFORMED);
	const char *separator = ": ";
	unsigned int i;

	if (!count)
		return 0;
	buffer_add(out, "%llu packets not counted", count);
	for (i = SELF_UNPARSED_SHORT; i <= SELF_UNPARSED_MALFORMED; i++) {
		if (!self->n[i])
			continue;
		buffer_add(out, "%s%s %llu", separator, self_rows[i].name,
			   (unsigned long long)self->n[i]);
		separator = ", ";
	}
	return 1;
}

static int warn_forgotten(const struct status *status, struct buffer *out)
{
	unsigned long long count = status->snapshot->self.n[SELF_FORGOTTEN];

	if (count)
		buffer_add(out, "%llu timed-out transactions forgotten early (late is too low)",
			   count);
	return count > 0;
}

static int warn_busy(const struct status *status, struct buffer *out)
{
	unsigned long long count = status->snapshot->self.n[SELF_BUSY];

	if (count)
		buffer_add(out, "%llu map operations failed as busy: counts may be off by that",
			   count);
	return count > 0;
}

static int warn_other(const struct status *status, struct buffer *out)
{
	size_t i;

	for (i = 0; i < status->count; i++) {
		const struct resolver_snapshot *now = status->resolvers[i].now;

		if (!resolver_is_other(&now->key) || !counters_asked(&now->counters))
			continue;
		buffer_add(out, "more resolvers than fit (%u): the rest are counted as other",
			   status->snapshot->resolvers_capacity);
		return 1;
	}
	return 0;
}

static int warn_bypassed(const struct status *status, struct buffer *out)
{
	if (status->snapshot->guests_bypassed)
		buffer_add(out, "answers to guests bypass this hook (bpf_redirect_peer): resolvers "
				"that never answer them are not judged");
	return status->snapshot->guests_bypassed;
}

/* Each adds its text, without a line end, and returns 1 when there is a reason for it. */
static int (*const warnings[])(const struct status *status, struct buffer *out) = {
	warn_untracked, warn_unparsed, warn_forgotten, warn_busy, warn_other, warn_bypassed,
};

_Static_assert(sizeof(warnings) / sizeof(*warnings) == STATUS_WARNINGS, "each is counted");

int status_warning(const struct status *status, size_t number, struct buffer *out)
{
	return warnings[number](status, out);
}

/* ---- table -------------------------------------------------------------------------------- */

#define HEADER_EVERY 20 /* appended lines */

/* Writes " on eth0 (tcx), lo (tcx) and 3 more", with as many names as fit in the line. */
static void write_interfaces(struct table_frame *frame, const struct status *status)
{
	size_t room = frame_columns(frame), i;

	for (i = 0; i < status->interface_count; i++) {
		const struct status_interface *interface = &status->interfaces[i];
		size_t length = strlen(interface->name) + strlen(interface->hook) + 5;
		size_t more = i + 1 < status->interface_count ? strlen(" and 999 more") : 0;

		if (i && frame->line.used + length + more > room) {
			buffer_add(&frame->line, " and %zu more", status->interface_count - i);
			return;
		}
		buffer_add(&frame->line, "%s%s (%s)", i ? ", " : " on ", interface->name,
			   interface->hook);
	}
}

static void write_title(struct table_frame *frame, const struct status *status)
{
	char time[CLOCK_TEXT_SIZE];

	frame_line_begin(frame);
	buffer_add(&frame->line, "dnsreach");
	if (frame->options->redraw)
		buffer_add(&frame->line, " %s UTC",
			   clock_time_of_day(status->snapshot->wall_ns, time));
	write_interfaces(frame, status);
	frame_line_end(frame);
}

static void write_warnings(struct table_frame *frame, const struct status *status)
{
	struct buffer text = {0};
	size_t i;

	for (i = 0; i < STATUS_WARNINGS; i++) {
		if (!status_warning(status, i, &text))
			continue;
		frame_line_begin(frame);
		buffer_add(&frame->line, "warning: %s", text.text ? text.text : "");
		frame_line_end(frame);
		buffer_reset(&text);
	}
	buffer_free(&text);
}

static void write_nothing_seen(struct table_frame *frame)
{
	const char *ports = frame->options->ports ? frame->options->ports : "53";
	size_t i;
	const char *const rest[] = {
		"To see one, try:  getent hosts example.org",
		"(Not seen: answers of a local cache; queries over HTTPS or QUIC.)",
	};

	frame_line_begin(frame);
	buffer_add(&frame->line,
		   "No DNS query seen yet; watching port %s (UDP, TCP) and 853 (TLS).", ports);
	frame_line_end(frame);
	for (i = 0; i < sizeof(rest) / sizeof(*rest); i++) {
		frame_line_begin(frame);
		buffer_add(&frame->line, "%s", rest[i]);
		frame_line_end(frame);
	}
}

static int is_nothing_seen(const struct status *status)
{
	size_t i;

	for (i = 0; i < status->count; i++)
		if (resolver_was_queried(&status->resolvers[i]))
			return 0;
	return 1;
}

static void table_redraw(struct table_frame *frame, const struct status *status,
			 const struct resolver_status **sorted, size_t count)
{
	struct table_layout layout = table_layout_choose(frame, status);

	write_title(frame, status);
	write_warnings(frame, status);
	if (is_nothing_seen(status))
		write_nothing_seen(frame);
	if (!count)
		return;
	write_headings(frame, &layout);
	write_rows(frame, &layout, sorted, count);
}

/* Drops the resolvers that were never queried. Returns how many remain. */
static size_t keep_queried(const struct resolver_status **sorted, size_t count)
{
	size_t i, kept = 0;

	for (i = 0; i < count; i++)
		if (resolver_was_queried(sorted[i]))
			sorted[kept++] = sorted[i];
	return kept;
}

static void table_append(struct table *table, struct table_frame *frame,
			 const struct status *status, const struct resolver_status **sorted,
			 size_t count)
{
	struct table_layout layout = table_layout_choose(frame, status);

	count = keep_queried(sorted, count);
	if (table->quiet != !count || table->since_header >= HEADER_EVERY)
		table->since_header = 0;
	table->quiet = !count;
	if (!table->since_header) {
		write_title(frame, status);
		write_warnings(frame, status);
		if (count)
			write_headings(frame, &layout);
		else
			write_nothing_seen(frame);
	}
	write_rows(frame, &layout, sorted, count);
	table->since_header += count ? (unsigned int)count : 1;
}

int table_write(struct table *table, struct buffer *out, const struct status *status)
{
	size_t count;
	const struct resolver_status **sorted = status_sort_worst_first(status, &count);
	struct table_frame frame;

	if (!sorted)
		return -ENOMEM;
	frame_begin(&frame, &table->options, out, status->snapshot->wall_ns);
	frame.snapshot = status->snapshot;
	if (table->options.redraw)
		table_redraw(&frame, status, sorted, count);
	else
		table_append(table, &frame, status, sorted, count);
	frame_end(&frame);
	free(sorted);
	return buffer_error(out);
}

int table_print(struct table *table, int fd, const struct status *status)
{
	struct buffer out = {0};
	int err;

	err = table_write(table, &out, status);
	if (!err)
		err = buffer_write(&out, fd);
	buffer_free(&out);
	return err;
}
