/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See snapshot.h. */
#include "kernel/snapshot.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 1024 /* transactions read by one system call */

struct reader {
	struct loader_maps maps;
	struct engine_config config;
	int cpus;
	__u32 room; /* entries of the map of resolvers */
	struct resolver_key *keys;
	struct resolver_counters *values; /* one for each CPU and entry */
	struct self_counters *self;	  /* one for each CPU */
	struct resolver_snapshot *resolvers;
	struct transaction_key *open_keys;
	struct transaction *open;
};

void reader_close(struct reader *r)
{
	if (!r)
		return;
	free(r->keys);
	free(r->values);
	free(r->self);
	free(r->resolvers);
	free(r->open_keys);
	free(r->open);
	free(r);
}

int reader_open(const struct loader_maps *maps, const struct engine_config *config,
		struct reader **ret)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->maps = *maps;
	r->config = *config;
	r->cpus = libbpf_num_possible_cpus();
	r->room = config->max_resolvers + RESOLVERS_RESERVED;
	r->keys = calloc(r->room, sizeof(*r->keys));
	r->values = calloc((size_t)r->room * (r->cpus > 0 ? r->cpus : 1), sizeof(*r->values));
	r->self = calloc(r->cpus > 0 ? r->cpus : 1, sizeof(*r->self));
	r->resolvers = calloc(r->room, sizeof(*r->resolvers));
	r->open_keys = calloc(BATCH, sizeof(*r->open_keys));
	r->open = calloc(BATCH, sizeof(*r->open));
	if (r->cpus < 0 || !r->keys || !r->values || !r->self || !r->resolvers || !r->open_keys ||
	    !r->open) {
		reader_close(r);
		return -ENOMEM;
	}
	*ret = r;
	return 0;
}

/* ---- counters ---------------------------------------------------------------------------- */

static void add_up(const struct reader *r, __u32 entry, struct resolver_counters *sum)
{
	const struct resolver_counters *c = r->values + (size_t)entry * r->cpus;
	int cpu, i;

	memset(sum, 0, sizeof(*sum));
	for (cpu = 0; cpu < r->cpus; cpu++) {
		for (i = 0; i < COUNTER_MAX; i++)
			sum->n[i] += c[cpu].n[i];
		for (i = 0; i < RTT_BUCKETS; i++)
			sum->rtt[i] += c[cpu].rtt[i];
	}
}

/*
 * Each CPU has its own failing run. Of all together: the earliest start among those that have
 * failed since the last good answer on any of them; else the latest.
 */
static void merge_moments(const struct reader *r, __u32 entry, struct resolver_counters *sum)
{
	const struct resolver_counters *c = r->values + (size_t)entry * r->cpus;
	__u64 answered = 0, failed = 0, earliest = 0, latest = 0;
	int cpu;

	for (cpu = 0; cpu < r->cpus; cpu++) {
		if (c[cpu].at[MOMENT_LAST_ANSWERED] > answered)
			answered = c[cpu].at[MOMENT_LAST_ANSWERED];
		if (c[cpu].at[MOMENT_LAST_FAILURE] > failed)
			failed = c[cpu].at[MOMENT_LAST_FAILURE];
		if (c[cpu].at[MOMENT_RUN_START] > latest)
			latest = c[cpu].at[MOMENT_RUN_START];
	}
	for (cpu = 0; cpu < r->cpus; cpu++) {
		__u64 start = c[cpu].at[MOMENT_RUN_START];

		if (start && c[cpu].at[MOMENT_LAST_FAILURE] > answered &&
		    (!earliest || start < earliest))
			earliest = start;
	}
	sum->at[MOMENT_LAST_ANSWERED] = answered;
	sum->at[MOMENT_LAST_FAILURE] = failed;
	sum->at[MOMENT_RUN_START] = earliest ? earliest : latest;
}

/* All entries, sorted by key: `other` comes first. */
static int read_resolvers(struct reader *r, struct snapshot *ret)
{
	__u32 got = r->room, i, position;

	if (bpf_map_lookup_batch(r->maps.resolvers, NULL, &position, r->keys, r->values, &got,
				 NULL) &&
	    errno != ENOENT) /* ENOENT: these were the last */
		return -errno;
	for (i = 0; i < got; i++) {
		r->resolvers[i].key = r->keys[i];
		r->resolvers[i].in_flight = 0;
		add_up(r, i, &r->resolvers[i].counters);
		merge_moments(r, i, &r->resolvers[i].counters);
	}
	ret->resolvers = r->resolvers;
	ret->count = got;
	snapshot_sort(ret);
	return 0;
}

static int read_self(struct reader *r, struct snapshot *ret)
{
	const struct self_counters *each = r->self;
	__u32 zero = 0;
	int cpu, i;

	if (bpf_map_lookup_elem(r->maps.self, &zero, r->self))
		return -errno;
	memset(&ret->self, 0, sizeof(ret->self));
	for (cpu = 0; cpu < r->cpus; cpu++) {
		for (i = 0; i < SELF_MAX; i++)
			ret->self.n[i] += each[cpu].n[i];
	}
	return 0;
}

/* ---- in flight: counted from the table itself, never derived ------------------------------ */

static int read_transactions(struct reader *r, struct snapshot *ret)
{
	__u32 position = 0, next, got, i;
	int first = 1, err;

	ret->in_flight = 0;
	do {
		got = BATCH;
		err = bpf_map_lookup_batch(r->maps.transactions, first ? NULL : &position, &next,
					   r->open_keys, r->open, &got, NULL)
			      ? -errno
			      : 0;
		if (err && err != -ENOENT)
			return err;
		for (i = 0; i < got; i++)
			snapshot_count_open(ret, &r->open_keys[i], r->open[i].state);
		position = next;
		first = 0;
	} while (!err);
	return 0;
}

int reader_snapshot(struct reader *r, struct snapshot *ret)
{
	int err;

	err = read_resolvers(r, ret);
	if (!err)
		err = read_self(r, ret);
	if (!err)
		err = read_transactions(r, ret);
	ret->in_flight_capacity = r->config.max_in_flight;
	ret->resolvers_capacity = r->config.max_resolvers;
	return err;
}
