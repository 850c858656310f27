/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See engine.h. Compiled so that hooks.c gets a call for each access to memory. */
#define NATIVE_CPUS 3
#include "../../bpf/compat.h"

#include "operations.h"

#include "../../bpf/native/engine.c"

#include "../default_config.h"
#include "engine.h"

#define ROWS 2 /* of the counters: `other`, and the one resolver */

static struct proof_region regions[REGIONS_MAX];
static uint32_t region_count;
static struct cpu_record kept_records[PROOF_CPUS];
static struct percpu_counters kept_counters[PROOF_CPUS][ROWS];

/* ---- start ------------------------------------------------------------------------------ */

static void add_region(const char *name, void *base, size_t size, uint32_t word)
{
	regions[region_count++] = (struct proof_region){name, base, malloc(size), size, word};
}

static void add_table(const char *name, struct native_map *m, uint32_t word)
{
	add_region(name, native_lookup(m, &(__u32){0}), (size_t)m->max_entries * m->value_size,
		   word);
}

static void add_resolver(void)
{
	struct frame f = udp_frame((struct udp_spec){.ifindex = 2});
	struct native_packet p = {.bytes = f.bytes,
				  .length = f.length,
				  .protocol = htons(f.protocol),
				  .ifindex = 2};
	struct __sk_buff skb = skb_from_native(&p);
	struct parse_scratch scratch;
	struct resolver_key key;

	parse_packet_out(&skb, &scratch);
	key = resolver_key_of(&scratch.info.key);
	native_reserve(&key);
}

/* No sample is ever due: samples are examples, not counts. */
static void stop_samples(void)
{
	struct sample_limit *limit;
	struct percpu_counters *cnt;
	__u32 i, number;

	for (number = 0; number < ROWS; number++) {
		limit = native_lookup(&sample_limits, &number);
		limit->query_at = limit->failure_at = ~0ULL >> 1;
		for (i = 0; i < PROOF_CPUS; i++) {
			cnt = native_lookup(&counters, &(__u32){i * sizes.entries + number});
			cnt->sample_at = ~0ULL >> 1;
		}
	}
	engine.query_sample_at = ~0ULL >> 1;
	engine.sample_tick = ~0ULL;
}

void engine_begin(void)
{
	struct engine_config c = default_config();

	c.max_resolvers = 1;
	native_start(&c);
	native_use_clock(1);
	sizes.flows_by_tuple_mask = sizes.flows_by_key_mask = 0;
	sizes.expired_mask = 1;
	sizes.tuple_index_mask = 1;
	flows_by_tuple.max_entries = flows_by_key.max_entries = 1;
	flows_by_tuple.has_content = flows_by_key.has_content = NULL;
	expired.max_entries = tuple_index.max_entries = 2;
	flows_overflow.max_entries = 16;
	add_resolver();
	stop_samples();
	region_count = 0;
	add_table("by_tuple", &flows_by_tuple, 8);
	add_table("by_key", &flows_by_key, 8);
	add_table("expired", &expired, 8);
	add_table("tuple_index", &tuple_index, 0);
	add_region("engine", &engine, offsetof(struct engine_state, sample_second), 0);
	add_region("engine.last_expired", &engine.last_expired, 8, 0);
}

void engine_end(void)
{
	while (region_count)
		free(regions[--region_count].initial);
	native_stop();
}

struct proof_region *engine_regions(uint32_t *n)
{
	*n = region_count;
	return regions;
}

void engine_keep(void)
{
	uint32_t i, row;

	for (i = 0; i < region_count; i++)
		memcpy(regions[i].initial, regions[i].base, regions[i].size);
	for (i = 0; i < PROOF_CPUS; i++) {
		kept_records[i] = *(struct cpu_record *)native_lookup(&cpus, &i);
		for (row = 0; row < ROWS; row++)
			kept_counters[i][row] = *(struct percpu_counters *)native_lookup(
				&counters, &(__u32){i * sizes.entries + row});
	}
}

void engine_reset_cpu(uint32_t cpu)
{
	uint32_t row;

	memcpy(native_lookup(&cpus, &cpu), &kept_records[cpu], sizeof(struct cpu_record));
	for (row = 0; row < ROWS; row++)
		memcpy(native_lookup(&counters, &(__u32){cpu * sizes.entries + row}),
		       &kept_counters[cpu][row], sizeof(struct percpu_counters));
}

void engine_reset_shared(void)
{
	uint32_t i;

	for (i = 0; i < region_count; i++)
		memcpy(regions[i].base, regions[i].initial, regions[i].size);
}

/* ---- messages --------------------------------------------------------------------------- */

void engine_message(const struct frame *f, int is_query, uint64_t now, uint32_t cpu)
{
	struct native_packet p = {.bytes = f->bytes,
				  .length = f->length,
				  .protocol = htons(f->protocol),
				  .network = f->network,
				  .ifindex = f->ifindex};

	native_cpu = cpu;
	engine.highest = 0;
	if (is_query)
		native_queries(&p, now);
	else
		native_outcomes(&p, now);
}

void engine_sweep_at(uint64_t now, uint32_t cpu)
{
	native_cpu = cpu;
	engine.highest = now;
	sweep_all();
}

/* ---- reading ---------------------------------------------------------------------------- */

static uint32_t sum(const struct percpu_counters *cnt, enum counter first, uint32_t n)
{
	uint32_t total = 0, i;

	for (i = 0; i < n; i++)
		total += (uint32_t)cnt->n[counter_word(first + i)];
	return total;
}

void engine_tally(uint32_t cpu, struct tally *t)
{
	const struct percpu_counters *c =
		native_lookup(&counters, &(__u32){cpu * sizes.entries + 1});
	const struct cpu_record *record = native_lookup(&cpus, &cpu);

	*t = (struct tally){
		.queries = sum(c, COUNTER_QUERIES, 1),
		.responses = sum(c, COUNTER_RESPONSES, 1),
		.transactions = sum(c, COUNTER_TRANSACTIONS, 1),
		.retransmissions = sum(c, COUNTER_RETRANSMISSIONS, 1),
		.untracked = sum(c, COUNTER_UNTRACKED, 1),
		.answered = sum(c, COUNTER_ANSWERED_NOERROR, 7),
		.unreachable = sum(c, COUNTER_UNREACHABLE_PORT, REASON_MAX),
		.timed_out = sum(c, COUNTER_TIMED_OUT, 1),
		.late = sum(c, COUNTER_LATE_RESPONSES, 2),
		.unmatched = sum(c, COUNTER_UNMATCHED_RESPONSES, 2),
		.icmp = sum(c, COUNTER_ICMP_PORT, REASON_MAX),
		.unmatched_self = (uint32_t)record->self.n[SELF_UNMATCHED_RESPONSES],
		.busy = (uint32_t)record->self.n[SELF_BUSY],
		.forgotten = (uint32_t)record->self.n[SELF_FORGOTTEN],
	};
}

uint32_t engine_first_tag(void)
{
	const struct bucket *b = native_lookup(&flows_by_tuple, &(__u32){0});

	return b->ctrl & TAG_MAX;
}

static uint32_t count_open(const struct bucket *b, struct contents *c, int unique)
{
	uint32_t n = 0, i, j;

	for (i = 0; i < BUCKET_SLOTS; i++) {
		if (!(b->state[i] & STATE_OPEN))
			continue;
		n++;
		for (j = 0; unique && j < i; j++)
			if (b->state[j] & STATE_OPEN &&
			    memcmp(&b->key[i], &b->key[j], sizeof(b->key[i])) == 0)
				c->wrong = "a key is open twice in one bucket";
	}
	for (i = 0; i < BUCKET_SLOTS; i++)
		if (is_claimed(b->ctrl, b->state[i], i))
			c->wrong = "a slot stays claimed";
	return n;
}

static uint32_t count_indexed(const struct bucket *b)
{
	uint32_t n = 0, i;

	for (i = 0; i < BUCKET_SLOTS; i++)
		n += (b->state[i] & (STATE_OPEN | STATE_INDEXED)) == (STATE_OPEN | STATE_INDEXED);
	return n;
}

static uint32_t count_index_words(void)
{
	const struct tuple_index_row *row = native_lookup(&tuple_index, &(__u32){0});
	uint32_t n = 0, i;

	for (i = 0; i < 2 * TUPLE_INDEX_IDS; i++)
		n += !!row[i / TUPLE_INDEX_IDS].id[i % TUPLE_INDEX_IDS];
	return n;
}

void engine_contents(struct contents *c)
{
	const struct bucket *b = native_lookup(&flows_by_tuple, &(__u32){0});
	const struct bucket *by_key = native_lookup(&flows_by_key, &(__u32){0});
	const struct bucket *old = native_lookup(&expired, &(__u32){0});
	uint32_t behind;

	*c = (struct contents){0};
	behind = count_open(by_key, c, 1);
	c->open = count_open(b, c, 1) + behind;
	c->expired = count_open(&old[0], c, 0) + count_open(&old[1], c, 0);
	if (b->overflowed != behind)
		c->wrong = "`overflowed` of the bucket by 4-tuple is not what is behind it";
	if (by_key->overflowed || flows_overflow.count)
		c->wrong = "the scenario uses the kernel's hash, which is not modelled";
	if (count_index_words() != count_indexed(by_key))
		c->wrong = "the index of message IDs is not that of the open transactions";
}
