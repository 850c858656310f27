/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ticks, which all resolvers share, and where each window starts among them.
 *
 * A tick is the moment of one snapshot. Ticks have numbers that run on. Ticks that follow each
 * other by exactly a second are kept as one run, so that the seconds of a silence cost nothing.
 *
 * A window starts at the latest tick that is at least its length ago, found by time: a loaded
 * machine skips seconds, and then the window is a little longer than its name (rates divide by its
 * real length). Before a window's length has passed it starts at tick 0: the start, when all
 * counters were zero.
 */
#ifndef HEALTH_TICK_RING_H
#define HEALTH_TICK_RING_H

#include "health/status.h"
#include "util/clock.h"

#define TICKS_KEPT 1024 /* runs; power of two, more than the longest window has seconds */
/* Ticks come a little early or late; a tick that is this much too young still starts a window. */
#define TICK_JITTER_NS (NS_PER_S / 4)

/* Ticks a second apart, up to the next run. */
struct tick_run {
	__u64 at_ns; /* time of its first one, */
	__u32 tick;  /* and number */
};

/* The self counter at a tick, where it has moved. */
struct tick_forgotten {
	__u64 count;
	__u32 tick;
};

struct tick_ring {
	struct tick_run runs[TICKS_KEPT];
	struct tick_forgotten forgotten[TICKS_KEPT];
	__u32 newest; /* run; all indices run on */
	__u32 newest_forgotten;
	__u32 now;		     /* number of the last tick */
	__u32 start[WINDOW_MAX];     /* number of the tick that each window starts at, */
	__u32 start_run[WINDOW_MAX]; /* and its run */
};

void tick_ring_init(struct tick_ring *ring, __u64 start_ns, __u64 forgotten);

/* Adds a tick at `at_ns`; a time before the last tick counts as the last tick's. */
void tick_ring_tick(struct tick_ring *ring, __u64 at_ns, __u64 forgotten);

/* Adds a tick for each second after the last one up to `until_ns`: nothing was counted in them. */
void tick_ring_skip(struct tick_ring *ring, __u64 until_ns);

/* Returns the time of the last tick, in ns. */
__u64 tick_ring_now_ns(const struct tick_ring *ring);

/* Returns the time of the tick before the last one; of the last one when it is the first. */
__u64 tick_ring_previous_ns(const struct tick_ring *ring);

/* Returns the time of a tick, in ns; of one that is not kept any more, that of the oldest run. */
__u64 tick_ring_at_ns(const struct tick_ring *ring, __u32 tick);

/* Returns the window's length in ns by its name. */
__u64 window_length_ns(enum window window);

/* Returns the time of the tick that a window starts at, in ns. */
__u64 tick_ring_start_ns(const struct tick_ring *ring, enum window window);

/* Returns the window's real length in seconds; 0 at the very start. */
double tick_ring_seconds(const struct tick_ring *ring, enum window window);

/* Returns how many remembered transactions were given up early within the window. */
__u64 tick_ring_forgotten(const struct tick_ring *ring, enum window window);

#endif
