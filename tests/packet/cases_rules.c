/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Forgery, short quotes, the host's own refusal, one packet on many interfaces (docs/counters.md).
 */
#include "rig.h"

#include <stdio.h>

/* ---- forged ----------------------------------------------------------------------------- */

CASE(forged_icmp_changes_no_outcome)
{
	query();
	icmp(.quoted = {.source_port = 50000});
	icmp(.quoted = {.id = 1});
	icmp(.quoted = {.id_zero = 1});
	want(UNMATCHED_UNREACHABLES, 3);
	want(ICMP_PORT, 3);
	want(UNREACHABLE_PORT, 0);
	want(EVIDENCE_PORT, 0);
	want_in_flight(1);
}

CASE(forged_about_an_unknown_address_creates_nothing)
{
	char address[64];
	int i;

	for (i = 0; i < 200; i++) {
		snprintf(address, sizeof(address), family == 4 ? "198.18.0.%d" : "2001:db8:bad::%d",
			 i);
		icmp(.quoted = {.destination = address});
		response(.source = address);
	}
	want_self(UNMATCHED_UNREACHABLES, 200);
	want_self(UNMATCHED_RESPONSES, 200);
	expect(has_entry(family == 4 ? "198.18.0.1" : "2001:db8:bad::1"), 0);
	want_of("other", ICMP_PORT, 0);
}

CASE(forged_too_big_about_an_unknown_address)
{
	if (family == 4)
		icmp(.type = 3, .code = 4);
	else
		icmp(.type = 2, .code_zero = 1);
	expect(has_entry(frame_resolver()), 0);
	want_self(UNMATCHED_UNREACHABLES, 0);
}

CASE(response_from_another_address_or_port)
{
	query();
	response(.source = other_text());
	response(.source_port = 50001);
	response(.id = 4711);
	want(ANSWERED_NOERROR, 0);
	want(UNMATCHED_RESPONSES, 2);
	want_self(UNMATCHED_RESPONSES, 1);
	want_in_flight(1);
}

/* ---- short quotes ----------------------------------------------------------------------- */

CASE(short_quote_ends_the_oldest_of_its_tuple)
{
	query(.id = 30);
	at(1000.1);
	query(.id = 10);
	at(1000.2);
	query(.id = 20, .source_port = 50000);
	icmp(.quote_payload = -1);
	want(ICMP_SHORT_QUOTES, 1);
	want(UNREACHABLE_PORT, 1);
	response(.id = 30);
	want(UNMATCHED_RESPONSES, 1); /* it was this one */
	response(.id = 10);
	response(.id = 20, .source_port = 50000);
	want(ANSWERED_NOERROR, 2);
}

CASE(short_quote_of_one_byte_has_no_id)
{
	query();
	icmp(.quote_payload = 1);
	want(ICMP_SHORT_QUOTES, 1);
	want(UNREACHABLE_PORT, 1);
}

/* Oldest first, and sixteen at least: here all of them, in whichever table they are. */
CASE(short_quotes_find_sixteen)
{
	int i;

	for (i = 0; i < 20; i++) {
		at(1000 + i * 0.01);
		query(.id = 100 + i);
	}
	for (i = 0; i < 16; i++)
		icmp(.quote_payload = -1);
	want(UNREACHABLE_PORT, 16);
	want(UNMATCHED_UNREACHABLES, 0);
	want(ICMP_SHORT_QUOTES, 16);
	want_in_flight(4);
	for (i = 16; i < 20; i++)
		response(.id = 100 + i);
	want(ANSWERED_NOERROR, 4);
	query(.id = 200); /* the places are free again */
	icmp(.quote_payload = -1);
	want(UNREACHABLE_PORT, 17);
}

/* The hash alone, as in a table too small for buckets. */
CASE(short_quotes_find_sixteen_in_a_small_table)
{
	struct engine_config c = config_without_streams();
	int i;

	c.max_in_flight = 64;
	restart(&c);
	for (i = 0; i < 16; i++) {
		at(1000 + i * 0.01);
		query(.id = 200 - i);
	}
	for (i = 0; i < 16; i++) {
		icmp(.quote_payload = -1);
		response(.id = 200 - i);
		want(UNMATCHED_RESPONSES, i + 1); /* it was this one */
	}
	want(UNREACHABLE_PORT, 16);
	want_in_flight(0);
}

CASE(short_quote_leaves_aged_ones_to_their_timeout)
{
	query();
	at(1005.5);
	icmp(.quote_payload = -1);
	want(UNREACHABLE_PORT, 0);
	want(UNMATCHED_UNREACHABLES, 1);
	run_sweep();
	want(TIMED_OUT, 1);
}

CASE(short_quote_that_fits_nothing)
{
	query();
	icmp(.quote_payload = -1, .quoted = {.source_port = 50000});
	want(UNMATCHED_UNREACHABLES, 1);
	want_in_flight(1);
}

CASE(no_short_quotes_by_option)
{
	struct engine_config c = config_without_streams();

	c.short_quotes = 0;
	restart(&c);
	query();
	icmp(.quote_payload = -1);
	want(UNMATCHED_UNREACHABLES, 1);
	want(ICMP_SHORT_QUOTES, 1);
	want_in_flight(1);
}

/* ---- the host's own refusal ------------------------------------------------------------- */

CASE(own_refusal_is_unsent)
{
	icmp(.reporter = client_text(), .ifindex = LINK_LO, .type = family == 4 ? 3 : 1,
	     .code = family == 4 ? 1 : 3);
	want(UNSENT_HOST, 1);
	want(ICMP_HOST, 0);
	want(QUERIES, 0);
	expect(has_entry(frame_resolver()), 1);
}

CASE(own_refusal_reasons)
{
	static const int v4[] = {1, 0, 13, 3, 2}, v6[] = {3, 0, 1, 4, 2};
	int i;

	for (i = 0; i < 5; i++)
		icmp(.reporter = client_text(), .ifindex = LINK_LO, .type = family == 4 ? 3 : 1,
		     .code = family == 4 ? v4[i] : v6[i], .code_zero = 1, .quoted = {.id = 1 + i});
	want(UNSENT_HOST, 1);
	want(UNSENT_NETWORK, 1);
	want(UNSENT_PROHIBITED, 1);
	want(UNSENT_OTHER, 2); /* port (a firewall's reject) and protocol */
}

CASE(own_refusal_only_on_lo)
{
	icmp(.reporter = client_text());
	expect(has_entry(frame_resolver()), 0);
	want_self(UNMATCHED_UNREACHABLES, 1);
}

/* Netfilter translates the reporter of the kernel's own messages with the query. */
CASE(own_refusal_whoever_reports)
{
	icmp(.reporter = router_text(), .ifindex = LINK_LO);
	want(UNSENT_OTHER, 1);
	want_self(UNMATCHED_UNREACHABLES, 0);
}

CASE(own_refusal_of_an_open_transaction_ends_it)
{
	query();
	icmp(.reporter = client_text(), .ifindex = LINK_LO);
	want(UNREACHABLE_PORT, 1);
	want(ICMP_FROM_ELSEWHERE, 1);
	want(UNSENT_OTHER, 0);
}

CASE(own_refusal_after_a_timeout_is_unsent)
{
	query();
	at(1007);
	icmp(.reporter = client_text(), .ifindex = LINK_LO);
	want(TIMED_OUT, 1);
	want(UNSENT_OTHER, 1);
	want(LATE_UNREACHABLES, 0);
}

CASE(local_resolver_that_is_stopped)
{
	const char *lo = family == 4 ? "127.0.0.1" : "::1";

	query(.source = lo, .destination = lo, .ifindex = LINK_LO);
	icmp(.reporter = lo, .to = lo, .ifindex = LINK_LO,
	     .quoted = {.source = lo, .destination = lo});
	want_of(lo, UNREACHABLE_PORT, 1);
	want_of(lo, ICMP_FROM_ELSEWHERE, 0);
	want_of(lo, UNSENT_OTHER, 0);
}

/* ---- one packet on several interfaces ---------------------------------------------------- */

CASE(one_packet_on_two_interfaces_counts_once)
{
	query(.ifindex = link_a);
	at(1000.00002);
	query(.ifindex = link_b);
	want(QUERIES, 1);
	at(1000.01);
	response(.ifindex = link_b);
	at(1000.01002);
	response(.ifindex = link_a);
	want(RESPONSES, 1);
	query(.id = 2);
	icmp(.ifindex = link_b, .quoted = {.id = 2});
	icmp(.ifindex = link_a, .quoted = {.id = 2});
	want(ICMP_PORT, 1);
}

CASE(retransmission_on_the_same_interface_is_new)
{
	query();
	at(1000.00018);
	query();
	want(QUERIES, 2);
	want(RETRANSMISSIONS, 1);
}

CASE(same_digest_after_a_millisecond_is_new)
{
	query(.ifindex = link_a);
	at(1000.000999);
	query(.ifindex = link_b);
	want(QUERIES, 1);
	at(1000.001);
	query(.ifindex = link_b);
	want(QUERIES, 2);
}

CASE_V4(another_ip_id_is_another_packet)
{
	query(.ifindex = link_a, .ip_id = 1);
	query(.ifindex = link_b, .ip_id = 2);
	want(QUERIES, 2);
}

CASE(another_message_id_is_another_packet)
{
	query(.ifindex = link_a, .id = 1);
	query(.ifindex = link_b, .id = 2);
	want(QUERIES, 2);
}

/* ---- what a careful reader of the code has found ----------------------------------------- */

CASE_V6(own_refusal_of_a_link_local_resolver_keeps_its_interface)
{
	query(.source = "fe80::15", .destination = "fe80::53");
	at(1006);
	icmp(.reporter = "fe80::15", .to = "fe80::15", .ifindex = LINK_LO, .type = 1, .code = 3,
	     .quoted = {.source = "fe80::15", .destination = "fe80::53", .id = 2});
	want_of("fe80::53", UNSENT_HOST, 1);
}

CASE(too_big_of_a_resolver_without_an_entry)
{
	struct engine_config c = config_without_streams();

	c.max_resolvers = 1;
	restart(&c);
	query(.destination = other_text(), .id = 1);
	query(.id = 2);
	if (family == 4)
		icmp(.type = 3, .code = 4, .quoted = {.id = 2});
	else
		icmp(.type = 2, .code_zero = 1, .quoted = {.id = 2});
	want_of("other", TOO_BIG, 1);
}

CASE(unparsed_packets_on_two_interfaces_count_once)
{
	query(.payload = 5, .ifindex = link_a);
	query(.payload = 5, .ifindex = link_b);
	want_self(UNPARSED_SHORT, 1);
}

CASE(late_for_a_transaction_when_much_is_remembered)
{
	struct engine_config c = config_without_streams();
	int i;

	c.max_in_flight = 1; /* and a dozen can be remembered */
	restart(&c);
	for (i = 1; i <= 40; i++) {
		at(1000 + i * 6);
		run_sweep();
		query(.id = i);
		if (i < 40)
			continue;
		at(1000 + i * 6 + 5.5);
		response(.id = i); /* ends it as timed out, and is late for it */
	}
	want(TIMED_OUT, 40);
	want(LATE_RESPONSES, 1);
	response(.id = 40);
	want(UNMATCHED_RESPONSES, 1);
}

CASE(the_oldest_is_forgotten_first)
{
	struct engine_config c = config_without_streams();
	uint64_t forgotten;
	int i;

	c.max_in_flight = 64; /* eight buckets for what is remembered */
	restart(&c);
	for (i = 0; i < 200; i++) {
		at(1000 + i * 0.2);
		query(.id = i);
		if (i % 20 == 0)
			run_sweep();
	}
	at(1050);
	run_sweep();
	want(TIMED_OUT, 200);
	forgotten = self_of(SELF_FORGOTTEN);
	for (i = 0; i < 200; i++)
		response(.id = i);
	want(LATE_RESPONSES, 200 - forgotten);
	want(UNMATCHED_RESPONSES, forgotten);
	expect(forgotten >= 200 - 8 * 6 && forgotten < 200 - 24, 1);
}

CASE(large_segments_are_messages_too)
{
	query(.messages = 2, .segment = 1400, .gso_size = 1400);
	want(QUERIES, 2);
	want(TRANSACTIONS, 2);
}
