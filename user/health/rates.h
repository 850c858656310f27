/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From what was counted over a window to its rates. Which window, and what follows, is for others.
 */
#ifndef HEALTH_RATES_H
#define HEALTH_RATES_H

#include "health/status.h"

/* `window`: the counters' increase over `seconds`. What has nothing to divide by is NAN. */
void rates_of(const struct resolver_counters *window, double seconds, struct rates *rates);

/* NAN when nothing settled */
double error_ratio(const struct resolver_counters *window);

#endif
