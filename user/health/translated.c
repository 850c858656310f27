// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Unmatched responses set against timeouts, each response once and for a limited time. */
#include "health/translated.h"

#include "util/clock.h"

#define TIMEOUTS_LEAST 3
/* A response explains a timeout for one to two periods: it comes before, by up to --timeout. */
#define PERIOD_NS (30 * NS_PER_S)

static void translated_expire(struct translation *t, __u64 now_ns)
{
	if (now_ns - t->period_ns < PERIOD_NS)
		return;
	t->arrived[1] = now_ns - t->period_ns < 2 * PERIOD_NS ? t->arrived[0] : 0;
	t->arrived[0] = 0;
	t->period_ns = now_ns;
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

void translated_update(struct translation *t, const struct resolver_counters *before,
		       const struct resolver_counters *now, __u64 self_before, __u64 self,
		       __u64 now_ns)
{
	__u64 timed_out = now->n[COUNTER_TIMED_OUT] - before->n[COUNTER_TIMED_OUT];

	/* Responses of long before are about no query of now. */
	if (!t->at_ns || now_ns - t->at_ns >= PERIOD_NS)
		t->self = self_before;
	translated_expire(t, now_ns);
	t->arrived[0] += self - t->self + now->n[COUNTER_UNMATCHED_RESPONSES] -
			 before->n[COUNTER_UNMATCHED_RESPONSES];
	t->self = self;
	t->at_ns = now_ns;
	if (translated_take(t, timed_out) == timed_out)
		t->explained += timed_out;
	else
		t->explained = 0;
}

int translated_explains(const struct translation *t, const struct resolver_counters *judged)
{
	__u64 timed_out = judged->n[COUNTER_TIMED_OUT];

	return timed_out >= TIMEOUTS_LEAST && t->explained >= timed_out;
}
