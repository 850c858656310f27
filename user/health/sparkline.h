/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The last minutes of each resolver, in slots of a few seconds: what a sparkline shows. Bounded: a
 * resolver that was never asked has none, and so have those beyond the first TREND_RESOLVERS.
 */
#ifndef HEALTH_SPARKLINE_H
#define HEALTH_SPARKLINE_H

#include "health/status.h"

#define TREND_SLOTS 60
#define TREND_SLOT_S 5
#define TREND_RESOLVERS 512

struct trend_slot {
	__u32 queries, settled, failed;
};

struct trend {
	struct resolver_key key;
	struct trend_slot slots[TREND_SLOTS]; /* oldest first when read through trends_of() */
};

struct trends;

struct trends *trends_new(void); /* NULL: out of memory */

/* Before the first tick, as judge_prime(). -ENOMEM */
int trends_prime(struct trends *trends, const struct snapshot *snapshot);

/* After each judge_tick() with its report. -ENOMEM */
int trends_tick(struct trends *trends, const struct report *report);

/* Oldest first into `to`, TREND_SLOTS of them; returns 0 when there is nothing about `key`. */
int trends_of(const struct trends *trends, const struct resolver_key *key,
	      struct trend_slot to[TREND_SLOTS]);

void trends_free(struct trends *trends); /* NULL is fine */

#endif
