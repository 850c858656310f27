/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The lines of a text in the order of their times, where they stand in another one: newest first,
 * as log viewers show them, or in several pieces. Memory does not grow with the text: of a long
 * one, a window is put in order.
 */
#ifndef CAPTURE_TCPDUMP_ORDER_H
#define CAPTURE_TCPDUMP_ORDER_H

#include "capture/tcpdump_repeats.h"

#define ORDER_MAX 65536 /* lines in the window */
#define EXCERPT_SIZE 64

/* A line that was read, and what is needed to tell about it later. */
struct read_line {
	struct text_entry entry;
	__u64 number; /* of the line of the text */
	__u64 moment_ns;
	__u64 place;  /* among all lines; of equal moments the first one comes first */
	__u64 hash;   /* see repeats_hash() */
	int is_apart; /* from the line above; see repeats_is_quoted() */
	char excerpt[EXCERPT_SIZE];
};

struct line_order {
	int is_reversed; /* the newest line stands first */
	struct read_line *line;
	size_t count, room;
	__u64 places;	    /* given so far */
	size_t arranged;    /* lines that have their moments */
	size_t next, limit; /* of those that may be taken */
};

/* Add a line at the end of the text. Returns 0, -ENOMEM, or -E2BIG when the window is full. */
int line_order_add(struct line_order *o, const struct read_line *line);

/*
 * Put the lines in order, give them their moments, and leave out those that are quoted a second
 * time, before or behind the log. `is_end`: no line follows. Returns the number of those left out.
 */
size_t line_order_arrange(struct line_order *o, struct text_clock *clock, struct repeats *repeats,
			  int is_end);

/* Take the next line in the order of time, or NULL: more lines have to be added first. */
struct read_line *line_order_next(struct line_order *o);

void line_order_free(struct line_order *o);

#endif
