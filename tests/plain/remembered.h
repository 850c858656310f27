/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Timed-out transactions, remembered for 60 s so that a late arrival is told from a forged one.
 * A few per key. Only the sweep removes an entry, and marks every place first: nothing is put into
 * an entry that is going away. What finds no room is counted as forgotten; no law depends on it.
 */
#ifndef REMEMBERED_H
#define REMEMBERED_H

#include "transaction.h"

#define GOING_AWAY (~0ULL)

struct remembered {
	__u64 words[REMEMBERED_PER_KEY]; /* state words of the timed-out transactions, or 0 */
};

MAP(HASH, remembered, struct transaction_key, struct remembered, IN_FLIGHT_DEFAULT);

static __always_inline int is_remembered(__u64 word, __u64 now, __u64 timeout)
{
	return word && word != GOING_AWAY && age_of(word, now) < timeout + REMEMBER_NS;
}

/* The place of the oldest word, or of the first one that is no longer needed (*ret_free). */
static __always_inline __u64 *pick_place(struct remembered *e, __u64 now, __u64 timeout,
					 __u64 *word, int *ret_free)
{
	__u64 oldest = GOING_AWAY, *place = 0, w;
	__u32 i;

	UNROLLED
	for (i = 0; i < REMEMBERED_PER_KEY; i++) {
		w = load_once(e->words[i]);
		if (w == GOING_AWAY)
			continue;
		if (!is_remembered(w, now, timeout)) {
			*ret_free = 1;
			*word = w;
			return &e->words[i];
		}
		if (w < oldest) {
			oldest = w;
			place = &e->words[i];
		}
	}
	*word = oldest;
	return place;
}

static __always_inline int remember_once(const struct transaction_key *key, __u64 state, __u64 now,
					 __u64 timeout, int *kept)
{
	struct remembered fresh = {}, *e;
	__u64 word = 0, *place;
	int free = 0;
	long err;

	e = bpf_map_lookup_elem(&remembered, key);
	if (!e) {
		fresh.words[0] = state;
		err = bpf_map_update_elem(&remembered, key, &fresh, BPF_NOEXIST);
		*kept = !err;
		return err == -EEXIST || err == -EBUSY ? AGAIN : DONE;
	}
	place = pick_place(e, now, timeout, &word, &free);
	if (!place || compare_and_swap(place, word, state) != word)
		return AGAIN;
	*kept = 1;
	if (!free)
		count_self(SELF_FORGOTTEN);
	return DONE;
}

/*
 * Remember this timed-out transaction; the oldest of its key gives way when there is no place.
 * Returns 1, or 0 when there is no room for it. Not to be called for one that is_remembered() no
 * longer.
 */
KEY_FUNCTION int remember(const struct transaction_key *key, __u64 state, __u64 now, __u64 timeout)
{
	int kept = 0;

	if (three_times(remember_once(key, state, now, timeout, &kept)) == AGAIN)
		count_self(SELF_BUSY);
	return kept;
}

static __always_inline int recall_once(struct remembered *e, __u64 now, __u64 timeout,
				       __u64 *recalled)
{
	__u64 oldest = GOING_AWAY, w;
	__u64 *place = 0;
	__u32 i;

	UNROLLED
	for (i = 0; i < REMEMBERED_PER_KEY; i++) {
		w = load_once(e->words[i]);
		if (is_remembered(w, now, timeout) && w < oldest) {
			oldest = w;
			place = &e->words[i];
		}
	}
	if (!place)
		return DONE;
	if (compare_and_swap(place, oldest, 0) != oldest)
		return AGAIN;
	*recalled = oldest;
	return DONE;
}

/* An arrival for a remembered transaction ends the remembrance. Returns its word, 0: none. */
KEY_FUNCTION __u64 recall(const struct transaction_key *key, __u64 now, __u64 timeout)
{
	struct remembered *e = bpf_map_lookup_elem(&remembered, key);
	__u64 recalled = 0;

	if (e && three_times(recall_once(e, now, timeout, &recalled)) == AGAIN)
		count_self(SELF_BUSY);
	return recalled;
}

/* For the sweep: remove an entry in which nothing is remembered any more. Returns 1 if it did. */
static __always_inline int remembered_collect(const struct transaction_key *key,
					      struct remembered *e, __u64 now, __u64 timeout)
{
	__u32 i, marked = 0;
	__u64 w;

	UNROLLED
	for (i = 0; i < REMEMBERED_PER_KEY; i++) {
		w = load_once(e->words[i]);
		if (is_remembered(w, now, timeout))
			return 0;
	}
	UNROLLED
	for (i = 0; i < REMEMBERED_PER_KEY; i++) {
		w = load_once(e->words[i]);
		if (is_remembered(w, now, timeout) ||
		    compare_and_swap(&e->words[i], w, GOING_AWAY) != w)
			break;
		marked++;
	}
	if (marked == REMEMBERED_PER_KEY && bpf_map_lookup_elem(&remembered, key) == e) {
		bpf_map_delete_elem(&remembered, key);
		return 1;
	}
	UNROLLED
	for (i = 0; i < REMEMBERED_PER_KEY; i++)
		compare_and_swap(&e->words[i], GOING_AWAY, 0);
	return 0;
}

#endif
