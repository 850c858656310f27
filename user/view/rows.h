/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rows of the live table and their headings. Two layouts: wide, with the cause in a column of
 * its own; and narrow, for 80 columns, with headings of two lines and the cause, explained, below
 * its row. What stands around the rows is table.c.
 */
#ifndef VIEW_ROWS_H
#define VIEW_ROWS_H

#include "view/frame.h"

struct layout {
	int wide;
	int resolver_width;
};

struct layout choose_layout(const struct frame *frame, const struct status *status);

void add_headings(struct frame *frame, const struct layout *layout);

/* As many as there is room for; then how many more there are. */
void add_rows(struct frame *frame, const struct layout *layout,
	      const struct resolver_status **sorted, size_t count);

#endif
