/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connects: what opens and ends one over TCP and over TLS, and every counter of docs/counters.md.
 */
#include "rig.h"

#include <arpa/inet.h>
#include <stdio.h>

#define ISN 0x89abcdefU

/* A segment from the client, or from the resolver. */
#define out(flags, ...) queries(udp_frame((struct udp_spec){.tcp = (flags), ##__VA_ARGS__}))
#define in(flags, ...)                                                                             \
	outcomes(udp_frame((struct udp_spec){.tcp = (flags), .response = 1, ##__VA_ARGS__}))

#define syn(...) out(TCP_FLAG_SYN, .sequence = ISN, ##__VA_ARGS__)
#define syn_ack(...)                                                                               \
	in(TCP_FLAG_SYN | TCP_FLAG_ACK, .sequence = 77, .acknowledgment = ISN + 1, ##__VA_ARGS__)
#define rst(...) in(TCP_FLAG_RST | TCP_FLAG_ACK, .acknowledgment = ISN + 1, ##__VA_ARGS__)
#define quoted_syn(...) .quoted = {.tcp = TCP_FLAG_SYN, .sequence = ISN, ##__VA_ARGS__}

static const char *row_of(const char *address, const char *transport)
{
	static char text[4][80];
	static int i;

	i = (i + 1) % 4;
	snprintf(text[i], sizeof(text[i]), "%s/%s", address, transport);
	return text[i];
}

#define tcp_row() row_of(frame_resolver(), "tcp")
#define want_tcp(counter, n)                                                                       \
	expect_(__FILE__, __LINE__, #counter, counter_of(tcp_row(), COUNTER_##counter), n)
#define want_connect(counter, n) want_tcp(CONNECT_##counter, n)

CASE(syn_opens_a_connect)
{
	expect(has_entry(tcp_row()), 0);
	syn();
	want_connect(ATTEMPTS, 1);
	want_connect(OPENED, 1);
	want_in_flight(1);
	expect(has_entry(frame_resolver()), 0);
}

CASE(syn_ack_establishes_a_connect)
{
	syn();
	at(1000.020);
	syn_ack();
	want_connect(ESTABLISHED, 1);
	want_connect(ARRIVALS, 1);
	want_connect(RTT_COUNT, 1);
	want_connect(RTT_SUM_NS, 20000000);
	want_in_flight(0);
}

CASE(rst_refuses_a_connect)
{
	syn();
	at(1000.020);
	rst();
	want_connect(REFUSED, 1);
	want_connect(ESTABLISHED, 0);
	want_connect(RTT_COUNT, 0);
	want_in_flight(0);
}

CASE(rst_with_a_sequence_number_refuses_too)
{
	syn();
	rst(.sequence = 5);
	want_connect(REFUSED, 1);
}

CASE(unreachable_ends_a_connect)
{
	syn();
	icmp(quoted_syn());
	want_tcp(ICMP_PORT, 1);
	want_connect(UNREACHABLE_PORT, 1);
	want_tcp(EVIDENCE_PORT, 1);
	want_in_flight(0);
}

CASE(eight_quoted_bytes_suffice)
{
	syn();
	icmp(.quote_tcp = 8, quoted_syn());
	want_connect(UNREACHABLE_PORT, 1);
	want_in_flight(0);
}

CASE(prohibited_by_a_router)
{
	syn();
	icmp(.reporter = router_text(), .type = family == 4 ? 3 : 1, .code = family == 4 ? 13 : 1,
	     quoted_syn());
	want_connect(UNREACHABLE_PROHIBITED, 1);
	want_tcp(ICMP_FROM_ELSEWHERE, 1);
	want_tcp(EVIDENCE_PROHIBITED, 1);
}

CASE(quote_of_another_segment_is_no_unreachable)
{
	syn();
	icmp(.quoted = {.tcp = TCP_FLAG_ACK, .sequence = ISN});
	icmp(.quoted = {.tcp = TCP_FLAG_ACK | TCP_FLAG_SYN, .sequence = ISN});
	want_tcp(ICMP_PORT, 0);
	want_in_flight(1);
}

CASE(too_big_is_about_no_syn)
{
	syn();
	if (family == 4)
		icmp(.type = 3, .code = 4, quoted_syn());
	else
		icmp(.type = 2, .code_zero = 1, quoted_syn());
	want_tcp(TOO_BIG, 0);
	want_tcp(ICMP_OTHER, 0);
	want_in_flight(1);
}

CASE(connect_times_out)
{
	syn();
	at(1005.5);
	run_sweep();
	want_connect(TIMED_OUT, 1);
	want_in_flight(0);
	at(1006);
	syn_ack();
	want_connect(LATE, 1);
	syn_ack();
	want_connect(UNMATCHED, 1);
	want_connect(ESTABLISHED, 0);
}

CASE(late_by_age_without_a_sweep)
{
	syn();
	at(1007);
	rst();
	want_connect(TIMED_OUT, 1);
	want_connect(LATE, 1);
	want_connect(REFUSED, 0);
	syn();
	at(1014);
	icmp(quoted_syn());
	want_connect(TIMED_OUT, 2);
	want_tcp(LATE_UNREACHABLES, 1);
}

CASE(syn_again_is_a_retransmission)
{
	syn();
	at(1001);
	syn(.ip_id = 2);
	want_connect(RETRANSMISSIONS, 1);
	want_connect(OPENED, 1);
	at(1001.010);
	syn_ack();
	want_connect(ESTABLISHED, 1);
	want_connect(RTT_COUNT, 0);
}

CASE(another_isn_is_another_connect)
{
	syn();
	out(TCP_FLAG_SYN, .sequence = ISN + 0x10000);
	out(TCP_FLAG_SYN, .sequence = ISN + 1);
	want_connect(OPENED, 3);
	want_in_flight(3);
	syn_ack();
	want_in_flight(2);
}

CASE(every_bit_of_the_number_must_match)
{
	unsigned bit;

	syn();
	for (bit = 0; bit < 32; bit++) {
		in(TCP_FLAG_SYN | TCP_FLAG_ACK, .acknowledgment = (ISN ^ 1U << bit) + 1);
		in(TCP_FLAG_RST | TCP_FLAG_ACK, .acknowledgment = (ISN ^ 1U << bit) + 1);
		icmp(.quoted = {.tcp = TCP_FLAG_SYN, .sequence = ISN ^ 1U << bit});
	}
	want_connect(UNMATCHED, 64);
	want_tcp(UNMATCHED_UNREACHABLES, 32);
	want_in_flight(1);
}

CASE(forged_ends_of_another_port_or_address)
{
	syn();
	syn_ack(.source_port = 52445);
	syn_ack(.destination = other_text());
	want_connect(UNMATCHED, 2);
	syn_ack(.source = other_text());
	rst(.source = other_text());
	icmp(quoted_syn(.destination = other_text()));
	want_self(UNMATCHED_RESPONSES, 2);
	want_self(UNMATCHED_UNREACHABLES, 1);
	want_in_flight(1);
}

CASE(rst_of_an_established_connection_is_in_no_law)
{
	syn();
	syn_ack();
	rst(.sequence = 78);
	in(TCP_FLAG_RST | TCP_FLAG_ACK, .sequence = 500, .acknowledgment = ISN + 300);
	in(TCP_FLAG_RST, .sequence = 500);
	want_connect(ARRIVALS, 1);
	want_connect(UNMATCHED, 0);
	rst(); /* sequence number 0: it answers a SYN */
	want_connect(UNMATCHED, 1);
}

CASE(other_segments_count_nothing)
{
	static const int flags[] = {TCP_FLAG_ACK,
				    TCP_FLAG_ACK | 8,
				    TCP_FLAG_ACK | TCP_FLAG_FIN,
				    TCP_FLAG_SYN | TCP_FLAG_FIN,
				    TCP_FLAG_SYN | TCP_FLAG_RST,
				    TCP_FLAG_RST,
				    TCP_FLAG_SYN | TCP_FLAG_ACK,
				    0x80};
	unsigned i;

	for (i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		out(flags[i], .sequence = ISN);
	in(TCP_FLAG_ACK, .acknowledgment = ISN + 1);
	in(TCP_FLAG_SYN, .acknowledgment = ISN + 1);
	expect(has_entry(tcp_row()), 0);
	want_self(UNMATCHED_RESPONSES, 0);
	want_in_flight(0);
}

CASE(ecn_flags_of_a_syn)
{
	out(TCP_FLAG_SYN | 0xc0, .sequence = ISN); /* ECE and CWR: RFC 3168, 6.1.1 */
	in(TCP_FLAG_SYN | TCP_FLAG_ACK | 0x40, .acknowledgment = ISN + 1);
	want_connect(ESTABLISHED, 1);
}

CASE(ports_that_are_not_watched)
{
	syn(.destination_port = 443);
	syn(.destination_port = 5353);
	want_in_flight(0);
	syn(.destination_port = 853);
	want_in_flight(1);
}

CASE(dot_is_a_row_of_its_own)
{
	const char *row = row_of(frame_resolver(), "dot");

	query();
	syn();
	syn(.destination_port = 853);
	want_of(row, CONNECT_OPENED, 1);
	want_connect(OPENED, 1);
	want(TRANSACTIONS, 1);
	syn_ack(.destination_port = 853);
	want_of(row, CONNECT_ESTABLISHED, 1);
	want_connect(ESTABLISHED, 0);
	response();
	want(ANSWERED_NOERROR, 1);
	want_in_flight(1);
}

CASE(port_of_the_option_over_tcp)
{
	struct engine_config c = config_without_streams();
	char row[80];

	c.ports[1] = htons(5353);
	c.port_count = 2;
	restart(&c);
	syn(.destination_port = 5353);
	syn_ack(.destination_port = 5353);
	snprintf(row, sizeof(row), "%s#5353/tcp", frame_resolver());
	want_of(row, CONNECT_ESTABLISHED, 1);
}

CASE(fast_open_acknowledged_with_its_data)
{
	syn(.data = 41);
	syn(.ip_id = 9, .source_port = 52445, .data = 41);
	in(TCP_FLAG_SYN | TCP_FLAG_ACK, .acknowledgment = ISN + 42);
	want_connect(ESTABLISHED, 1);
	in(TCP_FLAG_RST | TCP_FLAG_ACK, .acknowledgment = ISN + 42, .source_port = 52445);
	want_connect(REFUSED, 1);
	want_in_flight(0);
}

CASE(fast_open_acknowledged_without_its_data)
{
	syn(.data = 41);
	at(1001);
	syn(.ip_id = 2); /* retransmitted without the data: RFC 7413, 4.1.3 */
	syn_ack();
	want_connect(RETRANSMISSIONS, 1);
	want_connect(ESTABLISHED, 1);
	syn(.data = 41);
	in(TCP_FLAG_SYN | TCP_FLAG_ACK, .acknowledgment = ISN + 41);
	in(TCP_FLAG_SYN | TCP_FLAG_ACK, .acknowledgment = ISN + 43);
	want_connect(UNMATCHED, 2);
	want_in_flight(1);
}

CASE(refused_by_this_host)
{
	const char *from = client_text();

	icmp(.reporter = from, .ifindex = LINK_LO, quoted_syn(), .type = family == 4 ? 3 : 1,
	     .code = family == 4 ? 1 : 3);
	want_tcp(UNSENT_HOST, 1);
	want_tcp(ICMP_HOST, 0);
	want_in_flight(0);
}

CASE(syn_behind_vlan_tags)
{
	syn(.tags = 1);
	syn_ack(.tags = 2);
	want_connect(ESTABLISHED, 1);
	syn(.pppoe = 1);
	syn_ack(.mpls = 2);
	want_connect(ESTABLISHED, 2);
}

CASE_V4(syn_with_ip_options)
{
	syn(.options = 8);
	syn_ack(.options = 4);
	want_connect(ESTABLISHED, 1);
}

CASE_V6(syn_behind_extension_headers)
{
	static const uint8_t kinds[] = {0, 60};

	syn(.extensions = kinds, .extension_count = 2);
	syn_ack(.extensions = kinds, .extension_count = 2);
	want_connect(ESTABLISHED, 1);
}

CASE_V6(mapped_address_of_a_syn)
{
	syn(.destination = "::ffff:203.0.113.2");
	want_self(UNPARSED_MAPPED, 1);
	want_in_flight(0);
}

CASE_V6(link_local_resolver_over_tls)
{
	syn(.source = "fe80::9", .destination = "fe80::1", .destination_port = 853,
	    .ifindex = link_a);
	want_of("fe80::1/dot", CONNECT_OPENED, 1);
	syn_ack(.source = "fe80::1", .destination = "fe80::9", .destination_port = 853,
		.ifindex = link_b);
	want_in_flight(1);
	at(1000.5);
	syn_ack(.source = "fe80::1", .destination = "fe80::9", .destination_port = 853,
		.ifindex = link_a);
	want_in_flight(0);
}

CASE(header_that_is_cut)
{
	syn(.tcp_header = 12);
	want_self(UNPARSED_SHORT, 1);
	syn(.tcp_header = 12, .destination_port = 443);
	want_self(UNPARSED_SHORT, 1);
	syn(.tcp_offset = 4);
	syn(.tcp_offset = 15);
	want_self(UNPARSED_MALFORMED, 2);
	want_in_flight(0);
}

CASE(syn_on_two_interfaces_counts_once)
{
	syn(.ifindex = link_a);
	syn(.ifindex = link_b);
	want_connect(ATTEMPTS, 1);
	at(1000.5);
	syn_ack(.ifindex = link_b);
	syn_ack(.ifindex = link_a);
	want_connect(ARRIVALS, 1);
}

CASE(many_connects_to_one_resolver)
{
	unsigned i;

	for (i = 0; i < 600; i++)
		syn(.source_port = 20000 + i);
	want_connect(OPENED, 600);
	want_in_flight(600);
	for (i = 0; i < 600; i += 2)
		syn_ack(.source_port = 20000 + i);
	for (i = 1; i < 600; i += 4)
		rst(.source_port = 20000 + i);
	want_connect(ESTABLISHED, 300);
	want_connect(REFUSED, 150);
	at(1006);
	run_sweep();
	want_connect(TIMED_OUT, 150);
	want_in_flight(0);
	for (i = 3; i < 600; i += 4)
		syn_ack(.source_port = 20000 + i);
	expect(counter_of(tcp_row(), COUNTER_CONNECT_LATE) > 100, 1);
}

static const char *address_number(unsigned i)
{
	static char text[64];

	snprintf(text, sizeof(text), family == 4 ? "198.18.%u.%u" : "2001:db8:18::%x:%x", i / 250,
		 i % 250 + 1);
	return text;
}

CASE(connects_beyond_the_most_resolvers)
{
	unsigned i;

	for (i = 0; i < 100; i++) {
		syn(.source_port = 2000 + i, .destination = address_number(i));
		syn(.source_port = 2000 + i, .destination = address_number(i),
		    .destination_port = 853);
	}
	want_of("other/tcp", CONNECT_OPENED, 100 - 32);
	want_of("other/dot", CONNECT_OPENED, 100 - 32);
	want_of("other", TRANSACTIONS, 0);
	want_in_flight(200);
	for (i = 0; i < 100; i++) {
		syn_ack(.source_port = 2000 + i, .source = address_number(i));
		rst(.source_port = 2000 + i, .source = address_number(i), .destination_port = 853);
	}
	want_of("other/tcp", CONNECT_ESTABLISHED, 100 - 32);
	want_of("other/dot", CONNECT_REFUSED, 100 - 32);
	want_in_flight(0);
	for (i = 50; i < 60; i++)
		syn(.source_port = 2000 + i, .destination = address_number(i));
	at(1006);
	run_sweep();
	want_of("other/tcp", CONNECT_TIMED_OUT, 10);
	query(.destination = address_number(99));
	want_of("other", TRANSACTIONS, 1);
}

CASE(table_that_is_full_of_connects)
{
	unsigned i;

	for (i = 0; i < 2000; i++)
		syn(.source_port = 10000 + i);
	want_connect(ATTEMPTS, 2000);
	expect(counter_of(tcp_row(), COUNTER_CONNECT_UNTRACKED) > 0, 1);
}

/* Where messages are not followed, the established connect is the answer that ends the run. */
CASE(failing_run_of_connects)
{
	struct engine_config c = config_without_streams();

	restart(&c);
	syn();
	rst();
	at(1001);
	syn();
	rst();
	expect(moment_of(tcp_row(), MOMENT_RUN_START), 1000000000000);
	expect(moment_of(tcp_row(), MOMENT_LAST_FAILURE), 1001000000000);
	at(1002);
	syn();
	syn_ack();
	expect(moment_of(tcp_row(), MOMENT_LAST_ANSWERED), 1002000000000);
}

/* A guest's SYN is counted where the guest hands it over, and again where it leaves the host. */
CASE_GUESTS(connect_of_a_guest_in_both_views)
{
	struct frame f = udp_frame(
		(struct udp_spec){.tcp = TCP_FLAG_SYN, .sequence = ISN, .ifindex = link_a});
	char row[80];

	snprintf(row, sizeof(row), "%s/tcp@guest", frame_resolver());
	guest_queries(f);
	f.ifindex = link_b;
	queries(f);
	want_connect(OPENED, 1);
	want_of(row, CONNECT_OPENED, 1);
	want_in_flight(2);
	f = udp_frame((struct udp_spec){.tcp = TCP_FLAG_SYN | TCP_FLAG_ACK,
					.response = 1,
					.acknowledgment = ISN + 1,
					.ifindex = link_b});
	outcomes(f);
	want_connect(ESTABLISHED, 1);
	want_of(row, CONNECT_ESTABLISHED, 0);
	f.ifindex = link_a;
	guest_outcomes(f);
	want_of(row, CONNECT_ESTABLISHED, 1);
	want_in_flight(0);
}

CASE(samples_of_connects_name_the_client)
{
	struct sample s;

	syn();
	expect(samples_of(SAMPLE_QUERY), 0);
	icmp(quoted_syn());
	expect(samples_seen(), 1);
	s = latest_sample();
	expect(s.kind, SAMPLE_ICMP);
	expect(s.key.transport, TRANSPORT_TCP);
	expect(s.key.client_port, htons(52444));
	expect(s.short_quote, 1);
	expect(s.question_length, 0);
	at(1001);
	syn(.data = 60);
	rst(.data = 60);
	expect(samples_of(SAMPLE_ANSWERED), 1);
	s = latest_of(SAMPLE_ANSWERED);
	expect(s.rcode, 5);
	expect(s.question_length, 0);
	at(1002);
	syn(.destination_port = 853);
	at(1010);
	run_sweep();
	expect(samples_of(SAMPLE_TIMED_OUT), 1);
	s = latest_of(SAMPLE_TIMED_OUT);
	expect(s.key.transport, TRANSPORT_DOT);
	expect(s.key.resolver_port, htons(853));
}

/* nat output, redirect: the SYN on `lo` has another address than the SYN-ACK. */
CASE(connect_translated_on_lo)
{
	syn(.destination = other_text(), .ifindex = LINK_LO);
	syn_ack(.ifindex = LINK_LO);
	want_of(row_of(other_text(), "tcp"), CONNECT_ESTABLISHED, 1);
	syn(.destination = other_text(), .ifindex = LINK_LO);
	at(1001);
	icmp(.ifindex = LINK_LO, quoted_syn());
	want_of(row_of(other_text(), "tcp"), CONNECT_UNREACHABLE_PORT, 1);
	want_in_flight(0);
	at(1002);
	in(TCP_FLAG_SYN | TCP_FLAG_ACK, .acknowledgment = ISN + 2, .ifindex = LINK_LO);
	want_self(UNMATCHED_RESPONSES, 1);
}
