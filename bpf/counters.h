/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counters of each resolver and of the tool itself. A resolver has a slot, a number for good;
 * its counters stand in one lane for each CPU, at cpu * slots + slot, so that counting is a plain
 * addition to memory that no other CPU writes. Nothing is ever removed, and only the kernel side
 * makes an entry.
 *
 * Plain additions lose nothing: on both hooks softirqs are off, and the sweep, which they may
 * interrupt on its own CPU, adds atomically (count_atomic(), atomic_add()).
 */
#ifndef COUNTERS_H
#define COUNTERS_H

#include "compat.h"

#include <percpu_counters.h>

MMAP_ARRAY(counters, struct percpu_counters);
MMAP_ARRAY(histograms, struct rtt_histogram);
MMAP_ARRAY(cpus, struct cpu_record);

/*
 * Where this CPU makes its observation. Nothing interrupts a program here but what has no packets:
 * on both hooks softirqs are off.
 */
static __always_inline struct cpu_record *cpu_record_lookup(void)
{
	return array_elem(cpus, kernel_cpu());
}

/* ---- counting --------------------------------------------------------------------------- */

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

/* The lane of this slot on this CPU. */
static __always_inline struct percpu_counters *counters_of(__u32 number)
{
	return array_elem(counters, kernel_cpu() * sizes.entries + number);
}

/* `which` is known to the compiler, here and below. */
static __always_inline void count_n(struct percpu_counters *cnt, enum counter which, __u64 n)
{
	if (cnt)
		cnt->n[counter_word(which)] += n;
}

static __always_inline void count_one(struct percpu_counters *cnt, enum counter which)
{
	count_n(cnt, which, 1);
}

/* Of a group of counters that begins with `first`. */
static __always_inline void count_in_group(struct percpu_counters *cnt, enum counter first,
					   __u32 offset)
{
	__u32 word = counter_word(first) + offset;

	barrier_index(word);
	if (cnt && word < PERCPU_COUNTERS_WORDS - MOMENT_MAX)
		cnt->n[word]++;
}

/* Where a packet may come between: in the sweep. */
static __always_inline void count_atomic(struct percpu_counters *cnt, enum counter which)
{
	if (cnt)
		atomic_add(&cnt->n[counter_word(which)], 1);
}

/* ---- moments and RTT -------------------------------------------------------------------- */

/*
 * A failure at `when`, of a query sent at `opened`: the first one after an answer begins a run. One
 * that is met later, but was sent earlier in the run, begins it after all.
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

/* The number of the highest bit that is set, 0 for 0. Of what fits 32 bits. */
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

/* ns / 1000, at most what the histogram knows, without a division: a guess that is one short at
 * most. */
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
 * RTT into the histogram; see include/dnsreach.h for the buckets. The bucket before the count:
 * a reader that has seen the count has seen the bucket too.
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
		h->n[bucket]++; /* nobody shares it */
	else
		atomic_add(&h->n[bucket], 1);
	count_n(cnt, COUNTER_RTT_SUM_NS, ns);
	count_one(cnt, COUNTER_RTT_COUNT);
}

#endif
