/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an ordinary message tells, read in the packet where it lies. Whether it is an ordinary one,
 * and all of it there, has been seen to before: quick.h.
 */
#ifndef TOLD_H
#define TOLD_H

#include "icmp.h"

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

static __always_inline __u64 view_client_u64(const struct pkt_view *t, int which)
{
	return view_addr_u64(t->ip, t->version, t->kind != VIEW_RESPONSE, which);
}

static __always_inline __u64 view_resolver_u64(const struct pkt_view *t, int which)
{
	return view_addr_u64(t->ip, t->version, t->kind == VIEW_RESPONSE, which);
}

static __always_inline __u32 view_ip_size(const struct pkt_view *t)
{
	return t->version == 6 ? sizeof(struct ipv6_header) : sizeof(struct ipv4_header);
}

static __always_inline const struct icmp_header *view_icmp(const struct pkt_view *t)
{
	return (const struct icmp_header *)t->ip - 1;
}

/* The IP header that brought an ICMP message. */
static __always_inline const void *view_outer_ip(const struct pkt_view *t)
{
	return (const void *)view_icmp(t) - view_ip_size(t);
}

static __always_inline __u64 view_reporter_u64(const struct pkt_view *t, int which)
{
	return view_addr_u64(view_outer_ip(t), t->version, 1, which);
}

static __always_inline const struct udp_header *view_udp(const struct pkt_view *t)
{
	return t->ip + view_ip_size(t);
}

static __always_inline const struct dns_header *view_dns(const struct pkt_view *t)
{
	return (const void *)(view_udp(t) + 1);
}

static __always_inline __u16 view_client_port(const struct pkt_view *t)
{
	return t->kind == VIEW_RESPONSE ? view_udp(t)->destination : view_udp(t)->source;
}

static __always_inline __u16 view_resolver_port(const struct pkt_view *t)
{
	return t->kind == VIEW_RESPONSE ? view_udp(t)->source : view_udp(t)->destination;
}

static __always_inline __u16 view_ip_id(const struct pkt_view *t)
{
	const struct ipv4_header *v4 = t->kind == VIEW_ICMP ? view_outer_ip(t) : t->ip;

	return t->version == 4 ? v4->id : 0;
}

static __always_inline __u64 view_digest(const struct pkt_view *t)
{
	if (t->kind == VIEW_ICMP)
		return icmp_digest(view_ip_id(t), view_icmp(t), view_reporter_u64(t, 0),
				   view_reporter_u64(t, 1));
	return udp_digest(view_ip_id(t), view_udp(t)->length, view_dns(t));
}

/* Whether its resolver is one of a link: such an address means another one on each. */
static __always_inline int is_resolver_link_local(const struct pkt_view *t)
{
	const struct ipv6_header *h = t->ip;

	return t->version == 6 &&
	       is_link_local(t->kind == VIEW_RESPONSE ? &h->source : &h->destination);
}

#endif
