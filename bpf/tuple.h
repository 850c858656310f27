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

static __always_inline void put_id(struct tuple *e, __u16 id)
{
	__u32 i;

	for (i = 0; i < SHORT_QUOTES_FINDABLE; i++) {
		if (!e->ids[i] && !compare_and_swap(&e->ids[i], 0, ID_HERE | id))
			return;
	}
	/* All places taken: this transaction cannot be found by a short quote. */
}

/* Take a reference on the entry of this key's 4-tuple. Returns 1, or 0 when there is no room. */
OWN_FUNCTION int tuple_hold(const struct transaction_key *key, __u64 now)
{
	struct transaction_key tuple;
	struct tuple fresh = {}, *e;
	__u64 held;
	__u32 tries;
	long err;

	if (!key)
		return 0;
	tuple = tuple_of(key);
	for (tries = 0; tries < 3; tries++) {
		e = bpf_map_lookup_elem(&tuples, &tuple);
		if (!e) {
			fresh.references = now << REFERENCE_BITS | 1;
			fresh.ids[0] = ID_HERE | key->id;
			err = bpf_map_update_elem(&tuples, &tuple, &fresh, BPF_NOEXIST);
			if (!err)
				return 1;
			if (err != -EEXIST && err != -EBUSY)
				return 0;
			continue;
		}
		held = load_once(e->references);
		if (!(held & REFERENCES) || bpf_map_lookup_elem(&tuples, &tuple) != e)
			continue;
		if (compare_and_swap(&e->references, held, held + 1) != held)
			continue;
		put_id(e, key->id);
		return 1;
	}
	return 0;
}

/* Give back the reference that this key's transaction holds. */
OWN_FUNCTION int tuple_release(const struct transaction_key *key)
{
	struct transaction_key tuple;
	struct tuple *e;
	__u32 i;

	if (!key)
		return 0;
	tuple = tuple_of(key);
	e = bpf_map_lookup_elem(&tuples, &tuple);
	if (!e)
		return 0;
	for (i = 0; i < SHORT_QUOTES_FINDABLE; i++) {
		if (e->ids[i] == (ID_HERE | key->id) &&
		    compare_and_swap(&e->ids[i], ID_HERE | key->id, 0) == (ID_HERE | key->id))
			break;
	}
	if ((__sync_fetch_and_add(&e->references, -1) & REFERENCES) != 1)
		return 0;
	for (i = 0; i < 3; i++) {
		if (bpf_map_delete_elem(&tuples, &tuple) != -EBUSY)
			return 0;
	}
	count_self(SELF_BUSY);
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
