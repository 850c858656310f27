/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way of a packet from end to end, and the sweep: what the three programs call, and what the
 * native engine calls for replay and tests.
 */
#ifndef MESSAGES_H
#define MESSAGES_H

#include "engine.h"

/*
 * One packet may hold many messages (UDP GSO out, GRO in), the first of which is read already.
 * Message i into *o. Returns 1 when there is one, 0 when it is not ours or cannot be parsed.
 */
OWN_FUNCTION int next_message(struct __sk_buff *skb, struct observation *o, __u32 i)
{
	struct packet p = packet_of(skb);
	__u8 kind;

	if (!o)
		return 0;
	kind = o->kind;
	if (!read_message(&p, i * o->segment, kind == KIND_QUERY ? DIRECTION_OUT : DIRECTION_IN, o))
		return 1;
	if (o->kind == KIND_UNPARSED)
		count_self(o->unparsed);
	o->kind = kind;
	return 0;
}

static __always_inline void on_segments(struct __sk_buff *skb, struct observation *o, __u32 ifindex,
					__u64 now)
{
	__u32 count = (o->length + o->segment - 1) / o->segment, i;
	__u32 within = 1 + (OFFSET_MAX - o->payload) / o->segment;

	if (within > SEGMENTS_MAX)
		within = SEGMENTS_MAX;
	for (i = is_unread(o) ? 0 : 1; i < SEGMENTS_MAX && i < within && i < count; i++) {
		if (next_message(skb, o, i))
			on_message(o, ifindex, now);
	}
	if (count > within)
		on_unparsed_segments(o, count - within);
}

static __always_inline void on_packet(struct __sk_buff *skb, enum direction direction)
{
	struct observation o = {};
	__u32 ifindex;
	int effect = EFFECT_NONE;
	__u64 now;

	if (direction == DIRECTION_OUT)
		observe_out(skb, &o);
	else
		observe_in(skb, &o);
	if (o.kind == KIND_NONE)
		return;
	ifindex = skb->ifindex;
	if (left_to_vlan_device(&o, ifindex))
		return;
	now = engine_clock();
	if (seen_before(&o, ifindex, now))
		return;
	if (o.kind == KIND_UNPARSED)
		return count_self(o.unparsed);
	set_scope(&o);
	if (!is_unread(&o))
		effect = on_message(&o, ifindex, now);
	if (o.kind == KIND_UNREACHABLE)
		send_sample(skb, &o, effect, now);
	if (o.segment && is_dns(&o))
		on_segments(skb, &o, ifindex, now);
}

/* ---- the sweep -------------------------------------------------------------------------- */

/* One of those that a run may end was ended. Returns 1 to end the walk, else 0. */
static __always_inline long swept_one(void)
{
	if (engine.left > 1) {
		engine.left--;
		return 0;
	}
	engine.unswept = 1;
	return 1;
}

CALLBACK sweep_transaction(any_map map, const void *key, void *value, void *context)
{
	struct transaction_key k = *(const struct transaction_key *)key;
	__u64 word = load_once(((struct transaction *)value)->state);
	__u64 now = *(__u64 *)context;

	(void)map;
	if (!(word & STATE_OPEN)) {
		transaction_collect(&k, now);
		return 0;
	}
	if (age_of(word, now) <= config.timeout_ns)
		return 0;
	word = transaction_end(&k, now, config.timeout_ns + 1);
	if (!word)
		return 0;
	time_out(&k, word, now);
	return swept_one();
}

CALLBACK sweep_remembered(any_map map, const void *key, void *value, void *context)
{
	struct transaction_key k = *(const struct transaction_key *)key;

	(void)map;
	if (!remembered_collect(&k, value, *(__u64 *)context, config.timeout_ns))
		return 0;
	return swept_one();
}

static __always_inline void on_sweep(void)
{
	__u64 now = engine_clock();

	engine.unswept = 0;
	engine.left = SWEEP_AT_ONCE;
	bpf_for_each_map_elem(&transactions, sweep_transaction, &now, 0);
	bpf_for_each_map_elem(&remembered, sweep_remembered, &now, 0);
}

#endif
