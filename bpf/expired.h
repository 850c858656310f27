/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Timed-out transactions, kept for 60 s, so that a late arrival can be told from an unmatched one.
 * Buckets by key; at most EXPIRED_PER_KEY for one key, in the key's bucket or its neighbour.
 * Entries older than 60 s are replaced. When both buckets are full of younger ones, the oldest is
 * evicted and counted as forgotten. No law of the counters depends on this table.
 */
#ifndef EXPIRED_H
#define EXPIRED_H

#include "counters.h"
#include "flow_bucket.h"

MMAP_ARRAY(expired, struct bucket);

static __always_inline int is_expired_kept(__u64 word, __u64 now, __u64 timeout)
{
	return word & STATE_OPEN && flow_age(word, now) < timeout + EXPIRED_KEEP_NS;
}

static __always_inline struct bucket *expired_bucket(const struct flow *flow, __u32 neighbour)
{
	return array_elem(expired, (flow->hash ^ neighbour) & sizes.expired_mask);
}

/* Of the entries with one key, or of all: number and oldest. */
struct expired_oldest {
	__u64 word;
	__u32 slot, count;
};

/*
 * Finds the oldest entry of the key, or with of_key 0 of all keys, and removes entries opened
 * before `cutoff`.
 */
__noinline int expired_find_oldest(struct bucket *b, const struct flow_key *key, __u64 cutoff,
				   int of_key, struct expired_oldest *oldest)
{
	__u64 word;
	__u32 i;

	if (!b || !key || !oldest)
		return 0;
	oldest->word = ~0ULL;
	oldest->slot = BUCKET_SLOTS;
	oldest->count = 0;
	UNROLL
	for (i = 0; i < BUCKET_SLOTS; i++) {
		word = load_acquire(b->state[i]);
		if (!(word & STATE_OPEN) || (of_key && !flow_key_equal(&b->key[i], key)))
			continue;
		if (flow_opened_at(word) < cutoff) {
			bucket_remove(b, i, word);
			continue;
		}
		oldest->count++;
		if (word >= oldest->word)
			continue;
		oldest->word = word;
		oldest->slot = i;
	}
	return 0;
}

/* Returns the opening time before which no entry is kept: is_expired_kept() by opening time. */
static __always_inline __u64 expired_cutoff(__u64 now, __u64 timeout)
{
	return now >= timeout + EXPIRED_KEEP_NS ? now - timeout - EXPIRED_KEEP_NS + 1 : 0;
}

static __always_inline void expired_evict(struct bucket *b, const struct expired_oldest *oldest)
{
	if (oldest->slot < BUCKET_SLOTS && bucket_remove(b, oldest->slot, oldest->word))
		count_self(SELF_FORGOTTEN);
}

/* Evicts the oldest entry of a key that has EXPIRED_PER_KEY. */
static __always_inline void expired_limit_key(struct bucket *b, struct bucket *neighbour,
					      const struct flow *flow, __u64 cutoff)
{
	struct expired_oldest oldest = {}, other = {};

	other.word = ~0ULL;
	expired_find_oldest(b, &flow->key, cutoff, 1, &oldest);
	if (READ_ONCE(b->overflowed))
		expired_find_oldest(neighbour, &flow->key, cutoff, 1, &other);
	if (oldest.count + other.count < EXPIRED_PER_KEY)
		return;
	if (oldest.word < other.word)
		expired_evict(b, &oldest);
	else
		expired_evict(neighbour, &other);
}

/* Finds a free slot only: a key may be here more than once. */
__noinline int bucket_find_free_slow(struct bucket *b, struct bucket_probe *probe)
{
	if (!b || !probe)
		return 0;
	probe->ctrl = load_acquire(b->ctrl);
	probe->free = BUCKET_SLOTS;
	bucket_find_free(b, probe);
	return 0;
}

static __always_inline int expired_insert(struct bucket *b, const struct flow *flow, __u64 word)
{
	struct bucket_probe probe = {};

	bucket_find_free_slow(b, &probe);
	if (probe.free >= BUCKET_SLOTS)
		return TRY_NEXT;
	return bucket_insert(b, &probe, ctrl_claim(&probe, flow->hash), &flow->key, word, 0, 0)
		       ? TRY_DONE
		       : TRY_AGAIN;
}

/* Removes the entries of all keys that were opened before `cutoff`. */
static __always_inline void expired_expire(struct bucket *b, const struct flow *flow, __u64 cutoff)
{
	struct expired_oldest unused = {};

	expired_find_oldest(b, &flow->key, cutoff, 0, &unused);
}

/* Evicts the oldest entry of all keys. */
static __always_inline void expired_evict_any(struct bucket *b, const struct flow *flow,
					      __u64 cutoff)
{
	struct expired_oldest oldest = {};

	expired_find_oldest(b, &flow->key, cutoff, 0, &oldest);
	expired_evict(b, &oldest);
}

/* Adds an entry. Returns TRY_AGAIN after evicting the oldest, when both buckets were full. */
static __always_inline int expired_add_once(struct bucket *b, struct bucket *neighbour,
					    const struct flow *flow, __u64 word, __u64 cutoff)
{
	int result;

	expired_limit_key(b, neighbour, flow, cutoff);
	expired_expire(b, flow, cutoff);
	result = expired_insert(b, flow, word);
	if (result != TRY_NEXT)
		return result;
	store_release(b->overflowed, 1);
	expired_expire(neighbour, flow, cutoff);
	result = expired_insert(neighbour, flow, word);
	if (result != TRY_NEXT)
		return result;
	expired_evict_any(b, flow, cutoff);
	return TRY_AGAIN;
}

/* Adds a timed-out transaction, for which is_expired_kept() is true. */
__noinline int expired_add(const struct flow *flow, __u64 word, __u64 now, __u64 timeout)
{
	__u64 cutoff = expired_cutoff(now, timeout);
	struct bucket *b, *neighbour;

	if (!flow)
		return 0;
	b = expired_bucket(flow, 0);
	neighbour = expired_bucket(flow, 1);
	word &= ~STATE_INDEXED;
	store_release(engine.last_expired, now);
	store_release(engine.has_expired, 1);
	if (b && neighbour &&
	    retry_3(expired_add_once(b, neighbour, flow, word, cutoff)) == TRY_AGAIN)
		count_self(SELF_FORGOTTEN);
	return 0;
}

static __always_inline int expired_take_once(struct bucket *b, struct bucket *neighbour,
					     const struct flow *flow, __u64 cutoff, __u64 *taken)
{
	struct expired_oldest oldest = {}, other = {};

	other.word = ~0ULL;
	expired_find_oldest(b, &flow->key, cutoff, 1, &oldest);
	if (READ_ONCE(b->overflowed))
		expired_find_oldest(neighbour, &flow->key, cutoff, 1, &other);
	if (other.word < oldest.word) {
		b = neighbour;
		oldest = other;
	}
	if (oldest.word == ~0ULL)
		return TRY_DONE;
	if (!bucket_remove(b, oldest.slot, oldest.word))
		return TRY_AGAIN;
	*taken = oldest.word;
	return TRY_DONE;
}

/*
 * Removes the oldest entry of this key, which an arrival is late for. Returns its state word, 0:
 * none.
 */
__noinline __u64 expired_take(const struct flow *flow, __u64 now, __u64 timeout)
{
	__u64 cutoff = expired_cutoff(now, timeout), word = 0;
	struct bucket *b, *neighbour;

	if (!flow)
		return 0;
	b = expired_bucket(flow, 0);
	neighbour = expired_bucket(flow, 1);
	if (b && neighbour &&
	    retry_3(expired_take_once(b, neighbour, flow, cutoff, &word)) == TRY_AGAIN)
		count_self(SELF_BUSY);
	return word;
}

/*
 * Clears engine.has_expired, in the sweep, when the last entry is too old: then unmatched arrivals
 * need no lookup here. Looks twice, in case another CPU adds an entry meanwhile. The store is a
 * swap, since x86 too may load before an earlier store.
 */
static __always_inline void expired_reset(__u64 now, __u64 timeout)
{
	__u64 at = READ_ONCE(engine.last_expired);

	if (!READ_ONCE(engine.has_expired) || at >= expired_cutoff(now, timeout))
		return;
	(void)__sync_lock_test_and_set(&engine.has_expired, 0);
	if (load_acquire(engine.last_expired) != at)
		engine.has_expired = 1;
}

/* Tests, without a call, whether an entry with this key's tag may be here. */
static __always_inline int may_be_expired(__u64 hash)
{
	struct bucket *b;
	__u64 matches;

	if (!READ_ONCE(engine.has_expired))
		return 0;
	b = array_elem(expired, hash & sizes.expired_mask);
	if (!b || READ_ONCE(b->overflowed))
		return 1;
	matches = ctrl_match_tag(READ_ONCE(b->ctrl), flow_tag(hash));
	return matches && has_open_match(b, matches);
}

#endif
