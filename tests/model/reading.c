/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What one packet is: from bytes to a struct seen, by docs/counters.md and the RFCs of the headers.
 * What it means beside other packets is model.c's.
 */
#include "reading.h"

#include <arpa/inet.h>
#include <string.h>

enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION = 60 };

uint16_t be16(const uint8_t *b)
{
	return b[0] << 8 | b[1];
}

uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

int is_watched(const struct engine_config *c, uint16_t port)
{
	uint32_t i;

	for (i = 0; i < c->port_count; i++) {
		if (ntohs(c->ports[i]) == port)
			return 1;
	}
	return 0;
}

/* ::ffff:0:0/96 (RFC 4291, 2.5.5.2) */
static int is_mapped(const uint8_t *a)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return !memcmp(a, prefix, sizeof(prefix));
}

void note(struct seen *s, const void *bytes, unsigned n)
{
	memcpy(s->digest + s->digest_length, bytes, n);
	s->digest_length += n;
}

void unparsed(struct seen *s, enum self_counter why)
{
	s->kind = SEEN_UNPARSED;
	s->unparsed = why;
}

/* ---- Ethernet --------------------------------------------------------------------------- */

/*
 * VLAN and QinQ tags in the bytes; interfaces without an Ethernet header (tun, WireGuard, PPP) as
 * well as Ethernet and loopback. Returns the EtherType of what stands at s->network; 0: none.
 */
/* "PPPoE (0x8864) and MPLS on Ethernet are looked into." RFC 2516, 4, and RFC 1661, 2. */
static uint16_t read_pppoe(const struct model_packet *p, struct seen *s)
{
	uint16_t protocol;

	if (p->length < s->network + 8)
		return 0;
	protocol = be16(p->bytes + s->network + 6);
	s->network += 8;
	return protocol == 0x0021 ? 0x0800 : protocol == 0x0057 ? 0x86dd : 0;
}

/* RFC 3032, 2.1: the last label has a bit of its own; what follows is told by its version. */
static uint16_t read_mpls(const struct model_packet *p, struct seen *s)
{
	int labels, last = 0;

	for (labels = 0; !last; labels++) {
		if (labels == MPLS_LABELS_MAX || p->length < s->network + 4)
			return 0;
		last = p->bytes[s->network + 2] & 1;
		s->network += 4;
	}
	if (p->length < s->network + 2) /* CHOICE: a byte alone tells nothing */
		return 0;
	switch (p->bytes[s->network] >> 4) {
	case 4:
		return 0x0800;
	case 6:
		return 0x86dd;
	default:
		return 0;
	}
}

static uint16_t read_ethernet(const struct model_packet *p, struct seen *s)
{
	uint16_t type;
	int tags;

	s->vlan = p->tagged ? p->vlan_tci & 0xfff : -1;
	s->network = 0;
	if (!p->ethernet)
		return p->protocol;
	if (p->length < 14)
		return 0;
	type = be16(p->bytes + 12);
	s->network = 14;
	for (tags = 0; type == 0x8100 || type == 0x88a8; tags++) {
		if (tags == VLAN_TAGS_MAX || p->length < s->network + 4)
			return 0;
		if (s->vlan < 0)
			s->vlan = be16(p->bytes + s->network) & 0xfff;
		type = be16(p->bytes + s->network + 2);
		s->network += 4;
	}
	if (type == 0x8864)
		return read_pppoe(p, s);
	return type == 0x8847 ? read_mpls(p, s) : type;
}

/* ---- IP --------------------------------------------------------------------------------- */

/* An IPv4 address is held as ::ffff:a.b.c.d. */
static void put_mapped(uint8_t *to, const uint8_t *v4)
{
	memset(to, 0, 10);
	memset(to + 10, 0xff, 2);
	memcpy(to + 12, v4, 4);
}

/*
 * RFC 791. `quoted`: a quote may end anywhere, and its total length is not to be trusted. `frame`:
 * the bytes that the frame had on the wire, from here on.
 */
static void read_ipv4(const uint8_t *b, uint32_t n, uint32_t frame, uint32_t quoted, struct ip *ip)
{
	uint32_t header, total;

	if (n < 20 || b[0] >> 4 != 4) {
		ip->fault = IP_NOT_OURS;
		return;
	}
	header = (b[0] & 15) * 4;
	total = be16(b + 2);
	ip->id = be16(b + 4);
	ip->protocol = b[9];
	put_mapped(ip->source, b + 12);
	put_mapped(ip->destination, b + 16);
	/*
	 * "first fragments count, later ones never". CHOICE: also when the rest is malformed, and
	 * "more than the total length in that header" (docs) is of what the header says.
	 */
	if ((ip->protocol != PROTOCOL_UDP && ip->protocol != PROTOCOL_TCP &&
	     ip->protocol != PROTOCOL_ICMP) ||
	    (be16(b + 6) & 0x1fff))
		ip->fault = IP_NOT_OURS;
	else if (header < 20 || header > total)
		ip->fault = quoted && header >= 20 ? IP_FINE : IP_MALFORMED;
	/* "An IPv4 total length beyond the frame that no snap length explains" */
	if (!ip->fault && !quoted && total > frame)
		ip->fault = IP_MALFORMED;
	ip->cut = !ip->fault && header > n;
	if (ip->cut)
		ip->fault = IP_NOT_OURS;
	ip->first_fragment = !!(be16(b + 6) & 0x2000);
	ip->header = header;
	ip->room = total > header ? total - header : 0;
}

/*
 * RFC 8200, 4: hop-by-hop, routing, destination and fragment headers, a few of them; with more the
 * packet is `unparsed`. `end`: where the payload ends, as the header says.
 */
static void read_extensions(const uint8_t *b, uint32_t n, uint32_t quoted, struct ip *ip)
{
	uint32_t end = 40u + be16(b + 4);
	int next = b[6], count;

	/* CHOICE: a payload of length 0 is a jumbogram (RFC 2675), that ends where its bytes do. */
	if (end == 40)
		end = n;
	ip->header = 40;
	for (count = 0;
	     next == HOP_BY_HOP || next == ROUTING || next == FRAGMENT || next == DESTINATION;
	     count++) {
		const uint8_t *e = b + ip->header;

		if (count == EXTENSION_HEADERS_MAX)
			ip->fault = IP_EXTENSION;
		else if (ip->header + 8 > end)
			ip->fault = quoted ? IP_NOT_OURS : IP_MALFORMED;
		else if (ip->header + (next == FRAGMENT ? 8 : 2) > n)
			ip->cut = 1;
		else if (next == FRAGMENT && be16(e + 2) >> 3)
			ip->fault = IP_NOT_OURS;
		if (ip->cut) /* CHOICE: its port is not known */
			ip->fault = IP_NOT_OURS;
		if (ip->fault)
			return;
		if (next == FRAGMENT && (e[3] & 1))
			ip->first_fragment = 1;
		ip->header += next == FRAGMENT ? 8 : 8 + 8 * e[1];
		next = e[0];
		if (ip->header > end)
			ip->fault = quoted ? IP_NOT_OURS : IP_MALFORMED;
		else if (quoted && ip->header > quoted)
			ip->fault = IP_NOT_OURS;
		if (ip->fault)
			return;
	}
	ip->protocol = next;
	ip->room = end > ip->header ? end - ip->header : 0;
}

static void read_ipv6(const uint8_t *b, uint32_t n, uint32_t quoted, struct ip *ip)
{
	if (n < 40 || b[0] >> 4 != 6) {
		ip->fault = IP_NOT_OURS;
		return;
	}
	ip->v6 = 1;
	memcpy(ip->source, b + 8, 16);
	memcpy(ip->destination, b + 24, 16);
	read_extensions(b, n, quoted, ip);
}

struct ip read_ip(const uint8_t *b, uint32_t n, uint32_t frame, int v6, uint32_t quoted)
{
	struct ip ip = {0};

	if (v6)
		read_ipv6(b, n, quoted, &ip);
	else
		read_ipv4(b, n, frame, quoted, &ip);
	return ip;
}

/* An IPv6 packet with such an address is `unparsed` (`mapped`). */
int has_mapped(const struct ip *ip)
{
	return ip->v6 && (is_mapped(ip->source) || is_mapped(ip->destination));
}

/* ---- UDP and DNS ------------------------------------------------------------------------ */

/*
 * An outbound DNS message with QR=0, or an inbound one with QR=1, and a whole 12-byte header.
 * `length`: of the message; `have`: bytes of the packet, from here.
 */
static struct message read_message(const uint8_t *b, int64_t length, int64_t have, int out)
{
	struct message m = {.kind = MESSAGE_UNPARSED};

	if (length < 12 || have < 12) {
		m.unparsed = SELF_UNPARSED_SHORT;
	} else {
		m.kind = (b[2] >> 7) == !out ? MESSAGE_OURS : MESSAGE_NOT_OURS;
		m.id = be16(b);
		m.truncated = (b[2] >> 1) & 1;
		m.rcode = b[3] & 15;
	}
	return m;
}

/*
 * Up to 16 segments of one packet are parsed, each as its own message. There are
 * ceil(payload / gso_size), since gso_segs may be 0; the rest is self.unparsed.segments.
 */
static void read_messages(const struct model_packet *p, const uint8_t *b, int64_t payload,
			  int64_t have, struct seen *s)
{
	int64_t size = p->gso_size ? p->gso_size : payload, at;
	unsigned n = payload && size ? (payload + size - 1) / size : 1, i;

	s->messages = least(n, SEGMENTS_MAX);
	s->beyond = n - s->messages;
	if (s->beyond)
		s->kind = SEEN_MESSAGES;
	for (i = 0; i < s->messages; i++) {
		at = i * size;
		s->message[i] = read_message(b + at, payload - at < size ? payload - at : size,
					     have - at, p->out);
		if (s->message[i].kind != MESSAGE_NOT_OURS)
			s->kind = SEEN_MESSAGES;
	}
}

static void read_udp(const struct engine_config *c, const struct model_packet *p,
		     const struct ip *ip, const uint8_t *b, uint32_t have, struct seen *s)
{
	uint16_t source, destination, length;

	if (have < 8 || ip->room < 8)
		return;
	source = be16(b);
	destination = be16(b + 2);
	length = be16(b + 4);
	if (!is_watched(c, p->out ? destination : source)) {
		if (destination == 4789 || destination == 8472 || destination == 6081)
			unparsed(s, SELF_UNPARSED_TUNNEL);
		return;
	}
	memcpy(s->tuple.client, p->out ? ip->source : ip->destination, 16);
	memcpy(s->tuple.resolver, p->out ? ip->destination : ip->source, 16);
	s->tuple.client_port = p->out ? source : destination;
	s->tuple.resolver_port = p->out ? destination : source;
	note(s, b, 6);
	if (has_mapped(ip))
		unparsed(s, SELF_UNPARSED_MAPPED);
	else if (length < 8 || (length > ip->room && !ip->first_fragment))
		unparsed(s, SELF_UNPARSED_MALFORMED);
	else if (ip->first_fragment && least(length, ip->room) < 8 + 12)
		unparsed(s, SELF_UNPARSED_FRAGMENT); /* CHOICE: not `short`, even when it is both */
	else
		read_messages(p, b + 8, least(length, ip->room) - 8, (int64_t)have - 8, s);
	/* CHOICE: eight "first DNS bytes", of the first message if it is whole */
	if (s->messages && s->message[0].kind != MESSAGE_UNPARSED)
		note(s, b + 8, 8);
}

/* ---- the packet ------------------------------------------------------------------------- */

/*
 * "VXLAN, GENEVE, GRE and IP-in-IP are not [looked into]": counted. CHOICE: whatever else is wrong
 * with an IPv4 packet; an IPv6 one as far as its headers can be followed.
 */
static int is_tunnel(const struct ip *ip)
{
	return (!ip->v6 || !ip->fault) &&
	       (ip->protocol == 4 || ip->protocol == 41 || ip->protocol == 47);
}

void model_see(const struct engine_config *c, const struct model_packet *p, struct seen *s)
{
	uint16_t type;
	struct ip ip;
	const uint8_t *b;
	uint32_t n, frame;

	memset(s, 0, sizeof(*s));
	s->transport = TRANSPORT_UDP;
	type = read_ethernet(p, s);
	if (type != 0x0800 && type != 0x86dd)
		return;
	b = p->bytes + s->network;
	n = p->length - s->network;
	frame = p->wire_length > p->length ? p->wire_length - s->network : n;
	ip = read_ip(b, n, frame, type == 0x86dd, 0);
	note(s, ip.source, 16);
	note(s, ip.destination, 16);
	note(s, &ip.id, 2);
	if (is_tunnel(&ip))
		unparsed(s, SELF_UNPARSED_TUNNEL);
	else if (ip.protocol == PROTOCOL_TCP && ip.header <= n &&
		 (!ip.fault || (!ip.v6 && ip.fault == IP_MALFORMED)))
		read_tcp(c, p, &ip, b + ip.header, n - ip.header, s);
	else if (ip.protocol == PROTOCOL_TCP && !ip.v6)
		return; /* CHOICE: of TCP over IPv4 only a connect is malformed */
	else if (ip.fault == IP_MALFORMED)
		unparsed(s, SELF_UNPARSED_MALFORMED);
	else if (ip.fault == IP_EXTENSION)
		unparsed(s, SELF_UNPARSED_EXTENSION);
	else if (ip.fault || ip.header > n)
		return;
	else if (ip.protocol == PROTOCOL_UDP)
		read_udp(c, p, &ip, b + ip.header, n - ip.header, s);
	else if (ip.protocol == (ip.v6 ? PROTOCOL_ICMPV6 : PROTOCOL_ICMP))
		read_icmp(c, p, &ip, b + ip.header, n - ip.header, s);
}
