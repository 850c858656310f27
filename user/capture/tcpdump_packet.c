// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * An entry as the bytes of an IP packet, whole and with right lengths and checksums, whatever
 * lengths the text names: RFC 791, RFC 8200, RFC 768, RFC 792, RFC 4443, RFC 1035.
 */
#include "capture/tcpdump_packet.h"

#include <arpa/inet.h>
#include <string.h>

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define UDP_HEADER 8
#define ICMP_HEADER 8
#define DNS_HEADER 12
#define ICMP 1
#define UDP 17
#define TCP 6
#define TCP_HEADER 20
#define ICMPV6 58
#define TTL 0 /* not known; no packet arrives with it */
#define IPV4_DONT_FRAGMENT 0x4000

static void put16(__u8 *to, size_t number)
{
	to[0] = (__u8)(number >> 8);
	to[1] = (__u8)number;
}

static void put32(__u8 *to, __u32 number)
{
	put16(to, number >> 16);
	put16(to + 2, number & 0xffff);
}

static __u32 sum(const __u8 *bytes, size_t length, __u32 so_far)
{
	size_t i;

	for (i = 0; i < length; i++)
		so_far += (__u32)bytes[i] << (i % 2 ? 0 : 8);
	return so_far;
}

static __u16 folded(__u32 total)
{
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (__u16)~total;
}

/* Addresses, protocol and length take part in it (RFC 768, RFC 8200 8.1). */
static __u16 checksum(const __u8 *ip, int version, __u8 protocol, const __u8 *bytes, size_t length)
{
	__u32 pseudo = version == 4 ? sum(ip + 12, 8, 0) : sum(ip + 8, 32, 0);

	return folded(sum(bytes, length, pseudo + protocol + (__u32)length));
}

static size_t ip_header_size(int version)
{
	return version == 4 ? IPV4_HEADER : IPV6_HEADER;
}

static void put_ip(__u8 *to, int version, const struct ip_address *from,
		   const struct ip_address *destination, __u8 protocol, size_t payload)
{
	memset(to, 0, ip_header_size(version));
	if (version == 6) {
		to[0] = 0x60;
		put16(to + 4, payload);
		to[6] = protocol;
		to[7] = TTL;
		memcpy(to + 8, from, sizeof(*from));
		memcpy(to + 24, destination, sizeof(*destination));
		return;
	}
	to[0] = 0x45;
	put16(to + 2, IPV4_HEADER + payload);
	put16(to + 6, IPV4_DONT_FRAGMENT);
	to[8] = TTL;
	to[9] = protocol;
	memcpy(to + 12, &from->w[3], 4);
	memcpy(to + 16, &destination->w[3], 4);
	put16(to + 10, folded(sum(to, IPV4_HEADER, 0)));
}

static size_t put_dns(__u8 *to, const struct text_dns *dns)
{
	memset(to, 0, DNS_HEADER);
	put16(to, dns->id);
	to[2] = dns->flags;
	to[3] = dns->rcode;
	to[5] = dns->question_length ? 1 : 0;
	memcpy(to + DNS_HEADER, dns->question, dns->question_length);
	return DNS_HEADER + dns->question_length;
}

/* RFC 9293, 3.1. A SYN without options; the window is not known. */
size_t text_packet_connect(const struct text_packet *p, __u8 *to)
{
	__u8 *tcp = to + ip_header_size(p->version);

	memset(tcp, 0, TCP_HEADER);
	put16(tcp, p->from->port);
	put16(tcp + 2, p->to->port);
	put32(tcp + 4, p->tcp->sequence);
	put32(tcp + 8, p->tcp->flags & TEXT_ACK ? p->tcp->acknowledgment : 0);
	tcp[12] = TCP_HEADER / 4 << 4;
	tcp[13] = p->tcp->flags;
	put_ip(to, p->version, &p->from->address, &p->to->address, TCP, TCP_HEADER);
	put16(tcp + 16, checksum(to, p->version, TCP, tcp, TCP_HEADER));
	return ip_header_size(p->version) + TCP_HEADER;
}

size_t text_packet_dns(const struct text_packet *p, __u8 *to)
{
	size_t header = ip_header_size(p->version), length;
	__u8 *udp = to + header;
	__u16 check;

	length = UDP_HEADER + put_dns(udp + UDP_HEADER, p->dns);
	put16(udp, p->from->port);
	put16(udp + 2, p->to->port);
	put16(udp + 4, length);
	put16(udp + 6, 0);
	put_ip(to, p->version, &p->from->address, &p->to->address, UDP, length);
	check = checksum(to, p->version, UDP, udp, length);
	put16(udp + 6, check ? check : 0xffff);
	return header + length;
}

/* A short quote: IP header and 8 bytes, of a packet that was longer. */
static size_t put_quote(const struct text_packet *quote, enum text_quote kind, __u8 *to)
{
	size_t header = ip_header_size(quote->version);
	size_t length = quote->dns ? text_packet_dns(quote, to) : text_packet_connect(quote, to);

	return kind == QUOTE_SHORT ? header + UDP_HEADER : length;
}

size_t text_packet_icmp(const struct text_packet *quote, enum text_quote kind,
			const struct text_icmp *icmp, const struct ip_address *reporter,
			const struct ip_address *client, __u8 *to)
{
	int version = quote->version;
	size_t header = ip_header_size(version), length;
	__u8 protocol = version == 4 ? ICMP : ICMPV6, *message = to + header;

	length = ICMP_HEADER + put_quote(quote, kind, message + ICMP_HEADER);
	memset(message, 0, ICMP_HEADER);
	message[0] = icmp->type;
	message[1] = icmp->code;
	put16(message + 6, icmp->mtu); /* the lower half of ICMPv6's 32 bits (RFC 4443, 3.2) */
	put_ip(to, version, reporter, client, protocol, length);
	if (version == 4)
		put16(message + 2, folded(sum(message, length, 0)));
	else
		put16(message + 2, checksum(to, version, protocol, message, length));
	return header + length;
}
