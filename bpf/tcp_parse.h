/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Parses the segments that open and end a connect: the SYN of a client, the SYN-ACK or RST that
 * answers it, and the ICMP message that quotes it. Any other segment is not of interest, and the
 * flags of its header say so.
 *
 * A connect is parsed as a query is, so that the same tables and the same code count it. In place
 * of the message ID, its key has the initial sequence number (ISN) of the SYN (RFC 9293, 3.4.1):
 * 16 bits in `id`, the others in pkt_info.isn.
 */
#ifndef TCP_PARSE_H
#define TCP_PARSE_H

#include "parse_info.h"

/* Returns the transport of a watched TCP port, TRANSPORT_NONE of another port. */
static __always_inline __u32 tcp_transport(__u16 port)
{
	if (port == PORT_DOT)
		return TRANSPORT_DOT;
	return is_watched(port) ? TRANSPORT_TCP : TRANSPORT_NONE;
}

/* Tests the flags of a header: for a segment that may open or end a connect. */
static __always_inline int is_tcp_handshake(__u8 flags, enum pkt_direction direction)
{
	if (direction == DIRECTION_OUT)
		return (flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
	return (flags & (TCP_SYN | TCP_RST)) && (flags & TCP_ACK);
}

/*
 * Tests for a segment that a stream is followed by: data, FIN or RST. A SYN is none, and a SYN-ACK
 * in the client's direction is of no client.
 */
static __always_inline int is_tcp_stream(__u8 flags, int length)
{
	return !(flags & TCP_SYN) && (length > 0 || (flags & (TCP_FIN | TCP_RST)));
}

/* Writes addresses, ports and ISN; the ISN is in network order. */
static __always_inline void pkt_info_set_connect(struct pkt_info *info,
						 const struct ip_address *client,
						 const struct ip_address *resolver,
						 __u16 client_port, __u16 resolver_port, __u32 isn,
						 __u32 ifindex)
{
	pkt_info_set_key(info, client, resolver, client_port, resolver_port, ifindex);
	info->key.transport = tcp_transport(resolver_port);
	info->key.id = isn;
	info->isn = isn;
}

/*
 * Writes the kind of an arrival: a SYN-ACK as a response with RCODE 0, an RST as one with
 * RCODE_REFUSED. An RST with a sequence number other than 0 does not answer a SYN, unless it
 * acknowledges one (RFC 9293, 3.10.7.1 and 3.10.7.3).
 */
static __always_inline void pkt_info_set_handshake(struct pkt_info *info,
						   const struct tcp_header *h)
{
	info->kind = PKT_RESPONSE;
	if (!(h->flags & TCP_RST))
		return;
	info->rcode = RCODE_REFUSED;
	if (h->sequence)
		info->kind = PKT_RESET;
}

/* Writes what a stream needs of a segment whose data begin at offset `at`. */
static __always_inline void pkt_info_set_segment(struct pkt_info *info, const struct tcp_header *h,
						 __u32 at, __u32 length)
{
	info->tcp.sequence = bpf_ntohl(h->sequence);
	info->tcp.acknowledgment = bpf_ntohl(h->acknowledgment);
	info->tcp.length = length;
	info->tcp.flags = h->flags;
	info->payload = at;
}

/*
 * Parses a segment of TCP that opens and ends no connect. One that is damaged, or a fragment, is
 * passed over: its bytes are missing in the stream then.
 */
static __always_inline void parse_tcp_stream(const struct pkt *p, const struct ip_info *ip, int out,
					     const struct tcp_header *h, struct pkt_info *info)
{
	__u32 header = (h->offset >> 4) * 4, at = ip->transport + header;

	if (!config.max_streams || ip->unparsed || ip->mapped || ip->fragment ||
	    header < TCP_HEADER || at > ip->end || !is_tcp_stream(h->flags, ip->end - at))
		return;
	info->kind = PKT_STREAM;
	pkt_info_set_segment(info, h, at, ip->end - at);
	if (out)
		pkt_info_set_connect(info, &ip->source, &ip->destination, h->source, h->destination,
				     0, p->ifindex);
	else
		pkt_info_set_connect(info, &ip->destination, &ip->source, h->destination, h->source,
				     0, p->ifindex);
}

/* Parses the TCP header behind the IP header `ip`. info.kind stays PKT_NONE for most segments. */
static __always_inline void parse_tcp_header(const struct pkt *p, const struct ip_info *ip,
					     enum pkt_direction direction, struct pkt_info *info)
{
	int out = direction == DIRECTION_OUT;
	__u32 at = ip->transport, header;
	struct tcp_header h;
	__u16 ports[2];

	if (at + sizeof(ports) > ip->end || pkt_load(p, at, ports, sizeof(ports)) ||
	    !tcp_transport(ports[out]))
		return;
	if (pkt_load(p, at, &h, sizeof(h))) /* cut, as by a snap length */
		return (void)set_unparsed(info, SELF_UNPARSED_SHORT);
	if (!is_tcp_handshake(h.flags, direction))
		return parse_tcp_stream(p, ip, out, &h, info);
	if (ip->unparsed)
		return (void)set_unparsed(info, ip->unparsed - 1);
	if (ip->mapped)
		return (void)set_unparsed(info, SELF_UNPARSED_MAPPED);
	header = (h.offset >> 4) * 4;
	if (header < TCP_HEADER || at + header > ip->end)
		return (void)set_unparsed(info, ip->fragment ? SELF_UNPARSED_FRAGMENT
							     : SELF_UNPARSED_MALFORMED);
	pkt_info_set_segment(info, &h, at + header, ip->end - at - header);
	info->digest =
		hash_mix(u32_pair(h.sequence, h.acknowledgment), (__u32)ip->id << 16 | h.flags);
	if (!out) {
		pkt_info_set_handshake(info, &h);
		return pkt_info_set_connect(info, &ip->destination, &ip->source, ports[1], ports[0],
					    bpf_htonl(bpf_ntohl(h.acknowledgment) - 1), p->ifindex);
	}
	info->kind = PKT_QUERY;
	info->length = ip->end - at - header;
	pkt_info_set_connect(info, &ip->source, &ip->destination, ports[0], ports[1], h.sequence,
			     p->ifindex);
}

/* Parse as parse_tcp_header(). Two global functions, so that the verifier checks each once. */
__noinline int parse_tcp_out(struct __sk_buff *skb, const struct ip_info *ip, struct pkt_info *info)
{
	struct pkt p = pkt_from_skb(skb);

	if (ip && info)
		parse_tcp_header(&p, ip, DIRECTION_OUT, info);
	return 0;
}

__noinline int parse_tcp_in(struct __sk_buff *skb, const struct ip_info *ip, struct pkt_info *info)
{
	struct pkt p = pkt_from_skb(skb);

	if (ip && info)
		parse_tcp_header(&p, ip, DIRECTION_IN, info);
	return 0;
}

/*
 * Parses the quote of an unreachable whose quoted IP header is `quote`. 8 bytes of the TCP header
 * hold ports and sequence number (RFC 792). Where the quote goes on to the flags, they must be a
 * SYN's. A Packet Too Big is about no SYN. Returns through info.kind, which is the message's kind
 * at first.
 */
__noinline int parse_tcp_quote(struct __sk_buff *skb, const struct ip_info *quote, __u32 end,
			       struct pkt_info *info)
{
	const __u32 to_flags = __builtin_offsetof(struct tcp_header, flags);
	struct pkt p = pkt_from_skb(skb);
	struct tcp_quote h;
	__u8 flags;
	__u32 at;

	if (!quote || !info)
		return 0;
	at = quote->transport;
	if (info->kind != PKT_UNREACHABLE || at + sizeof(h.ports) > end ||
	    pkt_load(&p, at, &h.ports, sizeof(h.ports)) || !tcp_transport(h.ports[1])) {
		info->kind = PKT_NONE;
		return 0;
	}
	if (at + sizeof(h) > end || pkt_load(&p, at, &h, sizeof(h)))
		return set_unparsed(info, SELF_UNPARSED_SHORT);
	if (at + to_flags + sizeof(flags) <= end &&
	    !pkt_load(&p, at + to_flags, &flags, sizeof(flags)) &&
	    !is_tcp_handshake(flags, DIRECTION_OUT)) {
		info->kind = PKT_NONE;
		return 0;
	}
	if (quote->mapped)
		return set_unparsed(info, SELF_UNPARSED_MAPPED);
	pkt_info_set_connect(info, &quote->source, &quote->destination, h.ports[0], h.ports[1],
			     h.sequence, p.ifindex);
	return 0;
}

#endif
