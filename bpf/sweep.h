/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sweep: about once a second, ends the transactions that have timed out. */
#ifndef SWEEP_H
#define SWEEP_H

#include "account.h"

/* Computes the hashes of a transaction from its key. */
static __always_inline void flow_set_hash(struct flow *flow)
{
	flow->tuple = tuple_word(addr_hash(sizes.seed, &flow->key.client), flow->key.client_port,
				 resolver_hash_bits_at(flow->key.resolver));
	flow->hash = flow_hash(flow->tuple, flow->key.id);
}

/* Counts one transaction of the budget. Returns 1 to end the walk, else 0. */
static __always_inline long sweep_use_budget(void)
{
	if (engine.sweep_budget > 1) {
		engine.sweep_budget--;
		return 0;
	}
	engine.sweep_again = 1;
	return 1;
}

/*
 * Ends the transaction of a slot if it has timed out. `behind`: not in a bucket by 4-tuple. Returns
 * 1 when it ended one.
 */
static __always_inline int sweep_slot(struct bucket *b, __u32 i, __u64 now, int behind)
{
	__u64 word = load_acquire(b->state[i]);
	struct flow flow;

	if (!(word & STATE_OPEN) || flow_age(word, now) <= config.timeout_ns)
		return 0;
	flow_key_copy(&flow.key, &b->key[i]);
	flow.asker = bucket_asker(b, i);
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
	flow.asker = 0;
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
	asker_do_commands();
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
