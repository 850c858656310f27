/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See joined.h. */
#include "health/joined.h"

#include "util/address.h"

#include <stdlib.h>
#include <string.h>

/* ---- the rules ------------------------------------------------------------------------------ */

static int is_silent(const struct joined_row *row)
{
	return state_is_failing(row->state) && row->cause == CAUSE_SILENT;
}

static int is_closed(const struct joined_row *row)
{
	return state_is_failing(row->state) && row->cause == CAUSE_PORT_CLOSED;
}

/* A service that serves TLS is not down, whatever it does not listen on. */
static int is_refused_alike(const struct joined_row rows[TRANSPORT_MAX])
{
	return rows[TRANSPORT_DOT].state != STATE_HEALTHY && is_closed(&rows[TRANSPORT_UDP]) &&
	       is_closed(&rows[TRANSPORT_TCP]) && rows[TRANSPORT_TCP].refused;
}

static enum joined_verdict verdict_of(__u8 transport, const struct joined_row rows[TRANSPORT_MAX])
{
	int udp_works = rows[TRANSPORT_UDP].state == STATE_HEALTHY;
	int tcp_works = rows[TRANSPORT_TCP].state == STATE_HEALTHY;

	if (transport != TRANSPORT_DOT && is_refused_alike(rows))
		return JOINED_SERVICE_DOWN;
	if (!is_silent(&rows[transport]))
		return JOINED_NONE;
	if (transport == TRANSPORT_UDP)
		return tcp_works ? JOINED_UDP_BLOCKED : JOINED_NONE;
	if (transport == TRANSPORT_TCP)
		return udp_works ? JOINED_TCP_BLOCKED : JOINED_NONE;
	return udp_works || tcp_works ? JOINED_TLS_BLOCKED : JOINED_NONE;
}

struct joined joined_of(const struct resolver_key *key, joined_look_fn *look, const void *rows)
{
	struct joined_row found[TRANSPORT_MAX] = {0};
	struct resolver_key over;
	unsigned int transport;

	for (transport = TRANSPORT_UDP; transport < TRANSPORT_MAX; transport++)
		if (!resolver_over(key, transport, &over))
			look(rows, &over, &found[transport]);
	if (!state_is_failing(found[key->transport].state))
		return (struct joined){0};
	return (struct joined){.verdict = verdict_of(key->transport, found),
			       .tcp_needed = key->transport == TRANSPORT_TCP &&
					     found[TRANSPORT_UDP].truncated};
}

/* ---- of all resolvers ----------------------------------------------------------------------- */

struct all_rows {
	const struct resolver_status *resolvers;
	size_t count;
};

static int compare_status(const void *key, const void *resolver)
{
	return memcmp(key, &((const struct resolver_status *)resolver)->now->key,
		      sizeof(struct resolver_key));
}

static void look_in_status(const void *rows, const struct resolver_key *key, struct joined_row *ret)
{
	const struct all_rows *all = rows;
	const struct resolver_status *found =
		bsearch(key, all->resolvers, all->count, sizeof(*found), compare_status);

	if (found)
		*ret = (struct joined_row){.state = found->state,
					   .cause = found->cause,
					   .refused = found->refused,
					   .truncated = found->truncated};
}

void status_set_joined(struct resolver_status *resolvers, size_t count)
{
	struct all_rows all = {.resolvers = resolvers, .count = count};
	size_t i;

	for (i = 0; i < count; i++) {
		resolvers[i].joined = (struct joined){0};
		if (state_is_failing(resolvers[i].state))
			resolvers[i].joined =
				joined_of(&resolvers[i].now->key, look_in_status, &all);
	}
}
