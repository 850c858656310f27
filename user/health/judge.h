/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The judge of all resolvers: from one snapshot to the next it looks each resolver up, updates its
 * history, and gives its rates and its verdict. Pure: time is in the snapshot. The judge owns the
 * table of resolvers that incident.h and sparkline.h use, too.
 */
#ifndef HEALTH_JUDGE_H
#define HEALTH_JUDGE_H

#include "health/resolver_map.h"
#include "health/status.h"
#include "health/state.h"

struct judge;

/*
 * Makes a judge to whom all counters were zero at `start_ns` (on the snapshots' `at_ns` clock).
 * `thresholds` NULL: the defaults. Returns NULL when out of memory.
 */
struct judge *judge_new(__u64 start_ns, const struct thresholds *thresholds);

/*
 * Sets where counting stands before the first tick, when an earlier run began it: what `snapshot`
 * holds is in no window. Returns 0 or -ENOMEM.
 */
int judge_prime(struct judge *judge, const struct snapshot *snapshot);

/*
 * Judges each resolver; to be called once a second of the snapshots' time. Fills
 * `out[snapshot->count]` in the snapshot's order; `out[i].now` points into the snapshot. The entry
 * `other` has rates but is never judged: its state stays idle and its cause none (outputs ask
 * resolver_is_other()). Returns 0 or -ENOMEM.
 */
int judge_tick(struct judge *judge, const struct snapshot *snapshot, struct resolver_status *out);

/*
 * Returns the counters that the resolver's state was last judged by, evidence included; NULL when
 * it never was.
 */
const struct resolver_counters *judge_basis(const struct judge *judge,
					    const struct resolver_key *key);

/* Returns the table of resolvers, the judge's own. */
struct resolver_map *judge_resolvers(struct judge *judge);

/* Frees the judge and the table: after the incidents and sparklines in it. NULL is fine. */
void judge_free(struct judge *judge);

#endif
