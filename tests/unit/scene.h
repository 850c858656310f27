/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A few resolvers whose counters a test moves by hand, judged second by second. No kernel, no
 * clock: a tick is a number.
 */
#ifndef SCENE_H
#define SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "util/address.h"
#include "util/clock.h"
#include "health/incident.h"
#include "health/judge.h"
#include "health/sparkline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SCENE_RESOLVERS 4
#define SCENE_START_NS (1000 * NS_PER_S)

struct scene {
	struct judge *judge;
	double now_s; /* since the start */
	struct resolver_snapshot resolvers[SCENE_RESOLVERS];
	struct resolver_status out[SCENE_RESOLVERS];
	struct snapshot snapshot;
	struct status status;
};

static inline struct resolver_key scene_key(const char *text)
{
	struct resolver_key key;

	assert_int_equal(resolver_parse(text, &key), 0);
	return key;
}

/* One resolver, 192.0.2.1, at second 0. */
static inline void scene_begin(struct scene *scene, const struct thresholds *thresholds)
{
	memset(scene, 0, sizeof(*scene));
	scene->judge = judge_new(SCENE_START_NS, thresholds);
	assert_non_null(scene->judge);
	scene->resolvers[0].key = scene_key("192.0.2.1");
	scene->snapshot.resolvers = scene->resolvers;
	scene->snapshot.count = 1;
	scene->snapshot.at_ns = SCENE_START_NS;
	scene->snapshot.in_flight_capacity = 65536;
	scene->snapshot.resolvers_capacity = 289;
	scene->status.snapshot = &scene->snapshot;
	scene->status.interval_s = 1;
	scene->status.resolvers = scene->out;
}

static inline void scene_end(struct scene *scene)
{
	judge_free(scene->judge);
}

static inline __u64 *scene_counters(struct scene *scene)
{
	return scene->resolvers[0].counters.n;
}

/* `count` queries that end by `outcome`. */
static inline void scene_settle(struct scene *scene, enum counter outcome, __u64 count)
{
	scene_counters(scene)[COUNTER_QUERIES] += count;
	scene_counters(scene)[COUNTER_TRANSACTIONS] += count;
	scene_counters(scene)[outcome] += count;
}

/* Fills `out` in the order of the snapshot; `out[i].now` points into it. */
static inline void scene_fill(struct judge *judge, const struct snapshot *snapshot,
			      struct resolver_status *out)
{
	size_t count = judge_count(judge), i, j;
	struct resolver_snapshot *rows = calloc(count + 1, sizeof(*rows));
	struct resolver_status *all = calloc(count + 1, sizeof(*all));

	assert_non_null(rows);
	assert_non_null(all);
	assert_int_equal(judge_status(judge, rows, all), 0);
	for (i = 0, j = 0; i < snapshot->count; i++) {
		const struct resolver_snapshot *now = &snapshot->resolvers[i];
		size_t tried;

		for (tried = 0; memcmp(&rows[j].key, &now->key, sizeof(now->key)); tried++) {
			assert_true(tried < count);
			j = (j + 1) % count;
		}
		assert_memory_equal(&rows[j].counters, &now->counters, sizeof(now->counters));
		out[i] = all[j];
		out[i].now = now;
	}
	free(rows);
	free(all);
}

/* A second of all in the snapshot; `incidents` may be NULL. */
static inline void scene_judge(struct judge *judge, struct incidents *incidents,
			       const struct snapshot *snapshot, struct resolver_status *out)
{
	struct judged_now judged;
	int got;

	assert_int_equal(judge_begin(judge, snapshot), 0);
	while ((got = judge_next(judge, &judged)) > 0)
		if (incidents)
			assert_int_equal(incidents_follow(incidents, &judged, snapshot), 0);
	assert_int_equal(got, 0);
	if (incidents)
		incidents_end_second(incidents, snapshot);
	scene_fill(judge, snapshot, out);
}

/* The next snapshot is taken at `second`. */
static inline void scene_tick_at(struct scene *scene, double second)
{
	scene->now_s = second;
	scene->snapshot.at_ns = SCENE_START_NS + (__u64)(second * 1e9);
	scene->snapshot.wall_ns = scene->snapshot.at_ns;
	scene_judge(scene->judge, NULL, &scene->snapshot, scene->out);
	scene->status.count = scene->snapshot.count;
}

/* Counts the second of `status` in sparklines. */
static inline void scene_count_sparklines(struct sparklines *sparklines,
					  const struct status *status)
{
	size_t i;

	sparklines_advance(sparklines, status->snapshot->at_ns);
	for (i = 0; i < status->count; i++)
		assert_int_equal(sparklines_count(sparklines, status->resolvers[i].entry,
						  &status->resolvers[i].now->counters),
				 0);
}

static inline void scene_tick(struct scene *scene)
{
	scene_tick_at(scene, scene->now_s + 1);
}

/* So many of each in one second, then the judgement. */
static inline void scene_second(struct scene *scene, __u64 answered, __u64 timed_out)
{
	scene_settle(scene, COUNTER_ANSWERED_NOERROR, answered);
	scene_settle(scene, COUNTER_TIMED_OUT, timed_out);
	scene_tick(scene);
}

/* Ticks each second, nothing else, until `second`. */
static inline void scene_run_until(struct scene *scene, double second)
{
	while (scene->now_s + 1 <= second)
		scene_tick(scene);
}

static inline const struct rates *scene_rates(const struct scene *scene, enum window window)
{
	return &scene->out[0].windows[window];
}

/* The bucket that the kernel side counts an RTT in, worked out from dnsreach.h's words. */
static inline unsigned int scene_bucket(__u64 rtt_ns)
{
	__u64 us = (rtt_ns - 1) / 1000;
	unsigned int octave = 2;

	if (us < 4)
		return (unsigned int)us;
	while (us >> (octave + 1))
		octave++;
	return 4 + 4 * (octave - 2) + (unsigned int)((us - (1ULL << octave)) >> (octave - 2));
}

static inline void scene_rtt(struct scene *scene, __u64 rtt_ns, __u64 count)
{
	struct resolver_counters *counters = &scene->resolvers[0].counters;

	counters->rtt[scene_bucket(rtt_ns)] += count;
	counters->n[COUNTER_RTT_COUNT] += count;
	counters->n[COUNTER_RTT_SUM_NS] += count * rtt_ns;
}

#define assert_state(scene, expected) assert_int_equal((scene)->out[0].state, (expected))
#define assert_near(value, expected) assert_true(fabs((value) - (expected)) < 1e-9)
#define assert_undefined(value) assert_true(isnan(value))

#endif
