// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See tcpdump_dump.h. RFC 791, RFC 792, RFC 8200, RFC 4443, RFC 768, RFC 1035. */
#include "capture/tcpdump_dump.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 16	   /* in a line of a dump */
#define LINK_HEADER_MAX 40 /* of -xx, before the IP header */
#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define ICMP_HEADER 8
#define UDP_HEADER 8
#define DNS_HEADER 12
#define PROTOCOL_ICMP 1
#define PROTOCOL_UDP 17
#define PROTOCOL_ICMPV6 58

/* ---- lines ------------------------------------------------------------------------------ */

int text_dump_is_line(const char *text)
{
	text += strspn(text, " ");
	return text[0] == '0' && text[1] == 'x' && isxdigit((unsigned char)text[2]) &&
	       strchr(text, ':') == text + 6;
}

static int is_hexadecimal(const char *text, size_t length)
{
	return length && strspn(text, "0123456789abcdefABCDEF") >= length;
}

/* Add `4500` or, at the end, `45`. Returns 0 where the column of characters begins. */
static int add_group(struct text_dump *dump, const char *text, size_t length)
{
	char digits[3] = "";
	size_t i;

	if ((length != 2 && length != 4) || !is_hexadecimal(text, length))
		return 0;
	for (i = 0; i < length && dump->length < DUMP_MAX; i += 2) {
		memcpy(digits, text + i, 2);
		dump->bytes[dump->length++] = (__u8)strtoul(digits, NULL, 16);
	}
	return length == 4;
}

void text_dump_add(struct text_dump *dump, const char *text)
{
	size_t offset, length, i;
	char *end;

	text += strspn(text, " ");
	offset = strtoul(text, &end, 16);
	dump->has_lines = 1;
	if (offset != dump->length || *end != ':')
		return;
	for (i = 0; i < LINE_BYTES / 2; i++) {
		text = end + 1 + strspn(end + 1, " ");
		length = strcspn(text, " ");
		if (!add_group(dump, text, length))
			return;
		end = (char *)text + length - 1;
	}
}

/* ---- what is quoted --------------------------------------------------------------------- */

struct bytes_left {
	const __u8 *at;
	size_t left;
};

static size_t get16(const __u8 *at)
{
	return (size_t)(at[0] << 8 | at[1]);
}

/* Move behind `length` bytes. Returns 0 when there are fewer. */
static int skip(struct bytes_left *b, size_t length)
{
	if (b->left < length)
		return 0;
	b->at += length;
	b->left -= length;
	return 1;
}

static void put_address(const __u8 *at, int version, struct ip_address *address)
{
	memset(address, 0, sizeof(*address));
	if (version == 6) {
		memcpy(address, at, sizeof(*address));
		return;
	}
	address->w[2] = htonl(0xffff);
	memcpy(&address->w[3], at, 4);
}

/*
 * Skip an IP header of this version, without extensions. Returns its protocol, and the two
 * addresses; 0 when there is none, or a later fragment.
 */
static int skip_ip(struct bytes_left *b, int version, struct ip_address *from,
		   struct ip_address *to)
{
	const __u8 *ip = b->at;

	if (b->left < (size_t)(version == 4 ? IPV4_HEADER : IPV6_HEADER) || ip[0] >> 4 != version)
		return 0;
	put_address(ip + (version == 4 ? 12 : 8), version, from);
	put_address(ip + (version == 4 ? 16 : 24), version, to);
	if (version == 6)
		return skip(b, IPV6_HEADER) ? ip[6] : 0;
	if ((ip[0] & 15) * 4 < IPV4_HEADER || get16(ip + 6) & 0x1fff)
		return 0;
	return skip(b, (ip[0] & 15u) * 4) ? ip[9] : 0;
}

static int is_same(const struct ip_address *a, const struct ip_address *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/*
 * Find the ICMP message: behind the IP header that has the addresses of the line, with a link
 * header before it or without; or at the beginning, as tcpdump prints messages of ICMPv6 that it
 * does not know. Returns 0 when it is not there.
 */
static int find_icmp(const struct text_dump *dump, const struct text_entry *e,
		     struct bytes_left *icmp)
{
	int protocol = e->version == 4 ? PROTOCOL_ICMP : PROTOCOL_ICMPV6;
	struct ip_address from, to;
	size_t at;

	for (at = 0; at <= LINK_HEADER_MAX && at < dump->length; at++) {
		*icmp = (struct bytes_left){dump->bytes + at, dump->length - at};
		if (skip_ip(icmp, e->version, &from, &to) == protocol &&
		    is_same(&from, &e->from.address) && is_same(&to, &e->to.address))
			return icmp->left >= ICMP_HEADER;
	}
	*icmp = (struct bytes_left){dump->bytes, dump->length};
	return icmp->left >= ICMP_HEADER && icmp->at[0] == e->icmp.type &&
	       icmp->at[1] == e->icmp.code;
}

/* Copy a question whose name is not compressed, unless it is cut. */
static void read_question(const __u8 *dns, size_t length, struct text_dns *ret)
{
	size_t at = DNS_HEADER;

	if (get16(dns + 4) != 1)
		return;
	while (at < length && dns[at] && dns[at] < 64)
		at += dns[at] + 1u;
	at += 5; /* the root, type and class */
	if (at > length || dns[at - 5] || at - DNS_HEADER > QUESTION_BYTES)
		return;
	ret->question_length = (__u16)(at - DNS_HEADER);
	memcpy(ret->question, dns + DNS_HEADER, ret->question_length);
}

static void read_udp(const struct bytes_left *udp, const struct text_ports *ports,
		     struct text_entry *e)
{
	const __u8 *dns = udp->at + UDP_HEADER;
	size_t length;

	e->quoted_from.port = (__u16)get16(udp->at);
	e->quoted_to.port = (__u16)get16(udp->at + 2);
	e->quoted_from.version = e->quoted_to.version = e->version;
	e->is_weak = 0;
	if (!text_port_is_watched(ports, e->quoted_to.port)) {
		e->kind = TEXT_OTHER;
		return;
	}
	e->quote = QUOTE_SHORT;
	length = get16(udp->at + 4);
	if (length > udp->left)
		length = udp->left;
	if (length < UDP_HEADER + DNS_HEADER)
		return;
	e->quote = QUOTE_WHOLE;
	memset(&e->dns, 0, sizeof(e->dns));
	e->dns.id = (__u16)get16(dns);
	e->dns.flags = dns[2];
	e->dns.rcode = dns[3];
	read_question(dns, length - UDP_HEADER, &e->dns);
}

void text_dump_quote(const struct text_dump *dump, const struct text_ports *ports,
		     struct text_entry *e)
{
	struct ip_address from, to;
	struct bytes_left b;
	int protocol;

	if (e->kind != TEXT_ICMP || e->quote == QUOTE_WHOLE || !find_icmp(dump, e, &b))
		return;
	if (e->icmp.is_cut)
		e->icmp.code = b.at[1];
	skip(&b, ICMP_HEADER);
	protocol = skip_ip(&b, e->version, &from, &to);
	if (!protocol || (protocol == PROTOCOL_UDP && b.left < UDP_HEADER))
		return;
	if (protocol != PROTOCOL_UDP) {
		e->kind = TEXT_OTHER;
		return;
	}
	e->quoted_from.address = from;
	e->quoted_to.address = to;
	read_udp(&b, ports, e);
}
