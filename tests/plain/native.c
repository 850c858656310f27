/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The native engine: messages.h and all below it, with an injected clock. Nothing here decides
 * anything about a packet.
 */
#include "native.h"
#include "messages.h"

__u64 kernel_clock(void)
{
	return engine.highest;
}

/* ---- samples ---------------------------------------------------------------------------- */

static void (*sample_fn)(const struct sample *sample, void *context);
static void *sample_context;
static struct sample one_sample;

struct sample *native_ring_reserve(void)
{
	return sample_fn ? &one_sample : NULL;
}

void native_ring_submit(struct sample *s)
{
	sample_fn(s, sample_context);
}

void native_on_sample(void (*f)(const struct sample *sample, void *context), void *context)
{
	sample_fn = f;
	sample_context = context;
}

__u64 native_samples_dropped(void)
{
	return engine.samples_dropped;
}

/* ---- start and end ---------------------------------------------------------------------- */

static void empty_all(void)
{
	native_map_empty(&resolvers);
	native_map_empty(&self);
	native_map_empty(&transactions);
	native_map_empty(&tuples);
	native_map_empty(&remembered);
	native_map_empty(&last_packet);
	native_map_empty(&tagged);
	native_map_empty(&scopes);
	native_map_empty(&link_local);
}

void native_start(const struct engine_config *wanted)
{
	empty_all();
	config = *wanted;
	config.clock_injected = 1;
	memset(&engine, 0, sizeof(engine));
	resolvers.max_entries = config.max_resolvers + RESOLVERS_RESERVED;
	transactions.max_entries = config.max_in_flight;
	tuples.max_entries = config.max_in_flight;
	remembered.max_entries = config.max_in_flight;
	native_update(&resolvers, &other_key, &no_counts, BPF_NOEXIST);
}

void native_stop(void)
{
	empty_all();
}

int native_reserve(const struct resolver_key *key)
{
	return native_update(&resolvers, key, &no_counts, BPF_NOEXIST);
}

static void run(const struct native_packet *p, __u64 now, enum direction direction)
{
	struct __sk_buff skb = {.len = p->length,
				.protocol = p->protocol,
				.vlan_present = !!p->tagged,
				.vlan_tci = p->vlan_tci,
				.ifindex = p->ifindex,
				.gso_size = p->gso_size,
				.data = (__u64)(uintptr_t)p->bytes,
				.data_end = (__u64)(uintptr_t)p->bytes + p->length,
				.network = p->network};

	engine.now = now;
	on_packet(&skb, direction);
}

void native_queries(const struct native_packet *p, __u64 now)
{
	run(p, now, DIRECTION_OUT);
}

void native_outcomes(const struct native_packet *p, __u64 now)
{
	run(p, now, DIRECTION_IN);
}

void native_sweep(__u64 now)
{
	engine.now = now;
	do {
		on_sweep();
	} while (engine.unswept);
}

void native_set_tagged(__u32 ifindex, __u32 vlan)
{
	struct tagged_key key = {.ifindex = ifindex, .vlan = vlan};
	__u8 one = 1;

	native_update(&tagged, &key, &one, BPF_ANY);
}

void native_set_scope(__u32 ifindex, __u32 master)
{
	native_update(&scopes, &ifindex, &master, BPF_ANY);
}

/* ---- reading ---------------------------------------------------------------------------- */

struct resolver_walk {
	native_resolver_fn *f;
	void *context;
};

static long each_resolver(struct native_map *m, const void *key, void *value, void *context)
{
	struct resolver_walk *walk = context;

	(void)m;
	walk->f(key, value, walk->context);
	return 0;
}

void native_each_resolver(native_resolver_fn *f, void *context)
{
	struct resolver_walk walk = {f, context};

	native_for_each(&resolvers, each_resolver, &walk);
}

struct transaction_walk {
	native_transaction_fn *f;
	void *context;
};

static long each_transaction(struct native_map *m, const void *key, void *value, void *context)
{
	struct transaction_walk *walk = context;

	(void)m;
	walk->f(key, value, walk->context);
	return 0;
}

void native_each_transaction(native_transaction_fn *f, void *context)
{
	struct transaction_walk walk = {f, context};

	native_for_each(&transactions, each_transaction, &walk);
}

const struct self_counters *native_self(void)
{
	__u32 zero = 0;

	return native_lookup(&self, &zero);
}
