/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looking for a transaction without ending it: by its key, and the oldest of a 4-tuple, for a short
 * quote. Changes nothing.
 */
#ifndef OLDEST_H
#define OLDEST_H

#include "transaction.h"

static __always_inline __u64 word_here(struct bucket *b, const struct subject *s)
{
	struct look l = {};

	look_over(b, &s->key, s->whole, &l);
	return l.way < WAYS ? l.state : 0;
}

/* The word of the open transaction of this key, 0 when there is none. */
OWN_FUNCTION __u64 transaction_word(const struct subject *s)
{
	struct flight_key key;
	struct bucket *b, *c;
	__u64 state;

	if (!s)
		return 0;
	b = sizes.has_buckets ? first_of(s) : 0;
	c = sizes.has_buckets ? second_of(s) : 0;
	state = b ? word_here(b, s) : 0;
	if (state || (b && !load_once(b->spilled)))
		return state;
	if (c)
		state = word_here(c, s);
	if (state || (c && !load_once(c->spilled)))
		return state;
	key = s->key;
	if (!overflow_find(&key, &state))
		return 0;
	return state & STATE_OPEN ? state : 0;
}

/* The oldest that was met, young enough: its word (~0: none yet), and its message ID. */
struct candidate {
	__u64 word, now, timeout;
	__u64 id;
};

static __always_inline void consider(struct candidate *c, __u64 word, __u16 id)
{
	if (!(word & STATE_OPEN) || age_of(word, c->now) > c->timeout || word >= c->word)
		return;
	c->word = word;
	c->id = id;
}

/* Those of the 4-tuple in its own bucket. */
OWN_FUNCTION int consider_bucket(struct bucket *b, const struct flight_key *key,
				 struct candidate *c)
{
	__u64 word;
	__u32 i;

	if (!b || !key || !c)
		return 0;
	UNROLLED
	for (i = 0; i < WAYS; i++) {
		word = load_first(b->state[i]);
		if (same_tuple(&b->key[i], key))
			consider(c, word, b->key[i].id);
	}
	return 0;
}

/* The one in a place of the index: its message ID is left in the key. */
OWN_FUNCTION int consider_place(struct subject *s, __u32 place, struct candidate *c)
{
	if (!s || !c || !tuple_id(hash_tuple(s->base), place, &s->key.id))
		return 0;
	s->whole = hash_whole(s->base, s->key.id);
	consider(c, transaction_word(s), s->key.id);
	return 0;
}

/*
 * The oldest open transaction of the 4-tuple in s->key, among those findable by it: its message ID
 * into the key. Returns 1 when there is one.
 */
OWN_FUNCTION int transaction_oldest(struct subject *s, __u64 now, __u64 timeout)
{
	struct candidate c = {.word = ~0ULL, .now = now, .timeout = timeout};
	struct bucket *b;
	__u32 i;

	if (!s)
		return 0;
	b = sizes.has_buckets ? first_of(s) : 0;
	if (b)
		consider_bucket(b, &s->key, &c);
	for (i = 0; i < 2 * SHORT_QUOTES_FINDABLE && (!b || load_once(b->spilled)); i++)
		consider_place(s, i, &c);
	s->key.id = c.id;
	s->whole = hash_whole(s->base, s->key.id);
	return c.word != ~0ULL;
}

#endif
