/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The likely cause of what a judged window shows, and the suspicion of forgery. */
#ifndef HEALTH_CAUSE_H
#define HEALTH_CAUSE_H

#include "health/status.h"

/* The first row of the table in docs/ that matches; CAUSE_NONE when none does. */
enum cause cause_of(const struct resolver_counters *judged);

/*
 * Unreachables that fit no query of ours keep coming, and more of them than our own doings
 * explain. `forgotten` is the self counter's increase in the same minute.
 */
int suspect_forgery(const struct resolver_counters *minute, __u64 forgotten);

#endif
