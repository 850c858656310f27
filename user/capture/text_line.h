/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Lines of a text as they were before word processors, mail and web pages had them. What they say
 * is for others.
 */
#ifndef CAPTURE_TEXT_LINE_H
#define CAPTURE_TEXT_LINE_H

#include "capture/input.h"

#define LINE_MAX_SIZE 8192 /* a longer one is folded here */

struct text_lines {
	struct input *input;
	__u64 number; /* of the latest line */
	size_t start, end, carried;
	int after_return, within; /* within: the latest line goes on */
	unsigned char chunk[4096];
	unsigned char raw[LINE_MAX_SIZE];
	char text[LINE_MAX_SIZE + 1]; /* the latest line: clean, single spaces, none at its ends */
};

void text_lines_start(struct text_lines *l, struct input *in);

/* 1 and the next line in `text`, 0 at the end, -errno. */
int text_lines_next(struct text_lines *l);

#endif
