/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From an inbound ICMP message to an observation: which of our queries it quotes, and what it
 * says of it. Touches no map and counts nothing.
 */
#ifndef ICMP_H
#define ICMP_H

#include "packet.h"

#include <reasons.h>

#define ICMP_UNREACHABLE 3
#define ICMP_FRAGMENTATION_NEEDED 4 /* a code of the above */
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETER_PROBLEM 12

#define ICMPV6_UNREACHABLE 1
#define ICMPV6_TOO_BIG 2
#define ICMPV6_TIME_EXCEEDED 3
#define ICMPV6_PARAMETER_PROBLEM 4

/* What kind of message this is, and the length of its quote where RFC 4884 gives it, else 0. */
static __always_inline __u32 classify_icmp_v4(const struct icmp_header *h, __u32 *reason,
					      __u32 *quote)
{
	*reason = REASON_OTHER;
	if (h->type != ICMP_UNREACHABLE && h->type != ICMP_TIME_EXCEEDED &&
	    h->type != ICMP_PARAMETER_PROBLEM)
		return PKT_NONE;
	*quote = h->length_v4 * 4;
	if (h->type != ICMP_UNREACHABLE)
		return PKT_UNREACHABLE;
	if (h->code == ICMP_FRAGMENTATION_NEEDED)
		return PKT_TOO_BIG;
	*reason = reason_v4(h->code);
	return PKT_UNREACHABLE;
}

static __always_inline __u32 classify_icmp_v6(const struct icmp_header *h, __u32 *reason,
					      __u32 *quote)
{
	*reason = REASON_OTHER;
	switch (h->type) {
	case ICMPV6_UNREACHABLE:
		*reason = reason_v6(h->code);
		/* fall through */
	case ICMPV6_TIME_EXCEEDED:
		*quote = h->length_v6 * 8;
		return PKT_UNREACHABLE;
	case ICMPV6_PARAMETER_PROBLEM:
		return PKT_UNREACHABLE;
	case ICMPV6_TOO_BIG:
		return PKT_TOO_BIG;
	default:
		return PKT_NONE;
	}
}

/*
 * The message ID and QR that the quote holds, as far as it goes. Returns 0, or -1 when it quotes
 * a response.
 */
static __always_inline int parse_quoted_dns(const struct pkt *p, __u32 at, __u32 end,
					    struct pkt_info *info)
{
	__u16 id;
	__u8 flags;

	info->payload = at;
	info->length = end > at ? end - at : 0;
	info->short_quote = at + sizeof(id) > end || pkt_load(p, at, &id, sizeof(id));
	if (info->short_quote)
		return 0;
	info->key.id = id;
	if (at + sizeof(id) + sizeof(flags) > end ||
	    pkt_load(p, at + sizeof(id), &flags, sizeof(flags)))
		return 0;
	return flags & DNS_QR ? -1 : 0;
}

/*
 * The quoted packet: `quote` is its IP header, as read. The quote ends where the ICMP message, the
 * length of RFC 4884 or the quoted packet does. Some stacks quote an IP length that they have
 * changed; one that is too small to be a query's is not believed. `mapped`: the message itself has
 * such an address.
 */
static __always_inline void parse_quote(const struct pkt *p, struct ip_info *quote, int mapped,
					__u32 end, struct pkt_info *info)
{
	const __u32 least = sizeof(struct udp_header) + sizeof(struct dns_header);
	__u32 kind = info->kind;
	struct udp_header u = {};
	__u16 ports[2];

	info->kind = PKT_NONE;
	if (quote->protocol != PROTOCOL_UDP || quote->transport + sizeof(ports) > end ||
	    pkt_load(p, quote->transport, ports, sizeof(ports)) || !is_watched(ports[1]))
		return;
	if (quote->mapped || mapped)
		return (void)set_unparsed(info, SELF_UNPARSED_MAPPED);
	if (quote->transport + sizeof(u) > end || pkt_load(p, quote->transport, &u, sizeof(u)))
		return (void)set_unparsed(info, SELF_UNPARSED_SHORT);
	if (bpf_ntohs(u.length) < least)
		return; /* not a query: it had no whole DNS header */
	if (quote->end >= quote->transport + least && quote->end < end)
		end = quote->end;
	if (quote->transport + bpf_ntohs(u.length) < end)
		end = quote->transport + bpf_ntohs(u.length);
	if (parse_quoted_dns(p, quote->transport + sizeof(u), end, info))
		return;
	pkt_info_set_key(info, &quote->source, &quote->destination, u.source, u.destination,
			 p->ifindex);
	info->kind = kind;
}

/* By the halves of the reporter's address, besides. */
static __always_inline __u64 icmp_digest(__u16 ip_id, const struct icmp_header *h, __u64 high,
					 __u64 low)
{
	__u64 word = (__u32)ip_id << 16 | h->type << 8 | h->code;

	return hash_spread(low ^ hash_spread(high + word));
}

static __always_inline void parse_icmp(const struct pkt *p, const struct ip_info *ip, int version,
				       struct pkt_info *info, struct ip_info *quote)
{
	__u32 at = ip->transport + sizeof(struct icmp_header), length = 0, end = ip->end, reason;
	struct icmp_header h;

	__builtin_memset(quote, 0, sizeof(*quote));
	if (at > ip->end || pkt_load(p, ip->transport, &h, sizeof(h)))
		return;
	info->kind = version == 4 ? classify_icmp_v4(&h, &reason, &length)
				  : classify_icmp_v6(&h, &reason, &length);
	info->reason = reason;
	if (info->kind == PKT_NONE)
		return;
	if (version == 4 ? parse_ipv4(p, at, quote) : parse_ipv6(p, at, quote)) {
		info->kind = PKT_NONE;
		return;
	}
	if (!addr_equal(&quote->source, &ip->destination) ||
	    quote->transport < at + sizeof(struct ipv4_header) || quote->transport > ip->end) {
		info->kind = PKT_NONE;
		return;
	}
	if (quote->unparsed == SELF_UNPARSED_EXTENSION + 1)
		return (void)set_unparsed(info, SELF_UNPARSED_EXTENSION);
	if (version == 6 && quote->unparsed) { /* its length, unlike IPv4's, nobody changes */
		info->kind = PKT_NONE;
		return;
	}
	if (at + length > quote->transport && at + length < end)
		end = at + length;
	info->reporter = ip->source;
	info->type = h.type;
	info->code = h.code;
	info->version = version;
	info->ttl = ip->ttl;
	info->digest = icmp_digest(ip->id, &h, addr_u64(&ip->source, 0), addr_u64(&ip->source, 1));
	parse_quote(p, quote, ip->mapped, end, info);
}

/* As parse_icmp(), checked once: one for each version of IP. */
__noinline int parse_icmp_v4(struct __sk_buff *skb, const struct ip_info *ip, struct pkt_info *info,
			     struct ip_info *quote)
{
	struct pkt p = pkt_from_skb(skb);

	if (ip && info && quote)
		parse_icmp(&p, ip, 4, info, quote);
	return 0;
}

__noinline int parse_icmp_v6(struct __sk_buff *skb, const struct ip_info *ip, struct pkt_info *info,
			     struct ip_info *quote)
{
	struct pkt p = pkt_from_skb(skb);

	if (ip && info && quote)
		parse_icmp(&p, ip, 6, info, quote);
	return 0;
}

/* ---- the whole packet ------------------------------------------------------------------- */

/* An observation in the making, too large for the stack. Each CPU has one. */
struct parse_scratch {
	struct pkt_info info;
	struct ip_info ip, quote;
};

/* What this packet is to us; o.kind is KIND_NONE for nearly all. *s starts zeroed. */
static __always_inline void parse_packet(const struct pkt *p, enum pkt_direction direction,
					 struct parse_scratch *scratch)
{
	struct pkt_info *info = &scratch->info;
	struct ip_info *ip = &scratch->ip;
	__u32 at = 0;
	__u16 ethertype = find_network_header(p, &at, &info->vlan);
	int version = ethertype == ETHERTYPE_IPV4 ? 4 : 6;

	if (!ethertype)
		return;
	if (version == 4 ? parse_ipv4(p, at, ip) : parse_ipv6(p, at, ip))
		return;
	info->digest = ip->id;
	if (ip->unparsed)
		set_unparsed(info, ip->unparsed - 1);
	else if (ip->protocol == PROTOCOL_UDP)
		parse_udp(p, ip, direction, info);
	else if (direction == DIRECTION_IN && version == 4 && ip->protocol == PROTOCOL_ICMP)
		parse_icmp_v4(p->skb, ip, info, &scratch->quote);
	else if (direction == DIRECTION_IN && version == 6 && ip->protocol == PROTOCOL_ICMPV6)
		parse_icmp_v6(p->skb, ip, info, &scratch->quote);
	if (info->kind == PKT_UNPARSED) /* there may be no key */
		info->digest =
			hash_mix_addr(hash_mix_addr(info->digest, &ip->source), &ip->destination);
}

/* As parse_packet(), from the beginning. */
__noinline int parse_packet_out(struct __sk_buff *skb, struct parse_scratch *scratch)
{
	struct pkt p = pkt_from_skb(skb);

	if (!scratch)
		return 0;
	__builtin_memset(scratch, 0, sizeof(*scratch));
	parse_packet(&p, DIRECTION_OUT, scratch);
	return 0;
}

__noinline int parse_packet_in(struct __sk_buff *skb, struct parse_scratch *scratch)
{
	struct pkt p = pkt_from_skb(skb);

	if (!scratch)
		return 0;
	__builtin_memset(scratch, 0, sizeof(*scratch));
	parse_packet(&p, DIRECTION_IN, scratch);
	return 0;
}

#endif
