/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counters of each resolver and of the tool itself. A resolver has a slot, a number for good;
 * its counters stand in one lane for each CPU, at cpu * slots + slot, so that counting is a plain
 * addition to memory that no other CPU writes. Nothing is ever removed, and only the kernel side
 * makes an entry.
 *
 * Plain additions lose nothing: on both hooks softirqs are off, and the sweep, which they may
 * interrupt on its own CPU, adds atomically (count_rarely(), add()).
 */
#ifndef RESOLVER_H
#define RESOLVER_H

#include "kernel.h"

#include <lane.h>

TABLE(slots, struct slot);
TABLE(slot_index, struct index_line);
TABLE(lanes, struct lane);
TABLE(histograms, struct rtt_histogram);
TABLE(cpus, struct cpu_record);

/* ---- counting --------------------------------------------------------------------------- */

static __always_inline void count_self_by(__u32 which, __u64 n)
{
	struct cpu_record *r = row(cpus, kernel_cpu());

	settle(which);
	if (r && which < SELF_MAX)
		add(&r->self.n[which], n);
}

static __always_inline void count_self(__u32 which)
{
	count_self_by(which, 1);
}

/* The lane of this slot on this CPU. */
static __always_inline struct lane *lane_of(__u32 slot)
{
	return row(lanes, kernel_cpu() * sizes.slots + slot);
}

/* `which` is known to the compiler, here and below. */
static __always_inline void count_by(struct lane *l, enum counter which, __u64 n)
{
	if (l)
		l->n[lane_word(which)] += n;
}

static __always_inline void count(struct lane *l, enum counter which)
{
	count_by(l, which, 1);
}

/* Of a group of counters that begins with `first`. */
static __always_inline void count_of(struct lane *l, enum counter first, __u32 offset)
{
	__u32 word = lane_word(first) + offset;

	settle(word);
	if (l && word < LANE_WORDS - MOMENT_MAX)
		l->n[word]++;
}

/* Where a packet may come between: in the sweep. */
static __always_inline void count_rarely(struct lane *l, enum counter which)
{
	if (l)
		add(&l->n[lane_word(which)], 1);
}

/* ---- slots ------------------------------------------------------------------------------ */

static __always_inline struct resolver_key resolver_of(const struct transaction_key *t)
{
	struct resolver_key key = {};

	key.address = t->resolver;
	key.scope = t->scope;
	key.port = t->resolver_port;
	key.transport = t->transport;
	return key;
}

/* Without the scope: one packet on two interfaces must look the same. */
static __always_inline __u64 hash_resolver(const struct transaction_key *t)
{
	return mix(hash_address(sizes.seed, &t->resolver), t->resolver_port);
}

/*
 * What of a resolver is in the hashes of its transactions, 31 bits: known before its slot is, so
 * that both are looked for at the same time.
 */
static __always_inline __u32 mark_of(__u64 hash, __u32 scope)
{
	if (scope)
		hash = mix(hash, scope);
	return hash >> 33;
}

/* Of what stands for the resolver in a transaction's key. */
static __always_inline __u32 mark_known(__u32 resolver)
{
	struct slot *s;

	if (resolver & RESOLVER_UNLISTED)
		return resolver & ~RESOLVER_UNLISTED;
	s = row(slots, resolver);
	return s ? s->mark : 0;
}

/* With scope, port and transport, which stand behind the address in both. */
static __always_inline int same_resolver(const struct ip_address *a, const struct ip_address *b)
{
	return half(a, 1) == half(b, 1) && half(a, 0) == half(b, 0) && half(a, 2) == half(b, 2);
}

static __always_inline int is_slot_of(__u32 number, const struct transaction_key *t)
{
	struct slot *s = row(slots, number);

	return s && same_resolver(&s->key.address, &t->resolver);
}

/* The one line that a slot is looked for in, and the one where it is when that was full. */
static __always_inline __u32 line_of(__u64 hash, __u32 other)
{
	__u32 line = hash & sizes.index_mask;

	return other ? (line ^ (hash >> 48 | 1)) & sizes.index_mask : line;
}

/*
 * Looks through a line, word by word, for this resolver's; with a number, puts that at the first
 * free place if it is not there. Returns the slot, or 0 when the line has neither.
 */
static __always_inline __u32 search_line(struct index_line *line, const struct transaction_key *t,
					 __u64 hash, __u32 number)
{
	__u64 word, mine = (hash >> 32) << 32 | number;
	__u32 i;

	UNROLLED
	for (i = 0; i < INDEX_WORDS; i++) {
		word = load_first(line->word[i]);
		if (!word && number)
			word = compare_and_swap(&line->word[i], 0, mine);
		if (!word)
			return number;
		if (word >> 32 == hash >> 32 && is_slot_of((__u32)word, t))
			return word;
	}
	return 0;
}

/* As search_line(), in both lines. */
OWN_FUNCTION __u32 slot_search(const struct transaction_key *t, __u64 hash, __u32 number)
{
	struct index_line *line;
	__u32 slot, i;

	if (!t)
		return 0;
	UNROLLED
	for (i = 0; i < 2; i++) {
		line = row(slot_index, line_of(hash, i));
		slot = line ? search_line(line, t, hash, number) : 0;
		if (slot)
			return slot;
	}
	return 0;
}

/* The slot of this resolver, 0 when it has no entry. */
static __always_inline __u32 slot_find(const struct transaction_key *t, __u64 hash)
{
	struct index_line *line = row(slot_index, line_of(hash, 0));
	__u64 word;

	if (!line)
		return 0;
	word = load_first(line->word[0]);
	if (!word)
		return 0;
	if (word >> 32 == hash >> 32 && is_slot_of((__u32)word, t))
		return word;
	return slot_search(t, hash, 0);
}

/* A number that nobody has, with the key in its place; 0 when there is none left. */
static __always_inline __u32 take_slot(const struct transaction_key *t, __u64 hash)
{
	__u64 number = __sync_fetch_and_add(&engine.slots, 1) + 1;
	struct slot *s = 0;

	if (number < sizes.slots)
		s = row(slots, number);
	if (!s) {
		add(&engine.slots, -1);
		return 0;
	}
	s->key = resolver_of(t);
	s->mark = mark_of(hash, t->scope);
	return number;
}

/*
 * Make the entry of this resolver. Returns its slot, also when another CPU was first, and then
 * *made stays 0; 0 when there is no room.
 */
OWN_FUNCTION __u32 slot_make(const struct transaction_key *t, __u64 hash, int *made)
{
	__u32 number, slot;
	struct slot *s;

	if (!t || !made)
		return 0;
	number = take_slot(t, hash);
	if (!number)
		return 0;
	slot = slot_search(t, hash, number);
	if (slot == number) {
		s = row(slots, number);
		if (s)
			store_last(s->published, 1);
		*made = 1;
	} else {
		compare_and_swap(&engine.slots, number, number - 1); /* or it is lost */
	}
	return slot;
}

/* The slot for a query of ours: made, when there is room for one more; else 0, `other`. */
OWN_FUNCTION __u32 slot_learn(const struct transaction_key *t, __u64 hash)
{
	__u32 slot = 0;
	int made = 0;

	if (!t)
		return 0;
	if (__sync_fetch_and_add(&engine.resolvers, 1) < config.max_resolvers)
		slot = slot_make(t, hash, &made);
	if (!made)
		add(&engine.resolvers, -1);
	return slot;
}

/* For the sweep, when user space asks for an entry: engine.reserved. */
static __always_inline void slot_reserve(void)
{
	struct transaction_key t __attribute__((aligned(8))) = {};
	__u64 hash;
	int made = 0;

	t.resolver = engine.reserved.address;
	t.scope = engine.reserved.scope;
	t.resolver_port = engine.reserved.port;
	t.transport = engine.reserved.transport;
	hash = hash_resolver(&t);
	if (slot_search(&t, hash, 0))
		engine.reserve = RESERVE_THERE;
	else if (engine.slots - engine.resolvers < RESOLVERS_RESERVED - 1 &&
		 slot_make(&t, hash, &made))
		engine.reserve = RESERVE_DONE;
	else
		engine.reserve = RESERVE_NO_ROOM;
}

/* ---- moments and RTT -------------------------------------------------------------------- */

/*
 * A failure at `when`, of a query sent at `opened`: the first one after an answer begins a run. One
 * that is met later, but was sent earlier in the run, begins it after all.
 */
static __always_inline void note_failure(struct lane *l, __u64 opened, __u64 when)
{
	if (!l)
		return;
	if (l->at[MOMENT_LAST_ANSWERED] >= l->at[MOMENT_LAST_FAILURE])
		l->at[MOMENT_RUN_START] = opened;
	else if (opened < l->at[MOMENT_RUN_START] && opened > l->at[MOMENT_LAST_ANSWERED])
		l->at[MOMENT_RUN_START] = opened;
	if (when > l->at[MOMENT_LAST_FAILURE])
		l->at[MOMENT_LAST_FAILURE] = when;
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

#define RTT_MOST_US (1ULL << (RTT_OCTAVE_LAST + 1))

/* ns / 1000, at most what the histogram knows, without a division: a guess that is one short at
 * most. */
static __always_inline __u64 whole_us(__u64 ns)
{
	__u64 us;

	if (ns >= RTT_MOST_US * 1000)
		return RTT_MOST_US - 1;
	us = (ns >> 10) * 1048 >> 10;
	us += ((ns - us * 1000) >> 3) * 67108 >> 23;
	return ns - us * 1000 >= 1000 ? us + 1 : us;
}

/*
 * RTT into the histogram; see include/dnsreach.h for the buckets. The bucket before the count:
 * a reader that has seen the count has seen the bucket too.
 */
static __always_inline void count_rtt(struct lane *l, __u32 slot, __u64 ns)
{
	__u64 us = ns ? whole_us(ns - 1) : 0; /* so that upper edges are inclusive */
	struct rtt_histogram *h;
	__u32 octave, bucket;

	octave = highest_bit(us | 1 << RTT_OCTAVE_FIRST);
	bucket = 4 * (octave - RTT_OCTAVE_FIRST) + (us >> (octave - RTT_OCTAVE_FIRST));
	h = row(histograms, (kernel_cpu() & sizes.rtt_mask) * sizes.slots + slot);
	settle(bucket);
	if (!l || !h || bucket >= RTT_BUCKETS)
		return;
	if (sizes.rtt_mask + 1 >= sizes.cpus)
		h->n[bucket]++; /* nobody shares it */
	else
		add(&h->n[bucket], 1);
	count_by(l, COUNTER_RTT_SUM_NS, ns);
	count(l, COUNTER_RTT_COUNT);
}

#endif
