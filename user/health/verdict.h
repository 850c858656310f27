/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The state of one resolver from one judgement to the next. What caused it is cause.h; what
 * becomes of it (an incident) is for others.
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
	unsigned int good; /* judgements running that were good enough to recover */
};

/*
 * What to judge by: the shortest of 10 s, 1 min and 5 min that holds 3 settled; else since the
 * last 3 settled, if none is older than an hour. 0: there is nothing to judge by.
 */
int verdict_window(const struct history *history, __u64 now_ns, struct resolver_counters *judged);

/* One judgement; `judged` NULL: the state stays what it was. */
void verdict_judge(struct verdict *verdict, const struct resolver_counters *judged,
		   const struct thresholds *thresholds);

/* No query and nothing settled for 5 minutes. */
void verdict_idle(struct verdict *verdict);

#endif
