/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What people are shown first, and over which window. How it looks is table.h and summary.h. */
#ifndef VIEW_ORDER_H
#define VIEW_ORDER_H

#include "health/status.h"

/* Over 10 s, or over 1 min when nothing settled in 10 s. */
const struct rates *resolver_shown_rates(const struct resolver_status *resolver);

/* Anything was ever sent to it, or refused by our own stack. */
int resolver_was_queried(const struct resolver_status *resolver);

/*
 * The resolvers worst state first, then by queries per second, then by key; `other` comes last,
 * and only once it was asked. *count: how many. The caller frees it; NULL when out of memory.
 */
const struct resolver_status **status_sort_worst_first(const struct status *status, size_t *count);

#endif
