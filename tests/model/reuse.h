/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes rows from askers, at random, as user/health/asker_places.c does from those that are idle:
 * first no lookup finds them, and when none of their transactions is open, their counts are moved.
 * Here and there a command that the engine must not carry out.
 */
#ifndef REUSE_H
#define REUSE_H

#include "engine.h"
#include "rows.h"

struct reuse_counts {
	uint64_t of[COMMAND_MAX];
};

/* Gives the next sweep commands, and the model, which carries them out at once. */
void reuse_rows(uint64_t *random, struct model *m, const struct engine_counts *counts,
		struct reuse_counts *n);

#endif
