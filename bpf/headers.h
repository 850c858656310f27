/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Headers as on the wire, with their numbers, and tests of addresses. All fields are in network
 * order.
 */
#ifndef HEADERS_H
#define HEADERS_H

#include "compat.h"

#define ETHERTYPE_IPV4 bpf_htons(0x0800)
#define ETHERTYPE_IPV6 bpf_htons(0x86dd)
#define ETHERTYPE_VLAN bpf_htons(0x8100)  /* IEEE 802.1Q */
#define ETHERTYPE_QINQ bpf_htons(0x88a8)  /* IEEE 802.1ad */
#define ETHERTYPE_PPPOE bpf_htons(0x8864) /* RFC 2516, 4: a session's packets */
#define ETHERTYPE_MPLS bpf_htons(0x8847)  /* RFC 5332, 4: unicast */
#define ETHERNET_HEADER 14
#define VLAN_ID 0x0fff

#define PROTOCOL_ICMP 1
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_ICMPV6 58
/* Tunnels: their packets are counted, and not looked into. */
#define PROTOCOL_IPV4 4			 /* RFC 2003 */
#define PROTOCOL_IPV6 41		 /* RFC 4213 */
#define PROTOCOL_GRE 47			 /* RFC 2784 */
#define PORT_VXLAN bpf_htons(4789)	 /* RFC 7348 */
#define PORT_VXLAN_LINUX bpf_htons(8472) /* Linux' default, drivers/net/vxlan */
#define PORT_GENEVE bpf_htons(6081)	 /* RFC 8926 */

struct pppoe_header { /* RFC 2516, 4, and the protocol of PPP (RFC 1661, 2) */
	__u8 version_type;
	__u8 code;
	__u16 session;
	__u16 length;
	__u16 protocol;
};

#define PPP_IPV4 bpf_htons(0x0021)
#define PPP_IPV6 bpf_htons(0x0057)

#define MPLS_BOTTOM bpf_htonl(0x100) /* RFC 3032, 2.1: the last label of the stack */

struct ipv4_header { /* RFC 791, 3.1 */
	__u8 version_length;
	__u8 service;
	__u16 total_length;
	__u16 id;
	__u16 fragment;
	__u8 ttl;
	__u8 protocol;
	__u16 checksum;
	__u32 source;
	__u32 destination;
};

#define IPV4_PROTOCOL_OFFSET 9
#define IPV4_MORE_FRAGMENTS bpf_htons(0x2000)
#define IPV4_FRAGMENT_OFFSET bpf_htons(0x1fff)

struct ipv6_header { /* RFC 8200, 3 */
	__u32 version_class_flow;
	__u16 payload_length;
	__u8 next_header;
	__u8 hop_limit;
	struct ip_address source;
	struct ip_address destination;
};

#define IPV6_NEXT_HEADER_OFFSET 6
#define NEXT_HOP_BY_HOP 0
#define NEXT_ROUTING 43
#define NEXT_FRAGMENT 44
#define NEXT_DESTINATION 60

struct extension_header { /* RFC 8200, 4.2; length in 8 bytes beyond the first 8 */
	__u8 next_header;
	__u8 length;
};

struct fragment_header { /* RFC 8200, 4.5 */
	__u8 next_header;
	__u8 reserve_key;
	__u16 offset_more; /* offset << 3 | more */
	__u32 id;
};

struct udp_header { /* RFC 768 */
	__u16 source;
	__u16 destination;
	__u16 length;
	__u16 checksum;
};

struct tcp_header { /* RFC 9293, 3.1, up to its flags and window */
	__u16 source;
	__u16 destination;
	__u32 sequence;
	__u32 acknowledgment;
	__u8 offset; /* of the data, in 4 bytes << 4 */
	__u8 flags;
	__u16 window;
};

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10
#define TCP_HEADER 20 /* bytes without options */

struct tcp_quote { /* what 8 bytes of it hold */
	__u16 ports[2];
	__u32 sequence;
};

#define PORT_DOT bpf_htons(853) /* RFC 7858, 3.1 */

struct icmp_header { /* RFC 792, RFC 4443; length: RFC 4884, 4.1 and 4.2 */
	__u8 type;
	__u8 code;
	__u16 checksum;
	__u8 length_v6; /* of the quote, in 8 bytes */
	__u8 length_v4; /* of the quote, in 4 bytes */
	__u16 rest;
};

struct dns_header { /* RFC 1035, 4.1.1 */
	__u16 id;
	__u8 flags; /* QR, Opcode, AA, TC, RD */
	__u8 rcode; /* RA, Z, RCODE */
	__u16 counts[4];
};

#define DNS_QUESTIONS_AT 4 /* offset of QDCOUNT */
#define DNS_QR 0x80
#define DNS_OPCODE 0x78
#define DNS_TC 0x02
#define DNS_RCODE 0x0f
#define RCODE_NOERROR 0
#define RCODE_NXDOMAIN 3
#define RCODE_REFUSED 5

/* ---- addresses ------------------------------------------------------------------------- */

static __always_inline int addr_equal(const struct ip_address *a, const struct ip_address *b)
{
	return !((addr_u64(a, 0) ^ addr_u64(b, 0)) | (addr_u64(a, 1) ^ addr_u64(b, 1)));
}

static __always_inline int is_mapped(const struct ip_address *a)
{
	return !addr_u64(a, 0) && a->w[2] == bpf_htonl(0xffff);
}

static __always_inline int is_link_local(const struct ip_address *a)
{
	return (a->w[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000);
}

/* Returns the lower half of an IPv4-mapped address; the upper half is 0. */
static __always_inline __u64 addr_mapped_u64(__u32 ipv4)
{
	return u32_pair(bpf_htonl(0xffff), ipv4);
}

static __always_inline void addr_from_ipv4(struct ip_address *to, __u32 from)
{
	addr_set_u64(to, 0, addr_mapped_u64(from));
}

#endif
