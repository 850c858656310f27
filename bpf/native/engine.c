/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The native engine: the code of the BPF object with an injected clock. Nothing here decides about
 * a packet.
 */
#include "native.h"
#include <sizes.h>

#include "../datapath.h"
#include "../sweep.h"

__u64 native_clock_ticks = 1;
#if NATIVE_CPUS > 1
__u32 native_cpu;
#endif

/* Only called after native_use_clock(). */
__u64 kernel_clock(void)
{
	return engine.highest;
}

__u64 kernel_tick(void)
{
	return config.clock_injected ? 0 : engine.highest;
}

/* ---- what has changed ------------------------------------------------------------------ */

struct native_changes native_changes;

void native_note_inserted(const void *bucket)
{
	native_mark(&flows_by_tuple, bucket);
	native_mark(&flows_by_key, bucket);
}

static int bucket_has_open(const void *row)
{
	const struct bucket *b = row;
	int i;

	for (i = 0; i < BUCKET_SLOTS; i++)
		if (b->state[i] & STATE_OPEN)
			return 1;
	return 0;
}

static void changes_free(void)
{
	free(native_changes.is_noted);
	free(native_changes.numbers);
	native_changes = (struct native_changes){0};
}

static void changes_alloc(__u32 room)
{
	__u32 *numbers = calloc(room, sizeof(*numbers));
	__u8 *is_noted = calloc(room, 1);

	if (!numbers || !is_noted)
		abort(); /* the engine cannot report it */
	native_changes =
		(struct native_changes){.is_noted = is_noted, .numbers = numbers, .room = room};
	native_note_counted(RESOLVER_OTHER);
}

/* ---- samples --------------------------------------------------------------------------- */

static void (*sample_fn)(const struct sample *sample, void *context);
static void *sample_context;
static struct sample one_sample;

struct sample *native_ring_reserve(void)
{
	return sample_fn ? &one_sample : NULL;
}

void native_ring_submit(struct sample *sample)
{
	sample_fn(sample, sample_context);
}

void native_on_sample(void (*f)(const struct sample *sample, void *context), void *context)
{
	sample_fn = f;
	sample_context = context;
}

__u64 native_samples_dropped(void)
{
	const struct cpu_record *record;
	__u64 sum = 0;
	__u32 i;

	for (i = 0; i < NATIVE_CPUS; i++) {
		record = array_elem(cpus, i);
		sum += record->samples_dropped;
	}
	return sum;
}

/* ---- start and end --------------------------------------------------------------------- */

static void maps_clear(void)
{
	changes_free();
	native_map_empty(&resolvers);
	native_map_empty(&resolver_table);
	native_map_empty(&counters);
	native_map_empty(&histograms);
	native_map_empty(&cpus);
	native_map_empty(&sample_limits);
	native_map_empty(&asker_index);
	native_map_empty(&askers);
	native_map_empty(&asker_counters);
	native_map_empty(&flows_by_tuple);
	native_map_empty(&flows_by_key);
	native_map_empty(&flows_overflow);
	native_map_empty(&tuple_index);
	native_map_empty(&expired);
	native_map_empty(&streams);
	native_map_empty(&vlan_devs);
	native_map_empty(&if_masters);
	native_map_empty(&link_local_if);
	native_map_empty(&fast_open_syns);
}

void native_start(const struct engine_config *wanted)
{
	maps_clear();
	config = *wanted;
	config.clock_injected = 1;
	sizes = engine_sizes(&config, NATIVE_CPUS);
	memset(&engine, 0, sizeof(engine));
	resolvers.max_entries = sizes.entries;
	resolver_table.max_entries = sizes.resolver_table_mask + 1;
	counters.max_entries = NATIVE_CPUS * sizes.entries;
	histograms.max_entries = (sizes.rtt_mask + 1) * sizes.entries;
	cpus.max_entries = NATIVE_CPUS;
	sample_limits.max_entries = sizes.entries;
	asker_index.max_entries = config.askers ? ASKER_INDEX_MASK + 1 : 1;
	askers.max_entries = config.askers ? ASKERS_MAX + 1 : 1;
	asker_counters.max_entries =
		config.askers ? ASKER_COPIES(NATIVE_CPUS) * ASKER_ROWS(sizes.entries) : 1;
	flows_by_tuple.max_entries = sizes.flows_by_tuple_mask + 1;
	flows_by_key.max_entries = sizes.flows_by_key_mask + 1;
	flows_overflow.max_entries = sizes.overflow;
	tuple_index.max_entries = sizes.tuple_index_mask + 1;
	expired.max_entries = sizes.expired_mask + 1;
	streams.max_entries = sizes.streams_mask + 1;
	flows_by_tuple.has_content = flows_by_key.has_content = bucket_has_open;
	changes_alloc(sizes.entries);
}

void native_stop(void)
{
	maps_clear();
}

int native_reserve(const struct resolver_key *key)
{
	engine.reserve_key = *key;
	engine.reserve_cmd = RESERVE_WANTED;
	resolver_reserve();
	if (engine.reserve_cmd == RESERVE_DONE)
		native_note_counted((__u32)engine.entries);
	return engine.reserve_cmd == RESERVE_NO_ROOM ? -E2BIG : 0;
}

void native_use_clock(__u64 rough_ns)
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

static struct __sk_buff skb_from_native(const struct native_packet *p)
{
	return (struct __sk_buff){.len = p->length,
				  .wire_len = p->wire_length,
				  .protocol = p->protocol,
				  .vlan_present = !!p->tagged,
				  .vlan_tci = p->vlan_tci,
				  .ifindex = p->ifindex,
				  .ingress_ifindex = p->ingress_ifindex,
				  .gso_size = p->gso_size,
				  .cgroup = p->cgroup,
				  .data = (__u64)(uintptr_t)p->bytes,
				  .data_end = (__u64)(uintptr_t)p->bytes + p->length,
				  .network = p->network};
}

unsigned int native_directions(const struct native_packet *p)
{
	struct __sk_buff skb = skb_from_native(p);
	struct parse_scratch out, in;

	parse_packet_out(&skb, &out);
	parse_packet_in(&skb, &in);
	if (is_of_tunnel(&out.info) || is_of_tunnel(&in.info))
		return NATIVE_TUNNEL;
	if (out.info.kind == PKT_UNPARSED && in.info.kind == PKT_UNPARSED)
		return NATIVE_OUT;
	return (out.info.kind != PKT_NONE ? NATIVE_OUT : 0) |
	       (in.info.kind != PKT_NONE ? NATIVE_IN : 0);
}

static void run(const struct native_packet *p, __u64 now, enum pkt_direction direction,
		enum origin origin)
{
	struct __sk_buff skb = skb_from_native(p);

	set_time(now);
	engine.cgroup = p->cgroup;
	process_packet(&skb, direction, origin);
}

void native_queries(const struct native_packet *p, __u64 now)
{
	run(p, now, DIRECTION_OUT, ORIGIN_HOST);
}

void native_outcomes(const struct native_packet *p, __u64 now)
{
	run(p, now, DIRECTION_IN, ORIGIN_HOST);
}

void native_guest_queries(const struct native_packet *p, __u64 now)
{
	run(p, now, DIRECTION_OUT, ORIGIN_GUEST);
}

void native_guest_outcomes(const struct native_packet *p, __u64 now)
{
	run(p, now, DIRECTION_IN, ORIGIN_GUEST);
}

void native_sweep(__u64 now)
{
	set_time(now);
	do {
		sweep_all();
	} while (engine.sweep_again);
}

void native_add_vlan_dev(__u32 ifindex, __u32 vlan)
{
	struct vlan_dev_key key = {.ifindex = ifindex, .vlan = vlan};
	__u8 one = 1;

	native_update(&vlan_devs, &key, &one, BPF_ANY);
}

void native_set_master(__u32 port, const struct if_master *master)
{
	native_update(&if_masters, &port, master, BPF_ANY);
}

/* ---- reading --------------------------------------------------------------------------- */

/* Returns the key of an entry; that of an entry `other` has a transport at most. */
static struct resolver_key resolver_key_at(__u32 number)
{
	const struct resolver_entry *entry = array_elem(resolvers, number);

	if (!is_resolver_other(number, sizes.entries))
		return entry->key;
	return (struct resolver_key){.transport = resolver_other_transport(number, sizes.entries)};
}

/*
 * Writes the moments of one CPU. Where messages are followed, an established connect is no answer,
 * and the failing run begins with the first failure of either kind since the last answer.
 */
static void moments_of(const struct percpu_counters *cnt, const struct percpu_counters *messages,
		       __u64 at[MOMENT_MAX])
{
	__u64 start = cnt->at[MOMENT_RUN_START], failed = cnt->at[MOMENT_LAST_FAILURE];

	memcpy(at, messages ? messages->at : cnt->at, sizeof(cnt->at));
	if (!messages || failed <= at[MOMENT_LAST_ANSWERED])
		return;
	if (at[MOMENT_LAST_FAILURE] <= at[MOMENT_LAST_ANSWERED] || start < at[MOMENT_RUN_START])
		at[MOMENT_RUN_START] = start;
	if (at[MOMENT_LAST_FAILURE] < failed)
		at[MOMENT_LAST_FAILURE] = failed;
}

/* Adds the counters of one CPU; `messages`: of the entry that counts messages, NULL: none. */
static void counters_add(const struct percpu_counters *cnt, const struct percpu_counters *messages,
			 __u32 transport, struct resolver_counters *c)
{
	__u64 at[MOMENT_MAX];
	__u32 i;

	for (i = 0; i < COUNTER_MAX; i++)
		c->n[i] += counter_from_words(cnt->n, messages ? messages->n : NULL, transport,
					      config.max_streams != 0, i);
	moments_of(cnt, messages, at);
	for (i = 0; i < MOMENT_MAX; i++)
		c->at[i] = at[i] > c->at[i] ? at[i] : c->at[i];
}

static void histogram_add(__u32 number, __u64 *rtt)
{
	const struct rtt_histogram *h;
	__u32 i, bucket;

	for (i = 0; i <= sizes.rtt_mask; i++) {
		h = array_elem(histograms, i * sizes.entries + number);
		for (bucket = 0; bucket < RTT_BUCKETS; bucket++)
			rtt[bucket] += h->n[bucket];
	}
}

static void report_resolver(__u32 number, const struct resolver_key *key, native_resolver_fn *f,
			    void *context)
{
	const struct resolver_entry *entry = array_elem(resolvers, number);
	__u32 messages =
		is_resolver_other(number, sizes.entries) ? 0 : resolver_messages(entry->flags);
	struct resolver_counters c = {0};
	__u32 i;

	for (i = 0; i < NATIVE_CPUS; i++)
		counters_add(array_elem(counters, i * sizes.entries + number),
			     messages ? array_elem(counters, i * sizes.entries + messages) : NULL,
			     key->transport, &c);
	histogram_add(number, key->transport > TRANSPORT_UDP ? c.connect_rtt : c.rtt);
	if (messages)
		histogram_add(messages, c.rtt);
	f(key, &c, context);
}

/* Tests whether an entry `other` of connects has counted any. */
static int is_other_used(__u32 number)
{
	const struct percpu_counters *cnt;
	__u32 i, word;

	for (i = 0; i < NATIVE_CPUS && is_resolver_other(number, sizes.entries); i++) {
		cnt = array_elem(counters, i * sizes.entries + number);
		for (word = 0; word < PERCPU_COUNTERS_MAX; word++)
			if (cnt->n[word])
				return 1;
	}
	return 0;
}

void native_each_resolver(native_resolver_fn *f, void *context)
{
	const struct resolver_entry *entry;
	struct resolver_key key;
	__u32 i;

	for (i = 0; i < sizes.entries; i++) {
		entry = array_elem(resolvers, i);
		key = resolver_key_at(i);
		if (i ? entry->flags & RESOLVER_PUBLISHED || is_other_used(i) : 1)
			report_resolver(i, &key, f, context);
	}
}

void native_each_changed(native_resolver_fn *f, void *context)
{
	static const struct resolver_key other;
	const struct resolver_entry *entry;
	__u32 number;

	while (native_changes.count) {
		number = native_changes.numbers[--native_changes.count];
		native_changes.is_noted[number] = 0;
		entry = array_elem(resolvers, number);
		if (entry->flags & RESOLVER_MESSAGES) {
			native_note_counted(entry->flags >> RESOLVER_PAIR_SHIFT);
			continue;
		}
		report_resolver(number, number == RESOLVER_OTHER ? &other : &entry->key, f,
				context);
	}
}

int native_has_open(void)
{
	return native_has_marks(&flows_by_tuple) || native_has_marks(&flows_by_key) ||
	       flows_overflow.count;
}

struct flow_walk {
	native_transaction_fn *f;
	void *context;
};

static void report_flow(const struct flow_walk *walk, const struct flow_key *key, __u64 state)
{
	struct resolver_key resolver = resolver_key_at(flow_resolver(key));

	if (state & STATE_OPEN)
		walk->f(&resolver, !!(key->resolver & RESOLVER_CONNECT), walk->context);
}

static long report_bucket(struct native_map *m, const void *key, void *value, void *context)
{
	const struct bucket *b = value;
	int i;

	for (i = 0; i < BUCKET_SLOTS; i++)
		report_flow(context, &b->key[i], b->state[i]);
	return 0;
}

static long report_overflowed(struct native_map *m, const void *key, void *value, void *context)
{
	report_flow(context, key, ((const struct flow_state *)value)->state);
	return 0;
}

void native_each_open(native_transaction_fn *f, void *context)
{
	struct flow_walk walk = {f, context};

	native_for_each(&flows_by_tuple, report_bucket, &walk);
	native_for_each(&flows_by_key, report_bucket, &walk);
	native_for_each(&flows_overflow, report_overflowed, &walk);
}

/* Adds up a row in copies `from` to `to` - 1. */
static struct asker_counters sum_asker(__u32 row, __u32 from, __u32 to)
{
	struct asker_counters sum = {0};
	const struct asker_counters *cnt;

	for (; from < to; from++) {
		cnt = array_elem(asker_counters, from * ASKER_ROWS(sizes.entries) + row);
		sum.queries += cnt->queries;
		sum.failed += cnt->failed;
		sum.errors += cnt->errors;
	}
	return sum;
}

static void report_asker(__u32 resolver, const struct native_asker *asker, native_asker_fn *f,
			 void *context)
{
	static const struct resolver_key other;
	const struct resolver_entry *entry = array_elem(resolvers, resolver);

	if (resolver != RESOLVER_OTHER &&
	    !(entry->flags & (RESOLVER_PUBLISHED | RESOLVER_MESSAGES)))
		return; /* a number without a resolver, or where connects beyond the most count */
	f(resolver == RESOLVER_OTHER ? &other : &entry->key, asker, context);
}

void native_add_asker_command(const struct asker_command *command)
{
	if (engine.asker_command_count < ASKER_COMMANDS)
		engine.asker_commands[engine.asker_command_count++] = *command;
}

static void report_sums(__u32 resolver, native_asker_fn *f, void *context)
{
	const __u32 end = NATIVE_CPUS;
	struct native_asker other = {.is_other = 1, .counters = sum_asker(resolver, 0, end)};
	struct native_asker former = {.is_former = 1,
				      .counters = sum_asker(resolver, end, ASKER_COPIES(end))};

	report_asker(resolver, &other, f, context);
	report_asker(resolver, &former, f, context);
}

void native_each_asker(native_asker_fn *f, void *context)
{
	const struct asker_entry *entry;
	struct native_asker asker;
	__u32 i;

	if (!config.askers)
		return;
	for (i = 0; i < sizes.entries; i++)
		report_sums(i, f, context);
	for (i = 1; i <= ASKERS_MAX; i++) {
		entry = array_elem(askers, i);
		if (entry->state == ASKER_FREE)
			continue;
		asker = (struct native_asker){.number = i,
					      .is_unlinked = entry->state == ASKER_UNLINKED,
					      .cgroup = entry->cgroup,
					      .first = entry->first,
					      .counters = sum_asker(sizes.entries + i, 0,
								    ASKER_COPIES(NATIVE_CPUS))};
		report_asker(entry->resolver, &asker, f, context);
	}
}

const struct self_counters *native_self(void)
{
	static struct self_counters sum;
	const struct cpu_record *record;
	__u32 i, j;

	memset(&sum, 0, sizeof(sum));
	for (i = 0; i < NATIVE_CPUS; i++) {
		record = array_elem(cpus, i);
		for (j = 0; j < SELF_MAX; j++)
			sum.n[j] += record->self.n[j];
	}
	return &sum;
}
