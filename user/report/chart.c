// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The timeline of an incident as a picture of characters, and what both pictures share. */
#include "report/chart.h"

#include "report/words.h"

#include <string.h>

#define ROWS 6 /* of the highest bar, where its parts are no higher for being rounded up */
#define AXIS_LEFT 8

const struct chart_kind chart_kinds[CHART_KINDS] = {
	{"unreachable", "unreachable", '#'}, {"timed out", "timed-out", 'x'},
	{"unsent", "unsent", '!'},	     {"answered", "answered", '.'},
	{"late message", "late", '^'},
};

__u64 chart_value(const struct incident_slot *slot, size_t kind)
{
	const __u64 values[CHART_KINDS] = {slot->unreachable, slot->timed_out, slot->unsent,
					   slot->answered, slot->late};

	return values[kind];
}

static __u64 height(const struct incident_slot *slot)
{
	return slot->unreachable + slot->timed_out + slot->unsent + slot->answered;
}

__u64 chart_highest(const struct incident *incident)
{
	__u64 highest = 1;
	__u32 i;

	for (i = 0; i < incident->slot_count; i++)
		if (height(&incident->slots[i]) > highest)
			highest = height(&incident->slots[i]);
	return highest;
}

void chart_caption(struct buffer *out, const struct incident *incident)
{
	char slot[WORDS_SIZE], start[WORDS_SIZE];
	unsigned long long highest = chart_highest(incident);

	buffer_add(out,
		   "One column is %s, the first one begins at %s; the highest bar is %llu "
		   "transaction%s.",
		   words_duration(incident->slot_ns, slot),
		   words_clock(incident->slot_start_ns, start), highest, highest == 1 ? "" : "s");
}

/* The bar from its bottom to its top; what is there at all has one sign at least. */
static size_t bar(const struct incident_slot *slot, __u64 highest, char out[ROWS + CHART_KINDS])
{
	size_t kind, used = 0;
	__u64 rows = highest < ROWS ? highest : ROWS;

	for (kind = 0; kind < CHART_KINDS - 1; kind++) {
		double part = (double)chart_value(slot, kind) * (double)rows / (double)highest;
		size_t signs = (size_t)part + (part > (double)(size_t)part);

		while (signs-- && used < ROWS + CHART_KINDS - 1)
			out[used++] = chart_kinds[kind].sign;
	}
	out[used] = '\0';
	return used;
}

/* A line without the blanks at its end. */
static void add_line(struct buffer *out, const char *line, size_t length)
{
	while (length && line[length - 1] == ' ')
		length--;
	buffer_add_bytes(out, line, length);
	buffer_add(out, "\n");
}

static void add_axis(struct buffer *out, const struct incident *incident)
{
	char line[TIMELINE_SLOTS + AXIS_LEFT + 32], from[WORDS_SIZE], to[WORDS_SIZE];
	__u64 end_ns = incident->slot_start_ns + incident->slot_count * incident->slot_ns;
	size_t width = incident->slot_count < 20 ? 20 : incident->slot_count;

	buffer_add(out, "%*s+", AXIS_LEFT - 1, "");
	memset(line, '-', width);
	add_line(out, line, width);
	words_clock(incident->slot_start_ns, from);
	words_clock(end_ns, to);
	buffer_add(out, "%*s%s%*s\n", AXIS_LEFT, "", from, (int)(width - strlen(from)), to);
}

static void add_late(struct buffer *out, const struct incident *incident)
{
	char line[TIMELINE_SLOTS];
	int any = 0;
	__u32 i;

	for (i = 0; i < incident->slot_count; i++) {
		line[i] = incident->slots[i].late ? chart_kinds[CHART_KINDS - 1].sign : ' ';
		any |= incident->slots[i].late != 0;
	}
	if (!any)
		return;
	buffer_add(out, "%*s", AXIS_LEFT, "late  ");
	add_line(out, line, incident->slot_count);
}

static void add_legend(struct buffer *out, const struct incident *incident)
{
	const char *separator = "";
	size_t kind;
	__u32 i;

	buffer_add(out, "%*s", AXIS_LEFT, "");
	for (kind = 0; kind < CHART_KINDS; kind++) {
		for (i = 0; i < incident->slot_count; i++)
			if (chart_value(&incident->slots[i], kind))
				break;
		if (i == incident->slot_count)
			continue;
		buffer_add(out, "%s%c %s", separator, chart_kinds[kind].sign,
			   chart_kinds[kind].name);
		separator = "   ";
	}
	buffer_add(out, "\n");
}

void chart_text(struct buffer *out, const struct incident *incident)
{
	char bars[TIMELINE_SLOTS][ROWS + CHART_KINDS] = {{0}}, line[TIMELINE_SLOTS];
	__u64 highest = chart_highest(incident);
	size_t rows = 0, row, used;
	__u32 i;

	for (i = 0; i < incident->slot_count; i++) {
		used = bar(&incident->slots[i], highest, bars[i]);
		rows = used > rows ? used : rows;
	}
	for (row = rows; row--;) {
		for (i = 0; i < incident->slot_count; i++)
			line[i] = row < strlen(bars[i]) ? bars[i][row] : ' ';
		if (row == rows - 1)
			buffer_add(out, "%6llu |", (unsigned long long)highest);
		else
			buffer_add(out, "%6s |", "");
		add_line(out, line, incident->slot_count);
	}
	add_axis(out, incident);
	add_late(out, incident);
	add_legend(out, incident);
}
