// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The last minutes of each resolver in slots, which all resolvers share by time. */
#include "health/sparkline.h"

#include "health/counters.h"
#include "util/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_NS (SPARKLINE_SLOT_S * NS_PER_S)
#define COUNT_MAX 0xffffffffU

struct sparkline {
	struct sparkline_slot slots[SPARKLINE_SLOTS]; /* slots[number % SPARKLINE_SLOTS] */
	struct {
		__u64 queries, settled, failed, errors;
	} last; /* the totals at the last tick */
};

struct sparklines {
	struct resolver_map *resolvers;
	struct sparkline *all[SPARKLINE_RESOLVERS];
	size_t count;
	__u64 slot; /* number of the running one */
};

struct sparklines *sparklines_new(struct resolver_map *resolvers)
{
	struct sparklines *sparklines = calloc(1, sizeof(*sparklines));

	if (sparklines)
		sparklines->resolvers = resolvers;
	return sparklines;
}

/* Empties the slots up to `slot`, those that were skipped too. Time never runs backwards. */
void sparklines_advance(struct sparklines *sparklines, __u64 at_ns)
{
	__u64 number = sparklines->slot, slot = at_ns / SLOT_NS;
	size_t i;

	if (slot > number + SPARKLINE_SLOTS)
		number = slot - SPARKLINE_SLOTS;
	while (number < slot) {
		number++;
		for (i = 0; i < sparklines->count; i++)
			memset(&sparklines->all[i]->slots[number % SPARKLINE_SLOTS], 0,
			       sizeof(struct sparkline_slot));
	}
	sparklines->slot = number;
}

static void count_increase(__u32 *to, __u64 *last, __u64 now)
{
	__u64 by = now > *last ? now - *last : 0;

	*to = by > COUNT_MAX - *to ? COUNT_MAX : *to + (__u32)by;
	*last = now;
}

static void sparkline_count(struct sparkline *sparkline, struct sparkline_slot *slot,
			    const struct resolver_counters *now)
{
	count_increase(&slot->queries, &sparkline->last.queries, counters_asked(now));
	count_increase(&slot->settled, &sparkline->last.settled, counters_settled(now));
	count_increase(&slot->failed, &sparkline->last.failed, counters_failed(now));
	count_increase(&slot->errors, &sparkline->last.errors, counters_answered_with_error(now));
}

/* Returns 1 when a resolver without a sparkline gets one: it was asked, and there is room. */
static int is_wanted(const struct sparklines *sparklines, const struct resolver_counters *now)
{
	return sparklines->count < SPARKLINE_RESOLVERS &&
	       (counters_asked(now) || counters_settled(now));
}

static int sparkline_add(struct sparklines *sparklines, struct health_entry *entry)
{
	entry->sparkline = calloc(1, sizeof(*entry->sparkline));
	if (!entry->sparkline)
		return -ENOMEM;
	sparklines->all[sparklines->count++] = entry->sparkline;
	return 0;
}

int sparklines_prime(struct sparklines *sparklines, const struct snapshot *snapshot)
{
	size_t i;

	for (i = 0; i < snapshot->count; i++) {
		const struct resolver_counters *now = &snapshot->resolvers[i].counters;
		struct sparkline_slot in_no_slot = {0};
		struct health_entry *entry;

		if (!is_wanted(sparklines, now))
			continue;
		entry = resolver_map_insert(sparklines->resolvers, &snapshot->resolvers[i].key);
		if (!entry || sparkline_add(sparklines, entry))
			return -ENOMEM;
		sparkline_count(entry->sparkline, &in_no_slot, now);
	}
	return 0;
}

int sparklines_count(struct sparklines *sparklines, struct health_entry *entry,
		     const struct resolver_counters *now)
{
	if (!entry->sparkline) {
		if (!is_wanted(sparklines, now))
			return 0;
		if (sparkline_add(sparklines, entry))
			return -ENOMEM;
	}
	sparkline_count(entry->sparkline,
			&entry->sparkline->slots[sparklines->slot % SPARKLINE_SLOTS], now);
	return 0;
}

int sparklines_of(const struct sparklines *sparklines, const struct resolver_key *key,
		  struct sparkline_slot to[SPARKLINE_SLOTS])
{
	const struct health_entry *entry = resolver_map_lookup(sparklines->resolvers, key);
	size_t i;

	if (!entry || !entry->sparkline)
		return 0;
	for (i = 0; i < SPARKLINE_SLOTS; i++)
		to[i] = entry->sparkline->slots[(sparklines->slot + 1 + i) % SPARKLINE_SLOTS];
	return SPARKLINE_SLOTS;
}

void sparklines_free(struct sparklines *sparklines)
{
	if (!sparklines)
		return;
	while (sparklines->count)
		free(sparklines->all[--sparklines->count]);
	free(sparklines);
}
