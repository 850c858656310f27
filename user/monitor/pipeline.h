/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part that both drivers share, live.h (maps -> tick) and replay.h (recording -> tick): a
 * snapshot is judged, its incidents are followed, and the status for the outputs is filled in.
 */
#ifndef MONITOR_PIPELINE_H
#define MONITOR_PIPELINE_H

#include "health/incident.h"
#include "health/judge.h"
#include "monitor/settings.h"

struct pipeline {
	struct judge *judge;
	struct incidents *incidents;
	struct snapshot snapshot; /* the driver fills it before a tick */
	struct resolver_status *resolvers;
	struct status status;  /* of the last tick */
	int without_suspicion; /* 1: no resolver is suspected of forgery */
};

/*
 * Opens a zeroed pipeline whose counters start from 0 at `start_ns`. `f` (or NULL) is called for
 * incidents as they happen. Returns 0, or -ENOMEM after a message; to be closed in any case.
 */
int pipeline_open(struct pipeline *p, const struct settings *settings,
		  const struct engine_config *config, __u64 start_ns, incident_fn *f,
		  void *context);

/* Sets where counting stands before the first tick: the snapshot, of an earlier run. 0 or -ENOMEM
 */
int pipeline_prime(struct pipeline *p);

/* Judges the snapshot and follows the incidents; once a second. Returns 0 or -ENOMEM. */
int pipeline_tick(struct pipeline *p);

void pipeline_close(struct pipeline *p); /* zeroed is fine */

#endif
