/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Layout of one resolver's counters on one CPU. Counters that one packet changes share cache lines.
 * dnsreach.h lists the counters.
 */
#ifndef PERCPU_COUNTERS_H
#define PERCPU_COUNTERS_H

#include <dnsreach.h>

/*
 * The first cache line is all that a query changes; its ICMP message changes the first two, a
 * response the first and the third.
 */
#define PERCPU_COUNTERS_WORDS 48
#define PERCPU_COUNTERS_MAX (PERCPU_COUNTERS_WORDS - MOMENT_MAX - 1)
struct percpu_counters {
	__u64 at[MOMENT_MAX];
	__u64 sample_at; /* this CPU's copy of sample_limit.query_at, which may be an older one */
	__u64 n[PERCPU_COUNTERS_MAX];
};

/* Returns where in `n` this counter is. The counters of a group follow each other there too. */
static inline __u32 counter_word(__u32 counter)
{
	if (counter == COUNTER_QUERIES)
		return 0;
	if (counter == COUNTER_TRANSACTIONS)
		return 1;
	if (counter == COUNTER_EVIDENCE_PORT)
		return 2;
	if (counter >= COUNTER_ICMP_PORT && counter <= COUNTER_ICMP_OTHER)
		return 3 + counter - COUNTER_ICMP_PORT;
	if (counter >= COUNTER_UNREACHABLE_PORT && counter <= COUNTER_UNREACHABLE_OTHER)
		return 8 + counter - COUNTER_UNREACHABLE_PORT;
	if (counter == COUNTER_RESPONSES)
		return 13;
	if (counter == COUNTER_RTT_COUNT)
		return 14;
	if (counter == COUNTER_RTT_SUM_NS)
		return 15;
	if (counter >= COUNTER_ANSWERED_NOERROR && counter <= COUNTER_ANSWERED_OTHER)
		return 16 + counter - COUNTER_ANSWERED_NOERROR;
	if (counter >= COUNTER_ICMP_FROM_ELSEWHERE && counter <= COUNTER_TOO_BIG)
		return 23 + counter - COUNTER_ICMP_FROM_ELSEWHERE;
	if (counter >= COUNTER_TIMED_OUT && counter <= COUNTER_TRUNCATED)
		return 26 + counter - COUNTER_TIMED_OUT;
	if (counter == COUNTER_FORWARDED)
		return 38 + COUNTER_EVIDENCE_PORT - COUNTER_EVIDENCE_PROHIBITED; /* left free */
	return 38 + counter - COUNTER_EVIDENCE_PROHIBITED; /* one of these is above */
}

_Static_assert(sizeof(struct percpu_counters) == 384, "percpu_counters");
_Static_assert(COUNTER_ENGINE_LAST + 1 <= PERCPU_COUNTERS_MAX, "percpu_counters");

#endif
