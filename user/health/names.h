/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * States and causes in words, for every output alike. Which one it is, verdict.c and cause.c say.
 */
#ifndef HEALTH_NAMES_H
#define HEALTH_NAMES_H

#include "health/status.h"

/* "idle", "healthy", "degraded", "down" */
const char *state_name(enum state state);

/* "port-closed" and so on; NULL for CAUSE_NONE. */
const char *cause_name(enum cause cause);

/* What the cause means to a person, in one line; NULL for CAUSE_NONE. */
const char *cause_meaning(enum cause cause);

/* "1s", "10s", "1m", "5m" */
const char *window_name(enum window window);

#endif
