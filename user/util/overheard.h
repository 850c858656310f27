/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What other parts say on standard error, kept back for a command that has one line to say all:
 * monitoring systems read only that.
 */
#ifndef UTIL_OVERHEARD_H
#define UTIL_OVERHEARD_H

#include "util/buffer.h"

struct overheard {
	int file, stderr_fd; /* -1: nothing is kept back */
};

void overheard_begin(struct overheard *o);

/* Standard error is itself again; adds what was said, without names in front, in one line. */
void overheard_end(struct overheard *o, struct buffer *words);

#endif
