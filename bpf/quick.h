/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ordinary packet, read in the place where it lies and without a call: Ethernet, IPv4 without
 * options or IPv6 without extension headers, no fragment, one message, all of it linear. Most are
 * none of ours, and this is all that they cost. What is not ordinary is left to packet.h and
 * icmp.h, whose answers these are: a short way to the same observation, never another one.
 */
#ifndef QUICK_H
#define QUICK_H

#include "short.h"

/*
 * NOT_OURS: or all is done. OURS: the sight holds all that is asked of its kind. SAMPLE_...: all is
 * counted, and the sight is for a sample.
 */
enum quick { NOT_OURS, OURS, LOOK_CLOSER, SAMPLE_NOTHING, SAMPLE_OUTCOME };

/*
 * Where this CPU makes its observation. Nothing interrupts a program here but what has no packets:
 * on both hooks softirqs are off.
 */
static __always_inline struct cpu_record *own_record(void)
{
	return row(cpus, kernel_cpu());
}

static __always_inline struct sight *sight_of(struct cpu_record *r)
{
	_Static_assert(sizeof(struct sight) <= sizeof(r->sight), "room for a sight");
	return (struct sight *)r->sight;
}

/* The first header of a device without Ethernet, where these bytes could be an address too. */
static __always_inline int could_be_ip(const struct packet *p, __u16 ethertype)
{
	const __u16 *start = p->data;

	if (ethertype == ETHERTYPE_IPV4)
		return (start[0] & bpf_htons(0xf000)) == bpf_htons(0x4000) &&
		       bpf_ntohs(start[1]) == p->length;
	return (start[0] & bpf_htons(0xf000)) == bpf_htons(0x6000) &&
	       bpf_ntohs(start[2]) + sizeof(struct ipv6_header) == p->length;
}

/* Four bytes, side by side, in one store. */
static __always_inline void set_bytes(__u8 *at, __u32 a, __u32 b, __u32 c, __u32 d)
{
	*(any32 *)at = four_bytes(a, b, c, d);
}

static __always_inline void set_client_end(struct transaction_key *key, __u16 port, __u16 id)
{
	any32 *to = (any32 *)&key->client_port;

	*to = two_shorts(port, id);
}

/* Addresses, ports and message ID, once the short way does not tell. */
static __always_inline void note_told(struct observation *o, struct told *t, __u32 scope)
{
	read_again(t);
	set_halves(&o->key.client, client_half(t, 0), client_half(t, 1));
	set_halves(&o->key.resolver, resolver_half(t, 0), resolver_half(t, 1));
	set_resolver_end(&o->key, scope, resolver_port(t));
	set_client_end(&o->key, client_port(t), told_dns(t)->id);
	o->segment = 0;
	o->digest = told_digest(t);
	o->client_hash = hash_address(sizes.seed, &o->key.client);
}

/* ---- UDP -------------------------------------------------------------------------------- */

/* A datagram in an IP packet that has `room` bytes for it. */
static __always_inline enum quick quick_udp(const struct packet *p, struct told *t, __u32 room,
					    struct cpu_record **ret)
{
	const struct udp_header *u = told_udp(t);
	const struct dns_header *dns = told_dns(t);
	int out = t->role == TOLD_QUERY, linked;
	struct observation *o;
	enum way way = LONG;
	__u32 length;

	if ((const void *)(u + 1) > p->end)
		return LOOK_CLOSER;
	if (!is_watched(resolver_port(t)))
		return NOT_OURS;
	length = bpf_ntohs(u->length);
	if ((const void *)(dns + 1) > p->end || p->skb->vlan_present || p->skb->gso_size ||
	    length < sizeof(*u) + sizeof(*dns) || length > room)
		return LOOK_CLOSER;
	if (!!(dns->flags & DNS_QR) == out)
		return NOT_OURS;
	*ret = own_record();
	if (!*ret)
		return NOT_OURS;
	linked = is_linked(t);
	if (!linked)
		way = out ? short_query(*ret, t, p->skb->ifindex)
			  : short_response(*ret, t, p->skb->ifindex);
	if (way == COUNTED)
		return NOT_OURS;
	o = &sight_of(*ret)->o;
	note_told(o, t, linked ? p->skb->ifindex : 0);
	set_bytes(&o->kind, out ? KIND_QUERY : KIND_RESPONSE, 0, 0, 0);
	set_bytes(&o->rcode, told_dns(t)->rcode & DNS_RCODE, !!(told_dns(t)->flags & DNS_TC), 0, 0);
	return OURS;
}

/* ---- ICMP ------------------------------------------------------------------------------- */

/*
 * Whether the quote, whose UDP header is `u`, is of a query of ours: OURS, with its record. `at` is
 * where that header is, `end` where the ICMP message ends, `quoted` the bytes that the quoted
 * packet had from the UDP header on.
 */
static __always_inline enum quick quick_quote(const struct packet *p, const struct udp_header *u,
					      __u32 at, __u32 end, __u32 quoted,
					      struct cpu_record **ret)
{
	const __u32 least = sizeof(*u) + sizeof(struct dns_header);
	const struct dns_header *dns = (const void *)(u + 1);

	if (!is_watched(u->destination))
		return NOT_OURS;
	if (p->skb->vlan_present || quoted < least || bpf_ntohs(u->length) < least ||
	    end < at + least)
		return LOOK_CLOSER;
	if (dns->flags & DNS_QR)
		return NOT_OURS;
	*ret = own_record();
	return *ret ? OURS : NOT_OURS;
}

/* What is asked of it besides note_told(). Bounds as quick_quote(). */
static __always_inline void note_quote(struct observation *o, struct told *t, __u32 kind, __u32 at,
				       __u32 end, __u32 quoted)
{
	__u32 length = bpf_ntohs(told_udp(t)->length);

	if (at + quoted < end)
		end = at + quoted;
	if (at + length < end)
		end = at + length;
	o->payload = at + sizeof(struct udp_header);
	o->length = end - o->payload;
	set_bytes(&o->kind, kind, 0, t->reason, 0);
	set_halves(&o->reporter, reporter_half(t, 0), reporter_half(t, 1));
}

/* What is left to do for a message that is noted now. */
static __always_inline enum quick left_to_do(enum way way)
{
	return way == LONG ? OURS : way == SAMPLE_OF_OUTCOME ? SAMPLE_OUTCOME : SAMPLE_NOTHING;
}

static __always_inline enum quick quick_icmp_v4(const struct packet *p, const struct ipv4_header *h,
						struct cpu_record **ret)
{
	const struct icmp_header *icmp = (const void *)(h + 1);
	const struct ipv4_header *q = (const void *)(icmp + 1);
	const struct udp_header *u = (const void *)(q + 1);
	const __u32 at = ETHERNET_HEADER + 2 * sizeof(*h) + sizeof(*icmp);
	__u32 total = bpf_ntohs(h->total_length), quoted, quote = 0, kind;
	struct observation *o;
	enum way way = LONG;
	struct told t = {.ip = q, .version = 4, .role = TOLD_ICMP};
	enum quick answer;

	if ((const void *)(icmp + 1) > p->end || h->version_length != 0x45 ||
	    h->fragment & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET) ||
	    total < sizeof(*h) + sizeof(*icmp))
		return LOOK_CLOSER;
	kind = classify_v4(icmp, &t.reason, &quote);
	if (kind == KIND_NONE)
		return NOT_OURS;
	if ((const void *)(u + 1) + sizeof(struct dns_header) > p->end || quote ||
	    q->version_length != 0x45 || q->protocol != PROTOCOL_UDP ||
	    q->fragment & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET))
		return LOOK_CLOSER;
	if (q->source != h->destination)
		return NOT_OURS;
	quoted = bpf_ntohs(q->total_length);
	if (quoted < sizeof(*q))
		return LOOK_CLOSER;
	quoted -= sizeof(*q);
	answer = quick_quote(p, u, at, ETHERNET_HEADER + total, quoted, ret);
	if (answer != OURS)
		return answer;
	if (kind == KIND_UNREACHABLE)
		way = short_unreachable(*ret, &t, p->skb->ifindex);
	if (way == COUNTED)
		return NOT_OURS;
	o = &sight_of(*ret)->o;
	note_told(o, &t, 0);
	note_quote(o, &t, kind, at, ETHERNET_HEADER + total, quoted);
	set_bytes(&o->type, icmp->type, icmp->code, 4, h->ttl);
	return left_to_do(way);
}

static __always_inline enum quick quick_icmp_v6(const struct packet *p, const struct ipv6_header *h,
						struct cpu_record **ret)
{
	const struct icmp_header *icmp = (const void *)(h + 1);
	const struct ipv6_header *q = (const void *)(icmp + 1);
	const struct udp_header *u = (const void *)(q + 1);
	const __u32 at = ETHERNET_HEADER + 2 * sizeof(*h) + sizeof(*icmp);
	__u32 total = bpf_ntohs(h->payload_length), quote = 0, kind, end;
	struct observation *o;
	enum way way = LONG;
	struct told t = {.ip = q, .version = 6, .role = TOLD_ICMP};
	enum quick answer;
	int linked;

	if ((const void *)(icmp + 1) > p->end || total < sizeof(*icmp) ||
	    (h->version_class_flow & bpf_htonl(0xf0000000)) != bpf_htonl(0x60000000))
		return LOOK_CLOSER;
	kind = classify_v6(icmp, &t.reason, &quote);
	if (kind == KIND_NONE)
		return NOT_OURS;
	if ((const void *)(u + 1) + sizeof(struct dns_header) > p->end || quote ||
	    (q->version_class_flow & bpf_htonl(0xf0000000)) != bpf_htonl(0x60000000) ||
	    q->next_header != PROTOCOL_UDP || !q->payload_length || is_mapped(&q->source) ||
	    is_mapped(&q->destination) || is_mapped(&h->source))
		return LOOK_CLOSER;
	if (!same_address(&q->source, &h->destination))
		return NOT_OURS;
	end = ETHERNET_HEADER + sizeof(*h) + total;
	answer = quick_quote(p, u, at, end, bpf_ntohs(q->payload_length), ret);
	if (answer != OURS)
		return answer;
	linked = is_linked(&t);
	if (kind == KIND_UNREACHABLE && !linked)
		way = short_unreachable(*ret, &t, p->skb->ifindex);
	if (way == COUNTED)
		return NOT_OURS;
	o = &sight_of(*ret)->o;
	note_told(o, &t, linked ? p->skb->ifindex : 0);
	note_quote(o, &t, kind, at, end, bpf_ntohs(q->payload_length));
	set_bytes(&o->type, icmp->type, icmp->code, 6, h->hop_limit);
	return left_to_do(way);
}

/* ---- IP --------------------------------------------------------------------------------- */

static __always_inline enum role role_of(enum direction direction)
{
	return direction == DIRECTION_OUT ? TOLD_QUERY : TOLD_RESPONSE;
}

static __always_inline enum quick quick_v4(const struct packet *p, enum direction direction,
					   struct cpu_record **ret)
{
	const struct ipv4_header *h = p->data + ETHERNET_HEADER;
	struct told t = {.ip = h, .version = 4, .role = role_of(direction)};
	__u32 total;

	if ((const void *)(h + 1) > p->end || could_be_ip(p, ETHERTYPE_IPV4))
		return LOOK_CLOSER;
	if (direction == DIRECTION_IN && h->protocol == PROTOCOL_ICMP)
		return quick_icmp_v4(p, h, ret);
	if (h->protocol != PROTOCOL_UDP)
		return direction == DIRECTION_OUT && h->protocol == PROTOCOL_ICMP ? LOOK_CLOSER
										  : NOT_OURS;
	total = bpf_ntohs(h->total_length);
	if (h->version_length != 0x45 || total < sizeof(*h) + sizeof(struct udp_header) ||
	    h->fragment & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET))
		return LOOK_CLOSER;
	return quick_udp(p, &t, total - sizeof(*h), ret);
}

static __always_inline enum quick quick_v6(const struct packet *p, enum direction direction,
					   struct cpu_record **ret)
{
	const struct ipv6_header *h = p->data + ETHERNET_HEADER;
	struct told t = {.ip = h, .version = 6, .role = role_of(direction)};

	if ((const void *)(h + 1) > p->end || could_be_ip(p, ETHERTYPE_IPV6))
		return LOOK_CLOSER;
	if (direction == DIRECTION_IN && h->next_header == PROTOCOL_ICMPV6)
		return quick_icmp_v6(p, h, ret);
	if (h->next_header != PROTOCOL_UDP)
		return is_extension(h->next_header) ? LOOK_CLOSER : NOT_OURS;
	if ((h->version_class_flow & bpf_htonl(0xf0000000)) != bpf_htonl(0x60000000) ||
	    !h->payload_length || is_mapped(&h->source) || is_mapped(&h->destination))
		return LOOK_CLOSER;
	return quick_udp(p, &t, bpf_ntohs(h->payload_length), ret);
}

/*
 * What this packet is to us, as far as an ordinary one goes: *ret is this CPU's record, and holds
 * the sight.
 */
static __always_inline enum quick quick_look(const struct packet *p, enum direction direction,
					     struct cpu_record **ret)
{
	const __u16 *ethertype = p->data + 12;
	__u16 protocol = p->skb->protocol;

	if (p->data + ETHERNET_HEADER > p->end || *ethertype != protocol)
		return LOOK_CLOSER;
	if (protocol == ETHERTYPE_IPV4)
		return quick_v4(p, direction, ret);
	if (protocol == ETHERTYPE_IPV6)
		return quick_v6(p, direction, ret);
	return protocol == ETHERTYPE_VLAN || protocol == ETHERTYPE_QINQ ? LOOK_CLOSER : NOT_OURS;
}

#endif
