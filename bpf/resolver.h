/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Resolvers: one entry each, by number, and a hash table from address and port to the number. Only
 * the kernel side adds entries: packets, and the sweep for user space.
 */
#ifndef RESOLVER_H
#define RESOLVER_H

#include "counters.h"

#include <connects.h>

MMAP_ARRAY(resolvers, struct resolver_entry);
MMAP_ARRAY(resolver_table, struct resolver_line);

/* ---- entries and their numbers ---------------------------------------------------------- */

static __always_inline struct resolver_key resolver_key_of(const struct transaction_key *t)
{
	struct resolver_key key = {};

	key.address = t->resolver;
	key.scope = t->scope;
	key.port = t->resolver_port;
	key.transport = t->transport;
	key.origin = t->origin;
	return key;
}

static __always_inline int is_connect(__u32 transport)
{
	return transport != TRANSPORT_UDP;
}

/* Returns port, transport and origin: resolver_end() of parse_info.h. */
static __always_inline __u32 resolver_end_of(const struct transaction_key *t)
{
	return *(const u32_alias *)&t->resolver_port;
}

/* Hashes all but the scope: one packet on two interfaces must have one hash. */
static __always_inline __u64 resolver_hash(const struct transaction_key *t)
{
	return hash_mix(addr_hash(sizes.seed, &t->resolver), resolver_end_of(t));
}

/* Adds the scope: fe80::1 on hundreds of links is as many resolvers, and needs as many rows. */
static __always_inline __u64 resolver_hash_scoped(__u64 hash, __u32 scope)
{
	return scope ? hash_mix(hash, scope) : hash;
}

/*
 * Returns the 30 bits of a resolver in the hashes of its transactions. They are known before its
 * number, so that both lookups run in parallel.
 */
static __always_inline __u32 resolver_hash30(__u64 hash, __u32 scope)
{
	return resolver_hash_scoped(hash, scope) >> 34;
}

/*
 * Returns these bits of a transaction's resolver. A connect's key has room for 13, of which one is
 * the origin: the two views of a guest's connect differ in nothing else.
 */
static __always_inline __u32 resolver_hash_bits(__u64 hash, const struct transaction_key *t)
{
	__u32 bits = resolver_hash30(hash, t->scope);

	if (!is_connect(t->transport))
		return bits;
	return (bits & CONNECT_HASH_MASK >> 1) |
	       (t->origin ? CONNECT_HASH_MASK & ~(CONNECT_HASH_MASK >> 1) : 0);
}

/* Returns the same bits for the resolver in a transaction's key. */
static __always_inline __u32 resolver_hash_bits_at(__u32 resolver)
{
	struct resolver_entry *entry;

	if (resolver & RESOLVER_UNLISTED)
		return resolver &
		       (resolver & RESOLVER_CONNECT ? CONNECT_HASH_MASK : RESOLVER_CONNECT - 1);
	entry = array_elem(resolvers,
			   resolver & RESOLVER_CONNECT ? resolver & CONNECT_NUMBER_MAX : resolver);
	return entry ? entry->hash30 : 0;
}

/* Compares address, scope, port, transport and origin; the last four follow the address in both
 * keys. */
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

/* Returns the row for this hash, or with `other` the second row, for when the first is full. */
static __always_inline __u32 resolver_line_index(__u64 hash, __u32 other)
{
	__u32 line = hash & sizes.resolver_table_mask;

	return other ? (line ^ (hash >> 48 | 1)) & sizes.resolver_table_mask : line;
}

/*
 * Looks a resolver up in one row, word by word. With a `number`, writes it to the first free word
 * if the resolver is not there. Returns the resolver's number, 0: not there, or no room.
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

/* Looks up or adds as resolver_line_search(), in both rows. */
__noinline __u32 resolver_search(const struct transaction_key *t, __u64 hash, __u32 number)
{
	struct resolver_line *line;
	__u32 found, i;

	if (!t)
		return 0;
	hash = resolver_hash_scoped(hash, t->scope);
	UNROLL
	for (i = 0; i < 2; i++) {
		line = array_elem(resolver_table, resolver_line_index(hash, i));
		found = line ? resolver_line_search(line, t, hash, number) : 0;
		if (found)
			return found;
	}
	return 0;
}

/* Returns the number of this resolver, 0 without an entry. */
static __always_inline __u32 resolver_lookup(const struct transaction_key *t, __u64 hash)
{
	__u64 scoped = resolver_hash_scoped(hash, t->scope), word;
	struct resolver_line *line = array_elem(resolver_table, resolver_line_index(scoped, 0));

	if (!line)
		return 0;
	word = load_acquire(line->word[0]);
	if (!word)
		return 0;
	if (word >> 32 == scoped >> 32 && is_resolver_at((__u32)word, t))
		return word;
	return resolver_search(t, hash, 0);
}

/*
 * Takes a new number and writes the key of its entry. Returns the number, 0 when there is none
 * left.
 */
static __always_inline __u32 resolver_alloc(const struct transaction_key *t, __u64 hash)
{
	__u64 number = __sync_fetch_and_add(&engine.entries, 1) + 1;
	struct resolver_entry *entry = 0;

	if (number <= sizes.entries - RESOLVERS_OTHER &&
	    (!is_connect(t->transport) || number <= CONNECT_NUMBER_MAX))
		entry = array_elem(resolvers, number);
	if (!entry) {
		atomic_add(&engine.entries, -1);
		return 0;
	}
	entry->key = resolver_key_of(t);
	entry->hash30 = resolver_hash_bits(hash, t);
	return number;
}

/*
 * Adds the entry of this resolver. Returns its number, also when another CPU added it first (then
 * *made stays 0); 0 when there is no room.
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
			atomic_add(&entry->flags, RESOLVER_PUBLISHED);
		*made = 1;
	} else {
		compare_and_swap(&engine.entries, number, number - 1); /* else it is lost */
	}
	return found;
}

/*
 * Returns the number of a queried resolver, adding its entry when there is room for one more; else
 * 0, `other`.
 */
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

/* ---- on `lo` ---------------------------------------------------------------------------- */

/* Returns number i of those queried on `lo`, 0: none. */
static __always_inline __u32 lo_resolver(__u32 i)
{
	barrier_index(i);
	return i < LO_RESOLVERS_MAX ? READ_ONCE(engine.lo_resolvers[i]) : 0;
}

/*
 * Adds a resolver, by its number, to those queried on `lo`, once. Those beyond LO_RESOLVERS_MAX are
 * only marked.
 */
__noinline int lo_resolver_add(__u32 number)
{
	struct resolver_entry *entry = array_elem(resolvers, number);
	__u32 flags;
	__u64 i;

	if (!entry || !number)
		return 0;
	flags = READ_ONCE(entry->flags);
	if (flags & RESOLVER_ON_LO ||
	    compare_and_swap(&entry->flags, flags, flags | RESOLVER_ON_LO) != flags)
		return 0; /* added, or another CPU does it now */
	i = __sync_fetch_and_add(&engine.lo_count, 1);
	barrier_index(i);
	if (i < LO_RESOLVERS_MAX)
		store_release(engine.lo_resolvers[i], number);
	return 0;
}

/* Adds the entry that user space asks the sweep for: engine.reserve_key. */
static __always_inline void resolver_reserve(void)
{
	struct transaction_key t __attribute__((aligned(8))) = {};
	__u64 hash;
	int made = 0;

	t.resolver = engine.reserve_key.address;
	t.scope = engine.reserve_key.scope;
	t.resolver_port = engine.reserve_key.port;
	t.transport = engine.reserve_key.transport;
	t.origin = engine.reserve_key.origin;
	hash = resolver_hash(&t);
	if (resolver_search(&t, hash, 0))
		engine.reserve_cmd = RESERVE_EXISTS;
	else if (engine.entries - engine.resolvers < RESOLVERS_RESERVED - RESOLVERS_OTHER &&
		 resolver_insert(&t, hash, &made))
		engine.reserve_cmd = RESERVE_DONE;
	else
		engine.reserve_cmd = RESERVE_NO_ROOM;
}

#endif
