/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What one resolver's counters did in the last 5 minutes, and the sum of it over each window.
 * Keeps changes instead of samples (8 bytes for each counter that moved in a tick): a resolver
 * that nobody asks costs nothing, a busy one some 60 to 130 KB.
 *
 * What the sums mean is for rates.h, verdict.h and cause.h.
 */
#ifndef HEALTH_HISTORY_H
#define HEALTH_HISTORY_H

#include "health/tick_ring.h"

#define SETTLEMENTS_KEPT 3

struct change;

/* The counters just before a tick in which something settled. */
struct settled_at {
	__u64 at_ns;
	struct resolver_counters before;
};

struct history {
	struct change *changes; /* ring; indices run on, `room` is a power of two */
	size_t room, head;
	size_t tail[WINDOW_MAX];
	struct resolver_counters latest;
	struct resolver_counters windows[WINDOW_MAX];
	struct settled_at settlements[SETTLEMENTS_KEPT]; /* latest first */
	unsigned int settlement_count;
};

/* `now` are the counters at the timeline's last tick. A zeroed history is an empty one. -ENOMEM */
int history_add(struct history *history, const struct tick_ring *timeline,
		const struct resolver_counters *now);

/* The counters since (just before) a settlement; RTT buckets included. */
void history_since(const struct history *history, const struct settled_at *settlement,
		   struct resolver_counters *since);

void history_free(struct history *history);

#endif
