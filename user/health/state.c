// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The state of one resolver, from one judgement to the next. */
#include "health/state.h"

#include "health/cause.h"
#include "health/counters.h"
#include "util/clock.h"

#define SETTLED_LEAST 3	  /* in a judged window */
#define ANSWERED_LEAST 3  /* in a window that counts as a good judgement */
#define GOOD_JUDGEMENTS 3 /* running, to be healthy again */

const struct thresholds thresholds_default = {.failure = 0.05, .error = 0.5};

static int is_outcome(unsigned int i)
{
	return (i >= COUNTER_ANSWERED_NOERROR && i <= COUNTER_TIMED_OUT) ||
	       (i >= COUNTER_UNSENT_HOST && i <= COUNTER_UNSENT_OTHER) ||
	       (i >= COUNTER_CONNECT_UNFOLLOWED && i <= COUNTER_CONNECT_TIMED_OUT) ||
	       i == COUNTER_CLOSED_FIN || i == COUNTER_CLOSED_RST;
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
		for (i = COUNTER_EVIDENCE_PROHIBITED; i <= COUNTER_EVIDENCE_ON_PATH; i++)
			kept.n[i] = judged->n[i];
	}
	kept.n[COUNTER_LATE_RESPONSES] = judged->n[COUNTER_LATE_RESPONSES];
	kept.n[COUNTER_LATE_UNREACHABLES] = judged->n[COUNTER_LATE_UNREACHABLES];
	kept.n[COUNTER_CONNECT_LATE] = judged->n[COUNTER_CONNECT_LATE];
	kept.n[COUNTER_CONNECT_ESTABLISHED] = judged->n[COUNTER_CONNECT_ESTABLISHED];
	kept.n[COUNTER_SESSION_REFUSED] = judged->n[COUNTER_SESSION_REFUSED];
	*judged = kept;
}

enum judged_by state_select(const struct history *history, const struct resolver_counters *latest,
			    __u64 now_ns, struct resolver_counters *judged)
{
	struct resolver_counters newer = {0};
	unsigned int i;

	for (i = WINDOW_10S; i < WINDOW_MAX; i++) {
		if (history_settled(history, i) < SETTLED_LEAST)
			continue;
		history_window(history, i, judged);
		return JUDGED_BY_10S + (i - WINDOW_10S);
	}
	for (i = 0; i < history->settled_count; i++) {
		const struct settled_at *from = &history->settled[i];

		if (now_ns - from->at_ns > STATE_SETTLED_AGE_NS)
			return JUDGED_BY_NONE;
		history_since(latest, from, judged);
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
	       counters_error_ratio(judged) < thresholds->error / 2;
}

/*
 * Returns healthy at once when it was neither degraded nor down; otherwise after GOOD_JUDGEMENTS
 * good ones.
 */
static enum state state_recover(struct verdict *verdict, int good)
{
	if (verdict->state < STATE_DEGRADED)
		return STATE_HEALTHY;
	verdict->good = good ? verdict->good + 1 : 0;
	return verdict->good >= GOOD_JUDGEMENTS ? STATE_HEALTHY : STATE_DEGRADED;
}

static enum state state_next(struct verdict *verdict, const struct resolver_counters *judged,
			     const struct thresholds *thresholds, __u32 bad)
{
	int all_failed = counters_failed(judged) == counters_settled(judged);

	if (!all_failed && counters_failure_ratio(judged) < thresholds->failure &&
	    counters_error_ratio(judged) < thresholds->error)
		return state_recover(verdict, is_good(judged, thresholds));
	verdict->good = 0;
	if (!all_failed && verdict->state == STATE_HEALTHY && verdict->bad == bad)
		return STATE_HEALTHY;
	return all_failed ? STATE_DOWN : STATE_DEGRADED;
}

/* In the table of causes `rewritten` stands before these two, and behind all others. */
static int is_rewritten(enum cause cause, int rewritten)
{
	return rewritten && (cause == CAUSE_INTERMITTENT || cause == CAUSE_SILENT);
}

void state_judge(struct verdict *verdict, enum judged_by judged_by,
		 const struct resolver_counters *judged, const struct resolver_counters *latest,
		 const struct thresholds *thresholds, int rewritten)
{
	__u32 bad = (__u32)(counters_failed(latest) + counters_answered_with_error(latest));
	enum cause cause = cause_of(judged);

	verdict->state = state_next(verdict, judged, thresholds, bad);
	if (is_rewritten(cause, rewritten)) {
		cause = CAUSE_REWRITTEN;
		if (verdict->state >= STATE_DEGRADED)
			verdict->state = STATE_UNCLEAR;
	}
	verdict->judged_by = judged_by;
	if (verdict->state == STATE_HEALTHY) {
		verdict->cause = CAUSE_NONE;
		verdict->bad = bad;
	} else if (cause != CAUSE_NONE) { /* while it recovers, the cause stays as it was */
		verdict->cause = cause;
	}
}

void state_pending(struct verdict *verdict)
{
	if (verdict->state == STATE_IDLE)
		verdict->state = STATE_PENDING;
}

void state_idle(struct verdict *verdict)
{
	*verdict = (struct verdict){.state = STATE_IDLE, .cause = CAUSE_NONE};
}
