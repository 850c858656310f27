/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Queries of guests: a view of their own, with all rules of the host's (docs/counters.md). */
#include "rig.h"

CASE_GUESTS(guest_rows_are_their_own)
{
	guest_query();
	guest_query(.id = 2);
	want_guest(QUERIES, 2);
	want_guest(TRANSACTIONS, 2);
	expect(has_entry(frame_resolver()), 0);
	want_in_flight(2);
	guest_response();
	guest_icmp(.quoted = {.id = 2});
	want_guest(ANSWERED_NOERROR, 1);
	want_guest(UNREACHABLE_PORT, 1);
	want_in_flight(0);
}

/* One query, handed over by a guest and forwarded: it counts once in each view, in any order. */
CASE_GUESTS(guest_and_host_do_not_swallow_each_other)
{
	int i;

	for (i = 0; i < 3; i++) {
		guest_query(.id = 10 + i, .ifindex = link_a);
		query(.id = 10 + i, .ifindex = link_b);
	}
	want_guest(QUERIES, 3);
	want(QUERIES, 3);
	want_in_flight(6);
	for (i = 0; i < 3; i++) {
		response(.id = 10 + i, .ifindex = link_b);
		guest_response(.id = 10 + i, .ifindex = link_a);
	}
	want_guest(ANSWERED_NOERROR, 3);
	want(ANSWERED_NOERROR, 3);
}

/* A view's last packet stays its last one, although the other view counts one between. */
CASE_GUESTS(guest_between_two_interfaces_of_the_host)
{
	query(.ifindex = link_a);
	guest_query(.ifindex = link_b);
	query(.ifindex = link_b);
	want(QUERIES, 1);
	want_guest(QUERIES, 1);
	response(.ifindex = link_b);
	guest_response(.ifindex = link_b);
	response(.ifindex = link_a);
	want(RESPONSES, 1);
	want_guest(RESPONSES, 1);
}

CASE_GUESTS(guest_outcomes_of_one_view_end_nothing_in_the_other)
{
	guest_query();
	query(.id = 2);
	response();
	icmp();
	guest_response(.id = 2);
	guest_icmp(.quoted = {.id = 2});
	want(UNMATCHED_RESPONSES, 1);
	want(UNMATCHED_UNREACHABLES, 1);
	want_guest(UNMATCHED_RESPONSES, 1);
	want_guest(UNMATCHED_UNREACHABLES, 1);
	want_in_flight(2);
}

CASE_GUESTS(guest_directions_are_those_of_the_guest)
{
	guest_response();
	guest_outcomes(udp_frame((struct udp_spec){.id = 1}));
	guest_queries(udp_frame((struct udp_spec){.response = 1}));
	expect(has_entry("192.0.2.53@guest"), 0);
	want_self(UNMATCHED_RESPONSES, 1);
}

CASE_GUESTS(guest_times_out_and_is_late)
{
	guest_query();
	at(1006);
	run_sweep();
	want_guest(TIMED_OUT, 1);
	response(); /* of the other view */
	guest_response();
	want_guest(LATE_RESPONSES, 1);
	want_self(UNMATCHED_RESPONSES, 1);
}

CASE_GUESTS(guest_in_a_table_without_buckets)
{
	struct engine_config c = config_without_streams();

	c.max_in_flight = 64;
	restart(&c);
	guest_query();
	query();
	guest_icmp(.quote_payload = -1);
	want_guest(UNREACHABLE_PORT, 1);
	want_guest(ICMP_SHORT_QUOTES, 1);
	want_in_flight(1);
	response();
	want(ANSWERED_NOERROR, 1);
}

/* Both views of a resolver without an entry count as `other`, each for its own transaction. */
CASE_GUESTS(guest_without_an_entry)
{
	struct engine_config c = config_without_streams();

	c.max_resolvers = 1;
	restart(&c);
	query(.destination = other_text());
	query();
	guest_query();
	want_of("other", QUERIES, 2);
	want_in_flight(3);
	guest_response();
	want_of("other", ANSWERED_NOERROR, 1);
	guest_response();
	want_self(UNMATCHED_RESPONSES, 1);
	response();
	want_of("other", ANSWERED_NOERROR, 2);
	want_in_flight(1);
}

/* Segments of one packet, by the slow path. */
CASE_GUESTS(guest_sends_several_messages_in_one_packet)
{
	guest_query(.messages = 3, .segment = 40, .gso_size = 40);
	want_guest(QUERIES, 3);
	want_guest(TRANSACTIONS, 3);
}

/* Both origins' programs are shown what neither can read: it counts once. */
CASE_GUESTS(guest_unparsed_counts_once)
{
	struct frame f = udp_frame((struct udp_spec){.payload = 5});

	guest_queries(f);
	want_self(UNPARSED_SHORT, 1);
	queries(f);
	want_self(UNPARSED_SHORT, 1);
	f = udp_frame((struct udp_spec){.ip_length = 10, .ip_id = 7});
	if (family == 6)
		return;
	outcomes(f);
	guest_queries(f);
	want_self(UNPARSED_MALFORMED, 1);
}
