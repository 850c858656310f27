// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Samples of queries and of how they failed, joined: never a name of another transaction. */
#include "incident_cases.h"
#include "monitor/sampled_queries.h"

static struct sampled_queries *sampled;

static int begin_sampling(void **state)
{
	begin(state);
	sampled = sampled_queries_new(TIMEOUT_DEFAULT_NS, the_scene.incidents);
	assert_non_null(sampled);
	run(&the_scene, 5, 0, 10);
	return 0;
}

static int end_sampling(void **state)
{
	sampled_queries_free(sampled);
	return end(state);
}

#define SAMPLING(test) cmocka_unit_test_setup_teardown(test, begin_sampling, end_sampling)
#define SAMPLING_OVER(test, begin) cmocka_unit_test_setup_teardown(test, begin, end_sampling)

static struct sample sample_of_kind(enum sample_kind kind, const char *client, const char *name,
				    double opened)
{
	struct sample sample = sample_of(&the_scene.scene.resolvers[0].key, client, name);

	sample.kind = kind;
	sample.matched = kind == SAMPLE_ICMP;
	sample.opened_ns = sample.time_ns = clock_at(opened);
	return sample;
}

static void add_query(const char *client, const char *name, double opened)
{
	struct sample sample = sample_of_kind(SAMPLE_QUERY, client, name, opened);

	sampled_queries_add(sampled, &sample);
}

/* Adds the timeout of that client's query; of itself it tells no question. */
static void add_timeout(const char *client, double opened)
{
	struct sample sample = sample_of_kind(SAMPLE_TIMED_OUT, client, "x", opened);

	sample.question_length = 0;
	sample.time_ns += TIMEOUT_DEFAULT_NS;
	sampled_queries_add(sampled, &sample);
}

static const struct incident *the_incident(void)
{
	return incident_number(&the_scene, 1);
}

static void a_timeout_has_the_name_of_its_query(void **state)
{
	const struct incident_failed *failed = the_incident()->failed;

	(void)state;
	add_query("192.0.2.10", "lost.example", 1);
	add_query("192.0.2.11", "found.example", 1.5);
	assert_int_equal(the_incident()->failed_count, 0);
	add_timeout("192.0.2.10", 1);
	assert_int_equal(the_incident()->failed_count, 1);
	assert_int_equal(failed->query.outcome, FAILED_TIMED_OUT);
	assert_int_equal(failed->query.time_ns, clock_at(1));
	assert_int_equal(failed->wall_ns, clock_at(1) + the_scene.wall_ns);
	assert_int_equal(ntohs(failed->query.key.client_port), 52444);
	assert_int_equal(ntohs(failed->query.key.id), 35084);
	assert_int_equal(the_incident()->name_count, 1);
	assert_string_equal(the_incident()->names[0], "lost.example");
	assert_int_equal(the_incident()->client_count, 1);
}

static void without_its_query_the_client_is_known(void **state)
{
	(void)state;
	add_query("192.0.2.10", "another.example", 1); /* at another time */
	add_query("192.0.2.11", "another.example", 2); /* of another client */
	add_timeout("192.0.2.10", 2);
	assert_int_equal(the_incident()->failed_count, 1);
	assert_int_equal(the_incident()->client_count, 1);
	assert_int_equal(the_incident()->name_count, 0);
}

static void the_id_is_part_of_a_transaction(void **state)
{
	struct sample sample = sample_of_kind(SAMPLE_TIMED_OUT, "192.0.2.10", "x", 1);

	(void)state;
	add_query("192.0.2.10", "another.example", 1);
	sample.key.id = htons(1);
	sample.question_length = 0;
	sampled_queries_add(sampled, &sample);
	assert_int_equal(the_incident()->failed_count, 1);
	assert_int_equal(the_incident()->name_count, 0);
}

static void an_answer_with_an_error_has_its_own_question(void **state)
{
	struct sample sample = sample_of_kind(SAMPLE_ANSWERED, "192.0.2.10", "refused.example", 4);

	(void)state;
	sample.rcode = 5;
	sampled_queries_add(sampled, &sample);
	assert_int_equal(the_incident()->failed_count, 1);
	assert_int_equal(the_incident()->failed[0].query.outcome, FAILED_ANSWERED);
	assert_int_equal(the_incident()->failed[0].query.rcode, 5);
	assert_string_equal(the_incident()->names[0], "refused.example");
}

/* FORMERR comes without a question. */
static void an_answer_without_a_question_has_that_of_its_query(void **state)
{
	struct sample sample = sample_of_kind(SAMPLE_ANSWERED, "192.0.2.10", "x", 4);

	(void)state;
	add_query("192.0.2.10", "bad.example", 4);
	sample.rcode = 1;
	sample.question_length = 0;
	sampled_queries_add(sampled, &sample);
	assert_string_equal(the_incident()->names[0], "bad.example");
	assert_int_equal(the_incident()->failed[0].query.rcode, 1);
}

static void a_short_quote_has_the_name_of_its_query(void **state)
{
	struct sample sample = sample_of_kind(SAMPLE_ICMP, "192.0.2.10", "x", 4);

	(void)state;
	add_query("192.0.2.10", "closed.example", 4);
	sample.short_quote = 1;
	sample.key.id = 0;
	sample.question_length = 0;
	sample.time_ns += 1000;
	sampled_queries_add(sampled, &sample);
	assert_int_equal(the_incident()->message_count, 1);
	assert_int_equal(the_incident()->failed_count, 1);
	assert_int_equal(the_incident()->failed[0].query.outcome, FAILED_UNREACHABLE);
	assert_int_equal(ntohs(the_incident()->failed[0].query.key.id), 35084);
	assert_string_equal(the_incident()->names[0], "closed.example");
}

static void an_unreachable_that_comes_late_ends_nothing(void **state)
{
	struct sample sample = sample_of_kind(SAMPLE_ICMP, "192.0.2.10", "late.example", 1);

	(void)state;
	sample.time_ns += TIMEOUT_DEFAULT_NS + 1;
	sampled_queries_add(sampled, &sample);
	assert_int_equal(the_incident()->message_count, 1);
	assert_int_equal(the_incident()->failed_count, 0);
}

static void a_forged_unreachable_is_not_listed(void **state)
{
	struct sample sample = sample_of_kind(SAMPLE_ICMP, "192.0.2.10", "forged.example", 1);

	(void)state;
	sample.matched = sample.opened_ns = 0;
	sampled_queries_add(sampled, &sample);
	assert_int_equal(the_incident()->message_count + the_incident()->failed_count, 0);
	sample.unsent = 1;
	sample.time_ns = clock_at(4);
	sampled_queries_add(sampled, &sample);
	assert_int_equal(the_incident()->failed_count, 1);
	assert_int_equal(the_incident()->failed[0].query.outcome, FAILED_UNSENT);
	assert_int_equal(the_incident()->failed[0].query.time_ns, clock_at(4));
}

/* ---- over connections ----------------------------------------------------------------------- */

static int begin_over(void **state, __u8 transport)
{
	begin(state);
	the_scene.scene.resolvers[0].key.transport = transport;
	sampled = sampled_queries_new(TIMEOUT_DEFAULT_NS, the_scene.incidents);
	assert_non_null(sampled);
	run(&the_scene, 5, 0, 10);
	return 0;
}

static int begin_over_tcp(void **state)
{
	return begin_over(state, TRANSPORT_TCP);
}

static int begin_over_tls(void **state)
{
	return begin_over(state, TRANSPORT_DOT);
}

/* Adds a sample without a question. Returns what the incident has of it. */
static const struct failed_query *add_end(enum sample_kind kind, int has_id)
{
	struct sample sample = sample_of_kind(kind, "192.0.2.10", "x", 4);

	sample.short_quote = !has_id;
	sample.question_length = 0;
	sample.rcode = kind == SAMPLE_ANSWERED ? 5 : 0;
	sampled_queries_add(sampled, &sample);
	return &the_incident()->failed[the_incident()->failed_count - 1].query;
}

static void expect_failed(const struct failed_query *failed, enum failed_what what,
			  enum failed_outcome outcome, int has_id)
{
	assert_int_equal(failed->what, what);
	assert_int_equal(failed->outcome, outcome);
	assert_int_equal(failed->has_id, has_id);
	assert_int_equal(the_incident()->client_count, 1);
}

static void a_closed_query_over_tcp_has_its_name(void **state)
{
	(void)state;
	add_query("192.0.2.10", "closed.example", 4);
	expect_failed(add_end(SAMPLE_CLOSED, 1), FAILED_QUERY, FAILED_CLOSED, 1);
	assert_string_equal(the_incident()->names[0], "closed.example");
	expect_failed(add_end(SAMPLE_TIMED_OUT, 1), FAILED_QUERY, FAILED_TIMED_OUT, 1);
	expect_failed(add_end(SAMPLE_ANSWERED, 1), FAILED_QUERY, FAILED_ANSWERED, 1);
	assert_int_equal(the_incident()->name_count, 1);
}

static void a_connect_has_no_question(void **state)
{
	(void)state;
	add_query("192.0.2.10", "another.example", 4);
	expect_failed(add_end(SAMPLE_ANSWERED, 0), FAILED_CONNECT, FAILED_REFUSED, 0);
	expect_failed(add_end(SAMPLE_TIMED_OUT, 0), FAILED_CONNECT, FAILED_TIMED_OUT, 0);
	assert_int_equal(the_incident()->name_count, 0);
}

static void a_session_has_no_message_id(void **state)
{
	(void)state;
	expect_failed(add_end(SAMPLE_CLOSED, 1), FAILED_SESSION, FAILED_CLOSED, 0);
	expect_failed(add_end(SAMPLE_ANSWERED, 1), FAILED_SESSION, FAILED_REFUSED, 0);
	expect_failed(add_end(SAMPLE_TIMED_OUT, 1), FAILED_SESSION, FAILED_TIMED_OUT, 0);
	expect_failed(add_end(SAMPLE_TIMED_OUT, 0), FAILED_CONNECT, FAILED_TIMED_OUT, 0);
	assert_int_equal(the_incident()->failed_count, 4);
}

/* However many there are, the latest ones are known, and no other is taken for one of them. */
static void many_queries_are_bounded(void **state)
{
	char name[64];
	unsigned int i;

	(void)state;
	for (i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "n%u.example", i);
		add_query("192.0.2.10", name, i / 1e5);
	}
	add_timeout("192.0.2.10", 99999 / 1e5);
	add_timeout("192.0.2.10", 0);
	assert_int_equal(the_incident()->failed_count, 2);
	assert_int_equal(the_incident()->name_count, 1);
	assert_string_equal(the_incident()->names[0], "n99999.example");
}

/* Of the incident are those that were sent since it began. */
static void failures_before_an_incident_are_kept_for_it(void **state)
{
	struct incident_scene *s = *state;

	run(s, 20, 10, 0);
	assert_int_equal(incident_count(s), 1);
	add_query("192.0.2.10", "old.example", 23.1);
	add_query("192.0.2.11", "new.example", 25.5);
	add_timeout("192.0.2.10", 23.1);
	add_timeout("192.0.2.11", 25.5);
	run(s, 1, 0, 100);
	assert_int_equal(incident_count(s), 2);
	assert_int_equal(incident_number(s, 2)->failed_count, 1);
	assert_string_equal(incident_number(s, 2)->names[0], "new.example");
}

/* The first four and the latest four. */
static void failed_transactions_are_bounded(void **state)
{
	char client[32];
	unsigned int i;

	(void)state;
	for (i = 1; i <= 20; i++) {
		snprintf(client, sizeof(client), "192.0.2.%u", i);
		add_timeout(client, 1 + i / 100.0);
	}
	assert_int_equal(the_incident()->failed_count, INCIDENT_SAMPLES);
	assert_int_equal(the_incident()->failed[3].query.time_ns, clock_at(1.04));
	assert_int_equal(the_incident()->failed[4].query.time_ns, clock_at(1.17));
	assert_true(the_incident()->clients_more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SAMPLING(a_timeout_has_the_name_of_its_query),
		SAMPLING(without_its_query_the_client_is_known),
		SAMPLING(the_id_is_part_of_a_transaction),
		SAMPLING(an_answer_with_an_error_has_its_own_question),
		SAMPLING(an_answer_without_a_question_has_that_of_its_query),
		SAMPLING(a_short_quote_has_the_name_of_its_query),
		SAMPLING(an_unreachable_that_comes_late_ends_nothing),
		SAMPLING(a_forged_unreachable_is_not_listed),
		SAMPLING_OVER(a_closed_query_over_tcp_has_its_name, begin_over_tcp),
		SAMPLING_OVER(a_connect_has_no_question, begin_over_tcp),
		SAMPLING_OVER(a_session_has_no_message_id, begin_over_tls),
		SAMPLING(many_queries_are_bounded),
		SAMPLING(failures_before_an_incident_are_kept_for_it),
		SAMPLING(failed_transactions_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
