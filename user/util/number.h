/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers for machines, unrounded, as Prometheus text and JSON both read them. For people: text.h.
 */
#ifndef UTIL_NUMBER_H
#define UTIL_NUMBER_H

#include "util/buffer.h"

#include <linux/types.h>

#define NUMBER_SIZE 32

/* Decimal, and cheap: a page has many of them. */
void number_add_whole(struct buffer *out, __u64 whole);

/*
 * With the fewest digits that come back as the same double, and always a point or an exponent:
 * 0.000256, 1.0, 1e+06. Only what is finite. Returns `out`.
 */
const char *number_real(double real, char out[NUMBER_SIZE]);

#endif
