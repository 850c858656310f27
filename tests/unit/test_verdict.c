// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The state of a resolver, judged each second (docs/counters.md, State). */
#include "scene.h"

#include <errno.h>

static void a_resolver_never_asked_is_idle(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_run_until(&scene, 400);
	assert_state(&scene, STATE_IDLE);
	scene_end(&scene);
}

static void two_settled_are_pending_and_never_healthy(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_tick(&scene);
	assert_state(&scene, STATE_IDLE);
	scene_second(&scene, 0, 2);
	assert_state(&scene, STATE_PENDING);
	assert_int_equal(scene.out[0].cause, CAUSE_NONE);
	scene_second(&scene, 0, 1);
	assert_state(&scene, STATE_DOWN);
	scene_end(&scene);
}

static void two_answered_are_pending_until_the_third(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 2, 0);
	assert_state(&scene, STATE_PENDING);
	scene_second(&scene, 1, 0);
	assert_state(&scene, STATE_HEALTHY);
	scene_end(&scene);
}

static void a_query_without_an_outcome_is_pending(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_counters(&scene)[COUNTER_QUERIES]++;
	scene_tick(&scene);
	assert_state(&scene, STATE_PENDING);
	scene_run_until(&scene, 300);
	assert_state(&scene, STATE_PENDING);
	scene_run_until(&scene, 302);
	assert_state(&scene, STATE_IDLE); /* not asked for 5 minutes */
	scene_end(&scene);
}

/* A state that was judged stays while too few settle; only an idle resolver becomes pending. */
static void two_settled_leave_a_judged_state_as_it_was(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 0, 3);
	scene_run_until(&scene, 299);
	scene_counters(&scene)[COUNTER_QUERIES]++;
	scene_run_until(&scene, 310);
	assert_state(&scene, STATE_DOWN);
	scene_end(&scene);
}

static void down_means_that_all_failed(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_TIMED_OUT, 1);
	scene_settle(&scene, COUNTER_UNREACHABLE_HOST, 1);
	scene_counters(&scene)[COUNTER_UNSENT_HOST] = 1;
	scene_tick(&scene);
	assert_state(&scene, STATE_DOWN);
	scene_end(&scene);
}

static void unsent_alone_may_be_down(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_counters(&scene)[COUNTER_UNSENT_PROHIBITED] = 3;
	scene_tick(&scene);
	assert_state(&scene, STATE_DOWN);
	scene_end(&scene);
}

static void state_after(__u64 answered, __u64 timed_out, __u64 servfail, enum state expected)
{
	struct scene scene;

	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_SERVFAIL, servfail);
	scene_second(&scene, answered, timed_out);
	assert_state(&scene, expected);
	scene_end(&scene);
}

static void degraded_begins_at_its_thresholds(void **state)
{
	(void)state;
	state_after(96, 4, 0, STATE_HEALTHY);
	state_after(95, 5, 0, STATE_DEGRADED);
	state_after(51, 0, 49, STATE_HEALTHY);
	state_after(50, 0, 50, STATE_DEGRADED);
	state_after(0, 0, 50, STATE_DEGRADED);
	state_after(1, 99, 0, STATE_DEGRADED);
}

static void thresholds_are_options(void **state)
{
	const struct thresholds strict = {.failure = 0.01, .error = 0.1};
	struct scene scene;

	(void)state;
	scene_begin(&scene, &strict);
	scene_second(&scene, 98, 2);
	assert_state(&scene, STATE_DEGRADED);
	scene_end(&scene);
}

static void nxdomain_is_no_error(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_NXDOMAIN, 10);
	scene_tick(&scene);
	assert_state(&scene, STATE_HEALTHY);
	scene_end(&scene);
}

/* Timeouts of 3 s ago weigh in 10 s, not in a window that is shorter. */
static void the_shortest_window_that_holds_three_judges(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 10, 0);
	assert_state(&scene, STATE_HEALTHY);
	scene_run_until(&scene, 30);
	scene_second(&scene, 0, 2);
	assert_state(&scene, STATE_DEGRADED); /* by 1 min: 2 of 12 */
	scene_second(&scene, 0, 1);
	assert_state(&scene, STATE_DOWN); /* by 10 s: 3 of 3 */
	scene_end(&scene);
}

static void five_minutes_judge_when_a_minute_holds_too_few(void **state)
{
	struct scene scene;
	int i;

	(void)state;
	scene_begin(&scene, NULL);
	for (i = 0; i < 3; i++) {
		scene_second(&scene, 0, 1);
		scene_run_until(&scene, scene.now_s + 89);
		assert_state(&scene, i < 2 ? STATE_PENDING : STATE_DOWN);
	}
	scene_end(&scene);
}

/* One query each 2 minutes: no window of 5 minutes ever holds three. */
static void rare_queries_are_judged_by_the_last_three(void **state)
{
	struct scene scene;
	int i;

	(void)state;
	scene_begin(&scene, NULL);
	for (i = 0; i < 3; i++) {
		scene_second(&scene, 1, 0);
		scene_run_until(&scene, scene.now_s + 199);
	}
	assert_state(&scene, STATE_HEALTHY);
	for (i = 0; i < 3; i++) {
		assert_state(&scene, i ? STATE_DEGRADED : STATE_HEALTHY);
		scene_second(&scene, 0, 1);
		scene_run_until(&scene, scene.now_s + 199);
	}
	assert_state(&scene, STATE_DOWN);
	scene_end(&scene);
}

/* The last three, and no more: of a second with many, as many as are needed. */
static void the_last_three_begin_with_the_youngest(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 0, 7);
	scene_run_until(&scene, 350);
	scene_second(&scene, 2, 0);
	assert_state(&scene, STATE_DEGRADED); /* 1 of 3 failed */
	scene_run_until(&scene, 500);
	scene_second(&scene, 1, 0);
	assert_state(&scene, STATE_DEGRADED); /* three answers, first judgement */
	scene_run_until(&scene, 503);
	assert_state(&scene, STATE_HEALTHY);
	scene_end(&scene);
}

static void a_burst_long_ago_does_not_outweigh_the_last_three(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 100, 0);
	assert_state(&scene, STATE_HEALTHY);
	scene_run_until(&scene, 310);
	scene_second(&scene, 0, 1);
	scene_run_until(&scene, 615);
	scene_second(&scene, 0, 1);
	assert_state(&scene, STATE_DEGRADED); /* 2 of the last 3 failed */
	scene_end(&scene);
}

static void what_settled_an_hour_ago_does_not_judge(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 0, 2);
	scene_run_until(&scene, 3601);
	assert_state(&scene, STATE_IDLE);
	scene_second(&scene, 0, 1);
	assert_state(&scene, STATE_PENDING);
	scene_second(&scene, 0, 1);
	assert_state(&scene, STATE_PENDING);
	scene_second(&scene, 0, 1);
	assert_state(&scene, STATE_DOWN);
	scene_end(&scene);
}

static void what_settled_within_the_hour_judges(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 0, 2);
	scene_run_until(&scene, 3600);
	assert_state(&scene, STATE_IDLE);
	scene_second(&scene, 0, 1);
	assert_state(&scene, STATE_DOWN);
	scene_end(&scene);
}

static void other_is_rated_and_never_judged(void **state)
{
	struct resolver_counters basis;
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	memset(&scene.resolvers[0].key, 0, sizeof(scene.resolvers[0].key));
	scene_second(&scene, 0, 10);
	assert_state(&scene, STATE_IDLE);
	assert_int_equal(scene.out[0].cause, CAUSE_NONE);
	assert_near(scene_rates(&scene, WINDOW_10S)->failure_ratio, 1);
	assert_int_equal(judge_basis(scene.judge, &scene.resolvers[0].key, &basis), -ENOENT);
	scene_end(&scene);
}

static void the_basis_is_what_was_judged_by(void **state)
{
	struct resolver_counters basis;
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	assert_int_equal(judge_basis(scene.judge, &scene.resolvers[0].key, &basis), -ENOENT);
	scene_second(&scene, 5, 0);
	scene_run_until(&scene, 15);
	scene_counters(&scene)[COUNTER_EVIDENCE_PORT] += 2;
	scene_settle(&scene, COUNTER_UNREACHABLE_PORT, 4);
	scene_tick(&scene);
	assert_int_equal(judge_basis(scene.judge, &scene.resolvers[0].key, &basis), 0);
	assert_int_equal(basis.n[COUNTER_UNREACHABLE_PORT], 4);
	assert_int_equal(basis.n[COUNTER_EVIDENCE_PORT], 2);
	assert_int_equal(basis.n[COUNTER_ANSWERED_NOERROR], 0);
	scene_end(&scene);
}

#define assert_judged_by(scene, expected) assert_int_equal((scene)->out[0].judged_by, (expected))

/* The shortest of 10 s, 1 min and 5 min that holds 3 settled. */
static void the_verdict_says_which_window_it_used(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_tick(&scene);
	assert_judged_by(&scene, JUDGED_BY_NONE);
	scene_second(&scene, 3, 0);
	assert_judged_by(&scene, JUDGED_BY_10S);
	scene_run_until(&scene, 15);
	assert_judged_by(&scene, JUDGED_BY_1M);
	scene_run_until(&scene, 70);
	assert_judged_by(&scene, JUDGED_BY_5M);
	scene_second(&scene, 0, 1); /* alone in its minute */
	assert_judged_by(&scene, JUDGED_BY_5M);
	scene_end(&scene);
}

static void the_verdict_says_that_it_used_the_last_settled(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 2, 0);
	assert_judged_by(&scene, JUDGED_BY_NONE);
	scene_run_until(&scene, 310);
	scene_second(&scene, 1, 0);
	assert_judged_by(&scene, JUDGED_BY_LAST_SETTLED);
	scene_run_until(&scene, 611);
	assert_state(&scene, STATE_IDLE);
	assert_judged_by(&scene, JUDGED_BY_NONE);
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_resolver_never_asked_is_idle),
		cmocka_unit_test(two_settled_are_pending_and_never_healthy),
		cmocka_unit_test(two_answered_are_pending_until_the_third),
		cmocka_unit_test(a_query_without_an_outcome_is_pending),
		cmocka_unit_test(two_settled_leave_a_judged_state_as_it_was),
		cmocka_unit_test(down_means_that_all_failed),
		cmocka_unit_test(unsent_alone_may_be_down),
		cmocka_unit_test(degraded_begins_at_its_thresholds),
		cmocka_unit_test(thresholds_are_options),
		cmocka_unit_test(nxdomain_is_no_error),
		cmocka_unit_test(the_shortest_window_that_holds_three_judges),
		cmocka_unit_test(five_minutes_judge_when_a_minute_holds_too_few),
		cmocka_unit_test(rare_queries_are_judged_by_the_last_three),
		cmocka_unit_test(the_last_three_begin_with_the_youngest),
		cmocka_unit_test(a_burst_long_ago_does_not_outweigh_the_last_three),
		cmocka_unit_test(what_settled_an_hour_ago_does_not_judge),
		cmocka_unit_test(what_settled_within_the_hour_judges),
		cmocka_unit_test(other_is_rated_and_never_judged),
		cmocka_unit_test(the_basis_is_what_was_judged_by),
		cmocka_unit_test(the_verdict_says_which_window_it_used),
		cmocka_unit_test(the_verdict_says_that_it_used_the_last_settled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
