/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See backoff.h. */
#include "http/backoff.h"

#include <math.h>
#include <stdint.h>

double backoff_next(struct backoff *b, double retry_after_s, __u32 chance)
{
	double share = (double)chance / UINT32_MAX;

	b->delay_s = b->delay_s > 0 ? fmin(b->delay_s * 2, b->most_s) : b->first_s;
	if (retry_after_s > 0)
		return fmin(retry_after_s, RETRY_AFTER_MOST_S) * (1 + share / 10);
	return b->delay_s * (1 + share) / 2;
}

void backoff_reset(struct backoff *b)
{
	b->delay_s = 0;
}
