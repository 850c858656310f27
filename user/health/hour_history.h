/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What one resolver's counters were in the last hour: each second of late, sparser the longer ago.
 * An incident is noticed some time after it began, and counts from where it began. The exact
 * windows that rates are made of are history.h.
 */
#ifndef HEALTH_HOUR_HISTORY_H
#define HEALTH_HOUR_HISTORY_H

#include <dnsreach.h>
#include <stddef.h>

/* The counters at one tick, and what became worse since the mark before it. */
struct mark {
	__u64 at_ns;
	__u64 failing_from_ns; /* earliest start of a failing run that counted here; 0: none did */
	struct resolver_counters counters;
};

/* Zeroed is empty. */
struct past {
	struct mark *marks; /* oldest first */
	size_t count, room;
	int forgot; /* what was before the oldest mark is not known any more */
};

/* The counters at `at_ns`; the tick before that was at `last_ns`. -ENOMEM */
int past_add(struct past *past, __u64 last_ns, __u64 at_ns, const struct resolver_counters *now);

/* Counting went on before we looked: `now` is where it stands, nothing before is known. -ENOMEM */
int past_prime(struct past *past, __u64 at_ns, const struct resolver_counters *now);

/* When the earliest run began of what failed, or was answered with an error, in the last
 * `length_ns`; 0: nothing was. */
__u64 past_began(const struct past *past, __u64 now_ns, __u64 length_ns);

/* The same for the last `settled` settled, however long that took. */
__u64 past_began_settled(const struct past *past, __u64 settled);

/*
 * The latest counters that are not later than `at_ns`; zero before the first mark. *next: the
 * index of the mark behind.
 */
const struct resolver_counters *past_before(const struct past *past, __u64 at_ns, size_t *next);

/* What went wrong so far is over: the resolver has recovered. */
void past_recovered(struct past *past);

void past_free(struct past *past);

#endif
