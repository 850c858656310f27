/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Snapshots put in order, and the names of states, causes and windows. */
#include "health/status.h"

#include "util/address.h"

#include <stdlib.h>
#include <string.h>

static int compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct resolver_key));
}

void snapshot_sort(struct snapshot *snapshot)
{
	qsort(snapshot->resolvers, snapshot->count, sizeof(*snapshot->resolvers), compare_keys);
}

size_t snapshot_resolver_count(const struct snapshot *snapshot)
{
	size_t i, resolvers = 0;

	for (i = 0; i < snapshot->count; i++)
		resolvers += !resolver_is_other(&snapshot->resolvers[i].key);
	return resolvers;
}

void snapshot_count_open(struct snapshot *snapshot, const struct resolver_key *resolver)
{
	struct resolver_snapshot *found = bsearch(resolver, snapshot->resolvers, snapshot->count,
						  sizeof(*found), compare_keys);

	if (found)
		found->in_flight++;
	snapshot->in_flight++;
}

static const char *const state_names[] = {
	[STATE_IDLE] = "idle",
	[STATE_HEALTHY] = "healthy",
	[STATE_DEGRADED] = "degraded",
	[STATE_DOWN] = "down",
};

static const struct {
	const char *name, *meaning;
} causes[] = {
	[CAUSE_NONE] = {NULL, NULL},
	[CAUSE_NOT_SENT] = {"not-sent", "this host did not send: neighbour dead, or its firewall"},
	[CAUSE_PROHIBITED] = {"prohibited", "a firewall says that it is prohibited"},
	[CAUSE_PORT_CLOSED] = {"port-closed", "nothing listens there, or its own firewall rejects"},
	[CAUSE_NO_ROUTE] = {"no-route", "host or network unreachable, says a router"},
	[CAUSE_REJECTED_ON_PATH] = {"rejected-on-path", "a box on the way rejects"},
	[CAUSE_SERVER_ERROR] = {"server-error", "it answers, with SERVFAIL, REFUSED or the like"},
	[CAUSE_INTERMITTENT] = {"intermittent", "answers and timeouts are mixed"},
	[CAUSE_SILENT] = {"silent", "nothing comes back: host down, packets dropped, or flooded"},
};

static const char *const window_names[] = {
	[WINDOW_1S] = "1s",
	[WINDOW_10S] = "10s",
	[WINDOW_1M] = "1m",
	[WINDOW_5M] = "5m",
};

_Static_assert(sizeof(state_names) / sizeof(*state_names) == STATE_MAX, "a state has no name");
_Static_assert(sizeof(causes) / sizeof(*causes) == CAUSE_MAX, "a cause has no name");
_Static_assert(sizeof(window_names) / sizeof(*window_names) == WINDOW_MAX, "a window has no name");

const char *state_name(enum state state)
{
	return state_names[state];
}

const char *cause_name(enum cause cause)
{
	return causes[cause].name;
}

const char *cause_meaning(enum cause cause)
{
	return causes[cause].meaning;
}

const char *window_name(enum window window)
{
	return window_names[window];
}
