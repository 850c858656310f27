/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counters of the last 5 minutes, summed over each window: the ring of ticks that all resolvers
 * share, and the history of one resolver. verdict.h says what the sums mean.
 *
 * A tick is the moment of one snapshot. A window starts at the latest tick that is at least its
 * length ago, found by time: a loaded machine skips seconds, and then the window is a little longer
 * than its name (rates divide by its real length). Before a window's length has passed it starts at
 * tick 0: the start, when all counters were zero.
 *
 * A history keeps changes instead of samples (8 bytes for each counter that moved in a tick): an
 * unused resolver costs nothing, a busy one 60 to 130 KB.
 */
#ifndef HEALTH_HISTORY_H
#define HEALTH_HISTORY_H

#include "health/status.h"

#define TICKS_KEPT 1024 /* power of two, more than the longest window has seconds */
#define SETTLED_AT_KEPT 3

struct tick_ring {
	__u64 at_ns[TICKS_KEPT];
	__u64 forgotten[TICKS_KEPT]; /* self counter, cumulative */
	__u32 now;
	__u32 start[WINDOW_MAX]; /* the tick that each window starts at */
};

void tick_ring_init(struct tick_ring *ring, __u64 start_ns);

/* Adds a tick at `at_ns`; a time before the last tick counts as the last tick's. */
void tick_ring_tick(struct tick_ring *ring, __u64 at_ns, __u64 forgotten);

/* Returns the time of the last tick, in ns. */
__u64 tick_ring_now_ns(const struct tick_ring *ring);

/* Returns the window's real length in seconds; 0 at the very start. */
double tick_ring_seconds(const struct tick_ring *ring, enum window window);

/* Returns how many remembered transactions were given up early within the window. */
__u64 tick_ring_forgotten(const struct tick_ring *ring, enum window window);

struct change;

/* The counters just before a tick in which a transaction settled. */
struct settled_at {
	__u64 at_ns;
	struct resolver_counters before;
};

/* Zeroed is empty. */
struct history {
	struct change *changes; /* ring; indices run on, `room` is a power of two */
	size_t room, head;
	size_t tail[WINDOW_MAX];
	struct resolver_counters latest;
	struct resolver_counters windows[WINDOW_MAX];
	struct settled_at settled[SETTLED_AT_KEPT]; /* latest first */
	unsigned int settled_count;
};

/* Adds the counters `now` of the ring's last tick. Returns 0 or -ENOMEM. */
int history_add(struct history *history, const struct tick_ring *ring,
		const struct resolver_counters *now);

/* Fills `since` with what was counted since (just before) `from`; RTT buckets included. */
void history_since(const struct history *history, const struct settled_at *from,
		   struct resolver_counters *since);

void history_free(struct history *history);

/* Computes the rates of a window: the counters' increase over `seconds`. x / 0 is NAN. */
void rates_of(const struct resolver_counters *window, double seconds, struct rates *rates);

#endif
