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
#ifndef BUCKET_H
#define BUCKET_H

#include "resolver.h"

#define TAG_BITS 8
#define TAG_MAX ((1ULL << TAG_BITS) - 1)
#define TURNS (WAYS * TAG_BITS) /* where the turns begin in `head` */
#define VERSION_AT (TURNS + WAYS)

_Static_assert(VERSION_AT <= 56, "room for a version");

static __always_inline __u64 opened_at(__u64 state)
{
	return state >> STATE_SHIFT;
}

/* Age of an entry in ns: never negative, since another CPU may have opened it just after `now`. */
static __always_inline __u64 age_of(__u64 state, __u64 now)
{
	return now > opened_at(state) ? now - opened_at(state) : 0;
}

/*
 * All that tells one 4-tuple from another, but not its message ID: `client` is the address's hash,
 * `mark` the resolver's.
 */
static __always_inline __u64 tuple_word(__u64 client, __u16 client_port, __u32 mark)
{
	return client ^ ((__u64)mark << 16 | client_port);
}

static __always_inline __u64 hash_tuple(__u64 word)
{
	return mix(word, 0);
}

/* Not from the hash above: so that none waits for the other. */
static __always_inline __u64 hash_whole(__u64 word, __u16 id)
{
	word = (word + spread(id)) * 0xa24baed4963ee407ULL;
	return word ^ word >> 32;
}

static __always_inline __u64 tag_of(__u64 whole)
{
	return whole >> (64 - TAG_BITS);
}

/*
 * A key as three words. It is written so and read so: what was written in smaller pieces a moment
 * ago is slow to be read in larger ones.
 */
static __always_inline void set_key_words(struct flight_key *k, const struct ip_address *client,
					  __u16 client_port, __u16 id, __u32 resolver)
{
	any64 *to = (any64 *)k;
	__u32 ends = (__u32)id << 16 | client_port;

	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		ends = (__u32)client_port << 16 | id;
	to[0] = half(client, 0);
	to[1] = half(client, 1);
	to[2] = word_pair(ends, resolver);
}

static __always_inline void copy_key(struct flight_key *to, const struct flight_key *from)
{
	any64 *x = (any64 *)to;
	const any64 *y = (const any64 *)from;

	x[0] = y[0];
	x[1] = y[1];
	x[2] = y[2];
}

static __always_inline int same_key(const struct flight_key *a, const struct flight_key *b)
{
	const any64 *x = (const any64 *)a, *y = (const any64 *)b;

	return x[2] == y[2] && x[1] == y[1] && x[0] == y[0];
}

static __always_inline int same_tuple(const struct flight_key *a, const struct flight_key *b)
{
	const any64 *x = (const any64 *)a, *y = (const any64 *)b;

	return x[1] == y[1] && x[0] == y[0] && a->client_port == b->client_port &&
	       a->resolver == b->resolver;
}

/* What a look through a bucket has found. A way of WAYS: there is none. */
struct look {
	__u64 head;  /* as it was before */
	__u64 state; /* of the entry with the key */
	__u32 way;   /* of that entry */
	__u32 free;  /* a way that can be taken */
	__u32 taken; /* 1: somebody is just putting in what may be the same */
	__u32 pad;
};

static __always_inline int is_taken(__u64 head, __u64 state, __u32 way)
{
	return (head >> (TURNS + way) & 1) != !!(state & STATE_TURN);
}

#define TAG_EACH 0x010101010101ULL /* the lowest bit of each tag */

/* The highest bit of each tag in `head` that is this one, and perhaps of some above it. */
static __always_inline __u64 tags_like(__u64 head, __u64 tag)
{
	__u64 x = (head & TAG_EACH * TAG_MAX) ^ tag * TAG_EACH;

	return (x - TAG_EACH) & ~x & TAG_EACH << (TAG_BITS - 1);
}

/* Where the key is, by what tags_like() said. Seldom more than one way has its tag, and mostly
 * none. */
static __always_inline void look_for_key(struct bucket *b, const struct flight_key *key, __u64 like,
					 struct look *l)
{
	__u64 state;
	__u32 i;

	UNROLLED
	for (i = 0; i < WAYS; i++) {
		if (!(like & 1ULL << (TAG_BITS * (i + 1) - 1)))
			continue;
		state = load_first(b->state[i]);
		if (!(state & STATE_OPEN)) {
			l->taken |= is_taken(l->head, state, i);
		} else if (same_key(&b->key[i], key)) {
			l->state = state;
			l->way = i;
			return;
		}
	}
}

/* Whether any of the ways that tags_like() named is open: what has ended keeps its tag. */
static __always_inline int any_open(struct bucket *b, __u64 like)
{
	__u32 i;

	UNROLLED
	for (i = 0; i < WAYS; i++) {
		if (like & 1ULL << (TAG_BITS * (i + 1) - 1) && load_first(b->state[i]) & STATE_OPEN)
			return 1;
	}
	return 0;
}

/* Whether all ways that tags_like() named have ended, and nobody is just taking one. */
static __always_inline int all_ended(struct bucket *b, __u64 head, __u64 like)
{
	__u64 state;
	__u32 i;

	UNROLLED
	for (i = 0; i < WAYS; i++) {
		if (!(like & 1ULL << (TAG_BITS * (i + 1) - 1)))
			continue;
		state = load_first(b->state[i]);
		if (state & STATE_OPEN || is_taken(head, state, i))
			return 0;
	}
	return 1;
}

static __always_inline void look_for_room(struct bucket *b, struct look *l)
{
	__u64 state;
	__u32 i;

	UNROLLED
	for (i = 0; i < WAYS; i++) {
		state = load_once(b->state[i]);
		if (!(state & STATE_OPEN) && !is_taken(l->head, state, i)) {
			l->free = i;
			return;
		}
	}
}

static __always_inline void begin_look(struct bucket *b, struct look *l)
{
	l->head = load_first(b->head);
	l->way = l->free = WAYS;
	l->taken = 0;
	l->state = 0;
}

static __always_inline void look_into(struct bucket *b, const struct flight_key *key, __u64 whole,
				      struct look *l, int for_room)
{
	__u64 like;

	begin_look(b, l);
	like = tags_like(l->head, tag_of(whole));
	if (like)
		look_for_key(b, key, like, l);
	if (for_room && l->way == WAYS)
		look_for_room(b, l);
}

/*
 * The same as a function of its own, for ways that are seldom gone: what it answers is new to the
 * verifier, which need not follow each way on its own.
 */
OWN_FUNCTION int look_over(struct bucket *b, const struct flight_key *key, __u64 whole,
			   struct look *l)
{
	if (b && key && l)
		look_into(b, key, whole, l, 1);
	return 0;
}

/* The bucket's head once the free way is taken, which is one below WAYS. */
static __always_inline __u64 head_with(const struct look *l, __u64 whole)
{
	__u64 head = l->head;

	head &= ~(TAG_MAX << l->free * TAG_BITS);
	head |= tag_of(whole) << l->free * TAG_BITS;
	head ^= 1ULL << (TURNS + l->free);
	return head + (1ULL << VERSION_AT);
}

/*
 * Put the key and its word at the free way; `head` is head_with(). Returns 0 when somebody has put
 * in something.
 */
static __always_inline int put_into(struct bucket *b, const struct look *l, __u64 head,
				    const struct flight_key *key, __u64 word)
{
	__u32 way = l->free;

	settle(way);
	if (way >= WAYS || compare_and_swap(&b->head, l->head, head) != l->head)
		return 0;
	copy_key(&b->key[way], key);
	if (head >> (TURNS + way) & 1)
		word |= STATE_TURN;
	else
		word &= ~STATE_TURN;
	store_last(b->state[way], word);
	return 1;
}

/* From one word to another; only one CPU succeeds. */
static __always_inline int swap_word(struct bucket *b, __u32 way, __u64 from, __u64 to)
{
	settle(way);
	return way < WAYS && compare_and_swap(&b->state[way], from, to) == from;
}

/* What has ended leaves its way free. */
static __always_inline int take_out(struct bucket *b, __u32 way, __u64 word)
{
	return swap_word(b, way, word, word & STATE_TURN);
}

#endif
