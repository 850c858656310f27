// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Link-layer headers, up to the network header of IPv4 or IPv6. The layouts are those of
 * https://www.tcpdump.org/linktypes.html, unless a function names another source.
 */
#include "capture/link.h"

#include "capture/reader.h"
#include "util/address.h"

#include <arpa/inet.h>
#include <dnsreach.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <string.h>

#define IPV4 0x0800
#define IPV6 0x86dd
#define VLAN 0x8100
#define QINQ 0x88a8
#define PPPOE 0x8864
#define MPLS 0x8847
#define LLC 0x0004	       /* cooked: 802.2 (Linux, ETH_P_802_2) */
#define ETHERTYPE_LEAST 0x0600 /* IEEE 802.3, 3.2.6: below, it is a length */
#define SNAP_HEADER 8
#define ETHERNET_HEADER 14
#define COOKED_HEADER 16
#define COOKED2_HEADER 20
#define PPPOE_HEADER 6
#define IPOIB_HEADER 44
#define IPNET_HEADER 24
#define PRISM_HEADER 144
#define ARPHRD_LOOPBACK 772 /* Linux, include/uapi/linux/if_arp.h */
#define NESTED_MAX 2	    /* a header of PPI or PKTAP that announces another link type */

#define JUNIPER_MAGIC_HIGH 0x4d47 /* "MG", then 'C' and the flags */
#define JUNIPER_NO_LINK 0x02
#define JUNIPER_EXTENSION 0x80

static void link_read_nested(int type, struct captured *c, int depth);

/* ---- bytes ------------------------------------------------------------------------------- */

static __u8 byte_at(const struct captured *c, __u32 at)
{
	return at < c->length ? c->bytes[at] : 0;
}

static __u16 u16_at(const struct captured *c, __u32 at)
{
	return (__u16)(byte_at(c, at) << 8 | byte_at(c, at + 1));
}

static __u16 u16_le_at(const struct captured *c, __u32 at)
{
	return (__u16)(byte_at(c, at + 1) << 8 | byte_at(c, at));
}

static __u32 u32_le_at(const struct captured *c, __u32 at)
{
	return (__u32)u16_le_at(c, at + 2) << 16 | u16_le_at(c, at);
}

static void skip_header(struct captured *c, __u32 header)
{
	if (header > c->length)
		header = c->length;
	c->bytes += header;
	c->length -= header;
	c->wire_length -= header;
}

/* ---- network protocols ------------------------------------------------------------------- */

/* Set the protocol by the version in the first byte of the IP header, `header` bytes from here. */
static void link_read_raw(struct captured *c, __u32 header)
{
	int version;

	skip_header(c, header);
	version = byte_at(c, 0) >> 4;
	c->protocol = version == 4 ? htons(IPV4) : version == 6 ? htons(IPV6) : 0;
}

/*
 * Skip VLAN tags, PPPoE and MPLS at *at, where `ethertype` says that they begin. Returns the
 * EtherType of what they carry, 0 when it is neither IPv4 nor IPv6.
 */
static __u16 skip_tags(const struct captured *c, __u16 ethertype, __u32 *at)
{
	int i, bottom = 0;
	__u16 ppp;

	for (i = 0; i < VLAN_TAGS_MAX && (ethertype == VLAN || ethertype == QINQ); i++) {
		ethertype = u16_at(c, *at + 2);
		*at += 4;
	}
	if (ethertype == PPPOE) { /* RFC 2516, 4; the protocol of PPP is not compressed there */
		ppp = u16_at(c, *at + PPPOE_HEADER);
		*at += PPPOE_HEADER + 2;
		ethertype = ppp == 0x0021 ? IPV4 : ppp == 0x0057 ? IPV6 : 0;
	} else if (ethertype == MPLS) {
		for (i = 0; i < MPLS_LABELS_MAX && !bottom; i++) {
			bottom = byte_at(c, *at + 2) & 1; /* RFC 3032, 2.1 */
			*at += 4;
		}
		ppp = byte_at(c, *at) >> 4;
		ethertype = !bottom ? 0 : ppp == 4 ? IPV4 : ppp == 6 ? IPV6 : 0;
	}
	return ethertype == IPV4 || ethertype == IPV6 ? ethertype : 0;
}

__u16 link_find_ip(const struct captured *c, __u32 *at)
{
	*at = c->network;
	return skip_tags(c, ntohs(c->protocol), at);
}

/*
 * Read LLC and SNAP (IEEE 802.2; RFC 1042) at *at. Returns the EtherType that they name, with *at
 * behind them; 0 for any other LLC.
 */
static __u16 skip_snap(const struct captured *c, __u32 *at)
{
	__u32 snap = *at;

	if (u16_at(c, snap) != 0xaaaa || byte_at(c, snap + 2) != 3)
		return 0;
	*at += SNAP_HEADER;
	return u16_at(c, snap + 6);
}

/*
 * Set the protocol by an EtherType, `header` bytes from here. Tags are skipped: without an Ethernet
 * header the engine could not know of them.
 */
static void link_read_ethertype(struct captured *c, __u32 header, __u16 ethertype)
{
	__u32 at = header;

	c->protocol = htons(skip_tags(c, ethertype, &at));
	skip_header(c, at);
}

/* ---- wired ------------------------------------------------------------------------------- */

static int is_ethertype_of_engine(__u16 ethertype)
{
	return ethertype == IPV4 || ethertype == IPV6 || ethertype == VLAN || ethertype == QINQ ||
	       ethertype == PPPOE || ethertype == MPLS;
}

/*
 * Read a frame of IEEE 802.3 with a length in place of the EtherType, behind tags too. Returns 1
 * when it carries IP by LLC and SNAP. The engine does not know such frames, since Linux accepts no
 * IP in them: they lose their header here.
 */
static int link_read_802_3(struct captured *c)
{
	__u16 length = u16_at(c, ETHERNET_HEADER - 2), ethertype;
	__u32 at = ETHERNET_HEADER;
	int i;

	for (i = 0; i < VLAN_TAGS_MAX && (length == VLAN || length == QINQ); i++) {
		length = u16_at(c, at + 2);
		at += 4;
	}
	if (length >= ETHERTYPE_LEAST || at >= c->length)
		return 0;
	ethertype = skip_snap(c, &at);
	if (!ethertype)
		return 0;
	link_read_ethertype(c, at, ethertype);
	return 1;
}

static void link_read_ethernet(struct captured *c)
{
	__u16 ethertype = u16_at(c, ETHERNET_HEADER - 2);

	if (link_read_802_3(c))
		return;
	c->ethernet = 1;
	c->network = c->length < ETHERNET_HEADER ? c->length : ETHERNET_HEADER;
	c->protocol = is_ethertype_of_engine(ethertype) ? htons(ethertype) : 0;
}

/* Set the protocol of a cooked packet, whose protocol may be that of LLC. */
static void link_read_cooked_protocol(struct captured *c, __u32 header, __u16 protocol)
{
	if (protocol == LLC)
		protocol = skip_snap(c, &header);
	link_read_ethertype(c, header, protocol);
}

static void link_read_cooked(struct captured *c)
{
	if (u16_at(c, 2) == ARPHRD_LOOPBACK)
		c->ifindex = LOOPBACK_IFINDEX;
	link_read_cooked_protocol(c, COOKED_HEADER, u16_at(c, 14));
}

static void link_read_cooked2(struct captured *c)
{
	__u32 ifindex = (__u32)u16_at(c, 4) << 16 | u16_at(c, 6);

	if (ifindex)
		c->ifindex = ifindex;
	if (ifindex == INTERFACE_UNKNOWN) /* here it is known */
		address_set_scope_name(ifindex, "2");
	link_read_cooked_protocol(c, COOKED2_HEADER, u16_at(c, 0));
}

/* The address family of the host that captured it, in that host's byte order or the network's. */
static void link_read_bsd_loopback(struct captured *c)
{
	/* AF_INET; AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, macOS */
	static const __u32 families[] = {2, 10, 24, 28, 30};
	__u32 family = u32_le_at(c, 0), i;

	for (i = 0; i < sizeof(families) / sizeof(*families); i++) {
		if (family == families[i] || __builtin_bswap32(family) == families[i])
			return link_read_raw(c, sizeof(family));
	}
}

/* RFC 1661, RFC 1662: address and control may be left out, the protocol may be one byte. */
static void link_read_ppp(struct captured *c, __u32 at)
{
	__u16 start = u16_at(c, at), protocol;

	if (start == 0x0f00 || start == 0x8f00) /* Cisco's HDLC, which names an EtherType */
		return link_read_ethertype(c, at + 4, u16_at(c, at + 2));
	if (start == 0xff03 || start == 0x0003 || start == 0x0103) /* or the direction (pppd) */
		at += 2;
	protocol = u16_at(c, at);
	if (protocol >> 8 & 1) {
		protocol >>= 8;
		at += 1;
	} else {
		at += 2;
	}
	if (protocol == 0x0021 || protocol == 0x0057)
		return link_read_ethertype(c, at, protocol == 0x0021 ? IPV4 : IPV6);
	if (protocol == 0x0281) /* RFC 3032, 4.3 */
		link_read_ethertype(c, at, MPLS);
}

/* The length of pf(4)'s header stands in its first byte, without its padding to four bytes. */
static void link_read_pflog(struct captured *c)
{
	link_read_raw(c, (byte_at(c, 0) + 3u) & ~3u);
}

/*
 * Netfilter's log: attributes of (length, type) in the byte order of the host that captured it,
 * padded to four bytes. Type 9 is the packet (Linux, nfnetlink_log.h).
 */
static void link_read_nflog(struct captured *c)
{
	__u32 at = 4, length, type;
	int swapped;

	while (at + 4 <= c->length) {
		length = u16_le_at(c, at);
		type = u16_le_at(c, at + 2) & 0x7fff;
		swapped = length < 4 || at + length > c->wire_length || type > 255;
		if (swapped) {
			length = u16_at(c, at);
			type = u16_at(c, at + 2) & 0x7fff;
		}
		if (length < 4)
			return;
		if (type == 9)
			return link_read_raw(c, at + 4);
		at += (length + 3) & ~3u;
	}
}

/* As tcpdump's print-juniper.c has it: magic, flags, then what the flags announce. */
static void link_read_juniper(struct captured *c)
{
	__u8 flags = byte_at(c, 3);
	__u32 header = 4;

	if (u16_at(c, 0) != JUNIPER_MAGIC_HIGH || byte_at(c, 2) != 'C')
		return;
	if (flags & JUNIPER_EXTENSION)
		header += 2u + u16_at(c, 4);
	if (flags & JUNIPER_NO_LINK)
		return link_read_raw(c, header + 4);
	skip_header(c, header);
	link_read_ethernet(c);
}

/* ---- wireless ---------------------------------------------------------------------------- */

/*
 * IEEE 802.11-2020, 9.2 and 9.3.2: data frames that carry LLC/SNAP and are not encrypted. `padded`:
 * the driver pads the header to four bytes (radiotap's flag 0x20).
 */
static void link_read_wireless(struct captured *c, int padded)
{
	__u8 kind = byte_at(c, 0), flags = byte_at(c, 1);
	__u32 header = 24;
	__u16 protocol;

	if ((kind & 0x0c) != 0x08 || kind & 0x40 || flags & 0x40)
		return; /* management, control, without data, or encrypted */
	if (byte_at(c, 22) & 0x0f)
		return; /* a later fragment */
	if ((flags & 3) == 3)
		header += 6;
	if (kind & 0x80)
		header += flags & 0x80 ? 6 : 2;
	if (padded)
		header = (header + 3) & ~3u;
	protocol = skip_snap(c, &header);
	link_read_ethertype(c, header, protocol);
}

/* https://www.radiotap.org: words of fields present, then the fields, each naturally aligned. */
static void link_read_radiotap(struct captured *c)
{
	__u32 header = u16_le_at(c, 2), present = u32_le_at(c, 4), at = 8, word = present;
	int padded = 0;

	while (word & 0x80000000u && at + 4 <= header) {
		word = u32_le_at(c, at);
		at += 4;
	}
	if (present & 1) /* TSFT: eight bytes, aligned to eight */
		at = ((at + 7) & ~7u) + 8;
	if (present & 2 && at < header)
		padded = (byte_at(c, at) & 0x20) != 0;
	skip_header(c, header);
	link_read_wireless(c, padded);
}

/* Prism's fixed header, or AVS's, which drivers deliver under the same link type. */
static void link_read_prism(struct captured *c)
{
	__u32 length = PRISM_HEADER;

	if (u16_at(c, 0) == 0x8021) /* AVS: magic, then the length, both in network order */
		length = u16_at(c, 6);
	skip_header(c, length);
	link_read_wireless(c, 0);
}

/* ---- headers that announce another link type ---------------------------------------------- */

static void link_read_announced(struct captured *c, __u32 header, __u32 type, int depth)
{
	skip_header(c, header);
	link_read_nested(link_type_of_file(type), c, depth + 1);
}

static void link_read_ppi(struct captured *c, int depth)
{
	link_read_announced(c, u16_le_at(c, 2), u32_le_at(c, 4), depth);
}

/* Apple's: length, kind of the record (1: a packet), link type, all in little endian. */
static void link_read_pktap(struct captured *c, int depth)
{
	if (u32_le_at(c, 4) == 1)
		link_read_announced(c, u32_le_at(c, 0), u32_le_at(c, 8), depth);
}

/* ---- all --------------------------------------------------------------------------------- */

static const int supported[] = {
	DLT_EN10MB,	   DLT_LINUX_SLL,
	DLT_LINUX_SLL2,	   DLT_RAW,
	DLT_IPV4,	   DLT_IPV6,
	DLT_NULL,	   DLT_LOOP,
	DLT_PPP,	   DLT_PPP_SERIAL,
	DLT_PPP_ETHER,	   DLT_PPP_PPPD,
	DLT_C_HDLC,	   DLT_PFLOG,
	DLT_NFLOG,	   DLT_PKTAP,
	DLT_PPI,	   DLT_IEEE802_11,
	DLT_IPOIB,	   DLT_IPNET,
	DLT_PRISM_HEADER,  DLT_IEEE802_11_RADIO,
	DLT_JUNIPER_ETHER, DLT_IEEE802_11_RADIO_AVS,
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

int link_type_of_file(__u32 type)
{
	return type == 101 ? DLT_RAW : type > 0xffff ? -1 : (int)type;
}

static void link_read_nested(int type, struct captured *c, int depth)
{
	if (depth > NESTED_MAX)
		return;
	switch (type) {
	case DLT_EN10MB:
		return link_read_ethernet(c);
	case DLT_LINUX_SLL:
		return link_read_cooked(c);
	case DLT_LINUX_SLL2:
		return link_read_cooked2(c);
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return link_read_raw(c, 0);
	case DLT_NULL:
	case DLT_LOOP:
		return link_read_bsd_loopback(c);
	case DLT_PPP_ETHER:
		return link_read_ppp(c, PPPOE_HEADER);
	case DLT_PPP:
	case DLT_PPP_SERIAL:
	case DLT_PPP_PPPD:
		return link_read_ppp(c, 0);
	case DLT_C_HDLC:
		return link_read_ethertype(c, 4, u16_at(c, 2));
	case DLT_PFLOG:
		return link_read_pflog(c);
	case DLT_NFLOG:
		return link_read_nflog(c);
	case DLT_IPOIB: /* as tcpdump's print-ipoib.c has it */
		return link_read_ethertype(c, IPOIB_HEADER, u16_at(c, IPOIB_HEADER - 4));
	case DLT_IPNET:
		return link_read_raw(c, IPNET_HEADER);
	case DLT_JUNIPER_ETHER:
		return link_read_juniper(c);
	case DLT_IEEE802_11:
		return link_read_wireless(c, 0);
	case DLT_IEEE802_11_RADIO:
		return link_read_radiotap(c);
	case DLT_PRISM_HEADER:
	case DLT_IEEE802_11_RADIO_AVS:
		return link_read_prism(c);
	case DLT_PPI:
		return link_read_ppi(c, depth);
	case DLT_PKTAP:
		return link_read_pktap(c, depth);
	default:
		return;
	}
}

void link_read(int type, struct captured *c)
{
	c->protocol = 0;
	c->network = 0;
	c->ethernet = 0;
	link_read_nested(type, c, 0);
}
