/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Timeouts of a resolver that as many other responses explain: its answers arrive under another
 * address, since they are translated (NAT) where dnsreach does not see both sides. Pure: time and
 * counters are arguments.
 */
#ifndef HEALTH_TRANSLATED_H
#define HEALTH_TRANSLATED_H

#include <dnsreach.h>

/* Timeouts and responses of one resolver, from one second to the next. Zeroed at the start. */
struct translation {
	__u64 at_ns;	  /* of the last update */
	__u64 period_ns;  /* begin of the period that `arrived[0]` is of */
	__u64 self;	  /* the self counter of unmatched responses then */
	__u64 arrived[2]; /* unmatched responses that explain no timeout yet: of this period, of the
			     last one */
	__u64 explained;  /* the last so many timeouts are explained */
};

/*
 * Updates *t by what was counted between `before` and `now`, at `now_ns`. `self` is the self
 * counter of unmatched responses now, `self_before` a second ago.
 */
void translated_update(struct translation *t, const struct resolver_counters *before,
		       const struct resolver_counters *now, __u64 self_before, __u64 self,
		       __u64 now_ns);

/*
 * Returns 1 when all timeouts of the judged counters are explained, and there are 3 or more. The
 * judged counters are the latest ones.
 */
int translated_explains(const struct translation *t, const struct resolver_counters *judged);

#endif
