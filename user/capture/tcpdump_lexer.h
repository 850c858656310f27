/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words that a line of tcpdump is made of: numbers, addresses, ports, the two endpoints. */
#ifndef CAPTURE_TCPDUMP_LEXER_H
#define CAPTURE_TCPDUMP_LEXER_H

#include "util/address.h"

#include <dnsreach.h>
#include <stddef.h>

#define WORD_SIZE 300	       /* bytes; the longest name, escaped in part; a longer word is cut */
#define INTERFACE_NAME_SIZE 16 /* IFNAMSIZ */

/* An address, and a port where one is named. */
struct endpoint {
	struct ip_address address;
	int version; /* of IP, as the text has the address: ::ffff:192.0.2.1 is 6 */
	__u16 port;  /* host order; 0: none */
};

/* Tests for the same address and port, whatever version the text has them in. */
static inline int endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && address_equal(&a->address, &b->address);
}

/* Copy the next word (up to a space). Returns where the text goes on, or NULL at the end. */
const char *lexer_word(const char *text, char word[WORD_SIZE]);

/* Parse decimal digits. Returns where they end, or NULL: none, or more than `most`. */
const char *lexer_number(const char *text, __u32 most, __u32 *number);

/* Returns `text` behind `beginning` when it begins so, else NULL. */
const char *lexer_behind(const char *text, const char *beginning);

/* Returns the first of a NULL-terminated list that `text` begins with, or NULL. */
const char *lexer_begins_with(const char *text, const char *const *beginnings);

/* Parse an address and nothing else, IPv4 as ::ffff:a.b.c.d. Returns 4, 6, or 0 for no address. */
int lexer_address(const char *text, struct ip_address *address);

/* Parse `fe80::1%eth0` too; the zone is left out. IPv4 has none (RFC 4007, 1). As lexer_address().
 */
int lexer_zoned_address(const char *text, struct ip_address *address);

/* Parse a port: 53, domain. Returns 0 for none; a name that is not known has a stand-in. */
__u16 lexer_port(const char *name);

/* Returns the port of `192.0.2.53.53`, with a mark behind it or without; 0 for another word. */
__u16 lexer_port_of_endpoint(const char *word);

/* The text before the colon of `192.0.2.1.52444 > 203.0.113.2.53: `. */
enum sides_kind {
	SIDES_NONE,    /* no two sides at all */
	SIDES_NAMES,   /* at least one of them is a name */
	SIDES_ARROW,   /* two addresses without a colon: not of tcpdump (tshark) */
	SIDES_NUMBERS, /* two addresses */
};

struct sides {
	struct endpoint from, to;
	const char *begin;	    /* of the first side */
	const char *behind;	    /* the colon and the spaces */
	__u16 named_from, named_to; /* SIDES_NAMES: the ports, 0: none */
	int has_colon;		    /* behind the second side, as tcpdump prints it */
};

enum sides_kind lexer_sides(const char *text, struct sides *sides);

/* Does the text hold a word of DNS or ICMP errors: `A?`, `NXDomain`, `unreachable`? */
int lexer_has_dns_words(const char *text);

#endif
