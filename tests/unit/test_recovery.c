// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The ways out of a state: recovery with its hysteresis, and idleness (docs/counters.md, State). */
#include "scene.h"

static struct scene the_scene;

static int begin(void **state)
{
	scene_begin(&the_scene, NULL);
	*state = &the_scene;
	return 0;
}

/* Whatever was asked has failed. */
static int begin_failed(void **state)
{
	begin(state);
	scene_second(&the_scene, 0, 10);
	return 0;
}

/* Down, and the failures have left the shortest window. */
static int begin_down(void **state)
{
	begin(state);
	scene_second(&the_scene, 0, 3);
	assert_state(&the_scene, STATE_DOWN);
	scene_run_until(&the_scene, 20);
	return 0;
}

static int end(void **state)
{
	scene_end(*state);
	return 0;
}

#define IN_A_SCENE(test, beginning) cmocka_unit_test_setup_teardown(test, beginning, end)

static void recovery_takes_three_judgements_running(void **state)
{
	struct scene *scene = *state;

	scene_second(scene, 50, 0);
	assert_state(scene, STATE_DEGRADED);
	scene_second(scene, 50, 0);
	assert_state(scene, STATE_DEGRADED);
	scene_second(scene, 50, 0);
	assert_state(scene, STATE_HEALTHY);
}

static void a_relapse_starts_recovery_anew(void **state)
{
	struct scene *scene = *state;

	scene_second(scene, 50, 0);
	scene_second(scene, 50, 0);
	scene_second(scene, 0, 50);
	assert_state(scene, STATE_DEGRADED);
	scene_run_until(scene, 40);
	scene_second(scene, 500, 0);
	assert_state(scene, STATE_DEGRADED);
	scene_second(scene, 500, 0);
	assert_state(scene, STATE_DEGRADED);
	scene_second(scene, 500, 0);
	assert_state(scene, STATE_HEALTHY);
}

/* When its traffic ends, a longer window is judged by, in which the old failures are more. */
static void a_recovered_resolver_stays_healthy_when_traffic_ends(void **state)
{
	struct scene *scene = *state;

	scene_second(scene, 10, 0);
	scene_second(scene, 10, 0);
	scene_second(scene, 10, 0);
	assert_state(scene, STATE_HEALTHY);
	scene_run_until(scene, 50);
	assert_state(scene, STATE_HEALTHY);
	scene_second(scene, 1, 0);
	assert_state(scene, STATE_HEALTHY);
}

/* 1 in 30 is below the threshold, and 1 in 6 is above: but nothing failed since. */
static void a_healthy_resolver_stays_so_when_answers_leave_the_window(void **state)
{
	struct scene *scene = *state;

	scene_second(scene, 24, 0);
	scene_second(scene, 5, 1);
	assert_state(scene, STATE_HEALTHY);
	scene_run_until(scene, 11);
	assert_state(scene, STATE_HEALTHY);
	scene_second(scene, 0, 1);
	assert_state(scene, STATE_DEGRADED);
}

/* 5 of 115 are below the threshold. But they came last, and in the end they are all. */
static void failures_that_came_last_are_judged_when_answers_leave_the_window(void **state)
{
	struct scene *scene = *state;

	scene_second(scene, 110, 0);
	scene_run_until(scene, 6);
	scene_second(scene, 0, 5);
	assert_state(scene, STATE_HEALTHY);
	scene_run_until(scene, 12);
	assert_state(scene, STATE_DOWN);
}

/* Good enough to stay healthy is not good enough to recover: the count starts again. */
static void a_judgement_between_the_thresholds_starts_recovery_anew(void **state)
{
	struct scene *scene = *state;

	scene_second(scene, 50, 0);
	scene_second(scene, 50, 0);
	scene_second(scene, 0, 3); /* 3 of 103 */
	assert_state(scene, STATE_DEGRADED);
	scene_second(scene, 500, 0);
	scene_second(scene, 500, 0);
	assert_state(scene, STATE_DEGRADED);
	scene_second(scene, 500, 0);
	assert_state(scene, STATE_HEALTHY);
}

/* 3 % is below the threshold but not below half of it: good enough to stay, not to recover. */
static void recovery_asks_for_half_the_failure_threshold(void **state)
{
	struct scene *scene = *state;
	int i;

	for (i = 0; i < 30; i++) {
		scene_second(scene, 97, 3);
		assert_state(scene, STATE_DEGRADED);
	}
	for (i = 0; i < 30; i++)
		scene_second(scene, 98, 2);
	assert_state(scene, STATE_HEALTHY);
	for (i = 0; i < 30; i++) {
		scene_second(scene, 97, 3);
		assert_state(scene, STATE_HEALTHY);
	}
}

static void recovery_asks_for_half_the_error_threshold(void **state)
{
	struct scene *scene = *state;
	int i;

	for (i = 0; i < 30; i++) {
		scene_settle(scene, COUNTER_ANSWERED_SERVFAIL, i < 3 ? 90 : 30);
		scene_second(scene, i < 3 ? 10 : 70, 0);
		assert_state(scene, STATE_DEGRADED);
	}
	for (i = 0; i < 15; i++) {
		scene_settle(scene, COUNTER_ANSWERED_SERVFAIL, 20);
		scene_second(scene, 80, 0);
	}
	assert_state(scene, STATE_HEALTHY);
}

/* The failure ratio is low enough for these thresholds, but two answers are too few. */
static void recovery_asks_for_three_answers(void **state)
{
	const struct thresholds lax = {.failure = 0.9, .error = 0.9};
	struct scene scene;
	int i;

	(void)state;
	scene_begin(&scene, &lax);
	scene_second(&scene, 0, 3);
	assert_state(&scene, STATE_DOWN);
	scene_run_until(&scene, 20);
	scene_second(&scene, 2, 1);
	for (i = 0; i < 5; i++) {
		scene_tick(&scene);
		assert_state(&scene, STATE_DEGRADED);
	}
	scene_end(&scene);
}

static void down_with_an_answer_is_degraded(void **state)
{
	struct scene *scene = *state;

	scene_second(scene, 0, 10);
	assert_state(scene, STATE_DOWN);
	scene_second(scene, 1, 0);
	assert_state(scene, STATE_DEGRADED);
}

static void five_quiet_minutes_are_idle(void **state)
{
	struct scene *scene = *state;

	scene_run_until(scene, 300);
	assert_state(scene, STATE_DOWN);
	scene_tick(scene);
	assert_state(scene, STATE_IDLE);
	assert_int_equal(scene->out[0].cause, CAUSE_NONE);
}

static void a_query_alone_keeps_from_idle(void **state)
{
	struct scene *scene = *state;

	scene_run_until(scene, 290);
	scene_counters(scene)[COUNTER_QUERIES]++;
	scene_run_until(scene, 580);
	assert_state(scene, STATE_DOWN);
	scene_run_until(scene, 592);
	assert_state(scene, STATE_IDLE);
}

static void idle_becomes_what_is_judged_at_once(void **state)
{
	struct scene *scene = *state;

	scene_run_until(scene, 400);
	assert_state(scene, STATE_IDLE);
	scene_second(scene, 10, 0);
	assert_state(scene, STATE_HEALTHY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_SCENE(recovery_takes_three_judgements_running, begin_down),
		IN_A_SCENE(a_relapse_starts_recovery_anew, begin_down),
		IN_A_SCENE(a_recovered_resolver_stays_healthy_when_traffic_ends, begin_down),
		IN_A_SCENE(a_healthy_resolver_stays_so_when_answers_leave_the_window, begin),
		IN_A_SCENE(failures_that_came_last_are_judged_when_answers_leave_the_window, begin),
		IN_A_SCENE(a_judgement_between_the_thresholds_starts_recovery_anew, begin_down),
		IN_A_SCENE(recovery_asks_for_half_the_failure_threshold, begin_down),
		IN_A_SCENE(recovery_asks_for_half_the_error_threshold, begin),
		cmocka_unit_test(recovery_asks_for_three_answers),
		IN_A_SCENE(down_with_an_answer_is_degraded, begin),
		IN_A_SCENE(five_quiet_minutes_are_idle, begin_failed),
		IN_A_SCENE(a_query_alone_keeps_from_idle, begin_failed),
		IN_A_SCENE(idle_becomes_what_is_judged_at_once, begin_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
