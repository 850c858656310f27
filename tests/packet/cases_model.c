/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the comparison with the model (tests/model) found: the shortest packets that showed it. */
#include "rig.h"

#include <stddef.h>
#include <string.h>

static void too_big(struct icmp_spec s)
{
	s.type = family == 4 ? 3 : 2;
	s.code = family == 4 ? 4 : 0;
	outcomes(icmp_frame(s));
}

CASE(gso_messages_shorter_than_a_header)
{
	query(.messages = 5, .segment = 6, .gso_size = 6);
	want(QUERIES, 0);
	want_self(UNPARSED_SHORT, 5);
	query(.messages = 20, .segment = 6, .gso_size = 6, .id = 77);
	want_self(UNPARSED_SHORT, 5 + 16);
	want_self(UNPARSED_SEGMENTS, 4);
	want(QUERIES, 4); /* those that were not looked into */
	want(UNTRACKED, 4);
}

/* GRO of a peer that asks and answers from port 53 to port 53. */
CASE(gro_whose_first_message_is_not_ours)
{
	struct frame f = udp_frame((struct udp_spec){
		.response = 1, .messages = 3, .segment = 64, .gso_size = 64, .id = 9});
	uint32_t dns = f.length - 3 * 64;

	query(.id = 10);
	query(.id = 11);
	f.bytes[dns + 2] &= 0x7f; /* QR */
	outcomes(f);
	want(RESPONSES, 2);
	want(ANSWERED_NOERROR, 2);
}

CASE_V6(unreachable_from_a_mapped_address)
{
	query();
	icmp(.reporter = "::ffff:198.51.100.1");
	want(ICMP_PORT, 0);
	want_in_flight(1);
	want_self(UNPARSED_MAPPED, 1);
}

/* Not yet swept, or swept: it must make no difference. */
CASE(too_big_about_an_aged_transaction_of_other)
{
	struct engine_config c = config_without_streams();

	c.max_resolvers = 0;
	restart(&c);
	query();
	too_big((struct icmp_spec){.quoted = {.id = 0}});
	want_of("other", TOO_BIG, 1);
	at(1005.5);
	too_big((struct icmp_spec){.quoted = {.id = 0}});
	want_of("other", TOO_BIG, 1);
}

CASE(too_big_with_a_short_quote_is_not_about_id_zero)
{
	struct engine_config c = config_without_streams();

	c.max_resolvers = 0;
	restart(&c);
	query(.id_zero = 1);
	too_big((struct icmp_spec){.quote_payload = -1});
	want_of("other", TOO_BIG, 0);
}

/* An fe80 address that was asked on a link, and is one of this host on another. */
CASE_V6(fe80_on_lo_stays_on_lo)
{
	query(.source = "fe80::15", .destination = "fe80::53");
	want_of("fe80::53", QUERIES, 1);
	query(.source = "fe80::15", .destination = "fe80::53", .ifindex = LINK_LO, .id = 2);
	want_of("fe80::53", QUERIES, 1);
	response(.source = "fe80::53", .destination = "fe80::15", .ifindex = LINK_LO);
	want_of("fe80::53", RESPONSES, 0);
	want_in_flight(2);
}

CASE_V6(extension_header_beyond_the_payload)
{
	static const uint8_t kinds[] = {60, 60};
	struct frame f = udp_frame((struct udp_spec){.extensions = kinds, .extension_count = 2});

	f.bytes[f.network + 41] = 40; /* the first of them: 328 bytes, and another follows */
	queries(f);
	want(QUERIES, 0);
	want_self(UNPARSED_MALFORMED, 1);
}

CASE_V6(quoted_extension_headers_beyond_the_message)
{
	static const uint8_t seven[] = {0, 60, 60, 60, 60, 60, 60};
	struct frame f = icmp_frame(
		(struct icmp_spec){.quoted = {.extensions = seven, .extension_count = 7}});

	outcomes(f);
	want_self(UNPARSED_EXTENSION, 1);
	f.bytes[f.network + 4] = 0;
	f.bytes[f.network + 5] = 8 + 40 + 8; /* the message ends after the first of them */
	outcomes(f);
	want_self(UNPARSED_EXTENSION, 1);
}

CASE_V6(quoted_extension_header_longer_than_the_quoted_payload)
{
	static const uint8_t routing[] = {43};
	struct frame f = icmp_frame(
		(struct icmp_spec){.quoted = {.extensions = routing, .extension_count = 1}});
	uint32_t quote = f.network + 40 + 8;

	query();
	f.bytes[quote + 4] = 0;
	f.bytes[quote + 5] = 12;
	outcomes(f);
	want_in_flight(1);
	want(ICMP_PORT, 0);
}

CASE(short_quote_finds_what_was_reopened_when_there_was_room)
{
	int i;

	for (i = 0; i < 17; i++)
		query(.id = 100 + i); /* the last one finds all places taken */
	for (i = 0; i < 16; i++)
		response(.id = 100 + i);
	at(1006);
	query(.id = 116); /* the one before has timed out */
	want(TIMED_OUT, 1);
	icmp(.quote_payload = -1);
	want(UNREACHABLE_PORT, 1);
	want_in_flight(0);
}

/* What makes up for the other code must not be the message ID. */
CASE(icmp_that_differs_in_code_and_id)
{
	int type = family == 4 ? 3 : 1, code = family == 4 ? 10 : 6, i;

	query();
	for (i = 0; i < 4; i++)
		icmp(.type = type, .code = code - i, .code_zero = code == i,
		     .quoted = {.id = 0x0100 * (i + 1)}, .ifindex = i % 2 ? link_b : link_a);
	want(UNMATCHED_UNREACHABLES, 4);
}

static void swap_addresses(struct frame *f)
{
	unsigned length = family == 4 ? 4 : 16;
	uint8_t *source = f->bytes + f->network + (family == 4 ? 12 : 8), kept[16];

	memcpy(kept, source, length);
	memcpy(source, source + length, length);
	memcpy(source + length, kept, length);
}

/* Asked from port 53 and, in the same millisecond, on another interface, the like comes back. */
CASE(gso_that_comes_back_is_another_packet)
{
	struct frame f = udp_frame((struct udp_spec){
		.source_port = 53, .messages = 20, .segment = 15, .gso_size = 15, .id = 1});

	queries(f);
	want(QUERIES, 20);
	swap_addresses(&f);
	f.ifindex = link_b;
	outcomes(f);
	want(RESPONSES, 4); /* of those that are not looked into; the others are queries */
}
