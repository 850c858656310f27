/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which message IDs are in flight on a 4-tuple: what a short quote, which holds none, is looked up
 * by. An index and no more: transaction.h holds the truth. Each open transaction holds one
 * reference on its 4-tuple's entry; who gives back the last one removes it.
 */
#ifndef TUPLE_H
#define TUPLE_H

#include "resolver.h"

#define REFERENCE_BITS 20
#define REFERENCES ((1ULL << REFERENCE_BITS) - 1)
#define ID_HERE 0x10000U

struct tuple {
	__u64 references; /* time of creation << REFERENCE_BITS | references; none: being removed */
	__u32 ids[SHORT_QUOTES_FINDABLE]; /* ID_HERE | message ID, or 0 */
};

MAP(HASH, tuples, struct transaction_key, struct tuple, IN_FLIGHT_DEFAULT);

static __always_inline struct transaction_key tuple_of(const struct transaction_key *key)
{
	struct transaction_key tuple = *key;

	tuple.id = 0;
	return tuple;
}

/* One place after the other, until one does it. Sixteen, as SHORT_QUOTES_FINDABLE says. */
#define any_place(f, ...)                                                                          \
	(f(0, __VA_ARGS__) || f(1, __VA_ARGS__) || f(2, __VA_ARGS__) || f(3, __VA_ARGS__) ||       \
	 f(4, __VA_ARGS__) || f(5, __VA_ARGS__) || f(6, __VA_ARGS__) || f(7, __VA_ARGS__) ||       \
	 f(8, __VA_ARGS__) || f(9, __VA_ARGS__) || f(10, __VA_ARGS__) || f(11, __VA_ARGS__) ||     \
	 f(12, __VA_ARGS__) || f(13, __VA_ARGS__) || f(14, __VA_ARGS__) || f(15, __VA_ARGS__))
_Static_assert(SHORT_QUOTES_FINDABLE == 16, "any_place() knows sixteen");

static __always_inline int swap_id(__u32 i, struct tuple *e, __u32 from, __u32 to)
{
	return e->ids[i] == from && compare_and_swap(&e->ids[i], from, to) == from;
}

/* Take a reference on the entry. With all places taken no short quote finds the transaction. */
static __always_inline int hold_once(const struct transaction_key *tuple, __u16 id, __u64 now,
				     int *held)
{
	struct tuple fresh = {}, *e;
	__u64 word;
	long err;

	e = bpf_map_lookup_elem(&tuples, tuple);
	if (!e) {
		fresh.references = now << REFERENCE_BITS | 1;
		fresh.ids[0] = ID_HERE | id;
		err = bpf_map_update_elem(&tuples, tuple, &fresh, BPF_NOEXIST);
		*held = !err;
		return err == -EEXIST || err == -EBUSY ? AGAIN : DONE;
	}
	word = load_once(e->references);
	if (!(word & REFERENCES) || bpf_map_lookup_elem(&tuples, tuple) != e)
		return AGAIN;
	if (compare_and_swap(&e->references, word, word + 1) != word)
		return AGAIN;
	*held = 1;
	(void)any_place(swap_id, e, 0, ID_HERE | id);
	return DONE;
}

/* Take a reference on the entry of this key's 4-tuple. Returns 1, or 0 when there is no room. */
KEY_FUNCTION int tuple_hold(const struct transaction_key *key, __u64 now)
{
	struct transaction_key tuple = tuple_of(key);
	int held = 0;

	if (three_times(hold_once(&tuple, key->id, now, &held)) == AGAIN)
		count_self(SELF_BUSY);
	return held;
}

static __always_inline int remove_tuple_once(const struct transaction_key *tuple)
{
	return bpf_map_delete_elem(&tuples, tuple) == -EBUSY ? AGAIN : DONE;
}

/* Give back the reference that this key's transaction holds. */
KEY_FUNCTION int tuple_release(const struct transaction_key *key)
{
	struct transaction_key tuple = tuple_of(key);
	struct tuple *e = bpf_map_lookup_elem(&tuples, &tuple);

	if (!e)
		return 0;
	(void)any_place(swap_id, e, ID_HERE | key->id, 0);
	if ((__sync_fetch_and_add(&e->references, -1) & REFERENCES) != 1)
		return 0;
	if (three_times(remove_tuple_once(&tuple)) == AGAIN)
		count_self(SELF_BUSY);
	return 0;
}

static __always_inline int is_id(__u32 i, struct tuple *e, __u32 id)
{
	return e->ids[i] == id;
}

/*
 * For a transaction that holds its reference since before: it may have found all places taken
 * then, and finds one now.
 */
KEY_FUNCTION int tuple_place(const struct transaction_key *key)
{
	struct transaction_key tuple = tuple_of(key);
	struct tuple *e = bpf_map_lookup_elem(&tuples, &tuple);

	if (e && !any_place(is_id, e, ID_HERE | key->id))
		(void)any_place(swap_id, e, 0, ID_HERE | key->id);
	return 0;
}

/* The message ID in place i of the 4-tuple of `key`. Returns 1 when there is one. */
static __always_inline int tuple_id(const struct transaction_key *key, __u32 i, __u16 *id)
{
	struct transaction_key tuple = tuple_of(key);
	struct tuple *e = bpf_map_lookup_elem(&tuples, &tuple);
	__u32 word;

	if (!e || i >= SHORT_QUOTES_FINDABLE)
		return 0;
	word = load_once(e->ids[i]);
	*id = word;
	return !!(word & ID_HERE);
}

#endif
