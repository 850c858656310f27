/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The engine under test, one at a time: the shipped BPF object in the kernel by
 * BPF_PROG_TEST_RUN, or the same lines compiled natively. Starts afresh each time. Everything here
 * that knows a map is below "maps" in engine.c.
 */
#ifndef MODEL_ENGINE_H
#define MODEL_ENGINE_H

#include "generate.h"

enum engine_kind { ENGINE_NATIVE, ENGINE_KERNEL };

struct engine_entry {
	struct resolver_key key;
	struct resolver_counters counters;
	uint64_t in_flight;
};

struct engine_asker {
	struct resolver_key resolver;
	uint64_t cgroup;
	uint32_t number; /* of its row; 0: a sum, of those of the resolver that */
	int is_other;	 /* have no row, or that */
	int is_former;	 /* have lost it */
	int is_unlinked;
	uint64_t first;
	struct asker_counters counters;
};

#define ENGINE_ENTRIES_MOST 1024
#define ENGINE_ASKERS_MOST (2 * ENGINE_ENTRIES_MOST + ASKERS_MAX)
struct engine_counts {
	unsigned entry_count;
	struct engine_entry entries[ENGINE_ENTRIES_MOST];
	struct self_counters self;
	int counts_askers;
	unsigned asker_count;
	struct engine_asker askers[ENGINE_ASKERS_MOST];
};

void engine_start(enum engine_kind kind, const struct engine_config *c);
void engine_stop(void);
void engine_reserve(const struct resolver_key *key);
void engine_tagged(uint32_t ifindex, uint32_t vlan);
void engine_port(uint32_t port, uint32_t master, int is_bridge);

/* Can the engine be given it? BPF_PROG_TEST_RUN takes no tag apart and no short frame. */
int engine_takes(const struct step *s);
/* NULL, or what is wrong: it must let the next program run, and alter nothing. */
const char *engine_run(const struct step *s);
const char *engine_sweep(uint64_t now);
/* Gives the next sweep something to do with an asker. */
void engine_asker_command(const struct asker_command *command);
/* Returns the row that a lookup of this asker finds, and sets *first of it; 0: none. */
uint32_t engine_asker_number(const struct resolver_key *resolver, uint64_t cgroup, uint64_t *first);
void engine_read(struct engine_counts *ret);

#endif
