/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A bucket: six slots for transactions in adjacent memory, shared by all CPUs without a lock.
 *
 * The state word of a slot is free or open, and each change of it is one compare-and-swap. The
 * bucket's control word `ctrl` holds for each slot a tag of the key and a generation bit, and a
 * version. To claim a free slot, a CPU swaps `ctrl` for one with the new tag, the other generation
 * and the next version. The slot's generation then differs from that in its state word, so no other
 * CPU claims it, until the state word with the new generation is written, after the key. Each
 * insertion changes the version, so the swap fails when another CPU has inserted after this one
 * read `ctrl`: no key is inserted twice into one bucket.
 */
#ifndef FLOW_BUCKET_H
#define FLOW_BUCKET_H

#include "compat.h"

#define TAG_BITS 8
#define TAG_MAX ((1ULL << TAG_BITS) - 1)
#define CTRL_GEN_SHIFT (BUCKET_SLOTS * TAG_BITS) /* position of the generations in `ctrl` */
#define CTRL_VERSION_SHIFT (CTRL_GEN_SHIFT + BUCKET_SLOTS)

_Static_assert(CTRL_VERSION_SHIFT <= 56, "room for a version");

static __always_inline __u64 flow_opened_at(__u64 state)
{
	return state >> STATE_SHIFT;
}

/*
 * Returns the age of a transaction in ns. Never negative: another CPU may have opened it just after
 * `now`.
 */
static __always_inline __u64 flow_age(__u64 state, __u64 now)
{
	return now > flow_opened_at(state) ? now - flow_opened_at(state) : 0;
}

/*
 * Returns the word that the hashes of a 4-tuple are made of. `client` is the hash of the client's
 * address, `hash30` of the resolver.
 */
static __always_inline __u64 tuple_word(__u64 client, __u16 client_port, __u32 hash30)
{
	return client ^ ((__u64)hash30 << 16 | client_port);
}

static __always_inline __u64 tuple_hash(__u64 word)
{
	return hash_mix(word, 0);
}

/*
 * Does not use tuple_hash(), so that the CPU computes both in parallel. The factor was searched
 * for: message IDs or client ports that go up one by one fill the buckets about as evenly as random
 * ones.
 */
static __always_inline __u64 flow_hash(__u64 word, __u16 id)
{
	word = (word + hash_spread(id)) * 0xe9aec46a74624035ULL;
	return word ^ word >> 32;
}

static __always_inline __u64 flow_tag(__u64 hash)
{
	return hash >> (64 - TAG_BITS);
}

/*
 * Writes a key as three words. It is read as three words too: a load that spans several recent,
 * smaller stores waits for them.
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

/* A transaction's key and its hashes, computed once for a message. */
struct flow {
	struct flow_key key;
	__u64 tuple; /* tuple_word(): input of the hashes, without the message ID */
	__u64 hash;  /* flow_hash() */
	__u64 asker; /* of the transaction that was ended: as in struct bucket */
};

/* Result of a search in a bucket. Slot BUCKET_SLOTS: none. */
struct bucket_probe {
	__u64 ctrl;    /* as read before the search */
	__u64 state;   /* of the slot with the key */
	__u32 slot;    /* with the key */
	__u32 free;    /* that can be claimed */
	__u32 claimed; /* 1: another CPU is inserting a key with the same tag */
	__u32 pad;
};

static __always_inline int is_claimed(__u64 ctrl, __u64 state, __u32 slot)
{
	return (ctrl >> (CTRL_GEN_SHIFT + slot) & 1) != !!(state & STATE_GEN);
}

#define TAG_LSB 0x010101010101ULL /* the lowest bit of each tag */

/*
 * Returns the highest bit of each tag in `ctrl` that equals `tag`, and perhaps of some tags above
 * an equal one.
 */
static __always_inline __u64 ctrl_match_tag(__u64 ctrl, __u64 tag)
{
	__u64 x = (ctrl & TAG_LSB * TAG_MAX) ^ tag * TAG_LSB;

	return (x - TAG_LSB) & ~x & TAG_LSB << (TAG_BITS - 1);
}

/*
 * Finds the open slot with this key among the `matches` of ctrl_match_tag(). Most often there is no
 * match, seldom more than one.
 */
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

/* Tests whether any of the `matches` is open: a slot that is free keeps its last tag. */
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

/* Tests whether all `matches` are free and no CPU is inserting there. */
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
 * Finds as bucket_find() in a global function, for rare paths: the verifier does not follow each of
 * its results in the callers.
 */
__noinline int bucket_find_slow(struct bucket *b, const struct flow_key *key, __u64 hash,
				struct bucket_probe *probe)
{
	if (b && key && probe)
		bucket_find(b, key, hash, probe, 1);
	return 0;
}

/* Returns the control word after claiming the slot probe->free, which is below BUCKET_SLOTS. */
static __always_inline __u64 ctrl_claim(const struct bucket_probe *probe, __u64 hash)
{
	__u64 ctrl = probe->ctrl;

	ctrl &= ~(TAG_MAX << probe->free * TAG_BITS);
	ctrl |= flow_tag(hash) << probe->free * TAG_BITS;
	ctrl ^= 1ULL << (CTRL_GEN_SHIFT + probe->free);
	return ctrl + (1ULL << CTRL_VERSION_SHIFT);
}

/*
 * Inserts a key and its state word into the slot probe->free; `ctrl` is ctrl_claim(). Returns 0
 * when another CPU has inserted meanwhile.
 */
static __always_inline int bucket_insert(struct bucket *b, const struct bucket_probe *probe,
					 __u64 ctrl, const struct flow_key *key, __u64 word,
					 __u64 asker, int with_asker)
{
	__u32 slot = probe->free;

	barrier_index(slot);
	if (slot >= BUCKET_SLOTS || compare_and_swap(&b->ctrl, probe->ctrl, ctrl) != probe->ctrl)
		return 0;
	flow_key_copy(&b->key[slot], key);
	if (with_asker)
		b->asker[slot] = asker;
	if (ctrl >> (CTRL_GEN_SHIFT + slot) & 1)
		word |= STATE_GEN;
	else
		word &= ~STATE_GEN;
	store_release(b->state[slot], word);
	note_inserted(b);
	return 1;
}

/*
 * Returns the asker of a slot's transaction. To be read before a swap of its state word; if the
 * swap succeeds, the asker is that of the transaction.
 */
static __always_inline __u64 bucket_asker(const struct bucket *b, __u32 slot)
{
	if (!config.askers)
		return 0;
	barrier_index(slot);
	return slot < BUCKET_SLOTS ? READ_ONCE(b->asker[slot]) : 0;
}

/* Swaps a state word. Returns 1 on one CPU only, 0 when it has changed. */
static __always_inline int bucket_swap_state(struct bucket *b, __u32 slot, __u64 from, __u64 to)
{
	barrier_index(slot);
	return slot < BUCKET_SLOTS && compare_and_swap(&b->state[slot], from, to) == from;
}

/* Frees the slot of a transaction that has ended. Returns as bucket_swap_state(). */
static __always_inline int bucket_remove(struct bucket *b, __u32 slot, __u64 word)
{
	return bucket_swap_state(b, slot, word, word & STATE_GEN);
}

#endif
