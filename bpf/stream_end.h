/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ends the open transactions of a TCP connection: when it has ended without their answers, or can
 * not be followed any more. The index of 4-tuples finds most of them. Where it had no room, all
 * tables are searched.
 */
#ifndef STREAM_END_H
#define STREAM_END_H

#include "stream_table.h"

/* In the order of their counters, from COUNTER_CLOSED_FIN on. */
enum stream_ended { ENDED_FIN, ENDED_RST, ENDED_UNFOLLOWED };

#define STREAM_FINDABLE (BUCKET_SLOTS + 2 * TUPLE_INDEX_IDS)

/*
 * Counts a transaction that was ended so. A function of its own, since the verifier follows each
 * round of a loop, and all paths of what is inlined there.
 */
__noinline int count_ended(const struct flow *flow, __u64 word, __u32 ended, __u64 now)
{
	struct percpu_counters *cnt;

	if (!flow)
		return 0;
	cnt = counters_of(flow_resolver(&flow->key));
	count_in_group(cnt, COUNTER_UNREACHABLE_PORT, ended); /* stream_counterpart() */
	if (ended == ENDED_UNFOLLOWED)
		return 0;
	count_asker_failed(flow->asker);
	update_failure(cnt, flow_opened_at(word), now);
	sample_ended(flow, array_elem(resolvers, flow_resolver(&flow->key)), word, now,
		     SAMPLE_CLOSED);
	return 0;
}

/* Context of a search through all tables: of the transactions of one 4-tuple. */
struct end_walk {
	struct flow_key key;
	__u64 tuple, now;
	__u32 ended, pad;
};

static __always_inline int is_to_be_ended(const struct end_walk *walk, const struct flow_key *key,
					  __u64 word)
{
	return word & STATE_OPEN && flow_tuple_equal(key, &walk->key) &&
	       flow_age(word, walk->now) <= config.timeout_ns;
}

/* Ends one transaction by its message ID. */
static __always_inline void end_by_id(const struct end_walk *walk, __u16 id)
{
	struct flow flow;
	__u64 word;

	flow_key_copy(&flow.key, &walk->key);
	flow.key.id = id;
	flow.tuple = walk->tuple;
	flow.hash = flow_hash(flow.tuple, id);
	flow.asker = 0;
	word = flow_close_slow(&flow);
	if (word)
		count_ended(&flow, word, walk->ended, walk->now);
}

CALLBACK end_in_bucket(map_ptr map, const void *key, void *value, void *context)
{
	const struct end_walk *walk = context;
	struct bucket *b = value;
	__u32 i;

	UNROLL
	for (i = 0; i < BUCKET_SLOTS; i++) {
		if (is_to_be_ended(walk, &b->key[i], load_acquire(b->state[i])))
			end_by_id(walk, b->key[i].id);
	}
	return 0;
}

CALLBACK end_in_overflow(map_ptr map, const void *key, void *value, void *context)
{
	const struct end_walk *walk = context;
	const struct flow_key *k = key;

	if (is_to_be_ended(walk, k, READ_ONCE(((struct flow_state *)value)->state)))
		end_by_id(walk, k->id);
	return 0;
}

/* Searches all tables. Apart from stream_end_indexed(), whose stack it does not need. */
__noinline int stream_end_all(const struct pkt_ctx *ctx, __u32 ended)
{
	struct end_walk walk = {};

	if (!ctx)
		return 0;
	flow_key_copy(&walk.key, &ctx->flow.key);
	walk.tuple = ctx->flow.tuple;
	walk.now = ctx->now;
	walk.ended = ended;
	if (sizes.has_buckets)
		bpf_for_each_map_elem(&flows_by_key, end_in_bucket, &walk, 0);
	bpf_for_each_map_elem(&flows_overflow, end_in_overflow, &walk, 0);
	return 0;
}

/*
 * Ends the open transactions of the stream in *ctx that the index of 4-tuples finds. Those past
 * their timeout are left: they have timed out before. Returns 1 when all tables are to be searched.
 */
__noinline int stream_end_indexed(const struct pkt_info *info, struct pkt_ctx *ctx,
				  struct stream *stream, __u32 ended)
{
	__u64 word;
	__u32 i;

	if (!info || !ctx || !stream)
		return 0;
	stream_set_flow(ctx, &info->key, 0);
	for (i = 0; i < STREAM_FINDABLE; i++) {
		if (!flow_find_oldest(&ctx->flow, pkt_time(ctx), config.timeout_ns))
			break;
		word = flow_close_slow(&ctx->flow);
		if (word)
			count_ended(&ctx->flow, word, ended, ctx->now);
	}
	if (!(stream->state & STREAM_CROWDED))
		return 0;
	__sync_fetch_and_and(&stream->state, ~STREAM_CROWDED);
	stream_set_flow(ctx, &info->key, 0);
	return 1;
}

/*
 * Ends all open transactions of the stream in *ctx. The two functions are called one after the
 * other: the search calls so deep that no frame but stream_follow()'s has room above it
 * (512 bytes in all; Linux 6.1 rounds each frame up to 32).
 */
static __always_inline void stream_end(const struct pkt_info *info, struct pkt_ctx *ctx,
				       struct stream *stream, __u32 ended)
{
	if (stream_end_indexed(info, ctx, stream, ended))
		stream_end_all(ctx, ended);
}

/* Ends a stream, once, and its open transactions. The row is kept until another needs it. */
static __always_inline void stream_close(const struct pkt_info *info, struct pkt_ctx *ctx,
					 struct stream *stream, __u32 ended)
{
	if (!(__sync_fetch_and_or(&stream->state, STREAM_CLOSED) & STREAM_CLOSED))
		stream_end(info, ctx, stream, ended);
}

#endif
