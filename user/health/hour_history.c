// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What one resolver's counters were of late. When an incident opens is for incident.c. */
#include "health/hour_history.h"

#include "util/clock.h"
#include "health/counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 4
#define ROOM_MOST 64
#define KEPT_NS (3600 * NS_PER_S)

static const struct resolver_counters zero;

static __u64 earlier_of(__u64 a, __u64 b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static void drop(struct hour_history *past, size_t index)
{
	struct checkpoint *mark = &past->marks[index];

	memmove(mark, mark + 1, (--past->count - index) * sizeof(*mark));
}

/* Drop the mark that is missed least: one close to its neighbours, seen from now. */
static void thin_out(struct hour_history *past, __u64 now_ns)
{
	struct checkpoint *marks = past->marks;
	double least = 0, missed;
	size_t i, best = 0;

	for (i = 1; i + 1 < past->count; i++) {
		missed = (double)(marks[i + 1].at_ns - marks[i - 1].at_ns) /
			 ((double)(now_ns - marks[i].at_ns) + 1);
		if (!best || missed < least) {
			best = i;
			least = missed;
		}
	}
	marks[best + 1].failing_from_ns =
		earlier_of(marks[best].failing_from_ns, marks[best + 1].failing_from_ns);
	drop(past, best);
}

static int make_room(struct hour_history *past, __u64 now_ns)
{
	size_t room = past->room ? 2 * past->room : ROOM_FIRST;
	struct checkpoint *marks;

	while (past->count > 1 && past->marks[1].at_ns + KEPT_NS <= now_ns) {
		past->forgot = 1;
		drop(past, 0);
	}
	if (past->count < past->room)
		return 0;
	if (room > ROOM_MOST) {
		thin_out(past, now_ns);
		return 0;
	}
	marks = realloc(past->marks, room * sizeof(*marks));
	if (!marks)
		return -ENOMEM;
	past->marks = marks;
	past->room = room;
	return 0;
}

/* Answers with an error belong to a failing run too. */
static int went_wrong(const struct resolver_counters *before, const struct resolver_counters *now)
{
	return counters_failed(now) > counters_failed(before) ||
	       counters_answered_with_error(now) > counters_answered_with_error(before);
}

int hour_history_add(struct hour_history *past, __u64 last_ns, __u64 at_ns,
		     const struct resolver_counters *now)
{
	const struct resolver_counters *before = &zero;
	__u64 run_ns = now->at[MOMENT_RUN_START];
	struct checkpoint *mark;
	int err;

	if (past->count)
		before = &past->marks[past->count - 1].counters;
	if (past->count && !memcmp(before, now, sizeof(*now)))
		return 0;
	err = make_room(past, at_ns);
	if (err)
		return err;
	before = past->count ? &past->marks[past->count - 1].counters : &zero;
	mark = &past->marks[past->count++];
	memset(mark, 0, sizeof(*mark));
	mark->at_ns = at_ns;
	if (went_wrong(before, now))
		mark->failing_from_ns = run_ns && run_ns < at_ns ? run_ns : last_ns;
	mark->counters = *now;
	return 0;
}

int hour_history_prime(struct hour_history *past, __u64 at_ns, const struct resolver_counters *now)
{
	int err = make_room(past, at_ns);

	if (err)
		return err;
	past->marks[past->count++] = (struct checkpoint){.at_ns = at_ns, .counters = *now};
	past->forgot = 1;
	return 0;
}

/* Of the marks from `first` on. */
static __u64 began(const struct hour_history *past, size_t first)
{
	__u64 began_ns = 0;

	for (; first < past->count; first++)
		began_ns = earlier_of(began_ns, past->marks[first].failing_from_ns);
	return began_ns;
}

__u64 hour_history_began(const struct hour_history *past, __u64 now_ns, __u64 length_ns)
{
	size_t first = past->count;

	while (first && past->marks[first - 1].at_ns + length_ns > now_ns)
		first--;
	return began(past, first);
}

__u64 hour_history_began_settled(const struct hour_history *past, __u64 settled)
{
	size_t first = past->count;
	__u64 now;

	if (!first)
		return 0;
	now = counters_settled(&past->marks[first - 1].counters);
	while (first && now - counters_settled(&past->marks[first - 1].counters) < settled)
		first--;
	return began(past, first);
}

const struct resolver_counters *hour_history_before(const struct hour_history *past, __u64 at_ns,
						    size_t *next)
{
	size_t i = past->count;

	while (i && past->marks[i - 1].at_ns > at_ns)
		i--;
	if (!i && past->forgot) /* the oldest that is known has to do */
		i = 1;
	*next = i;
	return i ? &past->marks[i - 1].counters : &zero;
}

void hour_history_recovered(struct hour_history *past)
{
	size_t i;

	for (i = 0; i < past->count; i++)
		past->marks[i].failing_from_ns = 0;
}

void hour_history_free(struct hour_history *past)
{
	free(past->marks);
	memset(past, 0, sizeof(*past));
}
