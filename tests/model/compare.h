/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What differs between the engine's counters and the model's, in words. */
#ifndef COMPARE_H
#define COMPARE_H

#include "engine.h"
#include "model.h"

const char *counter_word(unsigned counter);
const char *self_word(unsigned counter);
/* "other", or the address and what else tells the resolver apart. */
const char *resolver_word(const struct resolver_key *key);
/* 1 when they differ */
int differ(const char *whose, const char *what, uint64_t engine, uint64_t model, int quiet);

/* How many numbers differ; each is printed unless `quiet`. */
int compare_counts(const struct engine_counts *engine, const struct model *m, uint64_t slack,
		   int quiet);
#define SLACK_ANY (1ULL << 62)
/* The model's last_failure becomes the engine's. */
void compare_adopt_moments(const struct engine_counts *engine, struct model *m);
/* Whether the model may come to these by counting on; and whether it has met less that was busy. */
int compare_may_become(const struct engine_counts *engine, const struct model *m);
int compare_is_busier(const struct engine_counts *engine, const struct model *m);
/* How many of the four laws do not hold. */
int compare_laws(const struct engine_counts *engine, int quiet);
/*
 * The askers: how many numbers differ, 0 unless they are counted. *without_row: how many of the
 * model's count in a row `other` of the engine.
 */
int compare_askers(const struct engine_counts *engine, const struct model *m, unsigned *without_row,
		   int quiet);
/* How many sums over a resolver's askers are not what its row has. */
int compare_asker_laws(const struct engine_counts *engine, int quiet);
/* With tables too small: what their size cannot change; `room`: for open transactions. */
int compare_bounds(const struct engine_counts *engine, const struct model *m, uint64_t room,
		   int quiet);

#endif
