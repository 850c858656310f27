/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From snapshot to report: follows every resolver from one snapshot to the next and says how it
 * does. Pure: time is in the snapshot, nothing is read and nothing printed. Incidents are for
 * others, who get from here what the last judgement was based on.
 */
#ifndef HEALTH_JUDGE_H
#define HEALTH_JUDGE_H

#include "health/status.h"
#include "health/verdict.h"

struct judge;

/*
 * All counters are taken to have been zero at `start_ns` (on the snapshots' `at_ns` clock).
 * `thresholds` NULL: the defaults. NULL when out of memory.
 */
struct judge *judge_new(__u64 start_ns, const struct thresholds *thresholds);

/*
 * Before the first tick: counting went on before we looked, and stands at `snapshot`. What is in
 * there is in no window. -ENOMEM
 */
int judge_prime(struct judge *judge, const struct snapshot *snapshot);

/*
 * Once a second of the snapshots' time. Fills `out[snapshot->count]` in the snapshot's order;
 * `out[i].now` points into the snapshot. The entry `other` has rates but is never judged: its
 * state stays idle and its cause none (outputs ask resolver_is_other()). -ENOMEM
 */
int judge_tick(struct judge *judge, const struct snapshot *snapshot, struct resolver_status *out);

/*
 * The counters that the resolver's state was last judged by, evidence included; NULL when it
 * never was.
 */
const struct resolver_counters *judge_basis(const struct judge *judge,
					    const struct resolver_key *key);

void judge_free(struct judge *judge);

#endif
