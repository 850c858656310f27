// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The ticks in runs, and the starts of the windows. */
#include "health/tick_ring.h"

#include <string.h>

static const __u64 window_lengths_ns[] = {
	[WINDOW_1S] = 1 * NS_PER_S,
	[WINDOW_10S] = 10 * NS_PER_S,
	[WINDOW_1M] = 60 * NS_PER_S,
	[WINDOW_5M] = 300 * NS_PER_S,
};

_Static_assert(sizeof(window_lengths_ns) / sizeof(*window_lengths_ns) == WINDOW_MAX,
	       "a window has no length");

__u64 window_length_ns(enum window window)
{
	return window_lengths_ns[window];
}

static const struct tick_run *run_at(const struct tick_ring *ring, __u32 run)
{
	return &ring->runs[run % TICKS_KEPT];
}

/* Returns the time of a tick of `run`. Numbers run on modulo 2^32. */
static __u64 tick_at_ns(const struct tick_run *run, __u32 tick)
{
	return run->at_ns + (__u64)(tick - run->tick) * NS_PER_S;
}

__u64 tick_ring_now_ns(const struct tick_ring *ring)
{
	return tick_at_ns(run_at(ring, ring->newest), ring->now);
}

__u64 tick_ring_at_ns(const struct tick_ring *ring, __u32 tick)
{
	__u32 behind = ring->now - tick;
	__u32 from = ring->newest >= TICKS_KEPT ? ring->newest - TICKS_KEPT + 1 : 0;
	__u32 to = ring->newest;

	while (from < to) { /* the latest run that begins at or before the tick */
		__u32 middle = from + (to - from + 1) / 2;

		if (ring->now - run_at(ring, middle)->tick >= behind)
			from = middle;
		else
			to = middle - 1;
	}
	return ring->now - run_at(ring, from)->tick < behind ? run_at(ring, from)->at_ns
							     : tick_at_ns(run_at(ring, from), tick);
}

__u64 tick_ring_previous_ns(const struct tick_ring *ring)
{
	const struct tick_run *newest = run_at(ring, ring->newest);

	if (newest->tick != ring->now)
		return tick_at_ns(newest, ring->now - 1);
	return ring->newest ? tick_at_ns(run_at(ring, ring->newest - 1), ring->now - 1)
			    : newest->at_ns;
}

void tick_ring_init(struct tick_ring *ring, __u64 start_ns, __u64 forgotten)
{
	memset(ring, 0, sizeof(*ring));
	ring->runs[0].at_ns = start_ns;
	ring->forgotten[0].count = forgotten;
}

/* Moves the start of a window on to the latest tick of its run that is not after `target_ns`. */
static void tick_ring_advance_in_run(struct tick_ring *ring, enum window window, __u64 target_ns)
{
	const struct tick_run *run = run_at(ring, ring->start_run[window]);
	__u32 last = ring->start_run[window] == ring->newest
			     ? ring->now
			     : run_at(ring, ring->start_run[window] + 1)->tick - 1;
	__u64 ticks = last - run->tick;

	if (target_ns < run->at_ns)
		return;
	if ((target_ns - run->at_ns) / NS_PER_S < ticks)
		ticks = (target_ns - run->at_ns) / NS_PER_S;
	ring->start[window] = run->tick + (__u32)ticks;
}

/*
 * Moves the start of a window on. It never reaches `now`, which is younger than any window is long:
 * the last tick is in each window.
 */
static void tick_ring_advance(struct tick_ring *ring, enum window window)
{
	__u64 youngest_ns = tick_ring_now_ns(ring) + TICK_JITTER_NS, target_ns;
	__u32 *run = &ring->start_run[window];

	if (ring->newest - *run >= TICKS_KEPT) {
		*run = ring->newest - TICKS_KEPT + 1;
		ring->start[window] = run_at(ring, *run)->tick;
	}
	if (youngest_ns < window_lengths_ns[window])
		return;
	target_ns = youngest_ns - window_lengths_ns[window];
	while (*run != ring->newest && run_at(ring, *run + 1)->at_ns <= target_ns)
		++*run;
	tick_ring_advance_in_run(ring, window, target_ns);
}

static void tick_ring_advance_all(struct tick_ring *ring)
{
	unsigned int window;

	for (window = 0; window < WINDOW_MAX; window++)
		tick_ring_advance(ring, window);
}

void tick_ring_tick(struct tick_ring *ring, __u64 at_ns, __u64 forgotten)
{
	__u64 last_ns = tick_ring_now_ns(ring);
	struct tick_forgotten *counted = &ring->forgotten[ring->newest_forgotten % TICKS_KEPT];

	ring->now++;
	if (at_ns != last_ns + NS_PER_S)
		ring->runs[++ring->newest % TICKS_KEPT] =
			(struct tick_run){at_ns > last_ns ? at_ns : last_ns, ring->now};
	if (forgotten != counted->count)
		ring->forgotten[++ring->newest_forgotten % TICKS_KEPT] =
			(struct tick_forgotten){forgotten, ring->now};
	tick_ring_advance_all(ring);
}

void tick_ring_skip(struct tick_ring *ring, __u64 until_ns)
{
	__u64 last_ns = tick_ring_now_ns(ring);

	if (until_ns < last_ns + NS_PER_S)
		return;
	ring->now += (__u32)((until_ns - last_ns) / NS_PER_S);
	tick_ring_advance_all(ring);
}

__u64 tick_ring_start_ns(const struct tick_ring *ring, enum window window)
{
	return tick_at_ns(run_at(ring, ring->start_run[window]), ring->start[window]);
}

double tick_ring_seconds(const struct tick_ring *ring, enum window window)
{
	__u64 length = tick_ring_now_ns(ring) - tick_ring_start_ns(ring, window);

	return (double)length / (double)NS_PER_S;
}

__u64 tick_ring_forgotten(const struct tick_ring *ring, enum window window)
{
	__u32 age = ring->now - ring->start[window], i = ring->newest_forgotten;
	__u64 now = ring->forgotten[i % TICKS_KEPT].count;

	/* the latest one that had moved by the start */
	while (i && ring->newest_forgotten - i < TICKS_KEPT - 1 &&
	       ring->now - ring->forgotten[i % TICKS_KEPT].tick < age)
		i--;
	return now - ring->forgotten[i % TICKS_KEPT].count;
}
