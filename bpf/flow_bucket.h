/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A bucket: a few entries that stand together in memory, shared by all CPUs without a lock.
 *
 * An entry has one owner at a time. Its word is free, or open, and every change to the word is one
 * compare-and-swap. To take a free way a CPU swaps the bucket's `head`, which holds a tag of the
 * key and one bit, the turn, for each way: the way's turn then differs from that in its word, so
 * that nobody else takes it, until the word with the new turn is written, after the key. Since
 * `head` has a version too, the swap fails when anything was put in since it was read: so no key is
 * put in twice.
 */
#ifndef FLOW_BUCKET_H
#define FLOW_BUCKET_H

#include "compat.h"

#define TAG_BITS 8
#define TAG_MAX ((1ULL << TAG_BITS) - 1)
#define CTRL_GEN_SHIFT (BUCKET_SLOTS * TAG_BITS) /* where the turns begin in `head` */
#define CTRL_VERSION_SHIFT (CTRL_GEN_SHIFT + BUCKET_SLOTS)

_Static_assert(CTRL_VERSION_SHIFT <= 56, "room for a version");

static __always_inline __u64 flow_opened_at(__u64 state)
{
	return state >> STATE_SHIFT;
}

/* Age of an entry in ns: never negative, since another CPU may have opened it just after `now`. */
static __always_inline __u64 flow_age(__u64 state, __u64 now)
{
	return now > flow_opened_at(state) ? now - flow_opened_at(state) : 0;
}

/*
 * All that tells one 4-tuple from another, but not its message ID: `client` is the address's hash,
 * `mark` the resolver's.
 */
static __always_inline __u64 tuple_word(__u64 client, __u16 client_port, __u32 hash31)
{
	return client ^ ((__u64)hash31 << 16 | client_port);
}

static __always_inline __u64 tuple_hash(__u64 word)
{
	return hash_mix(word, 0);
}

/* Not from the hash above: so that none waits for the other. */
static __always_inline __u64 flow_hash(__u64 word, __u16 id)
{
	word = (word + hash_spread(id)) * 0xa24baed4963ee407ULL;
	return word ^ word >> 32;
}

static __always_inline __u64 flow_tag(__u64 hash)
{
	return hash >> (64 - TAG_BITS);
}

/*
 * A key as three words. It is written so and read so: what was written in smaller pieces a moment
 * ago is slow to be read in larger ones.
 */
static __always_inline void flow_set_key(struct flow_key *k, const struct ip_address *client,
					 __u16 client_port, __u16 id, __u32 resolver)
{
	u64_alias *to = (u64_alias *)k;
	__u32 ends = (__u32)id << 16 | client_port;

	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		ends = (__u32)client_port << 16 | id;
	to[0] = addr_u64(client, 0);
	to[1] = addr_u64(client, 1);
	to[2] = u32_pair(ends, resolver);
}

static __always_inline void flow_key_copy(struct flow_key *to, const struct flow_key *from)
{
	u64_alias *x = (u64_alias *)to;
	const u64_alias *y = (const u64_alias *)from;

	x[0] = y[0];
	x[1] = y[1];
	x[2] = y[2];
}

static __always_inline int flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
	const u64_alias *x = (const u64_alias *)a, *y = (const u64_alias *)b;

	return x[2] == y[2] && x[1] == y[1] && x[0] == y[0];
}

static __always_inline int flow_tuple_equal(const struct flow_key *a, const struct flow_key *b)
{
	const u64_alias *x = (const u64_alias *)a, *y = (const u64_alias *)b;

	return x[1] == y[1] && x[0] == y[0] && a->client_port == b->client_port &&
	       a->resolver == b->resolver;
}

/* A transaction's key and its hashes, made once for a message. */
struct flow {
	struct flow_key key;
	__u64 tuple; /* tuple_word(): what the hashes below are made of, besides the message ID */
	__u64 hash;  /* flow_hash() */
};

/* What a look through a bucket has found. A way of WAYS: there is none. */
struct bucket_probe {
	__u64 ctrl;    /* as it was before */
	__u64 state;   /* of the entry with the key */
	__u32 slot;    /* of that entry */
	__u32 free;    /* a way that can be taken */
	__u32 claimed; /* 1: somebody is just putting in what may be the same */
	__u32 pad;
};

static __always_inline int is_claimed(__u64 ctrl, __u64 state, __u32 slot)
{
	return (ctrl >> (CTRL_GEN_SHIFT + slot) & 1) != !!(state & STATE_GEN);
}

#define TAG_LSB 0x010101010101ULL /* the lowest bit of each tag */

/* The highest bit of each tag in `head` that is this one, and perhaps of some above it. */
static __always_inline __u64 ctrl_match_tag(__u64 ctrl, __u64 tag)
{
	__u64 x = (ctrl & TAG_LSB * TAG_MAX) ^ tag * TAG_LSB;

	return (x - TAG_LSB) & ~x & TAG_LSB << (TAG_BITS - 1);
}

/* Where the key is, by what ctrl_match_tag() said. Seldom more than one way has its tag, and mostly
 * none. */
static __always_inline void bucket_find_key(struct bucket *b, const struct flow_key *key,
					    __u64 matches, struct bucket_probe *probe)
{
	__u64 state;
	__u32 i;

	UNROLL
	for (i = 0; i < BUCKET_SLOTS; i++) {
		if (!(matches & 1ULL << (TAG_BITS * (i + 1) - 1)))
			continue;
		state = load_acquire(b->state[i]);
		if (!(state & STATE_OPEN)) {
			probe->claimed |= is_claimed(probe->ctrl, state, i);
		} else if (flow_key_equal(&b->key[i], key)) {
			probe->state = state;
			probe->slot = i;
			return;
		}
	}
}

/* Whether any of the ways that ctrl_match_tag() named is open: what has ended keeps its tag. */
static __always_inline int has_open_match(struct bucket *b, __u64 matches)
{
	__u32 i;

	UNROLL
	for (i = 0; i < BUCKET_SLOTS; i++) {
		if (matches & 1ULL << (TAG_BITS * (i + 1) - 1) &&
		    load_acquire(b->state[i]) & STATE_OPEN)
			return 1;
	}
	return 0;
}

/* Whether all ways that ctrl_match_tag() named have ended, and nobody is just taking one. */
static __always_inline int has_only_ended_matches(struct bucket *b, __u64 ctrl, __u64 matches)
{
	__u64 state;
	__u32 i;

	UNROLL
	for (i = 0; i < BUCKET_SLOTS; i++) {
		if (!(matches & 1ULL << (TAG_BITS * (i + 1) - 1)))
			continue;
		state = load_acquire(b->state[i]);
		if (state & STATE_OPEN || is_claimed(ctrl, state, i))
			return 0;
	}
	return 1;
}

static __always_inline void bucket_find_free(struct bucket *b, struct bucket_probe *probe)
{
	__u64 state;
	__u32 i;

	UNROLL
	for (i = 0; i < BUCKET_SLOTS; i++) {
		state = READ_ONCE(b->state[i]);
		if (!(state & STATE_OPEN) && !is_claimed(probe->ctrl, state, i)) {
			probe->free = i;
			return;
		}
	}
}

static __always_inline void bucket_probe_init(struct bucket *b, struct bucket_probe *probe)
{
	probe->ctrl = load_acquire(b->ctrl);
	probe->slot = probe->free = BUCKET_SLOTS;
	probe->claimed = 0;
	probe->state = 0;
}

static __always_inline void bucket_find(struct bucket *b, const struct flow_key *key, __u64 hash,
					struct bucket_probe *probe, int for_room)
{
	__u64 matches;

	bucket_probe_init(b, probe);
	matches = ctrl_match_tag(probe->ctrl, flow_tag(hash));
	if (matches)
		bucket_find_key(b, key, matches, probe);
	if (for_room && probe->slot == BUCKET_SLOTS)
		bucket_find_free(b, probe);
}

/*
 * The same as a function of its own, for ways that are seldom gone: what it answers is new to the
 * verifier, which need not follow each way on its own.
 */
__noinline int bucket_find_slow(struct bucket *b, const struct flow_key *key, __u64 hash,
				struct bucket_probe *probe)
{
	if (b && key && probe)
		bucket_find(b, key, hash, probe, 1);
	return 0;
}

/* The bucket's head once the free way is taken, which is one below WAYS. */
static __always_inline __u64 ctrl_claim(const struct bucket_probe *probe, __u64 hash)
{
	__u64 ctrl = probe->ctrl;

	ctrl &= ~(TAG_MAX << probe->free * TAG_BITS);
	ctrl |= flow_tag(hash) << probe->free * TAG_BITS;
	ctrl ^= 1ULL << (CTRL_GEN_SHIFT + probe->free);
	return ctrl + (1ULL << CTRL_VERSION_SHIFT);
}

/*
 * Put the key and its word at the free way; `head` is ctrl_claim(). Returns 0 when somebody has put
 * in something.
 */
static __always_inline int bucket_insert(struct bucket *b, const struct bucket_probe *probe,
					 __u64 ctrl, const struct flow_key *key, __u64 word)
{
	__u32 slot = probe->free;

	barrier_index(slot);
	if (slot >= BUCKET_SLOTS || compare_and_swap(&b->ctrl, probe->ctrl, ctrl) != probe->ctrl)
		return 0;
	flow_key_copy(&b->key[slot], key);
	if (ctrl >> (CTRL_GEN_SHIFT + slot) & 1)
		word |= STATE_GEN;
	else
		word &= ~STATE_GEN;
	store_release(b->state[slot], word);
	return 1;
}

/* From one word to another; only one CPU succeeds. */
static __always_inline int bucket_swap_state(struct bucket *b, __u32 slot, __u64 from, __u64 to)
{
	barrier_index(slot);
	return slot < BUCKET_SLOTS && compare_and_swap(&b->state[slot], from, to) == from;
}

/* What has ended leaves its way free. */
static __always_inline int bucket_remove(struct bucket *b, __u32 slot, __u64 word)
{
	return bucket_swap_state(b, slot, word, word & STATE_GEN);
}

#endif
