/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The state of the fleet, computed from the rows: for how many hosts each resolver fails, and on
 * which hosts all resolvers fail. The thresholds and rules are those of deploy/prometheus/.
 */
#ifndef FLEET_RANK_H
#define FLEET_RANK_H

#include "fleet/row.h"

#include <stddef.h>

enum fleet_scope { FAILS_FOR_NONE, FAILS_FOR_HOSTS, FAILS_FOR_PART, FAILS_FOR_FLEET };

/* One host's view of one resolver. */
struct fleet_view {
	const char *job, *instance, *resolver, *port, *transport, *origin;
	const char *state;
	const char *cause; /* NULL: none */
	int failing;
	int local;			 /* fleet_is_local() */
	const struct fleet_resolver *of; /* NULL for a local one */
};

struct fleet_resolver {
	const char *job, *resolver, *port, *transport, *origin;
	const struct fleet_view *views; /* of its hosts, by instance */
	size_t asked, failing;
	enum fleet_scope scope;
	const char *cause; /* the commonest, NULL: none */
	size_t cause_hosts;
	double failed, settled; /* within the window, by all hosts */
};

/* A host on which all resolvers fail, and not because they fail for the fleet. */
struct fleet_host {
	const char *job, *instance;
	size_t asked;
	const char *cause; /* of one of them; NULL: none */
};

struct fleet {
	struct fleet_view *views;
	size_t view_count;
	struct fleet_resolver *resolvers; /* worst first */
	size_t resolver_count;
	struct fleet_host *odd;
	size_t odd_count;
	const struct fleet_row **missing;
	size_t missing_count;
	size_t hosts; /* that run dnsreach */
	int jobs_differ;
};

/* Computes the state of the fleet; it points into the rows. 0 or -ENOMEM; fleet_free() in any case.
 */
int fleet_rank(const struct fleet_row *rows, size_t count, struct fleet *ret);
void fleet_free(struct fleet *fleet);

/*
 * Returns whether the address is another machine on each host: loopback, link-local, or `other`.
 * The recording rules in deploy/prometheus have the same pattern.
 */
int fleet_is_local(const char *resolver);

enum fleet_verdict { FLEET_OK, FLEET_WARNING, FLEET_CRITICAL };
/*
 * Returns CRITICAL when a resolver fails for the fleet, or everything that any host asks fails;
 * WARNING when any resolver fails for any host, or a host does not answer.
 */
enum fleet_verdict fleet_verdict(const struct fleet *fleet);

#endif
