// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The ways out of a state: recovery with its hysteresis, and idleness (contract, section 5). */
#include "scene.h"

static void recovery_takes_three_judgements_running(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 0, 3);
	assert_state(&scene, STATE_DOWN);
	scene_run_until(&scene, 20);
	scene_second(&scene, 50, 0);
	assert_state(&scene, STATE_DEGRADED);
	scene_second(&scene, 50, 0);
	assert_state(&scene, STATE_DEGRADED);
	scene_second(&scene, 50, 0);
	assert_state(&scene, STATE_HEALTHY);
	scene_end(&scene);
}

static void a_relapse_starts_recovery_anew(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 0, 3);
	scene_run_until(&scene, 20);
	scene_second(&scene, 50, 0);
	scene_second(&scene, 50, 0);
	scene_second(&scene, 0, 50);
	assert_state(&scene, STATE_DEGRADED);
	scene_run_until(&scene, 40);
	scene_second(&scene, 500, 0);
	assert_state(&scene, STATE_DEGRADED);
	scene_second(&scene, 500, 0);
	assert_state(&scene, STATE_DEGRADED);
	scene_second(&scene, 500, 0);
	assert_state(&scene, STATE_HEALTHY);
	scene_end(&scene);
}

/* Good enough to stay healthy is not good enough to recover: the count starts again. */
static void a_judgement_between_the_thresholds_starts_recovery_anew(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 0, 3);
	scene_run_until(&scene, 20);
	scene_second(&scene, 50, 0);
	scene_second(&scene, 50, 0);
	scene_second(&scene, 0, 3); /* 3 of 103 */
	assert_state(&scene, STATE_DEGRADED);
	scene_second(&scene, 500, 0);
	scene_second(&scene, 500, 0);
	assert_state(&scene, STATE_DEGRADED);
	scene_second(&scene, 500, 0);
	assert_state(&scene, STATE_HEALTHY);
	scene_end(&scene);
}

/* 3 % is below the threshold but not below half of it: good enough to stay, not to recover. */
static void recovery_asks_for_half_the_failure_threshold(void **state)
{
	struct scene scene;
	int i;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 0, 3);
	scene_run_until(&scene, 20);
	for (i = 0; i < 30; i++) {
		scene_second(&scene, 97, 3);
		assert_state(&scene, STATE_DEGRADED);
	}
	for (i = 0; i < 30; i++)
		scene_second(&scene, 98, 2);
	assert_state(&scene, STATE_HEALTHY);
	for (i = 0; i < 30; i++) {
		scene_second(&scene, 97, 3);
		assert_state(&scene, STATE_HEALTHY);
	}
	scene_end(&scene);
}

static void recovery_asks_for_half_the_error_threshold(void **state)
{
	struct scene scene;
	int i;

	(void)state;
	scene_begin(&scene, NULL);
	for (i = 0; i < 30; i++) {
		scene_settle(&scene, COUNTER_ANSWERED_SERVFAIL, i < 3 ? 90 : 30);
		scene_second(&scene, i < 3 ? 10 : 70, 0);
		assert_state(&scene, STATE_DEGRADED);
	}
	for (i = 0; i < 15; i++) {
		scene_settle(&scene, COUNTER_ANSWERED_SERVFAIL, 20);
		scene_second(&scene, 80, 0);
	}
	assert_state(&scene, STATE_HEALTHY);
	scene_end(&scene);
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
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 0, 10);
	assert_state(&scene, STATE_DOWN);
	scene_second(&scene, 1, 0);
	assert_state(&scene, STATE_DEGRADED);
	scene_end(&scene);
}

static void five_quiet_minutes_are_idle(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 0, 10);
	scene_run_until(&scene, 300);
	assert_state(&scene, STATE_DOWN);
	scene_tick(&scene);
	assert_state(&scene, STATE_IDLE);
	assert_int_equal(scene.out[0].cause, CAUSE_NONE);
	scene_end(&scene);
}

static void a_query_alone_keeps_from_idle(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 0, 10);
	scene_run_until(&scene, 290);
	scene_counters(&scene)[COUNTER_QUERIES]++;
	scene_run_until(&scene, 580);
	assert_state(&scene, STATE_DOWN);
	scene_run_until(&scene, 592);
	assert_state(&scene, STATE_IDLE);
	scene_end(&scene);
}

static void idle_becomes_what_is_judged_at_once(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 0, 10);
	scene_run_until(&scene, 400);
	assert_state(&scene, STATE_IDLE);
	scene_second(&scene, 10, 0);
	assert_state(&scene, STATE_HEALTHY);
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recovery_takes_three_judgements_running),
		cmocka_unit_test(a_relapse_starts_recovery_anew),
		cmocka_unit_test(a_judgement_between_the_thresholds_starts_recovery_anew),
		cmocka_unit_test(recovery_asks_for_half_the_failure_threshold),
		cmocka_unit_test(recovery_asks_for_half_the_error_threshold),
		cmocka_unit_test(recovery_asks_for_three_answers),
		cmocka_unit_test(down_with_an_answer_is_degraded),
		cmocka_unit_test(five_quiet_minutes_are_idle),
		cmocka_unit_test(a_query_alone_keeps_from_idle),
		cmocka_unit_test(idle_becomes_what_is_judged_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
