/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The memory of the incidents: for incident.c and incident_saved.c alone. */
#ifndef HEALTH_FOLLOWED_H
#define HEALTH_FOLLOWED_H

#include "health/counters_delta.h"
#include "health/hour_history.h"
#include "health/incident_samples.h"
#include "health/resolver_map.h"

#define UNLISTED_MAX 1024 /* resolvers that samples alone may make an entry for */

/* The part of an entry in the table of resolvers that is about its incidents. */
struct followed_resolver {
	unsigned int reports; /* ticks without it in the snapshot, so far */
	struct hour_history history;
	struct incident_message *waiting; /* samples without an open incident, oldest first */
	__u32 waiting_count;
	struct failed_query *failed;  /* without an open incident: a ring of INCIDENT_SAMPLES */
	__u64 failed_count;	      /* put into it so far */
	struct incident *open;	      /* NULL: none */
	struct counters_delta before; /* just before it began, from zero */
	__u64 wall_offset_ns; /* of the clock when it opened: setting the clock changes no duration
			       */
	__u64 end_at_ns, notified_at_ns;
	enum state notified_state;
	enum cause notified_cause;
	__u64 answers_until_ns;	       /* answers up to here count for its cause */
	int changed;		       /* since the last notification */
	struct cause_period cause_now; /* that runs; listed once it has lasted long enough */
	int cause_now_listed;	       /* it is the last one of the incident's list */
};

struct incidents {
	struct resolver_map *resolvers;
	incident_fn *f;
	void *context;
	incident_fill_fn *fill; /* NULL: nothing is added */
	void *fill_context;
	struct health_entry *unlisted[UNLISTED_MAX]; /* made by samples, in no snapshot yet */
	size_t unlisted_count;
	struct incident **listed; /* by id */
	size_t listed_count, listed_room;
	size_t closed_count; /* of those listed */
	__u64 last_id, last_at_ns, timeout_ns;
	const char *host; /* NULL: not known */
	int zone_unknown;
};

/* Returns the entry's part, made when there was none; NULL when out of memory. */
struct followed_resolver *followed_of(struct health_entry *entry);

/* Frees the entry's part. An entry without one is fine. */
void followed_free(struct health_entry *entry);

/* Appends an incident to the list, which then owns it. Returns 0 or -ENOMEM. */
int incidents_append(struct incidents *incidents, struct incident *incident);

#endif
