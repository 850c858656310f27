/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counters of each resolver and of the tool itself. A resolver has a slot, a number for good;
 * its counters stand in one lane for each CPU, at cpu * slots + slot, so that counting is a plain
 * addition to memory that no other CPU writes. Nothing is ever removed, and only the kernel side
 * makes an entry.
 *
 * Plain additions lose nothing: on both hooks softirqs are off, and the sweep, which they may
 * interrupt on its own CPU, adds atomically (count_atomic(), atomic_add()).
 */
#ifndef RESOLVER_H
#define RESOLVER_H

#include "kernel.h"

#include <percpu_counters.h>

MMAP_ARRAY(resolvers, struct resolver_entry);
MMAP_ARRAY(resolver_table, struct resolver_line);
MMAP_ARRAY(counters, struct percpu_counters);
MMAP_ARRAY(histograms, struct rtt_histogram);
MMAP_ARRAY(cpus, struct cpu_record);

/* ---- counting --------------------------------------------------------------------------- */

static __always_inline void count_self_n(__u32 which, __u64 n)
{
	struct cpu_record *record = array_elem(cpus, kernel_cpu());

	barrier_var(which);
	if (record && which < SELF_MAX)
		atomic_add(&record->self.n[which], n);
}

static __always_inline void count_self(__u32 which)
{
	count_self_n(which, 1);
}

/* The lane of this slot on this CPU. */
static __always_inline struct percpu_counters *counters_of(__u32 number)
{
	return array_elem(counters, kernel_cpu() * sizes.entries + number);
}

/* `which` is known to the compiler, here and below. */
static __always_inline void count_n(struct percpu_counters *cnt, enum counter which, __u64 n)
{
	if (cnt)
		cnt->n[counter_word(which)] += n;
}

static __always_inline void count_one(struct percpu_counters *cnt, enum counter which)
{
	count_n(cnt, which, 1);
}

/* Of a group of counters that begins with `first`. */
static __always_inline void count_in_group(struct percpu_counters *cnt, enum counter first,
					   __u32 offset)
{
	__u32 word = counter_word(first) + offset;

	barrier_var(word);
	if (cnt && word < PERCPU_COUNTERS_WORDS - MOMENT_MAX)
		cnt->n[word]++;
}

/* Where a packet may come between: in the sweep. */
static __always_inline void count_atomic(struct percpu_counters *cnt, enum counter which)
{
	if (cnt)
		atomic_add(&cnt->n[counter_word(which)], 1);
}

/* ---- slots ------------------------------------------------------------------------------ */

static __always_inline struct resolver_key resolver_key_of(const struct transaction_key *t)
{
	struct resolver_key key = {};

	key.address = t->resolver;
	key.scope = t->scope;
	key.port = t->resolver_port;
	key.transport = t->transport;
	return key;
}

/* Without the scope: one packet on two interfaces must look the same. */
static __always_inline __u64 resolver_hash(const struct transaction_key *t)
{
	return hash_mix(addr_hash(sizes.seed, &t->resolver), t->resolver_port);
}

/*
 * What of a resolver is in the hashes of its transactions, 31 bits: known before its slot is, so
 * that both are looked for at the same time.
 */
static __always_inline __u32 resolver_hash31(__u64 hash, __u32 scope)
{
	if (scope)
		hash = hash_mix(hash, scope);
	return hash >> 33;
}

/* Of what stands for the resolver in a transaction's key. */
static __always_inline __u32 resolver_hash31_at(__u32 resolver)
{
	struct resolver_entry *entry;

	if (resolver & RESOLVER_UNLISTED)
		return resolver & ~RESOLVER_UNLISTED;
	entry = array_elem(resolvers, resolver);
	return entry ? entry->hash31 : 0;
}

/* With scope, port and transport, which stand behind the address in both. */
static __always_inline int resolver_equal(const struct ip_address *a, const struct ip_address *b)
{
	return addr_u64(a, 1) == addr_u64(b, 1) && addr_u64(a, 0) == addr_u64(b, 0) &&
	       addr_u64(a, 2) == addr_u64(b, 2);
}

static __always_inline int is_resolver_at(__u32 number, const struct transaction_key *t)
{
	struct resolver_entry *entry = array_elem(resolvers, number);

	return entry && resolver_equal(&entry->key.address, &t->resolver);
}

/* The one line that a slot is looked for in, and the one where it is when that was full. */
static __always_inline __u32 resolver_line_index(__u64 hash, __u32 other)
{
	__u32 line = hash & sizes.resolver_table_mask;

	return other ? (line ^ (hash >> 48 | 1)) & sizes.resolver_table_mask : line;
}

/*
 * Looks through a line, word by word, for this resolver's; with a number, puts that at the first
 * free place if it is not there. Returns the slot, or 0 when the line has neither.
 */
static __always_inline __u32 resolver_line_search(struct resolver_line *line,
						  const struct transaction_key *t, __u64 hash,
						  __u32 number)
{
	__u64 word, mine = (hash >> 32) << 32 | number;
	__u32 i;

	UNROLL
	for (i = 0; i < RESOLVER_LINE_WORDS; i++) {
		word = load_acquire(line->word[i]);
		if (!word && number)
			word = compare_and_swap(&line->word[i], 0, mine);
		if (!word)
			return number;
		if (word >> 32 == hash >> 32 && is_resolver_at((__u32)word, t))
			return word;
	}
	return 0;
}

/* As resolver_line_search(), in both lines. */
__noinline __u32 resolver_search(const struct transaction_key *t, __u64 hash, __u32 number)
{
	struct resolver_line *line;
	__u32 found, i;

	if (!t)
		return 0;
	UNROLL
	for (i = 0; i < 2; i++) {
		line = array_elem(resolver_table, resolver_line_index(hash, i));
		found = line ? resolver_line_search(line, t, hash, number) : 0;
		if (found)
			return found;
	}
	return 0;
}

/* The slot of this resolver, 0 when it has no entry. */
static __always_inline __u32 resolver_lookup(const struct transaction_key *t, __u64 hash)
{
	struct resolver_line *line = array_elem(resolver_table, resolver_line_index(hash, 0));
	__u64 word;

	if (!line)
		return 0;
	word = load_acquire(line->word[0]);
	if (!word)
		return 0;
	if (word >> 32 == hash >> 32 && is_resolver_at((__u32)word, t))
		return word;
	return resolver_search(t, hash, 0);
}

/* A number that nobody has, with the key in its place; 0 when there is none left. */
static __always_inline __u32 resolver_alloc(const struct transaction_key *t, __u64 hash)
{
	__u64 number = __sync_fetch_and_add(&engine.entries, 1) + 1;
	struct resolver_entry *entry = 0;

	if (number < sizes.entries)
		entry = array_elem(resolvers, number);
	if (!entry) {
		atomic_add(&engine.entries, -1);
		return 0;
	}
	entry->key = resolver_key_of(t);
	entry->hash31 = resolver_hash31(hash, t->scope);
	return number;
}

/*
 * Make the entry of this resolver. Returns its slot, also when another CPU was first, and then
 * *made stays 0; 0 when there is no room.
 */
__noinline __u32 resolver_insert(const struct transaction_key *t, __u64 hash, int *made)
{
	__u32 number, found;
	struct resolver_entry *entry;

	if (!t || !made)
		return 0;
	number = resolver_alloc(t, hash);
	if (!number)
		return 0;
	found = resolver_search(t, hash, number);
	if (found == number) {
		entry = array_elem(resolvers, number);
		if (entry)
			store_release(entry->published, 1);
		*made = 1;
	} else {
		compare_and_swap(&engine.entries, number, number - 1); /* or it is lost */
	}
	return found;
}

/* The slot for a query of ours: made, when there is room for one more; else 0, `other`. */
__noinline __u32 resolver_insert_queried(const struct transaction_key *t, __u64 hash)
{
	__u32 number = 0;
	int made = 0;

	if (!t)
		return 0;
	if (__sync_fetch_and_add(&engine.resolvers, 1) < config.max_resolvers)
		number = resolver_insert(t, hash, &made);
	if (!made)
		atomic_add(&engine.resolvers, -1);
	return number;
}

/* For the sweep, when user space asks for an entry: engine.reserved. */
static __always_inline void resolver_reserve(void)
{
	struct transaction_key t __attribute__((aligned(8))) = {};
	__u64 hash;
	int made = 0;

	t.resolver = engine.reserve_key.address;
	t.scope = engine.reserve_key.scope;
	t.resolver_port = engine.reserve_key.port;
	t.transport = engine.reserve_key.transport;
	hash = resolver_hash(&t);
	if (resolver_search(&t, hash, 0))
		engine.reserve_cmd = RESERVE_EXISTS;
	else if (engine.entries - engine.resolvers < RESOLVERS_RESERVED - 1 &&
		 resolver_insert(&t, hash, &made))
		engine.reserve_cmd = RESERVE_DONE;
	else
		engine.reserve_cmd = RESERVE_NO_ROOM;
}

/* ---- moments and RTT -------------------------------------------------------------------- */

/*
 * A failure at `when`, of a query sent at `opened`: the first one after an answer begins a run. One
 * that is met later, but was sent earlier in the run, begins it after all.
 */
static __always_inline void update_failure(struct percpu_counters *cnt, __u64 opened, __u64 when)
{
	if (!cnt)
		return;
	if (cnt->at[MOMENT_LAST_ANSWERED] >= cnt->at[MOMENT_LAST_FAILURE])
		cnt->at[MOMENT_RUN_START] = opened;
	else if (opened < cnt->at[MOMENT_RUN_START] && opened > cnt->at[MOMENT_LAST_ANSWERED])
		cnt->at[MOMENT_RUN_START] = opened;
	if (when > cnt->at[MOMENT_LAST_FAILURE])
		cnt->at[MOMENT_LAST_FAILURE] = when;
}

/* The number of the highest bit that is set, 0 for 0. Of what fits 32 bits. */
static __always_inline __u32 highest_bit(__u64 v)
{
	__u32 n = 0;

	if (v >> 16)
		v >>= 16, n += 16;
	if (v >> 8)
		v >>= 8, n += 8;
	if (v >> 4)
		v >>= 4, n += 4;
	if (v >> 2)
		v >>= 2, n += 2;
	return n + (v >> 1 ? 1 : 0);
}

#define RTT_MAX_US (1ULL << (RTT_OCTAVE_LAST + 1))

/* ns / 1000, at most what the histogram knows, without a division: a guess that is one short at
 * most. */
static __always_inline __u64 ns_to_us(__u64 ns)
{
	__u64 us;

	if (ns >= RTT_MAX_US * 1000)
		return RTT_MAX_US - 1;
	us = (ns >> 10) * 1048 >> 10;
	us += ((ns - us * 1000) >> 3) * 67108 >> 23;
	return ns - us * 1000 >= 1000 ? us + 1 : us;
}

/*
 * RTT into the histogram; see include/dnsreach.h for the buckets. The bucket before the count:
 * a reader that has seen the count has seen the bucket too.
 */
static __always_inline void count_rtt(struct percpu_counters *cnt, __u32 number, __u64 ns)
{
	__u64 us = ns ? ns_to_us(ns - 1) : 0; /* so that upper edges are inclusive */
	struct rtt_histogram *h;
	__u32 octave, bucket;

	octave = highest_bit(us | 1 << RTT_OCTAVE_FIRST);
	bucket = 4 * (octave - RTT_OCTAVE_FIRST) + (us >> (octave - RTT_OCTAVE_FIRST));
	h = array_elem(histograms, (kernel_cpu() & sizes.rtt_mask) * sizes.entries + number);
	barrier_var(bucket);
	if (!cnt || !h || bucket >= RTT_BUCKETS)
		return;
	if (sizes.rtt_mask + 1 >= sizes.cpus)
		h->n[bucket]++; /* nobody shares it */
	else
		atomic_add(&h->n[bucket], 1);
	count_n(cnt, COUNTER_RTT_SUM_NS, ns);
	count_one(cnt, COUNTER_RTT_COUNT);
}

#endif
