/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Lines on a terminal or in a log: cut to the width, counted against the height, prefixed with
 * the time when appended, one stretch of each coloured. What they say is table.c.
 */
#ifndef VIEW_FRAME_H
#define VIEW_FRAME_H

#include "util/clock.h"
#include "view/table.h"

struct frame {
	const struct table_options *options;
	struct buffer *out;
	struct buffer line; /* the line being written */
	char prefix[CLOCK_TEXT_SIZE];
	unsigned int left; /* lines that there is room for */
	const char *colour;
	size_t colour_from, colour_to;
};

void frame_begin(struct frame *frame, const struct table_options *options, struct buffer *out,
		 __u64 wall_ns);
void frame_end(struct frame *frame);

/* Columns that a line may use; a large number when there is no limit. */
size_t frame_columns(const struct frame *frame);

/* line_begin(), buffer_add(&frame->line, ...), line_end() */
void line_begin(struct frame *frame);
void line_end(struct frame *frame);

/* What is added between these two is coloured (an SGR sequence's numbers), when asked for. */
void colour_begin(struct frame *frame, const char *colour);
void colour_end(struct frame *frame);

#endif
