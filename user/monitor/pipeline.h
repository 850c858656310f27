/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part that both drivers share, live.h (maps -> tick) and replay.h (recording -> tick): a
 * snapshot is judged, its incidents are followed, and the status for the outputs is filled in.
 */
#ifndef MONITOR_PIPELINE_H
#define MONITOR_PIPELINE_H

#include "health/incident.h"
#include "health/judge.h"
#include "health/memory.h"
#include "health/sparkline.h"
#include "monitor/settings.h"

struct pipeline {
	struct judge *judge;
	struct incidents *incidents;
	struct sparklines *sparklines; /* of the caller; NULL: none */
	struct snapshot
		snapshot; /* the driver fills it before a tick; it may lack unchanged ones */

	/* Filled by pipeline_status(), for all resolvers. */
	struct snapshot all;
	struct resolver_snapshot *rows;
	struct resolver_status *resolvers;
	size_t room;
	int is_filled; /* since the last tick */
	struct status status;
};

/*
 * Opens a zeroed pipeline whose counters start from 0 at `start_ns`. `f` (or NULL) is called for
 * incidents as they happen. Returns 0, or -ENOMEM after a message; to be closed in any case.
 */
int pipeline_open(struct pipeline *p, const struct settings *settings,
		  const struct engine_config *config, __u64 start_ns, incident_fn *f,
		  void *context);

/*
 * Opens it with the memory of an earlier process, written by memory_write(). Returns as
 * pipeline_open(); *ret_restored is 0 when the memory is not this version's: then it knows nothing.
 */
int pipeline_open_from(struct pipeline *p, const struct settings *settings,
		       const struct engine_config *config, __u64 start_ns, incident_fn *f,
		       void *context, const struct buffer *memory, int *ret_restored);

/* Sets where counting stands before the first tick: the snapshot, of an earlier run. 0 or -ENOMEM
 */
int pipeline_prime(struct pipeline *p);

/* Judges the snapshot and follows the incidents; once a second. Returns 0 or -ENOMEM. */
int pipeline_tick(struct pipeline *p);

/*
 * Returns when the next tick is needed though nothing is counted until then, in ns on the
 * snapshots' clock; DUE_NEVER: none is.
 */
__u64 pipeline_next_due_ns(const struct pipeline *p);

/*
 * Returns the status of all resolvers at the last tick, until the next one. Without memory it logs
 * an error and the status has no resolvers.
 */
const struct status *pipeline_status(struct pipeline *p);

void pipeline_close(struct pipeline *p); /* zeroed is fine */

#endif
