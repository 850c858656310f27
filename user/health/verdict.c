// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rates of a window, likely cause, and the state of one resolver from one judgement to the next. */
#include "health/verdict.h"

#include "health/counters.h"
#include "util/clock.h"

#include <math.h>

#define SETTLED_LEAST 3	  /* in a judged window */
#define ANSWERED_LEAST 3  /* in a window that counts as a good judgement */
#define GOOD_JUDGEMENTS 3 /* running, to be healthy again */
#define SETTLED_AGE_NS (3600 * NS_PER_S)

const struct thresholds thresholds_default = {.failure = 0.05, .error = 0.5};
#define FORGED_LEAST 10 /* in one minute */

/* ---- rates -------------------------------------------------------------------------------- */

static double ratio(__u64 part, __u64 whole)
{
	return whole ? (double)part / (double)whole : NAN;
}

/* NAN when nothing settled. */
static double error_ratio(const struct resolver_counters *window)
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

/* ---- cause -------------------------------------------------------------------------------- */

static int cause_is_not_sent(const struct resolver_counters *judged)
{
	return 2 * counters_unsent(judged) > counters_failed(judged);
}

static int cause_is_prohibited(const struct resolver_counters *judged)
{
	return judged->n[COUNTER_EVIDENCE_PROHIBITED] > 0;
}

static int cause_is_port_closed(const struct resolver_counters *judged)
{
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

/* Returns 1 when at least 5 % are answers; a late answer counts, too. */
static int has_answers(const struct resolver_counters *judged)
{
	__u64 answers = counters_answered(judged) + judged->n[COUNTER_LATE_RESPONSES];

	return answers && 20 * answers >= counters_settled(judged);
}

static int cause_is_intermittent(const struct resolver_counters *judged)
{
	return judged->n[COUNTER_TIMED_OUT] && has_answers(judged);
}

static int cause_is_silent(const struct resolver_counters *judged)
{
	return !has_answers(judged) && !counters_unreachable(judged) &&
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
	{CAUSE_SERVER_ERROR, cause_is_server_error},
	{CAUSE_INTERMITTENT, cause_is_intermittent},
	{CAUSE_SILENT, cause_is_silent},
};

_Static_assert(sizeof(causes_in_order) / sizeof(*causes_in_order) == CAUSE_MAX - 1,
	       "a cause has no rule");

/*
 * Returns the cause where no row of the table matches, so that a failing resolver always has one:
 * it rejects by other ICMP (reason `other` from itself, late or not), or half of its answers or
 * fewer are errors.
 */
static enum cause cause_nearest(const struct resolver_counters *judged)
{
	if (counters_answered_with_error(judged))
		return CAUSE_SERVER_ERROR;
	if (counters_unreachable(judged) || counters_late(judged))
		return CAUSE_PORT_CLOSED;
	return CAUSE_NONE;
}

enum cause cause_of(const struct resolver_counters *judged)
{
	unsigned int i;

	for (i = 0; i < CAUSE_MAX - 1; i++)
		if (causes_in_order[i].matches(judged))
			return causes_in_order[i].cause;
	return cause_nearest(judged);
}

int suspect_forgery(const struct resolver_counters *minute, __u64 forgotten)
{
	__u64 unmatched = minute->n[COUNTER_UNMATCHED_UNREACHABLES];
	__u64 explained = minute->n[COUNTER_RETRANSMISSIONS] + minute->n[COUNTER_UNTRACKED] +
			  forgotten + counters_unsent(minute);

	return unmatched >= FORGED_LEAST && unmatched > explained;
}

/* ---- state -------------------------------------------------------------------------------- */

static int is_outcome(unsigned int i)
{
	return (i >= COUNTER_ANSWERED_NOERROR && i <= COUNTER_TIMED_OUT) ||
	       (i >= COUNTER_UNSENT_HOST && i <= COUNTER_UNSENT_OTHER);
}

_Static_assert(COUNTER_TIMED_OUT == COUNTER_UNREACHABLE_OTHER + 1 &&
		       COUNTER_UNREACHABLE_PORT == COUNTER_ANSWERED_OTHER + 1,
	       "the outcomes stand together");

/*
 * Reduces *judged to the last SETTLED_LEAST settled, when its oldest second holds more than are
 * needed beside those in `newer`. The order within a second is not known: the most frequent
 * outcomes are taken as the last ones. Their evidence counts only when a failure is among them.
 */
static void judged_trim(struct resolver_counters *judged, const struct resolver_counters *newer)
{
	__u64 need = SETTLED_LEAST - counters_settled(newer);
	struct resolver_counters kept = *newer;
	unsigned int i, most;

	for (; need; need--) {
		most = COUNTER_TIMED_OUT;
		for (i = 0; i < COUNTER_MAX; i++) {
			if (is_outcome(i) &&
			    judged->n[i] - kept.n[i] > judged->n[most] - kept.n[most])
				most = i;
		}
		kept.n[most]++;
	}
	if (counters_failed(&kept) > counters_failed(newer)) {
		for (i = COUNTER_EVIDENCE_PROHIBITED; i < COUNTER_MAX; i++)
			kept.n[i] = judged->n[i];
	}
	kept.n[COUNTER_LATE_RESPONSES] = judged->n[COUNTER_LATE_RESPONSES];
	kept.n[COUNTER_LATE_UNREACHABLES] = judged->n[COUNTER_LATE_UNREACHABLES];
	*judged = kept;
}

enum judged_by verdict_select(const struct history *history, __u64 now_ns,
			      struct resolver_counters *judged)
{
	struct resolver_counters newer = {0};
	unsigned int i;

	for (i = WINDOW_10S; i < WINDOW_MAX; i++) {
		*judged = history->windows[i];
		if (counters_settled(judged) >= SETTLED_LEAST)
			return JUDGED_BY_10S + (i - WINDOW_10S);
	}
	for (i = 0; i < history->settled_count; i++) {
		const struct settled_at *from = &history->settled[i];

		if (now_ns - from->at_ns > SETTLED_AGE_NS)
			return JUDGED_BY_NONE;
		history_since(history, from, judged);
		if (counters_settled(judged) > SETTLED_LEAST)
			judged_trim(judged, &newer);
		if (counters_settled(judged) == SETTLED_LEAST)
			return JUDGED_BY_LAST_SETTLED;
		newer = *judged;
	}
	return JUDGED_BY_NONE;
}

_Static_assert(JUDGED_BY_5M - JUDGED_BY_10S == WINDOW_5M - WINDOW_10S, "windows to judge by");

/* Returns 1 below half of both thresholds, with enough answers to judge a recovery by. */
static int is_good(const struct resolver_counters *judged, const struct thresholds *thresholds)
{
	return counters_answered(judged) >= ANSWERED_LEAST &&
	       counters_failure_ratio(judged) < thresholds->failure / 2 &&
	       error_ratio(judged) < thresholds->error / 2;
}

/* Returns healthy at once when it was healthy or idle; otherwise after GOOD_JUDGEMENTS good ones.
 */
static enum state verdict_recover(struct verdict *verdict, int good)
{
	if (verdict->state == STATE_IDLE || verdict->state == STATE_HEALTHY)
		return STATE_HEALTHY;
	verdict->good = good ? verdict->good + 1 : 0;
	return verdict->good >= GOOD_JUDGEMENTS ? STATE_HEALTHY : STATE_DEGRADED;
}

static enum state verdict_next_state(struct verdict *verdict,
				     const struct resolver_counters *judged,
				     const struct thresholds *thresholds)
{
	int all_failed = counters_failed(judged) == counters_settled(judged);

	if (!all_failed && counters_failure_ratio(judged) < thresholds->failure &&
	    error_ratio(judged) < thresholds->error)
		return verdict_recover(verdict, is_good(judged, thresholds));
	verdict->good = 0;
	return all_failed ? STATE_DOWN : STATE_DEGRADED;
}

void verdict_judge(struct verdict *verdict, enum judged_by judged_by,
		   const struct resolver_counters *judged, const struct thresholds *thresholds)
{
	enum cause cause = cause_of(judged);

	verdict->state = verdict_next_state(verdict, judged, thresholds);
	verdict->judged_by = judged_by;
	if (verdict->state == STATE_HEALTHY)
		verdict->cause = CAUSE_NONE;
	else if (cause != CAUSE_NONE) /* while it recovers, the cause stays as it was */
		verdict->cause = cause;
}

void verdict_idle(struct verdict *verdict)
{
	*verdict = (struct verdict){.state = STATE_IDLE, .cause = CAUSE_NONE};
}
