// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* From snapshot to report: finds each resolver again, and asks history, rates and verdict. */
#include "health/judge.h"

#include "util/address.h"
#include "util/clock.h"
#include "health/counters.h"
#include "health/cause.h"
#include "health/rates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 64

struct entry {
	struct resolver_key key;
	struct history history;
	struct verdict verdict;
	struct resolver_counters basis;
	int judged;
	__u64 judged_ns; /* when it last was */
};

struct judge {
	struct thresholds thresholds;
	struct tick_ring timeline;
	struct entry **slots; /* open addressing, a power of two, at most half full */
	size_t slot_count, used;
};

static size_t hash(const struct resolver_key *key)
{
	const unsigned char *bytes = (const unsigned char *)key;
	__u64 hash = 0xcbf29ce484222325ULL; /* FNV-1a */
	size_t i;

	for (i = 0; i < sizeof(*key); i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ULL;
	return (size_t)(hash ^ hash >> 32);
}

/* The key's slot, or the free one where it belongs. */
static struct entry **find_slot(struct entry **slots, size_t count, const struct resolver_key *key)
{
	size_t i = hash(key) & (count - 1);

	while (slots[i] && memcmp(&slots[i]->key, key, sizeof(*key)))
		i = (i + 1) & (count - 1);
	return &slots[i];
}

static int grow(struct judge *judge)
{
	size_t count = judge->slot_count ? 2 * judge->slot_count : FIRST_SLOTS;
	struct entry **slots = calloc(count, sizeof(struct entry *));
	size_t i;

	if (!slots)
		return -ENOMEM;
	for (i = 0; i < judge->slot_count; i++)
		if (judge->slots[i])
			*find_slot(slots, count, &judge->slots[i]->key) = judge->slots[i];
	free(judge->slots);
	judge->slots = slots;
	judge->slot_count = count;
	return 0;
}

/* The resolver's entry, made when there is none yet; NULL when out of memory. */
static struct entry *find_or_add(struct judge *judge, const struct resolver_key *key)
{
	struct entry **slot, *entry;

	if (2 * judge->used >= judge->slot_count && grow(judge))
		return NULL;
	slot = find_slot(judge->slots, judge->slot_count, key);
	if (*slot)
		return *slot;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	entry->key = *key;
	judge->used++;
	*slot = entry;
	return entry;
}

static int is_idle(const struct resolver_counters *five_minutes)
{
	return !five_minutes->n[COUNTER_QUERIES] && !counters_settled(five_minutes);
}

/*
 * Recovery counts judgements a second apart: the one at the end of a recording, between two
 * seconds, neither counts as one more nor ends the trouble.
 */
static void judge_by(struct judge *judge, struct entry *entry,
		     const struct resolver_counters *judged, __u64 now_ns)
{
	struct verdict before = entry->verdict;
	int too_soon = entry->judged && now_ns - entry->judged_ns < NS_PER_S * 3 / 4;

	verdict_judge(&entry->verdict, judged, &judge->thresholds);
	if (too_soon && entry->verdict.good > before.good)
		entry->verdict = before;
	else
		entry->judged_ns = now_ns;
	entry->basis = *judged;
	entry->judged = 1;
}

static void judge_entry(struct judge *judge, struct entry *entry)
{
	__u64 now_ns = tick_ring_now_ns(&judge->timeline);
	struct resolver_counters judged;

	if (resolver_is_other(&entry->key))
		return;
	if (is_idle(&entry->history.windows[WINDOW_5M])) {
		verdict_idle(&entry->verdict);
	} else if (verdict_window(&entry->history, now_ns, &judged)) {
		judge_by(judge, entry, &judged, now_ns);
	}
}

static void fill(const struct judge *judge, const struct entry *entry, struct resolver_status *out)
{
	const struct resolver_counters *windows = entry->history.windows;
	const struct tick_ring *timeline = &judge->timeline;
	unsigned int i;

	out->state = entry->verdict.state;
	out->cause = entry->verdict.cause;
	out->forged =
		suspect_forgery(&windows[WINDOW_1M], tick_ring_forgotten(timeline, WINDOW_1M));
	for (i = 0; i < WINDOW_MAX; i++)
		rates_of(&windows[i], tick_ring_seconds(timeline, i), &out->windows[i]);
}

struct judge *judge_new(__u64 start_ns, const struct thresholds *thresholds)
{
	struct judge *judge = calloc(1, sizeof(*judge));

	if (!judge)
		return NULL;
	judge->thresholds = thresholds ? *thresholds : thresholds_default;
	tick_ring_init(&judge->timeline, start_ns);
	return judge;
}

int judge_prime(struct judge *judge, const struct snapshot *snapshot)
{
	struct entry *entry;
	size_t i;

	for (i = 0; i < snapshot->count; i++) {
		entry = find_or_add(judge, &snapshot->resolvers[i].key);
		if (!entry)
			return -ENOMEM;
		entry->history.latest = snapshot->resolvers[i].counters;
	}
	judge->timeline.forgotten[judge->timeline.now % TICKS_KEPT] =
		snapshot->self.n[SELF_FORGOTTEN];
	return 0;
}

int judge_tick(struct judge *judge, const struct snapshot *snapshot, struct resolver_status *out)
{
	size_t i;
	int err;

	tick_ring_tick(&judge->timeline, snapshot->at_ns, snapshot->self.n[SELF_FORGOTTEN]);
	for (i = 0; i < snapshot->count; i++) {
		const struct resolver_snapshot *now = &snapshot->resolvers[i];
		struct entry *entry = find_or_add(judge, &now->key);

		if (!entry)
			return -ENOMEM;
		err = history_add(&entry->history, &judge->timeline, &now->counters);
		if (err)
			return err;
		judge_entry(judge, entry);
		memset(&out[i], 0, sizeof(out[i]));
		out[i].now = now;
		fill(judge, entry, &out[i]);
	}
	return 0;
}

const struct resolver_counters *judge_basis(const struct judge *judge,
					    const struct resolver_key *key)
{
	const struct entry *entry;

	if (!judge->slot_count)
		return NULL;
	entry = *find_slot(judge->slots, judge->slot_count, key);
	return entry && entry->judged ? &entry->basis : NULL;
}

void judge_free(struct judge *judge)
{
	size_t i;

	if (!judge)
		return;
	for (i = 0; i < judge->slot_count; i++) {
		if (!judge->slots[i])
			continue;
		history_free(&judge->slots[i]->history);
		free(judge->slots[i]);
	}
	free(judge->slots);
	free(judge);
}
