// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The ticks, and where each window starts now. Reads no clock: time is an argument. */
#include "health/tick_ring.h"

#include "util/clock.h"

#include <string.h>

/* Ticks come a little early or late; one that is this much too young still starts a window. */
#define JITTER_NS (NS_PER_S / 4)

static const __u64 lengths_ns[] = {
	[WINDOW_1S] = 1 * NS_PER_S,
	[WINDOW_10S] = 10 * NS_PER_S,
	[WINDOW_1M] = 60 * NS_PER_S,
	[WINDOW_5M] = 300 * NS_PER_S,
};

_Static_assert(sizeof(lengths_ns) / sizeof(*lengths_ns) == WINDOW_MAX, "a window has no length");

static __u64 at_ns(const struct tick_ring *timeline, __u32 tick)
{
	return timeline->at_ns[tick % TICKS_KEPT];
}

void tick_ring_init(struct tick_ring *timeline, __u64 start_ns)
{
	memset(timeline, 0, sizeof(*timeline));
	timeline->at_ns[0] = start_ns;
}

/* Never reaches `now`, which is younger than any window is long: the last step is in each. */
static void advance(struct tick_ring *timeline, enum window window)
{
	__u64 youngest = tick_ring_now_ns(timeline) + JITTER_NS;
	__u32 *start = &timeline->start[window];

	if (timeline->now - *start >= TICKS_KEPT)
		*start = timeline->now - TICKS_KEPT + 1;
	while (at_ns(timeline, *start + 1) + lengths_ns[window] <= youngest)
		++*start;
}

void tick_ring_tick(struct tick_ring *timeline, __u64 now_ns, __u64 forgotten)
{
	__u64 last_ns = tick_ring_now_ns(timeline);
	__u32 slot = ++timeline->now % TICKS_KEPT;
	unsigned int window;

	timeline->at_ns[slot] = now_ns > last_ns ? now_ns : last_ns;
	timeline->forgotten[slot] = forgotten;
	for (window = 0; window < WINDOW_MAX; window++)
		advance(timeline, window);
}

__u64 tick_ring_now_ns(const struct tick_ring *timeline)
{
	return at_ns(timeline, timeline->now);
}

double tick_ring_seconds(const struct tick_ring *timeline, enum window window)
{
	__u64 length = tick_ring_now_ns(timeline) - at_ns(timeline, timeline->start[window]);

	return (double)length / (double)NS_PER_S;
}

__u64 tick_ring_forgotten(const struct tick_ring *timeline, enum window window)
{
	return timeline->forgotten[timeline->now % TICKS_KEPT] -
	       timeline->forgotten[timeline->start[window] % TICKS_KEPT];
}
