/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counters of one resolver in the last hour, as checkpoints: one a second for the latest
 * seconds, fewer the longer ago. An incident is noticed some time after it began, and counts from
 * where it began. The exact windows for the rates are in history.h.
 */
#ifndef HEALTH_HOUR_HISTORY_H
#define HEALTH_HOUR_HISTORY_H

#include <dnsreach.h>
#include <stddef.h>

#define CHECKPOINTS_MAX 64

/* The counters at one tick, and whether something failed since the checkpoint before it. */
struct checkpoint {
	__u64 at_ns;
	__u64 failing_from_ns; /* earliest start of a failing run that counted here; 0: none did */
	__u64 settled;	       /* in all, so far */
	__u32 length;	       /* bytes of what was counted since the checkpoint before it */
	__u32 pad;
};

/* Zeroed is empty. */
struct hour_history {
	struct checkpoint *points; /* oldest first */
	__u8 *bytes; /* of each: see counters_delta.h; the oldest one's are from zero */
	size_t length, bytes_room;
	size_t count, room;
	int forgot; /* nothing before the oldest checkpoint is known any more */
};

/*
 * Adds the counters `now` at `at_ns`, which were `before` at the last checkpoint; the tick before
 * was at `last_ns`. Returns 0 or -ENOMEM.
 */
int hour_history_add(struct hour_history *history, __u64 last_ns, __u64 at_ns,
		     const struct resolver_counters *before, const struct resolver_counters *now);

/*
 * Sets where counting stands when an earlier run began it: nothing before `now` is known. Returns 0
 * or -ENOMEM.
 */
int hour_history_prime(struct hour_history *history, __u64 at_ns,
		       const struct resolver_counters *now);

/*
 * Returns when the earliest failing run began among the failures and error answers of the last
 * `length_ns`; 0 when there were none.
 */
__u64 hour_history_began(const struct hour_history *history, __u64 now_ns, __u64 length_ns);

/* Returns when the earliest failing run began among the last `settled` settled; 0: none did. */
__u64 hour_history_began_settled(const struct hour_history *history, __u64 settled);

/*
 * Fills *ret with the latest counters that are not later than `at_ns`; zero before the first
 * checkpoint. Returns the index of the checkpoint behind.
 */
size_t hour_history_before(const struct hour_history *history, __u64 at_ns,
			   struct resolver_counters *ret);

/* Adds to *counters, those at the checkpoint before `index`, what checkpoint `index` counted. */
void hour_history_step(const struct hour_history *history, size_t index,
		       struct resolver_counters *counters);

/* Ends the failing runs so far: the resolver has recovered. */
void hour_history_recovered(struct hour_history *history);

struct buffer;
struct saved;

/* Write it, and read it back: see memory.h. */
void hour_history_save(const struct hour_history *history, struct buffer *out);
void hour_history_load(struct hour_history *history, struct saved *from);

void hour_history_free(struct hour_history *history);

#endif
