/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fast path, first half: recognizes an ordinary packet and reads it in place. Ordinary is:
 * Ethernet, IPv4 without options or IPv6 without extension headers, no fragment, one message, all
 * of it in the linear part. Touches no map and makes no call. Any other packet is left to parse.h;
 * the parse result is the same on both paths.
 *
 * Most packets are not DNS. These tests are all that such a packet costs.
 */
#ifndef FAST_PARSE_H
#define FAST_PARSE_H

#include "parse.h"

/* The first two: nothing is left to do. */
enum fast_result {
	FAST_IGNORE,	       /* not a message that is counted */
	FAST_DONE,	       /* counted */
	FAST_PARSED,	       /* recognized and not counted yet */
	FAST_FALLBACK,	       /* nothing is done: the slow path starts anew */
	FAST_TUNNEL,	       /* of a tunnel, to be counted as such */
	FAST_SAMPLE_UNMATCHED, /* counted, and its parse result is wanted as a sample */
	FAST_SAMPLE_MATCHED,
	FAST_SAMPLE_DNS, /* a query, or an answer with an error */
};

enum view_kind { VIEW_QUERY, VIEW_RESPONSE, VIEW_ICMP };

/*
 * A recognized message, read in place. The UDP and DNS headers follow the IP header `ip`.
 * `version`, `kind` and `origin` are constants after inlining, so every field below is read at a
 * fixed offset.
 */
struct pkt_view {
	const void *ip; /* its IP header; of an ICMP message the quoted one */
	int version;	/* of IP: 4, 6 */
	enum view_kind kind;
	enum origin origin;
	/* Of an ICMP message: */
	__u32 icmp_kind; /* PKT_UNREACHABLE, PKT_TOO_BIG */
	__u32 reason;	 /* enum reason */
	int end;	 /* offset where the message ends */
	int quoted;	 /* bytes of the quoted packet from its UDP header on */
};

/* ---- headers, by a constant version ---------------------------------------------------- */

static __always_inline __u32 ip_header_size(int version)
{
	return version == 6 ? sizeof(struct ipv6_header) : sizeof(struct ipv4_header);
}

static __always_inline __u32 ip_protocol(const void *ip, int version)
{
	const struct ipv4_header *v4 = ip;
	const struct ipv6_header *v6 = ip;

	return version == 6 ? v6->next_header : v4->protocol;
}

static __always_inline __u32 ip_ttl(const void *ip, int version)
{
	const struct ipv4_header *v4 = ip;
	const struct ipv6_header *v6 = ip;

	return version == 6 ? v6->hop_limit : v4->ttl;
}

/* Returns the bytes behind an IP header without options, as it says; negative: it is damaged. */
static __always_inline int ip_payload_length(const void *ip, int version)
{
	const struct ipv4_header *v4 = ip;
	const struct ipv6_header *v6 = ip;

	if (version == 6)
		return bpf_ntohs(v6->payload_length);
	return bpf_ntohs(v4->total_length) - (int)sizeof(*v4);
}

/* Tests for the version, and in IPv4 for no options and no fragment. */
static __always_inline int is_plain_ip(const void *ip, int version)
{
	const struct ipv4_header *v4 = ip;
	const struct ipv6_header *v6 = ip;

	if (version == 6)
		return (v6->version_class_flow & bpf_htonl(0xf0000000)) == bpf_htonl(0x60000000);
	return v4->version_length == 0x45 &&
	       !(v4->fragment & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET));
}

/* Tests for an IPv6 packet whose source stands for an IPv4 address; below: either address. */
static __always_inline int has_mapped_source(const void *ip, int version)
{
	return version == 6 && is_mapped(&((const struct ipv6_header *)ip)->source);
}

static __always_inline int has_mapped_addr(const void *ip, int version)
{
	return version == 6 && (has_mapped_source(ip, version) ||
				is_mapped(&((const struct ipv6_header *)ip)->destination));
}

/* Returns the upper (0) or lower (1) half of the source or destination address. */
static __always_inline __u64 view_addr_u64(const void *ip, int version, int source, int which)
{
	const struct ipv4_header *v4 = ip;
	const struct ipv6_header *v6 = ip;

	if (version == 6)
		return addr_u64(source ? &v6->source : &v6->destination, which);
	return which ? addr_mapped_u64(source ? v4->source : v4->destination) : 0;
}

/* Tests whether the quoted packet was sent by the receiver of the ICMP message. */
static __always_inline int is_quote_of_receiver(const void *outer, const void *quoted, int version)
{
	const struct ipv4_header *v4 = outer, *q4 = quoted;
	const struct ipv6_header *v6 = outer, *q6 = quoted;

	if (version == 6)
		return addr_equal(&q6->source, &v6->destination);
	return q4->source == v4->destination;
}

/* Tests for an IPv4 packet that seems to end behind its frame: the slow path decides. */
static __always_inline int is_ipv4_beyond_frame(const struct pkt *p, const void *ip, int version)
{
	const struct ipv4_header *v4 = ip;

	return version == 4 && (__u32)(ETHERNET_HEADER + bpf_ntohs(v4->total_length)) > p->length;
}

/* ---- fields of a view ------------------------------------------------------------------ */

static __always_inline __u64 view_client_u64(const struct pkt_view *view, int which)
{
	return view_addr_u64(view->ip, view->version, view->kind != VIEW_RESPONSE, which);
}

static __always_inline __u64 view_resolver_u64(const struct pkt_view *view, int which)
{
	return view_addr_u64(view->ip, view->version, view->kind == VIEW_RESPONSE, which);
}

static __always_inline const struct icmp_header *view_icmp(const struct pkt_view *view)
{
	return (const struct icmp_header *)view->ip - 1;
}

/* Returns the IP header that brought an ICMP message. */
static __always_inline const void *view_outer_ip(const struct pkt_view *view)
{
	return (const void *)view_icmp(view) - ip_header_size(view->version);
}

static __always_inline __u64 view_reporter_u64(const struct pkt_view *view, int which)
{
	return view_addr_u64(view_outer_ip(view), view->version, 1, which);
}

static __always_inline const struct udp_header *view_udp(const struct pkt_view *view)
{
	return view->ip + ip_header_size(view->version);
}

static __always_inline const struct dns_header *view_dns(const struct pkt_view *view)
{
	return (const void *)(view_udp(view) + 1);
}

static __always_inline __u16 view_client_port(const struct pkt_view *view)
{
	return view->kind == VIEW_RESPONSE ? view_udp(view)->destination : view_udp(view)->source;
}

static __always_inline __u16 view_resolver_port(const struct pkt_view *view)
{
	return view->kind == VIEW_RESPONSE ? view_udp(view)->source : view_udp(view)->destination;
}

static __always_inline __u16 view_ip_id(const struct pkt_view *view)
{
	const struct ipv4_header *v4 = view->kind == VIEW_ICMP ? view_outer_ip(view) : view->ip;

	return view->version == 4 ? v4->id : 0;
}

static __always_inline __u64 view_digest(const struct pkt_view *view)
{
	if (view->kind == VIEW_ICMP)
		return icmp_digest(view_ip_id(view), view_icmp(view), view_reporter_u64(view, 0),
				   view_reporter_u64(view, 1));
	return udp_digest(view_ip_id(view), view_udp(view)->length, view_dns(view));
}

/* Tests for an fe80::/10 resolver: on each link such an address is another host. */
static __always_inline int is_resolver_link_local(const struct pkt_view *view)
{
	const struct ipv6_header *h = view->ip;

	return view->version == 6 &&
	       is_link_local(view->kind == VIEW_RESPONSE ? &h->source : &h->destination);
}

/* Returns FAST_TUNNEL, or FAST_FALLBACK for a tagged packet: its VLAN device may count it. */
static __always_inline enum fast_result fast_tunnel(const struct pkt *p)
{
	return p->skb->vlan_present ? FAST_FALLBACK : FAST_TUNNEL;
}

/* ---- UDP ------------------------------------------------------------------------------- */

/*
 * Recognizes a datagram behind the plain IP header view->ip. Returns FAST_PARSED, FAST_IGNORE or
 * FAST_FALLBACK.
 */
static __always_inline enum fast_result fast_parse_udp(const struct pkt *p,
						       const struct pkt_view *view)
{
	const struct udp_header *u = view_udp(view);
	const struct dns_header *dns = view_dns(view);
	int room = ip_payload_length(view->ip, view->version), length;

	if (!is_plain_ip(view->ip, view->version) || room < (int)sizeof(*u) ||
	    has_mapped_addr(view->ip, view->version) || (const void *)(u + 1) > p->end ||
	    is_ipv4_beyond_frame(p, view->ip, view->version))
		return FAST_FALLBACK;
	if (!is_watched(view_resolver_port(view)))
		return is_tunnel_port(u->destination) ? fast_tunnel(p) : FAST_IGNORE;
	length = bpf_ntohs(u->length);
	if ((const void *)(dns + 1) > p->end || p->skb->vlan_present || p->skb->gso_size ||
	    length < (int)(sizeof(*u) + sizeof(*dns)) || length > room)
		return FAST_FALLBACK;
	if (!!(dns->flags & DNS_QR) == (view->kind == VIEW_QUERY))
		return FAST_IGNORE;
	return FAST_PARSED;
}

/* ---- ICMP ------------------------------------------------------------------------------ */

/*
 * Recognizes the quoted query whose UDP header is `u`, at offset `at`, in a message that is
 * complete up to the DNS header. Returns as fast_parse_udp().
 */
static __always_inline enum fast_result fast_parse_quote(const struct pkt *p,
							 const struct pkt_view *view,
							 const struct udp_header *u, int at)
{
	const int least = sizeof(*u) + sizeof(struct dns_header);
	const struct dns_header *dns = (const void *)(u + 1);

	if (!is_watched(u->destination))
		return FAST_IGNORE;
	if (p->skb->vlan_present || view->quoted < least || bpf_ntohs(u->length) < least ||
	    view->end < at + least)
		return FAST_FALLBACK;
	return dns->flags & DNS_QR ? FAST_IGNORE : FAST_PARSED;
}

/*
 * Recognizes an ICMP or ICMPv6 message behind the IP header `outer`, and fills in *view but for
 * its constants. One function for both: `version` is a constant after inlining. Returns as
 * fast_parse_udp().
 */
static __always_inline enum fast_result fast_parse_icmp(const struct pkt *p, const void *outer,
							struct pkt_view *view)
{
	const int version = view->version, size = ip_header_size(version);
	const struct icmp_header *icmp = outer + size;
	const void *quoted = icmp + 1;
	const struct udp_header *u = quoted + size;
	int length = ip_payload_length(outer, version);
	__u32 quote_length = 0;

	if (quoted > p->end || !is_plain_ip(outer, version) || length < (int)sizeof(*icmp) ||
	    is_ipv4_beyond_frame(p, outer, version))
		return FAST_FALLBACK;
	view->icmp_kind = version == 6 ? classify_icmp_v6(icmp, &view->reason, &quote_length)
				       : classify_icmp_v4(icmp, &view->reason, &quote_length);
	if (view->icmp_kind == PKT_NONE)
		return FAST_IGNORE;
	if ((const void *)(u + 1) + sizeof(struct dns_header) > p->end || quote_length ||
	    !is_plain_ip(quoted, version) || ip_protocol(quoted, version) != PROTOCOL_UDP ||
	    has_mapped_addr(quoted, version) || has_mapped_source(outer, version))
		return FAST_FALLBACK;
	if (!is_quote_of_receiver(outer, quoted, version))
		return FAST_IGNORE;
	view->ip = quoted;
	view->end = ETHERNET_HEADER + size + length;
	view->quoted = ip_payload_length(quoted, version);
	return fast_parse_quote(p, view, u, ETHERNET_HEADER + 2 * size + (int)sizeof(*icmp));
}

/* ---- the parse result, for the slow path and for samples ------------------------------- */

/* Writes four bytes by one store. */
static __always_inline void store_u8_quad(__u8 *at, __u32 a, __u32 b, __u32 c, __u32 d)
{
	*(u32_alias *)at = u8_quad(a, b, c, d);
}

static __always_inline void set_client_tail(struct transaction_key *key, __u16 port, __u16 id)
{
	u32_alias *to = (u32_alias *)&key->client_port;

	*to = u16_pair(port, id);
}

/* Writes addresses, ports and message ID. */
static __always_inline void pkt_info_set_view(struct pkt_info *info, struct pkt_view *view,
					      __u32 scope)
{
	barrier_var(view->ip);
	addr_set_u64(&info->key.client, view_client_u64(view, 0), view_client_u64(view, 1));
	addr_set_u64(&info->key.resolver, view_resolver_u64(view, 0), view_resolver_u64(view, 1));
	set_resolver_tail(&info->key, scope, view_resolver_port(view), view->origin);
	set_client_tail(&info->key, view_client_port(view), view_dns(view)->id);
	info->segment = 0;
	info->digest = view_digest(view);
	info->client_hash = addr_hash(sizes.seed, &info->key.client);
}

/* Writes all of a query's or response's parse result. */
static __always_inline void pkt_info_set_udp(struct pkt_info *info, struct pkt_view *view,
					     __u32 scope)
{
	const struct dns_header *dns = view_dns(view);

	pkt_info_set_view(info, view, scope);
	info->payload = ETHERNET_HEADER + ip_header_size(view->version) + sizeof(struct udp_header);
	info->length = bpf_ntohs(view_udp(view)->length) - sizeof(struct udp_header);
	store_u8_quad(&info->kind, view->kind == VIEW_QUERY ? PKT_QUERY : PKT_RESPONSE, 0, 0, 0);
	store_u8_quad(&info->rcode, dns->rcode & DNS_RCODE, !!(dns->flags & DNS_TC), 0, 0);
}

/* Writes all of an ICMP message's parse result. */
static __always_inline void pkt_info_set_icmp(struct pkt_info *info, struct pkt_view *view,
					      __u32 scope)
{
	const int version = view->version;
	const int at = ETHERNET_HEADER + 2 * ip_header_size(version) + sizeof(struct icmp_header);
	int end = view->end, length;

	pkt_info_set_view(info, view, scope);
	length = bpf_ntohs(view_udp(view)->length);
	if (at + view->quoted < end)
		end = at + view->quoted;
	if (at + length < end)
		end = at + length;
	info->payload = at + sizeof(struct udp_header);
	info->length = end - info->payload;
	store_u8_quad(&info->kind, view->icmp_kind, 0, view->reason, 0);
	addr_set_u64(&info->reporter, view_reporter_u64(view, 0), view_reporter_u64(view, 1));
	store_u8_quad(&info->type, view_icmp(view)->type, view_icmp(view)->code, version,
		      ip_ttl(view_outer_ip(view), version));
}

#endif
