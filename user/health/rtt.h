/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reading the RTT histogram: its buckets' bounds, percentiles, and the edges that are exported.
 * Which RTTs are in it (Karn's rule) is decided by the kernel side.
 *
 * A bucket holds what is above its lower edge and not above its upper one: the kernel side takes
 * the microsecond as (ns - 1) / 1000, so 256.000 us is still "at most 2^8 us".
 */
#ifndef HEALTH_RTT_H
#define HEALTH_RTT_H

#include <dnsreach.h>

#define RTT_EDGE_FIRST 8 /* exported edges: 2^8 to 2^23 us, doubling */
#define RTT_EDGE_LAST 23

/* Lower edge of a bucket; the upper one is the next bucket's. */
__u64 rtt_lower_edge_us(unsigned int bucket);
double rtt_middle_s(unsigned int bucket);

/* 2^edge us in seconds, and how many samples are not above it. */
double rtt_edge_s(unsigned int edge);
__u64 rtt_at_most(const __u64 buckets[RTT_BUCKETS], unsigned int edge);

/* `share` 0.5 is the median (nearest rank, the bucket's middle). NAN without samples. */
double rtt_percentile_s(const __u64 buckets[RTT_BUCKETS], double share);

#endif
