/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A run that goes on with the counters of the one before: what was counted then is not news. */
#include "incident_scene.h"

#include "health/sparkline.h"

/* A resolver that answered 100 and failed 900 before we looked, at second 0. */
static void begin(struct incident_scene *s)
{
	unsigned int i;

	incidents_begin(s);
	for (i = 0; i < 100; i++)
		settle(s, 0, COUNTER_ANSWERED_NOERROR, -300, -299);
	for (i = 0; i < 900; i++)
		settle(s, 0, COUNTER_TIMED_OUT, -200 + i * 0.1, -195 + i * 0.1);
	s->scene.snapshot.self.n[SELF_FORGOTTEN] = 7;
	s->scene.snapshot.wall_ns = s->scene.snapshot.at_ns + s->wall_ns;
	assert_int_equal(judge_prime(s->scene.judge, &s->scene.snapshot), 0);
	assert_int_equal(incidents_prime(s->incidents, &s->scene.snapshot), 0);
}

static void old_counts_are_in_no_window(void **state)
{
	struct incident_scene s;

	(void)state;
	begin(&s);
	tick(&s);
	assert_int_equal(s.scene.out[0].state, STATE_IDLE);
	assert_int_equal(scene_rates(&s.scene, WINDOW_5M)->settled, 0);
	assert_int_equal(incident_count(&s), 0);
	incidents_end(&s);
}

static void what_comes_then_is_judged_alone(void **state)
{
	struct incident_scene s;

	(void)state;
	begin(&s);
	second_of(&s, 0, 10, 0);
	tick(&s);
	assert_int_equal(scene_rates(&s.scene, WINDOW_10S)->settled, 10);
	assert_true(scene_rates(&s.scene, WINDOW_10S)->failure_ratio == 0);
	second_of(&s, 0, 5, 0);
	tick(&s);
	second_of(&s, 0, 5, 0);
	tick(&s);
	assert_int_equal(s.scene.out[0].state, STATE_HEALTHY);
	assert_int_equal(incident_count(&s), 0);
	incidents_end(&s);
}

static void an_incident_counts_from_the_takeover(void **state)
{
	struct incident_scene s;
	const struct incident *incident;

	(void)state;
	begin(&s);
	tick(&s);
	second_of(&s, 0, 0, 4);
	tick(&s);
	assert_int_equal(incident_count(&s), 1);
	incident = incident_number(&s, 1);
	assert_int_equal(incident->state, STATE_DOWN);
	assert_int_equal(incident->counters.n[COUNTER_TIMED_OUT], 4);
	assert_int_equal(incident->counters.n[COUNTER_ANSWERED_NOERROR], 0);
	incidents_end(&s);
}

static void trends_begin_at_the_takeover(void **state)
{
	struct sparkline_slot slots[SPARKLINE_SLOTS];
	struct sparklines *trends;
	struct incident_scene s;
	__u64 settled = 0, i;

	(void)state;
	begin(&s);
	trends = sparklines_new(judge_resolvers(s.scene.judge));
	assert_int_equal(sparklines_prime(trends, &s.scene.snapshot), 0);
	second_of(&s, 0, 2, 1);
	tick(&s);
	scene_count_sparklines(trends, &s.scene.status);
	assert_int_equal(sparklines_of(trends, &s.scene.resolvers[0].key, slots), SPARKLINE_SLOTS);
	for (i = 0; i < SPARKLINE_SLOTS; i++)
		settled += slots[i].settled;
	assert_int_equal(settled, 3);
	sparklines_free(trends);
	incidents_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_counts_are_in_no_window),
		cmocka_unit_test(what_comes_then_is_judged_alone),
		cmocka_unit_test(an_incident_counts_from_the_takeover),
		cmocka_unit_test(trends_begin_at_the_takeover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
