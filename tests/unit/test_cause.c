// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The table of causes, a test a row and their precedence; and the suspicion of forgery. */
#include "scene.h"

#include "health/cause.h"
#include "health/status.h"

#define JUDGED(...)                                                                                \
	(struct resolver_counters)                                                                 \
	{                                                                                          \
		.n = { __VA_ARGS__ }                                                               \
	}
#define assert_cause(expected, ...)                                                                \
	do {                                                                                       \
		struct resolver_counters judged = JUDGED(__VA_ARGS__);                             \
		assert_int_equal(cause_of(&judged), (expected));                                   \
	} while (0)

static void not_sent_when_unsent_is_the_larger_part(void **state)
{
	(void)state;
	assert_cause(CAUSE_NOT_SENT, [COUNTER_UNSENT_HOST] = 3, [COUNTER_TIMED_OUT] = 2);
	assert_cause(CAUSE_NOT_SENT, [COUNTER_UNSENT_PROHIBITED] = 1);
	assert_cause(CAUSE_SILENT, [COUNTER_UNSENT_HOST] = 2, [COUNTER_TIMED_OUT] = 2);
}

static void prohibited_when_any_says_so(void **state)
{
	(void)state;
	assert_cause(CAUSE_PROHIBITED, [COUNTER_EVIDENCE_PROHIBITED] = 1, [COUNTER_TIMED_OUT] = 100,
		     [COUNTER_LATE_UNREACHABLES] = 1);
}

static void port_closed_when_any_port_is_from_the_resolver(void **state)
{
	(void)state;
	assert_cause(CAUSE_PORT_CLOSED, [COUNTER_EVIDENCE_PORT] = 1, [COUNTER_TIMED_OUT] = 9999,
		     [COUNTER_UNREACHABLE_PORT] = 1);
}

static void no_route_when_any_host_or_network(void **state)
{
	(void)state;
	assert_cause(
		CAUSE_NO_ROUTE, [COUNTER_EVIDENCE_NO_ROUTE] = 1, [COUNTER_UNREACHABLE_NETWORK] = 3);
}

static void rejected_on_path_when_a_box_that_is_not_the_resolver(void **state)
{
	(void)state;
	assert_cause(CAUSE_REJECTED_ON_PATH, [COUNTER_EVIDENCE_ON_PATH] = 1,
		     [COUNTER_UNREACHABLE_PORT] = 3);
}

static void server_error_when_most_was_answered_with_an_error(void **state)
{
	(void)state;
	assert_cause(CAUSE_SERVER_ERROR, [COUNTER_ANSWERED_SERVFAIL] = 2,
		     [COUNTER_ANSWERED_REFUSED] = 1, [COUNTER_TIMED_OUT] = 2);
	assert_cause(CAUSE_INTERMITTENT, [COUNTER_ANSWERED_SERVFAIL] = 2, [COUNTER_TIMED_OUT] = 2);
	assert_cause(CAUSE_NONE, [COUNTER_ANSWERED_NXDOMAIN] = 9);
}

static void not_served_when_accepted_connections_have_no_answer(void **state)
{
	(void)state;
	assert_cause(CAUSE_NOT_SERVED, [COUNTER_CONNECT_ESTABLISHED] = 3, [COUNTER_CLOSED_FIN] = 3);
	assert_cause(CAUSE_NOT_SERVED, [COUNTER_CONNECT_ESTABLISHED] = 3, [COUNTER_TIMED_OUT] = 3);
	assert_cause(
		CAUSE_TLS_REFUSED, [COUNTER_SESSION_REFUSED] = 3, [COUNTER_ANSWERED_REFUSED] = 3);
	assert_cause(CAUSE_SERVER_ERROR, [COUNTER_ANSWERED_REFUSED] = 3);
	assert_cause(CAUSE_TLS_REFUSED, [COUNTER_SESSION_REFUSED] = 3,
		     [COUNTER_ANSWERED_REFUSED] = 3, [COUNTER_ANSWERED_NOERROR] = 3);
	assert_cause(CAUSE_PORT_CLOSED, [COUNTER_SESSION_REFUSED] = 3,
		     [COUNTER_ANSWERED_REFUSED] = 3, [COUNTER_CONNECT_REFUSED] = 1);
	assert_cause(CAUSE_NOT_SERVED, [COUNTER_CONNECT_ESTABLISHED] = 9,
		     [COUNTER_ANSWERED_NOERROR] = 90, [COUNTER_CLOSED_RST] = 10);
	assert_cause(
		CAUSE_NOT_SERVED, [COUNTER_CONNECT_ESTABLISHED] = 9, [COUNTER_SESSION_REFUSED] = 1,
		[COUNTER_ANSWERED_REFUSED] = 1, [COUNTER_CLOSED_FIN] = 8);
	assert_cause(CAUSE_INTERMITTENT, [COUNTER_CONNECT_ESTABLISHED] = 9,
		     [COUNTER_ANSWERED_NOERROR] = 90, [COUNTER_TIMED_OUT] = 10);
	assert_cause(CAUSE_SILENT, [COUNTER_TIMED_OUT] = 3);
	assert_cause(CAUSE_PORT_CLOSED, [COUNTER_CONNECT_REFUSED] = 1, [COUNTER_CLOSED_RST] = 5);
}

/* What is asked on a connection times out when the connect has left the window. */
static void not_served_where_connections_were_accepted_minutes_ago(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_CONNECT_ESTABLISHED, 6);
	scene_tick(&scene);
	scene_run_until(&scene, 60);
	scene_settle(&scene, COUNTER_TIMED_OUT, 6);
	scene_tick(&scene);
	assert_int_equal(scene.out[0].cause, CAUSE_NOT_SERVED);
	/* No connection is accepted any more: the host may be down. */
	scene_settle(&scene, COUNTER_CONNECT_TIMED_OUT, 1);
	scene_tick(&scene);
	assert_int_equal(scene.out[0].cause, CAUSE_SILENT);
	scene_run_until(&scene, 361);
	scene_settle(&scene, COUNTER_TIMED_OUT, 6);
	scene_tick(&scene);
	assert_int_equal(scene.out[0].cause, CAUSE_SILENT);
	scene_end(&scene);
}

static void intermittent_when_answers_and_timeouts_mix(void **state)
{
	(void)state;
	assert_cause(CAUSE_INTERMITTENT, [COUNTER_ANSWERED_NOERROR] = 9, [COUNTER_TIMED_OUT] = 1);
	assert_cause(CAUSE_INTERMITTENT, [COUNTER_ANSWERED_NOERROR] = 5, [COUNTER_TIMED_OUT] = 95);
}

static void silent_below_5_percent_of_answers(void **state)
{
	(void)state;
	assert_cause(CAUSE_SILENT, [COUNTER_ANSWERED_NOERROR] = 4, [COUNTER_TIMED_OUT] = 96);
	assert_cause(CAUSE_SILENT, [COUNTER_LATE_RESPONSES] = 4, [COUNTER_TIMED_OUT] = 96);
}

static void silent_when_nothing_at_all_comes_back(void **state)
{
	(void)state;
	assert_cause(CAUSE_SILENT, [COUNTER_TIMED_OUT] = 3);
}

static void intermittent_too_when_answers_come_late(void **state)
{
	(void)state;
	assert_cause(CAUSE_INTERMITTENT, [COUNTER_TIMED_OUT] = 3, [COUNTER_LATE_RESPONSES] = 1);
}

static void trouble_always_has_a_cause(void **state)
{
	(void)state;
	assert_cause(CAUSE_PORT_CLOSED, [COUNTER_TIMED_OUT] = 3, [COUNTER_UNREACHABLE_OTHER] = 1);
	assert_cause(CAUSE_SERVER_ERROR, [COUNTER_ANSWERED_NOERROR] = 2,
		     [COUNTER_ANSWERED_SERVFAIL] = 2);
}

/* Each row matches here together with all rows after it; then it is taken away. */
static void the_first_row_that_matches_wins(void **state)
{
	static const struct {
		enum counter counter;
		__u64 count;
		enum cause cause;
	} rows[] = {
		{COUNTER_UNSENT_HOST, 1000, CAUSE_NOT_SENT},
		{COUNTER_EVIDENCE_PROHIBITED, 1, CAUSE_PROHIBITED},
		{COUNTER_EVIDENCE_PORT, 1, CAUSE_PORT_CLOSED},
		{COUNTER_EVIDENCE_NO_ROUTE, 1, CAUSE_NO_ROUTE},
		{COUNTER_EVIDENCE_ON_PATH, 1, CAUSE_REJECTED_ON_PATH},
		{COUNTER_ANSWERED_REFUSED, 100, CAUSE_SERVER_ERROR},
		{COUNTER_ANSWERED_NOERROR, 5, CAUSE_INTERMITTENT},
		{COUNTER_TIMED_OUT, 5, CAUSE_SILENT},
	};
	struct resolver_counters judged = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		judged.n[rows[i].counter] = rows[i].count;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(cause_of(&judged), rows[i].cause);
		judged.n[rows[i].counter] = 0;
	}
}

static void a_healthy_resolver_has_no_cause(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 99);
	scene_settle(&scene, COUNTER_TIMED_OUT, 1);
	scene_tick(&scene);
	assert_int_equal(scene.out[0].state, STATE_HEALTHY);
	assert_int_equal(scene.out[0].cause, CAUSE_NONE);
	scene_end(&scene);
}

/* ICMP is rate-limited: one message a second among a thousand timeouts is evidence enough. */
static void one_late_unreachable_is_evidence(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_TIMED_OUT, 1000);
	scene_tick(&scene);
	assert_int_equal(scene.out[0].cause, CAUSE_SILENT);
	scene_counters(&scene)[COUNTER_LATE_UNREACHABLES]++;
	scene_counters(&scene)[COUNTER_EVIDENCE_PORT]++;
	scene_tick(&scene);
	assert_int_equal(scene.out[0].cause, CAUSE_PORT_CLOSED);
	scene_end(&scene);
}

/* So many answers and timeouts in one second, with ICMP messages of the resolver's own. */
static void second_with_port(struct scene *scene, __u64 answered, __u64 timed_out, __u64 messages)
{
	__u64 *n = scene_counters(scene);
	__u64 *at = scene->resolvers[0].counters.at;
	__u64 now_ns = SCENE_START_NS + (__u64)(scene->now_s * 1e9);

	if (answered)
		at[MOMENT_LAST_ANSWERED] = now_ns + NS_PER_S / 4;
	if (timed_out + messages)
		at[MOMENT_LAST_FAILURE] = now_ns + NS_PER_S / 2;
	n[COUNTER_LATE_UNREACHABLES] += messages;
	n[COUNTER_EVIDENCE_PORT] += messages;
	scene_second(scene, answered, timed_out);
}

#define assert_cause_now(scene, expected) assert_int_equal((scene)->out[0].cause, (expected))

/* A closed port under 200 queries in a second sends 3 messages, and then none for a while. */
static void icmp_counts_for_5_minutes_while_all_fails(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	second_with_port(&scene, 0, 200, 3);
	while (scene.now_s < 300) {
		second_with_port(&scene, 0, 5, 0);
		assert_cause_now(&scene, CAUSE_PORT_CLOSED);
	}
	second_with_port(&scene, 0, 5, 0);
	assert_cause_now(&scene, CAUSE_SILENT);
	scene_end(&scene);
}

static void icmp_before_an_answer_is_no_evidence_any_more(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	second_with_port(&scene, 0, 200, 3);
	while (scene.now_s < 60)
		second_with_port(&scene, 10, 0, 0);
	while (scene.now_s < 75)
		second_with_port(&scene, 0, 5, 0);
	assert_cause_now(&scene, CAUSE_SILENT);
	scene_end(&scene);
}

/* Answers and the first ICMP messages fall into one second; then there are no more of either. */
static void icmp_in_the_second_of_the_last_answer_is_evidence(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	while (scene.now_s < 20)
		second_with_port(&scene, 10, 0, 0);
	second_with_port(&scene, 10, 5, 3);
	while (scene.now_s < 60)
		second_with_port(&scene, 0, 5, 0);
	assert_cause_now(&scene, CAUSE_PORT_CLOSED);
	scene_end(&scene);
}

static void the_basis_holds_the_evidence_of_5_minutes(void **state)
{
	struct resolver_counters basis;
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	second_with_port(&scene, 0, 200, 3);
	while (scene.now_s < 60)
		second_with_port(&scene, 0, 5, 0);
	assert_int_equal(judge_basis(scene.judge, &scene.resolvers[0].key, &basis), 0);
	assert_int_equal(basis.n[COUNTER_TIMED_OUT], 50);
	assert_int_equal(basis.n[COUNTER_EVIDENCE_PORT], 3);
	scene_end(&scene);
}

static void names_are_as_documented(void **state)
{
	static const char *const causes[CAUSE_MAX] = {
		NULL,	       "not-sent",	   "prohibited",   "port-closed",
		"no-route",    "rejected-on-path", "server-error", "not-served",
		"tls-refused", "rewritten",	   "intermittent", "silent",
	};
	static const char *const states[STATE_MAX] = {"idle",	 "pending",  "healthy",
						      "unclear", "degraded", "down"};
	unsigned int i;

	(void)state;
	assert_null(cause_name(CAUSE_NONE));
	assert_null(cause_meaning(CAUSE_NONE));
	for (i = 1; i < CAUSE_MAX; i++) {
		assert_string_equal(cause_name(i), causes[i]);
		assert_non_null(cause_meaning(i));
	}
	for (i = 0; i < STATE_MAX; i++)
		assert_string_equal(state_name(i), states[i]);
}

static void forged_from_ten_unmatched_unreachables_in_a_minute(void **state)
{
	struct resolver_counters minute = JUDGED([COUNTER_UNMATCHED_UNREACHABLES] = 9);

	(void)state;
	assert_false(suspect_forgery(&minute, 0));
	minute.n[COUNTER_UNMATCHED_UNREACHABLES] = 10;
	assert_true(suspect_forgery(&minute, 0));
	minute = JUDGED([COUNTER_UNMATCHED_RESPONSES] = 1000);
	assert_false(suspect_forgery(&minute, 0));
}

/* Each of what explains unmatched unreachables, alone and then in sum. */
static void not_forged_when_our_own_doings_explain_it(void **state)
{
	static const enum counter explanations[] = {
		COUNTER_RETRANSMISSIONS,
		COUNTER_UNTRACKED,
		COUNTER_UNSENT_HOST,
		COUNTER_UNSENT_OTHER,
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(explanations) / sizeof(*explanations); i++) {
		struct resolver_counters minute = JUDGED([COUNTER_UNMATCHED_UNREACHABLES] = 20);

		minute.n[explanations[i]] = 19;
		assert_true(suspect_forgery(&minute, 0));
		assert_false(suspect_forgery(&minute, 1));
		minute.n[explanations[i]] = 20;
		assert_false(suspect_forgery(&minute, 0));
	}
}

static void suspicion_needs_no_failing_resolver_and_passes(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 100);
	scene_run_until(&scene, 2);
	scene_counters(&scene)[COUNTER_UNMATCHED_UNREACHABLES] += 10;
	scene_tick(&scene);
	assert_int_equal(scene.out[0].state, STATE_HEALTHY);
	assert_true(scene.out[0].forged);
	scene_run_until(&scene, 62);
	assert_true(scene.out[0].forged);
	scene_tick(&scene);
	assert_false(scene.out[0].forged);
	scene_end(&scene);
}

/* Given up in the same minute, it explains them; given up before, it does not. */
static void forgotten_counts_within_the_same_minute(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene.snapshot.self.n[SELF_FORGOTTEN] = 50;
	scene_counters(&scene)[COUNTER_UNMATCHED_UNREACHABLES] = 20;
	scene_tick(&scene);
	assert_false(scene.out[0].forged);
	scene_run_until(&scene, 100);
	scene_counters(&scene)[COUNTER_UNMATCHED_UNREACHABLES] += 20;
	scene_tick(&scene);
	assert_true(scene.out[0].forged);
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_sent_when_unsent_is_the_larger_part),
		cmocka_unit_test(prohibited_when_any_says_so),
		cmocka_unit_test(port_closed_when_any_port_is_from_the_resolver),
		cmocka_unit_test(no_route_when_any_host_or_network),
		cmocka_unit_test(rejected_on_path_when_a_box_that_is_not_the_resolver),
		cmocka_unit_test(server_error_when_most_was_answered_with_an_error),
		cmocka_unit_test(not_served_when_accepted_connections_have_no_answer),
		cmocka_unit_test(not_served_where_connections_were_accepted_minutes_ago),
		cmocka_unit_test(intermittent_when_answers_and_timeouts_mix),
		cmocka_unit_test(silent_below_5_percent_of_answers),
		cmocka_unit_test(silent_when_nothing_at_all_comes_back),
		cmocka_unit_test(intermittent_too_when_answers_come_late),
		cmocka_unit_test(trouble_always_has_a_cause),
		cmocka_unit_test(the_first_row_that_matches_wins),
		cmocka_unit_test(a_healthy_resolver_has_no_cause),
		cmocka_unit_test(one_late_unreachable_is_evidence),
		cmocka_unit_test(icmp_counts_for_5_minutes_while_all_fails),
		cmocka_unit_test(icmp_before_an_answer_is_no_evidence_any_more),
		cmocka_unit_test(icmp_in_the_second_of_the_last_answer_is_evidence),
		cmocka_unit_test(the_basis_holds_the_evidence_of_5_minutes),
		cmocka_unit_test(names_are_as_documented),
		cmocka_unit_test(forged_from_ten_unmatched_unreachables_in_a_minute),
		cmocka_unit_test(not_forged_when_our_own_doings_explain_it),
		cmocka_unit_test(suspicion_needs_no_failing_resolver_and_passes),
		cmocka_unit_test(forgotten_counts_within_the_same_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
