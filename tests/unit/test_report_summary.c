// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The report for the one who has to act: its length, the summary, what answer times and floods say,
 * the record, time zones, and resolvers with too few transactions to judge.
 */
#include "report_scene.h"

#include "report/explain.h"
#include "report/incident_summary.h"

#include <jansson.h>
#include <time.h>

/* ---- the short report ------------------------------------------------------------------------ */

static size_t words_in(const char *text)
{
	size_t words = 0;
	int in_word = 0;

	for (; *text; text++) {
		words += !strchr(" \n", *text) && !in_word;
		in_word = !strchr(" \n", *text);
	}
	return words;
}

static void the_short_report_has_under_500_words(void **state)
{
	struct report_style style = {.format = REPORT_TEXT,
				     .host = "a-host",
				     .version = "1.2.3",
				     .made_ns = 1};
	struct incident_scene s;
	const struct incident *incident = reference_incident(&s);
	char *text = report_in(&style, &incident, 1, &a_text);

	(void)state;
	if (words_in(text) >= 500)
		fail_msg("%zu words:\n%s", words_in(text), text);
	assert_words(text,
		     "Made by dnsreach 1.2.3 on a-host at 1970-01-01 00:00:00 UTC. --full shows");
	free(text);
	style.full = 1;
	text = report_in(&style, &incident, 1, &a_text);
	assert_true(words_in(text) > 500);
	assert_says(text, "Alternatives:");
	free(text);
	incidents_end(&s);
}

/* For each cause: at most 120 words, with what a manager asks. */
static void the_summary_can_be_read_aloud(void **state)
{
	static const char *const said[] = {
		"DNS resolver",		"from 2026-01-31", "1 min 40 s",    "10 of 10",
		"No recovery was seen", "likely cause",	   "Confidence is", "attack",
		"Next step: ",
	};
	struct incident incident;
	enum cause cause;
	size_t i;

	(void)state;
	for (cause = CAUSE_NONE + 1; cause < CAUSE_MAX; cause++) {
		struct buffer out = {0};

		incident = of_cause(cause);
		incident.healthy_rtt_ns = NS_PER_S / 1000;
		incident.rtt_ns = NS_PER_S;
		incident.clients[0] = address("2001:db8::1");
		incident.client_count = 1;
		incident.counters.n[COUNTER_TIMED_OUT] = 10;
		incident.counters.n[COUNTER_EVIDENCE_PORT] = 1;
		incident_add_summary(&out, &incident, &a_capture);
		for (i = 0; i < sizeof(said) / sizeof(*said); i++)
			assert_says(out.text, said[i]);
		if (words_in(out.text) > 120)
			fail_msg("%zu words: %s", words_in(out.text), out.text);
		buffer_free(&out);
	}
}

/* Where it fails inside this host, no device between client and resolver has to be found. */
static void this_host_is_named_where_it_fails_inside(void **state)
{
	struct incident incident = of_cause(CAUSE_REJECTED_ON_PATH);
	char *text = report_of_one(REPORT_TEXT, &incident, &a_capture);

	(void)state;
	assert_words(text, "a device between client and resolver rejects");
	free(text);
	incident.fails_inside = 1;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "this host itself rejects what its guests send there");
	assert_says_not(text, "device between");
	free(text);
	incident.cause = CAUSE_NO_ROUTE;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "this host itself has no route");
	assert_says_not(text, "a router reports");
	free(text);
}

/* The type too, whichever it is; a name that a shell could take for more is passed over. */
static void the_checks_ask_for_the_name_that_failed(void **state)
{
	struct incident incident = of_cause(CAUSE_SERVER_ERROR);
	char *text;

	(void)state;
	incident.name_count = 2;
	strcpy(incident.names[0], "$(id).example");
	strcpy(incident.names[1], "broken.example");
	incident.types[0] = 1;
	incident.types[1] = 65;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_says(text, "@2001:db8::53 broken.example HTTPS\n");
	assert_says_not(text, "@2001:db8::53 $(id)");
	free(text);
}

/* All that can make it longer, together. */
static void the_longest_summary_has_at_most_120_words(void **state)
{
	struct report_source source = a_capture;
	enum cause cause;
	unsigned int i;

	(void)state;
	source.zone_known = 0;
	source.inferred_quotes = 1000000;
	for (cause = CAUSE_NONE; cause < CAUSE_MAX; cause++) {
		struct incident incident = of_cause(cause);
		struct buffer out = {0};

		incident.state = STATE_DEGRADED;
		incident.end_ns += 86400 * NS_PER_S;
		incident.closed_ns = incident.end_ns + NS_PER_S;
		incident.client_count = INCIDENT_SAMPLES;
		incident.clients_more = 1;
		incident.forged = 1;
		incident.healthy_rtt_ns = NS_PER_S / 1000;
		incident.rtt_ns = NS_PER_S;
		for (i = 0; i < COUNTER_MAX; i++)
			incident.counters.n[i] = 1000000 + i;
		incident_add_summary(&out, &incident, &source);
		if (words_in(out.text) > 120)
			fail_msg("%zu words: %s", words_in(out.text), out.text);
		buffer_free(&out);
	}
}

static void answer_times_tell_overload_from_loss(void **state)
{
	static const struct {
		__u64 before_ms, now_ms;
		const char *said, *next;
	} rows[] = {
		{1, 100, "point to overload", "check the load of the resolver"},
		{20, 21, "point to loss on the path", "measure the packet loss"},
		{20, 40, "neither to overload nor to loss", "compare the load"},
		{0, 40, "cannot tell overload from loss", "compare the load"},
	};
	struct incident incident = of_cause(CAUSE_INTERMITTENT);
	char *text;
	size_t i;

	(void)state;
	incident.counters.n[COUNTER_ANSWERED_NOERROR] = 10;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		incident.healthy_rtt_ns = rows[i].before_ms * 1000000;
		incident.rtt_ns = rows[i].now_ms * 1000000;
		text = report_of_one(REPORT_TEXT, &incident, &a_capture);
		assert_words(text, rows[i].said);
		assert_words(text, rows[i].next);
		free(text);
	}
}

static void an_attack_is_answered_with_evidence(void **state)
{
	struct incident incident = of_cause(CAUSE_PORT_CLOSED);
	char *text = report_of_one(REPORT_TEXT, &incident, &a_capture);

	(void)state;
	assert_words(text, "Could it be an attack? - Nothing here points to one");
	free(text);
	incident.forged = 1;
	incident.counters.n[COUNTER_UNMATCHED_UNREACHABLES] = 1234;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "Possibly: 1234 ICMP messages match no query");
	assert_words(text, "It may be an attack; see below.");
	free(text);
	incident.forged = 0;
	incident.counters.n[COUNTER_QUERIES] = 1000000;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "queries a second is a high rate");
	free(text);
}

static void assert_not_in(const struct sentence_list *lines, const char *words)
{
	size_t i;

	for (i = 0; i < lines->count; i++)
		assert_null(strstr(lines->line[i].text, words));
}

/* Ten sessions over TLS that were closed. */
static struct incident of_sessions(enum cause cause)
{
	struct incident incident = of_cause(cause);

	incident.resolver = scene_key("192.0.2.53");
	incident.resolver.port = htons(853);
	incident.resolver.transport = TRANSPORT_DOT;
	incident.counters.n[COUNTER_QUERIES] = 0;
	incident.counters.n[COUNTER_TIMED_OUT] = 0;
	incident.counters.n[COUNTER_CLOSED_FIN] = 10;
	incident.counters.n[COUNTER_CONNECT_ESTABLISHED] = 10;
	return incident;
}

static void sessions_have_words_of_their_own(void **state)
{
	struct incident incident = of_sessions(CAUSE_NOT_SERVED);
	char *text = report_of_one(REPORT_TEXT, &incident, &a_capture);

	(void)state;
	assert_words(text, "10 of 10 sessions failed (100%)");
	assert_words(text, "First failure the end of a connection without an answer");
	assert_words(text, "closed without an answer 10 100%");
	assert_words(text, "x closed without an answer");
	assert_words(text, "the highest bar 10 sessions");
	assert_words(text, "no flood from these clients (10 sessions)");
	assert_null(strstr(text, "FIN"));
	assert_null(strstr(text, "a timeout"));
	assert_null(strstr(text, "queries)"));
	free(text);
	incident.counters.n[COUNTER_CLOSED_FIN] = 4;
	incident.counters.n[COUNTER_TIMED_OUT] = 6;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "First failure a timeout, or the end of a connection without an answer");
	assert_words(text, "x timed out or closed");
	free(text);
}

static void a_refused_session_has_no_rcode(void **state)
{
	struct incident incident = of_sessions(CAUSE_TLS_REFUSED);
	char *text;

	(void)state;
	incident.counters.n[COUNTER_CLOSED_FIN] = incident.slots[2].timed_out = 0;
	incident.counters.n[COUNTER_SESSION_REFUSED] = 10;
	incident.counters.n[COUNTER_ANSWERED_REFUSED] = incident.slots[2].answered = 10;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "10 of 10 sessions were answered with an error (no TLS handshake 10)");
	assert_words(text, "First failure an answer that is no TLS handshake");
	assert_null(strstr(text, "REFUSED"));
	free(text);
}

/* 13 sessions: 3 answered, 4 by no TLS handshake, 3 closed, 3 timed out. */
static struct incident of_mixed_sessions(enum cause cause)
{
	struct incident incident = of_sessions(cause);
	__u64 *n = incident.counters.n;

	n[COUNTER_TRANSACTIONS] = n[COUNTER_CONNECT_ESTABLISHED] = 13;
	n[COUNTER_ANSWERED_NOERROR] = 3;
	n[COUNTER_ANSWERED_REFUSED] = n[COUNTER_SESSION_REFUSED] = 4;
	n[COUNTER_CLOSED_FIN] = 1;
	n[COUNTER_CLOSED_RST] = 2;
	n[COUNTER_TIMED_OUT] = 3;
	incident.slots[2].answered = 7;
	incident.slots[2].timed_out = 6;
	return incident;
}

static void the_evidence_of_mixed_sessions_has_the_numbers_of_the_table(void **state)
{
	struct incident incident = of_mixed_sessions(CAUSE_INTERMITTENT);
	char *text = report_of_one(REPORT_TEXT, &incident, &a_capture);

	(void)state;
	assert_words(text, "answered 3 23% answered, but not by a TLS handshake 4 31% closed "
			   "without an answer 3 23% timed out 3 23%");
	assert_words(text, "- 13 sessions: 3 answered by a TLS handshake, 4 answered by none, 3 "
			   "closed without an answer, 3 timed out.");
	assert_null(strstr(text, "answered in time"));
	assert_null(strstr(text, "failed query"));
	assert_words(text, ". answered, by a TLS handshake or not");
	free(text);
}

/* The causes of queries that fail do not hold for sessions, and their time is not measured. */
static void mixed_sessions_have_reasons_of_their_own(void **state)
{
	static const char *const of_queries[] = {"error code",	   "authoritative",
						 "receive buffer", "servers that it asks",
						 "Answer times",   "quer"};
	struct incident incident = of_mixed_sessions(CAUSE_INTERMITTENT);
	struct explanation e = {0};
	const char *meaning;
	size_t i, k;

	(void)state;
	for (k = 0; k < 2; k++) { /* with sessions that were answered by a handshake, without */
		explanation_fill(&e, &incident, &a_capture);
		meaning = e.meaning;
		assert_non_null(strstr(meaning, "session"));
		for (i = 0; i < sizeof(of_queries) / sizeof(*of_queries); i++) {
			assert_null(strstr(meaning, of_queries[i]));
			assert_null(strstr(incident_next_step(&incident), of_queries[i]));
			assert_not_in(&e.evidence, of_queries[i]);
			assert_not_in(&e.alternatives, of_queries[i]);
			assert_not_in(&e.confirmed_by, of_queries[i]);
		}
		explanation_free(&e);
		memset(&e, 0, sizeof(e));
		incident.counters.n[COUNTER_ANSWERED_NOERROR] = 0;
	}
}

static void nobody_gets_a_session_only_where_all_are_refused(void **state)
{
	struct incident incident = of_mixed_sessions(CAUSE_TLS_REFUSED);
	char *text;

	(void)state;
	incident.counters.n[COUNTER_CLOSED_FIN] = incident.counters.n[COUNTER_CLOSED_RST] = 0;
	incident.counters.n[COUNTER_TIMED_OUT] = 0;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "3 of 7 were answered by a TLS handshake. So the cause did not last");
	assert_words(text, "the resolver answers, but not always by a TLS handshake");
	assert_words(text, "Other sessions were answered by a TLS handshake.");
	assert_null(strstr(text, "nobody"));
	free(text);
	incident.counters.n[COUNTER_ANSWERED_NOERROR] = 0;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "So nobody gets a session.");
	assert_words(text, ". answered, but not by a TLS handshake");
	free(text);
}

/* Ten connects to port 853 that timed out, or that an RST refused. */
static struct incident of_tls_connects(enum cause cause)
{
	struct incident incident = of_sessions(cause);

	incident.counters.n[COUNTER_CLOSED_FIN] = incident.counters.n[COUNTER_CONNECT_ESTABLISHED] =
		0;
	incident.counters.n[COUNTER_CONNECT_ATTEMPTS] = 10;
	incident.counters
		.n[cause == CAUSE_SILENT ? COUNTER_CONNECT_TIMED_OUT : COUNTER_CONNECT_REFUSED] =
		10;
	return incident;
}

static void the_next_step_at_port_853_is_about_tls(void **state)
{
	struct incident incident = of_tls_connects(CAUSE_PORT_CLOSED);
	char *text = report_of_one(REPORT_TEXT, &incident, &a_capture);

	(void)state;
	assert_words(text, "Next step: check on the resolver that it serves TLS on port 853.");
	assert_null(strstr(text, "UDP only"));
	free(text);
	incident = of_tls_connects(CAUSE_SILENT);
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "Next step: ask the resolver without TLS: if that works, a firewall "
			   "drops port 853.");
	assert_words(text, "a dead host and a firewall that drops look alike");
	free(text);
}

/* What the joined verdict has found out is no question any more. */
static void a_joined_verdict_has_its_own_next_step(void **state)
{
	static const struct {
		enum joined_verdict verdict;
		const char *drops;
	} of_verdict[] = {{JOINED_UDP_BLOCKED, "Next step: find the firewall that drops UDP,"},
			  {JOINED_TCP_BLOCKED, "Next step: find the firewall that drops TCP,"},
			  {JOINED_TLS_BLOCKED,
			   "Next step: find the firewall that drops port 853,"}};
	struct incident incident = of_tls_connects(CAUSE_SILENT);
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(of_verdict) / sizeof(*of_verdict); i++) {
		incident.joined.verdict = of_verdict[i].verdict;
		text = report_of_one(REPORT_TEXT, &incident, &a_capture);
		assert_words(text, of_verdict[i].drops);
		assert_words(text, "the resolver answers over another transport");
		assert_null(strstr(text, "look alike"));
		assert_null(strstr(text, "host is down"));
		free(text);
	}
	incident.cause = CAUSE_PORT_CLOSED; /* a later one: the verdict is of an earlier time */
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_null(strstr(text, "find the firewall"));
	free(text);
}

/* Those over TCP tell how their connections ended. */
static void closed_queries_say_by_what(void **state)
{
	struct incident incident = of_sessions(CAUSE_NOT_SERVED);
	char *text;

	(void)state;
	incident.resolver.port = htons(53);
	incident.resolver.transport = TRANSPORT_TCP;
	incident.counters.n[COUNTER_QUERIES] = 10;
	incident.counters.n[COUNTER_CLOSED_FIN] = 9;
	incident.counters.n[COUNTER_CLOSED_RST] = 1;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "closed without an answer (FIN 9, RST 1) 10 100%");
	assert_words(text, "First failure the end of a connection without an answer");
	assert_words(text, "the highest bar 10 transactions");
	assert_words(text, "no flood from these clients (10 queries)");
	free(text);
}

static void a_person_can_fill_in_the_record(void **state)
{
	struct incident incident = of_cause(CAUSE_SILENT);
	char *text = report_of_one(REPORT_MARKDOWN, &incident, &a_capture);

	(void)state;
	assert_says(text, "## For the record\n\n- How it was noticed: ...\n");
	assert_says(text, "- Actions taken: ...\n");
	free(text);
	text = report_of_one(REPORT_HTML, &incident, &a_capture);
	assert_says(text, "<h2>For the record</h2>\n<table class=\"facts blanks\">");
	free(text);
}

static void times_are_shown_in_the_zone_that_is_known(void **state)
{
	struct incident incident = of_cause(CAUSE_SILENT);
	struct report_source source = a_capture;
	char *text;

	(void)state;
	source.zone_known = 0;
	text = report_of_one(REPORT_TEXT, &incident, &source);
	assert_words(text,
		     "from 2026-01-31 00:00:00 to 00:01:40 (1 min 40 s; time zone not known).");
	assert_says_not(text, "UTC ");
	free(text);
	source.zone_known = source.local_time = 1;
	setenv("TZ", "EST5", 1);
	tzset();
	text = report_of_one(REPORT_TEXT, &incident, &source);
	assert_words(text, "from 2026-01-30 19:00:00 to 19:01:40 EST (1 min 40 s).");
	free(text);
	source.zone_known = 0; /* what is not known cannot be converted */
	text = report_of_one(REPORT_TEXT, &incident, &source);
	assert_words(text,
		     "from 2026-01-31 00:00:00 to 00:01:40 (1 min 40 s; time zone not known).");
	free(text);
	unsetenv("TZ");
	tzset();
}

/* ---- too few to judge ------------------------------------------------------------------------ */

/* Two that failed and one that is open, as a ticket with three tries of dig has them. */
static void what_is_known_of_too_few_is_shown(void **state)
{
	struct excerpt excerpt = {.count = 3};
	const struct excerpt *excerpts[] = {&excerpt};
	struct report_source source = a_capture;
	struct excerpt_transaction *t = excerpt.transactions;
	struct incident_scene s;
	char *text;
	json_t *o;
	int i;

	(void)state;
	incidents_begin(&s);
	second_of(&s, 0, 0, 2);
	tick(&s);
	excerpt.resolver = s.scene.resolvers[0].key;
	for (i = 0; i < 3; i++) {
		t[i].sent_ns = 1769817600 * NS_PER_S + i * 5 * NS_PER_S;
		t[i].client = address("192.0.2.10");
		t[i].queries = 1;
		t[i].type = 1;
		strcpy(t[i].name, "www.example.com");
	}
	t[0].outcome = EXCERPT_TIMED_OUT;
	t[1].outcome = EXCERPT_ANSWERED;
	t[1].outcome_ns = t[1].sent_ns + 3000000;
	t[1].rcode = 2;
	t[1].queries = 2;
	source.totals = &s.scene.status;
	source.excerpts = excerpts;
	source.excerpt_count = 1;
	text = report_of(REPORT_TEXT, NULL, 0, &source);
	assert_words(text,
		     "2026-01-31 00:00:00 UTC 192.0.2.10 asks for www.example.com A no answer "
		     "within 5 s");
	assert_words(text, "sent 2 times; answered SERVFAIL after 3 ms");
	assert_words(text, "no answer; still open at the end");
	free(text);
	text = report_of(REPORT_JSON, NULL, 0, &source);
	o = json_loads(text, 0, NULL);
	assert_int_equal(json_array_size(
				 json_object_get(json_array_get(json_object_get(o, "too_few"), 0),
						 "transactions")),
			 3);
	json_decref(o);
	free(text);
	incidents_end(&s);
}

/* With the longest addresses the last column keeps room for more than a word: rows are stacked. */
static void a_text_table_squeezes_no_column(void **state)
{
	struct incident a = of_cause(CAUSE_SILENT);
	const struct incident *both[] = {&a, &a};
	char *text;

	(void)state;
	a.resolver = scene_key("[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:53535");
	text = report_of(REPORT_TEXT, both, 2, &a_capture);
	assert_says(text, "  1: [2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:53535\n"
			  "    down, silent, 10 of 10 failed\n"
			  "    from 2026-01-31 00:00:00 to 00:01:40 UTC, no recovery seen\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_short_report_has_under_500_words),
		cmocka_unit_test(the_summary_can_be_read_aloud),
		cmocka_unit_test(this_host_is_named_where_it_fails_inside),
		cmocka_unit_test(the_checks_ask_for_the_name_that_failed),
		cmocka_unit_test(the_longest_summary_has_at_most_120_words),
		cmocka_unit_test(answer_times_tell_overload_from_loss),
		cmocka_unit_test(an_attack_is_answered_with_evidence),
		cmocka_unit_test(sessions_have_words_of_their_own),
		cmocka_unit_test(a_refused_session_has_no_rcode),
		cmocka_unit_test(the_evidence_of_mixed_sessions_has_the_numbers_of_the_table),
		cmocka_unit_test(mixed_sessions_have_reasons_of_their_own),
		cmocka_unit_test(nobody_gets_a_session_only_where_all_are_refused),
		cmocka_unit_test(the_next_step_at_port_853_is_about_tls),
		cmocka_unit_test(a_joined_verdict_has_its_own_next_step),
		cmocka_unit_test(closed_queries_say_by_what),
		cmocka_unit_test(a_person_can_fill_in_the_record),
		cmocka_unit_test(times_are_shown_in_the_zone_that_is_known),
		cmocka_unit_test(what_is_known_of_too_few_is_shown),
		cmocka_unit_test(a_text_table_squeezes_no_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
