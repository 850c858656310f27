/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef MODEL_STREAMS_SESSIONS_H
#define MODEL_STREAMS_SESSIONS_H

#include "../engine.h"

#include <stdint.h>

/*
 * Runs an episode of random sessions of DNS over TLS, and compares what the engine counts. Adds the
 * packets that it sent to *sent. Returns 0, or the number of counters that differ.
 */
int sessions_run_episode(enum engine_kind engine, uint64_t seed, uint64_t *sent);

#endif
