/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The model's askers: pairs of a resolver's entry and the cgroup that has queried it, each with its
 * counters, however many there are. Which of them the engine has rows for is compare_askers.c's.
 * With config.askers only.
 */
#ifndef MODEL_ASKERS_H
#define MODEL_ASKERS_H

#include <stdint.h>

#include <dnsreach.h>

struct entry;

struct asker_pair {
	unsigned entry; /* number */
	uint64_t cgroup;
	struct asker_counters counters;
	unsigned next; /* of the same bucket: its number + 1; 0: none */
};

#define ASKER_BUCKETS 1024

struct asker_list {
	struct asker_pair *pairs; /* in the order of their first queries */
	unsigned count, room;
	unsigned buckets[ASKER_BUCKETS]; /* number + 1 of the first pair; 0: none */
};

/* Returns the number of a pair, or -1: it has never asked. */
int asker_list_find(const struct asker_list *l, unsigned entry, uint64_t cgroup);
/* Counts queries. Returns the number of the pair + 1. */
unsigned asker_list_count(struct asker_list *l, unsigned entry, uint64_t cgroup, unsigned n);
void asker_list_copy(struct asker_list *to, const struct asker_list *from);
void asker_list_free(struct asker_list *l);

#endif
