/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The verdict on one resolver: from what was counted over a window to its rates, and from one
 * judgement to the next to its state, its likely cause and the suspicion of forgery
 * (docs/counters.md). judge.h keeps all resolvers; incident.h follows what becomes of a verdict.
 */
#ifndef HEALTH_VERDICT_H
#define HEALTH_VERDICT_H

#include "health/history.h"

/* A ratio at or above its threshold is degraded; below half of both, for a while, healthy again. */
struct thresholds {
	double failure, error;
};

extern const struct thresholds thresholds_default;

struct verdict {
	enum state state;
	enum cause cause;
	enum judged_by judged_by;
	unsigned int good; /* judgements running that were good enough to recover */
};

/* Computes the rates of a window: the counters' increase over `seconds`. x / 0 is NAN. */
void rates_of(const struct resolver_counters *window, double seconds, struct rates *rates);

/*
 * Selects the counters to judge by: the shortest of 10 s, 1 min and 5 min that holds 3 settled;
 * else those since the last 3 settled, if none is older than an hour. Returns which it was, with
 * *judged filled; JUDGED_BY_NONE when there is nothing to judge by.
 */
enum judged_by verdict_select(const struct history *history, __u64 now_ns,
			      struct resolver_counters *judged);

/* Judges once, by what verdict_select() has selected. */
void verdict_judge(struct verdict *verdict, enum judged_by judged_by,
		   const struct resolver_counters *judged, const struct thresholds *thresholds);

/* Sets the verdict to idle: no query and nothing settled for 5 minutes. */
void verdict_idle(struct verdict *verdict);

/*
 * Returns the likely cause of what the judged counters show: the first row of the table in
 * docs/counters.md that matches; CAUSE_NONE when none does.
 */
enum cause cause_of(const struct resolver_counters *judged);

/*
 * Returns 1 when unreachables that match no query keep coming, and more of them than this host's
 * own queries explain. `forgotten` is the self counter's increase in the same minute.
 */
int suspect_forgery(const struct resolver_counters *minute, __u64 forgotten);

#endif
