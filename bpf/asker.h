/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Askers: the cgroups whose sockets send the queries, with what they sent and what failed, for each
 * resolver. A bounded number of them has a row; the others count in the resolver's row `other`, so
 * that the rows of a resolver add up to its counters. All of it is off unless config.askers is set.
 *
 * A row is entries + number for an asker, and the resolver's number for `other`. Each CPU has its
 * own counters. Entries are only ever added.
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

/* Tests for the entry `number`, which `word` of the index names. */
static __always_inline int is_asker_at(__u64 word, __u64 hash, __u32 resolver, __u64 cgroup)
{
	struct asker_entry *entry = array_elem(askers, (__u32)word);

	return word && word >> 32 == hash >> 32 && entry && entry->cgroup == cgroup &&
	       entry->resolver == resolver;
}

/* Takes a new number and writes its entry. Returns 0 when there is none left. */
static __always_inline __u32 asker_alloc(__u32 resolver, __u64 cgroup)
{
	__u64 number = __sync_fetch_and_add(&engine.askers, 1) + 1;
	struct asker_entry *entry = 0;

	if (number <= ASKERS_MAX)
		entry = array_elem(askers, number);
	if (!entry) {
		atomic_add(&engine.askers, -1);
		return 0;
	}
	entry->cgroup = cgroup;
	entry->resolver = resolver;
	return number;
}

/* Writes a new number to a free word of the index. Returns the word that is there now. */
static __always_inline __u64 asker_insert(__u64 *at, __u64 hash, __u32 resolver, __u64 cgroup)
{
	__u32 number = asker_alloc(resolver, cgroup);
	__u64 word = (hash >> 32) << 32 | number, found;
	struct asker_entry *entry;

	if (!number)
		return 0;
	found = compare_and_swap(at, 0, word);
	if (found) { /* another CPU was first; the number is lost unless it is the last one */
		compare_and_swap(&engine.askers, number, number - 1);
		return found;
	}
	entry = array_elem(askers, number);
	if (entry)
		store_release(entry->published, 1);
	return word;
}

/* Finds or adds an asker. Returns its row; the resolver's row `other` when there is no room. */
__noinline __u32 asker_search(__u32 resolver, __u64 cgroup, __u64 hash)
{
	__u64 *at, word;
	__u32 i;

	UNROLL
	for (i = 0; i < ASKER_PROBES; i++) {
		at = array_elem(asker_index, (hash + i) & ASKER_INDEX_MASK);
		if (!at)
			return resolver;
		word = load_acquire(*at);
		if (!word && READ_ONCE(engine.askers) < ASKERS_MAX)
			word = asker_insert(at, hash, resolver, cgroup);
		if (is_asker_at(word, hash, resolver, cgroup))
			return sizes.entries + (__u32)word;
		if (!word)
			break;
	}
	return resolver;
}

/* Returns the row of an asker: by one word of the index most often. */
static __always_inline __u32 asker_row(__u32 resolver, __u64 cgroup)
{
	__u64 hash = asker_hash(resolver, cgroup), word;
	__u64 *at = array_elem(asker_index, hash & ASKER_INDEX_MASK);

	if (!at)
		return resolver;
	word = load_acquire(*at);
	if (is_asker_at(word, hash, resolver, cgroup))
		return sizes.entries + (__u32)word;
	return asker_search(resolver, cgroup, hash);
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

#endif
