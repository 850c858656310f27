/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parse result of a packet, and what all parsers write to it. */
#ifndef PARSE_INFO_H
#define PARSE_INFO_H

#include "headers.h"

enum pkt_kind {
	PKT_NONE,
	PKT_QUERY,
	PKT_RESPONSE,
	PKT_RESET,  /* an RST that may be about no SYN */
	PKT_STREAM, /* another segment of DNS over TCP: data, FIN or RST */
	PKT_UNREACHABLE,
	PKT_TOO_BIG,
	PKT_UNPARSED, /* `unparsed` says why */
};

enum pkt_direction { DIRECTION_OUT, DIRECTION_IN };

/* How an unreachable was counted. */
enum icmp_effect { ICMP_UNMATCHED, ICMP_MATCHED, ICMP_UNSENT };

/* A segment of TCP, in host order. */
struct segment_info {
	__u32 sequence, acknowledgment;
	__u32 length; /* bytes of data; they begin at pkt_info.payload */
	__u32 flags;
};

struct pkt_info {
	struct transaction_key key;
	union {
		struct ip_address reporter;
		struct segment_info tcp;
	};
	__u8 kind;
	__u8 unparsed; /* enum self_counter */
	__u8 reason;   /* enum reason */
	union {	       /* one byte: one more is too much for the stack of three nested functions */
		__u8 short_quote; /* the ICMP message quotes no message ID */
		__u8 unread;	  /* see is_unread() */
	};
	__u8 rcode;
	__u8 truncated;
	__u16 vlan;		 /* outermost VLAN + 1, 0: untagged */
	__u32 payload;		 /* offset of the first DNS message */
	__u16 length;		 /* of all messages */
	__u16 ip_id, udp_length; /* as on the wire */
	__u16 segment;		 /* length of each message but the last; 0: there is one message */
	__u8 type, code, version,
		ttl;	   /* of an ICMP message, and of the IP header that brought it */
	__u32 isn;	   /* of a connect: initial sequence number, as on the wire */
	__u64 digest;	   /* tells this packet from others, beside the fields of `key` */
	__u64 client_hash; /* of the client's address */
};

static __always_inline int is_dns(const struct pkt_info *info)
{
	return info->kind == PKT_QUERY || info->kind == PKT_RESPONSE;
}

/*
 * Tests for several messages, of which the first is not counted or has no whole header; the others
 * may be.
 */
static __always_inline int is_unread(const struct pkt_info *info)
{
	return is_dns(info) && info->unread;
}

/* An IP header: the packet's own, or the one that an ICMP message quotes. */
struct ip_info {
	__u32 transport; /* offset of what the IP header carries */
	__u32 end;	 /* offset where the IP packet ends */
	__u16 id;	 /* IPv4 identification */
	__u8 protocol;
	__u8 fragment; /* first fragment of several */
	__u8 unparsed; /* enum self_counter + 1: the headers before the protocol are not readable */
	__u8 mapped;   /* an IPv6 packet with an address that stands for an IPv4 one */
	__u8 ttl;
	__u8 pad;
	struct ip_address source;
	struct ip_address destination;
};

static __always_inline int is_watched(__u16 port)
{
	__u32 i;

	UNROLL
	for (i = 0; i < PORTS_MAX; i++) {
		if (i >= config.port_count)
			return 0; /* the verifier knows port_count and drops the rest of the loop */
		if (config.ports[i] == port)
			return 1;
	}
	return 0;
}

static __always_inline int set_unparsed(struct pkt_info *info, __u32 why)
{
	info->kind = PKT_UNPARSED;
	info->unparsed = why;
	return -1;
}

/* ---- the key of a transaction ---------------------------------------------------------- */

static __always_inline __u64 hash_mix_addr(__u64 digest, const struct ip_address *a)
{
	return hash_mix(hash_mix(digest, be64_to_host(addr_u64(a, 0))),
			be64_to_host(addr_u64(a, 1)));
}

/* Returns port, transport and origin of a resolver as the last 4 bytes of its key. */
static __always_inline __u32 resolver_end(__u16 port, enum origin origin)
{
	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		return (__u32)port << 16 | TRANSPORT_UDP << 8 | origin;
	return (__u32)origin << 24 | TRANSPORT_UDP << 16 | port;
}

/* Returns scope and resolver_end() as the 8 bytes behind the address. */
static __always_inline __u64 resolver_tail(__u32 scope, __u16 port, enum origin origin)
{
	return u32_pair(scope, resolver_end(port, origin));
}

static __always_inline void set_resolver_tail(struct transaction_key *key, __u32 scope, __u16 port,
					      enum origin origin)
{
	u64_alias *to = (u64_alias *)&key->resolver;

	to[2] = resolver_tail(scope, port, origin);
}

/* Writes addresses and ports, seen from the client's side, with origin host. */
static __always_inline void pkt_info_set_key(struct pkt_info *info, const struct ip_address *client,
					     const struct ip_address *resolver, __u16 client_port,
					     __u16 resolver_port, __u32 ifindex)
{
	info->key.client = *client;
	info->key.resolver = *resolver;
	info->key.client_port = client_port;
	set_resolver_tail(&info->key, is_link_local(resolver) ? ifindex : 0, resolver_port,
			  ORIGIN_HOST);
}

#endif
