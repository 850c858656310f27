/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The joined verdict: the rows of one address over UDP, TCP and TLS tell together what none of them
 * tells alone (docs/counters.md).
 */
#ifndef HEALTH_JOINED_H
#define HEALTH_JOINED_H

#include "health/status.h"

/* A row of the address; all 0: there is none. */
struct joined_row {
	enum state state;
	enum cause cause;
	int refused;   /* connects were, in the last 5 minutes */
	int truncated; /* responses were, in the last 5 minutes */
};

/* Fills *ret with the row of this key, if `rows` has one. */
typedef void joined_look_fn(const void *rows, const struct resolver_key *key,
			    struct joined_row *ret);

/*
 * Returns the joined verdict of a row that fails, by the other rows of its address and origin. UDP
 * and TCP have the same port, and DNS over TLS (port 853) is joined with port 53.
 */
struct joined joined_of(const struct resolver_key *key, joined_look_fn *look, const void *rows);

/* Sets `joined` of each resolver. The rows are sorted by key. */
void status_set_joined(struct resolver_status *resolvers, size_t count);

#endif
