/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Timeouts of a resolver that as many other responses explain: its answers arrive under another
 * address, since they are translated (NAT) where dnsreach does not see both sides. Pure: time and
 * counters are arguments.
 */
#ifndef HEALTH_TRANSLATED_H
#define HEALTH_TRANSLATED_H

#include <dnsreach.h>

/*
 * The self counter of unmatched responses in periods of 30 s, for all resolvers. Zeroed at the
 * start.
 */
struct unmatched_clock {
	__u64 period;		 /* number of the running one */
	__u64 self, self_before; /* at the last tick, and the one before */
	__u64 period_self;	 /* when the running period began, */
	__u64 previous_self;	 /* and the one before */
};

/* Sets where the counter stands before the first tick. */
void unmatched_clock_init(struct unmatched_clock *clock, __u64 self);

/* Adds a tick at `now_ns`. The counter did not move in seconds that were left out before it. */
void unmatched_clock_tick(struct unmatched_clock *clock, __u64 self, __u64 now_ns);

/* Timeouts and responses of one resolver. Zeroed at the start. */
struct translation {
	__u64 period;	  /* of the last update */
	__u64 self;	  /* the self counter then */
	__u64 arrived[2]; /* unmatched responses that explain no timeout yet: of this period, of the
			     last one */
	__u64 explained;  /* the last so many timeouts are explained */
	int is_begun;
};

/* Updates *t by what was counted between `before` and `now`, up to the clock's last tick. */
void translated_update(struct translation *t, const struct unmatched_clock *clock,
		       const struct resolver_counters *before, const struct resolver_counters *now);

/*
 * Returns 1 when all timeouts of the judged counters are explained, and there are 3 or more. The
 * judged counters are the latest ones.
 */
int translated_explains(const struct translation *t, const struct resolver_counters *judged);

#endif
