/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Timed-out transactions, remembered for 60 s so that a late arrival is told from a forged one: in
 * buckets by key, a few per key. What is no longer needed makes room without anybody's help; when
 * all of a bucket is needed the oldest gives way, and is counted as forgotten. No law depends on
 * it.
 */
#ifndef REMEMBERED_H
#define REMEMBERED_H

#include "transaction.h"

TABLE(remembered, struct bucket);

static __always_inline int is_remembered(__u64 word, __u64 now, __u64 timeout)
{
	return word & STATE_OPEN && age_of(word, now) < timeout + REMEMBER_NS;
}

static __always_inline struct bucket *remembered_of(const struct subject *s, __u32 beside)
{
	return row(remembered, (s->whole ^ beside) & sizes.remembered_mask);
}

/* Of the entries with this key, or of all: how many there are, and the oldest. */
struct oldest {
	__u64 word;
	__u32 way, count;
};

/* What is no longer needed is taken out on the way. */
OWN_FUNCTION int find_oldest(struct bucket *b, const struct flight_key *key, __u64 youngest,
			     int of_key, struct oldest *o)
{
	__u64 word;
	__u32 i;

	if (!b || !key || !o)
		return 0;
	o->word = ~0ULL;
	o->way = WAYS;
	o->count = 0;
	UNROLLED
	for (i = 0; i < WAYS; i++) {
		word = load_first(b->state[i]);
		if (!(word & STATE_OPEN) || (of_key && !same_key(&b->key[i], key)))
			continue;
		if (opened_at(word) < youngest) {
			take_out(b, i, word);
			continue;
		}
		o->count++;
		if (word >= o->word)
			continue;
		o->word = word;
		o->way = i;
	}
	return 0;
}

/*
 * What was opened before this is remembered no longer: is_remembered() told by the opening time.
 */
static __always_inline __u64 youngest_gone(__u64 now, __u64 timeout)
{
	return now >= timeout + REMEMBER_NS ? now - timeout - REMEMBER_NS + 1 : 0;
}

static __always_inline void forget(struct bucket *b, const struct oldest *o)
{
	if (o->way < WAYS && take_out(b, o->way, o->word))
		count_self(SELF_FORGOTTEN);
}

/* A key that has enough gives up its oldest. */
static __always_inline void make_way(struct bucket *b, struct bucket *beside,
				     const struct subject *s, __u64 gone)
{
	struct oldest o = {}, p = {};

	p.word = ~0ULL;
	find_oldest(b, &s->key, gone, 1, &o);
	if (load_once(b->spilled))
		find_oldest(beside, &s->key, gone, 1, &p);
	if (o.count + p.count < REMEMBERED_PER_KEY)
		return;
	if (o.word < p.word)
		forget(b, &o);
	else
		forget(beside, &p);
}

/* As look_over(), but for a free way only: a key may be here more than once. */
OWN_FUNCTION int find_free(struct bucket *b, struct look *l)
{
	if (!b || !l)
		return 0;
	l->head = load_first(b->head);
	l->free = WAYS;
	look_for_room(b, l);
	return 0;
}

static __always_inline int put_free(struct bucket *b, const struct subject *s, __u64 word)
{
	struct look l = {};

	find_free(b, &l);
	if (l.free >= WAYS)
		return FURTHER;
	return put_into(b, &l, head_with(&l, s->whole), &s->key, word) ? DONE : AGAIN;
}

/* FURTHER: all is needed; then the oldest has given way, and there is room now. */
static __always_inline int remember_once(struct bucket *b, struct bucket *beside,
					 const struct subject *s, __u64 word, __u64 gone)
{
	struct oldest o = {};
	int result;

	make_way(b, beside, s, gone);
	find_oldest(b, &s->key, gone, 0, &o);
	result = put_free(b, s, word);
	if (result != FURTHER)
		return result;
	store_last(b->spilled, 1);
	find_oldest(beside, &s->key, gone, 0, &o);
	result = put_free(beside, s, word);
	if (result != FURTHER)
		return result;
	find_oldest(b, &s->key, gone, 0, &o);
	forget(b, &o);
	return AGAIN;
}

/*
 * Remember this timed-out transaction. Not to be called for one that is_remembered() no longer.
 */
OWN_FUNCTION int remember(const struct subject *s, __u64 word, __u64 now, __u64 timeout)
{
	__u64 gone = youngest_gone(now, timeout);
	struct bucket *b, *beside;

	if (!s)
		return 0;
	b = remembered_of(s, 0);
	beside = remembered_of(s, 1);
	word &= ~STATE_INDEXED;
	store_last(engine.remembered_at, now);
	store_last(engine.remembers, 1);
	if (b && beside && three_times(remember_once(b, beside, s, word, gone)) == AGAIN)
		count_self(SELF_FORGOTTEN);
	return 0;
}

static __always_inline int recall_once(struct bucket *b, struct bucket *beside,
				       const struct subject *s, __u64 gone, __u64 *recalled)
{
	struct oldest o = {}, p = {};

	p.word = ~0ULL;
	find_oldest(b, &s->key, gone, 1, &o);
	if (load_once(b->spilled))
		find_oldest(beside, &s->key, gone, 1, &p);
	if (p.word < o.word) {
		b = beside;
		o = p;
	}
	if (o.word == ~0ULL)
		return DONE;
	if (!take_out(b, o.way, o.word))
		return AGAIN;
	*recalled = o.word;
	return DONE;
}

/* An arrival for a remembered transaction ends the remembrance. Returns its word, 0: none. */
OWN_FUNCTION __u64 recall_oldest(const struct subject *s, __u64 now, __u64 timeout)
{
	__u64 gone = youngest_gone(now, timeout), word = 0;
	struct bucket *b, *beside;

	if (!s)
		return 0;
	b = remembered_of(s, 0);
	beside = remembered_of(s, 1);
	if (b && beside && three_times(recall_once(b, beside, s, gone, &word)) == AGAIN)
		count_self(SELF_BUSY);
	return word;
}

/*
 * For the sweep: what was remembered last is no longer, so nothing is, and what fits nothing need
 * not look. With a second look, in case another CPU remembers just now: on x86, too, a load may be
 * earlier than the store before it, so that store is a swap.
 */
static __always_inline void forget_all(__u64 now, __u64 timeout)
{
	__u64 at = load_once(engine.remembered_at);

	if (!load_once(engine.remembers) || at >= youngest_gone(now, timeout))
		return;
	(void)__sync_lock_test_and_set(&engine.remembers, 0);
	if (load_first(engine.remembered_at) != at)
		engine.remembers = 1;
}

/* Whether anything with this key's tag may be remembered: without a call. */
static __always_inline int may_recall(__u64 whole)
{
	struct bucket *b;
	__u64 like;

	if (!load_once(engine.remembers))
		return 0;
	b = row(remembered, whole & sizes.remembered_mask);
	if (!b || load_once(b->spilled))
		return 1;
	like = tags_like(load_once(b->head), tag_of(whole));
	return like && any_open(b, like);
}

#endif
