/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The parts that an entry is read in: words, addresses, a DNS message, an ICMP message. */
#ifndef CAPTURE_TEXT_PARTS_H
#define CAPTURE_TEXT_PARTS_H

#include "capture/text_entry.h"

#define WORD_SIZE 300 /* the longest name, escaped in part; a longer word is cut */

/* The next word (up to a space) into `word`; NULL at the end, else where the text goes on. */
const char *text_word(const char *text, char word[WORD_SIZE]);

/* Decimal digits at `text`: their number, and where they end; NULL: none, or more than `most`. */
const char *text_number(const char *text, __u32 most, __u32 *number);

/* `text` behind `beginning` when it begins so, else NULL. */
const char *text_behind(const char *text, const char *beginning);

/* `length` bytes: an address, with the port behind its last dot or without. 0 or -EINVAL. */
int text_side_read(const char *text, size_t length, struct text_side *side);

/* An address and nothing else, IPv4 as ::ffff:a.b.c.d. Returns 4 or 6, or 0 for no address. */
int text_address(const char *text, struct ip_address *address);

/* 53, domain; 0: no port that is known. */
__u16 text_port(const char *name);

/* `to_resolver`: what has lost its end is a query. 0, or -EINVAL: this is no DNS message. */
int text_dns_read(const char *text, int to_resolver, struct text_dns *dns);

/* Text behind `ICMP ` or `ICMP6, `. 0, or -ENOENT: this is about nothing that UDP was sent to. */
int text_icmp_read(const char *text, int version, struct text_icmp *icmp);

#endif
