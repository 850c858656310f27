// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The live table for people: what stands around the rows, redrawn or appended. */
#include "view/table.h"

#include "view/frame.h"
#include "view/order.h"
#include "view/rows.h"
#include "view/warnings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_EVERY 20 /* appended lines */

/* " on eth0 (tcx), lo (tcx) and 3 more", as far as the line goes. */
static void add_interfaces(struct frame *frame, const struct status *status)
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

static void add_title(struct frame *frame, const struct status *status)
{
	char time[CLOCK_TEXT_SIZE];

	line_begin(frame);
	buffer_add(&frame->line, "dnsreach");
	if (frame->options->redraw)
		buffer_add(&frame->line, " %s UTC",
			   clock_time_of_day(status->snapshot->wall_ns, time));
	add_interfaces(frame, status);
	line_end(frame);
}

static void add_warnings(struct frame *frame, const struct status *status)
{
	struct buffer text = {0};
	unsigned int i;

	for (i = 0; i < WARNING_MAX; i++) {
		if (!warning_text(status, i, &text))
			continue;
		line_begin(frame);
		buffer_add(&frame->line, "warning: %s", text.text ? text.text : "");
		line_end(frame);
		buffer_reset(&text);
	}
	buffer_free(&text);
}

static void add_nothing_seen(struct frame *frame)
{
	const char *ports = frame->options->ports ? frame->options->ports : "53";
	size_t i;
	const char *const rest[] = {
		"To see one, try:  getent hosts example.org",
		"(What a cache answers, or goes over TCP, TLS or HTTPS, is not seen.)",
	};

	line_begin(frame);
	buffer_add(&frame->line, "No DNS query seen yet; watching UDP port %s.", ports);
	line_end(frame);
	for (i = 0; i < sizeof(rest) / sizeof(*rest); i++) {
		line_begin(frame);
		buffer_add(&frame->line, "%s", rest[i]);
		line_end(frame);
	}
}

static int nothing_seen(const struct status *status)
{
	size_t i;

	for (i = 0; i < status->count; i++)
		if (resolver_was_queried(&status->resolvers[i]))
			return 0;
	return 1;
}

static void redraw(struct frame *frame, const struct status *status,
		   const struct resolver_status **sorted, size_t count)
{
	struct layout layout = choose_layout(frame, status);

	add_title(frame, status);
	add_warnings(frame, status);
	if (nothing_seen(status))
		add_nothing_seen(frame);
	if (!count)
		return;
	add_headings(frame, &layout);
	add_rows(frame, &layout, sorted, count);
}

/* Resolvers that were never asked are left out: a log is for what happened. */
static size_t asked_only(const struct resolver_status **sorted, size_t count)
{
	size_t i, kept = 0;

	for (i = 0; i < count; i++)
		if (resolver_was_queried(sorted[i]))
			sorted[kept++] = sorted[i];
	return kept;
}

static void append(struct table *table, struct frame *frame, const struct status *status,
		   const struct resolver_status **sorted, size_t count)
{
	struct layout layout = choose_layout(frame, status);

	count = asked_only(sorted, count);
	if (table->quiet != !count || table->since_header >= HEADER_EVERY)
		table->since_header = 0;
	table->quiet = !count;
	if (!table->since_header) {
		add_title(frame, status);
		add_warnings(frame, status);
		if (count)
			add_headings(frame, &layout);
		else
			add_nothing_seen(frame);
	}
	add_rows(frame, &layout, sorted, count);
	table->since_header += count ? (unsigned int)count : 1;
}

int table_write(struct table *table, struct buffer *out, const struct status *status)
{
	size_t count;
	const struct resolver_status **sorted = status_sort_worst_first(status, &count);
	struct frame frame;

	if (!sorted)
		return -ENOMEM;
	frame_begin(&frame, &table->options, out, status->snapshot->wall_ns);
	if (table->options.redraw)
		redraw(&frame, status, sorted, count);
	else
		append(table, &frame, status, sorted, count);
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
