// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The changes of one resolver's counters, with their sums per window. */
#include "health/history.h"

#include "health/counters.h"
#include "health/saved.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 16
#define COUNTERS_ALL (COUNTER_MAX + 2 * RTT_BUCKETS)
#define INDEX_BITS 10
#define BY_MAX (0xffffffffU >> INDEX_BITS)

struct change {
	__u32 tick;
	__u32 by_and_which; /* how much << INDEX_BITS | index */
};

_Static_assert(COUNTERS_ALL <= 1 << INDEX_BITS, "an index has INDEX_BITS");

#define SUMMED_ROOM 256 /* from so many changes on, the sums are kept */

/* The changes of the last 5 minutes. */
struct recent_changes {
	struct change *changes; /* ring; indices run on, `room` is a power of two */
	__u32 room, head;
	__u32 tail[WINDOW_MAX];
	struct resolver_counters *sums; /* of each window; NULL: few enough changes to add up */
	__u64 evidence_before[EVIDENCE_MAX]; /* at the last answer: only failures followed it */
};

_Static_assert(offsetof(struct resolver_counters, rtt) == COUNTER_MAX * sizeof(__u64) &&
		       offsetof(struct resolver_counters, connect_rtt) ==
			       (COUNTER_MAX + RTT_BUCKETS) * sizeof(__u64),
	       "counters and buckets follow each other");

/* Returns a counter or a bucket by its index in all together. */
static __u64 *counter_at(struct resolver_counters *counters, unsigned int index)
{
	if (index < COUNTER_MAX)
		return &counters->n[index];
	index -= COUNTER_MAX;
	return index < RTT_BUCKETS ? &counters->rtt[index]
				   : &counters->connect_rtt[index - RTT_BUCKETS];
}

static __u64 counter_value(const struct resolver_counters *counters, unsigned int index)
{
	if (index < COUNTER_MAX)
		return counters->n[index];
	index -= COUNTER_MAX;
	return index < RTT_BUCKETS ? counters->rtt[index]
				   : counters->connect_rtt[index - RTT_BUCKETS];
}

/* ---- changes of the last 5 minutes ------------------------------------------------------------
 */

static struct change *change_at(const struct recent_changes *recent, __u32 i)
{
	return &recent->changes[i & (recent->room - 1)];
}

static unsigned int change_index(const struct change *change)
{
	return change->by_and_which & ((1 << INDEX_BITS) - 1);
}

static __u32 change_by(const struct change *change)
{
	return change->by_and_which >> INDEX_BITS;
}

/* Adds up the changes of a window. */
static void recent_sum(const struct recent_changes *recent, enum window window,
		       struct resolver_counters *ret)
{
	__u32 i;

	memset(ret, 0, sizeof(*ret));
	for (i = recent->tail[window]; i != recent->head; i++)
		*counter_at(ret, change_index(change_at(recent, i))) +=
			change_by(change_at(recent, i));
}

/* Keeps the sums of the windows from now on. Returns 0 or -ENOMEM. */
static int recent_begin_sums(struct recent_changes *recent)
{
	unsigned int window;

	recent->sums = malloc(WINDOW_MAX * sizeof(*recent->sums));
	if (!recent->sums)
		return -ENOMEM;
	for (window = 0; window < WINDOW_MAX; window++)
		recent_sum(recent, window, &recent->sums[window]);
	return 0;
}

static int recent_grow(struct recent_changes *recent)
{
	__u32 room = recent->room ? 2 * recent->room : FIRST_ROOM, i;
	struct change *changes = malloc(room * sizeof(*changes));

	if (!changes)
		return -ENOMEM;
	for (i = recent->tail[WINDOW_5M]; i != recent->head; i++)
		changes[i & (room - 1)] = *change_at(recent, i);
	free(recent->changes);
	recent->changes = changes;
	recent->room = room;
	return room >= SUMMED_ROOM && !recent->sums ? recent_begin_sums(recent) : 0;
}

/* Notes a change, and adds it to each window. Returns 0 or -ENOMEM. */
static int recent_push(struct recent_changes *recent, __u32 tick, unsigned int index, __u32 by)
{
	unsigned int window;

	if (recent->head - recent->tail[WINDOW_5M] == recent->room && recent_grow(recent))
		return -ENOMEM;
	*change_at(recent, recent->head++) = (struct change){tick, by << INDEX_BITS | index};
	for (window = 0; recent->sums && window < WINDOW_MAX; window++)
		*counter_at(&recent->sums[window], index) += by;
	return 0;
}

/* Takes the changes that have left the window out of it. */
static void recent_expire(struct recent_changes *recent, const struct tick_ring *ring,
			  enum window window)
{
	__u32 *tail = &recent->tail[window];

	for (; *tail != recent->head; ++*tail) {
		const struct change *change = change_at(recent, *tail);

		/* ticks run on modulo 2^32: compare distances from now */
		if (ring->now - change->tick < ring->now - ring->start[window])
			break;
		if (recent->sums)
			*counter_at(&recent->sums[window], change_index(change)) -=
				change_by(change);
	}
}

static void recent_free(struct recent_changes *recent)
{
	if (!recent)
		return;
	free(recent->changes);
	free(recent->sums);
	free(recent);
}

void history_expire(struct history *history, const struct tick_ring *ring)
{
	unsigned int window;

	if (!history->recent)
		return;
	for (window = 0; window < WINDOW_MAX; window++)
		recent_expire(history->recent, ring, window);
}

void history_window(const struct history *history, enum window window,
		    struct resolver_counters *ret)
{
	const struct recent_changes *recent = history->recent;

	if (!recent)
		memset(ret, 0, sizeof(*ret));
	else if (recent->sums)
		*ret = recent->sums[window];
	else
		recent_sum(recent, window, ret);
}

static __u64 recent_sum_of(const struct recent_changes *recent, enum window window,
			   enum counter first, enum counter last)
{
	__u64 sum = 0;
	__u32 i;

	for (i = recent->tail[window]; i != recent->head; i++) {
		const struct change *change = change_at(recent, i);

		if (change_index(change) >= first && change_index(change) <= last)
			sum += change_by(change);
	}
	return sum;
}

__u64 history_sum(const struct history *history, enum window window, enum counter first,
		  enum counter last)
{
	const struct recent_changes *recent = history->recent;

	if (!recent)
		return 0;
	return recent->sums ? counters_sum(&recent->sums[window], first, last)
			    : recent_sum_of(recent, window, first, last);
}

_Static_assert(COUNTER_TIMED_OUT - COUNTER_ANSWERED_NOERROR == 12, "what settles stands together");
_Static_assert(COUNTER_CONNECT_TIMED_OUT - COUNTER_CONNECT_UNFOLLOWED == 7, "of connects too");

__u64 history_settled(const struct history *history, enum window window)
{
	return history_sum(history, window, COUNTER_ANSWERED_NOERROR, COUNTER_TIMED_OUT) +
	       history_sum(history, window, COUNTER_UNSENT_HOST, COUNTER_UNSENT_OTHER) +
	       history_sum(history, window, COUNTER_CONNECT_UNFOLLOWED, COUNTER_CONNECT_TIMED_OUT) +
	       history_sum(history, window, COUNTER_CLOSED_FIN, COUNTER_CLOSED_RST);
}

__u64 history_oldest_ns(const struct history *history, const struct tick_ring *ring,
			enum window window)
{
	const struct recent_changes *recent = history->recent;

	if (!recent || recent->tail[window] == recent->head)
		return DUE_NEVER;
	return tick_ring_at_ns(ring, change_at(recent, recent->tail[window])->tick);
}

__u64 history_newest_ns(const struct history *history, const struct tick_ring *ring)
{
	const struct recent_changes *recent = history->recent;

	if (!recent || recent->tail[WINDOW_5M] == recent->head)
		return DUE_NEVER;
	return tick_ring_at_ns(ring, change_at(recent, recent->head - 1)->tick);
}

/* ---- evidence ---------------------------------------------------------------------------------
 */

/* Returns the answers of all kinds, late ones included. */
static __u64 answers_of(const struct resolver_counters *counters)
{
	return counters_answered(counters) + counters_late_answers(counters);
}

/*
 * Notes the evidence there was at the last answer. Within one tick, failures belong behind the
 * answers when the last moment of them is later, and no error answer or late one came, which have
 * no moment.
 */
static void recent_note_answers(struct recent_changes *recent, const struct resolver_counters *last,
				const struct resolver_counters *now)
{
	const struct resolver_counters *from = now;
	unsigned int i;

	if (answers_of(now) == answers_of(last))
		return;
	if (now->at[MOMENT_LAST_FAILURE] > now->at[MOMENT_LAST_ANSWERED] &&
	    counters_answered_with_error(now) == counters_answered_with_error(last) &&
	    counters_late_answers(now) == counters_late_answers(last))
		from = last;
	for (i = 0; i < EVIDENCE_MAX; i++)
		recent->evidence_before[i] = from->n[EVIDENCE_FIRST + i];
}

__u64 history_evidence(const struct history *history, const struct resolver_counters *latest,
		       unsigned int i)
{
	const struct recent_changes *recent = history->recent;
	__u64 since, in_5_minutes;

	if (!recent)
		return 0;
	since = latest->n[EVIDENCE_FIRST + i] - recent->evidence_before[i];
	in_5_minutes = history_sum(history, WINDOW_5M, EVIDENCE_FIRST + i, EVIDENCE_FIRST + i);
	return in_5_minutes < since ? in_5_minutes : since;
}

/* ---- the history of one resolver --------------------------------------------------------------
 */

/* Returns the recent changes, made when there were none; NULL when out of memory. */
static struct recent_changes *history_recent(struct history *history,
					     const struct resolver_counters *latest)
{
	if (!history->recent) {
		history->recent = calloc(1, sizeof(*history->recent));
		if (history->recent)
			memcpy(history->recent->evidence_before, &latest->n[EVIDENCE_FIRST],
			       sizeof(history->recent->evidence_before));
	}
	return history->recent;
}

/* Keeps the counters before this tick, which history->latest gives up. */
static void history_add_settled(struct history *history, __u64 at_ns)
{
	struct settled_at *first = history->settled;

	counters_delta_free(&first[SETTLED_AT_KEPT - 1].before);
	memmove(first + 1, first, (SETTLED_AT_KEPT - 1) * sizeof(*first));
	*first = (struct settled_at){.at_ns = at_ns, .before = history->latest};
	history->latest = (struct counters_delta){0};
	if (history->settled_count < SETTLED_AT_KEPT)
		history->settled_count++;
}

/* Returns 0 for the sum of RTTs: it moves too fast for a change, and no window needs it. */
static int is_followed(unsigned int index)
{
	return index != COUNTER_RTT_SUM_NS;
}

static int history_push_changes(struct history *history, __u32 tick,
				const struct resolver_counters *latest,
				const struct resolver_counters *now)
{
	struct recent_changes *recent = history_recent(history, latest);
	unsigned int i = counters_next_change(latest, now, 0);

	if (!recent)
		return -ENOMEM;
	recent_note_answers(recent, latest, now);
	for (; i < COUNTERS_ALL; i = counters_next_change(latest, now, i + 1)) {
		__u64 from = counter_value(latest, i), to = counter_value(now, i);

		for (; is_followed(i) && to > from; from += to - from < BY_MAX ? to - from : BY_MAX)
			if (recent_push(recent, tick, i,
					to - from < BY_MAX ? (__u32)(to - from) : BY_MAX))
				return -ENOMEM;
	}
	return 0;
}

int history_add(struct history *history, const struct tick_ring *ring,
		const struct resolver_counters *latest, const struct resolver_counters *now)
{
	static const struct resolver_counters zero;
	int settled = counters_settled(now) != counters_settled(latest);

	history_expire(history, ring);
	if (!memcmp(latest, now, sizeof(*now)))
		return 0;
	if (settled)
		history_add_settled(history, tick_ring_now_ns(ring));
	if (settled || counters_asked(now) != counters_asked(latest))
		history->active_tick = ring->now;
	if (history_push_changes(history, ring->now, latest, now))
		return -ENOMEM;
	return counters_delta_set(&history->latest, &zero, now);
}

/* Frees the recent changes when there are none any more. */
void history_trim(struct history *history)
{
	if (!history->recent || history->recent->tail[WINDOW_5M] != history->recent->head)
		return;
	recent_free(history->recent);
	history->recent = NULL;
}

void history_since(const struct resolver_counters *latest, const struct settled_at *from,
		   struct resolver_counters *since)
{
	*since = *latest;
	counters_delta_subtract(since, &from->before);
	memset(since->at, 0, sizeof(since->at));
}

static void recent_save(const struct recent_changes *recent, struct buffer *out)
{
	__u32 count = recent->head - recent->tail[WINDOW_5M], behind, i;

	SAVE(out, recent->evidence_before);
	SAVE(out, count);
	for (i = 0; i < WINDOW_MAX; i++) {
		behind = recent->head - recent->tail[i];
		SAVE(out, behind);
	}
	for (i = recent->tail[WINDOW_5M]; i != recent->head; i++)
		SAVE(out, *change_at(recent, i));
}

/* Returns the changes, with `behind` of each window; NULL when they are not right. */
static struct recent_changes *recent_load(struct saved *from)
{
	struct recent_changes *recent = calloc(1, sizeof(*recent));
	__u32 count = 0, behind[WINDOW_MAX], i;

	from->failed |= !recent;
	if (!recent)
		return NULL;
	LOAD(from, recent->evidence_before);
	LOAD(from, count);
	LOAD(from, behind);
	for (i = 0; i < count && !from->failed; i++) {
		struct change change;

		LOAD(from, change);
		if (change_index(&change) >= COUNTERS_ALL ||
		    (recent->head == recent->room && recent_grow(recent)))
			from->failed = 1;
		else
			*change_at(recent, recent->head++) = change;
	}
	for (i = 0; i < WINDOW_MAX; i++) {
		from->failed |= behind[i] > recent->head;
		recent->tail[i] = from->failed ? recent->head : recent->head - behind[i];
	}
	for (i = 0; recent->sums && i < WINDOW_MAX; i++)
		recent_sum(recent, i, &recent->sums[i]);
	return recent;
}

void history_save(const struct history *history, struct buffer *out)
{
	__u8 has_recent = history->recent != NULL;
	unsigned int i;

	delta_save(out, &history->latest);
	SAVE(out, history->settled_count);
	for (i = 0; i < history->settled_count; i++) {
		SAVE(out, history->settled[i].at_ns);
		delta_save(out, &history->settled[i].before);
	}
	SAVE(out, history->active_tick);
	SAVE(out, has_recent);
	if (has_recent)
		recent_save(history->recent, out);
}

void history_load(struct history *history, struct saved *from)
{
	__u8 has_recent = 0;
	unsigned int i;

	delta_load(from, &history->latest);
	LOAD(from, history->settled_count);
	if (history->settled_count > SETTLED_AT_KEPT) {
		from->failed = 1;
		history->settled_count = 0;
	}
	for (i = 0; i < history->settled_count; i++) {
		LOAD(from, history->settled[i].at_ns);
		delta_load(from, &history->settled[i].before);
	}
	LOAD(from, history->active_tick);
	LOAD(from, has_recent);
	if (has_recent && !from->failed)
		history->recent = recent_load(from);
}

void history_free(struct history *history)
{
	unsigned int i;

	recent_free(history->recent);
	for (i = 0; i < SETTLED_AT_KEPT; i++)
		counters_delta_free(&history->settled[i].before);
	counters_delta_free(&history->latest);
	memset(history, 0, sizeof(*history));
}

static double ratio_of(__u64 part, __u64 whole)
{
	return whole ? (double)part / (double)whole : NAN;
}

void rates_of(const struct resolver_counters *window, double seconds, struct rates *rates)
{
	const __u64 *n = window->n;

	rates->queries_per_s = seconds > 0 ? (double)n[COUNTER_QUERIES] / seconds : NAN;
	rates->connects_per_s = seconds > 0 ? (double)n[COUNTER_CONNECT_ATTEMPTS] / seconds : NAN;
	rates->sessions_per_s = seconds > 0 ? (double)n[COUNTER_TRANSACTIONS] / seconds : NAN;
	rates->settled = counters_settled(window);
	rates->failure_ratio = counters_failure_ratio(window);
	rates->error_ratio = counters_error_ratio(window);
	rates->port_unreachables_per_query = ratio_of(n[COUNTER_ICMP_PORT], n[COUNTER_QUERIES]);
	rates->port_unreachables_per_connect =
		ratio_of(n[COUNTER_ICMP_PORT], n[COUNTER_CONNECT_ATTEMPTS]);
	rates->rtt_p50_s = rtt_percentile_s(window->rtt, 0.50);
	rates->rtt_p95_s = rtt_percentile_s(window->rtt, 0.95);
	rates->rtt_p99_s = rtt_percentile_s(window->rtt, 0.99);
	rates->connect_rtt_p50_s = rtt_percentile_s(window->connect_rtt, 0.50);
	rates->connect_rtt_p95_s = rtt_percentile_s(window->connect_rtt, 0.95);
	rates->connect_rtt_p99_s = rtt_percentile_s(window->connect_rtt, 0.99);
}
