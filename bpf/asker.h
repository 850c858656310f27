/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Askers: the cgroups whose sockets send the queries, with what they sent and what failed, for each
 * resolver. A bounded number of them has a row; the others count in the resolver's row `other`, so
 * that the rows of a resolver add up to its counters. All of it is off unless config.askers is set.
 *
 * A row is entries + number for an asker, and the resolver's number for `other`. Each CPU has its
 * own counters. Packets only ever add entries. User space chooses those that give their number back
 * (user/health/asker_places.h), in two steps that the sweep takes: it unlinks an asker, and later,
 * when no transaction and no CPU can count there any more, moves its counts and frees the number.
 */
#ifndef ASKER_H
#define ASKER_H

#include "counters.h"

MMAP_ARRAY(asker_index, __u64); /* tag << 32 | number, or 0: not used */
MMAP_ARRAY(askers, struct asker_entry);
MMAP_ARRAY(asker_counters, struct asker_counters);

#define ASKER_PROBES 8 /* words of the index that are searched */

/* Returns the cgroup of the socket that sent a packet of this host; 0: none did. */
static __always_inline __u64 asker_cgroup(struct __sk_buff *skb)
{
	if (!config.askers)
		return 0;
	if (config.clock_injected)
		return engine.cgroup;
	return kernel_skb_cgroup(skb);
}

static __always_inline __u64 asker_hash(__u32 resolver, __u64 cgroup)
{
	return hash_mix(hash_mix(sizes.seed, cgroup), hash_spread(resolver + 1));
}

/* A word of the index whose asker was unlinked: no asker has this number. */
#define ASKER_WORD_GONE 0xffffffffULL
/* No row: another CPU has taken the word of the index. */
#define ASKER_AGAIN (~0U)

/* Tests for the entry that `word` of the index names. */
static __always_inline int is_asker_at(__u64 word, __u64 hash, __u32 resolver, __u64 cgroup)
{
	struct asker_entry *entry = array_elem(askers, (__u32)word);

	return word && word >> 32 == hash >> 32 && entry && entry->cgroup == cgroup &&
	       entry->resolver == resolver;
}

static __always_inline int has_free_asker(void)
{
	return READ_ONCE(engine.askers) < ASKERS_MAX + READ_ONCE(engine.askers_freed);
}

/* Takes the ticket for a number that is free, and sets *ticket. Returns 0 when there is none. */
static __always_inline int asker_take_ticket(__u64 *ticket)
{
	*ticket = READ_ONCE(engine.askers);
	if (*ticket >= ASKERS_MAX + load_acquire(engine.askers_freed))
		return TRY_DONE;
	return compare_and_swap(&engine.askers, *ticket, *ticket + 1) == *ticket ? TRY_NEXT
										 : TRY_AGAIN;
}

/*
 * Returns the number of a ticket. The first numbers are in order. Later ones are those that were
 * given back: number n stays in the ring until its own ticket is given back.
 */
static __always_inline __u32 asker_number(__u64 ticket)
{
	__u32 place = (ticket & (ASKERS_MAX - 1)) + 1;
	struct asker_entry *ring = array_elem(askers, place);
	__u32 number = ring ? ring->free_number : 0;

	return number ? number : place;
}

/*
 * Takes a number, writes its entry, and the number to a word of the index that was `old`. Returns
 * the word that is there now, or 0 when there is no number left.
 */
static __always_inline __u64 asker_insert(__u64 *at, __u64 old, __u64 hash, __u32 resolver,
					  __u64 cgroup)
{
	__u64 ticket, word, found;
	struct asker_entry *entry;
	int result = asker_take_ticket(&ticket);

	if (result == TRY_AGAIN)
		result = asker_take_ticket(&ticket);
	if (result != TRY_NEXT)
		return 0;
	word = asker_number(ticket);
	entry = array_elem(askers, (__u32)word);
	if (!entry)
		return 0;
	word |= (hash >> 32) << 32;
	entry->cgroup = cgroup;
	entry->resolver = resolver;
	entry->born = entry->first = ticket + 1;
	found = compare_and_swap(at, old, word);
	if (found != old) {
		/* Another CPU was first. The number is lost unless it is the last one. */
		compare_and_swap(&engine.askers, ticket + 1, ticket);
		return found;
	}
	store_release(entry->state, ASKER_USED);
	return word;
}

/*
 * Finds or adds an asker. Returns its row; the resolver's row `other` when there is no room;
 * ASKER_AGAIN when it is to be tried once more.
 */
__noinline __u32 asker_search(__u32 resolver, __u64 cgroup, __u64 hash)
{
	__u64 *at, *free_at = 0, word, old = 0;
	__u32 i;

	UNROLL
	for (i = 0; i < ASKER_PROBES; i++) {
		at = array_elem(asker_index, (hash + i) & ASKER_INDEX_MASK);
		if (!at)
			return resolver;
		word = load_acquire(*at);
		if (is_asker_at(word, hash, resolver, cgroup))
			return sizes.entries + (__u32)word;
		if (!free_at && (!word || word == ASKER_WORD_GONE)) {
			free_at = at;
			old = word;
		}
		if (!word)
			break;
	}
	if (!free_at || !has_free_asker())
		return resolver;
	word = asker_insert(free_at, old, hash, resolver, cgroup);
	if (is_asker_at(word, hash, resolver, cgroup))
		return sizes.entries + (__u32)word;
	return word ? ASKER_AGAIN : resolver;
}

/* Returns the row of an asker: by one word of the index most often. */
static __always_inline __u32 asker_row(__u32 resolver, __u64 cgroup)
{
	__u64 hash = asker_hash(resolver, cgroup), word;
	__u64 *at = array_elem(asker_index, hash & ASKER_INDEX_MASK);
	__u32 row;

	if (!at)
		return resolver;
	word = load_acquire(*at);
	if (is_asker_at(word, hash, resolver, cgroup))
		return sizes.entries + (__u32)word;
	row = asker_search(resolver, cgroup, hash);
	if (row == ASKER_AGAIN)
		row = asker_search(resolver, cgroup, hash);
	return row == ASKER_AGAIN ? resolver : row;
}

static __always_inline struct asker_counters *asker_counters_of(__u32 row)
{
	return array_elem(asker_counters, kernel_cpu() * ASKER_ROWS(sizes.entries) + row);
}

/* Counts a query of an asker (row + 1). */
static __always_inline void count_asker_row(__u32 asker)
{
	struct asker_counters *cnt = asker_counters_of(asker - 1);

	if (cnt)
		cnt->queries++;
}

/*
 * Counts queries of an asker. Returns its row + 1 for the transaction, or 0 when askers are off.
 */
static __always_inline __u32 count_asker_queries(__u32 resolver, __u64 cgroup, __u64 n)
{
	struct asker_counters *cnt;
	__u32 row;

	if (!config.askers)
		return 0;
	row = asker_row(resolver, cgroup);
	cnt = asker_counters_of(row);
	if (cnt)
		cnt->queries += n;
	return row + 1;
}

/* Counts a failed transaction of an asker (row + 1; 0: none). The sweep calls this too. */
static __always_inline void count_asker_failed(__u32 asker)
{
	struct asker_counters *cnt;

	if (!config.askers || !asker)
		return;
	cnt = asker_counters_of(asker - 1);
	if (cnt)
		atomic_add(&cnt->failed, 1);
}

/* Counts an answer with an error RCODE, likewise. */
static __always_inline void count_asker_error(__u32 asker)
{
	struct asker_counters *cnt;

	if (!config.askers || !asker)
		return;
	cnt = asker_counters_of(asker - 1);
	if (cnt)
		cnt->errors++;
}

/* ---- numbers that are given back: by the sweep alone -------------------------------------- */

/* Takes an asker out of the index. Its counts stay until they are moved. */
static __always_inline void asker_unlink(__u32 number, struct asker_entry *entry)
{
	__u64 hash = asker_hash(entry->resolver, entry->cgroup), *at, word;
	__u32 i;

	if (entry->state != ASKER_USED)
		return;
	UNROLL
	for (i = 0; i < ASKER_PROBES; i++) {
		at = array_elem(asker_index, (hash + i) & ASKER_INDEX_MASK);
		if (!at)
			return;
		word = load_acquire(*at);
		if ((__u32)word == number && word >> 32 == hash >> 32) {
			compare_and_swap(at, word, ASKER_WORD_GONE);
			store_release(entry->state, ASKER_UNLINKED);
			return;
		}
	}
}

/* Returns the row of the copy that only the sweep writes. */
static __always_inline struct asker_counters *asker_moved(__u32 row)
{
	return array_elem(asker_counters, sizes.cpus * ASKER_ROWS(sizes.entries) + row);
}

static __always_inline void asker_add(__u32 row, const struct asker_counters *counts, __u64 sign)
{
	struct asker_counters *cnt = asker_moved(row);

	if (!cnt)
		return;
	cnt->queries += sign * counts->queries;
	cnt->failed += sign * counts->failed;
	cnt->errors += sign * counts->errors;
}

/* Returns the row for the counts of an asker that goes: another asker's, or that of former ones. */
static __always_inline __u32 asker_heir(const struct asker_entry *entry, __u32 number)
{
	struct asker_entry *heir = array_elem(askers, number);

	if (!number || !heir || heir->state != ASKER_USED || heir->resolver != entry->resolver)
		return entry->resolver;
	if (entry->first < heir->first)
		heir->first = entry->first;
	return sizes.entries + number;
}

/* Moves the counts of an asker that was unlinked, and puts its number behind the free ones. */
static __always_inline void asker_free(__u32 number, struct asker_entry *entry,
				       const struct asker_command *command)
{
	struct asker_entry *ring = array_elem(askers, (engine.askers_freed & (ASKERS_MAX - 1)) + 1);

	if (entry->state != ASKER_UNLINKED || !ring)
		return;
	asker_add(asker_heir(entry, command->to), &command->counts, 1);
	asker_add(sizes.entries + number, &command->counts, -1ULL);
	entry->state = ASKER_FREE;
	ring->free_number = number;
	store_release(engine.askers_freed, engine.askers_freed + 1);
}

/* Does one of the commands of user space. Returns 0; a global function returns something. */
__noinline int asker_do_command(__u32 i)
{
	struct asker_command *command;
	struct asker_entry *entry;

	barrier_index(i);
	if (i >= ASKER_COMMANDS)
		return 0;
	command = &engine.asker_commands[i];
	entry = array_elem(askers, command->number);
	if (!entry || !command->number)
		return 0;
	if (command->is_move)
		asker_free(command->number, entry, command);
	else
		asker_unlink(command->number, entry);
	return 0;
}

static __always_inline void asker_do_commands(void)
{
	__u32 i;

	if (!config.askers || !engine.asker_command_count)
		return;
	UNROLL
	for (i = 0; i < ASKER_COMMANDS; i++)
		if (i < engine.asker_command_count)
			asker_do_command(i);
	engine.asker_command_count = 0;
}

#endif
