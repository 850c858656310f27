/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What somebody keeps of each resolver, found by its key. What else is in an entry is for whoever
 * keeps it.
 */
#ifndef HEALTH_RESOLVER_MAP_H
#define HEALTH_RESOLVER_MAP_H

#include <dnsreach.h>
#include <stddef.h>

/* Zeroed is empty. Entries begin with their key. */
struct resolver_map {
	struct resolver_key **entries; /* sorted by key */
	size_t count, room;
};

/* NULL: there is none */
void *resolver_map_find(const struct resolver_map *all, const struct resolver_key *key);

/* A new entry of `size` bytes, zero but for its key, which none of them has. NULL: out of memory */
void *resolver_map_add(struct resolver_map *all, const struct resolver_key *key, size_t size);

/* Frees those that `unwanted` says yes to, by `free_entry`. */
void resolver_map_drop(struct resolver_map *all, int (*unwanted)(struct resolver_key *entry),
		       void (*free_entry)(struct resolver_key *entry));

/* Frees them all, by `free_entry`. */
void resolver_map_free(struct resolver_map *all, void (*free_entry)(struct resolver_key *entry));

#endif
