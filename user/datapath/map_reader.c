/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counters of all CPUs added up, transactions counted, samples read from their ring. */
#include "datapath/map_reader.h"

#include "datapath/asker_reader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <connects.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROWS_KEPT 1024 /* room for rows that is kept from one call to the next */
#define SLOT_KNOWN 1
#define SLOT_CHANGED 2
#define BATCH 1024 /* transactions of the hash read by one system call */

/* The rows of a map, mapped into memory. */
struct map_view {
	const void *rows;
	size_t bytes;
};

struct map_reader {
	struct loader_maps maps;
	struct engine_config config;
	struct map_view entries, counters, histograms, cpus, flows_by_tuple, flows_by_key;
	__u32 *numbers;	  /* slots that are known, sorted by key: `other` comes first */
	__u32 *in_flight; /* by slot */
	__u64 *sums;	  /* by slot: of all its counters, when they were read last */
	__u8 *flags;	  /* by slot: SLOT_KNOWN, SLOT_CHANGED */
	__u32 count;
	struct asker_reader *askers;	/* NULL: they are not counted */
	struct resolver_snapshot *rows; /* what the last call has read, in the order of numbers */
	__u32 *row_numbers;		/* their slots */
	__u32 row_count, row_room;
	struct flow_key *open_keys;
	struct flow_state *open;
};

#define load_relaxed(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)

/* ---- begin and end ----------------------------------------------------------------------- */

static int map_view_open(struct map_view *v, int fd, __u32 rows, size_t row)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *p;

	v->bytes = (rows * row + page - 1) / page * page;
	p = mmap(NULL, v->bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	v->rows = p;
	return 0;
}

static void map_view_close(struct map_view *v)
{
	if (v->rows)
		munmap((void *)v->rows, v->bytes);
}

static int map_reader_view_all(struct map_reader *r)
{
	const struct engine_sizes *s = &r->maps.sizes;
	int err = map_view_open(&r->entries, r->maps.resolvers, s->entries,
				sizeof(struct resolver_entry));

	if (!err)
		err = map_view_open(&r->counters, r->maps.counters, s->cpus * s->entries,
				    sizeof(struct percpu_counters));
	if (!err)
		err = map_view_open(&r->histograms, r->maps.histograms,
				    (s->rtt_mask + 1) * s->entries, sizeof(struct rtt_histogram));
	if (!err)
		err = map_view_open(&r->cpus, r->maps.cpus, s->cpus, sizeof(struct cpu_record));
	if (!err)
		err = map_view_open(&r->flows_by_tuple, r->maps.flows_by_tuple,
				    s->flows_by_tuple_mask + 1, sizeof(struct bucket));
	if (!err)
		err = map_view_open(&r->flows_by_key, r->maps.flows_by_key,
				    s->flows_by_key_mask + 1, sizeof(struct bucket));
	return err;
}

void map_reader_close(struct map_reader *r)
{
	if (!r)
		return;
	map_view_close(&r->entries);
	map_view_close(&r->counters);
	map_view_close(&r->histograms);
	map_view_close(&r->cpus);
	map_view_close(&r->flows_by_tuple);
	map_view_close(&r->flows_by_key);
	asker_reader_close(r->askers);
	free(r->rows);
	free(r->row_numbers);
	free(r->numbers);
	free(r->in_flight);
	free(r->sums);
	free(r->flags);
	free(r->open_keys);
	free(r->open);
	free(r);
}

int map_reader_open(const struct loader_maps *maps, const struct engine_config *config,
		    struct map_reader **ret)
{
	struct map_reader *r = calloc(1, sizeof(*r));
	__u32 slots = maps->sizes.entries;
	int err = -ENOMEM;

	if (!r)
		return -ENOMEM;
	r->maps = *maps;
	r->config = *config;
	r->numbers = calloc(slots, sizeof(*r->numbers));
	r->in_flight = calloc(slots, sizeof(*r->in_flight));
	r->sums = calloc(slots, sizeof(*r->sums));
	r->flags = calloc(slots, sizeof(*r->flags));
	r->open_keys = calloc(BATCH, sizeof(*r->open_keys));
	r->open = calloc(BATCH, sizeof(*r->open));
	if (r->numbers && r->in_flight && r->sums && r->flags && r->open_keys && r->open)
		err = map_reader_view_all(r);
	if (!err && config->askers)
		err = asker_reader_open(maps, &r->askers);
	if (err) {
		map_reader_close(r);
		return err;
	}
	*ret = r;
	return 0;
}

/* ---- who there is ------------------------------------------------------------------------ */

static const struct resolver_entry *entry_at(const struct map_reader *r, __u32 number)
{
	return (const struct resolver_entry *)r->entries.rows + number;
}

static const struct percpu_counters *counters_at(const struct map_reader *r, __u32 cpu,
						 __u32 number)
{
	return (const struct percpu_counters *)r->counters.rows +
	       (size_t)cpu * r->maps.sizes.entries + number;
}

/* Returns the key of an entry; that of an entry `other` has a transport at most. */
static struct resolver_key key_at(const struct map_reader *r, __u32 number)
{
	__u32 entries = r->maps.sizes.entries;

	if (!is_resolver_other(number, entries))
		return entry_at(r, number)->key;
	return (struct resolver_key){.transport = resolver_other_transport(number, entries)};
}

static int compare_entries(const void *a, const void *b, void *context)
{
	struct resolver_key x = key_at(context, *(const __u32 *)a);
	struct resolver_key y = key_at(context, *(const __u32 *)b);

	return memcmp(&x, &y, sizeof(x));
}

/* Tests whether an entry `other` of connects has counted any. */
static int is_other_used(const struct map_reader *r, __u32 number)
{
	__u32 cpu, word;

	for (cpu = 0; cpu < r->maps.sizes.cpus; cpu++)
		for (word = 0; word < PERCPU_COUNTERS_MAX; word++)
			if (load_relaxed(counters_at(r, cpu, number)->n[word]))
				return 1;
	return 0;
}

static int is_row(const struct map_reader *r, __u32 number)
{
	if (number == RESOLVER_OTHER)
		return 1;
	if (is_resolver_other(number, r->maps.sizes.entries))
		return is_other_used(r, number);
	return __atomic_load_n(&entry_at(r, number)->flags, __ATOMIC_ACQUIRE) & RESOLVER_PUBLISHED;
}

/* Finds new entries: they are only ever added. */
static void find_resolvers(struct map_reader *r)
{
	__u32 before = r->count, i;

	for (i = 0; i < r->maps.sizes.entries; i++) {
		if (r->flags[i] & SLOT_KNOWN)
			continue;
		if (!is_row(r, i))
			continue;
		r->flags[i] = SLOT_KNOWN | SLOT_CHANGED;
		r->numbers[r->count++] = i;
	}
	if (r->count != before)
		qsort_r(r->numbers, r->count, sizeof(*r->numbers), compare_entries, r);
}

/* ---- counters ---------------------------------------------------------------------------- */

static void sum_words(const struct map_reader *r, __u32 number, __u64 *words)
{
	const struct percpu_counters *l;
	__u32 cpu, i;

	for (cpu = 0; cpu < r->maps.sizes.cpus; cpu++) {
		l = counters_at(r, cpu, number);
		for (i = 0; i < PERCPU_COUNTERS_MAX; i++)
			words[i] += load_relaxed(l->n[i]);
	}
}

/* Returns the number of the entry that counts the messages of this one, 0: there is none. */
static __u32 messages_of(const struct map_reader *r, __u32 number)
{
	if (is_resolver_other(number, r->maps.sizes.entries))
		return 0;
	return resolver_messages(__atomic_load_n(&entry_at(r, number)->flags, __ATOMIC_ACQUIRE));
}

/* `messages`: number of the entry that counts the messages, 0: none. */
static void sum_counters(const struct map_reader *r, __u32 number, __u32 messages, __u32 transport,
			 struct resolver_counters *sum)
{
	__u64 words[PERCPU_COUNTERS_MAX] = {0}, more[PERCPU_COUNTERS_MAX] = {0};
	__u32 i;

	sum_words(r, number, words);
	if (messages)
		sum_words(r, messages, more);
	for (i = 0; i < COUNTER_MAX; i++)
		sum->n[i] =
			counter_from_words(words, more, transport, r->config.max_streams != 0, i);
}

/* The moments of all CPUs, to be merged. */
struct moments {
	__u64 answered, failed, earliest, latest;
};

static void moments_add(const struct map_reader *r, __u32 number, struct moments *m)
{
	const struct percpu_counters *l;
	__u32 cpu;

	for (cpu = 0; cpu < r->maps.sizes.cpus; cpu++) {
		l = counters_at(r, cpu, number);
		if (load_relaxed(l->at[MOMENT_LAST_ANSWERED]) > m->answered)
			m->answered = load_relaxed(l->at[MOMENT_LAST_ANSWERED]);
		if (load_relaxed(l->at[MOMENT_LAST_FAILURE]) > m->failed)
			m->failed = load_relaxed(l->at[MOMENT_LAST_FAILURE]);
		if (load_relaxed(l->at[MOMENT_RUN_START]) > m->latest)
			m->latest = load_relaxed(l->at[MOMENT_RUN_START]);
	}
}

static void moments_find_start(const struct map_reader *r, __u32 number, struct moments *m)
{
	const struct percpu_counters *l;
	__u64 start;
	__u32 cpu;

	for (cpu = 0; cpu < r->maps.sizes.cpus; cpu++) {
		l = counters_at(r, cpu, number);
		start = load_relaxed(l->at[MOMENT_RUN_START]);
		if (start && load_relaxed(l->at[MOMENT_LAST_FAILURE]) > m->answered &&
		    (!m->earliest || start < m->earliest))
			m->earliest = start;
	}
}

/*
 * Merges the moments of all CPUs, and of the entry for messages (0: none); each has its own failing
 * run. The start is the earliest among those that have failed since the last good answer on any
 * CPU; else the latest. Where messages are followed, an established connect is no answer.
 */
static void merge_moments(const struct map_reader *r, __u32 number, __u32 messages,
			  struct resolver_counters *sum)
{
	struct moments m = {0};

	moments_add(r, number, &m);
	if (messages) {
		m.answered = 0;
		moments_add(r, messages, &m);
	}
	moments_find_start(r, number, &m);
	if (messages)
		moments_find_start(r, messages, &m);
	sum->at[MOMENT_LAST_ANSWERED] = m.answered;
	sum->at[MOMENT_LAST_FAILURE] = m.failed;
	sum->at[MOMENT_RUN_START] = m.earliest ? m.earliest : m.latest;
}

static void read_histogram(const struct map_reader *r, __u32 number, __u64 *rtt)
{
	const struct rtt_histogram *h;
	__u32 part, i;

	for (part = 0; part <= r->maps.sizes.rtt_mask; part++) {
		h = (const struct rtt_histogram *)r->histograms.rows +
		    (size_t)part * r->maps.sizes.entries + number;
		for (i = 0; i < RTT_BUCKETS; i++)
			rtt[i] += load_relaxed(h->n[i]);
	}
}

static __u64 words_sum(const struct map_reader *r, __u32 number)
{
	const struct percpu_counters *l;
	__u64 sum = 0;
	__u32 cpu, i;

	for (cpu = 0; cpu < r->maps.sizes.cpus; cpu++) {
		l = counters_at(r, cpu, number);
		for (i = 0; i < PERCPU_COUNTERS_WORDS - MOMENT_MAX; i++)
			sum += load_relaxed(l->n[i]);
	}
	return sum;
}

/*
 * Marks the resolvers whose counters have moved. Counters never decrease, so that their sum moves
 * with each of them; the sum is read before them, so that none is missed.
 */
static void find_changes(struct map_reader *r)
{
	__u32 number;
	__u64 sum;

	for (number = 0; number < r->maps.sizes.entries; number++) {
		if (!(r->flags[number] & SLOT_KNOWN))
			continue;
		sum = words_sum(r, number);
		if (messages_of(r, number))
			sum += words_sum(r, messages_of(r, number));
		if (sum == r->sums[number])
			continue;
		r->sums[number] = sum;
		r->flags[number] |= SLOT_CHANGED;
	}
}

/* Makes room for `count` rows; gives much unused room back. Returns 0 or -ENOMEM. */
static int rows_make_room(struct map_reader *r, __u32 count)
{
	__u32 room = count + count / 2 + 16;

	if (count <= r->row_room && (r->row_room <= ROWS_KEPT || 4 * count >= r->row_room))
		return 0;
	free(r->rows);
	free(r->row_numbers);
	r->rows = calloc(room, sizeof(*r->rows));
	r->row_numbers = calloc(room, sizeof(*r->row_numbers));
	r->row_room = r->rows && r->row_numbers ? room : 0;
	return r->row_room ? 0 : -ENOMEM;
}

static __u32 count_changed(const struct map_reader *r)
{
	__u32 number, count = 0;

	for (number = 0; number < r->maps.sizes.entries; number++)
		count += (r->flags[number] & SLOT_CHANGED) != 0;
	return count;
}

static void read_resolver(const struct map_reader *r, __u32 number, struct resolver_snapshot *row)
{
	__u32 messages = messages_of(r, number);

	row->key = key_at(r, number);
	sum_counters(r, number, messages, row->key.transport, &row->counters);
	merge_moments(r, number, messages, &row->counters);
	memset(row->counters.rtt, 0, sizeof(row->counters.rtt));
	memset(row->counters.connect_rtt, 0, sizeof(row->counters.connect_rtt));
	read_histogram(r, number,
		       row->key.transport > TRANSPORT_UDP ? row->counters.connect_rtt
							  : row->counters.rtt);
	if (messages)
		read_histogram(r, messages, row->counters.rtt);
}

/* Reads all resolvers, or those that have changed. Returns 0 or -ENOMEM. */
static int read_resolvers(struct map_reader *r, int all)
{
	__u32 i;

	find_changes(r);
	r->row_count = 0;
	if (rows_make_room(r, all ? r->count : count_changed(r)))
		return -ENOMEM;
	for (i = 0; i < r->count; i++) {
		__u32 number = r->numbers[i];

		if (!all && !(r->flags[number] & SLOT_CHANGED))
			continue;
		r->flags[number] &= ~SLOT_CHANGED;
		r->row_numbers[r->row_count] = number;
		read_resolver(r, number, &r->rows[r->row_count++]);
	}
	return 0;
}

static void read_self(const struct map_reader *r, struct snapshot *ret)
{
	const struct cpu_record *c = r->cpus.rows;
	__u32 cpu, i;

	memset(&ret->self, 0, sizeof(ret->self));
	for (cpu = 0; cpu < r->maps.sizes.cpus; cpu++) {
		for (i = 0; i < SELF_MAX; i++)
			ret->self.n[i] += load_relaxed(c[cpu].self.n[i]);
	}
}

/* ---- in flight: counted from the tables themselves, never derived ------------------------- */

static void count_open(struct map_reader *r, const struct flow_key *key, struct snapshot *ret)
{
	__u32 number = flow_resolver_number(key, r->maps.sizes.entries);

	if (number < r->maps.sizes.entries)
		r->in_flight[number]++;
	ret->in_flight++;
}

static void count_buckets(struct map_reader *r, const struct map_view *v, __u32 count,
			  struct snapshot *ret)
{
	const struct bucket *b = v->rows;
	__u32 i, slot;

	for (i = 0; i < count; i++) {
		for (slot = 0; slot < BUCKET_SLOTS; slot++) {
			if (__atomic_load_n(&b[i].state[slot], __ATOMIC_ACQUIRE) & STATE_OPEN)
				count_open(r, &b[i].key[slot], ret);
		}
	}
}

static int count_overflow(struct map_reader *r, struct snapshot *ret)
{
	__u32 position = 0, next, got, i;
	int first = 1, err;

	do {
		got = BATCH;
		err = bpf_map_lookup_batch(r->maps.flows_overflow, first ? NULL : &position, &next,
					   r->open_keys, r->open, &got, NULL)
			      ? -errno
			      : 0;
		if (err && err != -ENOENT) /* ENOENT: these were the last */
			return err;
		for (i = 0; i < got; i++) {
			if (r->open[i].state & STATE_OPEN)
				count_open(r, &r->open_keys[i], ret);
		}
		position = next;
		first = 0;
	} while (!err);
	return 0;
}

static int read_transactions(struct map_reader *r, struct snapshot *ret)
{
	const struct engine_sizes *s = &r->maps.sizes;
	__u32 i, messages;
	int err;

	ret->in_flight = 0;
	memset(r->in_flight, 0, s->entries * sizeof(*r->in_flight));
	if (s->has_buckets) {
		count_buckets(r, &r->flows_by_tuple, s->flows_by_tuple_mask + 1, ret);
		count_buckets(r, &r->flows_by_key, s->flows_by_key_mask + 1, ret);
	}
	err = count_overflow(r, ret);
	for (i = 0; i < r->row_count; i++) {
		r->rows[i].in_flight = r->in_flight[r->row_numbers[i]];
		messages = messages_of(r, r->row_numbers[i]);
		r->rows[i].messages_in_flight = messages ? r->in_flight[messages] : 0;
	}
	return err;
}

static int map_reader_read(struct map_reader *r, struct snapshot *ret, int all)
{
	int err;

	find_resolvers(r);
	err = read_resolvers(r, all);
	if (err)
		return err;
	read_self(r, ret);
	ret->resolvers = r->rows;
	ret->count = r->row_count;
	ret->in_flight_capacity = r->config.max_in_flight;
	ret->resolvers_capacity = r->config.max_resolvers;
	ret->asker_count = 0;
	ret->counts_askers = r->askers != NULL;
	if (r->askers)
		asker_reader_read(r->askers, entry_at(r, 0), ret);
	return read_transactions(r, ret);
}

int map_reader_snapshot(struct map_reader *r, struct snapshot *ret)
{
	return map_reader_read(r, ret, 1);
}

int map_reader_changes(struct map_reader *r, struct snapshot *ret)
{
	return map_reader_read(r, ret, 0);
}

__u32 map_reader_count(const struct map_reader *r)
{
	return r->count;
}

/* ---- samples ------------------------------------------------------------------------------ */

struct sample_reader {
	struct ring_buffer *ring;
	sample_fn *f;
	void *context;
};

static int on_sample_record(void *context, void *record, size_t size)
{
	struct sample_reader *r = context;
	struct sample sample = {0}; /* a record without a question ends before it */

	memcpy(&sample, record, size < sizeof(sample) ? size : sizeof(sample));
	r->f(&sample, r->context);
	return 0;
}

int samples_open(int ring_fd, sample_fn *f, void *context, struct sample_reader **ret)
{
	struct sample_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->f = f;
	r->context = context;
	r->ring = ring_buffer__new(ring_fd, on_sample_record, r, NULL);
	if (!r->ring) {
		free(r);
		return -errno;
	}
	*ret = r;
	return 0;
}

int samples_read(struct sample_reader *r)
{
	int n = ring_buffer__consume(r->ring);

	return n < 0 ? n : 0;
}

void samples_close(struct sample_reader *r)
{
	if (!r)
		return;
	ring_buffer__free(r->ring);
	free(r);
}
