/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Incidents: opened when a resolver enters degraded or down, closed when it is healthy again
 * (docs/counters.md). Pure: the caller decides what is done with them.
 */
#ifndef HEALTH_INCIDENT_H
#define HEALTH_INCIDENT_H

#include "health/incident_samples.h"
#include "health/judge.h"
#include "health/resolver_map.h"
#include "health/status.h"

struct incidents;

/* Makes the incidents of a table of resolvers, which must live longer. NULL: out of memory. */
struct incidents *incidents_new(struct resolver_map *resolvers, incident_fn *f, void *context);

void incidents_set_fill(struct incidents *incidents, incident_fill_fn *fill, void *context);

/* Sets the name of this host, which must live longer; default: "". */
void incidents_set_host(struct incidents *incidents, const char *host);

/* Sets that times are of a time zone that is not known; default: UTC. */
void incidents_set_zone_known(struct incidents *incidents, int zone_known);

/* Sets the timeout (ns) that queries are counted by; default: 5 s. */
void incidents_set_timeout(struct incidents *incidents, __u64 timeout_ns);

/* Sets where counting stands before the first second, as judge_prime(). Returns 0 or -ENOMEM. */
int incidents_prime(struct incidents *incidents, const struct snapshot *snapshot);

/* Adds a sample that came in; without an open incident it is kept for a while. */
void incidents_add_sample(struct incidents *incidents, const struct sample *sample);

/* Adds a transaction that failed, with its client and name; at any time after its query. */
void incidents_add_failed(struct incidents *incidents, const struct failed_query *failed);

/*
 * Follows a resolver, to be called with each that judge_next() returns. Calls `f` when an incident
 * was opened, closed, or (at most every 10 s) updated. Returns 0 or -ENOMEM.
 */
int incidents_follow(struct incidents *incidents, const struct judged_now *resolver,
		     const struct snapshot *snapshot);

/* Ends a second, behind the last resolver that judge_next() returned in it. */
void incidents_end_second(struct incidents *incidents, const struct snapshot *snapshot);

/* Returns 1 when each second counts, changed or not: samples came of resolvers in no snapshot. */
int incidents_need_each_second(const struct incidents *incidents);

/* Calls `f` with INCIDENT_UPDATED for each open incident, at the end of a run. */
void incidents_finish(struct incidents *incidents);

/* Returns the incidents of the run so far, by id; of the closed ones the latest 256. */
const struct incident *const *incidents_list(const struct incidents *incidents, size_t *ret_count);

/* Returns an incident by its id; NULL: it is not kept, or there never was one. */
const struct incident *incidents_lookup(const struct incidents *incidents, __u64 id);

struct buffer;
struct saved;

/*
 * Write the incidents of the run, and read them into new ones, behind the judge's: see memory.h. An
 * incident that is open goes on.
 */
void incidents_save(const struct incidents *incidents, struct buffer *out);
void incidents_load(struct incidents *incidents, struct saved *from);

void incidents_free(struct incidents *incidents); /* NULL is fine */

#endif
