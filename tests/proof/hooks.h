/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs a CPU's part of a scenario up to its next access that another CPU can notice. The code is
 * run from its beginning each time, with the results that its accesses had: so it needs no stack of
 * its own.
 */
#ifndef PROOF_HOOKS_H
#define PROOF_HOOKS_H

#include "machine.h"

/* What a CPU does, by its number. */
typedef void hooks_program(uint32_t cpu);

/* Forgets all locations. */
void hooks_start(hooks_program *program);
/* Puts the machine to the beginning, with all known locations. */
void hooks_machine(struct proof_machine *m, uint32_t cpus);
/* Leaves the next access in m->cpu[cpu].next. */
void hooks_run(struct proof_machine *m, uint32_t cpu);
/* Writes the machine's memory to the engine's. */
void hooks_write_back(const struct proof_machine *m);
/* Returns 1 once after a location turned out to be shared: then all begins anew. */
int hooks_changed(void);
const char *hooks_location(uint32_t location);

/* In a program: see enum access_kind. */
void hooks_wait(uint32_t cpu, uint32_t steps);
void hooks_step_done(void);
/* The function that may be called once, at any access of the program. NULL: none. */
void hooks_interrupt(void (*f)(void));

/* Calls f for each atomic operation that was reached: its function and kind. */
void hooks_each_reached(void (*f)(const char *function, const char *kind));

#endif
