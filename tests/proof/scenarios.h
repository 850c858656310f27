/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the CPUs do at once, and what must be true when they are done. */
#ifndef PROOF_SCENARIOS_H
#define PROOF_SCENARIOS_H

#include "engine.h"

#define STEPS_MAX 12
#define ANY (-1)

enum action { NOTHING, QUERY, ANSWER, UNREACHABLE, SHORT_QUOTE, SWEEP };

struct scenario_step {
	uint8_t action;
	uint8_t flow;	   /* 0 and 1 have the same tag */
	uint16_t at_100ms; /* time of the message */
	uint8_t after;	   /* CPUs that have done their first step before this, as bits */
	uint8_t interrupt; /* action of a packet that interrupts this sweep; it is of the same flow
			      and time */
};

/* Sums of all CPUs, with what was done before. ANY: whatever the laws allow. */
struct expectation {
	int transactions, answered, timed_out, late, unmatched, open;
};

struct scenario {
	const char *name;
	int is_long; /* only with PROOF=long */
	uint32_t cpus;
	struct scenario_step before[STEPS_MAX];
	struct scenario_step step[PROOF_CPUS][4];
	struct expectation expected;
};

extern const struct scenario scenarios[];
extern const uint32_t scenario_count;

/* Chooses the flows. Call once. */
void scenarios_start(void);
/* Brings the engine to where the scenario begins. */
void scenario_begin(const struct scenario *s);
/* The program of a CPU, for hooks_start(). */
void scenario_program(uint32_t cpu);
/* Returns NULL, or what is wrong with the end. `tallies` of all CPUs. */
const char *scenario_check(const struct tally *tallies, struct tally *sum);

#endif
