// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Lines on a terminal or in a log. */
#include "view/frame.h"

#include "util/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define UNLIMITED 512

#define HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_BELOW "\033[J"

void frame_begin(struct frame *frame, const struct table_options *options, struct buffer *out,
		 __u64 wall_ns)
{
	char time[CLOCK_TEXT_SIZE];

	memset(frame, 0, sizeof(*frame));
	frame->options = options;
	frame->out = out;
	/* The last line of a terminal stays free for the cursor: writing there would scroll. */
	frame->left = options->rows ? options->rows - 1 : UINT_MAX;
	if (options->redraw)
		buffer_add(out, HOME);
	else
		snprintf(frame->prefix, sizeof(frame->prefix), "%.30s ",
			 clock_time_of_day(wall_ns, time));
}

void frame_end(struct frame *frame)
{
	if (frame->options->redraw)
		buffer_add(frame->out, CLEAR_BELOW);
	if (buffer_error(&frame->line))
		frame->out->failed = 1;
	buffer_free(&frame->line);
}

size_t frame_columns(const struct frame *frame)
{
	return frame->options->columns ? frame->options->columns : UNLIMITED;
}

void line_begin(struct frame *frame)
{
	int failed = frame->line.failed;

	buffer_reset(&frame->line);
	frame->line.failed = failed;
	frame->colour = NULL;
	buffer_add(&frame->line, "%s", frame->prefix);
}

void colour_begin(struct frame *frame, const char *colour)
{
	frame->colour = frame->options->colour ? colour : NULL;
	frame->colour_from = frame->line.used;
}

void colour_end(struct frame *frame)
{
	frame->colour_to = frame->line.used;
}

void line_end(struct frame *frame)
{
	size_t length = frame->line.used;
	char *text = frame->line.text;

	if (!frame->left || buffer_error(&frame->line))
		return;
	frame->left--;
	if (length > frame_columns(frame))
		length = frame_columns(frame);
	/* The names of interfaces in it may hold any bytes: a terminal must not obey them. */
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
