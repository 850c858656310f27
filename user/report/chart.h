/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The timeline of an incident as a picture: of characters, or as inline SVG. */
#ifndef REPORT_CHART_H
#define REPORT_CHART_H

#include "report/document.h"

#define CHART_KINDS 5 /* of struct incident_slot: the last one, late, stands beside the bars */

/* From the bottom of a bar to its top; "late" is none of its parts. */
struct chart_kind {
	const char *name;  /* in the legend */
	const char *class; /* in HTML */
	char sign;	   /* in text */
};

extern const struct chart_kind chart_kinds[CHART_KINDS];

__u64 chart_value(const struct incident_slot *slot, size_t kind);

/* The highest bar, at least 1. */
__u64 chart_highest(const struct incident *incident);

/* "One column is 8 s." */
void chart_caption(struct buffer *out, const struct incident *incident);

void chart_text(struct buffer *out, const struct incident *incident);

/* `number`: of the picture in its document. */
void chart_svg(struct buffer *out, const struct incident *incident, unsigned int number);

#endif
