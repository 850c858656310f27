/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counting on this host: the object loaded, interfaces attached and followed, and once a second a
 * sweep, a snapshot and a judgement. What is shown of it is the command's own.
 */
#ifndef MONITOR_LIVE_H
#define MONITOR_LIVE_H

#include "monitor/settings.h"
#include "health/incident.h"

struct handover;
struct live;

/*
 * Returns 0 and *ret, to be freed with live_close(), or -errno after a message; -EINVAL only for
 * settings that make no sense. `f` (or NULL) hears of incidents as they happen.
 */
int live_open(const struct settings *settings, incident_fn *f, void *context, struct live **ret);

/*
 * The same with what an earlier run has left, and handing on what is counted: see
 * datapath/handover.h. `handover` is the caller's, and must live as long.
 */
int live_open_from(const struct settings *settings, struct handover *handover, incident_fn *f,
		   void *context, struct live **ret);

/* Readable when live_follow() has something to do. */
int live_fd(const struct live *l);
void live_follow(struct live *l);

/*
 * To be called once a second. Sweeps, reads and judges; 0, or -errno after a message. The report
 * is then what live_status() gives, until the next tick.
 */
int live_tick(struct live *l);
const struct status *live_status(struct live *l, double interval_s);

/*
 * The counters as they are now, for a scrape: a read of its own, nothing is judged. Valid until
 * the next call. 0, or -errno after a message.
 */
int live_collect(struct live *l, const struct snapshot **ret);

/* What all tables together take in the kernel, in bytes. */
__u64 live_memory_bytes(const struct live *l);

/* Returns the table of resolvers, for what else is kept of each. */
struct resolver_map *live_resolvers(struct live *l);

/* The incidents of the run so far. */
const struct incidents *live_incidents(const struct live *l);

/* Detach, then tick once more: the totals are final. */
int live_finish(struct live *l);

void live_close(struct live *l); /* NULL is fine */

#endif
