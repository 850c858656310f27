// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The incident of tests/capture/reference.txt: its counters second by second, as the engine
 * makes them, must be judged down, port-closed, failure ratio 1.
 */
#include "scene.h"

#include "health/counters.h"

#define AT(hour, minute, second) ((hour)*3600.0 + (minute)*60.0 + (second))
#define BEGIN AT(13, 24, 30)

/* In the order of time; a timeout counts 5 s after its query. */
static const struct {
	double at;
	enum counter counters[5]; /* 0 is `queries`, and ends the row elsewhere than in front */
} events[] = {
	{AT(13, 24, 32.192571), {COUNTER_QUERIES, COUNTER_TRANSACTIONS}},
	{AT(13, 24, 36.098564),
	 {COUNTER_ICMP_PORT, COUNTER_UNREACHABLE_PORT, COUNTER_EVIDENCE_PORT}},
	{AT(13, 26, 32.192571), {COUNTER_QUERIES, COUNTER_TRANSACTIONS}},
	{AT(13, 26, 37.192571), {COUNTER_TIMED_OUT}},
	{AT(13, 27, 15.934126),
	 {COUNTER_ICMP_PORT, COUNTER_LATE_UNREACHABLES, COUNTER_EVIDENCE_PORT}},
	{AT(13, 28, 32.192571), {COUNTER_QUERIES, COUNTER_TRANSACTIONS}},
	{AT(13, 28, 37.192571), {COUNTER_TIMED_OUT}},
	{AT(13, 28, 50.022967),
	 {COUNTER_ICMP_PORT, COUNTER_LATE_UNREACHABLES, COUNTER_EVIDENCE_PORT}},
};

#define EVENT_COUNT (sizeof(events) / sizeof(*events))

static void count(struct scene *scene, size_t event)
{
	size_t i;

	for (i = 0; i < 5 && (!i || events[event].counters[i]); i++)
		scene_counters(scene)[events[event].counters[i]]++;
}

/* Snapshots each second from 13:24:30 on, the last one at `until`. */
static void run_incident(struct scene *scene, double until)
{
	size_t next = 0;
	double at;

	scene_begin(scene, NULL);
	scene->resolvers[0].key = scene_key("203.0.113.2");
	scene->snapshot.count = 0;
	for (at = BEGIN + 1; at < until + 1; at++) {
		double now = at < until ? at : until;

		for (; next < EVENT_COUNT && events[next].at <= now; next++) {
			scene->snapshot.count = 1;
			count(scene, next);
		}
		scene_tick_at(scene, now - BEGIN);
	}
}

static void at_the_end_it_is_down_and_port_closed(void **state)
{
	struct scene scene;

	(void)state;
	run_incident(&scene, AT(13, 28, 50.022967));
	assert_int_equal(scene.out[0].state, STATE_DOWN);
	assert_int_equal(scene.out[0].cause, CAUSE_PORT_CLOSED);
	assert_false(scene.out[0].forged);
	assert_near(counters_failure_ratio(&scene.resolvers[0].counters), 1);
	assert_near(scene_rates(&scene, WINDOW_5M)->failure_ratio, 1);
	assert_near(scene_rates(&scene, WINDOW_5M)->port_unreachables_per_query, 1);
	assert_int_equal(scene_rates(&scene, WINDOW_5M)->settled, 3);
	assert_int_equal(scene_rates(&scene, WINDOW_1M)->settled, 1);
	assert_int_equal(scene_counters(&scene)[COUNTER_QUERIES], 3);
	assert_int_equal(scene_counters(&scene)[COUNTER_ICMP_PORT], 3);
	assert_int_equal(scene_counters(&scene)[COUNTER_TIMED_OUT], 2);
	assert_int_equal(scene_counters(&scene)[COUNTER_LATE_UNREACHABLES], 2);
	scene_end(&scene);
}

static void it_is_down_from_the_third_outcome_on(void **state)
{
	struct scene scene;

	(void)state;
	run_incident(&scene, AT(13, 28, 37));
	assert_int_equal(scene.out[0].state, STATE_PENDING);
	scene_end(&scene);
	run_incident(&scene, AT(13, 28, 38));
	assert_int_equal(scene.out[0].state, STATE_DOWN);
	assert_int_equal(scene.out[0].cause, CAUSE_PORT_CLOSED);
	scene_end(&scene);
}

/* Replay of a whole file may take its one snapshot at the end. */
static void one_snapshot_at_the_end_says_the_same(void **state)
{
	struct scene scene;
	size_t i;

	(void)state;
	scene_begin(&scene, NULL);
	for (i = 0; i < EVENT_COUNT; i++)
		count(&scene, i);
	scene_tick_at(&scene, AT(13, 28, 50.022967) - AT(13, 24, 32.192571));
	assert_int_equal(scene.out[0].state, STATE_DOWN);
	assert_int_equal(scene.out[0].cause, CAUSE_PORT_CLOSED);
	scene_end(&scene);
}

static void it_stays_down_until_it_is_idle(void **state)
{
	struct scene scene;

	(void)state;
	run_incident(&scene, AT(13, 33, 30));
	assert_int_equal(scene.out[0].state, STATE_DOWN);
	assert_int_equal(scene.out[0].cause, CAUSE_PORT_CLOSED);
	scene_end(&scene);
	run_incident(&scene, AT(13, 33, 40));
	assert_int_equal(scene.out[0].state, STATE_IDLE);
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_the_end_it_is_down_and_port_closed),
		cmocka_unit_test(it_is_down_from_the_third_outcome_on),
		cmocka_unit_test(one_snapshot_at_the_end_says_the_same),
		cmocka_unit_test(it_stays_down_until_it_is_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
