// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Samples of failed queries in incidents: which are kept, how many, and of which resolver. */
#include "incident_cases.h"

#include <malloc.h>

static int begin_failing(void **state)
{
	begin(state);
	run(&the_scene, 5, 0, 10);
	return 0;
}

static void samples_before_the_opening_are_kept(void **state)
{
	struct incident_scene *s = *state;
	struct sample sample;

	run(s, 10, 10, 0);
	sample = sample_of(&s->scene.resolvers[0].key, "192.0.2.10", "old.example");
	send_sample(s, &sample, 9);
	sample = sample_of(&s->scene.resolvers[0].key, "192.0.2.11", "new.example");
	send_sample(s, &sample, 10.5);
	run(s, 1, 0, 10);
	assert_int_equal(incident_number(s, 1)->message_count, 1);
	assert_string_equal(incident_number(s, 1)->names[0], "new.example");
}

static void samples_are_bounded_and_say_so(void **state)
{
	struct incident_scene *s = *state;
	char client[32], name[32];
	struct sample sample;
	const struct incident *incident;
	unsigned int i;

	for (i = 1; i <= 20; i++) {
		snprintf(client, sizeof(client), "192.0.2.%u", i);
		snprintf(name, sizeof(name), "n%u.example", i);
		sample = sample_of(&s->scene.resolvers[0].key, client, name);
		sample.reporter = sample.key.client;
		send_sample(s, &sample, 5 + i / 100.0);
	}
	incident = incident_number(s, 1);
	assert_int_equal(incident->client_count, INCIDENT_SAMPLES);
	assert_int_equal(incident->reporter_count, INCIDENT_SAMPLES);
	assert_int_equal(incident->name_count, INCIDENT_SAMPLES);
	assert_true(incident->clients_more && incident->reporters_more && incident->names_more);
	assert_int_equal(incident->message_count, INCIDENT_SAMPLES);
	assert_int_equal(incident->messages[0].sample.time_ns, clock_at(5.01));
	assert_int_equal(incident->messages[3].sample.time_ns, clock_at(5.04));
	assert_int_equal(incident->messages[4].sample.time_ns, clock_at(5.17));
	assert_int_equal(incident->messages[7].sample.time_ns, clock_at(5.20));
}

static void the_same_again_is_kept_once(void **state)
{
	struct incident_scene *s = *state;
	struct sample sample;
	unsigned int i;

	sample = sample_of(&s->scene.resolvers[0].key, "192.0.2.10", "same.example");
	for (i = 0; i < 20; i++)
		send_sample(s, &sample, 5.5);
	assert_int_equal(incident_number(s, 1)->client_count, 1);
	assert_int_equal(incident_number(s, 1)->name_count, 1);
	assert_false(incident_number(s, 1)->clients_more | incident_number(s, 1)->names_more);
}

/* Whoever forges messages must not be able to put names into a report. */
static void what_fits_nothing_is_no_sample(void **state)
{
	struct incident_scene *s = *state;
	struct sample sample;

	sample = sample_of(&s->scene.resolvers[0].key, "192.0.2.10", "forged.example");
	sample.matched = 0;
	send_sample(s, &sample, 5.5);
	assert_int_equal(incident_number(s, 1)->message_count, 0);
	sample.unsent = 1;
	send_sample(s, &sample, 5.5);
	assert_int_equal(incident_number(s, 1)->message_count, 1);
}

/* A sample that comes before the first report with its resolver is in the incident. */
static void a_new_resolver_keeps_its_sample(struct incident_scene *s)
{
	struct sample sample;
	size_t known = incident_count(s);
	int i;

	s->scene.resolvers[1].key = scene_key("192.0.2.2");
	sample = sample_of(&s->scene.resolvers[1].key, "192.0.2.10", "x.example");
	send_sample(s, &sample, s->scene.now_s + 0.5); /* when its run of failures has begun */
	s->scene.snapshot.count = 2;
	for (i = 0; i < 3; i++) {
		second_of(s, 1, 0, 10);
		tick(s);
	}
	assert_int_equal(incident_count(s), known + 1);
	assert_int_equal(incident_number(s, known + 1)->message_count, 1);
}

/*
 * Unreachable resolvers of a scan, which the kernel counts as `other`: each second's samples are of
 * new ones. What is kept of them goes again.
 */
static void resolvers_that_no_report_lists_leave_nothing(void **state)
{
	struct incident_scene *s = *state;
	size_t used = 0;
	struct sample sample;
	char text[64];
	int second, n;

	run(s, 20, 2, 1);
	for (second = 0; second < 800; second++) {
		for (n = 0; n < 16; n++) {
			snprintf(text, sizeof(text), "198.51.%d.%d", 100 + second % 100, n);
			sample = sample_of(&s->scene.resolvers[0].key, "192.0.2.10", "x.example");
			sample.key.resolver = address(text);
			send_sample(s, &sample, s->scene.now_s + 0.5);
		}
		tick(s);
		if (second == 399) /* what the allocator keeps for reuse has its size by then */
			used = mallinfo2().uordblks;
	}
	assert_true(mallinfo2().uordblks <= used); /* under ASan both are 0 */
	assert_int_equal(incident_count(s), 1);
	a_new_resolver_keeps_its_sample(s);
}

/* However many resolvers there are. */
static void thousands_that_are_listed_leave_room_for_a_new_one(void **state)
{
	struct incident_scene *s = *state;
	struct snapshot snapshot = {.count = 3000, .at_ns = clock_at(0), .wall_ns = clock_at(0)};
	struct resolver_snapshot *resolvers = calloc(snapshot.count, sizeof(*resolvers));
	char text[64];
	size_t i;

	assert_non_null(resolvers);
	for (i = 0; i < snapshot.count; i++) {
		snprintf(text, sizeof(text), "198.51.%zu.%zu", i / 250, i % 250);
		resolvers[i].key = scene_key(text);
	}
	snapshot.resolvers = resolvers;
	assert_int_equal(incidents_prime(s->incidents, &snapshot), 0);
	free(resolvers);
	a_new_resolver_keeps_its_sample(s);
}

/* The first sample may be read before the report that lists its resolver. */
static void a_sample_waits_for_its_resolver(void **state)
{
	struct incident_scene *s = *state;
	struct sample sample = sample_of(&s->scene.resolvers[0].key, "192.0.2.10", "x.example");
	size_t count = s->scene.snapshot.count;

	send_sample(s, &sample, 1.6); /* when its run of failures has begun */
	s->scene.snapshot.count = 0;
	tick(s);
	s->scene.snapshot.count = count;
	run(s, 3, 0, 10);
	assert_int_equal(incident_number(s, 1)->message_count, 1);
}

static void a_question_that_lies_about_itself_gives_no_name(void **state)
{
	struct incident_scene *s = *state;
	struct sample sample;

	sample = sample_of(&s->scene.resolvers[0].key, "192.0.2.10", "x.example");
	sample.question_length = 0xffff;
	send_sample(s, &sample, 5.5);
	sample.question_length = 5;
	send_sample(s, &sample, 5.6);
	memset(sample.question, 0xc0, sizeof(sample.question));
	sample.question_length = QUESTION_MAX;
	send_sample(s, &sample, 5.7);
	assert_int_equal(incident_number(s, 1)->name_count, 0);
	assert_int_equal(incident_number(s, 1)->message_count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_SCENE(samples_before_the_opening_are_kept, begin),
		IN_A_SCENE(samples_are_bounded_and_say_so, begin_failing),
		IN_A_SCENE(the_same_again_is_kept_once, begin_failing),
		IN_A_SCENE(what_fits_nothing_is_no_sample, begin_failing),
		IN_A_SCENE(resolvers_that_no_report_lists_leave_nothing, begin),
		IN_A_SCENE(thousands_that_are_listed_leave_room_for_a_new_one, begin),
		IN_A_SCENE(a_sample_waits_for_its_resolver, begin),
		IN_A_SCENE(a_question_that_lies_about_itself_gives_no_name, begin_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
