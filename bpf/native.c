/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The native engine: messages.h and all below it, with an injected clock. Nothing here decides
 * anything about a packet.
 */
#include "native.h"
#include <sizes.h>

#include "messages.h"

__u64 native_clock_ticks = 1;

/* Both are asked only after native_ask_the_clock(). */
__u64 kernel_clock(void)
{
	return engine.highest;
}

__u64 kernel_tick(void)
{
	return config.clock_injected ? 0 : engine.highest;
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
	const struct cpu_record *r = row(cpus, 0);

	return r->samples_dropped;
}

/* ---- start and end ---------------------------------------------------------------------- */

static void empty_all(void)
{
	native_map_empty(&slots);
	native_map_empty(&slot_index);
	native_map_empty(&lanes);
	native_map_empty(&histograms);
	native_map_empty(&cpus);
	native_map_empty(&first);
	native_map_empty(&second);
	native_map_empty(&overflow);
	native_map_empty(&tuples);
	native_map_empty(&remembered);
	native_map_empty(&tagged);
	native_map_empty(&scopes);
	native_map_empty(&link_local);
}

void native_start(const struct engine_config *wanted)
{
	empty_all();
	config = *wanted;
	config.clock_injected = 1;
	sizes = engine_sizes(&config, 1);
	memset(&engine, 0, sizeof(engine));
	slots.max_entries = sizes.slots;
	slot_index.max_entries = sizes.index_mask + 1;
	lanes.max_entries = sizes.slots;
	histograms.max_entries = sizes.slots;
	cpus.max_entries = 1;
	first.max_entries = sizes.first_mask + 1;
	second.max_entries = sizes.second_mask + 1;
	overflow.max_entries = sizes.overflow;
	tuples.max_entries = sizes.tuple_mask + 1;
	remembered.max_entries = sizes.remembered_mask + 1;
}

void native_stop(void)
{
	empty_all();
}

int native_reserve(const struct resolver_key *key)
{
	engine.reserved = *key;
	engine.reserve = RESERVE_WANTED;
	slot_reserve();
	return engine.reserve == RESERVE_NO_ROOM ? -E2BIG : 0;
}

void native_ask_the_clock(__u64 rough_ns)
{
	native_clock_ticks = rough_ns;
	config.clock_injected = 0;
}

static void set_time(__u64 now)
{
	engine.now = now;
	if (!config.clock_injected && now > engine.highest)
		engine.highest = now;
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

	set_time(now);
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
	set_time(now);
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

static void show_resolver(__u32 number, const struct resolver_key *key, native_resolver_fn *f,
			  void *context)
{
	const struct rtt_histogram *h = row(histograms, number);
	const struct lane *l = row(lanes, number);
	struct resolver_counters c;
	__u32 i;

	for (i = 0; i < COUNTER_MAX; i++)
		c.n[i] = l->n[lane_word(i)];
	memcpy(c.at, l->at, sizeof(c.at));
	memcpy(c.rtt, h->n, sizeof(c.rtt));
	f(key, &c, context);
}

void native_each_resolver(native_resolver_fn *f, void *context)
{
	static const struct resolver_key other;
	const struct slot *s;
	__u32 i;

	show_resolver(SLOT_OTHER, &other, f, context);
	for (i = 1; i < sizes.slots; i++) {
		s = row(slots, i);
		if (s->published)
			show_resolver(i, &s->key, f, context);
	}
}

struct transaction_walk {
	native_transaction_fn *f;
	void *context;
};

static void show_transaction(const struct transaction_walk *walk, const struct flight_key *key,
			     __u64 state)
{
	static const struct resolver_key other;
	const struct slot *s = row(slots, slot_of(key));

	if (state & STATE_OPEN)
		walk->f(slot_of(key) == SLOT_OTHER ? &other : &s->key, walk->context);
}

static long each_bucket(struct native_map *m, const void *key, void *value, void *context)
{
	const struct bucket *b = value;
	int i;

	for (i = 0; i < WAYS; i++)
		show_transaction(context, &b->key[i], b->state[i]);
	return 0;
}

static long each_overflowed(struct native_map *m, const void *key, void *value, void *context)
{
	show_transaction(context, key, ((const struct transaction *)value)->state);
	return 0;
}

void native_each_open(native_transaction_fn *f, void *context)
{
	struct transaction_walk walk = {f, context};

	native_for_each(&first, each_bucket, &walk);
	native_for_each(&second, each_bucket, &walk);
	native_for_each(&overflow, each_overflowed, &walk);
}

const struct self_counters *native_self(void)
{
	const struct cpu_record *r = row(cpus, 0);

	return &r->self;
}
