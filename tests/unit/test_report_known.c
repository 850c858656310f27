// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a report says of what is missing, not certain or not known, and what it must not say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report_scene.h"

#include "health/counters.h"

/* Totals of a recording in which only its own counters are set. */
struct totals_scene {
	struct snapshot snapshot;
	struct status status;
	struct report_source source;
};

static void totals_begin(struct totals_scene *s)
{
	memset(s, 0, sizeof(*s));
	s->status.snapshot = &s->snapshot;
	s->source = a_capture;
	s->source.totals = &s->status;
}

static void what_could_not_be_parsed_is_said_at_the_top(void **state)
{
	struct incident incident = of_cause(CAUSE_SILENT);
	struct totals_scene s;
	char *text;

	(void)state;
	totals_begin(&s);
	s.snapshot.self.n[SELF_UNPARSED_SHORT] = 2;
	s.snapshot.self.n[SELF_UNPARSED_FRAGMENT] = 1;
	text = report_of_one(REPORT_TEXT, &incident, &s.source);
	assert_words(text,
		     "==== Warning: 3 packets could not be followed, and may be about DNS: 2 too "
		     "short, 1 a fragment without a whole DNS header. DNS resolver");
	assert_words(text, "nothing came back that could be read. Confidence is low");
	assert_says_not(text, "nothing came back at all");
	free(text);
	s.snapshot.self.n[SELF_UNPARSED_SHORT] = s.snapshot.self.n[SELF_UNPARSED_FRAGMENT] = 0;
	s.snapshot.self.n[SELF_UNPARSED_TUNNEL] = 1;
	text = report_of_one(REPORT_MARKDOWN, &incident, &s.source);
	assert_words(text,
		     "1 packet could not be followed, and may be about DNS: 1 inside a tunnel");
	assert_says(text, "nothing came back at all");
	free(text);
	text = report_of_one(REPORT_JSON, &incident, &s.source);
	assert_says(text, "\"unparsed\":{\"short\":0,");
	assert_says(text, "\"tunnel\":1}");
	free(text);
}

static void damage_and_wrong_clocks_are_said_at_the_top(void **state)
{
	struct incident incident = of_cause(CAUSE_SILENT);
	struct report_source source = a_capture;
	char *text;

	(void)state;
	source.damaged = 1;
	source.packets = 1;
	source.odd_times = 2;
	source.cut = 1;
	text = report_of_one(REPORT_TEXT, &incident, &source);
	assert_words(text,
		     "Warning: the recording is damaged. 1 packet was read before the damage; "
		     "nothing behind it is in this report.");
	assert_words(text, "Warning: 2 packets have the time of a wrong clock.");
	assert_words(text, "the snap length of the capture cut 1 packet.");
	free(text);
	text = report_of_one(REPORT_JSON, &incident, &source);
	assert_says(text, "\"damaged\":true");
	assert_says(text, "\"odd_times\":2");
	free(text);
}

static void lost_lines_are_counted_in_plain_english(void **state)
{
	struct incident incident = of_cause(CAUSE_SILENT);
	struct report_source source = a_text;
	char *text;

	(void)state;
	source.dns_lost = source.unreadable = 1;
	source.quoted_again = 1;
	text = report_of_one(REPORT_TEXT, &incident, &source);
	assert_words(text, "Warning: 1 line about DNS or ICMP could not be read.");
	assert_words(text, "- 1 line repeats an earlier line, and is not counted again.");
	free(text);
	source.dns_lost = source.unreadable = 2;
	source.quoted_again = 3;
	text = report_of_one(REPORT_TEXT, &incident, &source);
	assert_words(text, "Warning: 2 lines about DNS or ICMP could not be read.");
	assert_words(text, "- 3 lines repeat an earlier line, and are not counted again.");
	free(text);
}

/* Reason `other` from the resolver itself says nothing of a port. */
static void no_message_says_that_the_port_is_closed(void **state)
{
	struct incident incident = of_cause(CAUSE_PORT_CLOSED);
	char *text;

	(void)state;
	incident.counters.n[COUNTER_TIMED_OUT] = 0;
	incident.counters.n[COUNTER_UNREACHABLE_OTHER] = incident.counters.n[COUNTER_ICMP_OTHER] =
		1;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "The nearest cause is port-closed: the resolver's own address rejects");
	assert_words(text, "1 of 1 DNS transaction failed (100%).");
	assert_words(text, "Confidence is low");
	assert_words(text, "1 unreachable message came in (other reasons: 1).");
	assert_words(text,
		     "1 ICMP message comes from the resolver's own address, and says neither");
	assert_says(text, "\nNearest cause: port-closed\n");
	assert_says_not(text, "0 ICMP messages");
	assert_says_not(text, "nothing listens on that port, or");
	free(text);
}

static void a_resolver_that_answers_is_not_said_to_take_no_queries(void **state)
{
	struct incident incident = of_cause(CAUSE_PORT_CLOSED);
	char *text;

	(void)state;
	incident.counters.n[COUNTER_EVIDENCE_PORT] = 4;
	incident.counters.n[COUNTER_ANSWERED_NOERROR] = 1;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "the resolver answered some queries, but for others its host says");
	assert_words(text, "Confidence is medium, because other answers came.");
	assert_words(text, "1 of 11 was answered without an error.");
	free(text);
	incident.counters.n[COUNTER_ANSWERED_NOERROR] = 0;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text,
		     "nothing listens on that port, or a firewall rejects. Confidence is high");
	free(text);
}

static void late_answers_speak_against_a_closed_port(void **state)
{
	struct incident incident = of_cause(CAUSE_PORT_CLOSED);
	char *text;

	(void)state;
	incident.counters.n[COUNTER_EVIDENCE_PORT] =
		incident.counters.n[COUNTER_LATE_UNREACHABLES] = 3;
	incident.counters.n[COUNTER_LATE_RESPONSES] = 1;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "the resolver answered some queries");
	assert_words(text, "Confidence is medium, because other answers came.");
	assert_words(text, "1 answer came after the timeout: the resolver does answer.");
	assert_words(text, "Late 1 response, 3 ICMP messages, after the timeout");
	free(text);
}

static void errors_and_timeouts_are_no_working_resolver(void **state)
{
	struct incident incident = of_cause(CAUSE_INTERMITTENT);
	char *text;

	(void)state;
	incident.counters.n[COUNTER_ANSWERED_SERVFAIL] = 10;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text,
		     "intermittent: some queries are answered with an error, and others time out.");
	assert_words(text,
		     "Each answer in time carries an error code, and other queries time out.");
	assert_says_not(text, "The resolver works");
	free(text);
}

/* Without any failure, too: nothing else of the report would tell. */
static void forged_messages_are_told_without_an_incident(void **state)
{
	struct resolver_snapshot now = {.key = scene_key("192.0.2.53")};
	struct resolver_status resolver = {.now = &now, .state = STATE_HEALTHY, .is_judged = 1};
	struct totals_scene s;
	char *text;

	(void)state;
	totals_begin(&s);
	s.status.resolvers = &resolver;
	s.status.count = 1;
	now.counters.n[COUNTER_QUERIES] = now.counters.n[COUNTER_ANSWERED_NOERROR] = 30;
	now.counters.n[COUNTER_UNMATCHED_UNREACHABLES] = 30;
	now.counters.n[COUNTER_UNMATCHED_RESPONSES] = 1;
	text = report_in(&(struct report_style){.format = REPORT_TEXT}, NULL, 0, &s.source);
	assert_words(text, "30 ICMP messages and 1 response about 192.0.2.53 match no query.");
	assert_words(text, "30 answered, 1 unmatched response, 30 unmatched ICMP messages");
	free(text);
}

static void errors_alone_are_not_totalled_as_failures(void **state)
{
	struct incident incident = of_cause(CAUSE_SERVER_ERROR);
	char *text;

	(void)state;
	incident.counters.n[COUNTER_TIMED_OUT] = 0;
	incident.counters.n[COUNTER_ANSWERED_NOERROR] = 1;
	incident.counters.n[COUNTER_ANSWERED_SERVFAIL] = 3;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "with an error, of 4 settled 3 75%");
	assert_says_not(text, "failed, of");
	free(text);
}

static void messages_that_match_nothing_are_no_silence(void **state)
{
	struct incident incident = of_cause(CAUSE_SILENT);
	char *text;

	(void)state;
	incident.counters.n[COUNTER_UNMATCHED_UNREACHABLES] = 1;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text, "nothing came back that matches a query. Confidence is low");
	assert_words(text, "Unmatched 1 ICMP message: no open transaction matched");
	free(text);
}

static void every_answer_about_an_attack_has_its_limit(void **state)
{
	enum cause cause;
	char *text;

	(void)state;
	for (cause = CAUSE_NONE; cause < CAUSE_MAX; cause++) {
		struct incident incident = of_cause(cause);

		text = report_of_one(REPORT_TEXT, &incident, &a_capture);
		assert_words(text, "A flood from elsewhere would not show here.");
		free(text);
	}
}

static void times_since_the_first_packet_are_no_times_of_day(void **state)
{
	struct incident incident = of_cause(CAUSE_SILENT);
	struct report_source source = a_text;
	char *text;

	(void)state;
	incident.start_ns = 26 * 3600 * NS_PER_S + 1500000;
	incident.end_ns = incident.start_ns + 10 * NS_PER_S;
	incident.slot_start_ns = 26 * 3600 * NS_PER_S;
	source.offsets = source.offsets_summed = 1;
	text = report_of_one(REPORT_TEXT, &incident, &source);
	assert_words(text, "from +26:00:00 to +26:00:10 (10 s; times since the first packet)");
	assert_words(text, "Start +26:00:00.001500: the first query that failed");
	assert_words(text,
		     "Times are offsets since the first packet, summed up from the differences");
	assert_says(text, "        +26:00:00  +26:00:08\n");
	assert_says_not(text, "time zone not known");
	free(text);
}

static void doubts_about_times_are_said(void **state)
{
	struct incident incident = of_cause(CAUSE_SILENT);
	struct report_source source = a_text;
	char *text;

	(void)state;
	source.times_uncertain = source.reordered = source.newest_first = 1;
	text = report_of_one(REPORT_TEXT, &incident, &source);
	assert_words(text, "Warning: the times may be differences (tcpdump -ttt), but are read as "
			   "times of day.");
	assert_words(text,
		     "- The lines were put in the order of their times; the newest stood first.");
	free(text);
	source.offsets = 1;
	source.reordered = 0;
	text = report_of_one(REPORT_TEXT, &incident, &source);
	assert_words(text, "but are read as times since the first packet.");
	assert_says_not(text, "were put in the order");
	free(text);
}

static void causes_that_changed_are_listed_with_their_times(void **state)
{
	struct incident incident = of_cause(CAUSE_SILENT);
	char *text;

	(void)state;
	incident.causes[0] = (struct cause_period){CAUSE_SILENT, incident.start_ns,
						   incident.start_ns + 70 * NS_PER_S};
	incident.cause_count = 1;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_says_not(text, "How the cause changed");
	free(text);
	incident.causes[1] =
		(struct cause_period){CAUSE_NO_ROUTE, incident.start_ns + 70 * NS_PER_S, 0};
	incident.cause_count = 2;
	text = report_of_one(REPORT_TEXT, &incident, &a_capture);
	assert_words(text,
		     "How the cause changed: - silent from 00:00:00 to 00:01:10 - no-route from "
		     "00:01:10 on");
	free(text);
	text = report_of_one(REPORT_HTML, &incident, &a_capture);
	assert_says(text, "<li><code>no-route</code> from 00:01:10 on</li>");
	free(text);
	text = report_of_one(REPORT_JSON, &incident, &a_capture);
	assert_says(text, "\"causes\":[{\"cause\":\"silent\",");
	free(text);
}

static void the_report_says_what_a_state_was_judged_by(void **state)
{
	struct incident incident = of_cause(CAUSE_SILENT);
	struct resolver_snapshot now = {.key = incident.resolver};
	struct resolver_status resolver = {.now = &now,
					   .state = STATE_DOWN,
					   .is_judged = 1,
					   .judged_by = JUDGED_BY_LAST_SETTLED};
	struct totals_scene s;
	char *text;

	(void)state;
	totals_begin(&s);
	s.status.resolvers = &resolver;
	s.status.count = 1;
	text = report_of_one(REPORT_TEXT, &incident, &s.source);
	assert_words(text, "State at the end: [2001:db8::53]:5353 down (by the last 3 outcomes).");
	free(text);
	text = report_of_one(REPORT_JSON, &incident, &s.source);
	assert_says(text, "\"judged\":[{\"resolver\":\"[2001:db8::53]:5353\",\"state\":\"down\","
			  "\"judged_by\":\"last_settled\"}]");
	free(text);
}

/* As of `tcpdump icmp`: no query was seen, but failures are told. */
static void messages_without_their_queries_are_told(void **state)
{
	struct incident_message message = {.wall_ns = 1769817600 * NS_PER_S};
	struct resolver_key key = scene_key("192.0.2.53");
	struct totals_scene s;
	char *text;

	(void)state;
	totals_begin(&s);
	message.sample = sample_of(&key, "192.0.2.7", "www.example");
	s.snapshot.self.n[SELF_UNMATCHED_UNREACHABLES] = 2;
	s.source.unmatched = &message;
	s.source.unmatched_count = 1;
	text = report_in(&(struct report_style){.format = REPORT_TEXT}, NULL, 0, &s.source);
	assert_says(text, "ICMP messages about queries that were not recorded\n");
	assert_words(text, "2 ICMP messages tell of failed DNS queries");
	assert_says(text, "192.0.2.53 > 192.0.2.7: ICMP 192.0.2.53 udp port 53 unreachable");
	free(text);
	text = report_of(REPORT_JSON, NULL, 0, &s.source);
	assert_says(text, "\"unmatched_unreachables\":2");
	assert_says(text, "\"unmatched_messages\":[{");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_could_not_be_parsed_is_said_at_the_top),
		cmocka_unit_test(damage_and_wrong_clocks_are_said_at_the_top),
		cmocka_unit_test(lost_lines_are_counted_in_plain_english),
		cmocka_unit_test(no_message_says_that_the_port_is_closed),
		cmocka_unit_test(a_resolver_that_answers_is_not_said_to_take_no_queries),
		cmocka_unit_test(late_answers_speak_against_a_closed_port),
		cmocka_unit_test(errors_and_timeouts_are_no_working_resolver),
		cmocka_unit_test(forged_messages_are_told_without_an_incident),
		cmocka_unit_test(errors_alone_are_not_totalled_as_failures),
		cmocka_unit_test(messages_that_match_nothing_are_no_silence),
		cmocka_unit_test(every_answer_about_an_attack_has_its_limit),
		cmocka_unit_test(times_since_the_first_packet_are_no_times_of_day),
		cmocka_unit_test(doubts_about_times_are_said),
		cmocka_unit_test(causes_that_changed_are_listed_with_their_times),
		cmocka_unit_test(the_report_says_what_a_state_was_judged_by),
		cmocka_unit_test(messages_without_their_queries_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
