// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The rows of the live table and their headings. Which resolver comes first is order.c. */
#include "view/rows.h"

#include "util/address.h"
#include "health/counters.h"
#include "health/status.h"
#include "view/order.h"
#include "view/cells.h"

#include <string.h>

#define RESOLVER_WIDTH 15
#define STATE_WIDTH 8
#define CAUSE_WIDTH 16

static void queries_cell(const struct resolver_status *resolver, char *out)
{
	cell_format_rate(resolver_shown_rates(resolver)->queries_per_s, out);
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
	cell_format_count(counters_unreachable(&resolver->now->counters), out);
}

static void timed_out_cell(const struct resolver_status *resolver, char *out)
{
	cell_format_count(resolver->now->counters.n[COUNTER_TIMED_OUT], out);
}

static void p50_cell(const struct resolver_status *resolver, char *out)
{
	cell_format_seconds(resolver_shown_rates(resolver)->rtt_p50_s, out);
}

static void p95_cell(const struct resolver_status *resolver, char *out)
{
	cell_format_seconds(resolver_shown_rates(resolver)->rtt_p95_s, out);
}

static void in_flight_cell(const struct resolver_status *resolver, char *out)
{
	cell_format_count(resolver->now->in_flight, out);
}

static const struct column {
	const char *heading, *upper, *lower; /* wide; narrow, in two lines */
	int narrow_width;
	void (*cell)(const struct resolver_status *resolver, char *out);
} columns[] = {
	{"QUERIES/S", "QUERY", "/S", 5, queries_cell},
	{"FAILED", "", "FAILED", 6, failed_cell},
	{"ERRORS", "", "ERRORS", 6, errors_cell},
	{"UNREACH", "UN-", "REACH", 5, unreachable_cell},
	{"TIMED OUT", "TIMED", "OUT", 5, timed_out_cell},
	{"RTT P50", "RTT", "P50", 5, p50_cell},
	{"RTT P95", "RTT", "P95", 5, p95_cell},
	{"IN FLIGHT", "IN", "FLIGHT", 6, in_flight_cell},
};

#define COLUMN_COUNT (sizeof(columns) / sizeof(*columns))

static int width(const struct column *column, int wide)
{
	return wide ? (int)strlen(column->heading) : column->narrow_width;
}

/* All but the resolver's own column. */
static int width_of_rest(const struct frame *frame, int wide)
{
	int total = (int)strlen(frame->prefix) + 1 + STATE_WIDTH;
	size_t i;

	if (wide)
		total += 1 + CAUSE_WIDTH;
	for (i = 0; i < COLUMN_COUNT; i++)
		total += 1 + width(&columns[i], wide);
	return total;
}

/* A resolver too long for its column gets a line of its own, so that no number is cut off. */
struct layout choose_layout(const struct frame *frame, const struct status *status)
{
	int room, longest = RESOLVER_WIDTH;
	char name[RESOLVER_TEXT_SIZE];
	struct layout layout;
	size_t i;

	for (i = 0; i < status->count; i++) {
		int length = (int)strlen(resolver_text(&status->resolvers[i].now->key, name));

		if (length > longest)
			longest = length;
	}
	room = (int)frame_columns(frame);
	layout.wide = width_of_rest(frame, 1) + RESOLVER_WIDTH <= room;
	room -= width_of_rest(frame, layout.wide);
	layout.resolver_width = longest < room ? longest : room < 8 ? 8 : room;
	return layout;
}

void add_headings(struct frame *frame, const struct layout *layout)
{
	size_t i;

	if (!layout->wide) {
		line_begin(frame);
		buffer_add(&frame->line, "%*s", layout->resolver_width + 1 + STATE_WIDTH, "");
		for (i = 0; i < COLUMN_COUNT; i++)
			buffer_add(&frame->line, " %*s", columns[i].narrow_width, columns[i].upper);
		line_end(frame);
	}
	line_begin(frame);
	buffer_add(&frame->line, "%-*s %-*s", layout->resolver_width, "RESOLVER", STATE_WIDTH,
		   "STATE");
	if (layout->wide)
		buffer_add(&frame->line, " %-*s", CAUSE_WIDTH, "CAUSE");
	for (i = 0; i < COLUMN_COUNT; i++)
		buffer_add(&frame->line, " %*s", width(&columns[i], layout->wide),
			   layout->wide ? columns[i].heading : columns[i].lower);
	line_end(frame);
}

static void add_state(struct frame *frame, const struct resolver_status *resolver)
{
	static const char *const colours[STATE_MAX] = {
		[STATE_IDLE] = "2",
		[STATE_HEALTHY] = "32",
		[STATE_DEGRADED] = "33",
		[STATE_DOWN] = "1;31",
	};
	int other = resolver_is_other(&resolver->now->key);
	const char *name = other ? "-" : state_name(resolver->state);

	colour_begin(frame, other ? NULL : colours[resolver->state]);
	buffer_add(&frame->line, "%s", name);
	colour_end(frame);
	buffer_add(&frame->line, "%*s", STATE_WIDTH - (int)strlen(name), "");
}

static void add_row(struct frame *frame, const struct layout *layout,
		    const struct resolver_status *resolver, const char *name)
{
	const char *cause = cause_name(resolver->cause);
	char cell[CELL_SIZE];
	size_t i;

	line_begin(frame);
	buffer_add(&frame->line, "%-*s ", layout->resolver_width, name);
	add_state(frame, resolver);
	if (layout->wide)
		buffer_add(&frame->line, " %-*s", CAUSE_WIDTH, cause ? cause : "-");
	for (i = 0; i < COLUMN_COUNT; i++) {
		columns[i].cell(resolver, cell);
		buffer_add(&frame->line, " %*s", width(&columns[i], layout->wide), cell);
	}
	line_end(frame);
}

static unsigned int lines_of(const struct layout *layout, const struct resolver_status *resolver)
{
	char name[RESOLVER_TEXT_SIZE];
	int length = (int)strlen(resolver_text(&resolver->now->key, name));

	return 1 + (length > layout->resolver_width) + (!layout->wide && resolver->cause) +
	       !!resolver->forged;
}

static void add_resolver(struct frame *frame, const struct layout *layout,
			 const struct resolver_status *resolver)
{
	char name[RESOLVER_TEXT_SIZE];

	resolver_text(&resolver->now->key, name);
	if ((int)strlen(name) > layout->resolver_width) {
		line_begin(frame);
		buffer_add(&frame->line, "%s", name);
		line_end(frame);
		name[0] = '\0';
	}
	add_row(frame, layout, resolver, name);
	if (!layout->wide && resolver->cause) {
		line_begin(frame);
		buffer_add(&frame->line, "  %s - %s", cause_name(resolver->cause),
			   cause_meaning(resolver->cause));
		line_end(frame);
	}
	if (resolver->forged) {
		line_begin(frame);
		buffer_add(&frame->line, "  forged? unreachables that fit no query keep coming");
		line_end(frame);
	}
}

void add_rows(struct frame *frame, const struct layout *layout,
	      const struct resolver_status **sorted, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		unsigned int for_more = i + 1 < count;

		if (lines_of(layout, sorted[i]) + for_more > frame->left) {
			line_begin(frame);
			buffer_add(&frame->line, "... %zu more", count - i);
			line_end(frame);
			return;
		}
		add_resolver(frame, layout, sorted[i]);
	}
}
