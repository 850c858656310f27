/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs a round on two CPUs: natively by scheduler.h, from a seed; in the kernel by two threads that
 * begin at the same time, each on a CPU of its own.
 */
#ifndef CPUS_H
#define CPUS_H

#include "../engine.h"
#include "../round.h"

/* How many CPUs there are for it: 2, or 1. */
int cpus_start(enum engine_kind kind, uint64_t seed);
void cpus_stop(void);

/* NULL, or what is wrong. *stopped: how often one of them was stopped in the midst of something. */
const char *cpus_run(const struct round *r, unsigned *stopped);

#endif
