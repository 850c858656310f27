/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The transactions in flight: opened, retransmitted and ended by one compare-and-swap on the
 * entry's state word. Counts nothing of a resolver; says what happened, engine.h counts.
 *
 * Three tables, each for what the one before has no room for: buckets by 4-tuple, few enough to
 * stay in a cache; buckets by the whole key; a hash of the kernel. A bucket's count `spilled` says
 * whether an entry that belongs to it may be further on, so most look-ups end at the first. A short
 * quote finds what is in the first by looking through one bucket, and the others by tuple.h.
 */
#ifndef TRANSACTION_H
#define TRANSACTION_H

#include "overflow.h"

TABLE(first, struct bucket);
TABLE(second, struct bucket);

/* A transaction's key and its hashes, made once for a message. */
struct subject {
	struct flight_key key;
	__u64 base;  /* tuple_word(): what the hashes below are made of, besides the message ID */
	__u64 whole; /* hash_whole() */
};

/* For who has only the key. */
static __always_inline void set_hashes(struct subject *s)
{
	s->base = tuple_word(hash_address(sizes.seed, &s->key.client), s->key.client_port,
			     mark_known(s->key.resolver));
	s->whole = hash_whole(s->base, s->key.id);
}

static __always_inline struct bucket *first_of(const struct subject *s)
{
	return row(first, hash_tuple(s->base) & sizes.first_mask);
}

static __always_inline struct bucket *second_of(const struct subject *s)
{
	return row(second, s->whole & sizes.second_mask);
}

/* ---- opening ---------------------------------------------------------------------------- */

enum opened { OPENED, RETRANSMITTED, NO_ROOM };

/* What transaction_open() is asked, and what it answers. */
struct opening {
	__u64 now, timeout;
	__u64 aged;    /* the word of one that timed out here and made room, or 0 */
	__u32 index;   /* findable by its 4-tuple, for short quotes */
	__u32 indexed; /* a place of the 4-tuple is held */
	__u32 result;  /* enum opened */
	__u32 pad;
};

static __always_inline __u64 word_of(__u64 now)
{
	return now << STATE_SHIFT | STATE_OPEN;
}

/* With all places of its 4-tuple taken when it was opened first, it may have one now. */
static __always_inline __u64 flags_again(const struct subject *s, __u64 old, struct opening *o)
{
	__u64 flags = old & (STATE_TURN | STATE_INDEXED);

	if (!s || flags & STATE_INDEXED || !o->index)
		return flags;
	if (!o->indexed)
		o->indexed = tuple_hold(hash_tuple(s->base), s->key.id);
	return o->indexed ? flags | STATE_INDEXED : flags;
}

/*
 * A query meets its entry, whose word is `old`; `s` is NULL in the first bucket, where no place is
 * needed. Aged: the same entry becomes a new transaction, o->aged the word of the one that timed
 * out. Returns AGAIN when somebody else was at it.
 */
static __always_inline int meet_again(__u64 *state, __u64 old, const struct subject *s,
				      struct opening *o)
{
	__u64 new = old | STATE_RETRANSMITTED;
	int aged = age_of(old, o->now) > o->timeout;

	if (!(old & STATE_OPEN))
		return AGAIN;
	if (aged)
		new = word_of(o->now) | flags_again(s, old, o);
	if (old != new &&compare_and_swap(state, old, new) != old)
		return AGAIN;
	if (new & ~old & STATE_INDEXED)
		o->indexed = 0; /* the entry holds it now */
	o->result = aged ? OPENED : RETRANSMITTED;
	o->aged = aged ? old : 0;
	return DONE;
}

enum { FURTHER = AGAIN + 1 };

/* In one bucket, after a look. DONE: met, or put in. FURTHER: neither here. */
static __always_inline int open_seen(struct bucket *b, const struct subject *s, struct opening *o,
				     const struct look *seen, __u64 flags, int may_put, int far)
{
	struct look l = *seen;
	__u32 way;

	way = l.way;
	settle(way);
	if (way < WAYS)
		return meet_again(&b->state[way], l.state, far ? s : 0, o);
	if (l.taken)
		return AGAIN;
	if (!may_put || l.free >= WAYS)
		return FURTHER;
	if (!put_into(b, &l, head_with(&l, s->whole), &s->key, word_of(o->now) | flags))
		return AGAIN;
	o->result = OPENED;
	return DONE;
}

static __always_inline int open_here(struct bucket *b, const struct subject *s, struct opening *o,
				     __u64 flags, int may_put, int far)
{
	struct look l = {};

	look_over(b, &s->key, s->whole, &l);
	return open_seen(b, s, o, &l, flags, may_put, far);
}

static __always_inline int open_in_overflow(const struct subject *s, struct opening *o, __u64 flags,
					    int may_put)
{
	struct transaction fresh = {}, *t;
	struct flight_key key = s->key; /* on the stack: see kernel.h */
	__u64 state = 0;
	long err;

	t = overflow_find(&key, &state);
	if (t)
		return meet_again(&t->state, state, s, o);
	if (!may_put)
		return FURTHER;
	fresh.state = word_of(o->now) | flags;
	o->result = OPENED;
	err = bpf_map_update_elem(&overflow, &key, &fresh, BPF_NOEXIST);
	if (!err)
		return DONE;
	o->result = NO_ROOM;
	return err == -EEXIST || err == -EBUSY ? AGAIN : FURTHER;
}

/* Met in one of the tables, put into none. */
static __always_inline int meet_anywhere(struct bucket *b, struct bucket *c,
					 const struct subject *s, struct opening *o)
{
	int result = FURTHER;

	if (b)
		result = open_here(b, s, o, 0, 0, 0);
	if (result == FURTHER && b && c && load_once(b->spilled))
		result = open_here(c, s, o, 0, 0, 1);
	if (result == FURTHER && (!c || load_once(c->spilled)))
		result = open_in_overflow(s, o, 0, 0);
	return result;
}

/* An entry was put in, and no other one met. */
static __always_inline int is_new(int result, const struct opening *o)
{
	return result == DONE && o->result == OPENED && !o->aged;
}

/* Behind the first bucket. What is put there is counted as spilled before it is there. */
static __always_inline int put_further(struct bucket *b, struct bucket *c, const struct subject *s,
				       struct opening *o, __u64 flags)
{
	int result;

	if (!b || !c)
		return open_in_overflow(s, o, flags, 1);
	add(&b->spilled, 1);
	result = open_here(c, s, o, flags, 1, 1);
	if (result == FURTHER) {
		add(&c->spilled, 1);
		result = open_in_overflow(s, o, flags, 1);
		if (!is_new(result, o))
			add(&c->spilled, -1);
	}
	if (!is_new(result, o))
		add(&b->spilled, -1);
	return result;
}

static __always_inline int open_once(const struct subject *s, struct opening *o)
{
	struct bucket *b = sizes.has_buckets ? first_of(s) : 0;
	struct bucket *c = sizes.has_buckets ? second_of(s) : 0;
	int result = meet_anywhere(b, c, s, o);

	if (result == FURTHER && b)
		result = open_here(b, s, o, 0, 1, 0);
	if (result != FURTHER)
		return result;
	if (o->index && !o->indexed)
		o->indexed = tuple_hold(hash_tuple(s->base), s->key.id);
	result = put_further(b, c, s, o, o->indexed ? STATE_INDEXED : 0);
	if (is_new(result, o))
		o->indexed = 0; /* the entry holds it now */
	return result;
}

/* Wherever it is, or there is room. */
OWN_FUNCTION int open_elsewhere(const struct subject *s, struct opening *o)
{
	if (!s || !o)
		return 0;
	if (three_times(open_once(s, o)) == AGAIN) {
		count_self(SELF_BUSY);
		o->result = NO_ROOM;
	}
	if (o->indexed)
		tuple_release(hash_tuple(s->base), s->key.id);
	return 0;
}

/* A query of ours: open its transaction, or mark the open one as retransmitted. */
static __always_inline void transaction_open(const struct subject *s, struct opening *o)
{
	struct bucket *b = sizes.has_buckets ? first_of(s) : 0;
	struct look l;

	if (b && !load_once(b->spilled)) {
		look_into(b, &s->key, s->whole, &l, 1);
		if (open_seen(b, s, o, &l, 0, 1, 0) == DONE)
			return;
	}
	open_elsewhere(s, o);
}

/* ---- ending ----------------------------------------------------------------------------- */

static __always_inline int end_seen(struct bucket *b, const struct look *l, __u64 *ended)
{
	if (l->way >= WAYS)
		return FURTHER;
	if (!take_out(b, l->way, l->state))
		return AGAIN;
	*ended = l->state;
	return DONE;
}

static __always_inline int end_here(struct bucket *b, const struct subject *s, __u64 *ended)
{
	struct look l = {};

	look_over(b, &s->key, s->whole, &l);
	return end_seen(b, &l, ended);
}

static __always_inline int end_in_overflow(const struct subject *s, __u64 *ended)
{
	struct flight_key key = s->key;
	struct transaction *t;
	__u64 state = 0;

	t = overflow_find(&key, &state);
	if (!t || !(state & STATE_OPEN))
		return FURTHER;
	if (compare_and_swap(&t->state, state, engine_clock() << STATE_SHIFT) != state)
		return AGAIN;
	overflow_remove(&key);
	*ended = state;
	return DONE;
}

/* What stood behind the first bucket has ended. */
static __always_inline void leave(struct bucket *b, const struct subject *s, __u64 ended)
{
	if (ended & STATE_INDEXED)
		tuple_release(hash_tuple(s->base), s->key.id);
	if (b)
		add(&b->spilled, -1);
}

static __always_inline int end_once(const struct subject *s, __u64 *ended)
{
	struct bucket *b = sizes.has_buckets ? first_of(s) : 0;
	struct bucket *c = sizes.has_buckets ? second_of(s) : 0;
	int result = b ? end_here(b, s, ended) : FURTHER;

	if (result != FURTHER || (b && !load_once(b->spilled)))
		return result;
	if (c)
		result = end_here(c, s, ended);
	if (result == FURTHER && (!c || load_once(c->spilled))) {
		result = end_in_overflow(s, ended);
		if (result == DONE && c)
			add(&c->spilled, -1);
	}
	if (result == DONE)
		leave(b, s, *ended);
	return result;
}

/*
 * For the sweep, which found this word in the hash: end that transaction and no other. Returns the
 * word, or 0 when somebody was first.
 */
OWN_FUNCTION __u64 end_aged(const struct subject *s, __u64 word)
{
	struct transaction *t;
	struct flight_key key;
	struct bucket *b, *c;
	__u64 state = 0;

	if (!s)
		return 0;
	b = sizes.has_buckets ? first_of(s) : 0;
	c = sizes.has_buckets ? second_of(s) : 0;
	key = s->key;
	t = overflow_find(&key, &state);
	if (!t || state != word ||
	    compare_and_swap(&t->state, state, engine_clock() << STATE_SHIFT) != state)
		return 0;
	overflow_remove(&key);
	if (c)
		add(&c->spilled, -1);
	leave(b, s, word);
	return word;
}

OWN_FUNCTION __u64 end_elsewhere(const struct subject *s)
{
	__u64 ended = 0;

	if (!s)
		return 0;
	if (three_times(end_once(s, &ended)) == AGAIN)
		count_self(SELF_BUSY);
	return ended;
}

/*
 * The first look, for which s->key need not be made yet. Returns 0 when there is no such
 * transaction in any of the tables, 1 when there may be: for transaction_end().
 */
static __always_inline int transaction_look(const struct subject *s, struct bucket **b,
					    struct look *l)
{
	__u64 like;

	*b = sizes.has_buckets ? first_of(s) : 0;
	if (!*b)
		return 1;
	begin_look(*b, l);
	like = tags_like(l->head, tag_of(s->whole));
	return (like && any_open(*b, like)) || load_once((*b)->spilled);
}

/*
 * End the open transaction of this key. Returns its state word, and the caller alone counts its
 * outcome; 0 when there is none. `b` and `l` are what transaction_look() has found.
 */
static __always_inline __u64 transaction_end(const struct subject *s, struct bucket *b,
					     struct look *l)
{
	int result = FURTHER;
	__u64 ended = 0;

	if (b) {
		look_for_key(b, &s->key, tags_like(l->head, tag_of(s->whole)), l);
		result = end_seen(b, l, &ended);
	}
	if (result == DONE)
		return ended;
	if (result == FURTHER && b && !load_once(b->spilled))
		return 0;
	return end_elsewhere(s);
}

#endif
