/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of resolvers, a hash by key. An entry is allocated once and never moves, so that
 * pointers to it stay valid until it is removed. Each file of health/ has its own part of an
 * entry, and frees that part itself.
 */
#ifndef HEALTH_RESOLVER_MAP_H
#define HEALTH_RESOLVER_MAP_H

#include "health/due_wheel.h"

#include <dnsreach.h>
#include <stddef.h>

struct judged_resolver;
struct followed_resolver;
struct sparkline;
struct quiet_resolver;

struct health_entry {
	struct due_node due; /* first, so that a node is its entry */
	struct resolver_key key;
	__u64 hash;
	struct judged_resolver *judged;	    /* of judge.c; NULL until a snapshot has it */
	struct followed_resolver *followed; /* of incident.c, or NULL */
	struct sparkline *sparkline;	    /* of sparkline.c, or NULL */
	struct quiet_resolver *quiet;	    /* of quiet.c: then `judged` and `followed` are NULL */
};

/* Entries are allocated many at a time: they outlive what is allocated beside them. */
#define ENTRIES_TOGETHER 512
struct entry_block {
	struct entry_block *next;
	struct health_entry entries[ENTRIES_TOGETHER];
};

/* The bytes of quiet entries: see quiet.c. Zeroed is empty. */
struct quiet_store {
	struct quiet_block *blocks; /* the first one is being filled */
	size_t used, live;	    /* bytes in the blocks; those of entries that are still quiet */
	unsigned int rested;	    /* entries, since memory was given back last */
	unsigned int rested_before; /* the same, at the end of the second before */
};

/* Zeroed is empty. */
struct resolver_map {
	struct health_entry **slots; /* open addressing; a power of two, at most 3/4 full */
	size_t slot_count, count;
	struct due_wheel due; /* entries that are to be looked at, changed or not */
	struct entry_block *blocks;
	size_t block_used;	    /* entries of the first block that were used so far */
	struct health_entry *freed; /* a chain by `due.next` */
	struct quiet_store quiet;
};

/* Returns the entry, or NULL when there is none. */
struct health_entry *resolver_map_lookup(const struct resolver_map *map,
					 const struct resolver_key *key);

/* Returns the entry, made when there was none; NULL when out of memory. */
struct health_entry *resolver_map_insert(struct resolver_map *map, const struct resolver_key *key);

/* Removes and frees an entry. Its parts must be freed by then. */
void resolver_map_remove(struct resolver_map *map, struct health_entry *entry);

/* Returns the next entry from *position on (0 at first), in no order; NULL after the last one. */
struct health_entry *resolver_map_next(const struct resolver_map *map, size_t *position);

/* Frees all entries. Their parts must be freed by then. */
void resolver_map_free(struct resolver_map *map);

#endif
