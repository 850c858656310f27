/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Addresses and resolvers as text, and text as resolvers. Which resolvers there are, and where
 * they are configured, is for others.
 */
#ifndef UTIL_ADDRESS_H
#define UTIL_ADDRESS_H

#include <dnsreach.h>

#define DNS_PORT 53
#define ADDRESS_TEXT_SIZE 64  /* the longest IPv6 text, '%', an interface's name */
#define RESOLVER_TEXT_SIZE 80 /* that in brackets, ':', a port */

/* IPv4, held as ::ffff:a.b.c.d. */
int address_is_ipv4(const struct ip_address *address);

/* fe80::/10: means something only together with its interface. */
int address_is_link_local(const struct ip_address *address);

/* The entry `other`: resolvers that found no room of their own. */
int resolver_is_other(const struct resolver_key *key);

/* a.b.c.d, or RFC 5952 with %interface when `scope` is not 0. Returns `out`. */
const char *address_text(const struct ip_address *address, __u32 scope,
			 char out[ADDRESS_TEXT_SIZE]);

/* The address; with the port when it is not 53: a.b.c.d:5353, [2001:db8::1]:5353; or "other". */
const char *resolver_text(const struct resolver_key *key, char out[RESOLVER_TEXT_SIZE]);

/* "udp". */
const char *transport_text(__u8 transport);

/*
 * 0, -EINVAL (not an address), or -ENODEV (a link-local address without an interface that
 * exists; the interface is a name or a number).
 */
int address_parse(const char *text, struct ip_address *address, __u32 *scope);

/*
 * Parses any address, also one that no query can go to (a forged message may name it), and a
 * link-local one whose interface is not on this host: then *scope is 0. 0 or -EINVAL
 */
int address_parse_any(const char *text, struct ip_address *address, __u32 *scope);

/* What resolver_text() writes, except "other"; the port is 53 where the text has none. */
int resolver_parse(const char *text, struct resolver_key *key);

#endif
