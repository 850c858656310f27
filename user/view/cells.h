/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Numbers for people: at most 5 characters each, "-" where undefined. JSON and metrics have the
 * unrounded ones.
 */
#ifndef VIEW_CELLS_H
#define VIEW_CELLS_H

#include <linux/types.h>

#define CELL_SIZE 24

/* Write the number into `out` and return it. */
const char *cell_format_count(__u64 count, char out[CELL_SIZE]);  /* 99999, 100k, 1.2M */
const char *cell_format_rate(double per_s, char out[CELL_SIZE]);  /* 0.25, 12.3, 1234 */
const char *cell_format_ratio(double ratio, char out[CELL_SIZE]); /* 0%, <0.1%, 2.5%, 99%, 100% */
const char *cell_format_seconds(double seconds,
				char out[CELL_SIZE]); /* 850us, 1.2ms, 12ms, 1.25s */

#endif
