/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The transactions in flight: opened, retransmitted and ended by one compare-and-swap on the
 * entry's state word. Counts nothing of a resolver; says what happened, engine.h counts.
 *
 * Plain version: a preallocated hash by key. Three rules make it exact on many CPUs:
 *  - Who swaps STATE_OPEN away owns the entry's removal, and nobody else removes it. Others who
 *    meet an ended entry treat it as being removed; so no removal by key can hit a newer one.
 *  - The kernel reuses a removed entry's memory at once. A word is only swapped when a second
 *    look-up, after the word was read, still finds the key at the same place: words are unique,
 *    so if the memory went to another key in between, the swap fails.
 *  - Room is short: what cannot be opened is said, never waited for.
 */
#ifndef TRANSACTION_H
#define TRANSACTION_H

#include "tuple.h"

#define REMOVAL_NS 1000000000ULL /* a removal that has not happened by then never will */

MAP(HASH, transactions, struct transaction_key, struct transaction, IN_FLIGHT_DEFAULT);

enum opened { OPENED, RETRANSMITTED, NO_ROOM };

static __always_inline __u64 opened_at(__u64 state)
{
	return state >> STATE_SHIFT;
}

/* Age of an entry in ns: never negative, since another CPU may have opened it just after `now`. */
static __always_inline __u64 age_of(__u64 state, __u64 now)
{
	return now > opened_at(state) ? now - opened_at(state) : 0;
}

/* The entry and its state word, certain to belong together; NULL when there is none. */
static __always_inline struct transaction *find_transaction(const struct transaction_key *key,
							    __u64 *state)
{
	struct transaction *t = bpf_map_lookup_elem(&transactions, key);

	if (!t)
		return 0;
	*state = load_once(t->state);
	return bpf_map_lookup_elem(&transactions, key) == t ? t : 0;
}

static __always_inline int remove_once(const struct transaction_key *key)
{
	return bpf_map_delete_elem(&transactions, key) == -EBUSY ? AGAIN : DONE;
}

/* Only for who owns the removal. What stays busy is collected by the sweep. */
static __always_inline void remove_transaction(const struct transaction_key *key, __u64 state)
{
	if (state & STATE_INDEXED)
		tuple_release(key);
	if (three_times(remove_once(key)) == AGAIN)
		count_self(SELF_BUSY);
}

/*
 * A query meets its entry. Aged: the same entry becomes a new transaction, *aged the word of the
 * one that timed out. Returns OPENED or RETRANSMITTED with the entry's word in *state, or -1 when
 * somebody else was at it.
 */
static __always_inline int meet_again(struct transaction *t, __u64 *state, __u64 now, __u64 timeout,
				      __u64 flags, __u64 *aged)
{
	__u64 old = *state, new;

	if (!(old & STATE_OPEN))
		return -1;
	if (age_of(old, now) > timeout)
		new = now << STATE_SHIFT | STATE_OPEN | (old & STATE_INDEXED) | flags;
	else
		new = old | STATE_RETRANSMITTED;
	if (old != new &&compare_and_swap(&t->state, old, new) != old)
		return -1;
	*state = new;
	if (age_of(old, now) <= timeout)
		return RETRANSMITTED;
	*aged = old;
	return OPENED;
}

/* What transaction_open() is asked, and what it answers. */
struct opening {
	__u64 now, timeout;
	__u64 flags; /* STATE_OTHER when the resolver has no entry of its own */
	int index;   /* findable by its 4-tuple, for short quotes */
	int indexed; /* a reference on the 4-tuple is held */
	int result;  /* enum opened */
	__u64 state; /* the word that now stands */
	__u64 aged;  /* the word of one that timed out here and made room, or 0 */
};

static __always_inline int open_once(const struct transaction_key *key, struct opening *o)
{
	struct transaction fresh = {}, *t;
	long err;

	t = find_transaction(key, &o->state);
	if (t) {
		o->result = meet_again(t, &o->state, o->now, o->timeout, o->flags, &o->aged);
		if (o->result == OPENED && o->state & STATE_INDEXED)
			tuple_place(key);
		return o->result < 0 ? AGAIN : DONE;
	}
	if (o->index && !o->indexed)
		o->indexed = tuple_hold(key, o->now);
	fresh.state = o->now << STATE_SHIFT | STATE_OPEN | o->flags;
	if (o->indexed)
		fresh.state |= STATE_INDEXED;
	err = bpf_map_update_elem(&transactions, key, &fresh, BPF_NOEXIST);
	if (!err) {
		o->indexed = 0; /* the entry holds it now */
		o->state = fresh.state;
		o->result = OPENED;
		return DONE;
	}
	o->result = NO_ROOM;
	return err == -EEXIST || err == -EBUSY ? AGAIN : DONE;
}

/* A query of ours: open its transaction, or mark the open one as retransmitted. */
static __always_inline void transaction_open(const struct transaction_key *key, struct opening *o)
{
	if (three_times(open_once(key, o)) == AGAIN) {
		count_self(SELF_BUSY);
		o->result = NO_ROOM;
	}
	if (o->indexed)
		tuple_release(key);
}

static __always_inline int end_once(const struct transaction_key *key, __u64 now, __u64 least_age,
				    __u64 *ended)
{
	struct transaction *t;
	__u64 state = 0;

	t = find_transaction(key, &state);
	if (!t || !(state & STATE_OPEN) || age_of(state, now) < least_age)
		return DONE;
	if (compare_and_swap(&t->state, state, now << STATE_SHIFT) != state)
		return AGAIN;
	remove_transaction(key, state);
	*ended = state;
	return DONE;
}

/*
 * End the open transaction of this key if it is at least `least_age` ns old. Returns its state
 * word, and the caller alone counts its outcome; 0 when there is none.
 */
KEY_FUNCTION __u64 transaction_end(const struct transaction_key *key, __u64 now, __u64 least_age)
{
	__u64 ended = 0;

	if (three_times(end_once(key, now, least_age, &ended)) == AGAIN)
		count_self(SELF_BUSY);
	return ended;
}

/* For the sweep: remove an entry that has ended, and whose removal has failed long ago. */
static __always_inline void transaction_collect(const struct transaction_key *key, __u64 now)
{
	struct transaction *t;
	__u64 state = 0;

	t = find_transaction(key, &state);
	if (!t || state & STATE_OPEN || age_of(state, now) < REMOVAL_NS)
		return;
	if (load_once(t->state) == state)
		bpf_map_delete_elem(&transactions, key);
}

/*
 * The oldest open transaction of the 4-tuple in `key`, among those findable by it: its message ID
 * into key->id. Returns 1 when there is one.
 */
static __always_inline int transaction_oldest(struct transaction_key *key, __u64 now, __u64 timeout)
{
	__u64 state = 0, oldest = ~0ULL;
	__u16 id = 0;
	__u32 i;

	for (i = 0; i < SHORT_QUOTES_FINDABLE; i++) {
		if (!tuple_id(key, i, &key->id) || !find_transaction(key, &state))
			continue;
		if (!(state & STATE_OPEN) || age_of(state, now) > timeout || state >= oldest)
			continue;
		oldest = state;
		id = key->id;
	}
	key->id = id;
	return oldest != ~0ULL;
}

#endif
