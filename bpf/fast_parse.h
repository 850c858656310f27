/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an ordinary message tells, read in the packet where it lies. Whether it is an ordinary one,
 * and all of it there, has been seen to before: quick.h.
 */
#ifndef FAST_PARSE_H
#define FAST_PARSE_H

#include "parse.h"

enum view_kind { VIEW_QUERY, VIEW_RESPONSE, VIEW_ICMP };

/*
 * A message that is read where it lies: `ip` is its IP header, or the one that an ICMP message
 * quotes, without options or extension headers, and the UDP and DNS headers follow. All but the
 * pointer and the reason is known to the compiler.
 */
struct pkt_view {
	const void *ip;
	int version;
	enum view_kind kind;
	__u32 reason; /* of an ICMP message */
};

static __always_inline __u64 view_addr_u64(const void *ip, int version, int source, int which)
{
	const struct ipv4_header *v4 = ip;
	const struct ipv6_header *v6 = ip;

	if (version == 6)
		return addr_u64(source ? &v6->source : &v6->destination, which);
	return which ? addr_mapped_u64(source ? v4->source : v4->destination) : 0;
}

static __always_inline __u64 view_client_u64(const struct pkt_view *view, int which)
{
	return view_addr_u64(view->ip, view->version, view->kind != VIEW_RESPONSE, which);
}

static __always_inline __u64 view_resolver_u64(const struct pkt_view *view, int which)
{
	return view_addr_u64(view->ip, view->version, view->kind == VIEW_RESPONSE, which);
}

static __always_inline __u32 view_ip_size(const struct pkt_view *view)
{
	return view->version == 6 ? sizeof(struct ipv6_header) : sizeof(struct ipv4_header);
}

static __always_inline const struct icmp_header *view_icmp(const struct pkt_view *view)
{
	return (const struct icmp_header *)view->ip - 1;
}

/* The IP header that brought an ICMP message. */
static __always_inline const void *view_outer_ip(const struct pkt_view *view)
{
	return (const void *)view_icmp(view) - view_ip_size(view);
}

static __always_inline __u64 view_reporter_u64(const struct pkt_view *view, int which)
{
	return view_addr_u64(view_outer_ip(view), view->version, 1, which);
}

static __always_inline const struct udp_header *view_udp(const struct pkt_view *view)
{
	return view->ip + view_ip_size(view);
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

/* Whether its resolver is one of a link: such an address means another one on each. */
static __always_inline int is_resolver_link_local(const struct pkt_view *view)
{
	const struct ipv6_header *h = view->ip;

	return view->version == 6 &&
	       is_link_local(view->kind == VIEW_RESPONSE ? &h->source : &h->destination);
}

#endif
