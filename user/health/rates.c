// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* From what was counted over a window to its rates. */
#include "health/rates.h"

#include "health/counters.h"
#include "health/rtt.h"

#include <math.h>

static double ratio(__u64 part, __u64 whole)
{
	return whole ? (double)part / (double)whole : NAN;
}

double error_ratio(const struct resolver_counters *window)
{
	return ratio(counters_answered_with_error(window), counters_settled(window));
}

void rates_of(const struct resolver_counters *window, double seconds, struct rates *rates)
{
	__u64 queries = window->n[COUNTER_QUERIES];

	rates->queries_per_s = seconds > 0 ? (double)queries / seconds : NAN;
	rates->settled = counters_settled(window);
	rates->failure_ratio = counters_failure_ratio(window);
	rates->error_ratio = error_ratio(window);
	rates->port_unreachables_per_query = ratio(window->n[COUNTER_ICMP_PORT], queries);
	rates->rtt_p50_s = rtt_percentile_s(window->rtt, 0.50);
	rates->rtt_p95_s = rtt_percentile_s(window->rtt, 0.95);
	rates->rtt_p99_s = rtt_percentile_s(window->rtt, 0.99);
}
