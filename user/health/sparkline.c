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

#define SLOT_NS (SPARKLINE_SLOT_S * 1000000000ULL)
#define COUNT_MAX 0xffffffffU

struct counted {
	__u64 queries, settled, failed;
};

struct followed {
	struct sparkline trend; /* slots[number % SPARKLINE_SLOTS]; begins with the key */
	struct counted last;	/* the totals at the last tick */
};

struct sparklines {
	struct resolver_map followed;
	__u64 slot; /* number of the running one */
};

struct sparklines *sparklines_new(void)
{
	return calloc(1, sizeof(struct sparklines));
}

/* What was skipped, and the slot that begins, is empty. Time never runs backwards. */
static void go_to(struct sparklines *trends, __u64 slot)
{
	__u64 number = trends->slot;
	struct followed *followed;
	size_t i;

	if (slot > number + SPARKLINE_SLOTS)
		number = slot - SPARKLINE_SLOTS;
	while (number < slot) {
		number++;
		for (i = 0; i < trends->followed.count; i++) {
			followed = (struct followed *)trends->followed.entries[i];
			memset(&followed->trend.slots[number % SPARKLINE_SLOTS], 0,
			       sizeof(struct sparkline_slot));
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

static void count(struct sparklines *trends, struct followed *followed,
		  const struct resolver_counters *now)
{
	struct sparkline_slot *slot = &followed->trend.slots[trends->slot % SPARKLINE_SLOTS];

	increase(&slot->queries, &followed->last.queries, now->n[COUNTER_QUERIES]);
	increase(&slot->settled, &followed->last.settled, counters_settled(now));
	increase(&slot->failed, &followed->last.failed, counters_failed(now));
}

int sparklines_prime(struct sparklines *trends, const struct snapshot *snapshot)
{
	const struct resolver_counters *now;
	struct followed *followed;
	size_t i;

	for (i = 0; i < snapshot->count && trends->followed.count < SPARKLINE_RESOLVERS; i++) {
		now = &snapshot->resolvers[i].counters;
		if (!now->n[COUNTER_QUERIES] && !counters_settled(now))
			continue;
		followed = resolver_map_add(&trends->followed, &snapshot->resolvers[i].key,
					    sizeof(*followed));
		if (!followed)
			return -ENOMEM;
		followed->last.queries = now->n[COUNTER_QUERIES];
		followed->last.settled = counters_settled(now);
		followed->last.failed = counters_failed(now);
	}
	return 0;
}

int sparklines_tick(struct sparklines *trends, const struct status *report)
{
	size_t i;

	go_to(trends, report->snapshot->at_ns / SLOT_NS);
	for (i = 0; i < report->count; i++) {
		const struct resolver_snapshot *now = report->resolvers[i].now;
		struct followed *followed = resolver_map_find(&trends->followed, &now->key);

		if (!followed) {
			if (trends->followed.count == SPARKLINE_RESOLVERS ||
			    (!now->counters.n[COUNTER_QUERIES] &&
			     !counters_settled(&now->counters)))
				continue;
			followed =
				resolver_map_add(&trends->followed, &now->key, sizeof(*followed));
			if (!followed)
				return -ENOMEM;
		}
		count(trends, followed, &now->counters);
	}
	return 0;
}

int sparklines_of(const struct sparklines *trends, const struct resolver_key *key,
		  struct sparkline_slot to[SPARKLINE_SLOTS])
{
	const struct followed *followed = resolver_map_find(&trends->followed, key);
	size_t i;

	for (i = 0; followed && i < SPARKLINE_SLOTS; i++)
		to[i] = followed->trend.slots[(trends->slot + 1 + i) % SPARKLINE_SLOTS];
	return followed ? SPARKLINE_SLOTS : 0;
}

static void free_followed(struct resolver_key *key)
{
	free((struct followed *)key);
}

void sparklines_free(struct sparklines *trends)
{
	if (!trends)
		return;
	resolver_map_free(&trends->followed, free_followed);
	free(trends);
}
