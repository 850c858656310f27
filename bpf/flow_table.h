/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Transactions in flight: opened, retransmitted and ended by one compare-and-swap of a state word.
 * Counts no resolver's counters; account.h counts by the results.
 *
 * Three tables, each for what the one before has no room for: buckets by 4-tuple, few enough for a
 * CPU's cache; buckets by the whole key; a preallocated hash of the kernel. A bucket's `overflowed`
 * counts the transactions of its hash in later tables, so most lookups end at the first bucket. A
 * short quote, which has no message ID, searches the bucket of its 4-tuple, and finds message IDs
 * in later tables by an index: rows of IDs by 4-tuple. An ID in the index belongs to the
 * transaction that wrote it, until that ends.
 *
 * The hash is slower by two or three calls. Three rules make it exact on many CPUs: (1) The CPU
 * that swaps STATE_OPEN away owns the removal of the entry. Others treat an ended entry as being
 * removed, so no removal by key can hit a newer entry. (2) The kernel reuses the memory of a
 * removed entry at once. A word is swapped only if a second lookup, after the word was read, finds
 * the key at the same address. Words are unique, so the swap fails if the memory went to another
 * key meanwhile. (3) Without room a query is counted as untracked; nothing waits.
 */
#ifndef FLOW_TABLE_H
#define FLOW_TABLE_H

#include "counters.h"
#include "flow_bucket.h"

MMAP_ARRAY(flows_by_tuple, struct bucket);
MMAP_ARRAY(flows_by_key, struct bucket);
MAP(HASH, flows_overflow, struct flow_key, struct flow_state, IN_FLIGHT_DEFAULT);
MMAP_ARRAY(tuple_index, struct tuple_index_row);

static __always_inline struct bucket *bucket_by_tuple(const struct flow *flow)
{
	return array_elem(flows_by_tuple, tuple_hash(flow->tuple) & sizes.flows_by_tuple_mask);
}

static __always_inline struct bucket *bucket_by_key(const struct flow *flow)
{
	return array_elem(flows_by_key, flow->hash & sizes.flows_by_key_mask);
}

/* ---- the index of message IDs by 4-tuple ----------------------------------------------- */

#define TUPLE_ID_USED 0x80000000U

/*
 * Tries the sixteen IDs of a row in turn, until f() returns true. Written out for kernels before
 * 6.8.
 */
#define tuple_any_id(f, ...)                                                                       \
	(f(0, __VA_ARGS__) || f(1, __VA_ARGS__) || f(2, __VA_ARGS__) || f(3, __VA_ARGS__) ||       \
	 f(4, __VA_ARGS__) || f(5, __VA_ARGS__) || f(6, __VA_ARGS__) || f(7, __VA_ARGS__) ||       \
	 f(8, __VA_ARGS__) || f(9, __VA_ARGS__) || f(10, __VA_ARGS__) || f(11, __VA_ARGS__) ||     \
	 f(12, __VA_ARGS__) || f(13, __VA_ARGS__) || f(14, __VA_ARGS__) || f(15, __VA_ARGS__))
_Static_assert(TUPLE_INDEX_IDS == 16, "tuple_any_id()");

static __always_inline int tuple_id_swap(__u32 i, struct tuple_index_row *row, __u32 from, __u32 to)
{
	return READ_ONCE(row->id[i]) == from && compare_and_swap(&row->id[i], from, to) == from;
}

/* Returns the word in the index for a message ID: a tag of the 4-tuple, and the ID. */
static __always_inline __u32 tuple_id_word(__u64 tuple, __u16 id)
{
	return TUPLE_ID_USED | (tuple >> 49) << 16 | id;
}

/* Returns the first row of a 4-tuple, or the second, for when the first is full. */
static __always_inline struct tuple_index_row *tuple_index_row_of(__u64 tuple, __u32 second)
{
	return array_elem(tuple_index, (tuple ^ second) & sizes.tuple_index_mask);
}

/* Swaps one word of the 4-tuple's rows. Returns 1, or 0 when none holds `from`. */
__noinline int tuple_index_swap(__u64 tuple, __u32 from, __u32 to)
{
	struct tuple_index_row *row = tuple_index_row_of(tuple, 0);

	if (row && tuple_any_id(tuple_id_swap, row, from, to))
		return 1;
	row = tuple_index_row_of(tuple, 1);
	return row && tuple_any_id(tuple_id_swap, row, from, to);
}

/*
 * Adds a message ID. Returns 0 when both rows are full: then no short quote finds the transaction.
 */
static __always_inline int tuple_index_add(__u64 tuple, __u16 id)
{
	return tuple_index_swap(tuple, 0, tuple_id_word(tuple, id));
}

static __always_inline void tuple_index_del(__u64 tuple, __u16 id)
{
	tuple_index_swap(tuple, tuple_id_word(tuple, id), 0);
}

/* Reads message ID i, 0 to 31. Returns 1 when it is of this 4-tuple. */
static __always_inline int tuple_index_id(__u64 tuple, __u32 i, __u16 *id)
{
	struct tuple_index_row *row = tuple_index_row_of(tuple, i / TUPLE_INDEX_IDS);
	__u32 word;

	i %= TUPLE_INDEX_IDS;
	barrier_index(i);
	if (!row || i >= TUPLE_INDEX_IDS)
		return 0;
	word = READ_ONCE(row->id[i]);
	*id = word;
	return word >> 16 == tuple_id_word(tuple, 0) >> 16;
}

/* ---- the kernel's hash: what no bucket had room for ------------------------------------ */

#define REMOVAL_NS 1000000000ULL /* a removal that has not happened by then has failed */

/* Looks an entry up and reads its state word by rule 2 above. Returns NULL when there is none. */
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

/* Removes an entry: by the owner of its removal only. The sweep removes what stays busy. */
static __always_inline void overflow_remove(const struct flow_key *key)
{
	if (retry_3(overflow_remove_once(key)) == TRY_AGAIN)
		count_self(SELF_BUSY);
}

/* Removes, in the sweep, an ended entry whose removal failed more than REMOVAL_NS ago. */
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

/* ---- opening --------------------------------------------------------------------------- */

enum open_result { OPEN_NEW, OPEN_RETRANSMITTED, OPEN_NO_ROOM };

/* Arguments and results of flow_open(). */
struct open_request {
	__u64 now, timeout;
	__u64 expired_word; /* state word of a timed-out transaction with this key, or 0 */
	__u64 expired_asker;
	__u64 asker;   /* of the transaction that is opened */
	__u32 index;   /* 1: must be found by a short quote */
	__u32 indexed; /* 1: the index holds the message ID, no transaction owns it yet */
	__u32 result;  /* enum open_result */
	__u32 crowded; /* 1: no row of the index had room for the message ID */
};

static __always_inline __u64 flow_open_word(__u64 now)
{
	return now << STATE_SHIFT | STATE_OPEN;
}

/* Returns the flags of a reopened entry, with its message ID in the index if there is room now. */
static __always_inline __u64 flow_reopen_flags(const struct flow *flow, __u64 old,
					       struct open_request *req)
{
	__u64 flags = old & (STATE_GEN | STATE_INDEXED);

	if (!flow || flags & STATE_INDEXED || !req->index)
		return flags;
	if (!req->indexed)
		req->indexed = tuple_index_add(tuple_hash(flow->tuple), flow->key.id);
	return req->indexed ? flags | STATE_INDEXED : flags;
}

/*
 * Updates the open entry of a repeated query, whose state word is `old`. `flow` is NULL in the
 * bucket by 4-tuple, which needs no index. A timed-out entry becomes a new transaction, and
 * req->expired_word gets its old word. Returns TRY_AGAIN when another CPU has changed the word.
 */
static __always_inline int flow_hit(__u64 *state, __u64 *asker, __u64 old, const struct flow *flow,
				    struct open_request *req)
{
	__u64 new = old | STATE_RETRANSMITTED, old_asker = config.askers ? READ_ONCE(*asker) : 0;
	int aged = flow_age(old, req->now) > req->timeout;

	if (!(old & STATE_OPEN))
		return TRY_AGAIN;
	if (aged)
		new = flow_open_word(req->now) | flow_reopen_flags(flow, old, req);
	if (old != new &&compare_and_swap(state, old, new) != old)
		return TRY_AGAIN;
	if (new & ~old & STATE_INDEXED)
		req->indexed = 0; /* the entry owns it now */
	req->result = aged ? OPEN_NEW : OPEN_RETRANSMITTED;
	req->expired_word = aged ? old : 0;
	req->expired_asker = old_asker;
	if (config.askers && aged)
		*(volatile __u64 *)asker = req->asker;
	return TRY_DONE;
}

/*
 * Opens a transaction in one bucket after a search in it. Returns TRY_DONE: repeated or inserted;
 * TRY_NEXT: not here; TRY_AGAIN.
 */
static __always_inline int flow_open_in_bucket(struct bucket *b, const struct flow *flow,
					       struct open_request *req,
					       const struct bucket_probe *probe, __u64 flags,
					       int may_put, int far)
{
	__u32 slot = probe->slot;

	barrier_index(slot);
	if (slot < BUCKET_SLOTS)
		return flow_hit(&b->state[slot], &b->asker[slot], probe->state, far ? flow : 0,
				req);
	if (probe->claimed)
		return TRY_AGAIN;
	if (!may_put || probe->free >= BUCKET_SLOTS)
		return TRY_NEXT;
	if (!bucket_insert(b, probe, ctrl_claim(probe, flow->hash), &flow->key,
			   flow_open_word(req->now) | flags, req->asker, config.askers))
		return TRY_AGAIN;
	req->result = OPEN_NEW;
	return TRY_DONE;
}

static __always_inline int flow_open_in_bucket_slow(struct bucket *b, const struct flow *flow,
						    struct open_request *req, __u64 flags,
						    int may_put, int far)
{
	struct bucket_probe probe = {};

	bucket_find_slow(b, &flow->key, flow->hash, &probe);
	return flow_open_in_bucket(b, flow, req, &probe, flags, may_put, far);
}

static __always_inline int flow_open_in_overflow(const struct flow *flow, struct open_request *req,
						 __u64 flags, int may_put)
{
	struct flow_state fresh = {}, *stored;
	struct flow_key key = flow->key; /* on the stack: helpers take keys from there */
	__u64 state = 0;
	long err;

	stored = overflow_lookup(&key, &state);
	if (stored)
		return flow_hit(&stored->state, &stored->asker, state, flow, req);
	if (!may_put)
		return TRY_NEXT;
	fresh.state = flow_open_word(req->now) | flags;
	fresh.asker = req->asker;
	req->result = OPEN_NEW;
	err = bpf_map_update_elem(&flows_overflow, &key, &fresh, BPF_NOEXIST);
	if (!err)
		return TRY_DONE;
	req->result = OPEN_NO_ROOM;
	return err == -EEXIST || err == -EBUSY ? TRY_AGAIN : TRY_NEXT;
}

/*
 * Finds an open entry of this key in any table, and inserts none. Returns as flow_open_in_bucket().
 */
static __always_inline int flow_find_any(struct bucket *b, struct bucket *c,
					 const struct flow *flow, struct open_request *req)
{
	int result = TRY_NEXT;

	if (b)
		result = flow_open_in_bucket_slow(b, flow, req, 0, 0, 0);
	if (result == TRY_NEXT && b && c && READ_ONCE(b->overflowed))
		result = flow_open_in_bucket_slow(c, flow, req, 0, 0, 1);
	if (result == TRY_NEXT && (!c || READ_ONCE(c->overflowed)))
		result = flow_open_in_overflow(flow, req, 0, 0);
	return result;
}

/* Tests whether an entry was inserted, and none was found. */
static __always_inline int is_flow_new(int result, const struct open_request *req)
{
	return result == TRY_DONE && req->result == OPEN_NEW && !req->expired_word;
}

/* Inserts behind the bucket by 4-tuple. `overflowed` is raised before the entry is there. */
static __always_inline int flow_open_overflowed(struct bucket *b, struct bucket *c,
						const struct flow *flow, struct open_request *req,
						__u64 flags)
{
	int result;

	if (!b || !c)
		return flow_open_in_overflow(flow, req, flags, 1);
	atomic_add(&b->overflowed, 1);
	result = flow_open_in_bucket_slow(c, flow, req, flags, 1, 1);
	if (result == TRY_NEXT) {
		atomic_add(&c->overflowed, 1);
		result = flow_open_in_overflow(flow, req, flags, 1);
		if (!is_flow_new(result, req))
			atomic_add(&c->overflowed, -1);
	}
	if (!is_flow_new(result, req))
		atomic_add(&b->overflowed, -1);
	return result;
}

static __always_inline int flow_open_once(const struct flow *flow, struct open_request *req)
{
	struct bucket *b = sizes.has_buckets ? bucket_by_tuple(flow) : 0;
	struct bucket *c = sizes.has_buckets ? bucket_by_key(flow) : 0;
	int result = flow_find_any(b, c, flow, req);

	if (result == TRY_NEXT && b)
		result = flow_open_in_bucket_slow(b, flow, req, 0, 1, 0);
	if (result != TRY_NEXT)
		return result;
	if (req->index && !req->indexed)
		req->indexed = tuple_index_add(tuple_hash(flow->tuple), flow->key.id);
	req->crowded = req->index && !req->indexed;
	result = flow_open_overflowed(b, c, flow, req, req->indexed ? STATE_INDEXED : 0);
	if (is_flow_new(result, req))
		req->indexed = 0; /* the entry owns it now */
	return result;
}

/* Opens a transaction in whatever table it is, or has room for it. */
__noinline int flow_open_slow(const struct flow *flow, struct open_request *req)
{
	if (!flow || !req)
		return 0;
	if (retry_3(flow_open_once(flow, req)) == TRY_AGAIN) {
		count_self(SELF_BUSY);
		req->result = OPEN_NO_ROOM;
	}
	if (req->indexed)
		tuple_index_del(tuple_hash(flow->tuple), flow->key.id);
	return 0;
}

/* Opens the transaction of a query, or marks the open one as retransmitted. */
static __always_inline void flow_open(const struct flow *flow, struct open_request *req)
{
	struct bucket *b = sizes.has_buckets ? bucket_by_tuple(flow) : 0;
	struct bucket_probe probe;

	if (b && !READ_ONCE(b->overflowed)) {
		bucket_find(b, &flow->key, flow->hash, &probe, 1);
		if (flow_open_in_bucket(b, flow, req, &probe, 0, 1, 0) == TRY_DONE)
			return;
	}
	flow_open_slow(flow, req);
}

/* ---- ending ---------------------------------------------------------------------------- */

static __always_inline int flow_close_in_bucket(struct bucket *b, struct flow *flow,
						const struct bucket_probe *probe, __u64 *ended)
{
	__u64 asker = bucket_asker(b, probe->slot);

	if (probe->slot >= BUCKET_SLOTS)
		return TRY_NEXT;
	if (!bucket_remove(b, probe->slot, probe->state))
		return TRY_AGAIN;
	*ended = probe->state;
	flow->asker = asker;
	return TRY_DONE;
}

static __always_inline int flow_close_in_bucket_slow(struct bucket *b, struct flow *flow,
						     __u64 *ended)
{
	struct bucket_probe probe = {};

	bucket_find_slow(b, &flow->key, flow->hash, &probe);
	return flow_close_in_bucket(b, flow, &probe, ended);
}

static __always_inline int flow_close_in_overflow(struct flow *flow, __u64 *ended)
{
	struct flow_key key = flow->key;
	struct flow_state *stored;
	__u64 state = 0;

	stored = overflow_lookup(&key, &state);
	if (!stored || !(state & STATE_OPEN))
		return TRY_NEXT;
	if (compare_and_swap(&stored->state, state, engine_clock() << STATE_SHIFT) != state)
		return TRY_AGAIN;
	flow->asker =
		config.askers ? stored->asker : 0; /* until it is removed, it is of this CPU */
	overflow_remove(&key);
	*ended = state;
	return TRY_DONE;
}

/* Gives back what an ended transaction behind the bucket by 4-tuple held. */
static __always_inline void flow_unlink_overflow(struct bucket *b, const struct flow *flow,
						 __u64 ended)
{
	if (ended & STATE_INDEXED)
		tuple_index_del(tuple_hash(flow->tuple), flow->key.id);
	if (b)
		atomic_add(&b->overflowed, -1);
}

static __always_inline int flow_close_once(struct flow *flow, __u64 *ended)
{
	struct bucket *b = sizes.has_buckets ? bucket_by_tuple(flow) : 0;
	struct bucket *c = sizes.has_buckets ? bucket_by_key(flow) : 0;
	int result = b ? flow_close_in_bucket_slow(b, flow, ended) : TRY_NEXT;

	if (result != TRY_NEXT || (b && !READ_ONCE(b->overflowed)))
		return result;
	if (c)
		result = flow_close_in_bucket_slow(c, flow, ended);
	if (result == TRY_NEXT && (!c || READ_ONCE(c->overflowed))) {
		result = flow_close_in_overflow(flow, ended);
		if (result == TRY_DONE && c)
			atomic_add(&c->overflowed, -1);
	}
	if (result == TRY_DONE)
		flow_unlink_overflow(b, flow, *ended);
	return result;
}

/*
 * Ends the entry of the hash with exactly this state word, for the sweep. Returns the word, 0 when
 * another CPU was first.
 */
__noinline __u64 flow_close_aged(struct flow *flow, __u64 word)
{
	struct flow_state *stored;
	struct flow_key key;
	struct bucket *b, *c;
	__u64 state = 0;

	if (!flow)
		return 0;
	b = sizes.has_buckets ? bucket_by_tuple(flow) : 0;
	c = sizes.has_buckets ? bucket_by_key(flow) : 0;
	key = flow->key;
	stored = overflow_lookup(&key, &state);
	if (!stored || state != word ||
	    compare_and_swap(&stored->state, state, engine_clock() << STATE_SHIFT) != state)
		return 0;
	flow->asker = config.askers ? stored->asker : 0;
	overflow_remove(&key);
	if (c)
		atomic_add(&c->overflowed, -1);
	flow_unlink_overflow(b, flow, word);
	return word;
}

__noinline __u64 flow_close_slow(struct flow *flow)
{
	__u64 ended = 0;

	if (!flow)
		return 0;
	if (retry_3(flow_close_once(flow, &ended)) == TRY_AGAIN)
		count_self(SELF_BUSY);
	return ended;
}

/*
 * Searches the bucket by 4-tuple; flow->key is not needed yet. Returns 0 when no table has the
 * transaction, 1 when one may: then flow_close().
 */
static __always_inline int flow_probe(const struct flow *flow, struct bucket **b,
				      struct bucket_probe *probe)
{
	__u64 matches;

	*b = sizes.has_buckets ? bucket_by_tuple(flow) : 0;
	if (!*b)
		return 1;
	bucket_probe_init(*b, probe);
	matches = ctrl_match_tag(probe->ctrl, flow_tag(flow->hash));
	return (matches && has_open_match(*b, matches)) || READ_ONCE((*b)->overflowed);
}

/*
 * Ends the open transaction of this key; `b` and `probe` are of flow_probe(). Returns its state
 * word, 0 when there is none. One caller only gets the word, and counts the outcome.
 */
static __always_inline __u64 flow_close(struct flow *flow, struct bucket *b,
					struct bucket_probe *probe)
{
	int result = TRY_NEXT;
	__u64 ended = 0;

	if (b) {
		bucket_find_key(b, &flow->key, ctrl_match_tag(probe->ctrl, flow_tag(flow->hash)),
				probe);
		result = flow_close_in_bucket(b, flow, probe, &ended);
	}
	if (result == TRY_DONE)
		return ended;
	if (result == TRY_NEXT && b && !READ_ONCE(b->overflowed))
		return 0;
	return flow_close_slow(flow);
}

/* ---- looking, without ending ----------------------------------------------------------- */

static __always_inline __u64 flow_word_in_bucket(struct bucket *b, const struct flow *flow)
{
	struct bucket_probe probe = {};

	bucket_find_slow(b, &flow->key, flow->hash, &probe);
	return probe.slot < BUCKET_SLOTS ? probe.state : 0;
}

/* Returns the state word of the open transaction of this key, 0 when there is none. */
__noinline __u64 flow_lookup_word(const struct flow *flow)
{
	struct flow_key key;
	struct bucket *b, *c;
	__u64 state;

	if (!flow)
		return 0;
	b = sizes.has_buckets ? bucket_by_tuple(flow) : 0;
	c = sizes.has_buckets ? bucket_by_key(flow) : 0;
	state = b ? flow_word_in_bucket(b, flow) : 0;
	if (state || (b && !READ_ONCE(b->overflowed)))
		return state;
	if (c)
		state = flow_word_in_bucket(c, flow);
	if (state || (c && !READ_ONCE(c->overflowed)))
		return state;
	key = flow->key;
	if (!overflow_lookup(&key, &state))
		return 0;
	return state & STATE_OPEN ? state : 0;
}

/* Marks the transaction that a slot holds. Returns 0 when another is there, or none. */
static __always_inline int flow_mark_in_bucket(struct bucket *b, const struct flow *flow,
					       __u64 opened)
{
	struct bucket_probe probe = {};

	bucket_find_slow(b, &flow->key, flow->hash, &probe);
	return flow_opened_at(probe.state) == opened &&
	       bucket_swap_state(b, probe.slot, probe.state, probe.state | STATE_SAMPLED);
}

/* Sets STATE_SAMPLED of the open transaction of this key that was opened at `opened`. */
__noinline int flow_mark_sampled(const struct flow *flow, __u64 opened)
{
	struct flow_state *stored;
	struct flow_key key;
	struct bucket *b, *c;
	__u64 state = 0;

	if (!flow)
		return 0;
	b = sizes.has_buckets ? bucket_by_tuple(flow) : 0;
	c = sizes.has_buckets ? bucket_by_key(flow) : 0;
	if (b && flow_mark_in_bucket(b, flow, opened))
		return 1;
	if (b && c && READ_ONCE(b->overflowed) && flow_mark_in_bucket(c, flow, opened))
		return 1;
	if (c && !READ_ONCE(c->overflowed))
		return 0;
	key = flow->key;
	stored = overflow_lookup(&key, &state);
	return stored && flow_opened_at(state) == opened && state & STATE_OPEN &&
	       compare_and_swap(&stored->state, state, state | STATE_SAMPLED) == state;
}

/* The oldest transaction found that has not timed out: state word (~0: none yet) and message ID. */
struct oldest_flow {
	__u64 word, now, timeout;
	__u64 id;
};

static __always_inline void oldest_flow_update(struct oldest_flow *oldest, __u64 word, __u16 id)
{
	if (!(word & STATE_OPEN) || flow_age(word, oldest->now) > oldest->timeout ||
	    word >= oldest->word)
		return;
	oldest->word = word;
	oldest->id = id;
}

/* Searches the bucket by 4-tuple. */
__noinline int oldest_flow_in_bucket(struct bucket *b, const struct flow_key *key,
				     struct oldest_flow *oldest)
{
	__u64 word;
	__u32 i;

	if (!b || !key || !oldest)
		return 0;
	UNROLL
	for (i = 0; i < BUCKET_SLOTS; i++) {
		word = load_acquire(b->state[i]);
		if (flow_tuple_equal(&b->key[i], key))
			oldest_flow_update(oldest, word, b->key[i].id);
	}
	return 0;
}

/* Looks up message ID i of the index, and leaves it in flow->key. */
__noinline int oldest_flow_in_index(struct flow *flow, __u32 i, struct oldest_flow *oldest)
{
	if (!flow || !oldest || !tuple_index_id(tuple_hash(flow->tuple), i, &flow->key.id))
		return 0;
	flow->hash = flow_hash(flow->tuple, flow->key.id);
	oldest_flow_update(oldest, flow_lookup_word(flow), flow->key.id);
	return 0;
}

/*
 * Finds the oldest open transaction of the 4-tuple in flow->key, without ending it. Writes its
 * message ID to the key. Returns 1 when there is one.
 */
__noinline int flow_find_oldest(struct flow *flow, __u64 now, __u64 timeout)
{
	struct oldest_flow oldest = {.word = ~0ULL, .now = now, .timeout = timeout};
	struct bucket *b;
	__u32 i;

	if (!flow)
		return 0;
	b = sizes.has_buckets ? bucket_by_tuple(flow) : 0;
	if (b)
		oldest_flow_in_bucket(b, &flow->key, &oldest);
	for (i = 0; i < 2 * TUPLE_INDEX_IDS && (!b || READ_ONCE(b->overflowed)); i++)
		oldest_flow_in_index(flow, i, &oldest);
	flow->key.id = oldest.id;
	flow->hash = flow_hash(flow->tuple, flow->key.id);
	return oldest.word != ~0ULL;
}

#endif
