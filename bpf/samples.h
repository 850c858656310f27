/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Samples of what fails, for incidents: their ring, their limits, and the sample of a transaction
 * that ended without a message. icmp_sample.h and dns_sample.h have those that are made of a
 * packet. No counter depends on samples.
 *
 * Each resolver has its own limits, so that a busy one leaves samples to one that is seldom
 * queried. A limit is the time before which no sample is taken (generic cell rate algorithm, ITU-T
 * I.371).
 */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "counters.h"
#include "flow_bucket.h"

#include <connects.h>

RING(samples, SAMPLES_ROOM);
MMAP_ARRAY(sample_limits, struct sample_limit);

#define SAMPLE_SECOND_NS 1000000000ULL
#define SAMPLE_HEAD __builtin_offsetof(struct sample, question)

/* Counts a dropped sample, on each CPU apart: under a flood all CPUs drop samples. */
static __always_inline void sample_drop(struct cpu_record *record)
{
	if (record)
		atomic_add(&record->samples_dropped, 1);
}

/*
 * Takes a sample at `now` if the limit *at allows it: one each `interval` ns, and `burst` at once.
 * Returns 1, or 0 also when another CPU takes one at the same time.
 */
static __always_inline int sample_take(__u64 *at, __u64 now, __u64 interval, __u64 burst)
{
	__u64 old = READ_ONCE(*at), next = old + interval;

	if (now < old)
		return 0;
	if (next + burst * interval < now + 2 * interval) /* unused for long: the whole burst */
		next = now + 2 * interval - burst * interval;
	return compare_and_swap(at, old, next) == old;
}

/* Takes one of a resolver's samples, whose share shrinks with the number of resolvers. */
static __always_inline int sample_take_share(__u64 *at, __u64 now)
{
	__u64 interval = READ_ONCE(engine.entries) * (SAMPLE_SECOND_NS / SAMPLES_OF_RESOLVERS);

	if (interval < SAMPLE_SECOND_NS / SAMPLES_OF_RESOLVER_MAX)
		interval = SAMPLE_SECOND_NS / SAMPLES_OF_RESOLVER_MAX;
	return sample_take(at, now, interval, SAMPLES_OF_RESOLVER_BURST);
}

/*
 * Tests whether a sample of this resolver's queries may be due: a comparison with this CPU's copy
 * of the limit, in the cache line that the query has changed anyway.
 */
static __always_inline int may_sample_query(const struct percpu_counters *cnt, __u64 now)
{
	return cnt && now >= READ_ONCE(cnt->sample_at);
}

/* Takes a sample of this resolver's queries. Returns 1, or 0: the copy of the limit was old. */
static __always_inline int query_sample_take(__u32 number, __u64 now)
{
	struct sample_limit *limit = array_elem(sample_limits, number);
	struct percpu_counters *cnt = counters_of(number);
	int taken;

	if (!limit || !cnt)
		return 0;
	taken = sample_take_share(&limit->query_at, now);
	cnt->sample_at = READ_ONCE(limit->query_at);
	return taken && sample_take(&engine.query_sample_at, now,
				    SAMPLE_SECOND_NS / SAMPLES_QUERIES_MAX, SAMPLES_QUERIES_MAX);
}

/* Takes a sample of this resolver's failures that no ICMP message tells. Returns 1 or 0. */
static __always_inline int failure_sample_take(__u32 number, __u64 now)
{
	struct sample_limit *limit = array_elem(sample_limits, number);

	return limit && sample_take_share(&limit->failure_at, now);
}

static __always_inline void sample_set_resolver(struct sample *sample,
						const struct resolver_key *key)
{
	u64_alias *to = (u64_alias *)&sample->key.resolver;
	const u64_alias *from = (const u64_alias *)key;

	to[0] = from[0];
	to[1] = from[1];
	to[2] = from[2];
}

/*
 * Sends a transaction that timed out, or was open when its connection ended, with the state word
 * `word`: each whose query was sampled, and some of the others, of which the question is not known.
 * `entry`: of its resolver. `kind`: SAMPLE_TIMED_OUT or SAMPLE_CLOSED.
 */
__noinline int sample_ended(const struct flow *flow, const struct resolver_entry *entry, __u64 word,
			    __u64 now, __u32 kind)
{
	struct sample *sample;

	if (!flow || !entry)
		return 0;
	if (!(word & STATE_SAMPLED) &&
	    !failure_sample_take(flow_resolver_number(&flow->key, sizes.entries), now))
		return 0;
	sample = bpf_ringbuf_reserve(&samples, SAMPLE_HEAD, 0);
	if (!sample) {
		sample_drop(array_elem(cpus, kernel_cpu()));
		return 0;
	}
	__builtin_memset(sample, 0, SAMPLE_HEAD);
	sample->kind = kind;
	sample->short_quote = entry->key.transport != TRANSPORT_UDP &&
			      !(entry->flags & RESOLVER_MESSAGES); /* it has no message ID */
	sample->opened_ns = flow_opened_at(word);
	sample->time_ns = kind == SAMPLE_CLOSED ? now : sample->opened_ns + config.timeout_ns;
	sample->key.client = flow->key.client;
	sample->key.client_port = flow->key.client_port;
	sample->key.id = flow->key.id;
	sample_set_resolver(sample, &entry->key);
	bpf_ringbuf_submit(sample, 0);
	return 0;
}

#endif
