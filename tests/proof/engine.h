/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The engine of bpf/ with tables of one bucket each (two for the expired ones), so that all
 * transactions meet. Its memory is known by regions: hooks.c models the shared ones.
 */
#ifndef PROOF_ENGINE_H
#define PROOF_ENGINE_H

#include "../packet/frames.h"

#include <stddef.h>
#include <stdint.h>

#define PROOF_CPUS 3
#define SECOND 1000000000ULL

/* What one CPU has counted, or all of them together. */
struct tally {
	uint32_t queries, responses, transactions, retransmissions, untracked;
	uint32_t answered, unreachable, timed_out;
	uint32_t late, unmatched, icmp;
	uint32_t unmatched_self, busy, forgotten;
};

/* What is in the tables. */
struct contents {
	uint32_t open, expired;
	const char *wrong; /* NULL, or what is inconsistent */
};

struct proof_region {
	const char *name;
	unsigned char *base, *initial;
	size_t size;
	uint32_t word; /* 8: modelled by words of 8 bytes; 0: as accessed */
};

#define REGIONS_MAX 8

void engine_begin(void);
void engine_end(void);
/* Runs a message of this CPU at `now` (ns), or the sweep. */
void engine_message(const struct frame *f, int is_query, uint64_t now, uint32_t cpu);
void engine_sweep_at(uint64_t now, uint32_t cpu);
/* Returns the shared regions, whose number is in *n. */
struct proof_region *engine_regions(uint32_t *n);
/* Takes the memory as it is for the beginning of all runs. */
void engine_keep(void);
/* Puts this CPU's own memory back to the beginning. */
void engine_reset_cpu(uint32_t cpu);
/* Puts all shared memory back to the beginning. */
void engine_reset_shared(void);
void engine_tally(uint32_t cpu, struct tally *t);
void engine_contents(struct contents *c);
/* Returns the tag of the transaction in the first slot. */
uint32_t engine_first_tag(void);

#endif
