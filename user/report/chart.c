// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The timeline of an incident as a picture: of characters, and as inline SVG. In SVG each slot is a
 * stacked bar, late messages are diamonds below the axis, and colours are classes of the page's
 * style. Only numbers and times are in it.
 */
#include "report/chart.h"

#include "health/counters.h"
#include "report/phrase.h"
#include "report/transport_words.h"
#include "util/address.h"

#include <string.h>

#define CHART_ROWS 6 /* of the highest bar, where its parts are no higher for being rounded up */
#define CHART_LEFT 8
#define CHART_TIMED_OUT 1 /* in chart_kinds */
#define CHART_ANSWERED 3

const struct chart_kind chart_kinds[CHART_KINDS] = {
	{"unreachable", "unreachable", '#'}, {"timed out", "timed-out", 'x'},
	{"unsent", "unsent", '!'},	     {"answered", "answered", '.'},
	{"late message", "late", '^'},
};

/* Returns the name of answered sessions: the slots count those without a TLS handshake too. */
static const char *chart_answered_sessions(const struct resolver_counters *c)
{
	__u64 refused = c->n[COUNTER_SESSION_REFUSED];

	if (!refused)
		return "answered";
	return refused < counters_answered(c) ? "answered, by a TLS handshake or not"
					      : "answered, but not by a TLS handshake";
}

const char *chart_kind_name(const struct incident *incident, size_t kind)
{
	static const char *const of_connects[CHART_KINDS] = {"refused or unreachable", "timed out",
							     "unsent", "established",
							     "late message"};

	if (kind == CHART_TIMED_OUT)
		return incident_timed_out_words(incident);
	if (kind == CHART_ANSWERED && incident_is_sessions(incident))
		return chart_answered_sessions(&incident->counters);
	return incident_is_connects(incident) ? of_connects[kind] : chart_kinds[kind].name;
}

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

static const char *chart_noun(const struct incident *incident, __u64 number)
{
	if (incident_is_connects(incident) || incident_is_sessions(incident))
		return incident_noun_for(incident, number);
	return number == 1 ? "transaction" : "transactions";
}

void chart_add_caption(struct buffer *out, const struct incident *incident)
{
	char slot[PHRASE_SIZE], highest[PHRASE_SIZE];

	buffer_add(out, "One column is %s, the highest bar %s.",
		   phrase_duration(incident->slot_ns, slot),
		   phrase_count(chart_highest(incident), chart_noun(incident, 1),
				chart_noun(incident, 2), highest));
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

static void chart_add_axis(struct buffer *out, const struct incident *incident,
			   const struct report_source *source)
{
	char line[TIMELINE_SLOTS + CHART_LEFT + 32], from[PHRASE_SIZE], to[PHRASE_SIZE];
	__u64 end_ns = incident->slot_start_ns + incident->slot_count * incident->slot_ns;
	size_t width = incident->slot_count < 20 ? 20 : incident->slot_count;

	buffer_add(out, "%*s+", CHART_LEFT - 1, "");
	memset(line, '-', width);
	chart_add_line(out, line, width);
	phrase_clock(source, incident->slot_start_ns, from);
	phrase_clock(source, end_ns, to);
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
			   chart_kind_name(incident, kind));
		separator = "   ";
	}
	buffer_add(out, "\n");
}

void chart_add_text(struct buffer *out, const struct incident *incident,
		    const struct report_source *source)
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
	chart_add_axis(out, incident, source);
	chart_add_late(out, incident);
	chart_add_legend(out, incident);
}

/* ---- as SVG ---------------------------------------------------------------------------------- */

#define SVG_SLOT 10.0 /* wide */
#define SVG_SLOTS_LEAST 20
#define SVG_BAR 8.0
#define SVG_BAR_LEAST 1.5 /* high: a few among very many must be seen */
#define SVG_PLOT 100.0	  /* high */
#define SVG_LATE 104.0	  /* here the marks of late messages begin */
#define SVG_HEIGHT 112.0

__u64 chart_slots_shown(const struct incident *incident)
{
	return incident->slot_count < SVG_SLOTS_LEAST ? SVG_SLOTS_LEAST : incident->slot_count;
}

static void svg_add_description(struct buffer *out, const struct incident *incident,
				const struct report_source *source, unsigned int number)
{
	char from[PHRASE_SIZE], to[PHRASE_SIZE], slot[PHRASE_SIZE];
	__u64 end_ns = incident->slot_start_ns + incident->slot_count * incident->slot_ns;
	unsigned long long sum;
	size_t kind;
	__u32 i;

	buffer_add(out,
		   "<title id=\"title-%u\">Outcomes over time</title>\n<desc id=\"desc-%u\">Bars "
		   "from %s to %s, one for each %s. In all",
		   number, number, phrase_clock(source, incident->slot_start_ns, from),
		   phrase_clock(source, end_ns, to), phrase_duration(incident->slot_ns, slot));
	for (kind = 0; kind < CHART_KINDS; kind++) {
		for (sum = 0, i = 0; i < incident->slot_count; i++)
			sum += chart_value(&incident->slots[i], kind);
		buffer_add(out, "%s %s: %llu", kind ? "," : "", chart_kind_name(incident, kind),
			   sum);
	}
	buffer_add(out, ".</desc>\n");
}

static void svg_add_line(struct buffer *out, const char *class, double y, double width)
{
	buffer_add(out,
		   "<path class=\"%s\" vector-effect=\"non-scaling-stroke\" d=\"M0 %.1fH%.0f\"/>\n",
		   class, y, width);
}

/* Adds the tooltip of a bar. */
static void svg_add_hint(struct buffer *out, const struct incident *incident,
			 const struct report_source *source, __u32 i)
{
	const struct incident_slot *slot = &incident->slots[i];
	const char *separator = ": ";
	char time[PHRASE_SIZE];
	size_t kind;

	phrase_clock(source, incident->slot_start_ns + i * incident->slot_ns, time);
	buffer_add(out, "<title>%s", time);
	for (kind = 0; kind < CHART_KINDS; kind++) {
		if (!chart_value(slot, kind))
			continue;
		buffer_add(out, "%s%s %llu", separator, chart_kind_name(incident, kind),
			   (unsigned long long)chart_value(slot, kind));
		separator = ", ";
	}
	buffer_add(out, "</title>");
}

static void svg_add_rect(struct buffer *out, const char *class, double x, double y, double height)
{
	buffer_add(out,
		   "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
		   class, x, y, SVG_BAR, height);
}

static void svg_add_bar(struct buffer *out, const struct incident_slot *slot, __u32 i,
			__u64 highest)
{
	double x = i * SVG_SLOT + (SVG_SLOT - SVG_BAR) / 2, y = SVG_PLOT;
	size_t kind;

	for (kind = 0; kind < CHART_KINDS - 1; kind++) {
		double part = (double)chart_value(slot, kind) / (double)highest * SVG_PLOT;

		if (part <= 0)
			continue;
		part = part < SVG_BAR_LEAST ? SVG_BAR_LEAST : part;
		y -= part;
		svg_add_rect(out, chart_kinds[kind].class, x, y, part);
	}
	if (slot->late)
		svg_add_rect(out, chart_kinds[CHART_KINDS - 1].class, x, SVG_LATE,
			     SVG_HEIGHT - SVG_LATE);
}

void chart_add_svg(struct buffer *out, const struct incident *incident,
		   const struct report_source *source, unsigned int number)
{
	__u64 highest = chart_highest(incident);
	double width = SVG_SLOT * (double)chart_slots_shown(incident);
	__u32 i;

	buffer_add(out,
		   "<svg viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" role=\"img\" "
		   "aria-labelledby=\"title-%u desc-%u\">\n",
		   width, SVG_HEIGHT, number, number);
	svg_add_description(out, incident, source, number);
	svg_add_line(out, "grid", 0, width);
	if (highest % 2 == 0)
		svg_add_line(out, "grid", SVG_PLOT / 2, width);
	for (i = 0; i < incident->slot_count; i++) {
		const struct incident_slot *slot = &incident->slots[i];

		if (!chart_slot_height(slot) && !slot->late)
			continue;
		buffer_add(out, "<g>");
		svg_add_hint(out, incident, source, i);
		svg_add_bar(out, slot, i, highest);
		buffer_add(out, "</g>\n");
	}
	svg_add_line(out, "axis", SVG_PLOT, width);
	buffer_add(out, "</svg>\n");
}
