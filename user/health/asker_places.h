/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which askers lose their rows, so that new ones get rows: where most rows are in use, those that
 * have sent nothing for longest. In two steps, since a transaction may still end in a row: first
 * the engine finds an asker no more, and later its counts are moved. They go to an asker of the
 * same name (a service that was started again), or else to the former askers of the resolver. Pure.
 */
#ifndef HEALTH_ASKER_PLACES_H
#define HEALTH_ASKER_PLACES_H

#include "health/status.h"

#define ASKERS_WANTED (ASKERS_MAX / 4 * 3) /* rows in use; with more, some are given back */

/* A command, and which askers the numbers stood for. */
struct asker_choice {
	struct asker_command command;
	__u64 born, to_born;
};

struct asker_places;

/*
 * `timeout_ns`: that of transactions. `keeps_exported`: those that have metrics of their own keep
 * their rows, unless another of the same name is there: no series may fall. Returns NULL without
 * memory.
 */
struct asker_places *asker_places_new(__u64 timeout_ns, int keeps_exported);
void asker_places_free(struct asker_places *places); /* NULL is fine */

/* To be called once for each snapshot, with names. Returns how many choices were written. */
size_t asker_places_choose(struct asker_places *places, const struct snapshot *snapshot,
			   struct asker_choice to[ASKER_COMMANDS]);

#endif
