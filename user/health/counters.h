/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The names of all counters, in one table each, from which JSON, metrics and documentation are
 * made; and the sums that the laws and the ratios are written in. A counter without its row does
 * not compile. What the counters mean is docs/counters.md.
 */
#ifndef HEALTH_COUNTERS_H
#define HEALTH_COUNTERS_H

#include <dnsreach.h>

enum exported {
	EXPORTED_COUNTER,
	EXPORTED_HISTOGRAM, /* part of the RTT histogram, written by hand */
	EXPORTED_NOT	    /* evidence for the cause, stays inside */
};

struct counter_row {
	enum exported exported;
	const char *group;  /* JSON object that holds it, or NULL */
	const char *name;   /* JSON name in there */
	const char *metric; /* rows of one metric stand together and share their help */
	const char *label;  /* NULL: no label beyond the resolver's own */
	const char *value;
	const char *help;
};

extern const struct counter_row counter_rows[COUNTER_MAX];
extern const struct counter_row self_rows[SELF_MAX];

/* A sum of counters, first and last included, that is a metric too (JSON has the parts alone). */
struct sum_row {
	struct counter_row row;
	enum counter first, last;
};

#define OUTCOME_MAX 3 /* answered, unreachable, timed out */

extern const struct sum_row ended_rows[OUTCOME_MAX]; /* one metric: transactions by outcome */

/* first and last included */
__u64 counters_sum(const struct resolver_counters *counters, enum counter first, enum counter last);
__u64 counters_icmp_unreachables(const struct resolver_counters *counters);
__u64 counters_answered(const struct resolver_counters *counters);
__u64 counters_unreachable(const struct resolver_counters *counters);
__u64 counters_unsent(const struct resolver_counters *counters);
__u64 counters_late(const struct resolver_counters *counters);

/* answered with an RCODE other than NOERROR and NXDOMAIN */
__u64 counters_answered_with_error(const struct resolver_counters *counters);

/* unreachable + timed out + unsent */
__u64 counters_failed(const struct resolver_counters *counters);

/* answered + failed: transactions that got an outcome, plus unsent */
__u64 counters_settled(const struct resolver_counters *counters);

/* failed / settled; NAN when nothing settled */
double counters_failure_ratio(const struct resolver_counters *counters);

__u64 self_sum(const struct self_counters *self, enum self_counter first, enum self_counter last);

#endif
