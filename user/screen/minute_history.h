/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hour of each resolver as the screen has seen it, from the differences of statuses:
 * outcomes of the last hour by the minute, and since when its state is what it is. Nothing is known
 * of the time before the first status, and of a gap between two: those minutes are not 0.
 */
#ifndef SCREEN_MINUTE_HISTORY_H
#define SCREEN_MINUTE_HISTORY_H

#include "health/status.h"

#define MINUTES_KEPT 60
#define MINUTES_RESOLVERS 4096 /* further ones have no minutes */
#define MINUTES_ENTRIES 140000 /* further ones have nothing */
#define MINUTES_GAP_S 90       /* what was counted in a longer gap is in no minute */

struct minute_counts {
	__u64 answered, errors, failed; /* answered: without an error */
	int is_known;			/* some of this minute was seen */
};

struct minute_entry {
	struct resolver_key key;
	enum state state;
	__u64 state_since_ns; /* since 1970; how long it has had this state, at least */
	int since_is_known;   /* it has changed to it at that time */
	__u64 last_answer_ns, last_failure_ns; /* since 1970; 0: none was seen */
	__u64 answered, errors, failed;	       /* in all, at the last status */
	__u64 minute;			       /* of the last status, since 1970 */
	struct minute_counts *minutes;	       /* by minute % MINUTES_KEPT; NULL: nothing settled */
};

/* Zeroed is empty. With `from_zero` the first status has counted from zero, else from before. */
struct minute_history {
	int from_zero;
	struct minute_entry *entries; /* sorted by key */
	size_t count, room, with_minutes;
	__u64 began_ns, last_ns; /* wall clock of the first and of the last status */
};

/* Adds a status. Returns 0 or -ENOMEM. */
int minute_history_add(struct minute_history *history, const struct status *status);

/* Returns what is known of a resolver, until the next minute_history_add(); NULL: nothing. */
const struct minute_entry *minute_history_find(const struct minute_history *history,
					       const struct resolver_key *key);

/*
 * Returns the minute that was `ago` minutes before that of `now_ns`, since 1970: is_known is 0 for
 * one that was not seen.
 */
struct minute_counts minute_history_ago(const struct minute_entry *entry, __u64 now_ns,
					unsigned int ago);

void minute_history_free(struct minute_history *history);

#endif
