/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The latest queries of a text, for lines that do not say which query they are about: a response
 * without its question, an ICMP error without its quote. A bounded number; the oldest gives way.
 */
#ifndef CAPTURE_LAST_QUERY_CACHE_H
#define CAPTURE_LAST_QUERY_CACHE_H

#include "capture/tcpdump_entry.h"

#define QUERY_CACHE_SIZE 8192

struct known_query {
	struct endpoint client, resolver;
	struct text_dns dns;
	__u64 first_ns;	   /* of the transaction */
	int is_answered;   /* a response has come */
	int is_taken;	   /* an ICMP message has been matched with it */
	__u32 next_of_key; /* of the same hash: index + 1 of an older one; 0: none */
	__u32 next_of_pair;
};

struct last_query_cache {
	__u64 count;			 /* queries noted so far */
	__u64 timeout_ns;		 /* an older one has timed out */
	__u32 by_key[QUERY_CACHE_SIZE];	 /* client, port, resolver, port, ID: index + 1 */
	__u32 by_pair[QUERY_CACHE_SIZE]; /* addresses of client and resolver */
	size_t room;			 /* of `query`; grows up to QUERY_CACHE_SIZE */
	struct known_query *query;
};

/* Zeroed is empty. */
void last_query_cache_free(struct last_query_cache *c);

/* Note a query, unless there is no memory. A further one of an open transaction changes nothing. */
void last_query_note(struct last_query_cache *c, const struct endpoint *client,
		     const struct endpoint *resolver, const struct text_dns *dns, __u64 now);

/* Find the query that a response fits, and mark it as answered. Returns it or NULL. */
const struct known_query *last_query_answer(struct last_query_cache *c,
					    const struct endpoint *client,
					    const struct endpoint *resolver, __u16 id);

/* The queries that an ICMP message may be matched with. */
enum match_range {
	MATCH_RECENT, /* open, or timed out less than a minute ago */
	MATCH_ANY,    /* open, or timed out at any time */
};

/*
 * Match an ICMP message that shows no quote: among the queries of the client to the resolver (and
 * port, unless 0) the oldest open one that no message has taken, else the latest timed out one.
 * Returns it, or NULL; it is taken once the caller sets `is_taken`.
 */
struct known_query *last_query_match(struct last_query_cache *c, const struct ip_address *client,
				     const struct ip_address *resolver, __u16 port, __u64 now,
				     enum match_range range);

/* Mark the query that an ICMP message quotes as taken. */
void last_query_quoted(struct last_query_cache *c, const struct endpoint *client,
		       const struct endpoint *resolver, __u16 id);

/* Has the client a query open, to any resolver, among the latest ones? */
int last_query_is_open(const struct last_query_cache *c, const struct ip_address *client,
		       __u64 now);

/* Find the client's latest query to this resolver, as far as the cache knows. NULL: none. */
const struct known_query *last_query_latest(const struct last_query_cache *c,
					    const struct ip_address *client,
					    const struct ip_address *resolver);

#endif
