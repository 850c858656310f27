/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How long to wait before a request is tried again: twice as long each time up to a limit, or as
 * long as the receiver asks for; a part of it by chance, so that a fleet does not come back in one
 * moment. Waiting is for others.
 */
#ifndef HTTP_BACKOFF_H
#define HTTP_BACKOFF_H

#include <linux/types.h>

#define RETRY_AFTER_MOST_S 600.0 /* a receiver that asks for more is asked again all the same */

struct backoff {
	double first_s, most_s;
	double delay_s; /* 0: the last attempt was fine */
};

/*
 * In seconds. Without `retry_after_s` (0 or less) from half of the delay up to all of it; with it
 * that long and up to a tenth longer. `chance` is any number.
 */
double backoff_next(struct backoff *b, double retry_after_s, __u32 chance);
void backoff_reset(struct backoff *b);

#endif
