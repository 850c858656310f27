// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See save_pace.h. */
#include "daemon/save_pace.h"

#include "util/clock.h"

static __u64 save_pace_interval_s(const struct save_pace *pace)
{
	__u64 interval_s = pace->cost_ns / (NS_PER_S / SAVE_TIMES_COST);

	if (interval_s < SAVE_LEAST_S)
		return SAVE_LEAST_S;
	return interval_s < SAVE_MOST_S ? interval_s : SAVE_MOST_S;
}

int save_pace_tick(struct save_pace *pace, __u64 seconds)
{
	pace->passed_s += seconds;
	return pace->passed_s >= save_pace_interval_s(pace);
}

void save_pace_saved(struct save_pace *pace, __u64 cost_ns)
{
	pace->passed_s = 0;
	pace->cost_ns = cost_ns;
}
