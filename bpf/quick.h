/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ordinary packet, read in the place where it lies and without a call: Ethernet, IPv4 without
 * options or IPv6 without extension headers, no fragment, one message, all of it linear. Most are
 * none of ours, and this is all that they cost. What is not ordinary is left to packet.h and
 * icmp.h, whose answers these are: a short way to the same observation, never another one.
 */
#ifndef QUICK_H
#define QUICK_H

#include "icmp.h"
#include "nothing.h"

/* SAMPLE_ONLY: all is counted, the observation is for a sample. */
enum quick { NOT_OURS, OURS, LOOK_CLOSER, SAMPLE_ONLY };

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

/* ---- UDP -------------------------------------------------------------------------------- */

/*
 * A datagram in an IP packet that has `room` bytes for it. The addresses are for the caller to set,
 * and with them the scope.
 */
static __always_inline enum quick quick_udp(const struct packet *p, const struct udp_header *u,
					    __u32 room, __u16 ip_id, enum direction direction,
					    struct cpu_record **ret)
{
	const struct dns_header *dns = (const void *)(u + 1);
	int out = direction == DIRECTION_OUT;
	__u32 length, flags, rcode;
	struct observation *o;
	__u64 digest;
	__u16 id;

	if ((const void *)(u + 1) > p->end)
		return LOOK_CLOSER;
	if (!is_watched(out ? u->destination : u->source))
		return NOT_OURS;
	length = bpf_ntohs(u->length);
	if ((const void *)(dns + 1) > p->end || p->skb->vlan_present || p->skb->gso_size ||
	    length < sizeof(*u) + sizeof(*dns) || length > room)
		return LOOK_CLOSER;
	flags = dns->flags;
	if (!!(flags & DNS_QR) == out)
		return NOT_OURS;
	rcode = dns->rcode;
	id = dns->id;
	digest = udp_digest(ip_id, u->length, dns);
	*ret = own_record();
	if (!*ret)
		return NOT_OURS;
	o = &sight_of(*ret)->o;
	set_client_end(&o->key, out ? u->source : u->destination, id);
	set_bytes(&o->kind, out ? KIND_QUERY : KIND_RESPONSE, 0, 0, 0);
	set_bytes(&o->rcode, rcode & DNS_RCODE, !!(flags & DNS_TC), 0, 0);
	o->segment = 0;
	o->digest = digest;
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

/* What is asked of it once it may fit something, or is a sample. Bounds as quick_quote(). */
static __always_inline void note_quote(struct observation *o, const struct told *t, __u32 kind,
				       __u32 scope, __u32 at, __u32 end, __u32 quoted, __u32 length)
{
	if (at + quoted < end)
		end = at + quoted;
	if (at + length < end)
		end = at + length;
	o->segment = 0;
	o->payload = at + sizeof(struct udp_header);
	o->length = end - o->payload;
	set_bytes(&o->kind, kind, 0, t->reason, 0);
	set_halves(&o->key.client, t->client[0], t->client[1]);
	set_halves(&o->key.resolver, t->resolver[0], t->resolver[1]);
	set_halves(&o->reporter, t->reporter[0], t->reporter[1]);
	set_resolver_end(&o->key, scope, t->resolver_port);
	set_client_end(&o->key, t->client_port, t->id);
	o->digest = t->digest;
	o->client_hash = hash_address(sizes.seed, &o->key.client);
}

static __always_inline enum quick quick_icmp_v4(const struct packet *p, const struct ipv4_header *h,
						struct cpu_record **ret)
{
	const struct icmp_header *icmp = (const void *)(h + 1);
	const struct ipv4_header *q = (const void *)(icmp + 1);
	const struct udp_header *u = (const void *)(q + 1);
	const __u32 at = ETHERNET_HEADER + 2 * sizeof(*h) + sizeof(*icmp);
	__u32 total = bpf_ntohs(h->total_length), quoted, quote = 0, reason = 0, kind;
	enum nothing nothing = FITS_PERHAPS;
	struct observation *o;
	enum quick answer;
	struct told t;

	if ((const void *)(icmp + 1) > p->end || h->version_length != 0x45 ||
	    h->fragment & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET) ||
	    total < sizeof(*h) + sizeof(*icmp))
		return LOOK_CLOSER;
	kind = classify_v4(icmp, &reason, &quote);
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
	t = (struct told){.client = {0, mapped_half(q->source)},
			  .resolver = {0, mapped_half(q->destination)},
			  .reporter = {0, mapped_half(h->source)},
			  .reason = reason,
			  .client_port = u->source,
			  .resolver_port = u->destination,
			  .id = ((const struct dns_header *)(u + 1))->id};
	t.digest = icmp_digest(h->id, icmp, 0, t.reporter[1]);
	if (kind == KIND_UNREACHABLE)
		nothing = fits_nothing(*ret, &t, p->skb->ifindex);
	if (nothing == COUNTED)
		return NOT_OURS;
	o = &sight_of(*ret)->o;
	note_quote(o, &t, kind, 0, at, ETHERNET_HEADER + total, quoted, bpf_ntohs(u->length));
	set_bytes(&o->type, icmp->type, icmp->code, 4, h->ttl);
	return nothing == COUNTED_WANTS_SAMPLE ? SAMPLE_ONLY : OURS;
}

static __always_inline enum quick quick_icmp_v6(const struct packet *p, const struct ipv6_header *h,
						struct cpu_record **ret)
{
	const struct icmp_header *icmp = (const void *)(h + 1);
	const struct ipv6_header *q = (const void *)(icmp + 1);
	const struct udp_header *u = (const void *)(q + 1);
	const __u32 at = ETHERNET_HEADER + 2 * sizeof(*h) + sizeof(*icmp);
	__u32 total = bpf_ntohs(h->payload_length), quote = 0, reason = 0, kind, scope = 0, end;
	enum nothing nothing = FITS_PERHAPS;
	struct observation *o;
	enum quick answer;
	struct told t;

	if ((const void *)(icmp + 1) > p->end || total < sizeof(*icmp) ||
	    (h->version_class_flow & bpf_htonl(0xf0000000)) != bpf_htonl(0x60000000))
		return LOOK_CLOSER;
	kind = classify_v6(icmp, &reason, &quote);
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
	t = (struct told){.client = {half(&q->source, 0), half(&q->source, 1)},
			  .resolver = {half(&q->destination, 0), half(&q->destination, 1)},
			  .reporter = {half(&h->source, 0), half(&h->source, 1)},
			  .reason = reason,
			  .client_port = u->source,
			  .resolver_port = u->destination,
			  .id = ((const struct dns_header *)(u + 1))->id};
	t.digest = icmp_digest(0, icmp, t.reporter[0], t.reporter[1]);
	if (is_link_local(&q->destination))
		scope = p->skb->ifindex;
	else if (kind == KIND_UNREACHABLE)
		nothing = fits_nothing(*ret, &t, p->skb->ifindex);
	if (nothing == COUNTED)
		return NOT_OURS;
	o = &sight_of(*ret)->o;
	note_quote(o, &t, kind, scope, at, end, bpf_ntohs(q->payload_length), bpf_ntohs(u->length));
	set_bytes(&o->type, icmp->type, icmp->code, 6, h->hop_limit);
	return nothing == COUNTED_WANTS_SAMPLE ? SAMPLE_ONLY : OURS;
}

/* ---- IP --------------------------------------------------------------------------------- */

static __always_inline enum quick quick_v4(const struct packet *p, enum direction direction,
					   struct cpu_record **ret)
{
	const struct ipv4_header *h = p->data + ETHERNET_HEADER;
	const struct udp_header *u = (const void *)(h + 1);
	struct observation *o;
	enum quick answer;
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
	answer = quick_udp(p, u, total - sizeof(*h), h->id, direction, ret);
	if (answer != OURS)
		return answer;
	o = &sight_of(*ret)->o;
	map_ipv4(&o->key.client, direction == DIRECTION_OUT ? h->source : h->destination);
	map_ipv4(&o->key.resolver, direction == DIRECTION_OUT ? h->destination : h->source);
	set_resolver_end(&o->key, 0, direction == DIRECTION_OUT ? u->destination : u->source);
	o->client_hash = hash_address(sizes.seed, &o->key.client);
	return OURS;
}

static __always_inline enum quick quick_v6(const struct packet *p, enum direction direction,
					   struct cpu_record **ret)
{
	const struct ipv6_header *h = p->data + ETHERNET_HEADER;
	const struct udp_header *u = (const void *)(h + 1);
	struct observation *o;
	enum quick answer;

	if ((const void *)(h + 1) > p->end || could_be_ip(p, ETHERTYPE_IPV6))
		return LOOK_CLOSER;
	if (direction == DIRECTION_IN && h->next_header == PROTOCOL_ICMPV6)
		return quick_icmp_v6(p, h, ret);
	if (h->next_header != PROTOCOL_UDP)
		return is_extension(h->next_header) ? LOOK_CLOSER : NOT_OURS;
	if ((h->version_class_flow & bpf_htonl(0xf0000000)) != bpf_htonl(0x60000000) ||
	    !h->payload_length || is_mapped(&h->source) || is_mapped(&h->destination))
		return LOOK_CLOSER;
	answer = quick_udp(p, u, bpf_ntohs(h->payload_length), 0, direction, ret);
	if (answer != OURS)
		return answer;
	o = &sight_of(*ret)->o;
	copy_address(&o->key.client, direction == DIRECTION_OUT ? &h->source : &h->destination);
	copy_address(&o->key.resolver, direction == DIRECTION_OUT ? &h->destination : &h->source);
	set_resolver_end(&o->key, is_link_local(&o->key.resolver) ? p->skb->ifindex : 0,
			 direction == DIRECTION_OUT ? u->destination : u->source);
	o->client_hash = hash_address(sizes.seed, &o->key.client);
	return OURS;
}

/*
 * What this packet is to us, as far as an ordinary one goes. OURS: the sight in *ret, which is this
 * CPU's, holds all that is asked of its kind.
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
