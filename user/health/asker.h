/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Askers of one resolver, by name: which are worst off, and the sum of the others, so that the list
 * and the rest add up to what was counted. Cgroups of one name are one asker: a service that was
 * restarted has another cgroup. Pure: the caller owns the snapshot and its names.
 */
#ifndef HEALTH_ASKER_H
#define HEALTH_ASKER_H

#include "health/status.h"

#define ASKERS_SHOWN 5	   /* the worst ones, for people */
#define ASKERS_EXPORTED 20 /* as metrics, of each resolver */

enum askers_order {
	ASKERS_WORST, /* most failed transactions, then most errors, then most queries */
	ASKERS_FIRST, /* those that asked first: the choice never changes */
};

struct asker_sum {
	const struct cgroup_name *name; /* in the snapshot's names */
	__u64 first;			/* order of the first query */
	__u64 queries, failed, errors;
};

/*
 * Writes at most `room` askers of a resolver to `to`, and the sum of all
 * others, also of former ones, to *rest (queries 0: there are none). Returns how many were written.
 */
size_t askers_select(const struct snapshot *snapshot, const struct resolver_key *resolver,
		     enum askers_order order, struct asker_sum *to, size_t room,
		     struct asker_sum *rest);

#endif
