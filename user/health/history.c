// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The ticks, and the changes of one resolver's counters with their sums per window. */
#include "health/history.h"

#include "health/counters.h"
#include "util/clock.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- ticks ------------------------------------------------------------------------------- */

/* Ticks come a little early or late; a tick that is this much too young still starts a window. */
#define JITTER_NS (NS_PER_S / 4)

static const __u64 window_lengths_ns[] = {
	[WINDOW_1S] = 1 * NS_PER_S,
	[WINDOW_10S] = 10 * NS_PER_S,
	[WINDOW_1M] = 60 * NS_PER_S,
	[WINDOW_5M] = 300 * NS_PER_S,
};

_Static_assert(sizeof(window_lengths_ns) / sizeof(*window_lengths_ns) == WINDOW_MAX,
	       "a window has no length");

static __u64 tick_at_ns(const struct tick_ring *ring, __u32 tick)
{
	return ring->at_ns[tick % TICKS_KEPT];
}

void tick_ring_init(struct tick_ring *ring, __u64 start_ns)
{
	memset(ring, 0, sizeof(*ring));
	ring->at_ns[0] = start_ns;
}

/*
 * Moves the start of a window on. It never reaches `now`, which is younger than any window is long:
 * the last tick is in each window.
 */
static void tick_ring_advance(struct tick_ring *ring, enum window window)
{
	__u64 youngest = tick_ring_now_ns(ring) + JITTER_NS;
	__u32 *start = &ring->start[window];

	if (ring->now - *start >= TICKS_KEPT)
		*start = ring->now - TICKS_KEPT + 1;
	while (tick_at_ns(ring, *start + 1) + window_lengths_ns[window] <= youngest)
		++*start;
}

void tick_ring_tick(struct tick_ring *ring, __u64 now_ns, __u64 forgotten)
{
	__u64 last_ns = tick_ring_now_ns(ring);
	__u32 slot = ++ring->now % TICKS_KEPT;
	unsigned int window;

	ring->at_ns[slot] = now_ns > last_ns ? now_ns : last_ns;
	ring->forgotten[slot] = forgotten;
	for (window = 0; window < WINDOW_MAX; window++)
		tick_ring_advance(ring, window);
}

__u64 tick_ring_now_ns(const struct tick_ring *ring)
{
	return tick_at_ns(ring, ring->now);
}

double tick_ring_seconds(const struct tick_ring *ring, enum window window)
{
	__u64 length = tick_ring_now_ns(ring) - tick_at_ns(ring, ring->start[window]);

	return (double)length / (double)NS_PER_S;
}

__u64 tick_ring_forgotten(const struct tick_ring *ring, enum window window)
{
	return ring->forgotten[ring->now % TICKS_KEPT] -
	       ring->forgotten[ring->start[window] % TICKS_KEPT];
}

/* ---- the history of one resolver --------------------------------------------------------- */

#define FIRST_ROOM 64
#define COUNTERS_ALL (COUNTER_MAX + RTT_BUCKETS)

struct change {
	__u32 tick;
	__u32 by_and_which; /* how much << 8 | index */
};

#define BY_MAX 0xffffffU

_Static_assert(COUNTERS_ALL <= 256, "an index has 8 bits");

/* Returns a counter or an RTT bucket by its index in both together. */
static __u64 *counter_at(struct resolver_counters *counters, unsigned int index)
{
	return index < COUNTER_MAX ? &counters->n[index] : &counters->rtt[index - COUNTER_MAX];
}

static __u64 counter_value(const struct resolver_counters *counters, unsigned int index)
{
	return index < COUNTER_MAX ? counters->n[index] : counters->rtt[index - COUNTER_MAX];
}

static int history_grow(struct history *history)
{
	size_t room = history->room ? 2 * history->room : FIRST_ROOM;
	struct change *changes = malloc(room * sizeof(*changes));
	size_t i;

	if (!changes)
		return -ENOMEM;
	for (i = history->tail[WINDOW_5M]; i != history->head; i++)
		changes[i & (room - 1)] = history->changes[i & (history->room - 1)];
	free(history->changes);
	history->changes = changes;
	history->room = room;
	return 0;
}

/* Notes a change, and adds it to each window. Returns 0 or -ENOMEM. */
static int history_push(struct history *history, __u32 tick, unsigned int index, __u32 by)
{
	unsigned int window;

	if (history->head - history->tail[WINDOW_5M] == history->room && history_grow(history))
		return -ENOMEM;
	history->changes[history->head++ & (history->room - 1)] =
		(struct change){tick, by << 8 | index};
	for (window = 0; window < WINDOW_MAX; window++)
		*counter_at(&history->windows[window], index) += by;
	*counter_at(&history->latest, index) += by;
	return 0;
}

/* Takes the changes that have left the window out of its sum. */
static void history_expire(struct history *history, const struct tick_ring *ring,
			   enum window window)
{
	size_t *tail = &history->tail[window];

	for (; *tail != history->head; ++*tail) {
		const struct change *change = &history->changes[*tail & (history->room - 1)];

		/* ticks run on modulo 2^32: compare distances from now */
		if (ring->now - change->tick < ring->now - ring->start[window])
			break;
		*counter_at(&history->windows[window], change->by_and_which & 0xff) -=
			change->by_and_which >> 8;
	}
}

static void history_add_settled(struct history *history, __u64 at_ns)
{
	struct settled_at *latest = history->settled;

	memmove(latest + 1, latest, (SETTLED_AT_KEPT - 1) * sizeof(*latest));
	latest->at_ns = at_ns;
	latest->before = history->latest;
	if (history->settled_count < SETTLED_AT_KEPT)
		history->settled_count++;
}

/* Returns 0 for the sum of RTTs: it moves too fast for a change, and no window needs it. */
static int is_followed(unsigned int index)
{
	return index != COUNTER_RTT_SUM_NS;
}

int history_add(struct history *history, const struct tick_ring *ring,
		const struct resolver_counters *now)
{
	unsigned int i;

	for (i = 0; i < WINDOW_MAX; i++)
		history_expire(history, ring, i);
	if (counters_settled(now) != counters_settled(&history->latest))
		history_add_settled(history, tick_ring_now_ns(ring));
	for (i = 0; i < COUNTERS_ALL; i++) {
		while (is_followed(i) &&
		       counter_value(now, i) > counter_value(&history->latest, i)) {
			__u64 by = counter_value(now, i) - counter_value(&history->latest, i);

			if (history_push(history, ring->now, i, by < BY_MAX ? (__u32)by : BY_MAX))
				return -ENOMEM;
		}
	}
	return 0;
}

void history_since(const struct history *history, const struct settled_at *from,
		   struct resolver_counters *since)
{
	unsigned int i;

	for (i = 0; i < COUNTERS_ALL; i++)
		*counter_at(since, i) =
			counter_value(&history->latest, i) - counter_value(&from->before, i);
}

void history_free(struct history *history)
{
	free(history->changes);
	memset(history, 0, sizeof(*history));
}

void rates_of(const struct resolver_counters *window, double seconds, struct rates *rates)
{
	__u64 queries = window->n[COUNTER_QUERIES];

	rates->queries_per_s = seconds > 0 ? (double)queries / seconds : NAN;
	rates->settled = counters_settled(window);
	rates->failure_ratio = counters_failure_ratio(window);
	rates->error_ratio = counters_error_ratio(window);
	rates->port_unreachables_per_query =
		queries ? (double)window->n[COUNTER_ICMP_PORT] / (double)queries : NAN;
	rates->rtt_p50_s = rtt_percentile_s(window->rtt, 0.50);
	rates->rtt_p95_s = rtt_percentile_s(window->rtt, 0.95);
	rates->rtt_p99_s = rtt_percentile_s(window->rtt, 0.99);
}
