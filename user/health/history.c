// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The changes of one resolver's counters and their sums per window. Judges nothing. */
#include "health/history.h"

#include "health/counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64
#define COUNTERS_ALL (COUNTER_MAX + RTT_BUCKETS)

struct change {
	__u32 tick;
	__u32 by_and_which; /* how much << 8 | index */
};

#define BY_MAX 0xffffffU

_Static_assert(COUNTERS_ALL <= 256, "an index has 8 bits");

/* Counters and buckets as one row of numbers. */
static __u64 *at(struct resolver_counters *counters, unsigned int index)
{
	return index < COUNTER_MAX ? &counters->n[index] : &counters->rtt[index - COUNTER_MAX];
}

static __u64 value(const struct resolver_counters *counters, unsigned int index)
{
	return index < COUNTER_MAX ? counters->n[index] : counters->rtt[index - COUNTER_MAX];
}

static int grow(struct history *history)
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

static int push(struct history *history, __u32 tick, unsigned int index, __u32 by)
{
	unsigned int window;

	if (history->head - history->tail[WINDOW_5M] == history->room && grow(history))
		return -ENOMEM;
	history->changes[history->head++ & (history->room - 1)] =
		(struct change){tick, by << 8 | index};
	for (window = 0; window < WINDOW_MAX; window++)
		*at(&history->windows[window], index) += by;
	*at(&history->latest, index) += by;
	return 0;
}

static void expire(struct history *history, const struct tick_ring *timeline, enum window window)
{
	size_t *tail = &history->tail[window];

	for (; *tail != history->head; ++*tail) {
		const struct change *change = &history->changes[*tail & (history->room - 1)];

		/* ticks run on modulo 2^32: compare distances from now */
		if (timeline->now - change->tick < timeline->now - timeline->start[window])
			break;
		*at(&history->windows[window], change->by_and_which & 0xff) -=
			change->by_and_which >> 8;
	}
}

static void remember_settlement(struct history *history, __u64 at_ns)
{
	struct settled_at *latest = history->settlements;

	memmove(latest + 1, latest, (SETTLEMENTS_KEPT - 1) * sizeof(*latest));
	latest->at_ns = at_ns;
	latest->before = history->latest;
	if (history->settlement_count < SETTLEMENTS_KEPT)
		history->settlement_count++;
}

/* A sum of nanoseconds moves too fast for a change, and no window needs it. */
static int followed(unsigned int index)
{
	return index != COUNTER_RTT_SUM_NS;
}

int history_add(struct history *history, const struct tick_ring *timeline,
		const struct resolver_counters *now)
{
	unsigned int i;

	for (i = 0; i < WINDOW_MAX; i++)
		expire(history, timeline, i);
	if (counters_settled(now) != counters_settled(&history->latest))
		remember_settlement(history, tick_ring_now_ns(timeline));
	for (i = 0; i < COUNTERS_ALL; i++) {
		while (followed(i) && value(now, i) > value(&history->latest, i)) {
			__u64 by = value(now, i) - value(&history->latest, i);

			if (push(history, timeline->now, i, by < BY_MAX ? (__u32)by : BY_MAX))
				return -ENOMEM;
		}
	}
	return 0;
}

void history_since(const struct history *history, const struct settled_at *settlement,
		   struct resolver_counters *since)
{
	unsigned int i;

	for (i = 0; i < COUNTERS_ALL; i++)
		*at(since, i) = value(&history->latest, i) - value(&settlement->before, i);
}

void history_free(struct history *history)
{
	free(history->changes);
	memset(history, 0, sizeof(*history));
}
