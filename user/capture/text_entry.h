/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What one entry of tcpdump's text says, behind its time. Knows no other entry, and makes no
 * packet of it.
 */
#ifndef CAPTURE_TEXT_ENTRY_H
#define CAPTURE_TEXT_ENTRY_H

#include <dnsreach.h>
#include <stddef.h>

#define QUESTION_BYTES 259 /* a name of 255 bytes, type, class (RFC 1035, 4.1.2) */
#define INTERFACE_NAME_SIZE 16

struct text_side {
	struct ip_address address;
	int version; /* of IP, as the text has the address: ::ffff:192.0.2.1 is 6 */
	__u16 port;  /* host order; 0: none */
};

struct text_dns {
	__u16 id;
	__u8 flags, rcode;     /* the third and the fourth byte of the header */
	__u16 question_length; /* 0: the question is not known */
	__u8 question[QUESTION_BYTES];
};

/* What an ICMP line says of a packet that it does not show. */
struct text_icmp {
	__u8 type, code;
	__u8 version; /* of `resolver`: where the quoted packet went; 0: the line does not tell */
	__u16 port;   /* UDP port it went to; 0: the line does not tell */
	__u32 mtu;
	struct ip_address resolver;
};

enum text_kind {
	TEXT_OTHER, /* other traffic */
	TEXT_DNS,
	TEXT_ICMP,
};

enum text_quote { QUOTE_NONE, QUOTE_SHORT, QUOTE_WHOLE };

struct text_entry {
	int version; /* of IP: 4, 6 */
	enum text_kind kind;
	struct text_side from, to;
	struct text_dns dns; /* of an ICMP message: the quoted one, where the text shows it (-v) */
	struct text_icmp icmp;
	enum text_quote quote;
	struct text_side quoted_from, quoted_to;
	char interface[INTERFACE_NAME_SIZE]; /* empty: not named */
};

struct text_ports {
	const __u16 *ports; /* host order */
	size_t count;
};

/* NULL, or why this cannot be read. The text is that behind the time. */
const char *text_entry_read(const char *text, const struct text_ports *ports, struct text_entry *e);

int text_port_watched(const struct text_ports *ports, __u16 port);

#endif
