/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The timeline of an incident as a picture: of characters, or as inline SVG. */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include "report/document.h"

#define CHART_KINDS 5 /* of struct incident_slot: the last one, late, stands beside the bars */

/* The kinds in the order from the bottom of a bar to its top; "late" is no part of a bar. */
struct chart_kind {
	const char *name;  /* in the legend */
	const char *class; /* in HTML */
	char sign;	   /* in text */
};

extern const struct chart_kind chart_kinds[CHART_KINDS];

/* Returns the name of a kind in the legend of this incident. */
const char *chart_kind_name(const struct incident *incident, size_t kind);

__u64 chart_value(const struct incident_slot *slot, size_t kind);

/* Returns the height of the highest bar, at least 1. */
__u64 chart_highest(const struct incident *incident);

/* Returns how many slots the picture in HTML has room for: few would make bars too broad. */
__u64 chart_slots_shown(const struct incident *incident);

/* Adds the sentence that says what a column and the highest bar stand for. */
void chart_add_caption(struct buffer *out, const struct incident *incident);

void chart_add_text(struct buffer *out, const struct incident *incident,
		    const struct report_source *source);

/*
 * Adds the picture as SVG, to be stretched to any width: it holds no text but tooltips. `number`
 * makes its ids unique in the document.
 */
void chart_add_svg(struct buffer *out, const struct incident *incident,
		   const struct report_source *source, unsigned int number);

#endif
