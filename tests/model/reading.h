/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the files that read packets. */
#ifndef READING_H
#define READING_H

#include "model.h"

enum { PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, PROTOCOL_ICMPV6 = 58 };

/* An IP header, of the packet or of a quote. */
struct ip {
	enum { IP_FINE, IP_NOT_OURS, IP_MALFORMED, IP_EXTENSION } fault;
	int v6, protocol;
	uint8_t source[16], destination[16];
	uint32_t header; /* bytes of all its headers */
	uint32_t room;	 /* bytes behind them, as the header says */
	int first_fragment;
	int cut; /* it goes on behind the bytes that are here */
	uint16_t id;
};

uint16_t be16(const uint8_t *b);
uint32_t least(uint32_t a, uint32_t b);
int is_watched(const struct engine_config *c, uint16_t port);
int has_mapped(const struct ip *ip);

/* Adds to the digest. */
void note(struct seen *s, const void *bytes, unsigned n);
void unparsed(struct seen *s, enum self_counter why);

/* `n` bytes are here. `quoted`: 0, or how long the quote is by the message's own length. */
struct ip read_ip(const uint8_t *b, uint32_t n, uint32_t frame, int v6, uint32_t quoted);

/* The ICMP message at `b`, of which `have` bytes are here. */
void read_icmp(const struct engine_config *c, const struct model_packet *p, const struct ip *outer,
	       const uint8_t *b, uint32_t have, struct seen *s);

/* The TCP header at `b`, of which `have` bytes are here; of a quote `n` bytes. */
void read_tcp(const struct engine_config *c, const struct model_packet *p, const struct ip *ip,
	      const uint8_t *b, uint32_t have, struct seen *s);
void read_quoted_tcp(const struct engine_config *c, const struct ip *outer, const struct ip *ip,
		     const uint8_t *b, uint32_t n, struct seen *s);

#endif
