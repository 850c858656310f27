/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The live driver: the BPF object loaded, hooks attached to the interfaces, and once a second a
 * sweep, a snapshot and a judgement. The command decides what to show of it.
 */
#ifndef MONITOR_LIVE_H
#define MONITOR_LIVE_H

#include "monitor/pipeline.h"

struct handover;
struct live;

/*
 * Opens the driver and attaches. `f` (or NULL) is called for incidents as they happen. Returns 0
 * and *ret, to be freed with live_close(), or -errno after a message; -EINVAL only for wrong
 * settings.
 */
int live_open(const struct settings *settings, incident_fn *f, void *context, struct live **ret);

/*
 * Opens with the counters that an earlier run has left, and hands them on (datapath/handover.h).
 * The caller owns `handover`, which must live as long. Returns as live_open().
 */
int live_open_from(const struct settings *settings, struct handover *handover, incident_fn *f,
		   void *context, struct live **ret);

/* Returns an fd that is readable when live_update_interfaces() is to be called. */
int live_fd(const struct live *l);

/* Brings the hooks in line with the interfaces there are. */
void live_update_interfaces(struct live *l);

/*
 * Sweeps, reads and judges; to be called once a second. Returns 0, or -errno after a message.
 */
int live_tick(struct live *l);

/* Returns the status of the last tick, until the next one. `interval_s`: between two outputs. */
const struct status *live_status(struct live *l, double interval_s);

/* Returns how many resolvers live_status() has, without what that costs. */
size_t live_resolver_count(const struct live *l);

/*
 * Reads the counters as they are now, for a scrape; nothing is judged. *ret is valid until the next
 * call. Returns 0, or -errno after a message.
 */
int live_collect(struct live *l, const struct snapshot **ret);

#define CONFIGURED_MAX 128 /* resolvers of --resolver and of the files that name resolvers */

/* Fills in the resolvers that this host is configured with now, each once. Returns how many. */
size_t live_configured(const struct live *l, struct resolver_key ret[CONFIGURED_MAX]);

/* Counts queries of our own, for the snapshots from now on. */
void live_add_heartbeats(struct live *l, unsigned int sent);

/* Returns the memory of all BPF maps in the kernel, in bytes. */
__u64 live_memory_bytes(const struct live *l);

/* Sets sparklines that each tick counts in; they must live as long. */
void live_set_sparklines(struct live *l, struct sparklines *sparklines);

/* Returns the table of resolvers, for what else is kept of each. */
struct resolver_map *live_resolvers(struct live *l);

/* Returns the incidents of the run so far. */
const struct incidents *live_incidents(const struct live *l);

/* Returns a count that moves when a resolver is new, or its state or cause changes. */
unsigned long live_changes(const struct live *l);

/* Leaves states and incidents for the next process, where a service manager keeps descriptors. */
void live_save(struct live *l);

/* Detaches, then ticks once more: the totals are final. Returns 0, or -errno after a message. */
int live_finish(struct live *l);

void live_close(struct live *l); /* NULL is fine */

#endif
