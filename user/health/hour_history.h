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
struct checkpoint {
	__u64 at_ns;
	__u64 failing_from_ns; /* earliest start of a failing run that counted here; 0: none did */
	struct resolver_counters counters;
};

/* Zeroed is empty. */
struct hour_history {
	struct checkpoint *marks; /* oldest first */
	size_t count, room;
	int forgot; /* what was before the oldest mark is not known any more */
};

/* The counters at `at_ns`; the tick before that was at `last_ns`. -ENOMEM */
int hour_history_add(struct hour_history *past, __u64 last_ns, __u64 at_ns,
		     const struct resolver_counters *now);

/* Counting went on before we looked: `now` is where it stands, nothing before is known. -ENOMEM */
int hour_history_prime(struct hour_history *past, __u64 at_ns, const struct resolver_counters *now);

/* When the earliest run began of what failed, or was answered with an error, in the last
 * `length_ns`; 0: nothing was. */
__u64 hour_history_began(const struct hour_history *past, __u64 now_ns, __u64 length_ns);

/* The same for the last `settled` settled, however long that took. */
__u64 hour_history_began_settled(const struct hour_history *past, __u64 settled);

/*
 * The latest counters that are not later than `at_ns`; zero before the first mark. *next: the
 * index of the mark behind.
 */
const struct resolver_counters *hour_history_before(const struct hour_history *past, __u64 at_ns,
						    size_t *next);

/* What went wrong so far is over: the resolver has recovered. */
void hour_history_recovered(struct hour_history *past);

void hour_history_free(struct hour_history *past);

#endif
