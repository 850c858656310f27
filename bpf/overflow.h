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

MAP(HASH, flows_overflow, struct flow_key, struct flow_state, IN_FLIGHT_DEFAULT);

/* The entry and its state word, certain to belong together; NULL when there is none. */
static __always_inline struct flow_state *overflow_lookup(const struct flow_key *key, __u64 *state)
{
	struct flow_state *stored = bpf_map_lookup_elem(&flows_overflow, key);

	if (!stored)
		return 0;
	*state = READ_ONCE(stored->state);
	return bpf_map_lookup_elem(&flows_overflow, key) == stored ? stored : 0;
}

static __always_inline int overflow_remove_once(const struct flow_key *key)
{
	return bpf_map_delete_elem(&flows_overflow, key) == -EBUSY ? TRY_AGAIN : TRY_DONE;
}

/* Only for who owns the removal. What stays busy is collected by the sweep. */
static __always_inline void overflow_remove(const struct flow_key *key)
{
	if (retry_3(overflow_remove_once(key)) == TRY_AGAIN)
		count_self(SELF_BUSY);
}

/* For the sweep: remove an entry that has ended, and whose removal has failed long ago. */
static __always_inline void overflow_collect(const struct flow_key *key, __u64 now)
{
	struct flow_state *stored;
	__u64 state = 0;

	stored = overflow_lookup(key, &state);
	if (!stored || state & STATE_OPEN || flow_age(state, now) < REMOVAL_NS)
		return;
	if (READ_ONCE(stored->state) == state)
		bpf_map_delete_elem(&flows_overflow, key);
}

#endif
