// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Entries of resolvers in a sorted row. */
#include "health/resolver_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 16

/* Where the key is, or belongs. */
static size_t position(const struct resolver_map *all, const struct resolver_key *key)
{
	size_t first = 0, behind = all->count;

	while (first < behind) {
		size_t middle = first + (behind - first) / 2;

		if (memcmp(all->entries[middle], key, sizeof(*key)) < 0)
			first = middle + 1;
		else
			behind = middle;
	}
	return first;
}

void *resolver_map_find(const struct resolver_map *all, const struct resolver_key *key)
{
	size_t at = position(all, key);

	if (at == all->count || memcmp(all->entries[at], key, sizeof(*key)))
		return NULL;
	return all->entries[at];
}

static int make_room(struct resolver_map *all)
{
	size_t room = all->room ? 2 * all->room : FIRST_ROOM;
	struct resolver_key **entries;

	if (all->count < all->room)
		return 0;
	entries = realloc(all->entries, room * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	all->entries = entries;
	all->room = room;
	return 0;
}

void *resolver_map_add(struct resolver_map *all, const struct resolver_key *key, size_t size)
{
	struct resolver_key *entry = calloc(1, size);
	size_t at = position(all, key);

	if (!entry || make_room(all)) {
		free(entry);
		return NULL;
	}
	*entry = *key;
	memmove(&all->entries[at + 1], &all->entries[at],
		(all->count++ - at) * sizeof(*all->entries));
	all->entries[at] = entry;
	return entry;
}

void resolver_map_drop(struct resolver_map *all, int (*unwanted)(struct resolver_key *entry),
		       void (*free_entry)(struct resolver_key *entry))
{
	size_t i, kept = 0;

	for (i = 0; i < all->count; i++) {
		if (unwanted(all->entries[i]))
			free_entry(all->entries[i]);
		else
			all->entries[kept++] = all->entries[i];
	}
	all->count = kept;
}

void resolver_map_free(struct resolver_map *all, void (*free_entry)(struct resolver_key *entry))
{
	size_t i;

	for (i = 0; i < all->count; i++)
		free_entry(all->entries[i]);
	free(all->entries);
	memset(all, 0, sizeof(*all));
}
