// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Each resolver's history and verdict, found again by its key, when it has changed or is due. */
#include "health/judge.h"

#include "health/cause.h"
#include "health/counters.h"
#include "health/joined.h"
#include "health/judged.h"
#include "health/quiet.h"
#include "health/saved.h"
#include "util/address.h"
#include "util/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct judge {
	struct thresholds thresholds;
	struct tick_ring ring;
	struct resolver_map resolvers;
	struct unmatched_clock unmatched; /* responses */
	size_t judged_count;
	unsigned long changes;
	int without_suspicion;
	int host_answers;		 /* a resolver of origin host has answered */
	size_t host_failing;		 /* resolvers of origin host that are degraded or down */
	int is_bypassed;		 /* answers to guests pass our hooks by */
	const struct snapshot *snapshot; /* of the running second, */
	size_t row;			 /* and the next of its rows */
	struct health_entry **due;	 /* of this second, sorted by key */
	size_t due_count, due_room, due_next;
	__u64 forgotten;		     /* in the last minute */
	struct health_entry *last;	     /* judged, of which the caller has the counters */
	struct resolver_counters before;     /* of the resolver that is judged, */
	const struct resolver_counters *now; /* and at this second */
};

struct judge *judge_new(__u64 start_ns, const struct thresholds *thresholds)
{
	struct judge *judge = calloc(1, sizeof(*judge));

	if (!judge)
		return NULL;
	judge->thresholds = thresholds ? *thresholds : thresholds_default;
	tick_ring_init(&judge->ring, start_ns, 0);
	return judge;
}

/* Returns the resolver's entry, with its part of the judge; NULL when out of memory. */
static struct health_entry *judge_find(struct judge *judge, const struct resolver_key *key)
{
	struct health_entry *entry = resolver_map_insert(&judge->resolvers, key);

	if (!entry || quiet_wake(&judge->resolvers, entry))
		return NULL;
	if (entry->judged)
		return entry;
	entry->judged = calloc(1, sizeof(*entry->judged));
	if (!entry->judged)
		return NULL;
	judge->judged_count++;
	return entry;
}

void judge_set_without_suspicion(struct judge *judge, int without_suspicion)
{
	judge->without_suspicion = without_suspicion;
}

int judge_prime(struct judge *judge, const struct snapshot *snapshot)
{
	static const struct resolver_counters zero;
	size_t i;

	for (i = 0; i < snapshot->count; i++) {
		const struct resolver_snapshot *row = &snapshot->resolvers[i];
		struct health_entry *entry = judge_find(judge, &row->key);

		if (!entry ||
		    counters_delta_set(&entry->judged->history.latest, &zero, &row->counters))
			return -ENOMEM;
		entry->judged->in_flight = row->in_flight;
		entry->judged->messages_in_flight = row->messages_in_flight;
		judge->host_answers |= resolver_has_answered_host(&row->key, &row->counters);
	}
	tick_ring_init(&judge->ring, tick_ring_now_ns(&judge->ring),
		       snapshot->self.n[SELF_FORGOTTEN]);
	unmatched_clock_init(&judge->unmatched, snapshot->self.n[SELF_UNMATCHED_RESPONSES]);
	return 0;
}

/* ---- one resolver -----------------------------------------------------------------------------
 */

/* Returns 1 when there was no query, and nothing settled, for 5 minutes. */
static int is_idle(const struct judge *judge, const struct history *history)
{
	const struct tick_ring *ring = &judge->ring;

	/* ticks run on modulo 2^32: compare distances from now */
	return !history->active_tick ||
	       ring->now - history->active_tick >= ring->now - ring->start[WINDOW_5M];
}

/*
 * Adds the evidence of the last 5 minutes, as far as only failures followed it: senders of ICMP
 * limit their rate (RFC 1812, 4.3.2.8), so that a window of seconds may hold none.
 */
static void judged_add_evidence(const struct history *history,
				const struct resolver_counters *latest,
				struct resolver_counters *counters)
{
	unsigned int i;

	if (counters_failed(counters) != counters_settled(counters))
		return;
	for (i = 0; i < EVIDENCE_MAX; i++) {
		__u64 recent = history_evidence(history, latest, i);
		__u64 *to = &counters->n[EVIDENCE_FIRST + i];

		if (*to < recent)
			*to = recent;
	}
}

/* Returns the connections that were accepted in the last 5 minutes. */
static __u64 accepted_recently(const struct history *history)
{
	return history_sum(history, WINDOW_5M, COUNTER_CONNECT_ESTABLISHED,
			   COUNTER_CONNECT_ESTABLISHED);
}

/*
 * Adds the connections that were accepted in the last 5 minutes, where the counters have no connect
 * at all: what is asked on them times out seconds later than they began.
 */
static void judged_add_established(const struct history *history,
				   struct resolver_counters *counters)
{
	if (!counters_sum(counters, COUNTER_CONNECT_ESTABLISHED, COUNTER_CONNECT_TIMED_OUT))
		counters->n[COUNTER_CONNECT_ESTABLISHED] = accepted_recently(history);
}

/*
 * Judges by the selected counters. Recovery counts judgements a second apart: one at the end of a
 * recording, between two seconds, neither counts as one more nor ends a failure. Returns 1 when the
 * next second would judge otherwise, with these counters.
 */
static int judge_selected(const struct judge *judge, struct judged_resolver *judged,
			  const struct resolver_counters *counters, __u64 now_ns)
{
	struct verdict before = judged->verdict;
	int too_soon = judged->is_judged && now_ns - judged->judged_ns < NS_PER_S * 3 / 4;

	state_judge(&judged->verdict, judged->selected, counters, judge->now, &judge->thresholds,
		    translated_explains(&judged->translated, counters));
	judged->is_judged = 1;
	judged->is_held = too_soon && judged->verdict.good > before.good;
	if (judged->is_held) {
		judged->verdict = before;
		return 1;
	}
	judged->judged_ns = now_ns;
	return memcmp(&judged->verdict, &before, sizeof(before)) != 0;
}

/*
 * Judges a resolver; with nothing to judge by, the verdict stays as it was, or an idle resolver
 * becomes pending. Returns as judge_selected().
 */
static int judge_resolver(struct judge *judge, const struct resolver_key *key,
			  struct judged_resolver *judged)
{
	__u64 now_ns = tick_ring_now_ns(&judge->ring);
	struct verdict before = judged->verdict;
	struct resolver_counters counters;
	int moves = 0;

	if (is_idle(judge, &judged->history) ||
	    (judge->is_bypassed && resolver_is_unanswered(key, judge->now))) {
		judged->selected = JUDGED_BY_NONE;
		state_idle(&judged->verdict);
	} else {
		judged->selected = state_select(&judged->history, judge->now, now_ns, &counters);
		if (judged->selected != JUDGED_BY_NONE) {
			judged_add_evidence(&judged->history, judge->now, &counters);
			judged_add_established(&judged->history, &counters);
			moves = judge_selected(judge, judged, &counters, now_ns);
		} else {
			state_pending(&judged->verdict);
		}
	}
	judge->changes +=
		judged->verdict.state != before.state || judged->verdict.cause != before.cause;
	if (key->origin == ORIGIN_HOST)
		judge->host_failing += (size_t)state_is_failing(judged->verdict.state) -
				       (size_t)state_is_failing(before.state);
	return moves;
}

static int judged_was_refused(const struct judged_resolver *judged)
{
	return history_sum(&judged->history, WINDOW_5M, COUNTER_CONNECT_REFUSED,
			   COUNTER_CONNECT_REFUSED) != 0;
}

static int judged_was_truncated(const struct judged_resolver *judged)
{
	return history_sum(&judged->history, WINDOW_5M, COUNTER_TRUNCATED, COUNTER_TRUNCATED) != 0;
}

static void look_in_judge(const void *rows, const struct resolver_key *key, struct joined_row *ret)
{
	const struct judge *judge = rows;
	const struct health_entry *entry = resolver_map_lookup(&judge->resolvers, key);
	const struct judged_resolver *judged = entry ? entry->judged : NULL;

	if (judged)
		*ret = (struct joined_row){.state = judged->verdict.state,
					   .cause = judged->verdict.cause,
					   .refused = judged_was_refused(judged),
					   .truncated = judged_was_truncated(judged)};
}

/* Returns what status_set_joined() sets, for one resolver of the running second. */
static struct joined judge_joined(const struct judge *judge, const struct resolver_key *key,
				  enum state state)
{
	return state_is_failing(state) ? joined_of(key, look_in_judge, judge) : (struct joined){0};
}

/* Returns what status_set_fails_inside() sets, for one resolver of the running second. */
static int judge_fails_inside(const struct judge *judge, struct resolver_key key, enum state state)
{
	const struct health_entry *host;

	if (key.origin != ORIGIN_GUEST || !state_is_failing(state))
		return 0;
	key.origin = ORIGIN_HOST;
	host = resolver_map_lookup(&judge->resolvers, &key);
	if (host && host->judged && host->judged->verdict.state != STATE_IDLE)
		return state_works_behind(host->judged->verdict.state);
	return !judge->host_failing;
}

/* ---- when it is due next ----------------------------------------------------------------------
 */

/* Returns the moment from which a tick finds that what was counted at `at_ns` has left a window. */
static __u64 leaves_ns(__u64 at_ns, enum window window)
{
	return at_ns == DUE_NEVER ? DUE_NEVER : at_ns + window_length_ns(window) - TICK_JITTER_NS;
}

static __u64 earlier_of(__u64 a_ns, __u64 b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

/* Returns when the next of the last settled is too old. */
static __u64 settled_due_ns(const struct history *history, __u64 now_ns)
{
	__u64 due_ns = DUE_NEVER, each_ns;
	unsigned int i;

	for (i = 0; i < history->settled_count; i++) {
		each_ns = history->settled[i].at_ns + STATE_SETTLED_AGE_NS + 1;
		if (each_ns > now_ns && each_ns < due_ns)
			due_ns = each_ns;
	}
	return due_ns;
}

/* Returns when the counters that it is judged by change with time alone. */
static __u64 selected_due_ns(const struct judge *judge, const struct judged_resolver *judged)
{
	const struct history *history = &judged->history;
	enum window window;

	switch (judged->selected) {
	case JUDGED_BY_NONE:
		return DUE_NEVER;
	case JUDGED_BY_LAST_SETTLED:
		return settled_due_ns(history, tick_ring_now_ns(&judge->ring));
	default:
		window = WINDOW_10S + (judged->selected - JUDGED_BY_10S);
		return leaves_ns(history_oldest_ns(history, &judge->ring, window), window);
	}
}

/* Returns 1 when enough unreachables match no query to be suspected of forgery. */
static int has_unmatched(const struct history *history)
{
	return history_sum(history, WINDOW_1M, COUNTER_UNMATCHED_UNREACHABLES,
			   COUNTER_UNMATCHED_UNREACHABLES) >= FORGED_LEAST;
}

static int is_forged(const struct judge *judge, const struct history *history)
{
	struct resolver_counters minute;

	if (judge->without_suspicion || !has_unmatched(history))
		return 0;
	history_window(history, WINDOW_1M, &minute);
	return suspect_forgery(&minute, judge->forgotten);
}

/* Returns when the resolver must be looked at again, though nothing is counted until then. */
static __u64 judged_due_ns(const struct judge *judge, const struct judged_resolver *judged)
{
	const struct history *history = &judged->history;
	__u64 now_ns = tick_ring_now_ns(&judge->ring), due_ns = selected_due_ns(judge, judged);

	if (!history->recent)
		return due_ns;
	if (has_unmatched(history)) /* the self counter moves, too */
		return now_ns + 1;
	due_ns = earlier_of(due_ns, leaves_ns(history_newest_ns(history, &judge->ring), WINDOW_5M));
	if (judged->verdict.state != STATE_IDLE)
		due_ns = earlier_of(due_ns,
				    leaves_ns(tick_ring_at_ns(&judge->ring, history->active_tick),
					      WINDOW_5M));
	if (history_sum(history, WINDOW_5M, EVIDENCE_FIRST, EVIDENCE_LAST) ||
	    accepted_recently(history))
		due_ns = earlier_of(due_ns,
				    leaves_ns(history_oldest_ns(history, &judge->ring, WINDOW_5M),
					      WINDOW_5M));
	return due_ns > now_ns ? due_ns : now_ns + 1;
}

/* ---- a second ---------------------------------------------------------------------------------
 */

static int compare_entries(const void *a, const void *b)
{
	const struct health_entry *x = *(struct health_entry *const *)a;
	const struct health_entry *y = *(struct health_entry *const *)b;

	return memcmp(&x->key, &y->key, sizeof(x->key));
}

static int judge_add_due(struct judge *judge, struct health_entry *entry)
{
	size_t room = judge->due_room ? 2 * judge->due_room : 16;
	struct health_entry **due;

	if (judge->due_count == judge->due_room) {
		due = realloc(judge->due, room * sizeof(struct health_entry *));
		if (!due)
			return -ENOMEM;
		judge->due = due;
		judge->due_room = room;
	}
	judge->due[judge->due_count++] = entry;
	return 0;
}

/*
 * Has the resolvers of guests judged when answers begin or cease to pass our hooks by. Returns 0 or
 * -ENOMEM.
 */
static int judge_check_bypass(struct judge *judge, const struct snapshot *snapshot)
{
	struct health_entry *entry;
	size_t position = 0, i;
	int is_bypassed, err = 0;

	for (i = 0; i < snapshot->count; i++)
		judge->host_answers |= resolver_has_answered_host(&snapshot->resolvers[i].key,
								  &snapshot->resolvers[i].counters);
	is_bypassed = snapshot->guests_bypassed && judge->host_answers;
	if (is_bypassed == judge->is_bypassed)
		return 0;
	judge->is_bypassed = is_bypassed;
	while ((entry = resolver_map_next(&judge->resolvers, &position))) {
		if (entry->key.origin != ORIGIN_GUEST)
			continue;
		err = quiet_wake(&judge->resolvers, entry) ? -ENOMEM : err;
		if (entry->judged)
			due_wheel_set(&judge->resolvers.due, &entry->due,
				      tick_ring_now_ns(&judge->ring));
	}
	return err;
}

int judge_begin(struct judge *judge, const struct snapshot *snapshot)
{
	struct due_node *node, *next;
	int err;

	tick_ring_skip(&judge->ring, snapshot->quiet_until_ns);
	tick_ring_tick(&judge->ring, snapshot->at_ns, snapshot->self.n[SELF_FORGOTTEN]);
	unmatched_clock_tick(&judge->unmatched, snapshot->self.n[SELF_UNMATCHED_RESPONSES],
			     tick_ring_now_ns(&judge->ring));
	judge->forgotten = tick_ring_forgotten(&judge->ring, WINDOW_1M);
	judge->snapshot = snapshot;
	err = judge_check_bypass(judge, snapshot);
	judge->row = judge->due_count = judge->due_next = 0;
	judge->last = NULL; /* left from a second that was not judged to its end */
	node = due_wheel_take(&judge->resolvers.due, tick_ring_now_ns(&judge->ring));
	for (; node; node = next) {
		next = node->next;
		if (judge_add_due(judge, (struct health_entry *)node))
			err = -ENOMEM;
	}
	if (judge->due_count)
		qsort(judge->due, judge->due_count, sizeof(struct health_entry *), compare_entries);
	return err;
}

/*
 * Brings the time of the last judgement up to the previous second. A resolver that was not looked
 * at in it was judged as before.
 */
static void judged_catch_up(const struct judge *judge, struct judged_resolver *judged)
{
	int was_looked_at = judged->tick == judge->ring.now - 1;

	if (judged->selected != JUDGED_BY_NONE && !(was_looked_at && judged->is_held))
		judged->judged_ns = tick_ring_previous_ns(&judge->ring);
}

/* Looks at one resolver. `row` NULL: it is due, and nothing was counted. Returns 0 or -ENOMEM. */
static int judge_look_at(struct judge *judge, struct health_entry *entry,
			 const struct resolver_snapshot *row)
{
	struct judged_resolver *judged = entry->judged;
	struct history *history = &judged->history;
	int moves = 0, err;

	counters_delta_get(&history->latest, &judge->before);
	judge->now = row ? &row->counters : &judge->before;
	if (row) {
		judged->in_flight = row->in_flight;
		judged->messages_in_flight = row->messages_in_flight;
	}
	judged_catch_up(judge, judged);
	judged->tick = judge->ring.now;
	translated_update(&judged->translated, &judge->unmatched, &judge->before, judge->now);
	err = history_add(history, &judge->ring, &judge->before, judge->now);
	if (err)
		return err;
	if (!resolver_is_other(&entry->key))
		moves = judge_resolver(judge, &entry->key, judged);
	judged->is_forged = is_forged(judge, history);
	history_trim(history);
	due_wheel_set(&judge->resolvers.due, &entry->due,
		      moves ? tick_ring_now_ns(&judge->ring) + 1 : judged_due_ns(judge, judged));
	return 0;
}

/* Returns the next resolver in the order of keys, and its row; NULL: that was all. */
static struct health_entry *judge_take(struct judge *judge, const struct resolver_snapshot **row)
{
	const struct snapshot *snapshot = judge->snapshot;
	struct health_entry *due = NULL;

	*row = judge->row < snapshot->count ? &snapshot->resolvers[judge->row] : NULL;
	if (judge->due_next < judge->due_count)
		due = judge->due[judge->due_next];
	if (due && (!*row || memcmp(&due->key, &(*row)->key, sizeof(due->key)) < 0)) {
		judge->due_next++;
		*row = NULL;
		return due;
	}
	if (!*row)
		return NULL;
	judge->row++;
	return judge_find(judge, &(*row)->key);
}

int judge_next(struct judge *judge, struct judged_now *ret)
{
	const struct resolver_snapshot *row;
	const struct judged_resolver *judged;
	struct health_entry *entry;
	int err;

	if (judge->last)
		quiet_rest(&judge->resolvers, judge->last);
	judge->last = NULL;
	do {
		entry = judge_take(judge, &row);
		if (!entry) {
			quiet_end_second(&judge->resolvers);
			return row ? -ENOMEM : 0;
		}
	} while (!row && (!entry->judged || entry->judged->tick == judge->ring.now));
	err = judge_look_at(judge, entry, row);
	judged = entry->judged;
	judge->last = entry;
	*ret = (struct judged_now){.entry = entry,
				   .before = &judge->before,
				   .now = judge->now,
				   .state = judged->verdict.state,
				   .cause = judged->verdict.cause,
				   .judged_by = judged->verdict.judged_by,
				   .is_forged = judged->is_forged,
				   .fails_inside = judge_fails_inside(judge, entry->key,
								      judged->verdict.state),
				   .joined =
					   judge_joined(judge, &entry->key, judged->verdict.state)};
	return err ? err : 1;
}

__u64 judge_next_due_ns(const struct judge *judge)
{
	return due_wheel_next(&judge->resolvers.due);
}

__u64 judge_previous_ns(const struct judge *judge)
{
	return tick_ring_previous_ns(&judge->ring);
}

unsigned long judge_changes(const struct judge *judge)
{
	return judge->changes;
}

/* ---- all resolvers ----------------------------------------------------------------------------
 */

size_t judge_count(const struct judge *judge)
{
	return judge->judged_count;
}

static void judge_fill(const struct judge *judge, struct health_entry *entry,
		       struct resolver_snapshot *row, struct resolver_status *out)
{
	struct judged_resolver *judged = entry->judged, quiet;
	struct resolver_counters window;
	unsigned int i;

	if (judged) {
		history_expire(&judged->history, &judge->ring);
		counters_delta_get(&judged->history.latest, &row->counters);
	} else {
		judged = &quiet;
		quiet_read_judged(entry, judged, &row->counters);
	}
	row->key = entry->key;
	row->in_flight = judged->in_flight;
	row->messages_in_flight = judged->messages_in_flight;
	*out = (struct resolver_status){.now = row,
					.entry = entry,
					.state = judged->verdict.state,
					.cause = judged->verdict.cause,
					.judged_by = judged->verdict.judged_by,
					.is_judged = judged->is_judged,
					.refused = judged_was_refused(judged),
					.truncated = judged_was_truncated(judged),
					.forged = judged->is_forged && !judge->without_suspicion};
	for (i = 0; i < WINDOW_MAX; i++) {
		history_window(&judged->history, i, &window);
		rates_of(&window, tick_ring_seconds(&judge->ring, i), &out->windows[i]);
	}
}

int judge_status(struct judge *judge, struct resolver_snapshot *rows, struct resolver_status *out)
{
	struct health_entry **sorted, *entry;
	size_t position = 0, count = 0, i;

	if (!judge->judged_count)
		return 0;
	sorted = malloc(judge->judged_count * sizeof(struct health_entry *));
	if (!sorted)
		return -ENOMEM;
	while ((entry = resolver_map_next(&judge->resolvers, &position)))
		if (entry_is_judged(entry))
			sorted[count++] = entry;
	qsort(sorted, count, sizeof(struct health_entry *), compare_entries);
	for (i = 0; i < count; i++)
		judge_fill(judge, sorted[i], &rows[i], &out[i]);
	free(sorted);
	return 0;
}

int judge_basis(const struct judge *judge, const struct resolver_key *key,
		struct resolver_counters *ret)
{
	const struct health_entry *entry = resolver_map_lookup(&judge->resolvers, key);
	const struct history *history;
	struct resolver_counters latest;

	if (!entry || !entry->judged || entry->judged->selected == JUDGED_BY_NONE)
		return -ENOENT;
	history = &entry->judged->history;
	counters_delta_get(&history->latest, &latest);
	state_select(history, &latest, tick_ring_now_ns(&judge->ring), ret);
	judged_add_evidence(history, &latest, ret);
	return 0;
}

/* ---- for the next process ---------------------------------------------------------------------
 */

/* The fields that are saved and loaded, once for both: FIELD is SAVE or LOAD. */
#define JUDGE_SAVED(FIELD, stream, judge)                                                          \
	(FIELD(stream, (judge)->ring), FIELD(stream, (judge)->unmatched),                          \
	 FIELD(stream, (judge)->host_answers), FIELD(stream, (judge)->is_bypassed))
#define JUDGED_SAVED(FIELD, stream, judged)                                                        \
	(FIELD(stream, (judged)->verdict), FIELD(stream, (judged)->translated),                    \
	 FIELD(stream, (judged)->selected), FIELD(stream, (judged)->is_judged),                    \
	 FIELD(stream, (judged)->is_forged), FIELD(stream, (judged)->is_held),                     \
	 FIELD(stream, (judged)->tick), FIELD(stream, (judged)->judged_ns),                        \
	 FIELD(stream, (judged)->in_flight), FIELD(stream, (judged)->messages_in_flight))

static void judged_save(const struct health_entry *entry, struct buffer *out)
{
	struct health_entry awake;

	if (quiet_copy(entry, &awake)) {
		out->failed = 1;
		return;
	}
	SAVE(out, entry->key);
	history_save(&awake.judged->history, out);
	JUDGED_SAVED(SAVE, out, awake.judged);
	quiet_copy_free(entry, &awake);
}

void judge_save(const struct judge *judge, struct buffer *out)
{
	const struct health_entry *entry;
	size_t position = 0;

	JUDGE_SAVED(SAVE, out, judge);
	SAVE(out, judge->judged_count);
	while ((entry = resolver_map_next(&judge->resolvers, &position)))
		if (entry_is_judged(entry))
			judged_save(entry, out);
}

static int is_verdict(const struct judged_resolver *judged)
{
	return judged->verdict.state < STATE_MAX && judged->verdict.cause < CAUSE_MAX &&
	       judged->verdict.judged_by < JUDGED_BY_MAX && judged->selected < JUDGED_BY_MAX;
}

/* Reads a resolver, which is due at once. */
static void judged_load(struct judge *judge, struct saved *from)
{
	struct judged_resolver *judged;
	struct health_entry *entry;
	struct resolver_key key;

	LOAD(from, key);
	entry = from->failed ? NULL : judge_find(judge, &key);
	if (!entry || entry->judged->history.latest.length) { /* no memory, or twice the same */
		from->failed = 1;
		return;
	}
	judged = entry->judged;
	history_load(&judged->history, from);
	JUDGED_SAVED(LOAD, from, judged);
	if (!is_verdict(judged)) {
		from->failed = 1;
		judged->verdict = (struct verdict){.state = STATE_IDLE};
	}
	due_wheel_set(&judge->resolvers.due, &entry->due, tick_ring_now_ns(&judge->ring));
}

void judge_load(struct judge *judge, struct saved *from)
{
	size_t count = 0;

	JUDGE_SAVED(LOAD, from, judge);
	LOAD(from, count);
	while (count-- && !from->failed)
		judged_load(judge, from);
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
	while ((entry = resolver_map_next(&judge->resolvers, &position)))
		judged_free(entry->judged);
	quiet_free_all(&judge->resolvers);
	resolver_map_free(&judge->resolvers);
	free(judge->due);
	free(judge);
}
