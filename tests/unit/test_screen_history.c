// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the screen has seen of each resolver: minutes, and since when a state lasts. */
#include "scene.h"

#include "health/status.h"
#include "screen/minute_history.h"

#define MINUTE_NS (60 * NS_PER_S)

/* A scene whose wall clock is at second `s` of an hour. */
static void see(struct scene *scene, struct minute_history *history, double s)
{
	scene_tick_at(scene, s);
	scene->snapshot.wall_ns = 3600 * NS_PER_S + (__u64)(s * 1e9);
	assert_int_equal(minute_history_add(history, &scene->status), 0);
}

static struct minute_counts ago(const struct scene *scene, const struct minute_history *history,
				unsigned int minutes)
{
	const struct minute_entry *entry = minute_history_find(history, &scene->resolvers[0].key);

	assert_non_null(entry);
	return minute_history_ago(entry, scene->snapshot.wall_ns, minutes);
}

static void the_first_status_of_a_daemon_is_in_no_minute(void **state)
{
	struct minute_history history = {0};
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 100);
	see(&scene, &history, 1);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 3);
	scene_settle(&scene, COUNTER_ANSWERED_SERVFAIL, 2);
	scene_settle(&scene, COUNTER_TIMED_OUT, 1);
	see(&scene, &history, 2);
	assert_int_equal(ago(&scene, &history, 0).answered, 3);
	assert_int_equal(ago(&scene, &history, 0).errors, 2);
	assert_int_equal(ago(&scene, &history, 0).failed, 1);
	assert_false(ago(&scene, &history, 1).is_known);
	minute_history_free(&history);
	scene_end(&scene);
}

static void the_first_status_of_this_host_counts(void **state)
{
	struct minute_history history = {.from_zero = 1};
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_TIMED_OUT, 6);
	see(&scene, &history, 1);
	assert_int_equal(ago(&scene, &history, 0).failed, 6);
	minute_history_free(&history);
	scene_end(&scene);
}

static void a_quiet_minute_is_known_and_empty(void **state)
{
	struct minute_history history = {0};
	struct scene scene;
	double s;

	(void)state;
	scene_begin(&scene, NULL);
	for (s = 1; s < 180; s += 30)
		see(&scene, &history, s);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 7);
	see(&scene, &history, 181);
	assert_int_equal(ago(&scene, &history, 0).answered, 7);
	assert_true(ago(&scene, &history, 1).is_known);
	assert_int_equal(ago(&scene, &history, 1).answered, 0);
	assert_true(ago(&scene, &history, 3).is_known);
	assert_false(ago(&scene, &history, 4).is_known);
	minute_history_free(&history);
	scene_end(&scene);
}

static void a_gap_is_not_known(void **state)
{
	struct minute_history history = {.from_zero = 1};
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 5);
	see(&scene, &history, 1);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 1000);
	see(&scene, &history, 601);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 4);
	see(&scene, &history, 602);
	assert_int_equal(ago(&scene, &history, 0).answered, 4);
	assert_false(ago(&scene, &history, 5).is_known);
	assert_int_equal(ago(&scene, &history, 10).answered, 5);
	minute_history_free(&history);
	scene_end(&scene);
}

static void an_hour_is_kept(void **state)
{
	struct minute_history history = {.from_zero = 1};
	struct scene scene;
	unsigned int minute;

	(void)state;
	scene_begin(&scene, NULL);
	for (minute = 0; minute < 100; minute++) {
		scene_settle(&scene, COUNTER_ANSWERED_NOERROR, minute);
		see(&scene, &history, 60.0 * minute + 1);
	}
	assert_int_equal(ago(&scene, &history, 0).answered, 99);
	assert_int_equal(ago(&scene, &history, 59).answered, 40);
	assert_false(ago(&scene, &history, 60).is_known);
	minute_history_free(&history);
	scene_end(&scene);
}

/* A daemon that was restarted counts from zero again. */
static void counters_that_go_down_are_of_another_run(void **state)
{
	struct minute_history history = {.from_zero = 1};
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 500);
	see(&scene, &history, 1);
	scene_end(&scene);
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 20);
	see(&scene, &history, 2);
	assert_int_equal(ago(&scene, &history, 0).answered, 500);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 3);
	see(&scene, &history, 3);
	assert_int_equal(ago(&scene, &history, 0).answered, 503);
	minute_history_free(&history);
	scene_end(&scene);
}

static void a_state_is_known_since_it_changed(void **state)
{
	struct minute_history history = {.from_zero = 1};
	const struct minute_entry *entry;
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	see(&scene, &history, 1);
	entry = minute_history_find(&history, &scene.resolvers[0].key);
	assert_false(entry->since_is_known);
	scene_settle(&scene, COUNTER_TIMED_OUT, 10);
	see(&scene, &history, 2);
	entry = minute_history_find(&history, &scene.resolvers[0].key);
	assert_int_equal(entry->state, STATE_DOWN);
	assert_true(entry->since_is_known);
	assert_int_equal(entry->state_since_ns, 3602 * NS_PER_S);
	assert_int_equal(entry->last_failure_ns, 3602 * NS_PER_S);
	assert_int_equal(entry->last_answer_ns, 0);
	see(&scene, &history, 200); /* a gap: it may have been another in between */
	entry = minute_history_find(&history, &scene.resolvers[0].key);
	assert_false(entry->since_is_known);
	minute_history_free(&history);
	scene_end(&scene);
}

static void many_resolvers_are_found(void **state)
{
	static struct resolver_snapshot rows[500];
	static struct resolver_status judged[500];
	struct snapshot snapshot = {.resolvers = rows, .wall_ns = MINUTE_NS, .count = 500};
	struct status status = {.snapshot = &snapshot, .resolvers = judged, .count = 500};
	struct minute_history history = {.from_zero = 1};
	size_t i;

	(void)state;
	for (i = 0; i < 500; i++) { /* from the last key to the first */
		rows[i].key = scene_key("192.0.2.1");
		rows[i].key.port = (__u16)(500 - i);
		rows[i].counters.n[COUNTER_TIMED_OUT] = i + 1;
		judged[i].now = &rows[i];
	}
	assert_int_equal(minute_history_add(&history, &status), 0);
	snapshot.wall_ns += NS_PER_S;
	assert_int_equal(minute_history_add(&history, &status), 0);
	assert_int_equal(history.count, 500);
	for (i = 0; i < 500; i++)
		assert_int_equal(minute_history_ago(minute_history_find(&history, &rows[i].key),
						    snapshot.wall_ns, 0)
					 .failed,
				 i + 1);
	minute_history_free(&history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_status_of_a_daemon_is_in_no_minute),
		cmocka_unit_test(the_first_status_of_this_host_counts),
		cmocka_unit_test(a_quiet_minute_is_known_and_empty),
		cmocka_unit_test(a_gap_is_not_known),
		cmocka_unit_test(an_hour_is_kept),
		cmocka_unit_test(counters_that_go_down_are_of_another_run),
		cmocka_unit_test(a_state_is_known_since_it_changed),
		cmocka_unit_test(many_resolvers_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
