// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The timeline of an incident as inline SVG: a stacked bar a slot, late messages as diamonds below
 * the axis. Colours are classes, so that the page's style decides them. Only numbers and times are
 * in it.
 */
#include "report/chart.h"

#include "report/words.h"

#define LEFT 48.0
#define RIGHT 24.0
#define WIDTH 760.0
#define TOP 14.0
#define PLOT_HEIGHT 160.0
#define BOTTOM (TOP + PLOT_HEIGHT)
#define HEIGHT (BOTTOM + 46)
#define BAR_MAX 26.0
#define BAR_LEAST 2.0 /* high: a few among very many must be seen */
#define LABELS 5

static double slot_width(const struct incident *incident)
{
	return (WIDTH - LEFT - RIGHT) / (incident->slot_count ? incident->slot_count : 1);
}

static void add_description(struct buffer *out, const struct incident *incident,
			    unsigned int number)
{
	char from[WORDS_SIZE], to[WORDS_SIZE], slot[WORDS_SIZE];
	unsigned long long sum;
	size_t kind;
	__u32 i;

	words_clock(incident->slot_start_ns, from);
	words_clock(incident->slot_start_ns + incident->slot_count * incident->slot_ns, to);
	buffer_add(out,
		   "<title id=\"title-%u\">Outcomes over time</title>\n<desc id=\"desc-%u\">Bars "
		   "from %s to %s, one for each %s. In all",
		   number, number, from, to, words_duration(incident->slot_ns, slot));
	for (kind = 0; kind < CHART_KINDS; kind++) {
		for (sum = 0, i = 0; i < incident->slot_count; i++)
			sum += chart_value(&incident->slots[i], kind);
		buffer_add(out, "%s %s: %llu", kind ? "," : "", chart_kinds[kind].name, sum);
	}
	buffer_add(out, ".</desc>\n");
}

static void add_line(struct buffer *out, const char *class, double y)
{
	buffer_add(out, "<path class=\"%s\" d=\"M%.1f %.1fH%.1f\"/>\n", class, LEFT, y,
		   WIDTH - RIGHT);
}

/* Whole numbers only: the middle is left out where it is none. */
static void add_scale(struct buffer *out, __u64 highest)
{
	unsigned long long values[] = {0, highest / 2, highest};
	size_t i;

	for (i = 0; i < 3; i++) {
		double y = BOTTOM - PLOT_HEIGHT * (double)values[i] / (double)highest;

		if (i == 1 && highest % 2)
			continue;
		add_line(out, i ? "grid" : "axis", y);
		buffer_add(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%llu</text>\n",
			   LEFT - 8, y + 4, values[i]);
	}
}

static void add_times(struct buffer *out, const struct incident *incident)
{
	__u32 labels = incident->slot_count < LABELS ? incident->slot_count + 1 : LABELS, i;
	char time[WORDS_SIZE];

	for (i = 0; labels > 1 && i < labels; i++) {
		__u32 slot = i * incident->slot_count / (labels - 1);
		double x = LEFT + slot * slot_width(incident);

		words_clock(incident->slot_start_ns + slot * incident->slot_ns, time);
		buffer_add(out,
			   "<path class=\"axis\" d=\"M%.1f %.1fv5\"/><text x=\"%.1f\" y=\"%.1f\" "
			   "text-anchor=\"middle\">%s</text>\n",
			   x, BOTTOM, x, BOTTOM + 38, time);
	}
}

/* What a pointer over the bar tells. */
static void add_hint(struct buffer *out, const struct incident *incident, __u32 i)
{
	const struct incident_slot *slot = &incident->slots[i];
	const char *separator = ": ";
	char time[WORDS_SIZE];
	size_t kind;

	words_clock(incident->slot_start_ns + i * incident->slot_ns, time);
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

static void add_bar(struct buffer *out, const struct incident *incident, __u32 i, __u64 highest)
{
	double step = slot_width(incident), width = step * 0.8 < BAR_MAX ? step * 0.8 : BAR_MAX;
	double middle = LEFT + (i + 0.5) * step, y = BOTTOM;
	const struct incident_slot *slot = &incident->slots[i];
	size_t kind;

	buffer_add(out, "<g>");
	add_hint(out, incident, i);
	for (kind = 0; kind < CHART_KINDS - 1; kind++) {
		double part = (double)chart_value(slot, kind) / (double)highest * PLOT_HEIGHT;

		if (part <= 0)
			continue;
		part = part < BAR_LEAST ? BAR_LEAST : part;
		y -= part;
		buffer_add(out,
			   "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
			   "height=\"%.1f\"/>",
			   chart_kinds[kind].class, middle - width / 2, y, width, part);
	}
	if (slot->late)
		buffer_add(out, "<path class=\"late\" d=\"M%.1f %.1fl5 5-5 5-5-5z\"/>", middle,
			   BOTTOM + 9);
	buffer_add(out, "</g>\n");
}

void chart_svg(struct buffer *out, const struct incident *incident, unsigned int number)
{
	__u64 highest = chart_highest(incident);
	__u32 i;

	buffer_add(out,
		   "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"title-%u "
		   "desc-%u\">\n",
		   WIDTH, HEIGHT, number, number);
	add_description(out, incident, number);
	add_scale(out, highest);
	for (i = 0; i < incident->slot_count; i++)
		if (chart_value(&incident->slots[i], CHART_KINDS - 1) ||
		    incident->slots[i].answered || incident->slots[i].unreachable ||
		    incident->slots[i].timed_out || incident->slots[i].unsent)
			add_bar(out, incident, i, highest);
	add_line(out, "axis", BOTTOM);
	add_times(out, incident);
	buffer_add(out, "</svg>\n");
}
