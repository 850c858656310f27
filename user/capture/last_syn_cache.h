/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The latest SYNs of a text to DNS ports: for an RST whose number is relative to its SYN, and for
 * an ICMP error without its quote. A bounded number; the oldest gives way.
 */
#ifndef CAPTURE_LAST_SYN_CACHE_H
#define CAPTURE_LAST_SYN_CACHE_H

#include "capture/tcpdump_lexer.h"

#define SYN_CACHE_SIZE 512

struct known_syn {
	struct endpoint client, resolver;
	__u32 sequence;
	__u64 first_ns; /* of the connect */
	int is_ended;	/* an answer or an ICMP message has come */
};

/* Zeroed is empty. */
struct last_syn_cache {
	__u64 count; /* SYNs noted so far */
	struct known_syn syn[SYN_CACHE_SIZE];
};

/* Notes a SYN. A retransmission of one that has not ended changes nothing. */
void last_syn_note(struct last_syn_cache *c, const struct endpoint *client,
		   const struct endpoint *resolver, __u32 sequence, __u64 now);

/* Finds the latest SYN of these two. Returns it, or NULL. */
struct known_syn *last_syn_find(struct last_syn_cache *c, const struct endpoint *client,
				const struct endpoint *resolver);

/*
 * Finds the SYN that an ICMP message is about: the oldest one of the client to the resolver (and
 * port, unless 0) that has not ended and was sent within `timeout_ns`. Returns it, or NULL.
 */
struct known_syn *last_syn_match(struct last_syn_cache *c, const struct ip_address *client,
				 const struct ip_address *resolver, __u16 port, __u64 now,
				 __u64 timeout_ns);

#endif
