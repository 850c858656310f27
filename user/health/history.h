/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The counters of one resolver: as they are, those of the last 5 minutes summed over each window,
 * and those before the last ones that settled. state.h says what the sums mean, tick_ring.h where a
 * window starts.
 *
 * The last 5 minutes are kept as changes instead of samples (8 bytes for each counter that moved in
 * a tick): a busy resolver costs 60 to 130 KB, one without a change in them only its counters.
 */
#ifndef HEALTH_HISTORY_H
#define HEALTH_HISTORY_H

#include "health/counters_delta.h"
#include "health/due_wheel.h"
#include "health/status.h"
#include "health/tick_ring.h"

#define SETTLED_AT_KEPT 3
#define EVIDENCE_FIRST COUNTER_EVIDENCE_PROHIBITED
#define EVIDENCE_LAST COUNTER_EVIDENCE_ON_PATH
#define EVIDENCE_MAX (EVIDENCE_LAST - EVIDENCE_FIRST + 1)

/* The counters just before a tick in which a transaction settled. */
struct settled_at {
	__u64 at_ns;
	struct counters_delta before; /* from zero */
};

struct recent_changes;

/* Zeroed is empty. */
struct history {
	struct counters_delta latest;		    /* from zero */
	struct recent_changes *recent;		    /* NULL: nothing was counted in 5 minutes */
	struct settled_at settled[SETTLED_AT_KEPT]; /* latest first */
	unsigned int settled_count;
	__u32 active_tick; /* of the last query or settled transaction; 0: none */
};

/*
 * Adds the counters `now` of the ring's last tick. `latest`: those of history->latest. Returns 0 or
 * -ENOMEM.
 */
int history_add(struct history *history, const struct tick_ring *ring,
		const struct resolver_counters *latest, const struct resolver_counters *now);

/* Takes out of the windows what has left them by the ring's last tick. */
void history_expire(struct history *history, const struct tick_ring *ring);

/* Gives back the memory of the last 5 minutes when nothing was counted in them. */
void history_trim(struct history *history);

/* Fills *ret with the sums of a window, as of the last history_add() or history_expire(). */
void history_window(const struct history *history, enum window window,
		    struct resolver_counters *ret);

/* Returns the sum of the counters from `first` to `last` in a window, both included. */
__u64 history_sum(const struct history *history, enum window window, enum counter first,
		  enum counter last);

/* Returns what settled in a window, as counters_settled(). */
__u64 history_settled(const struct history *history, enum window window);

/* Returns the time of the oldest change in a window, in ns; DUE_NEVER: the window is empty. */
__u64 history_oldest_ns(const struct history *history, const struct tick_ring *ring,
			enum window window);

/* Returns the time of the newest change of the last 5 minutes, in ns; DUE_NEVER: there is none. */
__u64 history_newest_ns(const struct history *history, const struct tick_ring *ring);

/* Returns the evidence since the last answer, at most that of 5 minutes. `i`: from EVIDENCE_FIRST.
 */
__u64 history_evidence(const struct history *history, const struct resolver_counters *latest,
		       unsigned int i);

/* Fills `since` with what was counted since (just before) `from`, RTT buckets included. */
void history_since(const struct resolver_counters *latest, const struct settled_at *from,
		   struct resolver_counters *since);

struct buffer;
struct saved;

/* Write a history, and read it back: see memory.h. */
void history_save(const struct history *history, struct buffer *out);
void history_load(struct history *history, struct saved *from);

void history_free(struct history *history);

/* Computes the rates of a window: the counters' increase over `seconds`. x / 0 is NAN. */
void rates_of(const struct resolver_counters *window, double seconds, struct rates *rates);

#endif
