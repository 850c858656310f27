// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Timeouts that responses explain which match no query: the cause rewritten, the state unclear. */
#include "scene.h"

static void unmatched(struct scene *scene, __u64 of_row, __u64 of_self)
{
	scene_counters(scene)[COUNTER_RESPONSES] += of_row;
	scene_counters(scene)[COUNTER_UNMATCHED_RESPONSES] += of_row;
	scene->snapshot.self.n[SELF_UNMATCHED_RESPONSES] += of_self;
}

/* Queries at one second, whose answers match nothing; 5 s later they have timed out. */
static void burst(struct scene *scene, __u64 timed_out, __u64 of_row, __u64 of_self)
{
	scene_counters(scene)[COUNTER_QUERIES] += timed_out;
	unmatched(scene, of_row, of_self);
	scene_run_until(scene, scene->now_s + 5);
	scene_counters(scene)[COUNTER_TRANSACTIONS] += timed_out;
	scene_counters(scene)[COUNTER_TIMED_OUT] += timed_out;
	scene_tick(scene);
}

static void assert_judged(const struct scene *scene, enum state state, enum cause cause)
{
	assert_int_equal(scene->out[0].state, state);
	assert_int_equal(scene->out[0].cause, cause);
}

static void as_many_unmatched_as_timed_out_is_unclear(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	burst(&scene, 3, 3, 0);
	assert_judged(&scene, STATE_UNCLEAR, CAUSE_REWRITTEN);
	scene_end(&scene);
}

static void those_of_self_count_too(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	burst(&scene, 20, 0, 20);
	assert_judged(&scene, STATE_UNCLEAR, CAUSE_REWRITTEN);
	burst(&scene, 20, 15, 5);
	assert_judged(&scene, STATE_UNCLEAR, CAUSE_REWRITTEN);
	scene_end(&scene);
}

static void one_fewer_is_down(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	burst(&scene, 20, 19, 0);
	assert_judged(&scene, STATE_DOWN, CAUSE_SILENT);
	scene_end(&scene);
}

/* The judged window begins between the answers and the timeouts, and then is another one. */
static void a_burst_stays_unclear_until_it_is_idle(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	burst(&scene, 20, 20, 0);
	while (scene.now_s < 290) {
		assert_judged(&scene, STATE_UNCLEAR, CAUSE_REWRITTEN);
		scene_tick(&scene);
	}
	scene_run_until(&scene, 320);
	assert_judged(&scene, STATE_IDLE, CAUSE_NONE);
	scene_end(&scene);
}

/* The last 3 settled, some minutes from each other. */
static void few_queries_are_unclear_too(void **state)
{
	struct scene scene;
	int i;

	(void)state;
	scene_begin(&scene, NULL);
	for (i = 0; i < 5; i++) {
		burst(&scene, 1, 0, 1);
		scene_run_until(&scene, scene.now_s + 200);
	}
	assert_judged(&scene, STATE_UNCLEAR, CAUSE_REWRITTEN);
	scene_end(&scene);
}

static void what_arrived_long_before_explains_nothing(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_tick(&scene);
	unmatched(&scene, 100, 100);
	scene_run_until(&scene, 70);
	burst(&scene, 20, 0, 0);
	assert_judged(&scene, STATE_DOWN, CAUSE_SILENT);
	scene_end(&scene);
}

static void each_response_explains_one_timeout(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	burst(&scene, 20, 20, 0);
	burst(&scene, 20, 0, 0);
	assert_judged(&scene, STATE_DOWN, CAUSE_SILENT);
	scene_end(&scene);
}

static void two_timeouts_are_too_few(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_UNREACHABLE_OTHER, 1);
	burst(&scene, 2, 9, 0);
	assert_judged(&scene, STATE_DOWN, CAUSE_PORT_CLOSED);
	scene_end(&scene);
}

static void answers_and_rewritten_ones_are_unclear(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 10);
	burst(&scene, 10, 10, 0);
	assert_judged(&scene, STATE_UNCLEAR, CAUSE_REWRITTEN);
	scene_end(&scene);
}

/* ICMP and errors say more than a guess. */
static void other_causes_come_first(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_UNREACHABLE_PORT, 1);
	scene_counters(&scene)[COUNTER_EVIDENCE_PORT] = 1;
	burst(&scene, 10, 10, 0);
	assert_judged(&scene, STATE_DOWN, CAUSE_PORT_CLOSED);
	scene_end(&scene);
}

static void a_good_resolver_stays_healthy(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 1000);
	burst(&scene, 3, 3, 0);
	assert_judged(&scene, STATE_HEALTHY, CAUSE_NONE);
	scene_end(&scene);
}

static void healthy_at_once_when_the_translation_is_gone(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	burst(&scene, 20, 20, 0);
	assert_judged(&scene, STATE_UNCLEAR, CAUSE_REWRITTEN);
	scene_run_until(&scene, scene.now_s + 12);
	scene_second(&scene, 5, 0);
	assert_judged(&scene, STATE_HEALTHY, CAUSE_NONE);
	scene_end(&scene);
}

static void counts_of_an_earlier_run_explain_nothing(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	unmatched(&scene, 1000, 1000);
	assert_int_equal(judge_prime(scene.judge, &scene.snapshot), 0);
	burst(&scene, 20, 0, 0);
	assert_judged(&scene, STATE_DOWN, CAUSE_SILENT);
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_many_unmatched_as_timed_out_is_unclear),
		cmocka_unit_test(those_of_self_count_too),
		cmocka_unit_test(one_fewer_is_down),
		cmocka_unit_test(a_burst_stays_unclear_until_it_is_idle),
		cmocka_unit_test(few_queries_are_unclear_too),
		cmocka_unit_test(what_arrived_long_before_explains_nothing),
		cmocka_unit_test(each_response_explains_one_timeout),
		cmocka_unit_test(two_timeouts_are_too_few),
		cmocka_unit_test(answers_and_rewritten_ones_are_unclear),
		cmocka_unit_test(other_causes_come_first),
		cmocka_unit_test(a_good_resolver_stays_healthy),
		cmocka_unit_test(healthy_at_once_when_the_translation_is_gone),
		cmocka_unit_test(counts_of_an_earlier_run_explain_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
