// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The likely cause, first that matches. Whether there is anything to explain (a state other than
 * healthy and idle) is decided in verdict.c.
 */
#include "health/cause.h"

#include "health/counters.h"

#define FORGED_LEAST 10 /* in one minute */

static int not_sent(const struct resolver_counters *judged)
{
	return 2 * counters_unsent(judged) > counters_failed(judged);
}

static int prohibited(const struct resolver_counters *judged)
{
	return judged->n[COUNTER_EVIDENCE_PROHIBITED] > 0;
}

static int port_closed(const struct resolver_counters *judged)
{
	return judged->n[COUNTER_EVIDENCE_PORT] > 0;
}

static int no_route(const struct resolver_counters *judged)
{
	return judged->n[COUNTER_EVIDENCE_NO_ROUTE] > 0;
}

static int rejected_on_path(const struct resolver_counters *judged)
{
	return judged->n[COUNTER_EVIDENCE_ON_PATH] > 0;
}

static int server_error(const struct resolver_counters *judged)
{
	return 2 * counters_answered_with_error(judged) > counters_settled(judged);
}

/* At least 5 % are answers; those that come too late are answers too. */
static int has_answers(const struct resolver_counters *judged)
{
	__u64 answers = counters_answered(judged) + judged->n[COUNTER_LATE_RESPONSES];

	return answers && 20 * answers >= counters_settled(judged);
}

static int intermittent(const struct resolver_counters *judged)
{
	return judged->n[COUNTER_TIMED_OUT] && has_answers(judged);
}

static int silent(const struct resolver_counters *judged)
{
	return !has_answers(judged) && !counters_unreachable(judged) &&
	       !judged->n[COUNTER_LATE_UNREACHABLES];
}

static const struct {
	enum cause cause;
	int (*matches)(const struct resolver_counters *judged);
} causes_in_order[] = {
	{CAUSE_NOT_SENT, not_sent},
	{CAUSE_PROHIBITED, prohibited},
	{CAUSE_PORT_CLOSED, port_closed},
	{CAUSE_NO_ROUTE, no_route},
	{CAUSE_REJECTED_ON_PATH, rejected_on_path},
	{CAUSE_SERVER_ERROR, server_error},
	{CAUSE_INTERMITTENT, intermittent},
	{CAUSE_SILENT, silent},
};

_Static_assert(sizeof(causes_in_order) / sizeof(*causes_in_order) == CAUSE_MAX - 1,
	       "a cause has no rule");

/*
 * What no row of the table fits, so that a resolver in trouble always has a cause: it says no in
 * some other way (ICMP of reason `other` from itself, late or not), or answers with errors, half
 * of them or fewer.
 */
static enum cause nearest(const struct resolver_counters *judged)
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
	return nearest(judged);
}

int suspect_forgery(const struct resolver_counters *minute, __u64 forgotten)
{
	__u64 unmatched = minute->n[COUNTER_UNMATCHED_UNREACHABLES];
	__u64 explained = minute->n[COUNTER_RETRANSMISSIONS] + minute->n[COUNTER_UNTRACKED] +
			  forgotten + counters_unsent(minute);

	return unmatched >= FORGED_LEAST && unmatched > explained;
}
