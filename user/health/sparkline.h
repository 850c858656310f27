/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The last minutes of each resolver, in slots of a few seconds: what a sparkline shows. Bounded: a
 * resolver that was never asked has none, and so have those beyond the first SPARKLINE_RESOLVERS.
 */
#ifndef HEALTH_SPARKLINE_H
#define HEALTH_SPARKLINE_H

#include "health/status.h"

#define SPARKLINE_SLOTS 60
#define SPARKLINE_SLOT_S 5
#define SPARKLINE_RESOLVERS 512

struct sparkline_slot {
	__u32 queries, settled, failed;
};

struct sparkline {
	struct resolver_key key;
	struct sparkline_slot
		slots[SPARKLINE_SLOTS]; /* oldest first when read through sparklines_of() */
};

struct sparklines;

struct sparklines *sparklines_new(void); /* NULL: out of memory */

/* Before the first tick, as judge_prime(). -ENOMEM */
int sparklines_prime(struct sparklines *trends, const struct snapshot *snapshot);

/* After each judge_tick() with its report. -ENOMEM */
int sparklines_tick(struct sparklines *trends, const struct status *report);

/* Oldest first into `to`, SPARKLINE_SLOTS of them; returns 0 when there is nothing about `key`. */
int sparklines_of(const struct sparklines *trends, const struct resolver_key *key,
		  struct sparkline_slot to[SPARKLINE_SLOTS]);

void sparklines_free(struct sparklines *trends); /* NULL is fine */

#endif
