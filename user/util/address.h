/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * IP addresses and resolvers, written as text and parsed.
 */
#ifndef UTIL_ADDRESS_H
#define UTIL_ADDRESS_H

#include <dnsreach.h>
#include <string.h>

#define DNS_PORT 53
#define DOT_PORT 853
#define ADDRESS_TEXT_SIZE 64  /* the longest IPv6 text, '%', an interface's name */
#define RESOLVER_TEXT_SIZE 96 /* that in brackets, port, transport, and " (guests)" */

/* Tests for the same address. */
static inline int address_equal(const struct ip_address *a, const struct ip_address *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* Returns whether it is IPv4, which is stored as ::ffff:a.b.c.d. */
int address_is_ipv4(const struct ip_address *address);

/* Returns whether it is in fe80::/10, which needs its interface. */
int address_is_link_local(const struct ip_address *address);

/* Returns whether it is an entry `other`: all resolvers of a transport beyond --max-resolvers. */
int resolver_is_other(const struct resolver_key *key);

/* Returns whether the row counts connects: of TCP and TLS. */
int resolver_is_connects(const struct resolver_key *key);

/* Returns whether the row counts DNS messages: of UDP and TCP. */
int resolver_is_messages(const struct resolver_key *key);

/*
 * Shows scopes by the names that a recording gives them, or by number, from here on. The names of
 * this host's interfaces say nothing of a recording.
 */
void address_use_recorded_scopes(void);

/* Sets the name of a scope of the recording; "": it is not shown. Other names are ignored. */
void address_set_scope_name(__u32 scope, const char *name);

/* Writes a.b.c.d, or RFC 5952 with %interface when `scope` is not 0. Returns `out`. */
const char *address_text(const struct ip_address *address, __u32 scope,
			 char out[ADDRESS_TEXT_SIZE]);

/*
 * Writes the address, with the port when it is not the transport's own, and the transport when it
 * is not UDP: a.b.c.d:5353, [2001:db8::1]:5353, a.b.c.d/tcp; behind it " (guests)" for the row of
 * what guests ask; or "other". Returns `out`.
 */
const char *resolver_text(const struct resolver_key *key, char out[RESOLVER_TEXT_SIZE]);

/* Returns "udp", "tcp" or "dot". */
const char *transport_text(__u8 transport);

/*
 * Writes to *ret the key of the same resolver over another transport: UDP and TCP have one port,
 * and DNS over TLS on its own port belongs to port 53. Returns 0; -ENOENT: it has none.
 */
int resolver_over(const struct resolver_key *key, __u8 transport, struct resolver_key *ret);

/* Parses the output of transport_text(). Returns 0 or -EINVAL. */
int transport_parse(const char *text, __u8 *ret);

/* Returns "host" or "guest". */
const char *origin_text(__u8 origin);

/* Parses the output of origin_text(). Returns 0 or -EINVAL. */
int origin_parse(const char *text, __u8 *ret);

/*
 * Parses an address that can be queried. Returns 0, -EINVAL (not such an address), or -ENODEV (a
 * link-local address without an existing interface, which is given as a name or a number).
 */
int address_parse(const char *text, struct ip_address *address, __u32 *scope);

/*
 * Parses any address, also one that no query can go to (a forged message may name it), and a
 * link-local one whose interface is not on this host: then *scope is 0. 0 or -EINVAL
 */
int address_parse_any(const char *text, struct ip_address *address, __u32 *scope);

/* Parses the output of resolver_text() for UDP and origin host. Returns as address_parse(). */
int resolver_parse(const char *text, struct resolver_key *key);

#endif
