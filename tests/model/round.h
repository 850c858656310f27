/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What two CPUs do at the same time: a few packets each, most of them about the same transactions,
 * and sometimes the sweep. The clock stands still meanwhile.
 */
#ifndef ROUND_H
#define ROUND_H

#include "generate.h"
#include "model.h"

#define ROUND_PACKETS 3 /* of a CPU, at most */

struct round {
	uint64_t now;
	unsigned n[MODEL_CPUS];
	struct step packet[MODEL_CPUS][ROUND_PACKETS];
	int sweep;
	unsigned sweep_cpu,
		sweep_at; /* before this packet of that CPU, where it cannot interrupt */
	int apart;	  /* 1: one CPU after the other, since it is free what comes of it */
};

struct model_packet step_packet(const struct step *s);
struct model_packet round_packet(const struct round *r, unsigned cpu, unsigned i);

/* The last packet of each CPU, to be seen again on another interface, is the generator's. */
void generate_round(struct generator *g, struct round *r);
void round_remove(struct round *r, unsigned cpu, unsigned i);
/* Take out what docs/counters.md leaves free. Returns how many packets that were. */
unsigned decide_round(struct round *r, struct model *m, struct model *scratch);

#endif
