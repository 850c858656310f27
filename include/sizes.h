/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sizes of the engine's tables, for the loader and for the native engine. */
#ifndef SIZES_H
#define SIZES_H

#include <dnsreach.h>

#define BUCKETS_MIN_IN_FLIGHT 1024     /* with fewer there is only the overflow hash */
#define RTT_SHARDS_MAX 4	       /* histograms of one resolver at most: CPUs share them */
#define KEY_BUCKETS_PER_TUPLE_BUCKET 8 /* buckets by key for one bucket by 4-tuple */
#define RESOLVER_WORDS_PER_ENTRY 8     /* words of the table of resolvers for each entry */

/* Returns the least power of two that is not below n. */
static inline __u32 power_of_two(__u32 n)
{
	__u32 p = 1;

	while (p < n && p < 1U << 31)
		p *= 2;
	return p;
}

/*
 * Computes the sizes of all tables for this configuration and number of CPUs. Buckets by key take
 * three quarters of max_in_flight, buckets by 4-tuple an eighth of that, the overflow hash the
 * rest.
 */
static inline struct engine_sizes engine_sizes(const struct engine_config *c, __u32 cpus)
{
	struct engine_sizes s = {.cpus = cpus,
				 .entries = c->max_resolvers + RESOLVERS_RESERVED + RESOLVERS_SPARE,
				 .overflow = c->max_in_flight};
	__u32 by_key = power_of_two(c->max_in_flight / 4 * 3 / BUCKET_SLOTS / 2 + 1), by_tuple;

	s.resolver_table_mask =
		power_of_two(s.entries * (RESOLVER_WORDS_PER_ENTRY / RESOLVER_LINE_WORDS)) - 1;
	s.rtt_mask = power_of_two(cpus < RTT_SHARDS_MAX ? cpus : RTT_SHARDS_MAX) - 1;
	s.tuple_index_mask = power_of_two(c->max_in_flight > 16 ? c->max_in_flight / 8 : 2) - 1;
	s.streams_mask =
		power_of_two(c->max_streams > STREAM_WAYS ? c->max_streams : STREAM_WAYS) - 1;
	s.expired_mask = power_of_two(c->max_in_flight > 16 ? c->max_in_flight / 8 : 2) - 1;
	if (c->max_in_flight < BUCKETS_MIN_IN_FLIGHT)
		return s;
	while (by_key * BUCKET_SLOTS > c->max_in_flight / 4 * 3)
		by_key /= 2;
	by_tuple = by_key / KEY_BUCKETS_PER_TUPLE_BUCKET;
	s.has_buckets = 1;
	s.flows_by_tuple_mask = by_tuple - 1;
	s.flows_by_key_mask = by_key - 1;
	s.overflow = c->max_in_flight - (by_tuple + by_key) * BUCKET_SLOTS;
	return s;
}

#endif
