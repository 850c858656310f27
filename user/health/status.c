/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Snapshots put in order, and the names of states, causes and windows. */
#include "health/status.h"

#include "health/counters.h"
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

static int has_answers(const struct resolver_counters *counters)
{
	__u64 answers = counters->n[COUNTER_RESPONSES] + counters->n[COUNTER_CONNECT_ARRIVALS];
	unsigned int i;

	for (i = 0; i < REASON_MAX; i++)
		answers += counters->n[COUNTER_ICMP_PORT + i];
	return answers > 0;
}

int resolver_is_unanswered(const struct resolver_key *key, const struct resolver_counters *counters)
{
	return key->origin == ORIGIN_GUEST && counters_asked(counters) && !has_answers(counters);
}

int resolver_has_answered_host(const struct resolver_key *key,
			       const struct resolver_counters *counters)
{
	return key->origin == ORIGIN_HOST && has_answers(counters);
}

size_t snapshot_resolver_count(const struct snapshot *snapshot)
{
	size_t i, resolvers = 0;

	for (i = 0; i < snapshot->count; i++)
		resolvers += !resolver_is_other(&snapshot->resolvers[i].key);
	return resolvers;
}

void snapshot_count_open(struct snapshot *snapshot, const struct resolver_key *resolver,
			 int is_connect)
{
	struct resolver_snapshot *found = bsearch(resolver, snapshot->resolvers, snapshot->count,
						  sizeof(*found), compare_keys);

	if (found && resolver_is_connects(&found->key) && !is_connect)
		found->messages_in_flight++;
	else if (found)
		found->in_flight++;
	snapshot->in_flight++;
}

int state_is_failing(enum state state)
{
	return state == STATE_DEGRADED || state == STATE_DOWN;
}

int state_is_judged(enum state state)
{
	return state >= STATE_HEALTHY;
}

int state_works_behind(enum state state)
{
	return state_is_judged(state) && !state_is_failing(state);
}

static int compare_status(const void *key, const void *resolver)
{
	return compare_keys(key, &((const struct resolver_status *)resolver)->now->key);
}

/* Returns the row of origin host for what a guest asks, if it is asked now; else NULL. */
static const struct resolver_status *find_host_row(const struct resolver_status *resolvers,
						   size_t count, struct resolver_key key)
{
	const struct resolver_status *found;

	key.origin = ORIGIN_HOST;
	found = bsearch(&key, resolvers, count, sizeof(*resolvers), compare_status);
	return found && found->state != STATE_IDLE ? found : NULL;
}

void status_set_fails_inside(struct resolver_status *resolvers, size_t count)
{
	const struct resolver_status *host;
	int some_fail = 0;
	size_t i;

	for (i = 0; i < count; i++)
		some_fail |= resolvers[i].now->key.origin == ORIGIN_HOST &&
			     state_is_failing(resolvers[i].state);
	for (i = 0; i < count; i++) {
		resolvers[i].fails_inside = 0;
		if (resolvers[i].now->key.origin != ORIGIN_GUEST ||
		    !state_is_failing(resolvers[i].state))
			continue;
		host = find_host_row(resolvers, count, resolvers[i].now->key);
		resolvers[i].fails_inside = host ? state_works_behind(host->state) : !some_fail;
	}
}

static const char *const state_names[] = {
	[STATE_IDLE] = "idle",	     [STATE_PENDING] = "pending",   [STATE_HEALTHY] = "healthy",
	[STATE_UNCLEAR] = "unclear", [STATE_DEGRADED] = "degraded", [STATE_DOWN] = "down",
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
	[CAUSE_NOT_SERVED] = {"not-served", "it accepts connections, and does not answer on them"},
	[CAUSE_TLS_REFUSED] = {"tls-refused", "a TLS alert comes back, or bytes that are no TLS"},
	[CAUSE_REWRITTEN] = {"rewritten", "answers come under another address (NAT)"},
	[CAUSE_INTERMITTENT] = {"intermittent", "answers and timeouts are mixed"},
	[CAUSE_SILENT] = {"silent", "nothing comes back: host down, packets dropped, or flooded"},
};

static const struct {
	const char *name, *meaning;
} joined_verdicts[] = {
	[JOINED_NONE] = {NULL, NULL},
	[JOINED_SERVICE_DOWN] = {"service-down", "refuses UDP and TCP alike: the DNS service is "
						 "down, no firewall rejects"},
	[JOINED_UDP_BLOCKED] = {"udp-blocked", "answers over TCP: it is up, and UDP is dropped"},
	[JOINED_TCP_BLOCKED] = {"tcp-blocked",
				"answers over UDP: it is up, and a firewall drops TCP"},
	[JOINED_TLS_BLOCKED] = {"tls-blocked",
				"answers without TLS: it is up, and a firewall drops port 853"},
};

_Static_assert(sizeof(joined_verdicts) / sizeof(*joined_verdicts) == JOINED_MAX,
	       "a joined verdict has no name");

static const char *const window_names[] = {
	[WINDOW_1S] = "1s",
	[WINDOW_10S] = "10s",
	[WINDOW_1M] = "1m",
	[WINDOW_5M] = "5m",
};

static const char *const judged_by_names[] = {
	[JUDGED_BY_10S] = "10s",
	[JUDGED_BY_1M] = "1m",
	[JUDGED_BY_5M] = "5m",
	[JUDGED_BY_LAST_SETTLED] = "last_settled",
};

_Static_assert(sizeof(judged_by_names) / sizeof(*judged_by_names) == JUDGED_BY_MAX,
	       "a window of the judge has no name");
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

const char *joined_name(enum joined_verdict verdict)
{
	return joined_verdicts[verdict].name;
}

const char *joined_meaning(enum joined_verdict verdict)
{
	return joined_verdicts[verdict].meaning;
}

const char *judged_by_name(enum judged_by judged_by)
{
	return judged_by_names[judged_by];
}

const char *window_name(enum window window)
{
	return window_names[window];
}
