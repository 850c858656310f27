// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reading the RTT histogram. Which RTTs are in it is decided by the kernel side. */
#include "health/rtt.h"

#include <math.h>

#define LINEAR (1U << RTT_OCTAVE_FIRST) /* buckets of one microsecond each */

static __u64 sum(const __u64 *buckets, unsigned int count)
{
	__u64 total = 0;

	while (count--)
		total += buckets[count];
	return total;
}

__u64 rtt_lower_edge_us(unsigned int bucket)
{
	unsigned int octave;

	if (bucket < LINEAR)
		return bucket;
	octave = RTT_OCTAVE_FIRST + (bucket - LINEAR) / 4;
	return (4ULL + (bucket - LINEAR) % 4) << (octave - 2);
}

double rtt_middle_s(unsigned int bucket)
{
	__u64 twice = rtt_lower_edge_us(bucket) + rtt_lower_edge_us(bucket + 1);

	return (double)twice / 2e6;
}

double rtt_edge_s(unsigned int edge)
{
	return (double)(1ULL << edge) / 1e6;
}

__u64 rtt_at_most(const __u64 buckets[RTT_BUCKETS], unsigned int edge)
{
	return sum(buckets, LINEAR + 4 * (edge - RTT_OCTAVE_FIRST));
}

double rtt_percentile_s(const __u64 buckets[RTT_BUCKETS], double share)
{
	__u64 count = sum(buckets, RTT_BUCKETS);
	__u64 seen = 0, rank;
	unsigned int i;

	if (!count)
		return NAN;
	rank = (__u64)ceil(share * (double)count);
	if (rank < 1)
		rank = 1;
	for (i = 0; i < RTT_BUCKETS - 1; i++) {
		seen += buckets[i];
		if (seen >= rank)
			break;
	}
	return rtt_middle_s(i);
}
