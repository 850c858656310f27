/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The last 5 minutes of each resolver, in slots of a few seconds: the data of a sparkline. Bounded:
 * a resolver that was never asked has none, and so have those beyond the first SPARKLINE_RESOLVERS.
 */
#ifndef HEALTH_SPARKLINE_H
#define HEALTH_SPARKLINE_H

#include "health/resolver_map.h"
#include "health/status.h"

#define SPARKLINE_SLOTS 60
#define SPARKLINE_SLOT_S 5
#define SPARKLINE_RESOLVERS 512

struct sparkline_slot {
	__u32 queries, settled, failed, errors;
};

struct sparklines;

/* Makes sparklines in a table of resolvers. Returns NULL when out of memory. */
struct sparklines *sparklines_new(struct resolver_map *resolvers);

/* Sets where counting stands before the first tick: it is in no slot. Returns 0 or -ENOMEM. */
int sparklines_prime(struct sparklines *sparklines, const struct snapshot *snapshot);

/* Begins a second, at `at_ns` on the snapshots' clock. */
void sparklines_advance(struct sparklines *sparklines, __u64 at_ns);

/* Counts what a resolver counted up to the running second, `now`. Returns 0 or -ENOMEM. */
int sparklines_count(struct sparklines *sparklines, struct health_entry *entry,
		     const struct resolver_counters *now);

/* Fills `to`, oldest slot first. Returns SPARKLINE_SLOTS, or 0 when `key` has no sparkline. */
int sparklines_of(const struct sparklines *sparklines, const struct resolver_key *key,
		  struct sparkline_slot to[SPARKLINE_SLOTS]);

void sparklines_free(struct sparklines *sparklines); /* NULL is fine */

#endif
