/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Queries to another address that this host redirects to itself: on `lo` the query has the address
 * behind the translation, its answer and its ICMP message the address that was asked
 * (docs/counters.md). Also forwarded queries.
 */
#include "rig.h"

#include <arpa/inet.h>
#include <stdio.h>

/* The address behind a redirect, and another resolver of this host. */
static const char *local(void)
{
	return family == 4 ? "127.0.0.1" : "::1";
}

static const char *stub(void)
{
	return family == 4 ? "127.0.0.53" : "fd00::53";
}

#define lo_query(...) query(.destination = local(), .ifindex = LINK_LO, ##__VA_ARGS__)
#define lo_response(...) response(.ifindex = LINK_LO, ##__VA_ARGS__)
#define lo_icmp(...) icmp(.ifindex = LINK_LO, ##__VA_ARGS__)

CASE(lo_answer_of_a_redirected_query)
{
	lo_query();
	lo_query(.id = 2);
	lo_response();
	lo_response(.id = 2, .rcode = 2);
	want_of(local(), ANSWERED_NOERROR, 1);
	want_of(local(), ANSWERED_SERVFAIL, 1);
	want_of(local(), RESPONSES, 2);
	want_of(local(), RTT_COUNT, 2);
	want_self(UNMATCHED_RESPONSES, 0);
	want_in_flight(0);
	expect(has_entry(frame_resolver()), 0);
}

/* The asked address has an entry too: it was asked on another interface. */
CASE(lo_answer_under_a_known_address)
{
	query(.id = 9);
	lo_query();
	lo_response();
	want_of(local(), ANSWERED_NOERROR, 1);
	want(RESPONSES, 0);
	response(.id = 9);
	want(ANSWERED_NOERROR, 1);
}

CASE(lo_answer_with_the_same_address_comes_first)
{
	query(.destination = stub(), .ifindex = LINK_LO);
	lo_query();
	lo_response(.source = local());
	want_of(local(), ANSWERED_NOERROR, 1);
	want_of(stub(), ANSWERED_NOERROR, 0);
	lo_response(.source = stub());
	want_of(stub(), ANSWERED_NOERROR, 1);
}

/* Two resolvers, one port and ID, one answer under a third address: the one queried first there. */
CASE(lo_answer_that_fits_two_is_of_the_first)
{
	query(.destination = stub(), .ifindex = LINK_LO);
	lo_query();
	lo_response();
	want_of(stub(), ANSWERED_NOERROR, 1);
	lo_response();
	want_of(local(), ANSWERED_NOERROR, 1);
	lo_response();
	want_self(UNMATCHED_RESPONSES, 1);
	want_in_flight(0);
}

CASE(lo_answer_needs_client_port_and_id)
{
	lo_query();
	lo_response(.id = 2);
	lo_response(.source_port = 50001);
	lo_response(.destination = other_text());
	want_self(UNMATCHED_RESPONSES, 3);
	want_in_flight(1);
}

CASE(lo_answer_elsewhere_ends_nothing)
{
	lo_query();
	response();
	want_self(UNMATCHED_RESPONSES, 1);
	want_in_flight(1);
	query(.id = 2, .destination = other_text());
	lo_response(.id = 2); /* that query was not on `lo`, and its resolver never was */
	want_self(UNMATCHED_RESPONSES, 2);
	want_in_flight(2);
}

CASE(lo_late_answer)
{
	lo_query();
	at(1006);
	run_sweep();
	lo_response();
	want_of(local(), LATE_RESPONSES, 1);
	lo_response();
	want_of(local(), LATE_RESPONSES, 1);
	want_self(UNMATCHED_RESPONSES, 1);
}

CASE(lo_late_answer_before_the_sweep)
{
	lo_query();
	at(1006);
	lo_response();
	want_of(local(), TIMED_OUT, 1);
	want_of(local(), LATE_RESPONSES, 1);
}

/* An open transaction comes before one that has timed out. */
CASE(lo_answer_of_the_open_one)
{
	lo_query();
	at(1006);
	lo_query();
	lo_response();
	want_of(local(), ANSWERED_NOERROR, 1);
	lo_response();
	want_of(local(), LATE_RESPONSES, 1);
}

CASE(lo_closed_port_behind_a_redirect)
{
	lo_query();
	lo_icmp(.reporter = frame_resolver());
	want_of(local(), UNREACHABLE_PORT, 1);
	want_of(local(), ICMP_PORT, 1);
	want_of(local(), EVIDENCE_PORT, 1);
	want_of(local(), ICMP_FROM_ELSEWHERE, 0);
	want_in_flight(0);
	expect(has_entry(frame_resolver()), 0);
}

CASE(lo_short_quote_behind_a_redirect)
{
	lo_query();
	at(1000.1);
	lo_query(.id = 2);
	lo_icmp(.quote_payload = -1);
	want_of(local(), UNREACHABLE_PORT, 1);
	want_of(local(), ICMP_SHORT_QUOTES, 1);
	lo_response(.id = 2);
	want_of(local(), ANSWERED_NOERROR, 1);
	want_in_flight(0);
}

CASE(lo_in_a_table_without_buckets)
{
	struct engine_config c = config_without_streams();
	int i;

	c.max_in_flight = 64;
	restart(&c);
	for (i = 0; i < 20; i++)
		lo_query(.id = 100 + i);
	for (i = 0; i < 10; i++)
		lo_response(.id = 100 + i);
	lo_icmp(.quoted = {.id = 110});
	lo_icmp(.quote_payload = -1);
	want_of(local(), ANSWERED_NOERROR, 10);
	want_of(local(), UNREACHABLE_PORT, 2);
	want_in_flight(8);
}

/* Many of one client's port: they are in all tables. */
CASE(lo_in_all_tables)
{
	int i;

	for (i = 0; i < 600; i++)
		lo_query(.id = 1 + i);
	for (i = 0; i < 600; i++)
		lo_response(.id = 1 + i);
	want_of(local(), ANSWERED_NOERROR, 600);
	want_in_flight(0);
}

/* Both ports watched, and the query redirected from one to the other: it counts once. */
CASE(lo_redirect_to_another_watched_port)
{
	struct engine_config c = config_without_streams();

	c.ports[1] = htons(5353);
	c.port_count = 2;
	restart(&c);
	lo_query(.destination_port = 5353);
	lo_response(.source = local());
	want_of(family == 4 ? "127.0.0.1#5353" : "::1#5353", QUERIES, 1);
	want_of(family == 4 ? "127.0.0.1#5353" : "::1#5353", ANSWERED_NOERROR, 1);
	expect(has_entry(local()), 0);
	want_self(UNMATCHED_RESPONSES, 0);
}

/* A configured resolver has its entry before it is queried on `lo`. */
CASE(lo_resolver_with_a_reserved_entry)
{
	reserve(local());
	lo_query(.id = 3);
	lo_query(.id = 4);
	lo_response(.id = 3);
	lo_response(.id = 4);
	want_of(local(), ANSWERED_NOERROR, 2);
}

/* Past the room for resolvers on `lo` only exact matches are found; nothing is counted wrongly. */
CASE(lo_more_resolvers_than_are_tried)
{
	char address[64];
	int i;

	for (i = 0; i < 12; i++) {
		snprintf(address, sizeof(address), family == 4 ? "127.0.1.%d" : "fd00::1:%d", i);
		query(.destination = address, .ifindex = LINK_LO, .id = 100 + i);
	}
	for (i = 0; i < 12; i++)
		lo_response(.id = 100 + i);
	want_in_flight(12 - LO_RESOLVERS_MAX);
	want_self(UNMATCHED_RESPONSES, 12 - LO_RESOLVERS_MAX);
	for (i = LO_RESOLVERS_MAX; i < 12; i++) {
		snprintf(address, sizeof(address), family == 4 ? "127.0.1.%d" : "fd00::1:%d", i);
		lo_response(.source = address, .id = 100 + i);
		want_of(address, ANSWERED_NOERROR, 1);
	}
	want_in_flight(0);
}

/* ---- this host's own refusal, behind a translation --------------------------------------- */

CASE(lo_refusal_is_of_the_quoted_address)
{
	lo_icmp(.reporter = frame_resolver(), .type = family == 4 ? 3 : 1,
		.code = family == 4 ? 1 : 3);
	want(UNSENT_HOST, 1);
	want(ICMP_HOST, 0);
	want_self(UNMATCHED_UNREACHABLES, 0);
	lo_icmp(.reporter = router_text(), .quoted = {.id = 2});
	want(UNSENT_OTHER, 1);
}

CASE(lo_refusal_only_when_nothing_fits)
{
	lo_query();
	lo_icmp();
	want_of(local(), UNREACHABLE_PORT, 1);
	lo_icmp();
	want(UNSENT_OTHER, 1); /* it fits nothing that is open */
}

/* ---- forwarded --------------------------------------------------------------------------- */

CASE(forwarded_queries_are_counted)
{
	query(.came_in = link_b);
	query(.id = 2, .came_in = link_b);
	query(.id = 2, .came_in = link_b);
	query(.id = 3);
	want(QUERIES, 4);
	want(TRANSACTIONS, 3);
	want(FORWARDED, 3);
	response(.came_in = link_b);
	want(FORWARDED, 3);
}

CASE(forwarded_segments_are_counted)
{
	query(.messages = 20, .segment = 40, .gso_size = 40, .came_in = link_b);
	want(QUERIES, 20);
	want(FORWARDED, 20);
}

CASE_GUESTS(guest_queries_are_not_forwarded)
{
	guest_query(.came_in = link_b);
	want_guest(QUERIES, 1);
	want_guest(FORWARDED, 0);
}
