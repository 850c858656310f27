// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Link-layer headers: Ethernet, Linux cooked (both), raw IP, BSD loopback, PPP. What is behind
 * them is for others. The layouts are those of https://www.tcpdump.org/linktypes.html.
 */
#include "capture/link.h"

#include <arpa/inet.h>
#include <dnsreach.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <string.h>

#define IPV4 0x0800
#define IPV6 0x86dd
#define VLAN 0x8100
#define QINQ 0x88a8
#define ETHERNET_HEADER 14
#define COOKED_HEADER 16
#define COOKED2_HEADER 20
#define PPPOE_HEADER 6

static const int supported[] = {
	DLT_EN10MB, DLT_LINUX_SLL, DLT_LINUX_SLL2, DLT_RAW,	   DLT_IPV4,	  DLT_IPV6,
	DLT_NULL,   DLT_LOOP,	   DLT_PPP,	   DLT_PPP_SERIAL, DLT_PPP_ETHER, DLT_PPP_PPPD,
};

int link_supported(int type)
{
	size_t i;

	for (i = 0; i < sizeof(supported) / sizeof(*supported); i++) {
		if (supported[i] == type)
			return 0;
	}
	return -ENOTSUP;
}

static __u16 word_at(const struct captured *c, __u32 at)
{
	return at + 2 <= c->length ? (__u16)(c->bytes[at] << 8 | c->bytes[at + 1]) : 0;
}

static __u16 known(__u16 ethertype)
{
	int ours = ethertype == IPV4 || ethertype == IPV6 || ethertype == VLAN || ethertype == QINQ;

	return ours ? htons(ethertype) : 0;
}

static void drop(struct captured *c, __u32 header)
{
	if (header > c->length)
		header = c->length;
	c->bytes += header;
	c->length -= header;
	c->wire_length -= header;
}

static void read_ethernet(struct captured *c)
{
	c->ethernet = 1;
	c->network = c->length < ETHERNET_HEADER ? c->length : ETHERNET_HEADER;
	c->protocol = known(word_at(c, ETHERNET_HEADER - 2));
}

/* Bytes from here on, after VLAN tags, which nobody could tell without an Ethernet header. */
static void read_typed(struct captured *c, __u32 header, __u16 ethertype)
{
	int i;

	drop(c, header);
	for (i = 0; i < VLAN_TAGS_MAX && (ethertype == VLAN || ethertype == QINQ); i++) {
		ethertype = word_at(c, 2);
		drop(c, 4);
	}
	c->protocol = ethertype == VLAN || ethertype == QINQ ? 0 : known(ethertype);
}

static void read_cooked2(struct captured *c)
{
	__u32 ifindex = 0;

	if (c->length >= COOKED2_HEADER)
		memcpy(&ifindex, c->bytes + 4, sizeof(ifindex));
	if (ifindex)
		c->ifindex = ntohl(ifindex);
	read_typed(c, COOKED2_HEADER, word_at(c, 0));
}

/* The version in the IP header's first byte says which it is. */
static void read_raw(struct captured *c, __u32 header)
{
	int version;

	drop(c, header);
	version = c->length ? c->bytes[0] >> 4 : 0;
	c->protocol = version == 4 ? htons(IPV4) : version == 6 ? htons(IPV6) : 0;
}

/* The address family of who captured it, in that machine's byte order or the network's. */
static void read_loopback(struct captured *c)
{
	/* AF_INET; AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS */
	static const __u32 families[] = {2, 10, 24, 28, 30};
	__u32 family = 0, i;

	if (c->length >= sizeof(family))
		memcpy(&family, c->bytes, sizeof(family));
	for (i = 0; i < sizeof(families) / sizeof(*families); i++) {
		if (family == families[i] || ntohl(family) == families[i] ||
		    __builtin_bswap32(family) == families[i])
			return read_raw(c, sizeof(family));
	}
}

/* RFC 1661, RFC 1662: address and control may be left out, the protocol be one byte. */
static void read_ppp(struct captured *c, __u32 at)
{
	__u16 start = word_at(c, at), protocol;

	if (start == 0x0f00 || start == 0x8f00) /* Cisco's HDLC, which names an EtherType */
		return read_typed(c, at + 4, word_at(c, at + 2));
	if (start == 0xff03 || start == 0x0003 || start == 0x0103) /* or the direction (pppd) */
		at += 2;
	protocol = word_at(c, at);
	if (protocol >> 8 & 1) {
		protocol >>= 8;
		at += 1;
	} else {
		at += 2;
	}
	read_typed(c, at, protocol == 0x0021 ? IPV4 : protocol == 0x0057 ? IPV6 : 0);
}

void link_read(int type, struct captured *c)
{
	c->protocol = 0;
	c->network = 0;
	c->ethernet = 0;
	switch (type) {
	case DLT_EN10MB:
		return read_ethernet(c);
	case DLT_LINUX_SLL:
		return read_typed(c, COOKED_HEADER, word_at(c, 14));
	case DLT_LINUX_SLL2:
		return read_cooked2(c);
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return read_raw(c, 0);
	case DLT_NULL:
	case DLT_LOOP:
		return read_loopback(c);
	case DLT_PPP_ETHER:
		return read_ppp(c, PPPOE_HEADER);
	default:
		return read_ppp(c, 0);
	}
}
