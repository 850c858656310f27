// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A hash of resolvers by key: open addressing with linear probing. */
#include "health/resolver_map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 64
#define HASH_FACTOR 0x9e3779b97f4a7c15ULL /* 2^64 divided by the golden ratio */

static __u64 hash_of(const struct resolver_key *key)
{
	__u64 words[sizeof(*key) / sizeof(__u64)], hash = 0;
	size_t i;

	memcpy(words, key, sizeof(*key));
	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		hash = (hash ^ words[i]) * HASH_FACTOR;
		hash ^= hash >> 32;
	}
	return hash;
}

_Static_assert(sizeof(struct resolver_key) % sizeof(__u64) == 0, "a key is whole words");

/* Returns the key's slot, or the free one where it belongs. */
static struct health_entry **slot_of(struct health_entry **slots, size_t slot_count,
				     const struct resolver_key *key, __u64 hash)
{
	size_t i = hash & (slot_count - 1);

	while (slots[i] &&
	       (slots[i]->hash != hash || memcmp(&slots[i]->key, key, sizeof(*key)) != 0))
		i = (i + 1) & (slot_count - 1);
	return &slots[i];
}

static int map_grow(struct resolver_map *map)
{
	size_t slot_count = map->slot_count ? 2 * map->slot_count : FIRST_SLOTS, i;
	struct health_entry **slots = calloc(slot_count, sizeof(struct health_entry *));

	if (!slots)
		return -ENOMEM;
	for (i = 0; i < map->slot_count; i++)
		if (map->slots[i])
			*slot_of(slots, slot_count, &map->slots[i]->key, map->slots[i]->hash) =
				map->slots[i];
	free(map->slots);
	map->slots = slots;
	map->slot_count = slot_count;
	return 0;
}

struct health_entry *resolver_map_lookup(const struct resolver_map *map,
					 const struct resolver_key *key)
{
	return map->count ? *slot_of(map->slots, map->slot_count, key, hash_of(key)) : NULL;
}

/* Returns a zeroed entry; NULL when out of memory. */
static struct health_entry *entry_new(struct resolver_map *map)
{
	struct health_entry *entry = map->freed;
	struct entry_block *block;

	if (entry) {
		map->freed = (struct health_entry *)entry->due.next;
	} else {
		if (!map->blocks || map->block_used == ENTRIES_TOGETHER) {
			block = malloc(sizeof(*block));
			if (!block)
				return NULL;
			block->next = map->blocks;
			map->blocks = block;
			map->block_used = 0;
		}
		entry = &map->blocks->entries[map->block_used++];
	}
	memset(entry, 0, sizeof(*entry));
	return entry;
}

static void entry_free(struct resolver_map *map, struct health_entry *entry)
{
	entry->due.next = (struct due_node *)map->freed;
	map->freed = entry;
}

struct health_entry *resolver_map_insert(struct resolver_map *map, const struct resolver_key *key)
{
	struct health_entry **slot, *entry;
	__u64 hash = hash_of(key);

	if (4 * map->count >= 3 * map->slot_count && map_grow(map))
		return NULL;
	slot = slot_of(map->slots, map->slot_count, key, hash);
	if (*slot)
		return *slot;
	entry = entry_new(map);
	if (!entry)
		return NULL;
	entry->key = *key;
	entry->hash = hash;
	map->count++;
	*slot = entry;
	return entry;
}

/* Moves entries behind the gap into it, so that no probe ends at a free slot before its key. */
void resolver_map_remove(struct resolver_map *map, struct health_entry *entry)
{
	size_t mask = map->slot_count - 1;
	size_t gap = slot_of(map->slots, map->slot_count, &entry->key, entry->hash) - map->slots;
	size_t i = gap;

	due_wheel_set(&map->due, &entry->due, DUE_NEVER);
	entry_free(map, entry);
	map->count--;
	map->slots[gap] = NULL;
	for (i = (i + 1) & mask; map->slots[i]; i = (i + 1) & mask) {
		if (((i - map->slots[i]->hash) & mask) < ((i - gap) & mask))
			continue; /* its probe begins behind the gap */
		map->slots[gap] = map->slots[i];
		map->slots[i] = NULL;
		gap = i;
	}
}

struct health_entry *resolver_map_next(const struct resolver_map *map, size_t *position)
{
	while (*position < map->slot_count) {
		struct health_entry *entry = map->slots[(*position)++];

		if (entry)
			return entry;
	}
	return NULL;
}

void resolver_map_free(struct resolver_map *map)
{
	struct entry_block *block, *next;

	for (block = map->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	free(map->slots);
	memset(map, 0, sizeof(*map));
}
