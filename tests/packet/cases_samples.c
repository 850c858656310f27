/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Examples for the incident report: samples of unreachables, and the moments of a failing run. */
#include "../../bpf/native/native.h"
#include "rig.h"

#include <arpa/inet.h>
#include <string.h>

static const char question[] = "\x11yummyrecipesforme\x03"
			       "com\0\0\1\0\1";

CASE(sample_of_an_unreachable)
{
	struct sample s;

	query();
	at(1000.5);
	icmp(.reporter = router_text());
	expect(samples_seen(), 1);
	s = latest_sample();
	expect(s.time_ns, 1000500000000);
	expect(s.matched, 1);
	expect(s.unsent, 0);
	expect(s.short_quote, 0);
	expect(s.reason, REASON_PORT);
	expect(s.type, family == 4 ? 3 : 1);
	expect(s.code, family == 4 ? 3 : 4);
	expect(s.version, family);
	expect(s.ttl, 64);
	expect(ntohs(s.key.id), 35084);
	expect(ntohs(s.key.client_port), 52444);
	expect(s.question_length, sizeof(question) - 1);
	expect(memcmp(s.question, question, sizeof(question) - 1), 0);
}

CASE(sample_of_a_short_quote_has_no_question)
{
	query();
	icmp(.quote_payload = -1);
	expect(samples_seen(), 1);
	expect(latest_sample().question_length, 0);
	expect(latest_sample().short_quote, 1);
}

CASE(sample_of_what_fits_nothing)
{
	query();
	icmp(.quoted = {.id = 1});
	expect(samples_seen(), 1);
	expect(latest_sample().matched, 0);
}

CASE(sample_of_an_own_refusal)
{
	icmp(.reporter = client_text(), .ifindex = LINK_LO);
	expect(samples_seen(), 1);
	expect(latest_sample().unsent, 1);
}

CASE(samples_are_bounded_in_rate_and_drops_are_counted)
{
	int i;

	at(1073.741824); /* a second of 2^30 ns begins */
	for (i = 1; i <= 50; i++) {
		query(.id = i);
		icmp(.quoted = {.id = i});
	}
	expect(samples_seen(), SAMPLES_PER_SECOND);
	expect(samples_dropped(), 50 - SAMPLES_PER_SECOND);
	at(1075);
	query(.id = 51);
	icmp(.quoted = {.id = 51});
	expect(samples_seen(), SAMPLES_PER_SECOND + 1);
}

CASE(forged_ones_cannot_crowd_the_others_out)
{
	int i;

	at(1073.741824);
	query();
	for (i = 1; i <= 50; i++)
		icmp(.quoted = {.id = i});
	expect(samples_seen(), SAMPLES_UNMATCHED_PER_SECOND);
	icmp();
	expect(samples_seen(), SAMPLES_UNMATCHED_PER_SECOND + 1);
	expect(latest_sample().matched, 1);
}

CASE(moments_of_a_failing_run)
{
	query(.id = 1);
	at(1000.1);
	response(.id = 1);
	expect(moment_of(frame_resolver(), MOMENT_LAST_ANSWERED), 1000100000000);
	expect(moment_of(frame_resolver(), MOMENT_RUN_START), 0);
	at(1001);
	query(.id = 2);
	at(1002);
	query(.id = 3);
	at(1003);
	icmp(.quoted = {.id = 3});
	expect(moment_of(frame_resolver(), MOMENT_RUN_START), 1002000000000);
	expect(moment_of(frame_resolver(), MOMENT_LAST_FAILURE), 1003000000000);
	at(1010);
	run_sweep(); /* the query sent at 1001 fails later, and begins the run after all */
	expect(moment_of(frame_resolver(), MOMENT_RUN_START), 1001000000000);
	run_sweep(); /* the timeout is when it was, not when somebody looked */
	expect(moment_of(frame_resolver(), MOMENT_LAST_FAILURE), 1006000000000);
	query(.id = 4);
	at(1011);
	response(.id = 4, .rcode = 2); /* SERVFAIL is no recovery */
	expect(moment_of(frame_resolver(), MOMENT_RUN_START), 1001000000000);
	query(.id = 5);
	at(1012);
	response(.id = 5, .rcode = 3); /* NXDOMAIN is a good answer */
	query(.id = 6);
	at(1013);
	icmp(.quoted = {.id = 6});
	expect(moment_of(frame_resolver(), MOMENT_RUN_START), 1012000000000);
}

/* As live: an ICMP message is given the time of the last look at the clock, within a tick. */
CASE_NATIVE(rough_times_come_one_after_the_other)
{
	native_use_clock(4000000);
	query(.id = 1);
	query(.id = 2);
	query(.id = 3);
	at(1000.001);
	response(.id = 1);
	at(1000.002);
	icmp(.quoted = {.id = 2});
	expect(moment_of(frame_resolver(), MOMENT_LAST_ANSWERED), 1000001000000);
	expect(moment_of(frame_resolver(), MOMENT_LAST_FAILURE), 1000001000001);
	at(1000.003);
	icmp(.quoted = {.id = 3});
	expect(moment_of(frame_resolver(), MOMENT_LAST_FAILURE), 1000001000002);
	expect(moment_of(frame_resolver(), MOMENT_RUN_START), 1000000000000);
	at(1000.008);
	query(.id = 4);
	at(1000.011);
	icmp(.quoted = {.id = 4});
	expect(moment_of(frame_resolver(), MOMENT_LAST_FAILURE), 1000008000001);
	at(1000.012);
	query(.id = 5);
	at(1000.016); /* another tick */
	icmp(.quoted = {.id = 5});
	expect(moment_of(frame_resolver(), MOMENT_LAST_FAILURE), 1000016000000);
	query(.id = 6);
	at(1000.018);
	query(.id = 6); /* sent again: the long way has read the clock, too */
	at(1000.019);
	icmp(.quoted = {.id = 6});
	expect(moment_of(frame_resolver(), MOMENT_LAST_FAILURE), 1000018000001);
}
