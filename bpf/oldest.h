/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looking for a transaction without ending it: by its key, and the oldest of a 4-tuple, for a short
 * quote. Changes nothing.
 */
#ifndef OLDEST_H
#define OLDEST_H

#include "transaction.h"

static __always_inline __u64 flow_word_in_bucket(struct bucket *b, const struct flow *flow)
{
	struct bucket_probe probe = {};

	bucket_find_slow(b, &flow->key, flow->hash, &probe);
	return probe.slot < BUCKET_SLOTS ? probe.state : 0;
}

/* The word of the open transaction of this key, 0 when there is none. */
__noinline __u64 flow_lookup_word(const struct flow *flow)
{
	struct flow_key key;
	struct bucket *b, *c;
	__u64 state;

	if (!flow)
		return 0;
	b = sizes.has_buckets ? bucket_by_tuple(flow) : 0;
	c = sizes.has_buckets ? bucket_by_key(flow) : 0;
	state = b ? flow_word_in_bucket(b, flow) : 0;
	if (state || (b && !READ_ONCE(b->overflowed)))
		return state;
	if (c)
		state = flow_word_in_bucket(c, flow);
	if (state || (c && !READ_ONCE(c->overflowed)))
		return state;
	key = flow->key;
	if (!overflow_lookup(&key, &state))
		return 0;
	return state & STATE_OPEN ? state : 0;
}

/* The oldest that was met, young enough: its word (~0: none yet), and its message ID. */
struct oldest_flow {
	__u64 word, now, timeout;
	__u64 id;
};

static __always_inline void oldest_flow_update(struct oldest_flow *oldest, __u64 word, __u16 id)
{
	if (!(word & STATE_OPEN) || flow_age(word, oldest->now) > oldest->timeout ||
	    word >= oldest->word)
		return;
	oldest->word = word;
	oldest->id = id;
}

/* Those of the 4-tuple in its own bucket. */
__noinline int oldest_flow_in_bucket(struct bucket *b, const struct flow_key *key,
				     struct oldest_flow *oldest)
{
	__u64 word;
	__u32 i;

	if (!b || !key || !oldest)
		return 0;
	UNROLL
	for (i = 0; i < BUCKET_SLOTS; i++) {
		word = load_acquire(b->state[i]);
		if (flow_tuple_equal(&b->key[i], key))
			oldest_flow_update(oldest, word, b->key[i].id);
	}
	return 0;
}

/* The one in a place of the index: its message ID is left in the key. */
__noinline int oldest_flow_in_index(struct flow *flow, __u32 i, struct oldest_flow *oldest)
{
	if (!flow || !oldest || !tuple_index_id(tuple_hash(flow->tuple), i, &flow->key.id))
		return 0;
	flow->hash = flow_hash(flow->tuple, flow->key.id);
	oldest_flow_update(oldest, flow_lookup_word(flow), flow->key.id);
	return 0;
}

/*
 * The oldest open transaction of the 4-tuple in s->key, among those findable by it: its message ID
 * into the key. Returns 1 when there is one.
 */
__noinline int flow_find_oldest(struct flow *flow, __u64 now, __u64 timeout)
{
	struct oldest_flow oldest = {.word = ~0ULL, .now = now, .timeout = timeout};
	struct bucket *b;
	__u32 i;

	if (!flow)
		return 0;
	b = sizes.has_buckets ? bucket_by_tuple(flow) : 0;
	if (b)
		oldest_flow_in_bucket(b, &flow->key, &oldest);
	for (i = 0; i < 2 * TUPLE_INDEX_IDS && (!b || READ_ONCE(b->overflowed)); i++)
		oldest_flow_in_index(flow, i, &oldest);
	flow->key.id = oldest.id;
	flow->hash = flow_hash(flow->tuple, flow->key.id);
	return oldest.word != ~0ULL;
}

#endif
