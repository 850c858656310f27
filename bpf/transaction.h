/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The transactions in flight: opened, retransmitted and ended by one compare-and-swap on the
 * entry's state word. Counts nothing of a resolver; says what happened, engine.h counts.
 *
 * Three tables, each for what the one before has no room for: buckets by 4-tuple, few enough to
 * stay in a cache; buckets by the whole key; a hash of the kernel. A bucket's count `overflowed`
 * says whether an entry that belongs to it may be further on, so most look-ups end at the first. A
 * short quote finds what is in the first by looking through one bucket, and the others by tuple.h.
 */
#ifndef TRANSACTION_H
#define TRANSACTION_H

#include "overflow.h"

MMAP_ARRAY(flows_by_tuple, struct bucket);
MMAP_ARRAY(flows_by_key, struct bucket);

/* A transaction's key and its hashes, made once for a message. */
struct flow {
	struct flow_key key;
	__u64 tuple; /* tuple_word(): what the hashes below are made of, besides the message ID */
	__u64 hash;  /* flow_hash() */
};

/* For who has only the key. */
static __always_inline void flow_set_hash(struct flow *s)
{
	s->tuple = tuple_word(addr_hash(sizes.seed, &s->key.client), s->key.client_port,
			      resolver_hash31_at(s->key.resolver));
	s->hash = flow_hash(s->tuple, s->key.id);
}

static __always_inline struct bucket *bucket_by_tuple(const struct flow *s)
{
	return array_elem(flows_by_tuple, tuple_hash(s->tuple) & sizes.flows_by_tuple_mask);
}

static __always_inline struct bucket *bucket_by_key(const struct flow *s)
{
	return array_elem(flows_by_key, s->hash & sizes.flows_by_key_mask);
}

/* ---- opening ---------------------------------------------------------------------------- */

enum open_result { OPEN_NEW, OPEN_RETRANSMITTED, OPEN_NO_ROOM };

/* What flow_open() is asked, and what it answers. */
struct open_request {
	__u64 now, timeout;
	__u64 expired_word; /* the word of one that timed out here and made room, or 0 */
	__u32 index;	    /* findable by its 4-tuple, for short quotes */
	__u32 indexed;	    /* a place of the 4-tuple is held */
	__u32 result;	    /* enum opened */
	__u32 pad;
};

static __always_inline __u64 flow_open_word(__u64 now)
{
	return now << STATE_SHIFT | STATE_OPEN;
}

/* With all places of its 4-tuple taken when it was opened first, it may have one now. */
static __always_inline __u64 flow_reopen_flags(const struct flow *s, __u64 old,
					       struct open_request *o)
{
	__u64 flags = old & (STATE_GEN | STATE_INDEXED);

	if (!s || flags & STATE_INDEXED || !o->index)
		return flags;
	if (!o->indexed)
		o->indexed = tuple_index_add(tuple_hash(s->tuple), s->key.id);
	return o->indexed ? flags | STATE_INDEXED : flags;
}

/*
 * A query meets its entry, whose word is `old`; `s` is NULL in the first bucket, where no place is
 * needed. Aged: the same entry becomes a new transaction, o->aged the word of the one that timed
 * out. Returns AGAIN when somebody else was at it.
 */
static __always_inline int flow_hit(__u64 *state, __u64 old, const struct flow *s,
				    struct open_request *o)
{
	__u64 new = old | STATE_RETRANSMITTED;
	int aged = flow_age(old, o->now) > o->timeout;

	if (!(old & STATE_OPEN))
		return TRY_AGAIN;
	if (aged)
		new = flow_open_word(o->now) | flow_reopen_flags(s, old, o);
	if (old != new &&compare_and_swap(state, old, new) != old)
		return TRY_AGAIN;
	if (new & ~old & STATE_INDEXED)
		o->indexed = 0; /* the entry holds it now */
	o->result = aged ? OPEN_NEW : OPEN_RETRANSMITTED;
	o->expired_word = aged ? old : 0;
	return TRY_DONE;
}

enum { TRY_NEXT = TRY_AGAIN + 1 };

/* In one bucket, after a look. DONE: met, or put in. FURTHER: neither here. */
static __always_inline int flow_open_in_bucket(struct bucket *b, const struct flow *s,
					       struct open_request *o,
					       const struct bucket_probe *seen, __u64 flags,
					       int may_put, int far)
{
	struct bucket_probe l = *seen;
	__u32 slot;

	slot = l.slot;
	barrier_var(slot);
	if (slot < BUCKET_SLOTS)
		return flow_hit(&b->state[slot], l.state, far ? s : 0, o);
	if (l.claimed)
		return TRY_AGAIN;
	if (!may_put || l.free >= BUCKET_SLOTS)
		return TRY_NEXT;
	if (!bucket_insert(b, &l, ctrl_claim(&l, s->hash), &s->key, flow_open_word(o->now) | flags))
		return TRY_AGAIN;
	o->result = OPEN_NEW;
	return TRY_DONE;
}

static __always_inline int flow_open_in_bucket_slow(struct bucket *b, const struct flow *s,
						    struct open_request *o, __u64 flags,
						    int may_put, int far)
{
	struct bucket_probe l = {};

	bucket_find_slow(b, &s->key, s->hash, &l);
	return flow_open_in_bucket(b, s, o, &l, flags, may_put, far);
}

static __always_inline int flow_open_in_overflow(const struct flow *s, struct open_request *o,
						 __u64 flags, int may_put)
{
	struct flow_state fresh = {}, *t;
	struct flow_key key = s->key; /* on the stack: see kernel.h */
	__u64 state = 0;
	long err;

	t = overflow_lookup(&key, &state);
	if (t)
		return flow_hit(&t->state, state, s, o);
	if (!may_put)
		return TRY_NEXT;
	fresh.state = flow_open_word(o->now) | flags;
	o->result = OPEN_NEW;
	err = bpf_map_update_elem(&flows_overflow, &key, &fresh, BPF_NOEXIST);
	if (!err)
		return TRY_DONE;
	o->result = OPEN_NO_ROOM;
	return err == -EEXIST || err == -EBUSY ? TRY_AGAIN : TRY_NEXT;
}

/* Met in one of the tables, put into none. */
static __always_inline int flow_find_any(struct bucket *b, struct bucket *c, const struct flow *s,
					 struct open_request *o)
{
	int result = TRY_NEXT;

	if (b)
		result = flow_open_in_bucket_slow(b, s, o, 0, 0, 0);
	if (result == TRY_NEXT && b && c && READ_ONCE(b->overflowed))
		result = flow_open_in_bucket_slow(c, s, o, 0, 0, 1);
	if (result == TRY_NEXT && (!c || READ_ONCE(c->overflowed)))
		result = flow_open_in_overflow(s, o, 0, 0);
	return result;
}

/* An entry was put in, and no other one met. */
static __always_inline int is_flow_new(int result, const struct open_request *o)
{
	return result == TRY_DONE && o->result == OPEN_NEW && !o->expired_word;
}

/* Behind the first bucket. What is put there is counted as overflowed before it is there. */
static __always_inline int flow_open_overflowed(struct bucket *b, struct bucket *c,
						const struct flow *s, struct open_request *o,
						__u64 flags)
{
	int result;

	if (!b || !c)
		return flow_open_in_overflow(s, o, flags, 1);
	atomic_add(&b->overflowed, 1);
	result = flow_open_in_bucket_slow(c, s, o, flags, 1, 1);
	if (result == TRY_NEXT) {
		atomic_add(&c->overflowed, 1);
		result = flow_open_in_overflow(s, o, flags, 1);
		if (!is_flow_new(result, o))
			atomic_add(&c->overflowed, -1);
	}
	if (!is_flow_new(result, o))
		atomic_add(&b->overflowed, -1);
	return result;
}

static __always_inline int flow_open_once(const struct flow *s, struct open_request *o)
{
	struct bucket *b = sizes.has_buckets ? bucket_by_tuple(s) : 0;
	struct bucket *c = sizes.has_buckets ? bucket_by_key(s) : 0;
	int result = flow_find_any(b, c, s, o);

	if (result == TRY_NEXT && b)
		result = flow_open_in_bucket_slow(b, s, o, 0, 1, 0);
	if (result != TRY_NEXT)
		return result;
	if (o->index && !o->indexed)
		o->indexed = tuple_index_add(tuple_hash(s->tuple), s->key.id);
	result = flow_open_overflowed(b, c, s, o, o->indexed ? STATE_INDEXED : 0);
	if (is_flow_new(result, o))
		o->indexed = 0; /* the entry holds it now */
	return result;
}

/* Wherever it is, or there is room. */
__noinline int flow_open_slow(const struct flow *s, struct open_request *o)
{
	if (!s || !o)
		return 0;
	if (retry_3(flow_open_once(s, o)) == TRY_AGAIN) {
		count_self(SELF_BUSY);
		o->result = OPEN_NO_ROOM;
	}
	if (o->indexed)
		tuple_index_del(tuple_hash(s->tuple), s->key.id);
	return 0;
}

/* A query of ours: open its transaction, or mark the open one as retransmitted. */
static __always_inline void flow_open(const struct flow *s, struct open_request *o)
{
	struct bucket *b = sizes.has_buckets ? bucket_by_tuple(s) : 0;
	struct bucket_probe l;

	if (b && !READ_ONCE(b->overflowed)) {
		bucket_find(b, &s->key, s->hash, &l, 1);
		if (flow_open_in_bucket(b, s, o, &l, 0, 1, 0) == TRY_DONE)
			return;
	}
	flow_open_slow(s, o);
}

/* ---- ending ----------------------------------------------------------------------------- */

static __always_inline int flow_close_in_bucket(struct bucket *b, const struct bucket_probe *l,
						__u64 *ended)
{
	if (l->slot >= BUCKET_SLOTS)
		return TRY_NEXT;
	if (!bucket_remove(b, l->slot, l->state))
		return TRY_AGAIN;
	*ended = l->state;
	return TRY_DONE;
}

static __always_inline int flow_close_in_bucket_slow(struct bucket *b, const struct flow *s,
						     __u64 *ended)
{
	struct bucket_probe l = {};

	bucket_find_slow(b, &s->key, s->hash, &l);
	return flow_close_in_bucket(b, &l, ended);
}

static __always_inline int flow_close_in_overflow(const struct flow *s, __u64 *ended)
{
	struct flow_key key = s->key;
	struct flow_state *t;
	__u64 state = 0;

	t = overflow_lookup(&key, &state);
	if (!t || !(state & STATE_OPEN))
		return TRY_NEXT;
	if (compare_and_swap(&t->state, state, engine_clock() << STATE_SHIFT) != state)
		return TRY_AGAIN;
	overflow_remove(&key);
	*ended = state;
	return TRY_DONE;
}

/* What stood behind the first bucket has ended. */
static __always_inline void flow_unlink_overflow(struct bucket *b, const struct flow *s,
						 __u64 ended)
{
	if (ended & STATE_INDEXED)
		tuple_index_del(tuple_hash(s->tuple), s->key.id);
	if (b)
		atomic_add(&b->overflowed, -1);
}

static __always_inline int flow_close_once(const struct flow *s, __u64 *ended)
{
	struct bucket *b = sizes.has_buckets ? bucket_by_tuple(s) : 0;
	struct bucket *c = sizes.has_buckets ? bucket_by_key(s) : 0;
	int result = b ? flow_close_in_bucket_slow(b, s, ended) : TRY_NEXT;

	if (result != TRY_NEXT || (b && !READ_ONCE(b->overflowed)))
		return result;
	if (c)
		result = flow_close_in_bucket_slow(c, s, ended);
	if (result == TRY_NEXT && (!c || READ_ONCE(c->overflowed))) {
		result = flow_close_in_overflow(s, ended);
		if (result == TRY_DONE && c)
			atomic_add(&c->overflowed, -1);
	}
	if (result == TRY_DONE)
		flow_unlink_overflow(b, s, *ended);
	return result;
}

/*
 * For the sweep, which found this word in the hash: end that transaction and no other. Returns the
 * word, or 0 when somebody was first.
 */
__noinline __u64 flow_close_aged(const struct flow *s, __u64 word)
{
	struct flow_state *t;
	struct flow_key key;
	struct bucket *b, *c;
	__u64 state = 0;

	if (!s)
		return 0;
	b = sizes.has_buckets ? bucket_by_tuple(s) : 0;
	c = sizes.has_buckets ? bucket_by_key(s) : 0;
	key = s->key;
	t = overflow_lookup(&key, &state);
	if (!t || state != word ||
	    compare_and_swap(&t->state, state, engine_clock() << STATE_SHIFT) != state)
		return 0;
	overflow_remove(&key);
	if (c)
		atomic_add(&c->overflowed, -1);
	flow_unlink_overflow(b, s, word);
	return word;
}

__noinline __u64 flow_close_slow(const struct flow *s)
{
	__u64 ended = 0;

	if (!s)
		return 0;
	if (retry_3(flow_close_once(s, &ended)) == TRY_AGAIN)
		count_self(SELF_BUSY);
	return ended;
}

/*
 * The first look, for which s->key need not be made yet. Returns 0 when there is no such
 * transaction in any of the tables, 1 when there may be: for flow_close().
 */
static __always_inline int flow_probe(const struct flow *s, struct bucket **b,
				      struct bucket_probe *l)
{
	__u64 matches;

	*b = sizes.has_buckets ? bucket_by_tuple(s) : 0;
	if (!*b)
		return 1;
	bucket_probe_init(*b, l);
	matches = ctrl_match_tag(l->ctrl, flow_tag(s->hash));
	return (matches && has_open_match(*b, matches)) || READ_ONCE((*b)->overflowed);
}

/*
 * End the open transaction of this key. Returns its state word, and the caller alone counts its
 * outcome; 0 when there is none. `b` and `l` are what flow_probe() has found.
 */
static __always_inline __u64 flow_close(const struct flow *s, struct bucket *b,
					struct bucket_probe *l)
{
	int result = TRY_NEXT;
	__u64 ended = 0;

	if (b) {
		bucket_find_key(b, &s->key, ctrl_match_tag(l->ctrl, flow_tag(s->hash)), l);
		result = flow_close_in_bucket(b, l, &ended);
	}
	if (result == TRY_DONE)
		return ended;
	if (result == TRY_NEXT && b && !READ_ONCE(b->overflowed))
		return 0;
	return flow_close_slow(s);
}

#endif
