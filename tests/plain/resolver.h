/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counters of each resolver and of the tool itself, behind a few functions: the maps can be
 * replaced without a change elsewhere. Plain version: a preallocated per-CPU hash, never an LRU
 * one, since that would forget counts. All additions are atomic: the sweep runs outside softirq.
 */
#ifndef RESOLVER_H
#define RESOLVER_H

#include "kernel.h"

/* Room for those that queries create, for configured ones and `other`; the loader resizes it. */
MAP(PERCPU_HASH, resolvers, struct resolver_key, struct resolver_counters,
    RESOLVERS_DEFAULT + RESOLVERS_RESERVED);
MAP(PERCPU_ARRAY, self, __u32, struct self_counters, 1);

static const struct resolver_counters no_counts;
static const struct resolver_key other_key;

static __always_inline void count_self_by(__u32 which, __u64 n)
{
	struct self_counters *c;
	__u32 zero = 0;

	c = bpf_map_lookup_elem(&self, &zero);
	settle(which);
	if (c && which < SELF_MAX)
		add(&c->n[which], n);
}

static __always_inline void count_self(__u32 which)
{
	count_self_by(which, 1);
}

static __always_inline void count_by(struct resolver_counters *c, __u32 which, __u64 n)
{
	settle(which);
	if (c && which < COUNTER_MAX)
		add(&c->n[which], n);
}

static __always_inline void count(struct resolver_counters *c, __u32 which)
{
	count_by(c, which, 1);
}

static __always_inline struct resolver_key resolver_of(const struct transaction_key *t)
{
	struct resolver_key key = {};

	key.address = t->resolver;
	key.scope = t->scope;
	key.port = t->resolver_port;
	key.transport = t->transport;
	return key;
}

/* The counters of this transaction's resolver, or NULL when it has no entry. */
static __always_inline struct resolver_counters *resolver_find(const struct transaction_key *t)
{
	struct resolver_key key = resolver_of(t);

	return bpf_map_lookup_elem(&resolvers, &key);
}

/* The counters that the transaction with this state word was opened under. */
static __always_inline struct resolver_counters *resolver_by_state(const struct transaction_key *t,
								   __u64 state)
{
	if (state & STATE_OTHER)
		return bpf_map_lookup_elem(&resolvers, &other_key);
	return resolver_find(t);
}

static __always_inline int create_entry(const struct resolver_key *key, long *err)
{
	*err = bpf_map_update_elem(&resolvers, key, &no_counts, BPF_NOEXIST);
	return *err == -EBUSY ? AGAIN : DONE;
}

/*
 * The counters of this query's resolver, created when there is room for one more, else those of
 * `other`, and then *flags gets STATE_OTHER.
 */
static __always_inline struct resolver_counters *
resolver_learn(const struct transaction_key *t, struct engine_state *s, __u32 room, __u64 *flags)
{
	struct resolver_key key = resolver_of(t);
	struct resolver_counters *c;
	long err = 0;

	c = bpf_map_lookup_elem(&resolvers, &key);
	if (c)
		return c;
	if (__sync_fetch_and_add(&s->resolvers, 1) < room) {
		if (three_times(create_entry(&key, &err)) == AGAIN)
			count_self(SELF_BUSY);
		if (!err)
			return bpf_map_lookup_elem(&resolvers, &key);
	}
	add(&s->resolvers, -1);
	c = bpf_map_lookup_elem(&resolvers, &key); /* another CPU was first */
	if (c)
		return c;
	*flags |= STATE_OTHER;
	return bpf_map_lookup_elem(&resolvers, &other_key);
}

/*
 * A failure at `when`, of a query sent at `opened`: the first one after an answer begins a run. One
 * that is met later, but was sent earlier in the run, begins it after all.
 */
static __always_inline void note_failure(struct resolver_counters *c, __u64 opened, __u64 when)
{
	if (!c)
		return;
	if (c->at[MOMENT_LAST_ANSWERED] >= c->at[MOMENT_LAST_FAILURE])
		c->at[MOMENT_RUN_START] = opened;
	else if (opened < c->at[MOMENT_RUN_START] && opened > c->at[MOMENT_LAST_ANSWERED])
		c->at[MOMENT_RUN_START] = opened;
	if (when > c->at[MOMENT_LAST_FAILURE])
		c->at[MOMENT_LAST_FAILURE] = when;
}

/* RTT into the histogram; see include/dnsreach.h for the buckets. */
static __always_inline void count_rtt(struct resolver_counters *c, __u64 ns)
{
	__u64 us = ns ? (ns - 1) / 1000 : 0; /* so that upper edges are inclusive */
	__u32 octave = RTT_OCTAVE_FIRST, bucket, i;

	if (!c)
		return;
	for (i = 0; i < RTT_OCTAVE_LAST - RTT_OCTAVE_FIRST; i++) {
		if (us >> (octave + 1) == 0)
			break;
		octave++;
	}
	bucket = 4 * (octave - RTT_OCTAVE_FIRST) + (us >> (octave - RTT_OCTAVE_FIRST));
	settle(bucket);
	if (bucket >= RTT_BUCKETS)
		bucket = RTT_BUCKETS - 1;
	add(&c->rtt[bucket], 1);
	add(&c->n[COUNTER_RTT_COUNT], 1);
	add(&c->n[COUNTER_RTT_SUM_NS], ns);
}

#endif
