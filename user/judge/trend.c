// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The last minutes of each resolver in slots. All share one row of slots by time; who looks at
 * them, and how, is for others.
 */
#include "judge/trend.h"

#include "base/counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_NS (TREND_SLOT_S * 1000000000ULL)
#define COUNT_MAX 0xffffffffU

struct counted {
	__u64 queries, settled, failed;
};

struct followed {
	struct trend trend;  /* slots[number % TREND_SLOTS] */
	struct counted last; /* the totals at the last tick */
};

struct trends {
	struct followed **followed; /* sorted by key */
	size_t count, room;
	__u64 slot; /* number of the running one */
};

struct trends *trends_new(void)
{
	return calloc(1, sizeof(struct trends));
}

/* Where the key is, or belongs. */
static size_t position(const struct trends *trends, const struct resolver_key *key)
{
	size_t first = 0, behind = trends->count;

	while (first < behind) {
		size_t middle = first + (behind - first) / 2;

		if (memcmp(&trends->followed[middle]->trend.key, key, sizeof(*key)) < 0)
			first = middle + 1;
		else
			behind = middle;
	}
	return first;
}

static struct followed *find(const struct trends *trends, const struct resolver_key *key)
{
	size_t at = position(trends, key);

	if (at == trends->count || memcmp(&trends->followed[at]->trend.key, key, sizeof(*key)))
		return NULL;
	return trends->followed[at];
}

static int make_room(struct trends *trends)
{
	size_t room = trends->room ? 2 * trends->room : 16;
	struct followed **followed;

	if (trends->count < trends->room)
		return 0;
	followed = realloc(trends->followed, room * sizeof(struct followed *));
	if (!followed)
		return -ENOMEM;
	trends->followed = followed;
	trends->room = room;
	return 0;
}

static int add(struct trends *trends, const struct resolver_key *key, struct followed **ret)
{
	size_t at = position(trends, key);
	struct followed *followed;

	if (make_room(trends))
		return -ENOMEM;
	followed = calloc(1, sizeof(*followed));
	if (!followed)
		return -ENOMEM;
	followed->trend.key = *key;
	memmove(&trends->followed[at + 1], &trends->followed[at],
		(trends->count++ - at) * sizeof(struct followed *));
	trends->followed[at] = followed;
	*ret = followed;
	return 0;
}

/* What was skipped, and the slot that begins, is empty. Time never runs backwards. */
static void go_to(struct trends *trends, __u64 slot)
{
	__u64 number = trends->slot;
	size_t i;

	if (slot > number + TREND_SLOTS)
		number = slot - TREND_SLOTS;
	while (number < slot) {
		number++;
		for (i = 0; i < trends->count; i++)
			memset(&trends->followed[i]->trend.slots[number % TREND_SLOTS], 0,
			       sizeof(struct trend_slot));
	}
	trends->slot = number;
}

static void increase(__u32 *to, __u64 *last, __u64 now)
{
	__u64 by = now > *last ? now - *last : 0;

	*to = by > COUNT_MAX - *to ? COUNT_MAX : *to + (__u32)by;
	*last = now;
}

static void count(struct trends *trends, struct followed *followed,
		  const struct resolver_counters *now)
{
	struct trend_slot *slot = &followed->trend.slots[trends->slot % TREND_SLOTS];

	increase(&slot->queries, &followed->last.queries, now->n[COUNTER_QUERIES]);
	increase(&slot->settled, &followed->last.settled, counters_settled(now));
	increase(&slot->failed, &followed->last.failed, counters_failed(now));
}

int trends_prime(struct trends *trends, const struct snapshot *snapshot)
{
	const struct resolver_counters *now;
	struct followed *followed;
	size_t i;

	for (i = 0; i < snapshot->count && trends->count < TREND_RESOLVERS; i++) {
		now = &snapshot->resolvers[i].counters;
		if (!now->n[COUNTER_QUERIES] && !counters_settled(now))
			continue;
		if (add(trends, &snapshot->resolvers[i].key, &followed))
			return -ENOMEM;
		followed->last.queries = now->n[COUNTER_QUERIES];
		followed->last.settled = counters_settled(now);
		followed->last.failed = counters_failed(now);
	}
	return 0;
}

int trends_tick(struct trends *trends, const struct report *report)
{
	size_t i;

	go_to(trends, report->snapshot->at_ns / SLOT_NS);
	for (i = 0; i < report->count; i++) {
		const struct resolver_snapshot *now = report->resolvers[i].now;
		struct followed *followed = find(trends, &now->key);

		if (!followed) {
			if (trends->count == TREND_RESOLVERS ||
			    (!now->counters.n[COUNTER_QUERIES] &&
			     !counters_settled(&now->counters)))
				continue;
			if (add(trends, &now->key, &followed))
				return -ENOMEM;
		}
		count(trends, followed, &now->counters);
	}
	return 0;
}

int trends_of(const struct trends *trends, const struct resolver_key *key,
	      struct trend_slot to[TREND_SLOTS])
{
	const struct followed *followed = find(trends, key);
	size_t i;

	for (i = 0; followed && i < TREND_SLOTS; i++)
		to[i] = followed->trend.slots[(trends->slot + 1 + i) % TREND_SLOTS];
	return followed ? TREND_SLOTS : 0;
}

void trends_free(struct trends *trends)
{
	size_t i;

	if (!trends)
		return;
	for (i = 0; i < trends->count; i++)
		free(trends->followed[i]);
	free(trends->followed);
	free(trends);
}
