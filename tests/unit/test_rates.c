// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Windows and the rates over them. */
#include "scene.h"

#include "health/counters.h"
#include "health/history.h"

static void each_window_holds_its_own_seconds(void **state)
{
	struct scene scene;
	int second;

	(void)state;
	scene_begin(&scene, NULL);
	for (second = 1; second <= 400; second++) {
		scene_settle(&scene, COUNTER_ANSWERED_NOERROR, (__u64)second);
		scene_tick(&scene);
	}
	assert_int_equal(scene_rates(&scene, WINDOW_1S)->settled, 400);
	assert_int_equal(scene_rates(&scene, WINDOW_10S)->settled, (391 + 400) * 5);
	assert_int_equal(scene_rates(&scene, WINDOW_1M)->settled, (341 + 400) * 30);
	assert_int_equal(scene_rates(&scene, WINDOW_5M)->settled, (101 + 400) * 150);
	assert_near(scene_rates(&scene, WINDOW_1S)->queries_per_s, 400);
	assert_near(scene_rates(&scene, WINDOW_10S)->queries_per_s, 395.5);
	assert_near(scene_rates(&scene, WINDOW_5M)->queries_per_s, 250.5);
	scene_end(&scene);
}

static void a_young_window_divides_by_what_has_passed(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 12);
	scene_tick_at(&scene, 1);
	scene_tick_at(&scene, 2);
	scene_tick_at(&scene, 3);
	assert_near(scene_rates(&scene, WINDOW_1S)->queries_per_s, 0);
	assert_near(scene_rates(&scene, WINDOW_10S)->queries_per_s, 4);
	assert_near(scene_rates(&scene, WINDOW_5M)->queries_per_s, 4);
	scene_end(&scene);
}

static void a_rate_over_no_time_is_undefined(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 12);
	scene_tick_at(&scene, 0);
	assert_undefined(scene_rates(&scene, WINDOW_1S)->queries_per_s);
	assert_int_equal(scene_rates(&scene, WINDOW_1S)->settled, 12);
	scene_end(&scene);
}

static void a_resolver_had_nothing_before_its_entry_was_made(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene.snapshot.count = 0;
	scene_run_until(&scene, 100);
	scene.snapshot.count = 1;
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 30);
	scene_tick(&scene);
	assert_near(scene_rates(&scene, WINDOW_1S)->queries_per_s, 30);
	assert_near(scene_rates(&scene, WINDOW_10S)->queries_per_s, 3);
	assert_near(scene_rates(&scene, WINDOW_1M)->queries_per_s, 0.5);
	scene_end(&scene);
}

/* 70 seconds without a snapshot: the queries of that time are in the step that spans it. */
static void skipped_seconds_are_found_by_time(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_run_until(&scene, 20);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 700);
	scene_tick_at(&scene, 90);
	assert_near(scene_rates(&scene, WINDOW_1S)->queries_per_s, 10);
	assert_near(scene_rates(&scene, WINDOW_10S)->queries_per_s, 10);
	assert_near(scene_rates(&scene, WINDOW_1M)->queries_per_s, 10);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 5);
	scene_tick_at(&scene, 95);
	assert_near(scene_rates(&scene, WINDOW_1S)->queries_per_s, 1);
	assert_int_equal(scene_rates(&scene, WINDOW_1S)->settled, 5);
	assert_int_equal(scene_rates(&scene, WINDOW_10S)->settled, 705);
	scene_tick_at(&scene, 100);
	assert_int_equal(scene_rates(&scene, WINDOW_10S)->settled, 5);
	assert_int_equal(scene_rates(&scene, WINDOW_1M)->settled, 705);
	scene_end(&scene);
}

/* A tick some milliseconds early must not make a window of 1 s one of 2 s. */
static void a_window_bears_jitter(void **state)
{
	struct scene scene;
	double second;

	(void)state;
	scene_begin(&scene, NULL);
	for (second = 1; second <= 30; second++) {
		scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 1);
		scene_tick_at(&scene, second + ((int)second % 2 ? 0.1 : 0));
		assert_int_equal(scene_rates(&scene, WINDOW_1S)->settled, 1);
	}
	assert_int_equal(scene_rates(&scene, WINDOW_10S)->settled, 10);
	scene_end(&scene);
}

#define MODEL_TICKS 3000

/* Cumulative samples of everything, and a search through all of them. */
struct rates_model {
	double at[MODEL_TICKS];
	__u64 settled[MODEL_TICKS];
};

static unsigned int model_start(const struct rates_model *model, unsigned int now, double length)
{
	unsigned int tick = now - 1;

	while (tick && model->at[tick] > model->at[now] - length + 0.25)
		tick--;
	return tick;
}

static void check_against(const struct rates_model *model, unsigned int now,
			  const struct scene *scene)
{
	static const double lengths[WINDOW_MAX] = {1, 10, 60, 300};
	unsigned int window;

	for (window = 0; window < WINDOW_MAX; window++) {
		unsigned int start = model_start(model, now, lengths[window]);
		__u64 settled = model->settled[now] - model->settled[start];
		const struct rates *rates = scene_rates(scene, window);

		assert_int_equal(rates->settled, settled);
		assert_near(rates->queries_per_s,
			    (double)settled / (model->at[now] - model->at[start]));
	}
}

/* Seconds early, late and skipped by the hundred; bursts, and minutes in which nothing moves. */
static void windows_agree_with_a_plain_model(void **state)
{
	static const double steps[] = {1, 1, 1, 1, 1, 1, 0.875, 1.125, 2, 7, 64, 512};
	static struct rates_model model;
	unsigned int now, random = 1;
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	for (now = 1; now < MODEL_TICKS; now++) {
		random = random * 1103515245 + 12345;
		if ((random >> 16 & 15) < now / 200) /* ever more: the history must grow */
			scene_settle(&scene, COUNTER_ANSWERED_NOERROR + (random >> 18) % 7,
				     random >> 24);
		model.at[now] =
			model.at[now - 1] + steps[now % 700 < 400 ? 0 : (random >> 20) % 12];
		model.settled[now] = scene_counters(&scene)[COUNTER_TRANSACTIONS];
		scene_tick_at(&scene, model.at[now]);
		check_against(&model, now, &scene);
	}
	scene_end(&scene);
}

static void time_that_stands_still_breaks_nothing(void **state)
{
	struct scene scene;
	int i;

	(void)state;
	scene_begin(&scene, NULL);
	for (i = 0; i < 3000; i++) {
		scene_settle(&scene, COUNTER_TIMED_OUT, 1);
		scene_tick_at(&scene, i < 1500 ? 5 : 4);
	}
	assert_int_equal(scene_rates(&scene, WINDOW_1M)->settled, TICKS_KEPT - 1);
	assert_int_equal(scene.out[0].state, STATE_DOWN);
	scene_end(&scene);
}

/* More than one change record can hold, and a counter beyond 32 bits. */
static void large_steps_are_exact(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 5000000000ULL);
	scene_tick(&scene);
	assert_int_equal(scene_rates(&scene, WINDOW_1S)->settled, 5000000000ULL);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 3);
	scene_tick(&scene);
	assert_int_equal(scene_rates(&scene, WINDOW_1S)->settled, 3);
	assert_int_equal(scene_rates(&scene, WINDOW_10S)->settled, 5000000003ULL);
	scene_run_until(&scene, 320);
	assert_int_equal(scene_rates(&scene, WINDOW_5M)->settled, 0);
	scene_end(&scene);
}

static void nothing_settled_is_no_ratio_and_no_percentile(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_counters(&scene)[COUNTER_QUERIES] = 4;
	scene_tick(&scene);
	assert_undefined(scene_rates(&scene, WINDOW_1S)->failure_ratio);
	assert_undefined(scene_rates(&scene, WINDOW_1S)->error_ratio);
	assert_undefined(scene_rates(&scene, WINDOW_1S)->rtt_p50_s);
	assert_near(scene_rates(&scene, WINDOW_1S)->port_unreachables_per_query, 0);
	scene_tick(&scene);
	assert_undefined(scene_rates(&scene, WINDOW_1S)->port_unreachables_per_query);
	scene_end(&scene);
}

static void ratios_are_as_documented(void **state)
{
	struct resolver_counters window = {.n = {
						   [COUNTER_QUERIES] = 40,
						   [COUNTER_ICMP_PORT] = 2,
						   [COUNTER_ICMP_HOST] = 9,
						   [COUNTER_ANSWERED_NOERROR] = 5,
						   [COUNTER_ANSWERED_NXDOMAIN] = 3,
						   [COUNTER_ANSWERED_SERVFAIL] = 1,
						   [COUNTER_ANSWERED_REFUSED] = 1,
						   [COUNTER_UNREACHABLE_HOST] = 4,
						   [COUNTER_TIMED_OUT] = 3,
						   [COUNTER_UNSENT_PROHIBITED] = 3,
						   [COUNTER_LATE_RESPONSES] = 50,
					   }};
	struct rates rates;

	(void)state;
	rates_of(&window, 8, &rates);
	assert_near(rates.queries_per_s, 5);
	assert_int_equal(rates.settled, 20);
	assert_near(rates.failure_ratio, 0.5);
	assert_near(rates.error_ratio, 0.1);
	assert_near(rates.port_unreachables_per_query, 0.05);
}

static void percentiles_are_those_of_the_window(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_rtt(&scene, 900000000, 100);
	scene_tick(&scene);
	scene_run_until(&scene, 30);
	scene_rtt(&scene, 10000000, 94);
	scene_rtt(&scene, 50000000, 6);
	scene_tick(&scene);
	assert_true(fabs(scene_rates(&scene, WINDOW_10S)->rtt_p50_s - 0.010) <= 0.125 * 0.010);
	assert_true(fabs(scene_rates(&scene, WINDOW_10S)->rtt_p95_s - 0.050) <= 0.125 * 0.050);
	assert_true(fabs(scene_rates(&scene, WINDOW_1M)->rtt_p95_s - 0.900) <= 0.125 * 0.900);
	assert_true(fabs(scene_rates(&scene, WINDOW_10S)->rtt_p99_s - 0.050) <= 0.125 * 0.050);
	scene_end(&scene);
}

/* Resolvers appear in front of others, and change places, between snapshots. */
static void a_resolver_is_found_by_its_key(void **state)
{
	struct resolver_snapshot first;
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 7);
	scene_tick(&scene);
	first = scene.resolvers[0];
	first.counters.n[COUNTER_ANSWERED_NOERROR] += 2;
	memset(&scene.resolvers[0], 0, sizeof(scene.resolvers[0]));
	scene.resolvers[0].key = scene_key("192.0.2.2");
	scene.resolvers[0].counters.n[COUNTER_TIMED_OUT] = 5;
	scene.resolvers[1] = first;
	scene.snapshot.count = 2;
	scene_tick(&scene);
	assert_int_equal(scene.out[0].windows[WINDOW_1S].settled, 5);
	assert_int_equal(scene.out[0].state, STATE_DOWN);
	assert_int_equal(scene.out[1].windows[WINDOW_1S].settled, 2);
	assert_int_equal(scene.out[1].windows[WINDOW_10S].settled, 9);
	assert_int_equal(scene.out[1].state, STATE_HEALTHY);
	assert_ptr_equal(scene.out[1].now, &scene.resolvers[1]);
	scene_end(&scene);
}

static void a_thousand_resolvers_are_kept_apart(void **state)
{
	enum { MANY = 1000 };
	static struct resolver_snapshot resolvers[MANY];
	static struct resolver_status out[MANY];
	struct snapshot snapshot = {.resolvers = resolvers, .count = MANY};
	struct judge *judge = judge_new(0, NULL);
	unsigned int i, tick;

	(void)state;
	for (i = 0; i < MANY; i++)
		resolvers[i].key.address.w[3] = i + 1;
	for (tick = 1; tick <= 20; tick++) {
		snapshot.at_ns = tick * NS_PER_S;
		for (i = 0; i < MANY; i++)
			resolvers[i].counters.n[COUNTER_QUERIES] += i;
		scene_judge(judge, NULL, &snapshot, out);
	}
	for (i = 0; i < MANY; i++)
		assert_near(out[i].windows[WINDOW_10S].queries_per_s, i);
	judge_free(judge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_window_holds_its_own_seconds),
		cmocka_unit_test(a_young_window_divides_by_what_has_passed),
		cmocka_unit_test(a_rate_over_no_time_is_undefined),
		cmocka_unit_test(a_resolver_had_nothing_before_its_entry_was_made),
		cmocka_unit_test(skipped_seconds_are_found_by_time),
		cmocka_unit_test(a_window_bears_jitter),
		cmocka_unit_test(windows_agree_with_a_plain_model),
		cmocka_unit_test(time_that_stands_still_breaks_nothing),
		cmocka_unit_test(large_steps_are_exact),
		cmocka_unit_test(nothing_settled_is_no_ratio_and_no_percentile),
		cmocka_unit_test(ratios_are_as_documented),
		cmocka_unit_test(percentiles_are_those_of_the_window),
		cmocka_unit_test(a_resolver_is_found_by_its_key),
		cmocka_unit_test(a_thousand_resolvers_are_kept_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
