// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A resolver that falls quiet is a few hundred bytes, says what it said before, and goes on when
 * something happens as if it had never been quiet. test_sparse.c compares random scenes with a
 * judge that keeps all.
 */
#include "incident_scene.h"

#include "health/memory.h"
#include "health/quiet.h"

#define MANY 3000

static const struct health_entry *entry_of(const struct incident_scene *s, unsigned int r)
{
	return resolver_map_lookup(judge_resolvers(s->scene.judge), &s->scene.resolvers[r].key);
}

/* Ticks in which nothing is counted, until `second`. */
static void pass_until(struct incident_scene *s, double second)
{
	size_t count = s->scene.snapshot.count;
	struct judged_now judged;

	while (s->scene.now_s < second) {
		s->scene.now_s++;
		s->scene.snapshot.at_ns = clock_at(s->scene.now_s);
		s->scene.snapshot.wall_ns = s->scene.snapshot.at_ns + s->wall_ns;
		s->scene.snapshot.count = 0;
		assert_int_equal(judge_begin(s->scene.judge, &s->scene.snapshot), 0);
		while (judge_next(s->scene.judge, &judged) > 0)
			assert_int_equal(incidents_follow(s->incidents, &judged,
							  &s->scene.snapshot),
					 0);
		incidents_end_second(s->incidents, &s->scene.snapshot);
	}
	s->scene.snapshot.count = count;
}

/* A resolver that has answered three times, and then nothing for 5 minutes. */
static void begin_quiet(struct incident_scene *s)
{
	int i;

	incidents_begin(s);
	for (i = 0; i < 3; i++) {
		second_of(s, 0, 1, 0);
		scene_rtt(&s->scene, 40000, 1);
		tick(s);
	}
	pass_until(s, 298);
	assert_null(entry_of(s, 0)->quiet);
	pass_until(s, 310);
}

static void a_resolver_is_quiet_after_5_minutes(void **state)
{
	struct resolver_snapshot row;
	struct resolver_status status;
	struct incident_scene s;

	(void)state;
	begin_quiet(&s);
	assert_non_null(entry_of(&s, 0)->quiet);
	assert_null(entry_of(&s, 0)->judged);
	assert_null(entry_of(&s, 0)->followed);
	assert_in_range(entry_of(&s, 0)->quiet->length, 50, 200);
	assert_int_equal(judge_count(s.scene.judge), 1);
	assert_int_equal(judge_status(s.scene.judge, &row, &status), 0);
	assert_int_equal(status.state, STATE_IDLE);
	assert_int_equal(status.is_judged, 1);
	assert_memory_equal(&row.counters, &s.scene.resolvers[0].counters, sizeof(row.counters));
	assert_int_equal(status.windows[WINDOW_5M].settled, 0);
	assert_undefined(status.windows[WINDOW_5M].failure_ratio);
	incidents_end(&s);
}

/* The third failure makes it down: the two before the silence count, and began it. */
static void it_goes_on_with_what_it_knew(void **state)
{
	struct incident_scene s;

	(void)state;
	incidents_begin(&s);
	second_of(&s, 0, 0, 2);
	tick(&s);
	pass_until(&s, 400);
	assert_non_null(entry_of(&s, 0)->quiet);
	assert_int_equal(incident_count(&s), 0);
	second_of(&s, 0, 0, 1);
	tick(&s);
	assert_null(entry_of(&s, 0)->quiet);
	assert_state(&s.scene, STATE_DOWN);
	assert_int_equal(incident_count(&s), 1);
	assert_int_equal(incident_number(&s, 1)->counters.n[COUNTER_TIMED_OUT], 3);
	assert_int_equal(incident_number(&s, 1)->start_ns, clock_at(0.25) + s.wall_ns);
	incidents_end(&s);
}

static void one_that_fails_is_not_quiet(void **state)
{
	struct incident_scene s;

	(void)state;
	incidents_begin(&s);
	second_of(&s, 0, 0, 3);
	tick(&s);
	assert_int_equal(incident_count(&s), 1);
	pass_until(&s, 1000);
	assert_null(entry_of(&s, 0)->quiet);
	assert_int_equal(incident_number(&s, 1)->closed_ns, 0);
	incidents_end(&s);
}

/* What failed before an incident could open is an example of the incident that opens then. */
static void its_samples_are_kept(void **state)
{
	struct failed_query failed;
	struct incident_scene s;
	struct sample sample;

	(void)state;
	incidents_begin(&s);
	second_of(&s, 0, 0, 2);
	sample = sample_of(&s.scene.resolvers[0].key, "192.0.2.10", "x.example");
	send_sample(&s, &sample, 0.5);
	failed = failed_query_of(&s.scene.resolvers[0].key, "192.0.2.11", "y.example", 0.5);
	incidents_add_failed(s.incidents, &failed);
	tick(&s);
	pass_until(&s, 320);
	assert_non_null(entry_of(&s, 0)->quiet);
	sample = sample_of(&s.scene.resolvers[0].key, "192.0.2.12", "z.example");
	send_sample(&s, &sample, 320.5); /* it wakes the resolver */
	assert_null(entry_of(&s, 0)->quiet);
	second_of(&s, 0, 0, 1);
	tick(&s);
	assert_int_equal(incident_count(&s), 1);
	assert_int_equal(incident_number(&s, 1)->message_count, 2);
	assert_string_equal(incident_number(&s, 1)->names[0], "x.example");
	assert_int_equal(incident_number(&s, 1)->failed_count, 1);
	assert_memory_equal(&incident_number(&s, 1)->failed[0].query, &failed, sizeof(failed));
	incidents_end(&s);
}

/* The next process knows a quiet resolver, and that it is still quiet. */
static void the_next_process_has_it(void **state)
{
	struct buffer memory = {0};
	struct incident_scene s;

	(void)state;
	begin_quiet(&s);
	assert_int_equal(memory_write(&memory, s.scene.judge, s.incidents), 0);
	assert_non_null(entry_of(&s, 0)->quiet);
	incidents_free(s.incidents);
	judge_free(s.scene.judge);
	s.scene.judge = judge_new(SCENE_START_NS, NULL);
	s.incidents = incidents_new(judge_resolvers(s.scene.judge), hear, &s);
	assert_int_equal(memory_read(memory.text, memory.used, s.scene.judge, s.incidents), 0);
	pass_until(&s, 312);
	assert_non_null(entry_of(&s, 0)->quiet);
	second_of(&s, 0, 0, 3);
	tick(&s);
	assert_int_equal(incident_number(&s, 1)->counters.n[COUNTER_ANSWERED_NOERROR], 0);
	assert_int_equal(incident_number(&s, 1)->counters.n[COUNTER_TIMED_OUT], 3);
	buffer_free(&memory);
	incidents_end(&s);
}

/* Many fall quiet and wake again, some often: the store moves them together and mixes none up. */
static void many_keep_their_own_bytes(void **state)
{
	struct resolver_snapshot *rows = calloc(MANY, sizeof(*rows));
	struct resolver_snapshot *out = calloc(MANY, sizeof(*out));
	struct resolver_status *status = calloc(MANY, sizeof(*status));
	const struct quiet_store *store;
	struct incident_scene s;
	unsigned int i, round;

	(void)state;
	assert_true(rows && out && status);
	incidents_begin(&s);
	for (i = 0; i < MANY; i++) {
		rows[i].key = s.scene.resolvers[0].key;
		rows[i].key.address.w[3] = htonl(0x0a000000 + i);
	}
	for (round = 0; round < 6; round++) {
		for (i = 0; i < MANY; i++)
			rows[i].counters.n[COUNTER_QUERIES] += (__u64)i * round;
		s.scene.snapshot.resolvers = rows;
		s.scene.snapshot.count = round ? MANY - round * 500 : MANY;
		s.scene.snapshot.at_ns += NS_PER_S;
		s.scene.now_s++;
		scene_judge(s.scene.judge, s.incidents, &s.scene.snapshot, status);
		pass_until(&s, s.scene.now_s + 310);
		assert_int_equal(judge_status(s.scene.judge, out, status), 0);
		for (i = 0; i < s.scene.snapshot.count; i++)
			assert_memory_equal(&out[i].counters, &rows[i].counters,
					    sizeof(out[i].counters));
		store = &judge_resolvers(s.scene.judge)->quiet;
		assert_in_range(store->live, MANY * 20, MANY * 250);
		assert_in_range(store->used, store->live, 2 * store->live + 65536);
	}
	free(rows);
	free(out);
	free(status);
	incidents_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_resolver_is_quiet_after_5_minutes),
		cmocka_unit_test(it_goes_on_with_what_it_knew),
		cmocka_unit_test(one_that_fails_is_not_quiet),
		cmocka_unit_test(its_samples_are_kept),
		cmocka_unit_test(the_next_process_has_it),
		cmocka_unit_test(many_keep_their_own_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
