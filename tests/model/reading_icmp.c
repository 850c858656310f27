/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which query an ICMP message quotes, and what it says of it; part of reading.c. */
#include "reading.h"

#include <string.h>

/* The reasons of docs/counters.md by type and code, except `other`. */
static const struct {
	int v6, type, code;
	enum reason reason;
} reasons[] = {
	{0, 3, 3, REASON_PORT},	       {1, 1, 4, REASON_PORT},	     {0, 3, 1, REASON_HOST},
	{0, 3, 7, REASON_HOST},	       {0, 3, 12, REASON_HOST},	     {1, 1, 3, REASON_HOST},
	{0, 3, 0, REASON_NETWORK},     {0, 3, 6, REASON_NETWORK},    {0, 3, 11, REASON_NETWORK},
	{1, 1, 0, REASON_NETWORK},     {0, 3, 9, REASON_PROHIBITED}, {0, 3, 10, REASON_PROHIBITED},
	{0, 3, 13, REASON_PROHIBITED}, {1, 1, 1, REASON_PROHIBITED}, {1, 1, 5, REASON_PROHIBITED},
	{1, 1, 6, REASON_PROHIBITED},
};

/* 0: neither an unreachable nor too big. */
static int read_kind(int v6, int type, int code, struct seen *s)
{
	unsigned i;

	if (v6 ? type == 2 : type == 3 && code == 4)
		s->kind = SEEN_TOO_BIG;
	else if (v6 ? type == 1 || type == 3 || type == 4 : type == 3 || type == 11 || type == 12)
		s->kind = SEEN_UNREACHABLE;
	s->reason = REASON_OTHER;
	for (i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		if (reasons[i].v6 == v6 && reasons[i].type == type && reasons[i].code == code)
			s->reason = reasons[i].reason;
	}
	return s->kind != SEEN_NOTHING;
}

/*
 * RFC 4884, 4 and 5: how long the quote is, where the message says so. CHOICE: a length that ends
 * in the quoted IP header is not believed; these bits were unused once (RFC 792).
 */
static uint32_t quote_length(int v6, const uint8_t *icmp, uint32_t most, uint32_t header)
{
	uint32_t said = 0;

	if (!v6)
		said = icmp[5] * 4; /* types 3, 11, 12 */
	else if (icmp[0] == 1 || icmp[0] == 3)
		said = icmp[4] * 8;
	return said > header ? least(said, most) : most;
}

/*
 * `b`: the quoted datagram from its UDP header on, `n` bytes of `said` that the message has. What
 * is no query is nothing.
 */
static void read_quoted_udp(const struct engine_config *c, const struct ip *outer,
			    const struct ip *ip, const uint8_t *b, uint32_t n, uint32_t said,
			    struct seen *s)
{
	uint32_t dns, cut = n < 8 && said >= 8; /* by a snap length: the ports are enough */

	if (n < 4 || !is_watched(c, be16(b + 2)))
		s->kind = SEEN_NOTHING;
	else if (has_mapped(outer) || has_mapped(ip))
		unparsed(s, SELF_UNPARSED_MAPPED);
	else if (n < 8 && !cut)
		unparsed(s, SELF_UNPARSED_SHORT);
	else if (!cut && be16(b + 4) < 8 + 12)
		s->kind = SEEN_NOTHING; /* "a datagram too small for a query" */
	if (s->kind != SEEN_UNREACHABLE && s->kind != SEEN_TOO_BIG)
		return;
	memcpy(s->tuple.client, ip->source, 16);
	memcpy(s->tuple.resolver, ip->destination, 16);
	s->tuple.client_port = be16(b);
	s->tuple.resolver_port = be16(b + 2);
	dns = cut ? 0 : least(n, be16(b + 4)) - 8;
	s->short_quote = dns < 2;
	s->id = dns < 2 ? 0 : be16(b + 8);
	if (dns >= 3 && b[10] >> 7)
		s->kind = SEEN_NOTHING; /* "quoted QR=0 where quoted" */
	note(s, b, 4);
	note(s, &s->id, 2); /* CHOICE: of a quote, the ID; 0 where there is none */
}

/*
 * "A message that a snap length cut before the ports of its quote, where what is there allows a
 * quoted query". `b`: the quote, of which `have` bytes of `most` are here, `said` by RFC 4884.
 */
static int is_cut(const struct ip *outer, const struct ip *ip, const uint8_t *b, uint32_t have,
		  uint32_t most, uint32_t said)
{
	uint32_t header = outer->v6 ? 40 : 20, at = outer->v6 ? 6 : 9;

	if (have >= most || most < header)
		return 0;
	if (have < header)
		return have <= at || b[at] == PROTOCOL_UDP ||
		       (outer->v6 && (b[at] == 0 || b[at] == 43 || b[at] == 44 || b[at] == 60));
	if (memcmp(ip->source, outer->destination, 16) != 0)
		return 0;
	if (ip->cut && outer->v6)
		return 1;
	return (ip->cut || (!ip->fault && have < ip->header + 4)) && said >= ip->header + 4 &&
	       ip->protocol == PROTOCOL_UDP;
}

/* An inbound ICMP or ICMPv6 message that quotes a query. */
void read_icmp(const struct engine_config *c, const struct model_packet *p, const struct ip *outer,
	       const uint8_t *b, uint32_t have, struct seen *s)
{
	uint32_t n = least(have, outer->room), said;
	struct ip ip = {.fault = IP_NOT_OURS};

	if (p->out || outer->room < 8 || n < 2 || !read_kind(outer->v6, b[0], b[1], s))
		return;
	if (n < 8)
		return unparsed(s, SELF_UNPARSED_SHORT);
	if (n > 8)
		ip = read_ip(b + 8, n - 8, UINT32_MAX, outer->v6, outer->room - 8);
	said = quote_length(outer->v6, b, outer->room - 8, ip.header);
	if (is_cut(outer, &ip, b + 8, have - 8, outer->room - 8, said))
		return unparsed(s, SELF_UNPARSED_SHORT);
	n = least(n - 8, said);
	memcpy(s->reporter, outer->source, 16);
	/* "quoted source = the outer destination" */
	if (memcmp(ip.source, outer->destination, 16) != 0)
		s->kind = SEEN_NOTHING;
	else if (ip.fault == IP_EXTENSION)
		unparsed(s, SELF_UNPARSED_EXTENSION);
	else if (!ip.fault && ip.protocol == PROTOCOL_TCP && ip.header <= n)
		read_quoted_tcp(c, outer, &ip, b + 8 + ip.header, n - ip.header, s);
	else if (ip.fault || ip.protocol != PROTOCOL_UDP || ip.header > n)
		s->kind = SEEN_NOTHING;
	else
		read_quoted_udp(c, outer, &ip, b + 8 + ip.header, n - ip.header, said - ip.header,
				s);
	if (s->kind != SEEN_UNREACHABLE && s->kind != SEEN_TOO_BIG)
		return;
	note(s, ip.source, 16);
	note(s, ip.destination, 16);
}
