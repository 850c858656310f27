/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The judge of all resolvers: from one snapshot to the next it looks up the resolvers that changed
 * and those that are due, updates their histories, and gives their verdicts. Pure: time is in the
 * snapshot. The judge owns the table of resolvers that incident.h and sparkline.h use, too.
 *
 * A second in which a resolver is neither in the snapshot nor due would not change its verdict: a
 * change sets when it is due next (a change leaves the window that it is judged by, it falls idle,
 * it recovers step by step). So a second costs what happened in it.
 */
#ifndef HEALTH_JUDGE_H
#define HEALTH_JUDGE_H

#include "health/resolver_map.h"
#include "health/state.h"
#include "health/status.h"

struct judge;

/* A resolver in a second in which it was judged; valid until the next call. */
struct judged_now {
	struct health_entry *entry;
	const struct resolver_counters *before, *now; /* at its last one, and now */
	enum state state;
	enum cause cause;
	enum judged_by judged_by;
	int is_forged, fails_inside; /* as in struct resolver_status, these and the next one */
	struct joined joined;
};

/*
 * Makes a judge to whom all counters were zero at `start_ns` (on the snapshots' `at_ns` clock).
 * `thresholds` NULL: the defaults. Returns NULL when out of memory.
 */
struct judge *judge_new(__u64 start_ns, const struct thresholds *thresholds);

/*
 * Sets where counting stands before the first second, when an earlier run began it: what `snapshot`
 * holds is in no window. Returns 0 or -ENOMEM.
 */
int judge_prime(struct judge *judge, const struct snapshot *snapshot);

/* Sets that no resolver is suspected of forgery from now on; default: those that are. */
void judge_set_without_suspicion(struct judge *judge, int without_suspicion);

/*
 * Begins a second with a snapshot, sorted by key, that must live until judge_next() has returned 0.
 * A resolver that it lacks is unchanged. Returns 0 or -ENOMEM.
 */
int judge_begin(struct judge *judge, const struct snapshot *snapshot);

/*
 * Judges the next resolver that changed or is due, in the order of keys. The entry `other` has
 * rates but is never judged: its state stays idle and its cause none (outputs ask
 * resolver_is_other()). Returns 1 and *ret; 0: that was all; -ENOMEM.
 */
int judge_next(struct judge *judge, struct judged_now *ret);

/* Returns when a resolver is due next, changed or not, in ns; DUE_NEVER: none is. */
__u64 judge_next_due_ns(const struct judge *judge);

/* Returns the time of the second before the last one that was begun, in ns. */
__u64 judge_previous_ns(const struct judge *judge);

/* Returns a count that moves when the state or cause of a resolver changes. */
unsigned long judge_changes(const struct judge *judge);

/*
 * Fills the rows and the status of all resolvers as of the last second, in the order of keys; both
 * have room for judge_count() of them. Returns 0 or -ENOMEM.
 */
int judge_status(struct judge *judge, struct resolver_snapshot *rows, struct resolver_status *out);

/* Returns how many resolvers there are, `other` included. */
size_t judge_count(const struct judge *judge);

/*
 * Fills *ret with the counters that the resolver is judged by, evidence included. Returns 0;
 * -ENOENT: there are none to judge it by.
 */
int judge_basis(const struct judge *judge, const struct resolver_key *key,
		struct resolver_counters *ret);

struct buffer;
struct saved;

/* Write what is known of all resolvers, and read it into a new judge: see memory.h. */
void judge_save(const struct judge *judge, struct buffer *out);
void judge_load(struct judge *judge, struct saved *from);

/* Returns the table of resolvers, the judge's own. */
struct resolver_map *judge_resolvers(struct judge *judge);

/* Frees the judge and the table: after the incidents and sparklines in it. NULL is fine. */
void judge_free(struct judge *judge);

#endif
