// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The timeline of an incident as a picture: of characters, and as inline SVG. In SVG each slot is a
 * stacked bar, late messages are diamonds below the axis, and colours are classes of the page's
 * style. Only numbers and times are in it.
 */
#include "report/chart.h"

#include "report/phrase.h"

#include <string.h>

#define CHART_ROWS 6 /* of the highest bar, where its parts are no higher for being rounded up */
#define CHART_LEFT 8

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

static __u64 chart_slot_height(const struct incident_slot *slot)
{
	return slot->unreachable + slot->timed_out + slot->unsent + slot->answered;
}

__u64 chart_highest(const struct incident *incident)
{
	__u64 highest = 1;
	__u32 i;

	for (i = 0; i < incident->slot_count; i++)
		if (chart_slot_height(&incident->slots[i]) > highest)
			highest = chart_slot_height(&incident->slots[i]);
	return highest;
}

void chart_add_caption(struct buffer *out, const struct incident *incident)
{
	char slot[PHRASE_SIZE], start[PHRASE_SIZE];
	unsigned long long highest = chart_highest(incident);

	buffer_add(out,
		   "One column is %s, the first one begins at %s; the highest bar is %llu "
		   "transaction%s.",
		   phrase_duration(incident->slot_ns, slot),
		   phrase_clock(incident->slot_start_ns, start), highest, highest == 1 ? "" : "s");
}

/* Writes a slot's bar from its bottom to its top: one sign at least for each kind above 0. */
static size_t chart_bar(const struct incident_slot *slot, __u64 highest,
			char out[CHART_ROWS + CHART_KINDS])
{
	size_t kind, used = 0;
	__u64 rows = highest < CHART_ROWS ? highest : CHART_ROWS;

	for (kind = 0; kind < CHART_KINDS - 1; kind++) {
		double part = (double)chart_value(slot, kind) * (double)rows / (double)highest;
		size_t signs = (size_t)part + (part > (double)(size_t)part);

		while (signs-- && used < CHART_ROWS + CHART_KINDS - 1)
			out[used++] = chart_kinds[kind].sign;
	}
	out[used] = '\0';
	return used;
}

/* Adds a line without the blanks at its end. */
static void chart_add_line(struct buffer *out, const char *line, size_t length)
{
	while (length && line[length - 1] == ' ')
		length--;
	buffer_add_bytes(out, line, length);
	buffer_add(out, "\n");
}

static void chart_add_axis(struct buffer *out, const struct incident *incident)
{
	char line[TIMELINE_SLOTS + CHART_LEFT + 32], from[PHRASE_SIZE], to[PHRASE_SIZE];
	__u64 end_ns = incident->slot_start_ns + incident->slot_count * incident->slot_ns;
	size_t width = incident->slot_count < 20 ? 20 : incident->slot_count;

	buffer_add(out, "%*s+", CHART_LEFT - 1, "");
	memset(line, '-', width);
	chart_add_line(out, line, width);
	phrase_clock(incident->slot_start_ns, from);
	phrase_clock(end_ns, to);
	buffer_add(out, "%*s%s%*s\n", CHART_LEFT, "", from, (int)(width - strlen(from)), to);
}

static void chart_add_late(struct buffer *out, const struct incident *incident)
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
	buffer_add(out, "%*s", CHART_LEFT, "late  ");
	chart_add_line(out, line, incident->slot_count);
}

static void chart_add_legend(struct buffer *out, const struct incident *incident)
{
	const char *separator = "";
	size_t kind;
	__u32 i;

	buffer_add(out, "%*s", CHART_LEFT, "");
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

void chart_add_text(struct buffer *out, const struct incident *incident)
{
	char bars[TIMELINE_SLOTS][CHART_ROWS + CHART_KINDS] = {{0}}, line[TIMELINE_SLOTS];
	__u64 highest = chart_highest(incident);
	size_t rows = 0, row, used;
	__u32 i;

	for (i = 0; i < incident->slot_count; i++) {
		used = chart_bar(&incident->slots[i], highest, bars[i]);
		rows = used > rows ? used : rows;
	}
	for (row = rows; row--;) {
		for (i = 0; i < incident->slot_count; i++)
			line[i] = row < strlen(bars[i]) ? bars[i][row] : ' ';
		if (row == rows - 1)
			buffer_add(out, "%6llu |", (unsigned long long)highest);
		else
			buffer_add(out, "%6s |", "");
		chart_add_line(out, line, incident->slot_count);
	}
	chart_add_axis(out, incident);
	chart_add_late(out, incident);
	chart_add_legend(out, incident);
}

/* ---- as SVG --------------------------------------------------------------------------- */

#define SVG_LEFT 48.0
#define SVG_RIGHT 24.0
#define SVG_WIDTH 760.0
#define SVG_TOP 14.0
#define SVG_PLOT_HEIGHT 160.0
#define SVG_BOTTOM (SVG_TOP + SVG_PLOT_HEIGHT)
#define SVG_HEIGHT (SVG_BOTTOM + 46)
#define SVG_BAR_MAX 26.0
#define SVG_BAR_LEAST 2.0 /* high: a few among very many must be seen */
#define SVG_LABELS 5

static double svg_slot_width(const struct incident *incident)
{
	return (SVG_WIDTH - SVG_LEFT - SVG_RIGHT) /
	       (incident->slot_count ? incident->slot_count : 1);
}

static void svg_add_description(struct buffer *out, const struct incident *incident,
				unsigned int number)
{
	char from[PHRASE_SIZE], to[PHRASE_SIZE], slot[PHRASE_SIZE];
	unsigned long long sum;
	size_t kind;
	__u32 i;

	phrase_clock(incident->slot_start_ns, from);
	phrase_clock(incident->slot_start_ns + incident->slot_count * incident->slot_ns, to);
	buffer_add(out,
		   "<title id=\"title-%u\">Outcomes over time</title>\n<desc id=\"desc-%u\">Bars "
		   "from %s to %s, one for each %s. In all",
		   number, number, from, to, phrase_duration(incident->slot_ns, slot));
	for (kind = 0; kind < CHART_KINDS; kind++) {
		for (sum = 0, i = 0; i < incident->slot_count; i++)
			sum += chart_value(&incident->slots[i], kind);
		buffer_add(out, "%s %s: %llu", kind ? "," : "", chart_kinds[kind].name, sum);
	}
	buffer_add(out, ".</desc>\n");
}

static void svg_add_line(struct buffer *out, const char *class, double y)
{
	buffer_add(out, "<path class=\"%s\" d=\"M%.1f %.1fH%.1f\"/>\n", class, SVG_LEFT, y,
		   SVG_WIDTH - SVG_RIGHT);
}

/* Adds 0, the highest value, and the middle where it is a whole number. */
static void svg_add_scale(struct buffer *out, __u64 highest)
{
	unsigned long long values[] = {0, highest / 2, highest};
	size_t i;

	for (i = 0; i < 3; i++) {
		double y = SVG_BOTTOM - SVG_PLOT_HEIGHT * (double)values[i] / (double)highest;

		if (i == 1 && highest % 2)
			continue;
		svg_add_line(out, i ? "grid" : "axis", y);
		buffer_add(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%llu</text>\n",
			   SVG_LEFT - 8, y + 4, values[i]);
	}
}

static void svg_add_times(struct buffer *out, const struct incident *incident)
{
	__u32 labels = incident->slot_count < SVG_LABELS ? incident->slot_count + 1 : SVG_LABELS, i;
	char time[PHRASE_SIZE];

	for (i = 0; labels > 1 && i < labels; i++) {
		__u32 slot = i * incident->slot_count / (labels - 1);
		double x = SVG_LEFT + slot * svg_slot_width(incident);

		phrase_clock(incident->slot_start_ns + slot * incident->slot_ns, time);
		buffer_add(out,
			   "<path class=\"axis\" d=\"M%.1f %.1fv5\"/><text x=\"%.1f\" y=\"%.1f\" "
			   "text-anchor=\"middle\">%s</text>\n",
			   x, SVG_BOTTOM, x, SVG_BOTTOM + 38, time);
	}
}

/* Adds the tooltip of a bar. */
static void svg_add_hint(struct buffer *out, const struct incident *incident, __u32 i)
{
	const struct incident_slot *slot = &incident->slots[i];
	const char *separator = ": ";
	char time[PHRASE_SIZE];
	size_t kind;

	phrase_clock(incident->slot_start_ns + i * incident->slot_ns, time);
	buffer_add(out, "<title>%s", time);
	for (kind = 0; kind < CHART_KINDS; kind++) {
		if (!chart_value(slot, kind))
			continue;
		buffer_add(out, "%s%s %llu", separator, chart_kinds[kind].name,
			   (unsigned long long)chart_value(slot, kind));
		separator = ", ";
	}
	buffer_add(out, "</title>");
}

static void svg_add_bar(struct buffer *out, const struct incident *incident, __u32 i, __u64 highest)
{
	double step = svg_slot_width(incident),
	       width = step * 0.8 < SVG_BAR_MAX ? step * 0.8 : SVG_BAR_MAX;
	double middle = SVG_LEFT + (i + 0.5) * step, y = SVG_BOTTOM;
	const struct incident_slot *slot = &incident->slots[i];
	size_t kind;

	buffer_add(out, "<g>");
	svg_add_hint(out, incident, i);
	for (kind = 0; kind < CHART_KINDS - 1; kind++) {
		double part = (double)chart_value(slot, kind) / (double)highest * SVG_PLOT_HEIGHT;

		if (part <= 0)
			continue;
		part = part < SVG_BAR_LEAST ? SVG_BAR_LEAST : part;
		y -= part;
		buffer_add(out,
			   "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
			   "height=\"%.1f\"/>",
			   chart_kinds[kind].class, middle - width / 2, y, width, part);
	}
	if (slot->late)
		buffer_add(out, "<path class=\"late\" d=\"M%.1f %.1fl5 5-5 5-5-5z\"/>", middle,
			   SVG_BOTTOM + 9);
	buffer_add(out, "</g>\n");
}

void chart_add_svg(struct buffer *out, const struct incident *incident, unsigned int number)
{
	__u64 highest = chart_highest(incident);
	__u32 i;

	buffer_add(out,
		   "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"title-%u "
		   "desc-%u\">\n",
		   SVG_WIDTH, SVG_HEIGHT, number, number);
	svg_add_description(out, incident, number);
	svg_add_scale(out, highest);
	for (i = 0; i < incident->slot_count; i++)
		if (chart_value(&incident->slots[i], CHART_KINDS - 1) ||
		    incident->slots[i].answered || incident->slots[i].unreachable ||
		    incident->slots[i].timed_out || incident->slots[i].unsent)
			svg_add_bar(out, incident, i, highest);
	svg_add_line(out, "axis", SVG_BOTTOM);
	svg_add_times(out, incident);
	buffer_add(out, "</svg>\n");
}
