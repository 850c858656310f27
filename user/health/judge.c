// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Each resolver's history and verdict, found again by its key and taken on second by second. */
#include "health/judge.h"

#include "health/cause.h"
#include "health/counters.h"
#include "health/translated.h"
#include "util/address.h"
#include "util/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EVIDENCE_FIRST COUNTER_EVIDENCE_PROHIBITED
#define EVIDENCE_MAX (COUNTER_MAX - EVIDENCE_FIRST)

struct judged_resolver {
	struct history history;
	struct verdict verdict;
	struct translation translated;
	struct resolver_counters basis;
	int is_judged;
	__u64 judged_ns;		     /* time of the last judgement */
	__u64 evidence_before[EVIDENCE_MAX]; /* at the last answer: only failures followed it */
};

struct judge {
	struct thresholds thresholds;
	struct tick_ring ring;
	struct resolver_map resolvers;
	__u64 self_unmatched; /* responses, at the last tick */
};

struct judge *judge_new(__u64 start_ns, const struct thresholds *thresholds)
{
	struct judge *judge = calloc(1, sizeof(*judge));

	if (!judge)
		return NULL;
	judge->thresholds = thresholds ? *thresholds : thresholds_default;
	tick_ring_init(&judge->ring, start_ns);
	return judge;
}

/* Returns the resolver's entry, with its part of the judge; NULL when out of memory. */
static struct health_entry *judge_find(struct judge *judge, const struct resolver_key *key)
{
	struct health_entry *entry = resolver_map_insert(&judge->resolvers, key);

	if (!entry)
		return NULL;
	if (!entry->judged)
		entry->judged = calloc(1, sizeof(*entry->judged));
	return entry->judged ? entry : NULL;
}

int judge_prime(struct judge *judge, const struct snapshot *snapshot)
{
	struct health_entry *entry;
	size_t i;

	for (i = 0; i < snapshot->count; i++) {
		entry = judge_find(judge, &snapshot->resolvers[i].key);
		if (!entry)
			return -ENOMEM;
		entry->judged->history.latest = snapshot->resolvers[i].counters;
	}
	judge->ring.forgotten[judge->ring.now % TICKS_KEPT] = snapshot->self.n[SELF_FORGOTTEN];
	judge->self_unmatched = snapshot->self.n[SELF_UNMATCHED_RESPONSES];
	return 0;
}

static int is_idle(const struct resolver_counters *five_minutes)
{
	return !five_minutes->n[COUNTER_QUERIES] && !counters_settled(five_minutes);
}

/* Returns the answers of all kinds, late ones included. */
static __u64 answers_of(const struct resolver_counters *counters)
{
	return counters_answered(counters) + counters->n[COUNTER_LATE_RESPONSES];
}

/*
 * Notes the evidence there was at the last answer, to be called before history_add(). Within one
 * tick, failures belong behind the answers when the last moment of them is later, and no error
 * answer or late one came, which have no moment.
 */
static void judged_note_answers(struct judged_resolver *judged, const struct resolver_counters *now)
{
	const struct resolver_counters *last = &judged->history.latest;
	const struct resolver_counters *from = now;
	unsigned int i;

	if (answers_of(now) == answers_of(last))
		return;
	if (now->at[MOMENT_LAST_FAILURE] > now->at[MOMENT_LAST_ANSWERED] &&
	    counters_answered_with_error(now) == counters_answered_with_error(last) &&
	    now->n[COUNTER_LATE_RESPONSES] == last->n[COUNTER_LATE_RESPONSES])
		from = last;
	for (i = 0; i < EVIDENCE_MAX; i++)
		judged->evidence_before[i] = from->n[EVIDENCE_FIRST + i];
}

/*
 * Adds the evidence of the last 5 minutes, as far as only failures followed it: senders of ICMP
 * limit their rate (RFC 1812, 4.3.2.8), so that a window of seconds may hold none.
 */
static void judged_add_evidence(const struct judged_resolver *judged,
				struct resolver_counters *counters)
{
	const struct history *history = &judged->history;
	unsigned int i;

	if (counters_failed(counters) != counters_settled(counters))
		return;
	for (i = 0; i < EVIDENCE_MAX; i++) {
		__u64 since = history->latest.n[EVIDENCE_FIRST + i] - judged->evidence_before[i];
		__u64 recent = history->windows[WINDOW_5M].n[EVIDENCE_FIRST + i];
		__u64 *to = &counters->n[EVIDENCE_FIRST + i];

		recent = recent < since ? recent : since;
		if (*to < recent)
			*to = recent;
	}
}

/*
 * Judges by the selected counters. Recovery counts judgements a second apart: one at the end of a
 * recording, between two seconds, neither counts as one more nor ends a failure.
 */
static void judge_selected(const struct judge *judge, struct judged_resolver *judged,
			   enum judged_by judged_by, const struct resolver_counters *counters,
			   __u64 now_ns)
{
	struct verdict before = judged->verdict;
	int too_soon = judged->is_judged && now_ns - judged->judged_ns < NS_PER_S * 3 / 4;

	state_judge(&judged->verdict, judged_by, counters, &judge->thresholds,
		    translated_explains(&judged->translated, counters));
	if (too_soon && judged->verdict.good > before.good)
		judged->verdict = before;
	else
		judged->judged_ns = now_ns;
	judged->basis = *counters;
	judged->is_judged = 1;
}

/* With nothing to judge by, the verdict stays as it was. */
static void judge_resolver(const struct judge *judge, struct judged_resolver *judged)
{
	__u64 now_ns = tick_ring_now_ns(&judge->ring);
	struct resolver_counters counters;
	enum judged_by judged_by;

	if (is_idle(&judged->history.windows[WINDOW_5M])) {
		state_idle(&judged->verdict);
		return;
	}
	judged_by = state_select(&judged->history, now_ns, &counters);
	if (judged_by == JUDGED_BY_NONE)
		return;
	judged_add_evidence(judged, &counters);
	judge_selected(judge, judged, judged_by, &counters, now_ns);
}

static void fill_status(const struct judge *judge, struct health_entry *entry,
			const struct resolver_snapshot *now, struct resolver_status *out)
{
	const struct verdict *verdict = &entry->judged->verdict;
	const struct resolver_counters *windows = entry->judged->history.windows;
	__u64 forgotten = tick_ring_forgotten(&judge->ring, WINDOW_1M);
	unsigned int i;

	*out = (struct resolver_status){.now = now,
					.entry = entry,
					.state = verdict->state,
					.cause = verdict->cause,
					.judged_by = verdict->judged_by,
					.is_judged = entry->judged->is_judged,
					.forged = suspect_forgery(&windows[WINDOW_1M], forgotten)};
	for (i = 0; i < WINDOW_MAX; i++)
		rates_of(&windows[i], tick_ring_seconds(&judge->ring, i), &out->windows[i]);
}

int judge_tick(struct judge *judge, const struct snapshot *snapshot, struct resolver_status *out)
{
	__u64 self = snapshot->self.n[SELF_UNMATCHED_RESPONSES];
	size_t i;
	int err;

	tick_ring_tick(&judge->ring, snapshot->at_ns, snapshot->self.n[SELF_FORGOTTEN]);
	for (i = 0; i < snapshot->count; i++) {
		const struct resolver_snapshot *now = &snapshot->resolvers[i];
		struct health_entry *entry = judge_find(judge, &now->key);

		if (!entry)
			return -ENOMEM;
		judged_note_answers(entry->judged, &now->counters);
		translated_update(&entry->judged->translated, &entry->judged->history.latest,
				  &now->counters, judge->self_unmatched, self,
				  tick_ring_now_ns(&judge->ring));
		err = history_add(&entry->judged->history, &judge->ring, &now->counters);
		if (err)
			return err;
		if (snapshot->guests_bypassed && snapshot_is_unanswered(snapshot, now))
			state_idle(&entry->judged->verdict);
		else if (!resolver_is_other(&now->key))
			judge_resolver(judge, entry->judged);
		fill_status(judge, entry, now, &out[i]);
	}
	judge->self_unmatched = self;
	return 0;
}

const struct resolver_counters *judge_basis(const struct judge *judge,
					    const struct resolver_key *key)
{
	const struct health_entry *entry = resolver_map_lookup(&judge->resolvers, key);

	return entry && entry->judged && entry->judged->is_judged ? &entry->judged->basis : NULL;
}

struct resolver_map *judge_resolvers(struct judge *judge)
{
	return &judge->resolvers;
}

void judge_free(struct judge *judge)
{
	struct health_entry *entry;
	size_t position = 0;

	if (!judge)
		return;
	while ((entry = resolver_map_next(&judge->resolvers, &position))) {
		if (entry->judged)
			history_free(&entry->judged->history);
		free(entry->judged);
	}
	resolver_map_free(&judge->resolvers);
	free(judge);
}
