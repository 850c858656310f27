// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The table of likely causes, applied to a judged window and to the span of an incident. */
#include "health/cause.h"

#include "health/counters.h"
#include "util/clock.h"

#define RTT_SAMPLES_LEAST 3

/* ---- of a window ---------------------------------------------------------------------------- */

static int cause_is_not_sent(const struct resolver_counters *judged)
{
	return 2 * counters_unsent(judged) > counters_failed(judged);
}

static int cause_is_prohibited(const struct resolver_counters *judged)
{
	return judged->n[COUNTER_EVIDENCE_PROHIBITED] > 0;
}

/* An RST is sent by the resolver itself, or in its name: nothing listens there. */
static int cause_is_port_closed(const struct resolver_counters *judged)
{
	if (judged->n[COUNTER_CONNECT_REFUSED])
		return 1;
	return judged->n[COUNTER_EVIDENCE_PORT] > 0;
}

static int cause_is_no_route(const struct resolver_counters *judged)
{
	return judged->n[COUNTER_EVIDENCE_NO_ROUTE] > 0;
}

static int cause_is_rejected_on_path(const struct resolver_counters *judged)
{
	return judged->n[COUNTER_EVIDENCE_ON_PATH] > 0;
}

static int cause_is_server_error(const struct resolver_counters *judged)
{
	return 2 * counters_answered_with_error(judged) > counters_settled(judged);
}

/* Of DNS over TLS an error is a session that was refused: it has no RCODE. */
static int cause_is_tls_refused(const struct resolver_counters *judged)
{
	return judged->n[COUNTER_SESSION_REFUSED] && cause_is_server_error(judged);
}

/* Returns 1 when at least 5 % are answers; a late answer counts, too. */
static int has_answers(const struct resolver_counters *judged)
{
	__u64 answers = counters_answered(judged) + counters_late_answers(judged);

	return answers && 20 * answers >= counters_settled(judged);
}

/*
 * Connections are accepted, and close or stay without an answer. Where some are answered, only
 * closes count: timeouts beside answers are load or loss.
 */
static int cause_is_not_served(const struct resolver_counters *judged)
{
	__u64 unserved = counters_closed(judged);

	if (judged->n[COUNTER_CONNECT_ESTABLISHED] && !has_answers(judged))
		unserved += judged->n[COUNTER_TIMED_OUT];
	return unserved && 2 * unserved > counters_failed(judged);
}

static int cause_is_intermittent(const struct resolver_counters *judged)
{
	return counters_timed_out(judged) && has_answers(judged);
}

static int cause_is_silent(const struct resolver_counters *judged)
{
	return !has_answers(judged) && !counters_unreachable(judged) && !counters_closed(judged) &&
	       !judged->n[COUNTER_LATE_UNREACHABLES];
}

static const struct {
	enum cause cause;
	int (*matches)(const struct resolver_counters *judged);
} causes_in_order[] = {
	{CAUSE_NOT_SENT, cause_is_not_sent},
	{CAUSE_PROHIBITED, cause_is_prohibited},
	{CAUSE_PORT_CLOSED, cause_is_port_closed},
	{CAUSE_NO_ROUTE, cause_is_no_route},
	{CAUSE_REJECTED_ON_PATH, cause_is_rejected_on_path},
	{CAUSE_TLS_REFUSED, cause_is_tls_refused},
	{CAUSE_SERVER_ERROR, cause_is_server_error},
	{CAUSE_NOT_SERVED, cause_is_not_served},
	{CAUSE_INTERMITTENT, cause_is_intermittent},
	{CAUSE_SILENT, cause_is_silent},
};

#define CAUSES_IN_ORDER (sizeof(causes_in_order) / sizeof(*causes_in_order))
_Static_assert(CAUSES_IN_ORDER == CAUSE_MAX - 2, "a cause has no rule"); /* rewritten: state.c */

/*
 * Returns the cause where no row of the table matches, so that a failing resolver always has one:
 * it rejects by other ICMP (reason `other` from itself, late or not), or half of its answers or
 * fewer are errors.
 */
static enum cause cause_nearest(const struct resolver_counters *judged)
{
	if (counters_answered_with_error(judged))
		return judged->n[COUNTER_SESSION_REFUSED] ? CAUSE_TLS_REFUSED : CAUSE_SERVER_ERROR;
	if (counters_closed(judged))
		return CAUSE_NOT_SERVED;
	if (counters_unreachable(judged) || counters_late(judged))
		return CAUSE_PORT_CLOSED;
	return CAUSE_NONE;
}

enum cause cause_of(const struct resolver_counters *judged)
{
	unsigned int i;

	for (i = 0; i < CAUSES_IN_ORDER; i++)
		if (causes_in_order[i].matches(judged))
			return causes_in_order[i].cause;
	return cause_nearest(judged);
}

int suspect_forgery(const struct resolver_counters *minute, __u64 forgotten)
{
	__u64 unmatched = minute->n[COUNTER_UNMATCHED_UNREACHABLES];
	__u64 explained = minute->n[COUNTER_RETRANSMISSIONS] + minute->n[COUNTER_UNTRACKED] +
			  minute->n[COUNTER_CONNECT_RETRANSMISSIONS] +
			  minute->n[COUNTER_CONNECT_UNTRACKED] + forgotten +
			  counters_unsent(minute);

	return unmatched >= FORGED_LEAST && unmatched > explained;
}

/* ---- of an incident ------------------------------------------------------------------------ */

static __u64 later_of(__u64 a_ns, __u64 b_ns)
{
	return a_ns > b_ns ? a_ns : b_ns;
}

/* A timeout counts `timeout_ns` after its query; other failures come soon after theirs. */
__u64 incident_answers_until(__u64 until_ns, const struct resolver_counters *before,
			     const struct resolver_counters *now, __u64 timeout_ns)
{
	struct resolver_counters since = counters_since(before, now);
	__u64 failed_ns = now->at[MOMENT_LAST_FAILURE];

	if (counters_unreachable(&since) || counters_unsent(&since) ||
	    since.n[COUNTER_CONNECT_REFUSED] || counters_closed(&since) ||
	    cause_is_server_error(&since) ||
	    (counters_answered_with_error(&since) && !counters_timed_out(&since)))
		until_ns = later_of(until_ns, failed_ns);
	else if (counters_timed_out(&since) && failed_ns > timeout_ns)
		until_ns = later_of(until_ns, failed_ns - timeout_ns);
	return until_ns;
}

/*
 * Returns the share of what the checkpoint at `at_ns` with the counters `point` added in its last
 * second that lies before `until_ns`.
 */
static double share_before(__u64 at_ns, const struct resolver_counters *point, __u64 until_ns)
{
	__u64 from_ns = at_ns > NS_PER_S ? at_ns - NS_PER_S : 0;

	if (point->at[MOMENT_LAST_ANSWERED] <= until_ns)
		return 1;
	return until_ns > from_ns ? (double)(until_ns - from_ns) / NS_PER_S : 0;
}

/* Returns the count at `until_ns`, between two checkpoints, less what it was when the incident
 * began. */
static __u64 count_until(__u64 before, __u64 earlier, __u64 later, double share)
{
	__u64 at = earlier + (__u64)(share * (double)(later - earlier));

	return at > before ? at - before : 0;
}

/* Counts failures from `before` to `now`, answers and their RTT from `before` to `until_ns`. */
static struct resolver_counters counters_of_span(const struct hour_history *history,
						 const struct resolver_counters *before,
						 const struct resolver_counters *now,
						 __u64 until_ns)
{
	struct resolver_counters span = counters_since(before, now);
	struct resolver_counters earlier, later;
	size_t next = hour_history_before(history, until_ns, &earlier);
	double share = 0;
	unsigned int i;

	later = earlier;
	if (next < history->count) {
		hour_history_step(history, next, &later);
		share = share_before(history->points[next].at_ns, &later, until_ns);
	}
	for (i = COUNTER_ANSWERED_NOERROR; i <= COUNTER_ANSWERED_OTHER; i++)
		span.n[i] = count_until(before->n[i], earlier.n[i], later.n[i], share);
	span.n[COUNTER_SESSION_REFUSED] =
		count_until(before->n[COUNTER_SESSION_REFUSED], earlier.n[COUNTER_SESSION_REFUSED],
			    later.n[COUNTER_SESSION_REFUSED], share);
	for (i = COUNTER_CONNECT_ESTABLISHED; i <= COUNTER_CONNECT_UNFOLLOWED; i++)
		span.n[i] = count_until(before->n[i], earlier.n[i], later.n[i], share);
	for (i = 0; i < RTT_BUCKETS; i++)
		span.rtt[i] = count_until(before->rtt[i], earlier.rtt[i], later.rtt[i], share);
	for (i = 0; i < RTT_BUCKETS; i++)
		span.connect_rtt[i] = count_until(before->connect_rtt[i], earlier.connect_rtt[i],
						  later.connect_rtt[i], share);
	return span;
}

/* Returns the median in ns; 0: too few samples. */
static __u64 rtt_median_ns(const __u64 buckets[RTT_BUCKETS])
{
	__u64 count = 0;
	unsigned int i;

	for (i = 0; i < RTT_BUCKETS; i++)
		count += buckets[i];
	return count < RTT_SAMPLES_LEAST ? 0 : (__u64)(rtt_percentile_s(buckets, 0.5) * NS_PER_S);
}

struct incident_span incident_judge_span(const struct hour_history *history,
					 const struct resolver_counters *before,
					 const struct resolver_counters *now,
					 __u64 answers_until_ns)
{
	struct resolver_counters span = counters_of_span(history, before, now, answers_until_ns);

	return (struct incident_span){.cause = cause_of(&span), .rtt_ns = rtt_median_ns(span.rtt)};
}

__u64 incident_healthy_rtt(const struct hour_history *history,
			   const struct resolver_counters *before)
{
	struct resolver_counters oldest = {0}, healthy;

	if (history->forgot && history->count)
		hour_history_step(history, 0, &oldest);
	healthy = counters_since(&oldest, before);
	return rtt_median_ns(healthy.rtt);
}
