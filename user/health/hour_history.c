// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Checkpoints of one resolver's counters in the last hour. */
#include "health/hour_history.h"

#include "util/clock.h"
#include "health/counters.h"
#include "health/counters_delta.h"
#include "health/saved.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 4
#define BYTES_FIRST 64
#define KEPT_NS (3600 * NS_PER_S)

static const struct resolver_counters zero;

static __u64 earliest_of(__u64 a, __u64 b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

/* Returns where the bytes of a checkpoint begin. */
static size_t point_offset(const struct hour_history *history, size_t index)
{
	size_t offset = 0, i;

	for (i = 0; i < index; i++)
		offset += history->points[i].length;
	return offset;
}

/* Makes room for `more` bytes. Returns 0 or -ENOMEM. */
static int bytes_make_room(struct hour_history *history, size_t more)
{
	size_t room = history->bytes_room ? history->bytes_room : BYTES_FIRST;
	__u8 *bytes;

	if (history->length + more <= history->bytes_room)
		return 0;
	while (room < history->length + more)
		room += room / 2;
	bytes = realloc(history->bytes, room);
	if (!bytes)
		return -ENOMEM;
	history->bytes = bytes;
	history->bytes_room = room;
	return 0;
}

/*
 * Drops a checkpoint, which is not the last one; the one behind it then holds what both counted.
 * Returns 0 or -ENOMEM.
 */
static int point_drop(struct hour_history *history, size_t index)
{
	struct checkpoint *point = &history->points[index];
	size_t at = point_offset(history, index), old = point[0].length + point[1].length, new;
	__u8 merged[COUNTERS_DELTA_MAX];
	struct resolver_counters both = {0};

	counters_delta_add(&both, history->bytes + at, old);
	new = counters_delta_encode(&zero, &both, merged);
	if (bytes_make_room(history, new))
		return -ENOMEM;
	memmove(history->bytes + at + new, history->bytes + at + old, history->length - at - old);
	memcpy(history->bytes + at, merged, new);
	history->length = history->length - old + new;
	point[1].length = (__u32) new;
	memmove(point, point + 1, (--history->count - index) * sizeof(*point));
	return 0;
}

/* Drops the checkpoint that is missed least: one close to its neighbours, relative to its age. */
static int points_thin(struct hour_history *history, __u64 now_ns)
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
	return point_drop(history, best);
}

/* Makes room for one more: drops those older than an hour, then thins out. Returns 0 or -ENOMEM. */
static int points_make_room(struct hour_history *history, __u64 now_ns)
{
	size_t room = history->room ? 2 * history->room : ROOM_FIRST;
	struct checkpoint *points;

	while (history->count > 1 && history->points[1].at_ns + KEPT_NS <= now_ns) {
		history->forgot = 1;
		if (point_drop(history, 0))
			return -ENOMEM;
	}
	if (history->count < history->room)
		return 0;
	if (history->count == CHECKPOINTS_MAX)
		return points_thin(history, now_ns);
	room = room < CHECKPOINTS_MAX ? room : CHECKPOINTS_MAX;
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

/* Appends a checkpoint with what was counted from `before` to `now`. Returns 0 or -ENOMEM. */
static int point_append(struct hour_history *history, __u64 at_ns, __u64 failing_from_ns,
			const struct resolver_counters *before, const struct resolver_counters *now)
{
	__u8 bytes[COUNTERS_DELTA_MAX];
	size_t length = counters_delta_encode(before, now, bytes);

	if (points_make_room(history, at_ns) || bytes_make_room(history, length))
		return -ENOMEM;
	if (length) /* with nothing to store there may be no memory yet */
		memcpy(history->bytes + history->length, bytes, length);
	history->length += length;
	history->points[history->count++] = (struct checkpoint){.at_ns = at_ns,
								.failing_from_ns = failing_from_ns,
								.settled = counters_settled(now),
								.length = (__u32)length};
	return 0;
}

int hour_history_add(struct hour_history *history, __u64 last_ns, __u64 at_ns,
		     const struct resolver_counters *before, const struct resolver_counters *now)
{
	__u64 run_ns = now->at[MOMENT_RUN_START], from_ns = 0;

	if (!history->count)
		before = &zero;
	else if (!memcmp(before, now, sizeof(*now)))
		return 0;
	if (has_failed(before, now))
		from_ns = run_ns && run_ns < at_ns ? run_ns : last_ns;
	return point_append(history, at_ns, from_ns, before, now);
}

int hour_history_prime(struct hour_history *history, __u64 at_ns,
		       const struct resolver_counters *now)
{
	history->forgot = 1;
	return point_append(history, at_ns, 0, &zero, now);
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
	now = history->points[first - 1].settled;
	while (first && now - history->points[first - 1].settled < settled)
		first--;
	return points_began(history, first);
}

size_t hour_history_before(const struct hour_history *history, __u64 at_ns,
			   struct resolver_counters *ret)
{
	size_t i = history->count;

	while (i && history->points[i - 1].at_ns > at_ns)
		i--;
	if (!i && history->forgot) /* the oldest known one is the nearest there is */
		i = 1;
	memset(ret, 0, sizeof(*ret));
	counters_delta_add(ret, history->bytes, point_offset(history, i));
	return i;
}

void hour_history_step(const struct hour_history *history, size_t index,
		       struct resolver_counters *counters)
{
	counters_delta_add(counters, history->bytes + point_offset(history, index),
			   history->points[index].length);
}

void hour_history_recovered(struct hour_history *history)
{
	size_t i;

	for (i = 0; i < history->count; i++)
		history->points[i].failing_from_ns = 0;
}

void hour_history_save(const struct hour_history *history, struct buffer *out)
{
	SAVE(out, history->forgot);
	SAVE(out, history->count);
	SAVE(out, history->length);
	if (!history->count)
		return;
	buffer_add_bytes(out, (const char *)history->points,
			 history->count * sizeof(*history->points));
	buffer_add_bytes(out, (const char *)history->bytes, history->length);
}

void hour_history_load(struct hour_history *history, struct saved *from)
{
	struct resolver_counters counters = {0};

	LOAD(from, history->forgot);
	LOAD(from, history->count);
	LOAD(from, history->length);
	history->points =
		saved_read_array(from, history->count, CHECKPOINTS_MAX, sizeof(*history->points));
	history->bytes =
		saved_read_array(from, history->length, CHECKPOINTS_MAX * COUNTERS_DELTA_MAX, 1);
	if (from->failed)
		history->count = history->length = 0;
	history->room = history->count;
	history->bytes_room = history->length;
	if (point_offset(history, history->count) != history->length ||
	    counters_delta_add(&counters, history->bytes, history->length))
		from->failed = 1;
}

void hour_history_free(struct hour_history *history)
{
	free(history->points);
	free(history->bytes);
	memset(history, 0, sizeof(*history));
}
