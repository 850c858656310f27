/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Slow path: parses a packet of any shape into a struct pkt_info. Touches no map and counts
 * nothing. Finds the network header behind VLAN tags, follows IPv6 extension headers, reads UDP,
 * the DNS header and the quote of an ICMP message, wherever these bytes are.
 *
 * The tests are in the order that suits the common packet, which is not DNS: EtherType, protocol,
 * port or type. No helper is called before these match.
 */
#ifndef PARSE_H
#define PARSE_H

#include "tcp_parse.h"

#include <reasons.h>

/* Tell tunnels: what they carry is seen on the interface of the tunnel, not here. */
static __always_inline int is_tunnel_protocol(__u32 protocol)
{
	return protocol == PROTOCOL_GRE || protocol == PROTOCOL_IPV4 || protocol == PROTOCOL_IPV6;
}

static __always_inline int is_tunnel_port(__u16 port)
{
	return port == PORT_VXLAN || port == PORT_VXLAN_LINUX || port == PORT_GENEVE;
}

/* ---- the network header ---------------------------------------------------------------- */

/*
 * Tests for a packet of a device without Ethernet header that looks like an Ethernet frame, since
 * its source address is 8.0.x.x or the like: the bytes at the network header decide.
 */
__noinline int is_ip_at_start(struct __sk_buff *skb)
{
	__u32 here[3], network[3];

	if (bpf_skb_load_bytes(skb, 0, here, sizeof(here)) ||
	    bpf_skb_load_bytes_relative(skb, 0, network, sizeof(network), BPF_HDR_START_NET))
		return 0;
	return here[0] == network[0] && here[1] == network[1] && here[2] == network[2];
}

static __always_inline int looks_like_ip(const struct pkt *p, __u16 ethertype)
{
	__u16 start[3];

	if (pkt_load(p, 0, start, sizeof(start)))
		return 0;
	if (ethertype == ETHERTYPE_IPV4)
		return (start[0] & bpf_htons(0xf000)) == bpf_htons(0x4000) &&
		       bpf_ntohs(start[1]) == p->length;
	return (start[0] & bpf_htons(0xf000)) == bpf_htons(0x6000) &&
	       bpf_ntohs(start[2]) + sizeof(struct ipv6_header) == p->length;
}

/* Returns an EtherType (host order) and an offset behind a header, in one word. */
static __always_inline __u32 network_at(__u32 ethertype, __u32 at)
{
	return at << 16 | ethertype;
}

static __always_inline __u32 skip_pppoe(const struct pkt *p, __u32 at)
{
	struct pppoe_header h;

	if (pkt_load(p, at, &h, sizeof(h)))
		return 0;
	at += sizeof(h);
	return h.protocol == PPP_IPV4	? network_at(bpf_ntohs(ETHERTYPE_IPV4), at)
	       : h.protocol == PPP_IPV6 ? network_at(bpf_ntohs(ETHERTYPE_IPV6), at)
					: 0;
}

static __always_inline __u32 skip_mpls(const struct pkt *p, __u32 at)
{
	__u32 i, label = 0;
	__u16 start;

	for (i = 0; i < MPLS_LABELS_MAX && !(label & MPLS_BOTTOM); i++) {
		if (pkt_load(p, at, &label, sizeof(label)))
			return 0;
		at += sizeof(label);
	}
	if (!(label & MPLS_BOTTOM) || pkt_load(p, at, &start, sizeof(start)))
		return 0;
	start &= bpf_htons(0xf000);
	return start == bpf_htons(0x4000)   ? network_at(bpf_ntohs(ETHERTYPE_IPV4), at)
	       : start == bpf_htons(0x6000) ? network_at(bpf_ntohs(ETHERTYPE_IPV6), at)
					    : 0;
}

/*
 * Skips the PPPoE header (RFC 2516), or the MPLS labels (RFC 3032), at `at`. Returns network_at()
 * of what they carry; 0 when it is neither IPv4 nor IPv6, or behind more labels than are followed.
 */
__noinline int skip_link_header(struct __sk_buff *skb, __u32 is_pppoe, __u32 at)
{
	struct pkt p = pkt_from_skb(skb);

	return is_pppoe ? skip_pppoe(&p, at) : skip_mpls(&p, at);
}

/*
 * Finds the network header; writes its offset and the outermost VLAN + 1. Returns its EtherType, 0
 * when it is neither IPv4 nor IPv6. TC passes Ethernet frames with their header; packets of devices
 * without one (tun, WireGuard, PPP) begin with IP. skb->protocol tells the two apart.
 */
static __always_inline __u16 find_network_header(const struct pkt *p, __u32 *offset, __u16 *vlan)
{
	__u16 protocol = p->skb->protocol, ethertype, tag[2];
	__u32 i, at = ETHERNET_HEADER, found;

	if (p->skb->vlan_present)
		*vlan = (p->skb->vlan_tci & VLAN_ID) + 1;
	if (pkt_load(p, 12, &ethertype, sizeof(ethertype)))
		return 0;
	if (ethertype != protocol) {
		*offset = 0;
		return protocol == ETHERTYPE_IPV4 || protocol == ETHERTYPE_IPV6 ? protocol : 0;
	}
	UNROLL
	for (i = 0; i < VLAN_TAGS_MAX; i++) {
		if (ethertype != ETHERTYPE_VLAN && ethertype != ETHERTYPE_QINQ)
			break;
		if (pkt_load(p, at, tag, sizeof(tag)))
			return 0;
		if (!*vlan)
			*vlan = (bpf_ntohs(tag[0]) & VLAN_ID) + 1;
		ethertype = tag[1];
		at += sizeof(tag);
	}
	if (ethertype == ETHERTYPE_PPPOE || ethertype == ETHERTYPE_MPLS) {
		found = skip_link_header(p->skb, ethertype == ETHERTYPE_PPPOE, at);
		ethertype = bpf_htons((__u16)found);
		at = found >> 16;
	}
	if (ethertype != ETHERTYPE_IPV4 && ethertype != ETHERTYPE_IPV6)
		return 0;
	if (at == ETHERNET_HEADER && looks_like_ip(p, ethertype) && is_ip_at_start(p->skb))
		at = 0;
	*offset = at;
	return ethertype;
}

/* ---- IP -------------------------------------------------------------------------------- */

/*
 * Parses an IPv4 header at offset `at`. Returns 0, or -1 for a packet without a whole UDP or ICMP
 * header, such as a later fragment.
 */
static __always_inline int parse_ipv4(const struct pkt *p, __u32 at, struct ip_info *ip)
{
	struct ipv4_header h;
	__u32 length;

	if (pkt_load(p, at, &h, sizeof(h)) || h.version_length >> 4 != 4)
		return -1;
	ip->protocol = h.protocol;
	ip->ttl = h.ttl;
	if (h.protocol != PROTOCOL_UDP && h.protocol != PROTOCOL_TCP && h.protocol != PROTOCOL_ICMP)
		return -1;
	if (h.fragment & IPV4_FRAGMENT_OFFSET)
		return -1;
	length = (h.version_length & 15) * 4;
	ip->transport = at + length;
	ip->end = at + bpf_ntohs(h.total_length);
	ip->fragment = !!(h.fragment & IPV4_MORE_FRAGMENTS);
	ip->id = h.id;
	if (length < sizeof(h) || ip->end < ip->transport)
		ip->unparsed = SELF_UNPARSED_MALFORMED + 1;
	addr_from_ipv4(&ip->source, h.source);
	addr_from_ipv4(&ip->destination, h.destination);
	return 0;
}

static __always_inline int is_extension(__u32 next)
{
	return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_FRAGMENT ||
	       next == NEXT_DESTINATION;
}

/*
 * Follows the extension headers (RFC 8200, 4.1), at most EXTENSION_HEADERS_MAX. Returns as
 * parse_ipv4().
 */
__noinline int parse_extensions(struct __sk_buff *skb, struct ip_info *ip)
{
	struct fragment_header fragment;
	struct extension_header e;
	__u32 i, offset_more;

	if (!ip)
		return -1;
	UNROLL
	for (i = 0; i < EXTENSION_HEADERS_MAX && is_extension(ip->protocol); i++) {
		if (ip->transport + sizeof(fragment) > ip->end)
			break; /* no extension header is shorter */
		if (ip->protocol == NEXT_FRAGMENT) {
			if (bpf_skb_load_bytes(skb, ip->transport, &fragment, sizeof(fragment)))
				return -1;
			offset_more = bpf_ntohs(fragment.offset_more);
			if (offset_more >> 3)
				return -1;
			ip->fragment |= offset_more & 1;
			ip->protocol = fragment.next_header;
			ip->transport += sizeof(fragment);
			continue;
		}
		if (bpf_skb_load_bytes(skb, ip->transport, &e, sizeof(e)))
			return -1;
		ip->protocol = e.next_header;
		ip->transport += 8 + e.length * 8;
	}
	if (ip->transport > ip->end || (is_extension(ip->protocol) && i < EXTENSION_HEADERS_MAX))
		ip->unparsed = SELF_UNPARSED_MALFORMED + 1;
	else if (is_extension(ip->protocol))
		ip->unparsed = SELF_UNPARSED_EXTENSION + 1;
	return 0;
}

static __always_inline int parse_ipv6(const struct pkt *p, __u32 at, struct ip_info *ip)
{
	struct ipv6_header h;

	if (pkt_load(p, at, &h, sizeof(h)) ||
	    (h.version_class_flow & bpf_htonl(0xf0000000)) != bpf_htonl(0x60000000))
		return -1;
	ip->protocol = h.next_header;
	ip->ttl = h.hop_limit;
	if (h.next_header != PROTOCOL_UDP && h.next_header != PROTOCOL_TCP &&
	    h.next_header != PROTOCOL_ICMPV6 && !is_extension(h.next_header))
		return -1;
	ip->transport = at + sizeof(h);
	ip->end = ip->transport + bpf_ntohs(h.payload_length);
	ip->source = h.source;
	ip->destination = h.destination;
	ip->mapped = is_mapped(&h.source) || is_mapped(&h.destination);
	if (h.payload_length == 0) /* a jumbogram (RFC 2675) */
		ip->end = p->length;
	if (!is_extension(h.next_header))
		return 0;
	return parse_extensions(p->skb, ip);
}

/* ---- UDP and DNS ----------------------------------------------------------------------- */

/*
 * Finds the payload of a UDP datagram on a watched port: writes offset and length to *info. `u` is
 * its UDP header. Returns 0, or -1 with the reason in info->unparsed.
 */
static __always_inline int parse_payload(const struct pkt *p, const struct ip_info *ip,
					 const struct udp_header *u, struct pkt_info *info)
{
	__u32 length = bpf_ntohs(u->length), room = ip->end - ip->transport;

	if (length < sizeof(*u))
		return set_unparsed(info, SELF_UNPARSED_MALFORMED);
	if (length > room) {
		if (!ip->fragment)
			return set_unparsed(info, SELF_UNPARSED_MALFORMED);
		length = room;
	}
	info->payload = ip->transport + sizeof(*u);
	info->length = length - sizeof(*u);
	info->segment = p->skb->gso_size;
	if (ip->fragment && length < sizeof(*u) + sizeof(struct dns_header))
		return set_unparsed(info, SELF_UNPARSED_FRAGMENT);
	return 0;
}

static __always_inline __u64 udp_digest(__u16 ip_id, __u16 length, const struct dns_header *dns)
{
	return hash_mix(0, *(const u64_alias *)dns) + hash_spread((__u32)ip_id << 16 | length);
}

/* Parses the DNS header at offset `at`. Returns 0 for a query out or a response in, else -1. */
static __always_inline int parse_dns(const struct pkt *p, __u32 at, enum pkt_direction direction,
				     struct pkt_info *info)
{
	struct dns_header dns __attribute__((aligned(8)));

	if (pkt_load(p, at, &dns, sizeof(dns)))
		return set_unparsed(info, SELF_UNPARSED_SHORT);
	info->digest = udp_digest(info->ip_id, info->udp_length, &dns);
	info->key.id = dns.id;
	if (!(dns.flags & DNS_QR) != (direction == DIRECTION_OUT))
		return -1;
	info->kind = direction == DIRECTION_OUT ? PKT_QUERY : PKT_RESPONSE;
	info->rcode = dns.rcode & DNS_RCODE;
	info->truncated = !!(dns.flags & DNS_TC);
	return 0;
}

/*
 * Parses the message that begins `at` bytes into the payload. Each of several messages has its own
 * length. Returns as parse_dns().
 */
static __always_inline int parse_message(const struct pkt *p, __u32 at,
					 enum pkt_direction direction, struct pkt_info *info)
{
	__u32 length = info->length - at;

	if (info->segment && info->segment < length)
		length = info->segment;
	if (length < sizeof(struct dns_header))
		return set_unparsed(info, SELF_UNPARSED_SHORT);
	at += info->payload;
	barrier_index(at); /* kernels before 6.8 lose its bound when it is spilled to the stack */
	return parse_dns(p, at, direction, info);
}

static __always_inline void parse_udp(const struct pkt *p, const struct ip_info *ip,
				      enum pkt_direction direction, struct pkt_info *info)
{
	int out = direction == DIRECTION_OUT;
	struct udp_header u;

	if (ip->end < ip->transport + sizeof(u) || pkt_load(p, ip->transport, &u, sizeof(u)))
		return;
	if (!is_watched(out ? u.destination : u.source)) {
		if (is_tunnel_port(u.destination))
			set_unparsed(info, SELF_UNPARSED_TUNNEL);
		return;
	}
	/* For a datagram without a DNS header; parse_dns() writes a better one. */
	info->digest = hash_mix(hash_mix_addr(ip->id, &ip->source),
				(__u64)u.source << 32 | (__u64)u.destination << 16 | u.length);
	info->ip_id = ip->id;
	info->udp_length = u.length;
	if (ip->mapped)
		return (void)set_unparsed(info, SELF_UNPARSED_MAPPED);
	if (parse_payload(p, ip, &u, info))
		return;
	if (out)
		pkt_info_set_key(info, &ip->source, &ip->destination, u.source, u.destination,
				 p->ifindex);
	else
		pkt_info_set_key(info, &ip->destination, &ip->source, u.destination, u.source,
				 p->ifindex);
	if (!parse_message(p, 0, direction, info) || !info->segment ||
	    info->segment >= info->length)
		return;
	info->unread = 1; /* each of several messages is counted by itself */
	info->kind = out ? PKT_QUERY : PKT_RESPONSE;
}

/* ---- ICMP ------------------------------------------------------------------------------ */

#define ICMP_UNREACHABLE 3
#define ICMP_FRAGMENTATION_NEEDED 4 /* a code of type 3 */
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETER_PROBLEM 12

#define ICMPV6_UNREACHABLE 1
#define ICMPV6_TOO_BIG 2
#define ICMPV6_TIME_EXCEEDED 3
#define ICMPV6_PARAMETER_PROBLEM 4

/*
 * Returns the kind of an ICMP message, its reason in *reason, and in *quote the bytes of its quote
 * where RFC 4884 gives them.
 */
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
 * Parses message ID and QR of a quote, as far as they are there. Returns 0, or -1 when it quotes a
 * response.
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
 * Parses the quoted packet behind its IP header `quote`. The quote ends where the ICMP message, the
 * length of RFC 4884 or the quoted packet ends. Some stacks quote an IP length that they have
 * changed, so a length too small for a query is ignored. `mapped`: the message itself has a mapped
 * address.
 */
static __always_inline void parse_quote(const struct pkt *p, struct ip_info *quote, int mapped,
					__u32 end, struct pkt_info *info)
{
	const __u32 least = sizeof(struct udp_header) + sizeof(struct dns_header);
	__u32 kind = info->kind;
	struct udp_header u = {};
	__u16 ports[2];

	info->kind = PKT_NONE;
	if (quote->protocol != PROTOCOL_UDP || quote->transport + sizeof(ports) > end)
		return;
	if (pkt_load(p, quote->transport, ports, sizeof(ports)))
		return (void)set_unparsed(info, SELF_UNPARSED_SHORT);
	if (!is_watched(ports[1]))
		return;
	if (quote->mapped || mapped)
		return (void)set_unparsed(info, SELF_UNPARSED_MAPPED);
	if (quote->transport + sizeof(u) > end)
		return (void)set_unparsed(info, SELF_UNPARSED_SHORT);
	if (pkt_load(p, quote->transport, &u, sizeof(u))) { /* cut by a snap length */
		u.source = ports[0];
		u.destination = ports[1];
		u.length = bpf_htons(least);
	}
	if (bpf_ntohs(u.length) < least)
		return; /* no query: it had no whole DNS header */
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

/* Returns the digest of an ICMP message with the halves of its reporter's address. */
static __always_inline __u64 icmp_digest(__u16 ip_id, const struct icmp_header *h, __u64 high,
					 __u64 low)
{
	__u64 word = (__u32)ip_id << 16 | h->type << 8 | h->code;

	return hash_spread(low ^ hash_spread(high + word));
}

/*
 * Tests whether a snap length cut an ICMP message before the ports of its quote, and what is there
 * allows a quoted query. `quote` is what could be parsed of the quoted IP header, which begins
 * `at`.
 */
static __always_inline int is_cut_in_quote(const struct pkt *p, const struct ip_info *ip,
					   int version, __u32 at, const struct ip_info *quote)
{
	__u32 size = version == 4 ? sizeof(struct ipv4_header) : sizeof(struct ipv6_header);
	__u32 protocol_at = version == 4 ? IPV4_PROTOCOL_OFFSET : IPV6_NEXT_HEADER_OFFSET;
	__u8 protocol;

	if (at + size > ip->end)
		return 0;
	if (at + size > p->length)
		return pkt_load(p, at + protocol_at, &protocol, sizeof(protocol)) ||
		       protocol == PROTOCOL_UDP || (version == 6 && is_extension(protocol));
	size = quote->protocol == NEXT_FRAGMENT ? sizeof(struct fragment_header)
						: sizeof(struct extension_header);
	return version == 6 && is_extension(quote->protocol) && ip->end > p->length &&
	       quote->transport + size > p->length && addr_equal(&quote->source, &ip->destination);
}

/*
 * Parses an ICMP header. Where a snap length cut it, type and code are enough to know that the
 * message may be about a query: it is unparsed. Returns 0, or -1 when nothing is left to do.
 */
static __always_inline int parse_icmp_header(const struct pkt *p, const struct ip_info *ip,
					     int version, struct icmp_header *h, __u32 *length,
					     struct pkt_info *info)
{
	int cut = pkt_load(p, ip->transport, h, sizeof(*h));
	__u32 reason;

	if (cut && pkt_load(p, ip->transport, h, 2))
		return -1;
	info->kind = version == 4 ? classify_icmp_v4(h, &reason, length)
				  : classify_icmp_v6(h, &reason, length);
	info->reason = reason;
	if (info->kind != PKT_NONE && cut)
		return set_unparsed(info, SELF_UNPARSED_SHORT);
	return info->kind == PKT_NONE ? -1 : 0;
}

static __always_inline void parse_icmp(const struct pkt *p, const struct ip_info *ip, int version,
				       struct pkt_info *info, struct ip_info *quote)
{
	__u32 at = ip->transport + sizeof(struct icmp_header), length = 0, end = ip->end;
	struct icmp_header h = {};

	__builtin_memset(quote, 0, sizeof(*quote));
	if (at > ip->end || parse_icmp_header(p, ip, version, &h, &length, info))
		return;
	if (version == 4 ? parse_ipv4(p, at, quote) : parse_ipv6(p, at, quote)) {
		info->kind = PKT_NONE;
		if (is_cut_in_quote(p, ip, version, at, quote))
			set_unparsed(info, SELF_UNPARSED_SHORT);
		return;
	}
	if (!addr_equal(&quote->source, &ip->destination) ||
	    quote->transport < at + sizeof(struct ipv4_header) || quote->transport > ip->end) {
		info->kind = PKT_NONE;
		return;
	}
	if (quote->unparsed == SELF_UNPARSED_EXTENSION + 1)
		return (void)set_unparsed(info, SELF_UNPARSED_EXTENSION);
	if (version == 6 && quote->unparsed) { /* no stack changes the quoted length of IPv6 */
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
	if (quote->protocol == PROTOCOL_TCP) {
		quote->mapped |= ip->mapped;
		parse_tcp_quote(p->skb, quote, end, info);
	} else {
		parse_quote(p, quote, ip->mapped, end, info);
	}
}

/*
 * Parse as parse_icmp(). Two global functions, one for each version of IP, so that the verifier
 * checks each once.
 */
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

/* ---- the whole packet ------------------------------------------------------------------ */

/* Scratch space of the parser, too large for the stack. Each CPU has one. */
struct parse_scratch {
	struct pkt_info info;
	struct ip_info ip, quote;
};

/*
 * Tests whether an IPv4 packet ends behind its frame. wire_len is the length of a frame that a snap
 * length cut. On ingress it does not count the Ethernet header (Linux, sch_handle_ingress()).
 */
static __always_inline int is_beyond_frame(const struct pkt *p, __u32 end)
{
	return end > p->length && end > p->skb->wire_len;
}

/*
 * Parses a packet. info.kind is PKT_NONE for all but DNS messages and ICMP about them. *scratch
 * starts zeroed.
 */
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
	if (version == 4 ? parse_ipv4(p, at, ip) : parse_ipv6(p, at, ip)) {
		if (is_tunnel_protocol(ip->protocol))
			set_unparsed(info, SELF_UNPARSED_TUNNEL);
		return;
	}
	if (version == 4 && is_beyond_frame(p, ip->end))
		ip->unparsed = SELF_UNPARSED_MALFORMED + 1;
	info->digest = ip->id;
	if (ip->unparsed && (version == 6 || ip->protocol != PROTOCOL_TCP))
		set_unparsed(info, ip->unparsed - 1);
	else if (ip->protocol == PROTOCOL_TCP && direction == DIRECTION_OUT)
		parse_tcp_out(p->skb, ip, info);
	else if (ip->protocol == PROTOCOL_TCP)
		parse_tcp_in(p->skb, ip, info);
	else if (ip->protocol == PROTOCOL_UDP)
		parse_udp(p, ip, direction, info);
	else if (direction == DIRECTION_IN && version == 4 && ip->protocol == PROTOCOL_ICMP)
		parse_icmp_v4(p->skb, ip, info, &scratch->quote);
	else if (direction == DIRECTION_IN && version == 6 && ip->protocol == PROTOCOL_ICMPV6)
		parse_icmp_v6(p->skb, ip, info, &scratch->quote);
	else if (is_tunnel_protocol(ip->protocol)) /* behind IPv6 extension headers */
		set_unparsed(info, SELF_UNPARSED_TUNNEL);
	if (info->kind == PKT_UNPARSED) /* the key may be incomplete */
		info->digest =
			hash_mix_addr(hash_mix_addr(info->digest, &ip->source), &ip->destination);
}

/* Parse as parse_packet(), after zeroing *scratch. */
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
