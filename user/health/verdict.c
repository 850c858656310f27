// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The state of one resolver from one judgement to the next. */
#include "health/verdict.h"

#include "util/clock.h"
#include "health/counters.h"
#include "health/cause.h"
#include "health/rates.h"

#define SETTLED_LEAST 3	  /* in a judged window */
#define ANSWERED_LEAST 3  /* in a window that may speak for recovery */
#define GOOD_JUDGEMENTS 3 /* running, to be healthy again */
#define SETTLED_AGE_NS (3600 * NS_PER_S)

const struct thresholds thresholds_default = {.failure = 0.05, .error = 0.5};

static int is_outcome(unsigned int i)
{
	return (i >= COUNTER_ANSWERED_NOERROR && i <= COUNTER_TIMED_OUT) ||
	       (i >= COUNTER_UNSENT_HOST && i <= COUNTER_UNSENT_OTHER);
}

_Static_assert(COUNTER_TIMED_OUT == COUNTER_UNREACHABLE_OTHER + 1 &&
		       COUNTER_UNREACHABLE_PORT == COUNTER_ANSWERED_OTHER + 1,
	       "the outcomes stand together");

/*
 * More settled in the oldest second than is needed to make up the last few. Which of them came last
 * is not known at this grain: those of the most frequent kinds stand for it. Their evidence only
 * counts when a failure is among them.
 */
static void keep_last(struct resolver_counters *judged, const struct resolver_counters *newer)
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

int verdict_window(const struct history *history, __u64 now_ns, struct resolver_counters *judged)
{
	struct resolver_counters newer = {0};
	unsigned int i;

	for (i = WINDOW_10S; i < WINDOW_MAX; i++) {
		*judged = history->windows[i];
		if (counters_settled(judged) >= SETTLED_LEAST)
			return 1;
	}
	for (i = 0; i < history->settlement_count; i++) {
		const struct settled_at *settlement = &history->settlements[i];

		if (now_ns - settlement->at_ns > SETTLED_AGE_NS)
			return 0;
		history_since(history, settlement, judged);
		if (counters_settled(judged) > SETTLED_LEAST)
			keep_last(judged, &newer);
		if (counters_settled(judged) == SETTLED_LEAST)
			return 1;
		newer = *judged;
	}
	return 0;
}

/* Below half the thresholds, and enough answers to say so. */
static int speaks_for_recovery(const struct resolver_counters *judged,
			       const struct thresholds *thresholds)
{
	return counters_answered(judged) >= ANSWERED_LEAST &&
	       counters_failure_ratio(judged) < thresholds->failure / 2 &&
	       error_ratio(judged) < thresholds->error / 2;
}

/* A resolver that was healthy or idle is healthy at once; one that was not must recover. */
static enum state recover(struct verdict *verdict, int good)
{
	if (verdict->state == STATE_IDLE || verdict->state == STATE_HEALTHY)
		return STATE_HEALTHY;
	verdict->good = good ? verdict->good + 1 : 0;
	return verdict->good >= GOOD_JUDGEMENTS ? STATE_HEALTHY : STATE_DEGRADED;
}

static enum state next_state(struct verdict *verdict, const struct resolver_counters *judged,
			     const struct thresholds *thresholds)
{
	int all_failed = counters_failed(judged) == counters_settled(judged);

	if (!all_failed && counters_failure_ratio(judged) < thresholds->failure &&
	    error_ratio(judged) < thresholds->error)
		return recover(verdict, speaks_for_recovery(judged, thresholds));
	verdict->good = 0;
	return all_failed ? STATE_DOWN : STATE_DEGRADED;
}

void verdict_judge(struct verdict *verdict, const struct resolver_counters *judged,
		   const struct thresholds *thresholds)
{
	enum cause cause;

	if (!judged)
		return;
	verdict->state = next_state(verdict, judged, thresholds);
	cause = cause_of(judged);
	if (verdict->state == STATE_HEALTHY)
		verdict->cause = CAUSE_NONE;
	else if (cause != CAUSE_NONE) /* while it recovers, the cause stays what it was */
		verdict->cause = cause;
}

void verdict_idle(struct verdict *verdict)
{
	verdict->state = STATE_IDLE;
	verdict->cause = CAUSE_NONE;
	verdict->good = 0;
}
