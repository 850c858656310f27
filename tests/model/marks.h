/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Samples of queries. Which queries are sampled is the engine's affair. But each opens a
 * transaction, which is marked, and each that is marked is sampled again if it times out. Of the
 * native engine only.
 */
#ifndef MODEL_MARKS_H
#define MODEL_MARKS_H

#include "model.h"

/* From now on the engine's samples are about the transactions of this model. */
void marks_start(struct model *m);
/* How many numbers differ. */
int compare_marks(const struct model *m, int quiet);
/* Marked transactions that have timed out, since the start of the program. */
uint64_t marks_timed_out(void);

#endif
