/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Searches all that can happen in a scenario. */
#ifndef PROOF_EXPLORE_H
#define PROOF_EXPLORE_H

#include "scenarios.h"

struct explored {
	uint64_t states, moves, ends;
	uint64_t busy;	    /* ends with an operation given up after three tries */
	uint64_t limit_hit; /* 1: stopped at the limit of states */
	uint32_t deepest;   /* moves in the longest path */
	uint32_t outcomes;  /* ends that differ in their counters */
	const char *wrong;  /* NULL, or what is wrong; its path was printed */
};

/* Searches, but not more than `limit` states (0: all). */
struct explored explore(const struct scenario *s, uint64_t limit);

#endif
