// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The last minutes of each resolver in slots. All share one row of slots by time; who looks at
 * them, and how, is for others.
 */
#include "health/sparkline.h"

#include "health/counters.h"
#include "health/resolver_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_NS (TREND_SLOT_S * 1000000000ULL)
#define COUNT_MAX 0xffffffffU

struct counted {
	__u64 queries, settled, failed;
};

struct followed {
	struct trend trend;  /* slots[number % TREND_SLOTS]; begins with the key */
	struct counted last; /* the totals at the last tick */
};

struct trends {
	struct by_key followed;
	__u64 slot; /* number of the running one */
};

struct trends *trends_new(void)
{
	return calloc(1, sizeof(struct trends));
}

/* What was skipped, and the slot that begins, is empty. Time never runs backwards. */
static void go_to(struct trends *trends, __u64 slot)
{
	__u64 number = trends->slot;
	struct followed *followed;
	size_t i;

	if (slot > number + TREND_SLOTS)
		number = slot - TREND_SLOTS;
	while (number < slot) {
		number++;
		for (i = 0; i < trends->followed.count; i++) {
			followed = (struct followed *)trends->followed.entries[i];
			memset(&followed->trend.slots[number % TREND_SLOTS], 0,
			       sizeof(struct trend_slot));
		}
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

	for (i = 0; i < snapshot->count && trends->followed.count < TREND_RESOLVERS; i++) {
		now = &snapshot->resolvers[i].counters;
		if (!now->n[COUNTER_QUERIES] && !counters_settled(now))
			continue;
		followed = by_key_add(&trends->followed, &snapshot->resolvers[i].key,
				      sizeof(*followed));
		if (!followed)
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
		struct followed *followed = by_key_find(&trends->followed, &now->key);

		if (!followed) {
			if (trends->followed.count == TREND_RESOLVERS ||
			    (!now->counters.n[COUNTER_QUERIES] &&
			     !counters_settled(&now->counters)))
				continue;
			followed = by_key_add(&trends->followed, &now->key, sizeof(*followed));
			if (!followed)
				return -ENOMEM;
		}
		count(trends, followed, &now->counters);
	}
	return 0;
}

int trends_of(const struct trends *trends, const struct resolver_key *key,
	      struct trend_slot to[TREND_SLOTS])
{
	const struct followed *followed = by_key_find(&trends->followed, key);
	size_t i;

	for (i = 0; followed && i < TREND_SLOTS; i++)
		to[i] = followed->trend.slots[(trends->slot + 1 + i) % TREND_SLOTS];
	return followed ? TREND_SLOTS : 0;
}

static void free_followed(struct resolver_key *key)
{
	free((struct followed *)key);
}

void trends_free(struct trends *trends)
{
	if (!trends)
		return;
	by_key_free(&trends->followed, free_followed);
	free(trends);
}
