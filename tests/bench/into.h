/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A program behind `vary` (vary.bpf.c), which makes each packet of a sample another one. */
#ifndef INTO_H
#define INTO_H

#include "vary.h"
#include "vary.skel.h"

#define PAIRS 1000 /* packets of one sample: each opens or ends another transaction */

/* `vary`, going on into one program for good: to change that takes the kernel milliseconds. */
struct into {
	struct vary *object;
	int vary, nothing;
};

struct bench {
	struct into floor, queries, outcomes;
};

/* 0: into the empty program. */
void open_into(struct into *i, int program);

#endif
