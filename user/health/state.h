/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The state of one resolver (docs/counters.md), from one judgement to the next: which counters it
 * is judged by, its thresholds, and its recovery. judge.h keeps all resolvers; cause.h has the
 * causes.
 */
#ifndef HEALTH_STATE_H
#define HEALTH_STATE_H

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
	__u32 bad; /* all failures and error answers when it was healthy last, modulo 2^32 */
};

#define STATE_SETTLED_AGE_NS (3600 * NS_PER_S) /* older settled ones judge nothing */

/*
 * Selects the counters to judge by: the shortest of 10 s, 1 min and 5 min that holds 3 settled;
 * else those since the last 3 settled, if none is older than an hour. Returns which it was, with
 * *judged filled; JUDGED_BY_NONE when there is nothing to judge by. `latest`: those of `history`.
 */
enum judged_by state_select(const struct history *history, const struct resolver_counters *latest,
			    __u64 now_ns, struct resolver_counters *judged);

/*
 * Judges once, by what state_select() has selected; `latest` as there. A healthy resolver does not
 * become degraded until something fails again, however much of its window older failures make up.
 * Where all of that window failed, it is down: then the failures came last.
 * `rewritten`: as many responses that match no query explain all timeouts (translated.h); then no
 * timeout makes the resolver degraded or down.
 */
void state_judge(struct verdict *verdict, enum judged_by judged_by,
		 const struct resolver_counters *judged, const struct resolver_counters *latest,
		 const struct thresholds *thresholds, int rewritten);

/*
 * Makes an idle resolver pending: it was asked, and there is nothing to judge it by. Any other
 * verdict stays as it was.
 */
void state_pending(struct verdict *verdict);

/* Sets the verdict to idle: no query and nothing settled for 5 minutes. */
void state_idle(struct verdict *verdict);

#endif
