/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Single packets, as the specs of ../packet/frames.h: queries, and what refers to an earlier one.
 * In which order and when they come is generate.c's.
 */
#ifndef INVENT_H
#define INVENT_H

#include "generate.h"

#define HISTORY 48
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

struct sent {
	struct udp_spec spec;
	uint64_t time;
};

struct generator {
	uint64_t random;
	uint64_t now;
	uint64_t timeout;
	struct ifindex_pair links;
	struct sent sent[HISTORY];
	unsigned sent_count;
	unsigned more_ports; /* client ports besides the few */
	unsigned cgroups;    /* that ask; 0: none is known */
	unsigned insisting;  /* so many queries more, each after the one before has timed out */
	struct step last[2]; /* of each CPU, to be seen again on another interface */
	unsigned cpu;	     /* on which the next packet is */
};

unsigned below(struct generator *g, unsigned n);
int percent(struct generator *g, unsigned n);
#define ONE_OF(g, list) (list)[below(g, COUNT(list))]

/* A query of this kind is sent now. */
void note_sent(struct generator *g, const struct udp_spec *s);
/* Time passes, and never backwards. */
void generate_later(struct generator *g);

uint32_t some_link(struct generator *g);
const struct sent *some_sent(struct generator *g);
/* Ordinary again, but for what identifies it. */
struct udp_spec plain(const struct udp_spec *s);

struct udp_spec new_query(struct generator *g);
struct udp_spec old_query(struct generator *g);
struct udp_spec response_to(struct generator *g, const struct sent *sent);
/* Quotes `sent`, by the resolver, a box on the way, or this host itself. */
struct icmp_spec icmp_about(struct generator *g, const struct sent *sent);

#endif
