// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The memory for the next process: an open incident goes on in a new judge, and bytes that are
 * damaged, cut or of another version are refused. test_sparse.c saves and goes on in random scenes.
 */
#include "incident_scene.h"

#include "health/memory.h"

#include <errno.h>

/* A resolver that fails, with its incident, and one that answers. */
static void save(struct incident_scene *s, struct buffer *memory)
{
	struct sample sample;
	int i;

	incidents_begin(s);
	s->scene.resolvers[1].key = scene_key("192.0.2.2");
	s->scene.snapshot.count = 2;
	for (i = 0; i < 30; i++) {
		second_of(s, 0, 0, 3);
		second_of(s, 1, 3, 0);
		tick(s);
	}
	sample = sample_of(&s->scene.resolvers[0].key, "192.0.2.10", "x.example");
	send_sample(s, &sample, 29);
	assert_int_equal(memory_write(memory, s->scene.judge, s->incidents), 0);
}

static int try_to_read(const char *bytes, size_t length)
{
	struct judge *judge = judge_new(SCENE_START_NS, NULL);
	struct incidents *incidents = incidents_new(judge_resolvers(judge), NULL, NULL);
	int err = memory_read(bytes, length, judge, incidents);

	incidents_free(incidents);
	judge_free(judge);
	return err;
}

static void an_open_incident_goes_on(void **state)
{
	struct incident_scene s;
	struct buffer memory = {0};

	(void)state;
	save(&s, &memory);
	incidents_free(s.incidents);
	judge_free(s.scene.judge);
	s.scene.judge = judge_new(SCENE_START_NS, NULL);
	s.incidents = incidents_new(judge_resolvers(s.scene.judge), hear, &s);
	assert_int_equal(memory_read(memory.text, memory.used, s.scene.judge, s.incidents), 0);
	second_of(&s, 0, 0, 3);
	tick(&s);
	assert_state(&s.scene, STATE_DOWN);
	assert_int_equal(s.scene.out[1].state, STATE_HEALTHY);
	assert_int_equal(s.scene.out[0].windows[WINDOW_1M].settled, 93);
	assert_int_equal(incident_count(&s), 1);
	assert_int_equal(incident_number(&s, 1)->counters.n[COUNTER_TIMED_OUT], 93);
	assert_int_equal(incident_number(&s, 1)->message_count, 1);
	assert_int_equal(incident_number(&s, 1)->closed_ns, 0);
	buffer_free(&memory);
	incidents_end(&s);
}

/* An outage of thousands of resolvers must fit: of an incident, what it holds is written. */
static void an_incident_takes_what_it_holds(void **state)
{
	struct buffer memory = {0};
	struct incident_scene s;

	(void)state;
	save(&s, &memory);
	buffer_reset(&memory);
	incidents_save(s.incidents, &memory);
	assert_in_range(memory.used, 1000, sizeof(struct incident) / 4);
	buffer_free(&memory);
	incidents_end(&s);
}

static void damaged_bytes_are_refused(void **state)
{
	struct incident_scene s;
	struct buffer memory = {0};
	size_t at;

	(void)state;
	save(&s, &memory);
	assert_int_equal(try_to_read(memory.text, memory.used), 0);
	for (at = 0; at < memory.used; at += at < 64 ? 1 : 997) {
		memory.text[at] ^= 0x10;
		assert_int_equal(try_to_read(memory.text, memory.used), -EINVAL);
		memory.text[at] ^= 0x10;
	}
	buffer_free(&memory);
	incidents_end(&s);
}

static void cut_bytes_are_refused(void **state)
{
	struct incident_scene s;
	struct buffer memory = {0};
	size_t length;

	(void)state;
	save(&s, &memory);
	for (length = 0; length < memory.used; length += 1 + length / 3)
		assert_int_equal(try_to_read(memory.text, length), -EINVAL);
	buffer_free(&memory);
	incidents_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_incident_goes_on),
		cmocka_unit_test(an_incident_takes_what_it_holds),
		cmocka_unit_test(damaged_bytes_are_refused),
		cmocka_unit_test(cut_bytes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
