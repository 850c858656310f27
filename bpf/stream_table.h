/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Streams: the TCP connections whose messages are followed, by client and resolver. A connection
 * has its row among STREAM_WAYS adjacent ones. A row is made for a connection that was established,
 * for a SYN with data, and for data that begin with a query: so no flood of SYNs fills the table.
 *
 * Each direction has a lock of its own, which is only ever tried. The kernel serializes the
 * segments of one direction: those sent by the lock of their socket, those received by their queue.
 * A CPU that does not get the lock leaves the segment, and the stream finds a gap.
 */
#ifndef STREAM_TABLE_H
#define STREAM_TABLE_H

#include "account.h"

MMAP_ARRAY(streams, struct stream);

#define STREAM_IDLE_NS EXPIRED_KEEP_NS /* without a segment for this long, a row may be reused */

/* ---- the entry that counts messages ----------------------------------------------------- */

static __always_inline __u32 resolver_flags(__u32 number)
{
	struct resolver_entry *entry = array_elem(resolvers, number);

	return entry ? READ_ONCE(entry->flags) : 0;
}

/* Writes the number of the pair's other entry to this one. Returns 0 when it has another. */
static __always_inline int resolver_pair_once(struct resolver_entry *entry, __u32 number)
{
	__u32 flags = READ_ONCE(entry->flags);

	if (flags >> RESOLVER_PAIR_SHIFT)
		return TRY_DONE;
	return compare_and_swap(&entry->flags, flags, flags | number << RESOLVER_PAIR_SHIFT) ==
			       flags
		       ? TRY_DONE
		       : TRY_AGAIN;
}

/* Takes a number for the messages of entry `number`. Returns it, 0 when there is none left. */
static __always_inline __u32 messages_alloc(__u32 number, const struct resolver_entry *of)
{
	__u64 taken = __sync_fetch_and_add(&engine.entries, 1) + 1;
	struct resolver_entry *entry = 0;

	if (taken <= sizes.entries - RESOLVERS_OTHER && taken <= CONNECT_NUMBER_MAX)
		entry = array_elem(resolvers, taken);
	if (!entry) {
		atomic_add(&engine.entries, -1);
		return 0;
	}
	entry->key = of->key;
	entry->hash30 = (hash_mix(of->hash30, taken) >> 34);
	entry->flags = RESOLVER_MESSAGES | number << RESOLVER_PAIR_SHIFT;
	return taken;
}

/* Adds the entry for the messages of entry `number`. Returns its number, 0 when there is no room.
 */
__noinline __u32 messages_insert(__u32 number)
{
	struct resolver_entry *of = array_elem(resolvers, number);
	__u32 taken = 0, found;

	if (!of || !number)
		return 0;
	if (__sync_fetch_and_add(&engine.resolvers, 1) < config.max_resolvers)
		taken = messages_alloc(number, of);
	if (!taken) {
		atomic_add(&engine.resolvers, -1);
		return 0;
	}
	(void)retry_3(resolver_pair_once(of, taken));
	found = READ_ONCE(of->flags) >> RESOLVER_PAIR_SHIFT;
	if (found != taken) { /* another CPU was first */
		atomic_add(&engine.resolvers, -1);
		compare_and_swap(&engine.entries, taken, taken - 1);
	}
	return found;
}

/* ---- rows ------------------------------------------------------------------------------- */

/* Sets the flow of *ctx to the messages of a connection, with message ID `id`. */
static __always_inline void stream_set_flow(struct pkt_ctx *ctx, const struct transaction_key *key,
					    __u16 id)
{
	struct resolver_entry *entry = array_elem(resolvers, ctx->messages);

	if (!entry)
		return;
	ctx->flow.tuple = tuple_word(ctx->client_hash, key->client_port, entry->hash30);
	ctx->flow.hash = flow_hash(ctx->flow.tuple, id);
	ctx->flow_number = ctx->messages;
	flow_set_key(&ctx->flow.key, &key->client, key->client_port, id, ctx->messages);
}

static __always_inline struct stream *stream_at(const struct pkt_ctx *ctx, __u32 way)
{
	__u32 first = tuple_hash(ctx->flow.tuple) & sizes.streams_mask & ~(STREAM_WAYS - 1);

	return array_elem(streams, first + way);
}

/*
 * Looks up the stream of the connection that stream_set_flow() has set, with ID 0. Returns the
 * number of its row + 1, 0: there is none.
 */
__noinline __u32 stream_lookup(const struct pkt_ctx *ctx)
{
	struct stream *stream;
	__u32 i;

	if (!ctx)
		return 0;
	for (i = 0; i < STREAM_WAYS; i++) {
		stream = stream_at(ctx, i);
		if (stream && load_acquire(stream->state) & STREAM_OPEN &&
		    flow_key_equal(&stream->key, &ctx->flow.key))
			return (tuple_hash(ctx->flow.tuple) & sizes.streams_mask &
				~(STREAM_WAYS - 1)) +
			       i + 1;
	}
	return 0;
}

/*
 * Returns how gladly a row is given away: 0 not at all, ~0 when it is free. A function of its own,
 * since the verifier follows all its paths once for each row that is compared.
 */
__noinline __u64 stream_spare(struct stream *stream, __u64 now)
{
	__u64 state, used, idle;

	if (!stream)
		return 0;
	state = load_acquire(stream->state);
	used = READ_ONCE(stream->used);
	idle = now > used ? now - used : 0;
	if (!(state & STREAM_OPEN))
		return state ? 0 : ~0ULL; /* another CPU writes it now */
	if (state & STREAM_CLOSED)
		return (1ULL << 62) + idle;
	return idle > config.timeout_ns + STREAM_IDLE_NS ? idle : 0;
}

/* Finds the row to give away for a new connection. Returns its way, STREAM_WAYS: none. */
__noinline __u32 stream_find_spare(const struct pkt_ctx *ctx)
{
	__u32 i, best = STREAM_WAYS;
	__u64 spare, most = 0;
	struct stream *stream;

	if (!ctx)
		return STREAM_WAYS;
	for (i = 0; i < STREAM_WAYS; i++) {
		stream = stream_at(ctx, i);
		spare = stream_spare(stream, ctx->now);
		if (spare > most) {
			most = spare;
			best = i;
		}
	}
	return best;
}

static __always_inline struct stream_side *stream_side_of(struct stream *stream, __u32 direction)
{
	return direction == DIRECTION_OUT ? &stream->side[DIRECTION_OUT]
					  : &stream->side[DIRECTION_IN];
}

static __always_inline void stream_side_init(struct stream_side *side)
{
	side->flags = 0;
	side->ahead = 0;
}

/* Writes the position of a direction: a message begins there. */
static __always_inline void stream_side_start(struct stream_side *side, __u32 sequence)
{
	side->seen = sequence;
	side->ahead = 0;
	side->cursor[0].from = side->cursor[0].next = sequence;
	side->cursor[0].have = 0;
	side->flags = STREAM_SYNCED | STREAM_POSITION;
}

/*
 * Makes a row for the connection set in *ctx, whose SYN had this ISN (0: not seen). Returns the
 * number of the row + 1, 0 when there is no room.
 */
__noinline __u32 stream_insert(struct pkt_ctx *ctx, __u32 isn)
{
	struct stream *stream;
	__u64 old, word;
	__u32 way;

	if (!ctx)
		return 0;
	word = pkt_time(ctx) << STATE_SHIFT;
	way = stream_find_spare(ctx);
	if (way >= STREAM_WAYS)
		return 0;
	stream = stream_at(ctx, way);
	if (!stream)
		return 0;
	old = READ_ONCE(stream->state);
	if (compare_and_swap(&stream->state, old, word | STREAM_CLOSED) != old)
		return 0;
	flow_key_copy(&stream->key, &ctx->flow.key);
	stream->used = ctx->now;
	stream->isn = isn;
	stream->has_last_id = 0;
	stream_side_init(&stream->side[0]);
	stream_side_init(&stream->side[1]);
	store_release(stream->state, word | STREAM_OPEN);
	return (tuple_hash(ctx->flow.tuple) & sizes.streams_mask & ~(STREAM_WAYS - 1)) + way + 1;
}

/* ---- the lock of a direction ------------------------------------------------------------ */

static __always_inline int stream_lock_once(struct stream_side *side)
{
	return compare_and_swap(&side->lock, 0, 1) == 0 ? TRY_DONE : TRY_AGAIN;
}

/* Returns 0 when another CPU has the lock. */
static __always_inline int stream_lock(struct stream_side *side)
{
	if (retry_3(stream_lock_once(side)) == TRY_DONE)
		return 1;
	count_self(SELF_BUSY);
	return 0;
}

static __always_inline void stream_unlock(struct stream_side *side)
{
	store_release(side->lock, 0);
}

#endif
