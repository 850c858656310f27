// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Checkpoints of one resolver's counters in the last hour. */
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

static __u64 earliest_of(__u64 a, __u64 b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static void point_drop(struct hour_history *history, size_t index)
{
	struct checkpoint *point = &history->points[index];

	memmove(point, point + 1, (--history->count - index) * sizeof(*point));
}

/* Drops the checkpoint that is missed least: one close to its neighbours, relative to its age. */
static void points_thin(struct hour_history *history, __u64 now_ns)
{
	struct checkpoint *points = history->points;
	double least = 0, missed;
	size_t i, best = 0;

	for (i = 1; i + 1 < history->count; i++) {
		missed = (double)(points[i + 1].at_ns - points[i - 1].at_ns) /
			 ((double)(now_ns - points[i].at_ns) + 1);
		if (!best || missed < least) {
			best = i;
			least = missed;
		}
	}
	points[best + 1].failing_from_ns =
		earliest_of(points[best].failing_from_ns, points[best + 1].failing_from_ns);
	point_drop(history, best);
}

/* Makes room for one more: drops those older than an hour, then thins out. Returns 0 or -ENOMEM. */
static int points_make_room(struct hour_history *history, __u64 now_ns)
{
	size_t room = history->room ? 2 * history->room : ROOM_FIRST;
	struct checkpoint *points;

	while (history->count > 1 && history->points[1].at_ns + KEPT_NS <= now_ns) {
		history->forgot = 1;
		point_drop(history, 0);
	}
	if (history->count < history->room)
		return 0;
	if (room > ROOM_MOST) {
		points_thin(history, now_ns);
		return 0;
	}
	points = realloc(history->points, room * sizeof(*points));
	if (!points)
		return -ENOMEM;
	history->points = points;
	history->room = room;
	return 0;
}

/* Returns 1 when something failed in between. Error answers belong to a failing run, too. */
static int has_failed(const struct resolver_counters *before, const struct resolver_counters *now)
{
	return counters_failed(now) > counters_failed(before) ||
	       counters_answered_with_error(now) > counters_answered_with_error(before);
}

int hour_history_add(struct hour_history *history, __u64 last_ns, __u64 at_ns,
		     const struct resolver_counters *now)
{
	const struct resolver_counters *before = &zero;
	__u64 run_ns = now->at[MOMENT_RUN_START];
	struct checkpoint *point;
	int err;

	if (history->count)
		before = &history->points[history->count - 1].counters;
	if (history->count && !memcmp(before, now, sizeof(*now)))
		return 0;
	err = points_make_room(history, at_ns);
	if (err)
		return err;
	before = history->count ? &history->points[history->count - 1].counters : &zero;
	point = &history->points[history->count++];
	memset(point, 0, sizeof(*point));
	point->at_ns = at_ns;
	if (has_failed(before, now))
		point->failing_from_ns = run_ns && run_ns < at_ns ? run_ns : last_ns;
	point->counters = *now;
	return 0;
}

int hour_history_prime(struct hour_history *history, __u64 at_ns,
		       const struct resolver_counters *now)
{
	int err = points_make_room(history, at_ns);

	if (err)
		return err;
	history->points[history->count++] = (struct checkpoint){.at_ns = at_ns, .counters = *now};
	history->forgot = 1;
	return 0;
}

/* Returns the earliest failing run of the checkpoints from `first` on; 0: there is none. */
static __u64 points_began(const struct hour_history *history, size_t first)
{
	__u64 began_ns = 0;

	for (; first < history->count; first++)
		began_ns = earliest_of(began_ns, history->points[first].failing_from_ns);
	return began_ns;
}

__u64 hour_history_began(const struct hour_history *history, __u64 now_ns, __u64 length_ns)
{
	size_t first = history->count;

	while (first && history->points[first - 1].at_ns + length_ns > now_ns)
		first--;
	return points_began(history, first);
}

__u64 hour_history_began_settled(const struct hour_history *history, __u64 settled)
{
	size_t first = history->count;
	__u64 now;

	if (!first)
		return 0;
	now = counters_settled(&history->points[first - 1].counters);
	while (first && now - counters_settled(&history->points[first - 1].counters) < settled)
		first--;
	return points_began(history, first);
}

const struct resolver_counters *hour_history_before(const struct hour_history *history, __u64 at_ns,
						    size_t *next)
{
	size_t i = history->count;

	while (i && history->points[i - 1].at_ns > at_ns)
		i--;
	if (!i && history->forgot) /* the oldest known one is the nearest there is */
		i = 1;
	*next = i;
	return i ? &history->points[i - 1].counters : &zero;
}

void hour_history_recovered(struct hour_history *history)
{
	size_t i;

	for (i = 0; i < history->count; i++)
		history->points[i].failing_from_ns = 0;
}

void hour_history_free(struct hour_history *history)
{
	free(history->points);
	memset(history, 0, sizeof(*history));
}
