/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What opens and ends a transaction, and every counter of docs/counters.md. */
#include "rig.h"

#include <arpa/inet.h>
#include <sched.h>
#include <stdio.h>

CASE(query_opens_a_transaction)
{
	query();
	want(QUERIES, 1);
	want(TRANSACTIONS, 1);
	want_in_flight(1);
}

CASE(response_answers)
{
	query();
	at(1000.020);
	response();
	want(RESPONSES, 1);
	want(ANSWERED_NOERROR, 1);
	want_in_flight(0);
}

CASE(rcode_classes)
{
	static const int rcodes[] = {0, 1, 2, 3, 4, 5, 6, 10, 15};
	unsigned i;

	for (i = 0; i < sizeof(rcodes) / sizeof(*rcodes); i++) {
		query(.id = 100 + i);
		response(.id = 100 + i, .rcode = rcodes[i]);
	}
	want(ANSWERED_NOERROR, 1);
	want(ANSWERED_FORMERR, 1);
	want(ANSWERED_SERVFAIL, 1);
	want(ANSWERED_NXDOMAIN, 1);
	want(ANSWERED_NOTIMP, 1);
	want(ANSWERED_REFUSED, 1);
	want(ANSWERED_OTHER, 3);
	want(RESPONSES, 9);
}

CASE(truncated_response_is_an_answer_too)
{
	query();
	response(.truncated = 1);
	want(TRUNCATED, 1);
	want(ANSWERED_NOERROR, 1);
	query(.id = 2);
	response(.id = 2);
	want(TRUNCATED, 1);
}

CASE(unreachable_ends_a_transaction)
{
	query();
	icmp();
	want(ICMP_PORT, 1);
	want(UNREACHABLE_PORT, 1);
	want(ICMP_FROM_ELSEWHERE, 0);
	want(ICMP_SHORT_QUOTES, 0);
	want(EVIDENCE_PORT, 1);
	want_in_flight(0);
}

static void one_reason(int type, int code, enum counter which)
{
	static uint16_t id;

	id++;
	query(.id = id);
	icmp(.type = type, .code = code, .code_zero = 1, .quoted = {.id = id});
	expect(counter_of(frame_resolver(), which) > 0, 1);
}

CASE_V4(reasons_of_every_icmp_code)
{
	int code;

	for (code = 0; code <= 15; code++) {
		enum counter which = COUNTER_UNREACHABLE_OTHER;

		if (code == 4)
			continue;
		if (code == 3)
			which = COUNTER_UNREACHABLE_PORT;
		if (code == 1 || code == 7 || code == 12)
			which = COUNTER_UNREACHABLE_HOST;
		if (code == 0 || code == 6 || code == 11)
			which = COUNTER_UNREACHABLE_NETWORK;
		if (code == 9 || code == 10 || code == 13)
			which = COUNTER_UNREACHABLE_PROHIBITED;
		one_reason(3, code, which);
	}
	one_reason(11, 0, COUNTER_UNREACHABLE_OTHER);
	one_reason(11, 1, COUNTER_UNREACHABLE_OTHER);
	one_reason(12, 0, COUNTER_UNREACHABLE_OTHER);
	want(UNREACHABLE_PORT, 1);
	want(UNREACHABLE_HOST, 3);
	want(UNREACHABLE_NETWORK, 3);
	want(UNREACHABLE_PROHIBITED, 3);
	want(UNREACHABLE_OTHER, 5 + 3);
	want(ICMP_OTHER, 5 + 3);
	want_in_flight(0);
}

CASE_V6(reasons_of_every_icmpv6_code)
{
	one_reason(1, 0, COUNTER_UNREACHABLE_NETWORK);
	one_reason(1, 1, COUNTER_UNREACHABLE_PROHIBITED);
	one_reason(1, 2, COUNTER_UNREACHABLE_OTHER);
	one_reason(1, 3, COUNTER_UNREACHABLE_HOST);
	one_reason(1, 4, COUNTER_UNREACHABLE_PORT);
	one_reason(1, 5, COUNTER_UNREACHABLE_PROHIBITED);
	one_reason(1, 6, COUNTER_UNREACHABLE_PROHIBITED);
	one_reason(1, 7, COUNTER_UNREACHABLE_OTHER);
	one_reason(3, 0, COUNTER_UNREACHABLE_OTHER);
	one_reason(4, 1, COUNTER_UNREACHABLE_OTHER);
	want(UNREACHABLE_NETWORK, 1);
	want(UNREACHABLE_PROHIBITED, 3);
	want(UNREACHABLE_HOST, 1);
	want(UNREACHABLE_PORT, 1);
	want(UNREACHABLE_OTHER, 4);
	want_in_flight(0);
}

CASE(too_big_is_never_an_outcome)
{
	query();
	if (family == 4)
		icmp(.type = 3, .code = 4);
	else
		icmp(.type = 2, .code_zero = 1);
	want(TOO_BIG, 1);
	want(ICMP_OTHER, 0);
	want_in_flight(1);
}

CASE(icmp_from_elsewhere)
{
	query();
	icmp(.reporter = router_text());
	want(ICMP_FROM_ELSEWHERE, 1);
	want(UNREACHABLE_PORT, 1);
	want(EVIDENCE_ON_PATH, 1);
	want(EVIDENCE_PORT, 0);
}

CASE(other_icmp_types_are_nothing)
{
	query();
	if (family == 4) {
		icmp(.type = 4, .code_zero = 1);
		icmp(.type = 5, .code = 1);
		icmp(.type = 8, .code_zero = 1);
	} else {
		icmp(.type = 128, .code_zero = 1);
		icmp(.type = 137, .code_zero = 1);
	}
	want_in_flight(1);
	want_self(UNMATCHED_UNREACHABLES, 0);
}

CASE(retransmission_and_karn)
{
	query();
	at(1001);
	query();
	want(RETRANSMISSIONS, 1);
	want(TRANSACTIONS, 1);
	at(1001.5);
	response();
	want(ANSWERED_NOERROR, 1);
	want(RTT_COUNT, 0);
	query(.id = 2);
	at(1001.504);
	response(.id = 2);
	want(RTT_COUNT, 1);
	want(RTT_SUM_NS, 4000000);
}

CASE(rtt_bucket_edges_are_inclusive)
{
	/* 256 us exactly belongs below the edge 2^8 us, one ns more above it. */
	query();
	at(1000.000256);
	response();
	query(.id = 2);
	at(1000.000256 + 0.000256001);
	response(.id = 2);
	want(RTT_COUNT, 2);
	expect(rtt_bucket(4 * (8 - 2) + 4 - 1), 1);
	expect(rtt_bucket(4 * (8 - 2) + 4), 1);
}

/* CPUs have histograms of their own, or share one with some: all of them are read. */
CASE_KERNEL(rtt_of_each_cpu_is_read)
{
	cpu_set_t allowed, one;
	unsigned int cpu, count = 0;

	expect((unsigned long)sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		at(1000 + cpu);
		query(.id = (__u16)(cpu + 1));
		at(1000 + cpu + 0.000256);
		response(.id = (__u16)(cpu + 1));
		count++;
	}
	sched_setaffinity(0, sizeof(allowed), &allowed);
	want(RTT_COUNT, count);
	expect(rtt_bucket(4 * (8 - 2) + 4 - 1), count);
}

CASE(id_zero_and_source_port_53_are_legal)
{
	query(.id_zero = 1, .source_port = 53);
	want_in_flight(1);
	response(.id_zero = 1, .source_port = 53);
	want(ANSWERED_NOERROR, 1);
	want_in_flight(0);
}

CASE(duplicate_response_is_unmatched)
{
	query();
	response();
	response();
	want(RESPONSES, 2);
	want(ANSWERED_NOERROR, 1);
	want(UNMATCHED_RESPONSES, 1);
}

CASE(timeout_by_the_sweep)
{
	query();
	at(1005);
	run_sweep();
	want(TIMED_OUT, 0); /* exactly at the timeout is within it */
	at(1005.000000001);
	run_sweep();
	want(TIMED_OUT, 1);
	want_in_flight(0);
}

CASE(age_decides_not_the_sweep)
{
	query();
	at(1005.1);
	response();
	want(TIMED_OUT, 1);
	want(LATE_RESPONSES, 1);
	want(ANSWERED_NOERROR, 0);
	query(.id = 2);
	at(1010.3);
	query(.id = 2); /* meets an aged one: a new transaction, no retransmission */
	want(TIMED_OUT, 2);
	want(RETRANSMISSIONS, 0);
	want(TRANSACTIONS, 3);
	want_in_flight(1);
}

CASE(late_once_then_unmatched)
{
	query();
	at(1010);
	run_sweep();
	at(1064.9);
	icmp();
	want(LATE_UNREACHABLES, 1);
	want(ICMP_PORT, 1);
	icmp();
	want(LATE_UNREACHABLES, 1);
	want(UNMATCHED_UNREACHABLES, 1);
	want(UNREACHABLE_PORT, 0);
	want(EVIDENCE_PORT, 1);
}

CASE(remembered_for_sixty_seconds_after_the_timeout)
{
	query();
	query(.id = 2);
	at(1010);
	run_sweep();
	at(1064.999999999);
	response();
	want(LATE_RESPONSES, 1);
	at(1065);
	response(.id = 2);
	want(LATE_RESPONSES, 1);
	want(UNMATCHED_RESPONSES, 1);
	want_self(FORGOTTEN, 0);
}

CASE(arrival_belongs_to_the_open_one_first)
{
	query();
	at(1006);
	query();
	at(1006.1);
	response();
	want(ANSWERED_NOERROR, 1);
	at(1006.2);
	response();
	want(LATE_RESPONSES, 1);
	at(1006.3);
	response();
	want(UNMATCHED_RESPONSES, 1);
}

CASE(forgotten_is_counted)
{
	int i;

	/* Six timed-out transactions of one key within a minute: four are remembered. */
	for (i = 0; i < 6; i++) {
		at(1000 + i * 6);
		query();
	}
	at(1036);
	run_sweep();
	want(TIMED_OUT, 6);
	want_self(FORGOTTEN, 2);
	for (i = 0; i < 6; i++)
		response();
	want(LATE_RESPONSES, 4);
	want(UNMATCHED_RESPONSES, 2);
}

/* So small that it has no buckets: a hash is all there is. */
CASE(every_outcome_in_a_small_table)
{
	struct engine_config c = config_without_streams();

	c.max_in_flight = 64;
	restart(&c);
	query(.id = 1);
	query(.id = 2);
	query(.id = 3);
	response(.id = 1);
	icmp(.quoted = {.id = 2});
	want(ANSWERED_NOERROR, 1);
	want(UNREACHABLE_PORT, 1);
	icmp(.quoted = {.id = 2});
	response(.id = 1);
	want(UNMATCHED_UNREACHABLES, 1);
	want(UNMATCHED_RESPONSES, 1);
	at(1010);
	run_sweep();
	want(TIMED_OUT, 1);
	icmp(.quoted = {.id = 3});
	want(LATE_UNREACHABLES, 1);
	want_in_flight(0);
}

CASE(untracked_when_the_table_is_full)
{
	struct engine_config c = config_without_streams();
	int i;

	c.max_in_flight = 64;
	restart(&c);
	for (i = 0; i < 200; i++)
		query(.id = 1000 + i);
	want(QUERIES, 200);
	want(TRANSACTIONS, 64);
	want(UNTRACKED, 136);
	want_in_flight(64);
	for (i = 0; i < 200; i++)
		response(.id = 1000 + i);
	want(ANSWERED_NOERROR, 64);
	want(UNMATCHED_RESPONSES, 136);
	want_in_flight(0);
	query(.id = 5000); /* recovered */
	want(TRANSACTIONS, 65);
	at(1010);
	run_sweep();
	want(TIMED_OUT, 1);
}

CASE(sweep_ends_any_number)
{
	struct engine_config c = config_without_streams();
	int i;

	c.max_in_flight = 200000; /* so that no bucket of remembered ones is full */
	restart(&c);
	for (i = 0; i < 10000; i++)
		query(.id = i, .source_port = 50000);
	want(TRANSACTIONS, 10000);
	at(1006);
	run_sweep();
	want(TIMED_OUT, 10000);
	want_in_flight(0);
	at(1066);
	run_sweep(); /* forgets them all: there is room for as many again */
	for (i = 0; i < 10000; i++)
		query(.id = i, .source_port = 50001);
	at(1072);
	run_sweep();
	want(TIMED_OUT, 20000);
	want_self(FORGOTTEN, 0);
}

/* c-ares and Envoy do that. */
CASE(a_thousand_from_one_socket)
{
	struct engine_config c = config_without_streams();
	int i;

	c.max_in_flight = IN_FLIGHT_DEFAULT;
	restart(&c);
	for (i = 0; i < 1000; i++)
		query(.id = i);
	want(TRANSACTIONS, 1000);
	want_in_flight(1000);
	for (i = 0; i < 1000; i += 2)
		query(.id = i);
	want(RETRANSMISSIONS, 500);
	for (i = 999; i >= 0; i--)
		response(.id = i);
	want(ANSWERED_NOERROR, 1000);
	want(UNMATCHED_RESPONSES, 0);
	want_in_flight(0);
}

/* A resolver that says nothing, asked 10,000 times a second by four sockets, for five seconds. */
CASE(fifty_thousand_of_a_silent_resolver)
{
	struct engine_config c = config_without_streams();
	int i;

	c.max_in_flight = IN_FLIGHT_DEFAULT;
	restart(&c);
	for (i = 0; i < 50000; i++)
		query(.id = i / 4, .source_port = 50000 + i % 4);
	want(TRANSACTIONS, 50000);
	want(UNTRACKED, 0);
	want_in_flight(50000);
	at(1006);
	run_sweep();
	want(TIMED_OUT, 50000);
	want_in_flight(0);
}

CASE(packet_time_never_runs_backwards)
{
	query();
	at(1004);
	query(.id = 2);
	at(1000.5);
	query(.id = 3); /* counts as sent at 1004 */
	at(1008);
	run_sweep();
	want(TIMED_OUT, 1);
	want_in_flight(2);
}

CASE(reference_incident)
{
	/* The times of tests/capture/reference.txt, in seconds of the day. */
	static const double sent[] = {48272.192571, 48392.192571, 48512.192571};
	static const double back[] = {48276.098564, 48435.934126, 48530.022967};
	int i;

	for (i = 0; i < 3; i++) {
		at(sent[i]);
		query();
		at(back[i]);
		icmp();
	}
	run_sweep();
	want(QUERIES, 3);
	want(ICMP_PORT, 3);
	want(TRANSACTIONS, 3);
	want(UNREACHABLE_PORT, 1);
	want(TIMED_OUT, 2);
	want(LATE_UNREACHABLES, 2);
	want(EVIDENCE_PORT, 3);
	want_in_flight(0);
}

CASE(ports_that_are_watched)
{
	struct engine_config c = config_without_streams();

	c.ports[1] = htons(5353);
	c.port_count = 2;
	restart(&c);
	query();
	query(.destination_port = 5353);
	query(.destination_port = 5354);
	want(QUERIES, 1);
	expect(counter_of(family == 4 ? "203.0.113.2#5353" : "2001:db8:113::2#5353",
			  COUNTER_QUERIES),
	       1);
	want_in_flight(2);
	response(.destination_port = 5353);
	want_in_flight(1);
}

CASE(resolvers_beyond_the_room_count_under_other)
{
	struct engine_config c = config_without_streams();
	char address[64];
	int i;

	c.max_resolvers = 1;
	restart(&c);
	reserve(other_text());
	for (i = 1; i <= 3; i++) {
		snprintf(address, sizeof(address),
			 family == 4 ? "203.0.113.%d" : "2001:db8:113::%d", i);
		query(.destination = address, .id = i);
	}
	expect(has_entry(family == 4 ? "203.0.113.1" : "2001:db8:113::1"), 1);
	expect(has_entry(family == 4 ? "203.0.113.2" : "2001:db8:113::2"), 0);
	want_of("other", QUERIES, 2);
	want_of("other", TRANSACTIONS, 2);
	response(.source = frame_resolver(), .id = 2);
	want_of("other", ANSWERED_NOERROR, 1);
	at(1010);
	run_sweep();
	want_of("other", TIMED_OUT, 1);
	response(.source = family == 4 ? "203.0.113.3" : "2001:db8:113::3", .id = 3);
	want_of("other", LATE_RESPONSES, 1);
	response(.source = family == 4 ? "203.0.113.3" : "2001:db8:113::3", .id = 3);
	want_self(UNMATCHED_RESPONSES, 1);
	query(.destination = other_text(), .id = 9);
	want_of(other_text(), QUERIES, 1); /* its place was reserved */
}
