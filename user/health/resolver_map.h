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
struct by_key {
	struct resolver_key **entries; /* sorted by key */
	size_t count, room;
};

/* NULL: there is none */
void *by_key_find(const struct by_key *all, const struct resolver_key *key);

/* A new entry of `size` bytes, zero but for its key, which none of them has. NULL: out of memory */
void *by_key_add(struct by_key *all, const struct resolver_key *key, size_t size);

/* Frees those that `unwanted` says yes to, by `free_entry`. */
void by_key_drop(struct by_key *all, int (*unwanted)(struct resolver_key *entry),
		 void (*free_entry)(struct resolver_key *entry));

/* Frees them all, by `free_entry`. */
void by_key_free(struct by_key *all, void (*free_entry)(struct resolver_key *entry));

#endif
