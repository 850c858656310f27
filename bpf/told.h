/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an ordinary message tells, read in the packet where it lies. Whether it is an ordinary one,
 * and all of it there, has been seen to before: quick.h.
 */
#ifndef TOLD_H
#define TOLD_H

#include "icmp.h"

enum role { TOLD_QUERY, TOLD_RESPONSE, TOLD_ICMP };

/*
 * A message that is read where it lies: `ip` is its IP header, or the one that an ICMP message
 * quotes, without options or extension headers, and the UDP and DNS headers follow. All but the
 * pointer and the reason is known to the compiler.
 */
struct told {
	const void *ip;
	int version;
	enum role role;
	__u32 reason; /* of an ICMP message */
};

/*
 * What is read from the packet from here on is read again: a value that is kept between costs more
 * than that, since registers are few.
 */
#define read_again(t) asm volatile("" : "+r"((t)->ip))

static __always_inline __u64 address_half(const void *ip, int version, int source, int which)
{
	const struct ipv4_header *v4 = ip;
	const struct ipv6_header *v6 = ip;

	if (version == 6)
		return half(source ? &v6->source : &v6->destination, which);
	return which ? mapped_half(source ? v4->source : v4->destination) : 0;
}

static __always_inline __u64 client_half(const struct told *t, int which)
{
	return address_half(t->ip, t->version, t->role != TOLD_RESPONSE, which);
}

static __always_inline __u64 resolver_half(const struct told *t, int which)
{
	return address_half(t->ip, t->version, t->role == TOLD_RESPONSE, which);
}

static __always_inline __u32 header_bytes(const struct told *t)
{
	return t->version == 6 ? sizeof(struct ipv6_header) : sizeof(struct ipv4_header);
}

static __always_inline const struct icmp_header *told_icmp(const struct told *t)
{
	return (const struct icmp_header *)t->ip - 1;
}

/* The IP header that brought an ICMP message. */
static __always_inline const void *outer_ip(const struct told *t)
{
	return (const void *)told_icmp(t) - header_bytes(t);
}

static __always_inline __u64 reporter_half(const struct told *t, int which)
{
	return address_half(outer_ip(t), t->version, 1, which);
}

static __always_inline const struct udp_header *told_udp(const struct told *t)
{
	return t->ip + header_bytes(t);
}

static __always_inline const struct dns_header *told_dns(const struct told *t)
{
	return (const void *)(told_udp(t) + 1);
}

static __always_inline __u16 client_port(const struct told *t)
{
	return t->role == TOLD_RESPONSE ? told_udp(t)->destination : told_udp(t)->source;
}

static __always_inline __u16 resolver_port(const struct told *t)
{
	return t->role == TOLD_RESPONSE ? told_udp(t)->source : told_udp(t)->destination;
}

static __always_inline __u16 told_ip_id(const struct told *t)
{
	const struct ipv4_header *v4 = t->role == TOLD_ICMP ? outer_ip(t) : t->ip;

	return t->version == 4 ? v4->id : 0;
}

static __always_inline __u64 told_digest(const struct told *t)
{
	if (t->role == TOLD_ICMP)
		return icmp_digest(told_ip_id(t), told_icmp(t), reporter_half(t, 0),
				   reporter_half(t, 1));
	return udp_digest(told_ip_id(t), told_udp(t)->length, told_dns(t));
}

/* Whether its resolver is one of a link: such an address means another one on each. */
static __always_inline int is_linked(const struct told *t)
{
	const struct ipv6_header *h = t->ip;

	return t->version == 6 &&
	       is_link_local(t->role == TOLD_RESPONSE ? &h->source : &h->destination);
}

#endif
