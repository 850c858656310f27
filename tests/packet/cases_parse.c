/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets that must be parsed right (docs/counters.md): headers in every shape, and the traps that
 * other programs fell into (8-bit lengths, L4 at a fixed place, counting on the response, ...).
 */
#include "rig.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

CASE_V4(ipv4_options)
{
	int n;

	for (n = 4; n <= 40; n += 4) {
		query(.options = n, .id = n);
		response(.options = n, .id = n);
	}
	want(QUERIES, 10);
	want(ANSWERED_NOERROR, 10);
	query(.options = 40, .id = 100);
	icmp(.options = 40, .quoted = {.options = 40, .id = 100});
	want(UNREACHABLE_PORT, 1);
}

CASE_V6(each_extension_header)
{
	static const uint8_t kinds[] = {0, 43, 44, 60};
	unsigned i;

	for (i = 0; i < sizeof(kinds); i++) {
		query(.extensions = &kinds[i], .extension_count = 1, .id = 1 + i);
		response(.extensions = &kinds[i], .extension_count = 1, .id = 1 + i);
	}
	want(QUERIES, 4);
	want(ANSWERED_NOERROR, 4);
	query(.extensions = kinds, .extension_count = 4, .id = 9);
	icmp(.quoted = {.extensions = kinds, .extension_count = 4, .id = 9});
	want(UNREACHABLE_PORT, 1);
}

CASE_V6(too_many_extension_headers_are_unparsed)
{
	static const uint8_t seven[] = {0, 60, 60, 60, 60, 60, 60};

	query(.extensions = seven, .extension_count = 6);
	want(QUERIES, 1);
	query(.extensions = seven, .extension_count = 7);
	want(QUERIES, 1);
	want_self(UNPARSED_EXTENSION, 1);
}

CASE_V6(unknown_next_header_is_nothing)
{
	static const uint8_t ah[] = {51};

	query(.extensions = ah, .extension_count = 1);
	want(QUERIES, 0);
	want_self(UNPARSED_EXTENSION, 0);
}

CASE(first_fragments_count_later_ones_never)
{
	query(.more = 1);
	want(QUERIES, 1);
	query(.offset = 185, .id = 2);
	query(.offset = 185, .more = 1, .id = 3);
	want(QUERIES, 1);
	response(.more = 1, .udp_length = 3000);
	want(ANSWERED_NOERROR, 1);
	response(.offset = 185);
	want(RESPONSES, 1);
	want_self(UNPARSED_FRAGMENT, 0);
	want_self(UNPARSED_MALFORMED, 0);
}

CASE(first_fragment_without_a_whole_header_is_unparsed)
{
	query(.more = 1, .payload = 8, .udp_length = 47);
	want(QUERIES, 0);
	want_self(UNPARSED_FRAGMENT, 1);
}

CASE(vlan_tags_in_the_bytes)
{
	int tags;

	for (tags = 1; tags <= 3; tags++) {
		query(.tags = tags, .id = tags);
		response(.tags = tags, .id = tags);
	}
	want(ANSWERED_NOERROR, 3);
	query(.tags = 2, .id = 9);
	icmp(.tags = 2, .quoted = {.id = 9});
	want(UNREACHABLE_PORT, 1);
	query(.tags = 4, .id = 10);
	want(QUERIES, 4);
}

CASE(pppoe_and_mpls_are_looked_into)
{
	int labels;

	query(.pppoe = 1, .id = 100);
	response(.pppoe = 1, .id = 100);
	query(.pppoe = 1, .tags = 1, .id = 101);
	icmp(.pppoe = 1, .tags = 1, .quoted = {.id = 101});
	for (labels = 1; labels <= 4; labels++) {
		query(.mpls = labels, .id = labels);
		response(.mpls = labels, .id = labels);
	}
	want(QUERIES, 6);
	want(ANSWERED_NOERROR, 5);
	want(UNREACHABLE_PORT, 1);
	query(.mpls = 5, .id = 9);
	want(QUERIES, 6);
}

/* What is in there shows on the interface of the tunnel. */
CASE(tunnels_are_counted_and_not_looked_into)
{
	static const uint16_t ports[] = {4789, 8472, 6081};
	static const uint8_t protocols[] = {47, 4, 41};
	struct frame f;
	unsigned i;

	for (i = 0; i < 3; i++)
		query(.destination_port = ports[i]);
	want_self(UNPARSED_TUNNEL, 3);
	response(.destination_port = 1, .source_port = 4789);
	want_self(UNPARSED_TUNNEL, 4);
	query(.destination_port = 4789, .more = 1);
	query(.destination_port = 4789, .tags = 1);
	want_self(UNPARSED_TUNNEL, 6);
	for (i = 0; i < 3; i++) {
		f = udp_frame((struct udp_spec){.tags = i == 2});
		f.bytes[f.network + (family == 4 ? 9 : 6)] = protocols[i];
		queries(f);
	}
	want_self(UNPARSED_TUNNEL, 9);
	want(QUERIES, 0);
}

CASE_V6(tunnel_behind_extension_headers)
{
	static const uint8_t kinds[] = {60};
	struct frame f = udp_frame((struct udp_spec){.extensions = kinds, .extension_count = 1});

	f.bytes[f.network + 40] = 47;
	queries(f);
	want_self(UNPARSED_TUNNEL, 1);
}

/* The kernel drops such a packet (ip_rcv), so nobody was asked and nobody answered. */
CASE_V4(ip_length_beyond_the_frame_is_malformed)
{
	query(.ip_length = 1000, .id = 1);
	want(QUERIES, 0);
	want_self(UNPARSED_MALFORMED, 1);
	query(.id = 2);
	response(.ip_length = 1000, .id = 2);
	want(ANSWERED_NOERROR, 0);
	want_self(UNPARSED_MALFORMED, 2);
}

CASE_V4(a_snap_length_explains_an_ip_length_beyond_the_frame)
{
	query(.cut = 14 + 28 + 12, .id = 1);
	response(.cut = 14 + 28 + 12, .id = 1);
	want(ANSWERED_NOERROR, 1);
	want_self(UNPARSED_MALFORMED, 0);
}

/* tcpdump before 4.0 kept 68 bytes: of the quoted UDP header the first six. */
CASE(a_quote_that_a_snap_length_cut_behind_the_ports_is_a_short_one)
{
	const int headers = family == 4 ? 14 + 20 + 8 + 20 : 14 + 40 + 8 + 40;

	query(.id = 1);
	icmp(.cut = headers + 6, .quoted = {.id = 1});
	want(UNREACHABLE_PORT, 1);
	want(ICMP_SHORT_QUOTES, 1);
	want_self(UNPARSED_SHORT, 0);
	icmp(.cut = headers + 3, .quoted = {.id = 1});
	want_self(UNPARSED_SHORT, 1);
}

/* Which query it is about is not known, but that it may be about one is. */
CASE(a_message_that_a_snap_length_cut_in_its_quote_is_unparsed)
{
	const int ip = family == 4 ? 20 : 40, icmp_at = 14 + ip, quote = icmp_at + 8;
	struct frame f = icmp_frame((struct icmp_spec){.cut = quote + 12, .quoted = {.id = 1}});
	int n, cut = 0;

	query(.id = 1);
	for (n = icmp_at + 2; n < quote + ip + 4; n++, cut++)
		icmp(.cut = n, .quoted = {.id = 1});
	want_self(UNPARSED_SHORT, cut);
	want_in_flight(1);
	/* Of TCP it is not about DNS, and neither is a message of another type. */
	f.bytes[quote + (family == 4 ? 9 : 6)] = 6;
	outcomes(f);
	icmp(.cut = icmp_at + 2, .type = family == 4 ? 8 : 128, .code = 1, .quoted = {.id = 1});
	want_self(UNPARSED_SHORT, cut);
}

/* Test run always makes an Ethernet header; tests/net has tun, tests/kernels WireGuard. */
CASE_NATIVE(devices_without_ethernet_header)
{
	query(.no_ethernet = 1);
	response(.no_ethernet = 1);
	want(ANSWERED_NOERROR, 1);
	query(.no_ethernet = 1, .id = 2);
	icmp(.no_ethernet = 1, .quoted = {.id = 2});
	want(UNREACHABLE_PORT, 1);
}

/* Its source address makes bytes 12 and 13 read as the EtherType of its own protocol. */
CASE_OF(without_ethernet_header_from_8_0_x_x, .families = FAMILY_4_ONLY, .native_only = 1)
{
	query(.no_ethernet = 1, .source = "8.0.1.2");
	want(QUERIES, 1);
	response(.no_ethernet = 1, .destination = "8.0.1.2");
	want(ANSWERED_NOERROR, 1);
}

CASE_OF(ethernet_address_that_looks_like_ip, .families = FAMILIES_BOTH)
{
	struct frame f = udp_frame((struct udp_spec){.id = 7});

	/* a destination MAC that reads as an IP header with just this length */
	f.bytes[0] = family == 4 ? 0x45 : 0x60;
	f.bytes[2] = f.length >> 8;
	f.bytes[3] = f.length & 255;
	f.bytes[4] = (f.length - 40) >> 8;
	f.bytes[5] = (f.length - 40) & 255;
	queries(f);
	want(QUERIES, 1);
}

CASE(dns_lengths_of_every_size)
{
	struct engine_config c = config_without_streams();
	int n;

	c.max_in_flight = 8192;
	restart(&c);
	/* An 8-bit length variable would refuse some of these. */
	for (n = 12; n <= 1400; n += 1)
		query(.id = n, .segment = n, .messages = 1);
	want(QUERIES, 1389);
	want_in_flight(1389);
}

CASE(short_payloads_are_unparsed)
{
	int n;

	for (n = 1; n < 12; n++) {
		query(.payload = n);
		response(.payload = n);
	}
	query(.payload = -1);
	want_self(UNPARSED_SHORT, 23);
	expect(has_entry(frame_resolver()), 0);
	query(.payload = 12);
	want(QUERIES, 1);
}

CASE(cut_packets_are_unparsed)
{
	struct frame whole = udp_frame((struct udp_spec){0});
	uint32_t n, ports = whole.network + (family == 4 ? 20 : 40) + 8;

	/* The wire said more than is here, as in a capture with a snap length. */
	for (n = 1; n < ports + 12; n++)
		query(.cut = n);
	want(QUERIES, 0);
	want_self(UNPARSED_SHORT, 12);
	query(.cut = ports + 12);
	want(QUERIES, 1);
	for (n = 1; n < ports + 12; n++)
		icmp(.cut = n);
	want(ICMP_PORT, 0);
	want_self(UNPARSED_SHORT, 12 + 18);
	want_in_flight(1);
}

CASE(lengths_that_lie_are_malformed)
{
	query(.udp_length = 7);
	query(.udp_length = 400);
	want_self(UNPARSED_MALFORMED, 2);
	query(.udp_length = 19);
	want_self(UNPARSED_SHORT, 1);
	want(QUERIES, 0);
}

CASE_V4(ipv4_header_lengths_that_lie_are_malformed)
{
	query(.header_length = 4);
	query(.ip_length = 12);
	want_self(UNPARSED_MALFORMED, 2);
	want(QUERIES, 0);
}

CASE(ethernet_padding_is_not_payload)
{
	struct frame f = udp_frame((struct udp_spec){.payload = 4});

	memset(f.bytes + f.length, 0, 40);
	f.length += 40;
	queries(f);
	want_self(UNPARSED_SHORT, 1);
	want(QUERIES, 0);
}

CASE_V6(mapped_addresses_are_unparsed)
{
	query(.source = "::ffff:192.0.2.1");
	query(.destination = "::ffff:192.0.2.53");
	query(.source = "::ffff:192.0.2.1", .destination = "::ffff:192.0.2.53");
	want_self(UNPARSED_MAPPED, 3);
	expect(has_entry("192.0.2.53"), 0);
	query(.destination = "::ffff:192.0.2.53", .destination_port = 80);
	want_self(UNPARSED_MAPPED, 3);
}

CASE_V6(link_local_resolvers_carry_their_interface)
{
	query(.source = "fe80::15", .destination = "fe80::53");
	want_of("fe80::53", QUERIES, 1);
	response(.source = "fe80::53", .destination = "fe80::15", .ifindex = link_b);
	want_of("fe80::53", RESPONSES, 0);
	want_self(UNMATCHED_RESPONSES, 1);
	at(1000.01);
	response(.source = "fe80::53", .destination = "fe80::15");
	want_of("fe80::53", ANSWERED_NOERROR, 1);
}

CASE(other_traffic_is_nothing)
{
	query(.destination_port = 443);
	response(.destination_port = 123);
	expect(has_entry(frame_resolver()), 0);
	want_self(UNMATCHED_RESPONSES, 0);
}

CASE(what_is_not_a_query_of_ours)
{
	query(.qr = 1);							 /* QR=1 to port 53 */
	response(.qr = -1);						 /* QR=0 from port 53 */
	outcomes(udp_frame((struct udp_spec){.source = frame_resolver(), /* we are the server */
					     .destination = client_text()}));
	queries(udp_frame((struct udp_spec){.response = 1,
					    .source = client_text(),
					    .destination = frame_resolver()}));
	expect(has_entry(frame_resolver()), 0);
	want_self(UNMATCHED_RESPONSES, 0);
	want_in_flight(0);
}

CASE(queries_are_counted_when_sent_not_when_answered)
{
	query();
	query(.id = 2);
	want(QUERIES, 2);
	response();
	want(QUERIES, 2);
}

/* ---- many messages in one packet -------------------------------------------------------- */

CASE(gso_segments_are_messages)
{
	query(.messages = 5, .segment = 48, .gso_size = 48);
	want(QUERIES, 5);
	want(TRANSACTIONS, 5);
	response(.messages = 5, .segment = 64, .gso_size = 64);
	want(ANSWERED_NOERROR, 5);
	want_in_flight(0);
}

CASE(gso_last_segment_may_be_shorter)
{
	query(.messages = 3, .segment = 48, .last_segment = 40, .gso_size = 48);
	want(QUERIES, 3);
	query(.messages = 2, .segment = 48, .last_segment = 6, .gso_size = 48, .id = 77);
	want(QUERIES, 4);
	want_self(UNPARSED_SHORT, 1);
}

CASE(gso_beyond_sixteen_segments)
{
	query(.messages = 20, .segment = 48, .gso_size = 48);
	want(QUERIES, 20);
	want(TRANSACTIONS, 16);
	want(UNTRACKED, 4);
	want_self(UNPARSED_SEGMENTS, 4);
	response(.messages = 20, .segment = 64, .gso_size = 64);
	want(RESPONSES, 20);
	want(ANSWERED_NOERROR, 16);
	want(UNMATCHED_RESPONSES, 4);
	want_self(UNPARSED_SEGMENTS, 8);
}

/* ---- quotes ----------------------------------------------------------------------------- */

CASE(quotes_of_every_length)
{
	int n;

	for (n = 2; n <= 39; n++) {
		query(.id = n);
		icmp(.quote_payload = n, .quoted = {.id = n});
	}
	want(UNREACHABLE_PORT, 38);
	want(ICMP_SHORT_QUOTES, 0);
}

CASE(quotes_with_rfc4884_extensions)
{
	query(.id = 1);
	icmp(.pad_to = 128, .say_length = 1, .quoted = {.id = 1});
	want(UNREACHABLE_PORT, 1);
	query(.id = 2);
	icmp(.pad_to = 128, .quoted = {.id = 2}); /* by a sender that does not say the length */
	want(UNREACHABLE_PORT, 2);
	query(.id = 3);
	icmp(.raw_length = 3, .quoted = {.id = 3}); /* a length that cannot be */
	want(UNREACHABLE_PORT, 3);
	want(ICMP_SHORT_QUOTES, 0);
}

CASE_V4(quoted_lengths_that_a_stack_has_changed)
{
	query(.id = 1);
	icmp(.quoted_total = 0x4300, .quoted = {.id = 1}); /* byte order of the host */
	query(.id = 2);
	icmp(.quoted_total = 47, .quoted = {.id = 2}); /* without the header, as BSD did */
	query(.id = 3);
	icmp(.quoted_total = 4, .quoted = {.id = 3});
	want(UNREACHABLE_PORT, 3);
}

CASE(quotes_of_less_than_a_udp_header)
{
	query();
	icmp(.quote_udp = 6);
	want_self(UNPARSED_SHORT, 1);
	want_in_flight(1);
	icmp(.quote_udp = 2);
	want_self(UNPARSED_SHORT, 1);
}

CASE(quotes_of_what_is_no_query)
{
	query();
	icmp(.quoted = {.destination_port = 443});
	icmp(.quoted = {.payload = 5});
	icmp(.quoted = {.offset = 185});
	want_in_flight(1);
	want(ICMP_PORT, 0);
	want_self(UNMATCHED_UNREACHABLES, 0);
}

CASE(quote_of_a_first_fragment)
{
	query(.more = 1);
	icmp(.quoted = {.more = 1});
	want(UNREACHABLE_PORT, 1);
}

CASE(icmp_that_quotes_our_response)
{
	/* We are the server: a stub that gave up tells us. */
	query();
	outcomes(icmp_frame((struct icmp_spec){
		.reporter = other_text(),
		.quoted = {.response = 1, .source = client_text(), .destination = other_text()}}));
	/* the same from source port 53 to port 53 */
	outcomes(icmp_frame((struct icmp_spec){.reporter = other_text(),
					       .quoted = {.response = 1,
							  .source_port = 53,
							  .source = client_text(),
							  .destination = other_text()}}));
	want_in_flight(1);
	want(ICMP_PORT, 0);
	want_self(UNMATCHED_UNREACHABLES, 0);
	expect(has_entry(other_text()), 0);
}

CASE(icmp_that_we_send)
{
	query();
	queries(icmp_frame((struct icmp_spec){0}));
	want_in_flight(1);
	want(ICMP_PORT, 0);
}

CASE(icmp_to_somebody_else)
{
	query();
	icmp(.to = other_text());
	want_in_flight(1);
	want(ICMP_PORT, 0);
}
