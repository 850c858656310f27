/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Resolvers of which nothing was counted for 5 minutes, and that have no open incident. An entry
 * then keeps all that its judge and its incidents know as a few hundred bytes. It is read back when
 * something happens to it, and nothing of it is lost.
 */
#ifndef HEALTH_QUIET_H
#define HEALTH_QUIET_H

#include "health/resolver_map.h"

#include <dnsreach.h>

struct quiet_resolver {
	__u32 length;
	__u8 bytes[];
};

/* Returns 1 for an entry that a snapshot has had, quiet or not. */
static inline int entry_is_judged(const struct health_entry *entry)
{
	return entry->judged || entry->quiet;
}

/* Makes an entry quiet that has come to rest. Out of memory, it stays as it is. */
void quiet_rest(struct resolver_map *map, struct health_entry *entry);

/* Gives free memory back after the last of some entries that became quiet. */
void quiet_end_second(struct resolver_map *map);

/* Makes a quiet entry an ordinary one. Returns 0, or -ENOMEM: it is still quiet. */
int quiet_wake(struct resolver_map *map, struct health_entry *entry);

/* Fills *judged, without what it has of memory, and *latest from a quiet entry. */
void quiet_read_judged(const struct health_entry *entry, struct judged_resolver *judged,
		       struct resolver_counters *latest);

/*
 * Fills *ret with the entry as if it were not quiet. Returns 0 or -ENOMEM. quiet_copy_free() frees
 * what the copy has of its own.
 */
int quiet_copy(const struct health_entry *entry, struct health_entry *ret);
void quiet_copy_free(const struct health_entry *entry, struct health_entry *copy);

/* Frees what all quiet entries keep: before the table itself. */
void quiet_free_all(struct resolver_map *map);

#endif
