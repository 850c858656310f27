/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Random packets steered towards trouble, from a seed: few addresses, ports and IDs, so that
 * queries are repeated, answered twice, too late, by forgers and on other interfaces; odd headers;
 * times just before and after each limit; changed bytes. The same seed gives the same packets.
 */
#ifndef GENERATE_H
#define GENERATE_H

#include "../packet/frames.h"

#include <dnsreach.h>

struct step { /* one packet, a sweep, or a resolver that is configured from now on */
	int sweep, reserve, out;
	struct resolver_key reserved;
	uint64_t now;
	uint64_t cgroup; /* of the sender; 0: none is known */
	struct frame frame;
};

/* Where the packets are, as interface numbers. */
struct ifindex_pair {
	uint32_t a, b;
};

struct generator;
struct generator *generate_start(uint64_t seed, const struct ifindex_pair *links);
void generate_stop(struct generator *g);

/* What this seed wants to be run with; the limits of the tables are the caller's. */
void generate_config(struct generator *g, struct engine_config *c);
/* Queries from many ports, so that the tables hold much at a time. */
void generate_spread(struct generator *g);
/* The queries are of so many cgroups. */
void generate_askers(struct generator *g, unsigned cgroups);
unsigned generate_reserved(struct generator *g, struct resolver_key *keys, unsigned most);

void generate_step(struct generator *g, struct step *s);

uint64_t random_next(uint64_t *state);

#endif
