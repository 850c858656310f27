/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Fast path of DNS over TLS: nearly all segments belong to a connection whose session is over,
 * because only the first bytes of each side decide it (session.h). Such a segment changes nothing.
 * Any other is left to the slow path.
 */
#ifndef FAST_SESSION_H
#define FAST_SESSION_H

#include "dedup.h"
#include "fast_parse.h"
#include "stream.h"

/* Writes the ends of the connection, as pkt_info_set_connect() does, and the client's hash. */
static __always_inline void session_set_ends(struct pkt_info *info, struct pkt_ctx *ctx,
					     const void *ip, const int version,
					     enum pkt_direction direction, enum origin origin)
{
	const struct tcp_header *h = ip + ip_header_size(version);
	const int out = direction == DIRECTION_OUT;

	addr_set_u64(&info->key.client, view_addr_u64(ip, version, out, 0),
		     view_addr_u64(ip, version, out, 1));
	addr_set_u64(&info->key.resolver, view_addr_u64(ip, version, !out, 0),
		     view_addr_u64(ip, version, !out, 1));
	info->key.client_port = out ? h->source : h->destination;
	set_resolver_tail(&info->key, 0, PORT_DOT, origin);
	info->key.transport = TRANSPORT_DOT;
	ctx->client_hash = addr_hash(sizes.seed, &info->key.client);
	ctx->side = direction;
}

/*
 * Tests for a segment that changes nothing: its stream is closed, or there is none. `ip` is a plain
 * IP header, and the TCP header behind it is in the linear part.
 */
static __always_inline int session_is_over(struct __sk_buff *skb, const void *ip, const int version,
					   enum pkt_direction direction, enum origin origin)
{
	struct cpu_record *record = cpu_record_lookup();
	struct stream *stream;
	struct pkt_info *info;
	struct pkt_ctx *ctx;
	__u32 row;

	if (!record)
		return 0;
	info = &((struct parse_scratch *)record->scratch)->info;
	ctx = (struct pkt_ctx *)record->pkt_ctx;
	session_set_ends(info, ctx, ip, version, direction, origin);
	if (is_link_local(&info->key.resolver))
		return 0;
	ctx->on_lo = is_on_lo(skb->ifindex, origin);
	resolver_cache_lookup(&record->resolver_cache, &info->key, ctx);
	row = stream_find(info, ctx);
	stream = row ? array_elem(streams, row - 1) : 0;
	if (stream && !(READ_ONCE(stream->state) & STREAM_CLOSED))
		return 0;
	if (config.clock_injected && !is_within_bridge(skb, direction, origin))
		engine_clock(); /* as the slow path does: it is seen */
	return 1;
}

/*
 * Test as session_is_over(), for each version of IP and direction of a constant. Global functions,
 * so that they have a frame and registers of their own, and ordinary TCP does not pay for them.
 */
__noinline int session_is_over_v4(struct __sk_buff *skb, __u32 direction, __u32 origin)
{
	struct pkt p = pkt_from_skb(skb);
	const void *ip = p.data + ETHERNET_HEADER;

	if (ip + sizeof(struct ipv4_header) + sizeof(struct tcp_header) > p.end ||
	    is_ipv4_beyond_frame(&p, ip, 4))
		return 0;
	return direction == DIRECTION_OUT ? session_is_over(skb, ip, 4, DIRECTION_OUT, origin)
					  : session_is_over(skb, ip, 4, DIRECTION_IN, origin);
}

__noinline int session_is_over_v6(struct __sk_buff *skb, __u32 direction, __u32 origin)
{
	struct pkt p = pkt_from_skb(skb);
	const void *ip = p.data + ETHERNET_HEADER;

	if (ip + sizeof(struct ipv6_header) + sizeof(struct tcp_header) > p.end ||
	    has_mapped_addr(ip, 6))
		return 0;
	return direction == DIRECTION_OUT ? session_is_over(skb, ip, 6, DIRECTION_OUT, origin)
					  : session_is_over(skb, ip, 6, DIRECTION_IN, origin);
}

/*
 * Tests whether a segment with `length` bytes of data on a connection of DNS over TLS changes
 * nothing. A header that lies is the slow path's.
 */
static __always_inline int is_fast_session(const struct pkt *p, const struct tcp_header *h,
					   int length, const int version,
					   enum pkt_direction direction, enum origin origin)
{
	if (length < 0 || h->offset < (TCP_HEADER / 4) << 4 || p->skb->vlan_present)
		return 0;
	return version == 6 ? session_is_over_v6(p->skb, direction, origin)
			    : session_is_over_v4(p->skb, direction, origin);
}

#endif
