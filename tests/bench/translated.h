/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel has made of a program's instructions, as far as calls go: some helpers it writes
 * out in place, and which ones depends on the kernel. Nothing of that is assumed here.
 *
 * The kernel keeps the line of each instruction, and keeps it right whatever it inserts, replaces
 * and removes. So a program is loaded with lines that are the numbers of its own instructions, and
 * the kernel then says itself what became of each.
 */
#ifndef TRANSLATED_H
#define TRANSLATED_H

#include "measure.h"

#include <linux/bpf.h>

struct translated {
	const char *name;
	struct bpf_insn *code; /* as it was loaded, before the kernel translated it */
	int length;
	int *calls; /* that the kernel makes for each of these, or CALLS_UNKNOWN */
	struct bpf_line_info *lines;
};

/* What is loaded between the two has its instructions numbered. */
void translated_begin(void);
void translated_end(void);

/*
 * Of the program of that name, loaded meanwhile as `program`. `same` is one of the same object that
 * was loaded without numbers: the kernel must have translated it alike, so that the calls are its
 * own too. Where it cannot be known, all calls are unknown, and stderr has a word why. The answer
 * lasts until translated_forget().
 */
const struct translated *translated_of(const char *name, int program, int same);
void translated_forget(void);

#endif
