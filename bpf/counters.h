/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counters of each resolver and of dnsreach itself. Each CPU has its own copy, at cpu * entries +
 * number, so that counting is a plain addition to memory that no other CPU writes. Nothing is ever
 * removed.
 *
 * Plain additions lose nothing: softirqs are off on both hooks. A packet may interrupt the sweep on
 * the same CPU, so the sweep adds atomically (count_atomic(), atomic_add()).
 */
#ifndef COUNTERS_H
#define COUNTERS_H

#include "compat.h"

#include <percpu_counters.h>

MMAP_ARRAY(counters, struct percpu_counters);
MMAP_ARRAY(histograms, struct rtt_histogram);
MMAP_ARRAY(cpus, struct cpu_record);

/*
 * Returns this CPU's record. No other packet can interrupt the program here: softirqs are off on
 * both hooks.
 */
static __always_inline struct cpu_record *cpu_record_lookup(void)
{
	return array_elem(cpus, kernel_cpu());
}

/* ---- counting -------------------------------------------------------------------------- */

static __always_inline void count_self_n(__u32 which, __u64 n)
{
	struct cpu_record *record = array_elem(cpus, kernel_cpu());

	barrier_index(which);
	if (record && which < SELF_MAX)
		atomic_add(&record->self.n[which], n);
}

static __always_inline void count_self(__u32 which)
{
	count_self_n(which, 1);
}

/* Returns the counters of this resolver on this CPU. */
static __always_inline struct percpu_counters *counters_of(__u32 number)
{
	note_counted(number);
	return array_elem(counters, kernel_cpu() * sizes.entries + number);
}

/* Adds n to a counter. `which` is a constant, here and below. */
static __always_inline void count_n(struct percpu_counters *cnt, enum counter which, __u64 n)
{
	if (cnt)
		cnt->n[counter_word(which)] += n;
}

static __always_inline void count_one(struct percpu_counters *cnt, enum counter which)
{
	count_n(cnt, which, 1);
}

/* Adds 1 to a counter of the group that begins with `first`. */
static __always_inline void count_in_group(struct percpu_counters *cnt, enum counter first,
					   __u32 offset)
{
	__u32 word = counter_word(first) + offset;

	barrier_index(word);
	if (cnt && word < PERCPU_COUNTERS_MAX)
		cnt->n[word]++;
}

/* Adds 1 atomically: in the sweep, which a packet may interrupt. */
static __always_inline void count_atomic(struct percpu_counters *cnt, enum counter which)
{
	if (cnt)
		atomic_add(&cnt->n[counter_word(which)], 1);
}

/* ---- moments and RTT ------------------------------------------------------------------- */

/*
 * Updates the moments of a failure at `when` (ns) of a query sent at `opened`. The first failure
 * after an answer begins a run. A failure that is counted later but was sent earlier in the run
 * moves its start.
 */
static __always_inline void update_failure(struct percpu_counters *cnt, __u64 opened, __u64 when)
{
	if (!cnt)
		return;
	if (cnt->at[MOMENT_LAST_ANSWERED] >= cnt->at[MOMENT_LAST_FAILURE])
		cnt->at[MOMENT_RUN_START] = opened;
	else if (opened < cnt->at[MOMENT_RUN_START] && opened > cnt->at[MOMENT_LAST_ANSWERED])
		cnt->at[MOMENT_RUN_START] = opened;
	if (when > cnt->at[MOMENT_LAST_FAILURE])
		cnt->at[MOMENT_LAST_FAILURE] = when;
}

/* Returns the number of the highest bit that is set, 0 for 0. For values of 32 bits. */
static __always_inline __u32 highest_bit(__u64 v)
{
	__u32 n = 0;

	if (v >> 16)
		v >>= 16, n += 16;
	if (v >> 8)
		v >>= 8, n += 8;
	if (v >> 4)
		v >>= 4, n += 4;
	if (v >> 2)
		v >>= 2, n += 2;
	return n + (v >> 1 ? 1 : 0);
}

#define RTT_MAX_US (1ULL << (RTT_OCTAVE_LAST + 1))

/*
 * Returns ns / 1000, at most the end of the histogram. Multiplies in place of a division; the first
 * guess is at most one short.
 */
static __always_inline __u64 ns_to_us(__u64 ns)
{
	__u64 us;

	if (ns >= RTT_MAX_US * 1000)
		return RTT_MAX_US - 1;
	us = (ns >> 10) * 1048 >> 10;
	us += ((ns - us * 1000) >> 3) * 67108 >> 23;
	return ns - us * 1000 >= 1000 ? us + 1 : us;
}

/*
 * Counts an RTT of `ns` in the histogram (buckets: include/dnsreach.h). The bucket is written
 * before the count, so that a reader that sees the count sees the bucket too.
 */
static __always_inline void count_rtt(struct percpu_counters *cnt, __u32 number, __u64 ns)
{
	__u64 us = ns ? ns_to_us(ns - 1) : 0; /* so that upper edges are inclusive */
	struct rtt_histogram *h;
	__u32 octave, bucket;

	octave = highest_bit(us | 1 << RTT_OCTAVE_FIRST);
	bucket = 4 * (octave - RTT_OCTAVE_FIRST) + (us >> (octave - RTT_OCTAVE_FIRST));
	h = array_elem(histograms, (kernel_cpu() & sizes.rtt_mask) * sizes.entries + number);
	barrier_index(bucket);
	if (!cnt || !h || bucket >= RTT_BUCKETS)
		return;
	if (sizes.rtt_mask + 1 >= sizes.cpus)
		h->n[bucket]++; /* no other CPU shares it */
	else
		atomic_add(&h->n[bucket], 1);
	count_n(cnt, COUNTER_RTT_SUM_NS, ns);
	count_one(cnt, COUNTER_RTT_COUNT);
}

#endif
