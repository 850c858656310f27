/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The likely cause (docs/counters.md) of what was counted: over a judged window, and over the span
 * of an incident. In an incident, answers count up to the sending of its last failed query, so that
 * a recovery changes nothing.
 */
#ifndef HEALTH_CAUSE_H
#define HEALTH_CAUSE_H

#include "health/hour_history.h"
#include "health/status.h"

/*
 * Returns the likely cause of what the judged counters show: the first row of the table in
 * docs/counters.md that matches; CAUSE_NONE when none does.
 */
enum cause cause_of(const struct resolver_counters *judged);

#define FORGED_LEAST                                                                               \
	10 /* unreachables in one minute that match no query; fewer are no suspicion               \
	    */

/*
 * Returns 1 when unreachables that match no query keep coming, and more of them than this host's
 * own queries explain. `forgotten` is the self counter's increase in the same minute.
 */
int suspect_forgery(const struct resolver_counters *minute, __u64 forgotten);

/*
 * Returns the moment (ns, on the counters' clock) up to which answers belong to an incident:
 * `until_ns`, or a later one by the failures between `before` and `now`.
 */
__u64 incident_answers_until(__u64 until_ns, const struct resolver_counters *before,
			     const struct resolver_counters *now, __u64 timeout_ns);

/* The likely cause and the RTT of an incident over its own span. */
struct incident_span {
	enum cause cause; /* CAUSE_NONE: the table has none */
	__u64 rtt_ns;	  /* median; 0: too few samples */
};

/*
 * Judges the span of an incident that began just after `before`. `history` holds the counters from
 * then on.
 */
struct incident_span incident_judge_span(const struct hour_history *history,
					 const struct resolver_counters *before,
					 const struct resolver_counters *now,
					 __u64 answers_until_ns);

/* Returns the median RTT (ns) from the oldest checkpoint of `history` to `before`; 0: too few
 * samples. */
__u64 incident_healthy_rtt(const struct hour_history *history,
			   const struct resolver_counters *before);

#endif
