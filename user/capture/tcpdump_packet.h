/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An entry as the bytes of an IP packet. */
#ifndef CAPTURE_TCPDUMP_PACKET_H
#define CAPTURE_TCPDUMP_PACKET_H

#include "capture/tcpdump_entry.h"

#define TEXT_PACKET_MAX 512 /* two IPv6 headers, ICMP, UDP, DNS with the longest name: 376 */

/* The parts of the packet. Of an ICMP message, *dns and the sides below are the quote's. */
struct text_packet {
	int version;
	const struct endpoint *from, *to;
	const struct text_dns *dns; /* a message over UDP, or */
	const struct text_tcp *tcp; /* a segment without data */
};

/* Each writes up to TEXT_PACKET_MAX bytes and returns the packet's length. */
size_t text_packet_dns(const struct text_packet *p, __u8 *to);
size_t text_packet_connect(const struct text_packet *p, __u8 *to);
size_t text_packet_icmp(const struct text_packet *quote, enum text_quote kind,
			const struct text_icmp *icmp, const struct ip_address *reporter,
			const struct ip_address *client, __u8 *to);

#endif
