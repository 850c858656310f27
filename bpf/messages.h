/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way of a packet from end to end, and the sweep: what the three programs call, and what the
 * native engine calls for replay and tests.
 */
#ifndef MESSAGES_H
#define MESSAGES_H

#include "quick.h"

/* ---- the other messages of one packet ---------------------------------------------------- */

/*
 * One packet may hold many messages (UDP GSO out, GRO in), the first of which is read already.
 * Message i into *o. Returns 1 when there is one, 0 when it is not ours or cannot be parsed.
 */
__noinline int parse_next_message(struct __sk_buff *skb, struct pkt_info *info, __u32 i)
{
	struct pkt p = pkt_from_skb(skb);
	__u8 kind;

	if (!info)
		return 0;
	kind = info->kind;
	if (!parse_message(&p, i * info->segment, kind == PKT_QUERY ? DIRECTION_OUT : DIRECTION_IN,
			   info))
		return 1;
	if (info->kind == PKT_UNPARSED)
		count_self(info->unparsed);
	info->kind = kind;
	return 0;
}

/* As account_message(), once more. */
__noinline int account_next_query(const struct pkt_info *info, struct pkt_ctx *ctx)
{
	return info && ctx ? account_message(info, ctx, 0, DIRECTION_OUT) : 0;
}

__noinline int account_next_response(const struct pkt_info *info, struct pkt_ctx *ctx)
{
	return info && ctx ? account_message(info, ctx, 0, DIRECTION_IN) : 0;
}

static __always_inline void account_segments(struct __sk_buff *skb, struct pkt_info *info,
					     struct pkt_ctx *ctx, enum pkt_direction direction)
{
	__u32 count = (info->length + info->segment - 1) / info->segment, i;
	__u32 within = 1 + (OFFSET_MAX - info->payload) / info->segment;
	int out = direction == DIRECTION_OUT;

	if (within > SEGMENTS_MAX)
		within = SEGMENTS_MAX;
	for (i = is_unread(info) ? 0 : 1; i < SEGMENTS_MAX && i < within && i < count; i++) {
		if (!parse_next_message(skb, info, i))
			continue;
		if (out)
			account_next_query(info, ctx);
		else
			account_next_response(info, ctx);
	}
	if (count > within)
		account_unparsed_segments(&info->key, ctx, count - within, out);
}

/* ---- the whole packet ------------------------------------------------------------------- */

/* What is not ordinary. Returns this CPU's record, or NULL when nothing of ours is in sight. */
static __always_inline struct cpu_record *parse_slow_path(struct __sk_buff *skb,
							  enum pkt_direction direction)
{
	struct cpu_record *record = cpu_record_lookup();
	struct parse_scratch *scratch;

	if (!record)
		return 0;
	scratch = parse_scratch_of(record);
	if (direction == DIRECTION_OUT)
		parse_packet_out(skb, scratch);
	else
		parse_packet_in(skb, scratch);
	if (scratch->info.kind == PKT_NONE || counted_on_vlan_dev(&scratch->info, skb->ifindex))
		return 0;
	scratch->info.client_hash = addr_hash(sizes.seed, &scratch->info.key.client);
	return record;
}

static __always_inline void sample_or_drop(struct __sk_buff *skb, const struct pkt_info *info,
					   struct cpu_record *record, int effect, __u64 now)
{
	if (is_sample_refused(effect, now))
		sample_drop(record);
	else
		sample_send(skb, info, effect, now);
}

/* On the stack there is no room for it beside the deepest calls. */
static __always_inline struct pkt_ctx *pkt_ctx_init(struct cpu_record *record)
{
	struct pkt_ctx *ctx = (struct pkt_ctx *)record->pkt_ctx;

	_Static_assert(sizeof(*ctx) <= sizeof(record->pkt_ctx), "room for a message");
	__builtin_memset(ctx, 0, sizeof(*ctx));
	if (config.clock_injected)
		ctx->now = engine_clock();
	return ctx;
}

static __always_inline void account_packet(struct __sk_buff *skb, struct pkt_info *info,
					   struct cpu_record *record, enum pkt_direction direction)
{
	struct pkt_ctx *ctx = pkt_ctx_init(record);
	__u64 address, digest;
	int effect;

	if (info->kind == PKT_UNPARSED) {
		if (!is_duplicate(record, info->digest, skb->ifindex, &ctx->now))
			atomic_add(&record->self.n[info->unparsed < SELF_MAX ? info->unparsed : 0],
				   1);
		return;
	}
	ctx->client_hash = info->client_hash;
	address = resolver_cache_lookup(&record->resolver_cache, &info->key, ctx);
	digest = pkt_digest(direction, info->client_hash, address, info->key.client_port,
			    info->key.resolver_port, info->key.id, info->digest);
	if (is_duplicate(record, digest, skb->ifindex, &ctx->now))
		return;
	if (info->key.scope) {
		pkt_info_set_scope(info);
		ctx->resolver_number = resolver_lookup(&info->key, ctx->resolver_hash);
	}
	effect = is_unread(info) ? ICMP_UNMATCHED
				 : account_message(info, ctx, skb->ifindex, direction);
	if (direction == DIRECTION_IN && info->kind == PKT_UNREACHABLE)
		sample_or_drop(skb, info, record, effect, ctx->now);
	if (info->segment && is_dns(info))
		account_segments(skb, info, ctx, direction);
	record->time = ctx->now;
	if (ctx->now)
		record->clock = ctx->now;
}

static __always_inline void process_packet(struct __sk_buff *skb, enum pkt_direction direction)
{
	struct pkt p = pkt_from_skb(skb);
	struct cpu_record *record = 0;
	enum fast_result answer = fast_parse(&p, direction, &record);

	if (answer == FAST_IGNORE)
		return;
	if (answer >= FAST_SAMPLE_UNMATCHED && record) {
		sample_send(skb, &parse_scratch_of(record)->info,
			    answer == FAST_SAMPLE_MATCHED ? ICMP_MATCHED : ICMP_UNMATCHED, 0);
		return;
	}
	if (answer == FAST_FALLBACK)
		record = parse_slow_path(skb, direction);
	if (record)
		account_packet(skb, &parse_scratch_of(record)->info, record, direction);
}

/* ---- the sweep -------------------------------------------------------------------------- */

/* One of those that a run may end was ended. Returns 1 to end the walk, else 0. */
static __always_inline long sweep_use_budget(void)
{
	if (engine.sweep_budget > 1) {
		engine.sweep_budget--;
		return 0;
	}
	engine.sweep_again = 1;
	return 1;
}

/* One way of a bucket. Returns 1 when it ended what was there. */
static __always_inline int sweep_slot(struct bucket *b, __u32 i, __u64 now, int behind)
{
	__u64 word = load_acquire(b->state[i]);
	struct flow flow;

	if (!(word & STATE_OPEN) || flow_age(word, now) <= config.timeout_ns)
		return 0;
	flow_key_copy(&flow.key, &b->key[i]);
	if (!bucket_remove(b, i, word))
		return 0;
	flow_set_hash(&flow);
	if (behind)
		flow_unlink_overflow(bucket_by_tuple(&flow), &flow, word);
	flow_time_out(&flow, word, now);
	return 1;
}

static __always_inline long sweep_bucket(struct bucket *b, __u64 now, int behind)
{
	__u32 i;

	for (i = 0; i < BUCKET_SLOTS; i++) {
		if (sweep_slot(b, i, now, behind) && sweep_use_budget())
			return 1;
	}
	return 0;
}

CALLBACK sweep_by_tuple(map_ptr map, const void *key, void *value, void *context)
{
	return sweep_bucket(value, *(__u64 *)context, 0);
}

CALLBACK sweep_by_key(map_ptr map, const void *key, void *value, void *context)
{
	return sweep_bucket(value, *(__u64 *)context, 1);
}

CALLBACK sweep_overflow(map_ptr map, const void *key, void *value, void *context)
{
	__u64 word = READ_ONCE(((struct flow_state *)value)->state);
	__u64 now = *(__u64 *)context;
	struct flow flow;

	flow_key_copy(&flow.key, key);
	if (!(word & STATE_OPEN)) {
		overflow_collect(&flow.key, now);
		return 0;
	}
	if (flow_age(word, now) <= config.timeout_ns)
		return 0;
	flow_set_hash(&flow);
	word = flow_close_aged(&flow, word);
	if (!word)
		return 0;
	flow_time_out(&flow, word, now);
	return sweep_use_budget();
}

static __always_inline void sweep_all(void)
{
	__u64 now = engine_clock();

	if (engine.reserve_cmd == RESERVE_WANTED)
		resolver_reserve();
	engine.sweep_again = 0;
	engine.sweep_budget = SWEEP_BUDGET;
	if (sizes.has_buckets) {
		bpf_for_each_map_elem(&flows_by_tuple, sweep_by_tuple, &now, 0);
		bpf_for_each_map_elem(&flows_by_key, sweep_by_key, &now, 0);
	}
	bpf_for_each_map_elem(&flows_overflow, sweep_overflow, &now, 0);
	expired_reset(now, config.timeout_ns);
}

#endif
