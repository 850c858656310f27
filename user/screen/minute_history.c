// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See minute_history.h. */
#include "screen/minute_history.h"

#include "health/counters.h"
#include "util/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_NS (60 * NS_PER_S)

/* ---- entries ------------------------------------------------------------------------------ */

static int compare_entries(const void *left, const void *right)
{
	const struct minute_entry *a = left, *b = right;

	return memcmp(&a->key, &b->key, sizeof(a->key));
}

static struct minute_entry *find_entry(const struct minute_history *history, size_t count,
				       const struct resolver_key *key)
{
	struct minute_entry wanted = {.key = *key};

	if (!count)
		return NULL;
	return bsearch(&wanted, history->entries, count, sizeof(wanted), compare_entries);
}

const struct minute_entry *minute_history_find(const struct minute_history *history,
					       const struct resolver_key *key)
{
	return find_entry(history, history->count, key);
}

static int make_room(struct minute_history *history, size_t more)
{
	size_t room = history->count + more;
	struct minute_entry *entries;

	if (room <= history->room)
		return 0;
	room += room / 2;
	entries = realloc(history->entries, room * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	history->entries = entries;
	history->room = room;
	return 0;
}

/* ---- minutes ------------------------------------------------------------------------------ */

/* Begins the minutes up to that of `now_ns`: those in between were not seen. */
static void advance_minutes(struct minute_entry *entry, __u64 now_ns)
{
	__u64 minute = now_ns / MINUTE_NS, passed = minute - entry->minute;

	if (minute < entry->minute || passed > MINUTES_KEPT)
		passed = MINUTES_KEPT; /* also when the clock was set back */
	entry->minute = minute;
	if (!entry->minutes)
		return;
	for (; passed; passed--)
		entry->minutes[(minute - passed + 1) % MINUTES_KEPT] = (struct minute_counts){0};
	entry->minutes[minute % MINUTES_KEPT].is_known = 1;
}

static int make_minutes(struct minute_history *history, struct minute_entry *entry, __u64 now_ns)
{
	__u64 minute = now_ns / MINUTE_NS, since = history->began_ns / MINUTE_NS;

	if (entry->minutes || history->with_minutes >= MINUTES_RESOLVERS)
		return 0;
	entry->minutes = calloc(MINUTES_KEPT, sizeof(*entry->minutes));
	if (!entry->minutes)
		return -ENOMEM;
	history->with_minutes++;
	/* Nothing had settled in the minutes since the last gap: that is known. */
	if (since + MINUTES_KEPT <= minute)
		since = minute - MINUTES_KEPT + 1;
	for (; since <= minute; since++)
		entry->minutes[since % MINUTES_KEPT].is_known = 1;
	return 0;
}

struct minute_counts minute_history_ago(const struct minute_entry *entry, __u64 now_ns,
					unsigned int ago)
{
	__u64 minute = now_ns / MINUTE_NS - ago;

	if (!entry || !entry->minutes || minute > entry->minute ||
	    entry->minute - minute >= MINUTES_KEPT)
		return (struct minute_counts){0};
	return entry->minutes[minute % MINUTES_KEPT];
}

/* ---- a status ----------------------------------------------------------------------------- */

/* Returns a moment of the counters as wall-clock time; 0: never, or not in this status. */
static __u64 moment_wall_ns(const struct snapshot *snapshot,
			    const struct resolver_counters *counters, enum moment moment)
{
	__u64 at = counters->at[moment];

	return at && at <= snapshot->at_ns ? snapshot->wall_ns - (snapshot->at_ns - at) : 0;
}

static void set_last(const struct snapshot *snapshot, const struct resolver_counters *counters,
		     enum moment moment, int is_more, __u64 *last_ns)
{
	__u64 exact = moment_wall_ns(snapshot, counters, moment);

	if (exact)
		*last_ns = exact;
	else if (is_more)
		*last_ns = snapshot->wall_ns;
}

/* Takes over the totals; nothing of them is in a minute. */
static void set_totals(struct minute_entry *entry, const struct resolver_counters *counters)
{
	entry->errors = counters_answered_with_error(counters);
	entry->answered = counters_answered(counters) - entry->errors;
	entry->failed = counters_failed(counters);
}

static int count_outcomes(struct minute_history *history, struct minute_entry *entry,
			  const struct snapshot *snapshot, const struct resolver_counters *counters)
{
	struct minute_entry before = *entry;
	struct minute_counts *now;

	set_totals(entry, counters);
	/* Counters that went down are those of another run. */
	if (entry->answered < before.answered || entry->errors < before.errors ||
	    entry->failed < before.failed)
		return 0;
	set_last(snapshot, counters, MOMENT_LAST_ANSWERED, entry->answered > before.answered,
		 &entry->last_answer_ns);
	set_last(snapshot, counters, MOMENT_LAST_FAILURE, entry->failed > before.failed,
		 &entry->last_failure_ns);
	if (entry->answered == before.answered && entry->errors == before.errors &&
	    entry->failed == before.failed)
		return 0;
	if (make_minutes(history, entry, snapshot->wall_ns))
		return -ENOMEM;
	if (!entry->minutes)
		return 0;
	now = &entry->minutes[entry->minute % MINUTES_KEPT];
	now->answered += entry->answered - before.answered;
	now->errors += entry->errors - before.errors;
	now->failed += entry->failed - before.failed;
	return 0;
}

/* Behind a gap it is not known when the state has changed, or whether it was another in between. */
static void set_state(struct minute_entry *entry, enum state state, __u64 now_ns, int is_gap)
{
	if (entry->state == state && !is_gap)
		return;
	entry->state = state;
	entry->state_since_ns = now_ns;
	entry->since_is_known = !is_gap;
}

static void begin_entry(struct minute_history *history, const struct resolver_status *resolver,
			const struct snapshot *snapshot, int is_gap)
{
	struct minute_entry *entry = &history->entries[history->count++];
	const struct resolver_counters *counters = &resolver->now->counters;

	*entry = (struct minute_entry){.key = resolver->now->key,
				       .state = resolver->state,
				       .state_since_ns = snapshot->wall_ns,
				       .minute = snapshot->wall_ns / MINUTE_NS};
	/* Of the first status the totals are from before; of a new resolver they are not. */
	if (is_gap)
		set_totals(entry, counters);
	set_last(snapshot, counters, MOMENT_LAST_ANSWERED, 0, &entry->last_answer_ns);
	set_last(snapshot, counters, MOMENT_LAST_FAILURE, 0, &entry->last_failure_ns);
}

static int add_resolver(struct minute_history *history, size_t known,
			const struct resolver_status *resolver, const struct snapshot *snapshot,
			int is_gap)
{
	const struct resolver_counters *counters = &resolver->now->counters;
	struct minute_entry *entry = find_entry(history, known, &resolver->now->key);

	if (!entry && history->count >= MINUTES_ENTRIES)
		return 0;
	if (!entry) {
		begin_entry(history, resolver, snapshot, is_gap);
		entry = &history->entries[history->count - 1];
	}
	advance_minutes(entry, snapshot->wall_ns);
	set_state(entry, resolver->state, snapshot->wall_ns, is_gap);
	if (!is_gap)
		return count_outcomes(history, entry, snapshot, counters);
	set_totals(entry, counters);
	return 0;
}

int minute_history_add(struct minute_history *history, const struct status *status)
{
	const struct snapshot *snapshot = status->snapshot;
	size_t i, known = history->count;
	int is_gap, err = 0;

	if (!history->last_ns)
		is_gap = !history->from_zero;
	else
		is_gap = snapshot->wall_ns < history->last_ns ||
			 snapshot->wall_ns - history->last_ns > MINUTES_GAP_S * NS_PER_S;
	if (is_gap || !history->last_ns)
		history->began_ns = snapshot->wall_ns;
	history->last_ns = snapshot->wall_ns;
	if (make_room(history, status->count))
		return -ENOMEM;
	for (i = 0; i < status->count && !err; i++)
		err = add_resolver(history, known, &status->resolvers[i], snapshot, is_gap);
	if (history->count > known)
		qsort(history->entries, history->count, sizeof(*history->entries), compare_entries);
	return err;
}

void minute_history_free(struct minute_history *history)
{
	size_t i;

	for (i = 0; i < history->count; i++)
		free(history->entries[i].minutes);
	free(history->entries);
	memset(history, 0, sizeof(*history));
}
