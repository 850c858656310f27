/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Transactions that no bucket had room for: a preallocated hash of the kernel, by key. It is slower
 * by two or three calls, and all there is in a table that is too small for buckets.
 *
 * Three rules make it exact on many CPUs:
 *  - Who swaps STATE_OPEN away owns the entry's removal, and nobody else removes it. Others who
 *    meet an ended entry treat it as being removed; so no removal by key can hit a newer one.
 *  - The kernel reuses a removed entry's memory at once. A word is only swapped when a second
 *    look-up, after the word was read, still finds the key at the same place: words are unique,
 *    so if the memory went to another key in between, the swap fails.
 *  - Room is short: what cannot be opened is said, never waited for.
 */
#ifndef OVERFLOW_H
#define OVERFLOW_H

#include "tuple.h"

#define REMOVAL_NS 1000000000ULL /* a removal that has not happened by then never will */

MAP(HASH, overflow, struct flight_key, struct transaction, IN_FLIGHT_DEFAULT);

/* The entry and its state word, certain to belong together; NULL when there is none. */
static __always_inline struct transaction *overflow_find(const struct flight_key *key, __u64 *state)
{
	struct transaction *t = bpf_map_lookup_elem(&overflow, key);

	if (!t)
		return 0;
	*state = load_once(t->state);
	return bpf_map_lookup_elem(&overflow, key) == t ? t : 0;
}

static __always_inline int remove_once(const struct flight_key *key)
{
	return bpf_map_delete_elem(&overflow, key) == -EBUSY ? AGAIN : DONE;
}

/* Only for who owns the removal. What stays busy is collected by the sweep. */
static __always_inline void overflow_remove(const struct flight_key *key)
{
	if (three_times(remove_once(key)) == AGAIN)
		count_self(SELF_BUSY);
}

/* For the sweep: remove an entry that has ended, and whose removal has failed long ago. */
static __always_inline void overflow_collect(const struct flight_key *key, __u64 now)
{
	struct transaction *t;
	__u64 state = 0;

	t = overflow_find(key, &state);
	if (!t || state & STATE_OPEN || age_of(state, now) < REMOVAL_NS)
		return;
	if (load_once(t->state) == state)
		bpf_map_delete_elem(&overflow, key);
}

#endif
