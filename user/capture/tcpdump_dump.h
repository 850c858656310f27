/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The bytes below a line of tcpdump -x, -xx, -X: what an ICMP error quotes stands in them. */
#ifndef CAPTURE_TCPDUMP_DUMP_H
#define CAPTURE_TCPDUMP_DUMP_H

#include "capture/tcpdump_entry.h"

#define DUMP_MAX 512 /* bytes that are kept of a packet */

/* The beginning of a dump, as far as its lines follow each other without a gap. */
struct text_dump {
	int has_lines; /* there is one, whatever could be read of it */
	size_t length;
	__u8 bytes[DUMP_MAX];
};

/* Is it a line of a dump: `0x0010:  2001 0db8 ...`? */
int text_dump_is_line(const char *text);

/* Add a line of a dump. A line out of order ends it. */
void text_dump_add(struct text_dump *dump, const char *text);

/*
 * Read in the dump of an ICMP error what it quotes, where the line shows no quote. A packet to a
 * port that is not watched makes the entry one of other traffic.
 */
void text_dump_quote(const struct text_dump *dump, const struct text_ports *ports,
		     struct text_entry *e);

#endif
