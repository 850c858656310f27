/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The reading of TCP: the segments that open and end a connect, and their quotes. Each function
 * says above it which rule of docs/counters.md it follows.
 */
#include "reading.h"

#include <string.h>

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static uint32_t be32(const uint8_t *b)
{
	return (uint32_t)be16(b) << 16 | be16(b + 2);
}

/* "`tcp` (watched ports) or `dot` (port 853)" */
static enum transport transport_of(const struct engine_config *c, uint16_t port)
{
	if (port == 853)
		return TRANSPORT_DOT;
	return is_watched(c, port) ? TRANSPORT_TCP : TRANSPORT_NONE;
}

/* A number as it stands on the wire, read as the machine reads it. */
uint32_t on_wire(uint32_t number)
{
	uint8_t b[4] = {number >> 24, number >> 16, number >> 8, number};
	uint32_t word;

	memcpy(&word, b, sizeof(word));
	return word;
}

/*
 * "A SYN-ACK or RST ends the connect whose sequence number it acknowledges", "an RST answers a SYN
 * if its own sequence number is 0".
 */
static void read_arrival(const uint8_t *b, struct seen *s)
{
	int is_reset = (b[13] & RST) != 0;

	s->message[0].id = on_wire(be32(b + 8) - 1);
	s->message[0].rcode = is_reset ? 5 : 0;
	s->message[0].only_if_open = is_reset && be32(b + 4) != 0;
}

static int is_handshake(uint8_t flags, int out)
{
	if (out)
		return (flags & (FIN | SYN | RST | ACK)) == SYN;
	return (flags & (SYN | RST)) && (flags & ACK);
}

static void set_ends(const struct ip *ip, const uint8_t *b, int out, struct seen *s)
{
	memcpy(s->tuple.client, out ? ip->source : ip->destination, 16);
	memcpy(s->tuple.resolver, out ? ip->destination : ip->source, 16);
	s->tuple.client_port = be16(b + (out ? 0 : 2));
	s->tuple.resolver_port = be16(b + (out ? 2 : 0));
}

void read_tcp(const struct engine_config *c, const struct model_packet *p, const struct ip *ip,
	      const uint8_t *b, uint32_t have, struct seen *s)
{
	uint32_t header;

	if (have < 4 || ip->room < 4)
		return;
	s->transport = transport_of(c, be16(b + (p->out ? 2 : 0)));
	if (s->transport == TRANSPORT_NONE)
		return;
	if (have < 16)
		return unparsed(s, SELF_UNPARSED_SHORT);
	if (!is_handshake(b[13], p->out))
		return;
	header = (b[12] >> 4) * 4;
	if (ip->fault == IP_MALFORMED)
		return unparsed(s, SELF_UNPARSED_MALFORMED);
	if (has_mapped(ip))
		return unparsed(s, SELF_UNPARSED_MAPPED);
	if (header < 20 || header > ip->room)
		return unparsed(s, ip->first_fragment ? SELF_UNPARSED_FRAGMENT
						      : SELF_UNPARSED_MALFORMED);
	set_ends(ip, b, p->out, s);
	s->kind = SEEN_MESSAGES;
	s->messages = 1;
	s->message[0].kind = MESSAGE_OURS;
	if (p->out)
		s->message[0] = (struct message){.kind = MESSAGE_OURS,
						 .id = on_wire(be32(b + 4)),
						 .data = ip->room - header};
	else
		read_arrival(b, s);
	note(s, b, 12);
	note(s, b + 13, 1);
}

/* "8 quoted bytes of a TCP header hold ports and sequence number." `n`: bytes of the quote. */
void read_quoted_tcp(const struct engine_config *c, const struct ip *outer, const struct ip *ip,
		     const uint8_t *b, uint32_t n, struct seen *s)
{
	int kind = s->kind;

	s->kind = SEEN_NOTHING;
	if (kind != SEEN_UNREACHABLE || n < 4)
		return;
	s->transport = transport_of(c, be16(b + 2));
	if (s->transport == TRANSPORT_NONE)
		return;
	if (n < 8)
		return unparsed(s, SELF_UNPARSED_SHORT);
	if (n >= 14 && !is_handshake(b[13], 1))
		return;
	if (has_mapped(outer) || has_mapped(ip))
		return unparsed(s, SELF_UNPARSED_MAPPED);
	s->kind = kind;
	set_ends(ip, b, 1, s);
	s->id = on_wire(be32(b + 4));
	note(s, b, 6);
}
