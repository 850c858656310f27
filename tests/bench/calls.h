/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many calls a packet makes: of helpers as the running kernel has translated the program, and
 * of functions of our own. A second object, equal to the one that is measured, is interpreted
 * (machine.h) on its own maps. The same packet goes through the measured object in the kernel, and
 * both have to count the same: any difference ends the process.
 */
#ifndef CALLS_H
#define CALLS_H

#include "../packet/frames.h"
#include "datapath/loader.h"

struct calls;

/* `measured` was loaded with this configuration. What it has counted is lost. */
struct calls *calls_open(const struct engine_config *config, struct loader *measured);
void calls_close(struct calls *c); /* and nothing is left in the measured object */

/* As if nothing had come yet. */
void calls_reset(struct calls *c);

/* The next packet, through this program of the measured object. Its calls, or CALLS_UNKNOWN. */
int calls_of(struct calls *c, int program, const struct frame *f);

#endif
