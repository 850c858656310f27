/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The judge of docs/counters.md in its plainest form: it keeps the counters of each second since
 * the start, and judges each resolver in each second from them. It shares the state machine
 * (state.c) and the table of causes (cause.c) with user/health/judge.c, and nothing of windows, of
 * the last settled, of evidence, or of when a resolver is looked at.
 */
#ifndef TESTS_PLAIN_JUDGE_H
#define TESTS_PLAIN_JUDGE_H

#include "health/cause.h"
#include "health/counters.h"
#include "health/translated.h"
#include "scene.h"

#define PLAIN_RESOLVERS 4
#define PLAIN_JITTER_NS (NS_PER_S / 4)

struct plain_resolver {
	struct health_entry *entry;   /* of the table that incidents use */
	struct resolver_counters *at; /* by tick */
	struct verdict verdict;
	int is_listed; /* something was counted so far */
	int is_judged, is_forged;
	__u64 judged_ns;
	struct translation translated;
};

struct plain_judge {
	struct resolver_map map;
	struct thresholds thresholds;
	__u64 *times, *forgotten;
	struct unmatched_clock unmatched;
	size_t ticks, room;
	struct plain_resolver resolvers[PLAIN_RESOLVERS];
};

static inline void plain_begin(struct plain_judge *plain, const struct resolver_key *keys,
			       __u64 start_ns, size_t room)
{
	unsigned int r;

	memset(plain, 0, sizeof(*plain));
	plain->thresholds = thresholds_default;
	plain->room = room;
	plain->times = calloc(room, sizeof(*plain->times));
	plain->forgotten = calloc(room, sizeof(*plain->forgotten));
	assert_non_null(plain->times);
	assert_non_null(plain->forgotten);
	plain->times[0] = start_ns;
	for (r = 0; r < PLAIN_RESOLVERS; r++) {
		plain->resolvers[r].entry = resolver_map_insert(&plain->map, &keys[r]);
		plain->resolvers[r].at = calloc(room, sizeof(struct resolver_counters));
		assert_non_null(plain->resolvers[r].entry);
		assert_non_null(plain->resolvers[r].at);
	}
}

static inline void plain_end(struct plain_judge *plain)
{
	unsigned int r;

	for (r = 0; r < PLAIN_RESOLVERS; r++)
		free(plain->resolvers[r].at);
	free(plain->times);
	free(plain->forgotten);
	resolver_map_free(&plain->map);
}

/* The latest tick that is at least as long ago as the window is long; else the start. */
static inline size_t plain_start(const struct plain_judge *plain, enum window window)
{
	static const unsigned int seconds[] = {1, 10, 60, 300};
	size_t start = plain->ticks;

	while (start &&
	       (start == plain->ticks || plain->times[start] + seconds[window] * NS_PER_S >
						 plain->times[plain->ticks] + PLAIN_JITTER_NS))
		start--;
	return start;
}

static inline void plain_window(const struct plain_judge *plain,
				const struct plain_resolver *resolver, enum window window,
				struct resolver_counters *ret)
{
	*ret = counters_since(&resolver->at[plain_start(plain, window)],
			      &resolver->at[plain->ticks]);
	ret->n[COUNTER_RTT_SUM_NS] = 0; /* no window needs it */
}

static inline int plain_is_outcome(unsigned int i)
{
	return (i >= COUNTER_ANSWERED_NOERROR && i <= COUNTER_TIMED_OUT) ||
	       (i >= COUNTER_UNSENT_HOST && i <= COUNTER_UNSENT_OTHER) ||
	       (i >= COUNTER_CONNECT_UNFOLLOWED && i <= COUNTER_CONNECT_TIMED_OUT) ||
	       i == COUNTER_CLOSED_FIN || i == COUNTER_CLOSED_RST;
}

/* Of the oldest second as many as are missing, of the most frequent outcomes. */
static inline void plain_trim(struct resolver_counters *judged,
			      const struct resolver_counters *newer)
{
	struct resolver_counters kept = *newer;
	unsigned int i, most;

	while (counters_settled(&kept) < 3) {
		most = COUNTER_TIMED_OUT;
		for (i = 0; i < COUNTER_MAX; i++)
			if (plain_is_outcome(i) &&
			    judged->n[i] - kept.n[i] > judged->n[most] - kept.n[most])
				most = i;
		kept.n[most]++;
	}
	for (i = COUNTER_EVIDENCE_PROHIBITED; i <= COUNTER_EVIDENCE_ON_PATH; i++)
		if (counters_failed(&kept) > counters_failed(newer))
			kept.n[i] = judged->n[i];
	kept.n[COUNTER_LATE_RESPONSES] = judged->n[COUNTER_LATE_RESPONSES];
	kept.n[COUNTER_LATE_UNREACHABLES] = judged->n[COUNTER_LATE_UNREACHABLES];
	kept.n[COUNTER_CONNECT_LATE] = judged->n[COUNTER_CONNECT_LATE];
	kept.n[COUNTER_CONNECT_ESTABLISHED] = judged->n[COUNTER_CONNECT_ESTABLISHED];
	kept.n[COUNTER_SESSION_REFUSED] = judged->n[COUNTER_SESSION_REFUSED];
	*judged = kept;
}

/* The last 3 settled, if none is older than an hour. Returns 1 when there are. */
static inline int plain_last_settled(const struct plain_judge *plain,
				     const struct plain_resolver *resolver,
				     struct resolver_counters *judged)
{
	struct resolver_counters newer = {0};
	const struct resolver_counters *at = resolver->at;
	size_t t;
	unsigned int found = 0;

	for (t = plain->ticks; t && found < 3; t--) {
		if (counters_settled(&at[t]) == counters_settled(&at[t - 1]))
			continue;
		found++;
		if (plain->times[plain->ticks] - plain->times[t] > 3600 * NS_PER_S)
			return 0;
		*judged = counters_since(&at[t - 1], &at[plain->ticks]);
		if (counters_settled(judged) > 3)
			plain_trim(judged, &newer);
		if (counters_settled(judged) == 3)
			return 1;
		newer = *judged;
	}
	return 0;
}

static inline enum judged_by plain_select(const struct plain_judge *plain,
					  const struct plain_resolver *resolver,
					  struct resolver_counters *judged)
{
	unsigned int window;

	for (window = WINDOW_10S; window < WINDOW_MAX; window++) {
		plain_window(plain, resolver, window, judged);
		if (counters_settled(judged) >= 3)
			return JUDGED_BY_10S + (window - WINDOW_10S);
	}
	return plain_last_settled(plain, resolver, judged) ? JUDGED_BY_LAST_SETTLED
							   : JUDGED_BY_NONE;
}

static inline __u64 plain_answers(const struct resolver_counters *counters)
{
	return counters_answered(counters) + counters->n[COUNTER_LATE_RESPONSES];
}

/* The counters behind the last answer: in its second, failures count when they are the later ones.
 */
static inline const struct resolver_counters *plain_answered(const struct plain_judge *plain,
							     const struct plain_resolver *resolver)
{
	const struct resolver_counters *at = resolver->at;
	size_t t = plain->ticks;

	while (t && plain_answers(&at[t]) == plain_answers(&at[t - 1]))
		t--;
	if (t && at[t].at[MOMENT_LAST_FAILURE] > at[t].at[MOMENT_LAST_ANSWERED] &&
	    counters_answered_with_error(&at[t]) == counters_answered_with_error(&at[t - 1]) &&
	    at[t].n[COUNTER_LATE_RESPONSES] == at[t - 1].n[COUNTER_LATE_RESPONSES])
		t--;
	return &at[t];
}

static inline void plain_add_evidence(const struct plain_judge *plain,
				      const struct plain_resolver *resolver,
				      struct resolver_counters *judged)
{
	const struct resolver_counters *answered = plain_answered(plain, resolver);
	struct resolver_counters recent;
	unsigned int i;

	if (counters_failed(judged) != counters_settled(judged))
		return;
	plain_window(plain, resolver, WINDOW_5M, &recent);
	for (i = COUNTER_EVIDENCE_PROHIBITED; i <= COUNTER_EVIDENCE_ON_PATH; i++) {
		__u64 since = resolver->at[plain->ticks].n[i] - answered->n[i];

		since = recent.n[i] < since ? recent.n[i] : since;
		judged->n[i] = judged->n[i] > since ? judged->n[i] : since;
	}
}

static inline void plain_add_established(const struct plain_judge *plain,
					 const struct plain_resolver *resolver,
					 struct resolver_counters *judged)
{
	struct resolver_counters recent;
	unsigned int i;

	for (i = COUNTER_CONNECT_ESTABLISHED; i <= COUNTER_CONNECT_TIMED_OUT; i++)
		if (judged->n[i])
			return;
	plain_window(plain, resolver, WINDOW_5M, &recent);
	judged->n[COUNTER_CONNECT_ESTABLISHED] = recent.n[COUNTER_CONNECT_ESTABLISHED];
}

static inline void plain_judge_one(const struct plain_judge *plain, struct plain_resolver *resolver)
{
	struct verdict before = resolver->verdict;
	__u64 now_ns = plain->times[plain->ticks];
	struct resolver_counters judged;
	enum judged_by judged_by;
	int too_soon = resolver->is_judged && now_ns - resolver->judged_ns < NS_PER_S * 3 / 4;

	plain_window(plain, resolver, WINDOW_5M, &judged);
	if (!judged.n[COUNTER_QUERIES] && !counters_settled(&judged)) {
		state_idle(&resolver->verdict);
		return;
	}
	judged_by = plain_select(plain, resolver, &judged);
	if (judged_by == JUDGED_BY_NONE && resolver->verdict.state == STATE_IDLE)
		resolver->verdict.state = STATE_PENDING;
	if (judged_by == JUDGED_BY_NONE)
		return;
	plain_add_evidence(plain, resolver, &judged);
	plain_add_established(plain, resolver, &judged);
	state_judge(&resolver->verdict, judged_by, &judged, &resolver->at[plain->ticks],
		    &plain->thresholds, translated_explains(&resolver->translated, &judged));
	resolver->is_judged = 1;
	if (too_soon && resolver->verdict.good > before.good)
		resolver->verdict = before;
	else
		resolver->judged_ns = now_ns;
}

/* A second: `rows` holds all resolvers, in the order of the keys. */
static inline void plain_tick(struct plain_judge *plain, const struct snapshot *snapshot,
			      const struct resolver_snapshot *rows, struct incidents *incidents)
{
	struct resolver_counters minute;
	unsigned int r;

	assert_true(++plain->ticks < plain->room);
	plain->times[plain->ticks] = snapshot->at_ns;
	unmatched_clock_tick(&plain->unmatched, snapshot->self.n[SELF_UNMATCHED_RESPONSES],
			     snapshot->at_ns);
	plain->forgotten[plain->ticks] = snapshot->self.n[SELF_FORGOTTEN];
	for (r = 0; r < PLAIN_RESOLVERS; r++) {
		struct plain_resolver *resolver = &plain->resolvers[r];
		struct judged_now judged = {.entry = resolver->entry,
					    .before = &resolver->at[plain->ticks - 1],
					    .now = &resolver->at[plain->ticks]};

		resolver->at[plain->ticks] = rows[r].counters;
		resolver->is_listed |= memcmp(judged.before, judged.now, sizeof(*judged.now)) != 0;
		if (!resolver->is_listed)
			continue;
		translated_update(&resolver->translated, &plain->unmatched, judged.before,
				  judged.now);
		plain_judge_one(plain, resolver);
		plain_window(plain, resolver, WINDOW_1M, &minute);
		resolver->is_forged =
			suspect_forgery(&minute,
					plain->forgotten[plain->ticks] -
						plain->forgotten[plain_start(plain, WINDOW_1M)]);
		judged.state = resolver->verdict.state;
		judged.cause = resolver->verdict.cause;
		judged.judged_by = resolver->verdict.judged_by;
		judged.is_forged = resolver->is_forged;
		assert_int_equal(incidents_follow(incidents, &judged, snapshot), 0);
	}
	incidents_end_second(incidents, snapshot);
}

#endif
