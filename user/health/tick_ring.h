/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The moments at which snapshots were taken, one number ("tick") each, and at which tick each
 * window starts now. Common to all resolvers; what they counted meanwhile is history.h.
 *
 * A window starts at the latest tick that is at least its length ago, found by time: a loaded
 * machine skips seconds, and then the window is a little longer than its name (rates divide by
 * what it really is). Before a window's length has passed it starts at tick 0: the start, when
 * all counters were zero.
 */
#ifndef HEALTH_TICK_RING_H
#define HEALTH_TICK_RING_H

#include "health/status.h"

#define TICKS_KEPT 1024 /* power of two, more than the longest window has seconds */

struct tick_ring {
	__u64 at_ns[TICKS_KEPT];
	__u64 forgotten[TICKS_KEPT]; /* self counter, cumulative */
	__u32 now;
	__u32 start[WINDOW_MAX];
};

void tick_ring_init(struct tick_ring *timeline, __u64 start_ns);

/* The next tick; `at_ns` before the last one counts as the last one. */
void tick_ring_tick(struct tick_ring *timeline, __u64 at_ns, __u64 forgotten);

__u64 tick_ring_now_ns(const struct tick_ring *timeline);

/* The window's real length; 0 at the very start. */
double tick_ring_seconds(const struct tick_ring *timeline, enum window window);

/* Remembered transactions given up early within the window. */
__u64 tick_ring_forgotten(const struct tick_ring *timeline, enum window window);

#endif
