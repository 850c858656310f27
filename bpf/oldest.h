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

/* The oldest of the 4-tuple, young enough, in its own bucket. */
static __always_inline void oldest_here(struct bucket *b, const struct flight_key *key, __u64 now,
					__u64 timeout, __u64 *oldest, __u16 *id)
{
	__u64 state;
	__u32 i;

	UNROLLED
	for (i = 0; i < WAYS; i++) {
		state = load_first(b->state[i]);
		if (!(state & STATE_OPEN) || age_of(state, now) > timeout || state >= *oldest ||
		    !same_tuple(&b->key[i], key))
			continue;
		*oldest = state;
		*id = b->key[i].id;
	}
}

/*
 * The oldest open transaction of the 4-tuple in s->key, among those findable by it: its message ID
 * into the key. Returns 1 when there is one.
 */
OWN_FUNCTION int transaction_oldest(struct subject *s, __u64 now, __u64 timeout)
{
	__u64 state, oldest = ~0ULL;
	struct bucket *b;
	__u64 tuple;
	__u16 id = 0;
	__u32 i;

	if (!s)
		return 0;
	tuple = hash_tuple(s->base);
	b = sizes.has_buckets ? first_of(s) : 0;
	if (b)
		oldest_here(b, &s->key, now, timeout, &oldest, &id);
	for (i = 0; i < 2 * SHORT_QUOTES_FINDABLE && (!b || load_once(b->spilled)); i++) {
		if (!tuple_id(tuple, i, &s->key.id))
			continue;
		s->whole = hash_whole(s->base, s->key.id);
		state = transaction_word(s);
		if (!state || age_of(state, now) > timeout || state >= oldest)
			continue;
		oldest = state;
		id = s->key.id;
	}
	s->key.id = id;
	s->whole = hash_whole(s->base, s->key.id);
	return oldest != ~0ULL;
}

#endif
