// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Unmatched responses set against timeouts, each response once and for a limited time. */
#include "health/translated.h"

#include "health/counters.h"

#include "util/clock.h"

#define TIMEOUTS_LEAST 3
/* A response explains a timeout for one to two periods: it comes before, by up to --timeout. */
#define PERIOD_NS (30 * NS_PER_S)

void unmatched_clock_init(struct unmatched_clock *clock, __u64 self)
{
	clock->self = clock->self_before = clock->period_self = clock->previous_self = self;
}

void unmatched_clock_tick(struct unmatched_clock *clock, __u64 self, __u64 now_ns)
{
	__u64 period = now_ns / PERIOD_NS;

	clock->self_before = clock->self;
	clock->self = self;
	if (period == clock->period)
		return;
	clock->previous_self =
		period == clock->period + 1 ? clock->period_self : clock->self_before;
	clock->period_self = clock->self_before;
	clock->period = period;
}

/* Brings the responses that fit no resolver up to this tick, each to the period that it came in. */
static void translated_expire(struct translation *t, const struct unmatched_clock *clock)
{
	if (!t->is_begun || clock->period > t->period + 1) {
		t->arrived[0] = t->arrived[1] = 0;
		/* Responses of before its first query are about none of its queries. */
		if (t->is_begun)
			t->arrived[1] = clock->period_self - clock->previous_self;
		t->self = t->is_begun ? clock->period_self : clock->self_before;
	} else if (clock->period != t->period) {
		t->arrived[1] = t->arrived[0] + clock->period_self - t->self;
		t->arrived[0] = 0;
		t->self = clock->period_self;
	}
	t->arrived[0] += clock->self - t->self;
	t->self = clock->self;
	t->period = clock->period;
	t->is_begun = 1;
}

/* Takes up to `n` of the responses, the older ones first. Returns how many there were. */
static __u64 translated_take(struct translation *t, __u64 n)
{
	__u64 taken = 0;
	int i;

	for (i = 1; i >= 0; i--) {
		__u64 some = n - taken < t->arrived[i] ? n - taken : t->arrived[i];

		t->arrived[i] -= some;
		taken += some;
	}
	return taken;
}

void translated_update(struct translation *t, const struct unmatched_clock *clock,
		       const struct resolver_counters *before, const struct resolver_counters *now)
{
	__u64 timed_out = counters_timed_out(now) - counters_timed_out(before);

	translated_expire(t, clock);
	t->arrived[0] += counters_unmatched_answers(now) - counters_unmatched_answers(before);
	if (translated_take(t, timed_out) == timed_out)
		t->explained += timed_out;
	else
		t->explained = 0;
}

int translated_explains(const struct translation *t, const struct resolver_counters *judged)
{
	__u64 timed_out = counters_timed_out(judged);

	return timed_out >= TIMEOUTS_LEAST && t->explained >= timed_out;
}
