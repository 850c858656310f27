/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The names of all counters, in one table each, from which JSON, metrics and documentation are
 * made; the sums that the laws and the ratios are written in; and the RTT histogram. A counter
 * without its row does not compile. docs/counters.md defines each counter.
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
	const char *holder; /* JSON object of the row that holds `group`, or NULL */
	const char *group;  /* JSON object that holds it, or NULL */
	const char *name;   /* JSON name in there */
	const char
		*metric; /* rows of one metric follow each other and share their help; NULL: none */
	const char *label; /* NULL: no label beyond the resolver's own */
	const char *value;
	const char *help;
};

extern const struct counter_row counter_rows[COUNTER_MAX];
extern const struct counter_row self_rows[SELF_MAX];

/* Returns whether rows of this transport show the counter; of sessions: session_rows. */
int counter_is_shown(unsigned int counter, __u8 transport);

/* A sum of counters, first and last included, that is a metric too (JSON has the parts alone). */
struct sum_row {
	struct counter_row row;
	enum counter first, last;
};

/* Answered, unreachable, timed out, closed; not unfollowed, which is no outcome of a resolver. */
#define OUTCOME_MAX 4

#define CONNECT_OUTCOME_MAX 4 /* established, refused, unreachable, timed out */

extern const struct sum_row ended_rows[OUTCOME_MAX]; /* one metric: transactions by outcome */
extern const struct sum_row connect_ended_rows[CONNECT_OUTCOME_MAX]; /* connects by outcome */

/*
 * The counters that rows of DNS over TLS show of their sessions, in JSON too; those from
 * SESSION_ENDED_FIRST on are one metric. Sessions count as transactions, so that all sums hold.
 */
#define SESSION_ROWS 5
#define SESSION_ENDED_FIRST 2
extern const struct sum_row session_rows[SESSION_ROWS];

/* Returns the sum of the counters from `first` to `last`, both included. */
__u64 counters_sum(const struct resolver_counters *counters, enum counter first, enum counter last);
__u64 counters_icmp_unreachables(const struct resolver_counters *counters);

/*
 * Return what was counted of queries and of connects together. Asked: queries and SYNs; answered:
 * transactions by a response, and established connects whose messages are not followed. An
 * established connect whose messages are followed is neither answered nor failed: they are.
 */
__u64 counters_asked(const struct resolver_counters *counters);
__u64 counters_opened(const struct resolver_counters *counters);
__u64 counters_answered(const struct resolver_counters *counters);
__u64 counters_unreachable(const struct resolver_counters *counters);
__u64 counters_timed_out(const struct resolver_counters *counters);
__u64 counters_closed(const struct resolver_counters *counters); /* transactions, by FIN or RST */
__u64 counters_unsent(const struct resolver_counters *counters);
__u64 counters_unmatched_answers(const struct resolver_counters *counters);
__u64 counters_late_answers(const struct resolver_counters *counters);
__u64 counters_late(const struct resolver_counters *counters); /* with late unreachables */

/* Returns the transactions answered with an RCODE other than NOERROR and NXDOMAIN. */
__u64 counters_answered_with_error(const struct resolver_counters *counters);

/* Returns unreachable + timed out + connects refused + transactions closed + unsent. */
__u64 counters_failed(const struct resolver_counters *counters);

/* Returns answered + failed: the transactions that got an outcome, plus unsent. */
__u64 counters_settled(const struct resolver_counters *counters);

/* Returns failed / settled; NAN when nothing settled. */
double counters_failure_ratio(const struct resolver_counters *counters);
/* Returns the share of settled transactions answered with an error; NAN when nothing settled. */
double counters_error_ratio(const struct resolver_counters *counters);

/* Returns now - before, each counter and bucket; moments are left at 0. */
struct resolver_counters counters_since(const struct resolver_counters *before,
					const struct resolver_counters *now);

/* Returns the sum of the self counters from `first` to `last`, both included. */
__u64 self_sum(const struct self_counters *self, enum self_counter first, enum self_counter last);

/* ---- RTT histogram ----------------------------------------------------------------------- */

#define RTT_EDGE_FIRST 8 /* exported edges: 2^8 to 2^23 us, doubling */
#define RTT_EDGE_LAST 23

/*
 * The kernel side decides which RTTs are counted (Karn's rule). A bucket holds the samples above
 * its lower edge and not above its upper one: the kernel side takes the microsecond as (ns - 1) /
 * 1000, so 256.000 us is still "at most 2^8 us".
 */

/* Returns the lower edge of a bucket in microseconds; the upper edge is the next bucket's. */
__u64 rtt_lower_edge_us(unsigned int bucket);

/* Returns the middle of a bucket in seconds. */
double rtt_middle_s(unsigned int bucket);

/* Returns 2^edge microseconds in seconds. */
double rtt_edge_s(unsigned int edge);

/* Returns how many samples are at most 2^edge microseconds. */
__u64 rtt_at_most(const __u64 buckets[RTT_BUCKETS], unsigned int edge);

/*
 * Returns a percentile in seconds: `share` 0.5 is the median (nearest rank, the bucket's middle).
 * NAN without samples.
 */
double rtt_percentile_s(const __u64 buckets[RTT_BUCKETS], double share);

#endif
