/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two CPUs in one thread: some actors, each on a CPU of its own or interrupted on its own CPU, of
 * which one runs at a time. The engine is compiled with -fsanitize=thread, without that runtime (as
 * the kernel does it for KCSAN): before each access to memory it calls a function, and there
 * another actor may go on. Which one and when comes from a seed, so that each run can be repeated.
 */
#ifndef SCHEDULER_H
#define SCHEDULER_H

#include <stdint.h>

struct actor {
	/* Does the next thing, say one packet; returns 0 when there was none left. */
	int (*next)(void *context);
	void *context;
	uint32_t cpu;
	int interrupted; /* 1, of the last one: as a process; stands still while another of its CPU
			  * is at something
			  */
};

#define SCHEDULER_ACTORS 3

/* Runs them all to their ends. Returns how often one was stopped in the midst of something. */
unsigned scheduler_run(const struct actor *actors, unsigned n, uint64_t *random);

#endif
