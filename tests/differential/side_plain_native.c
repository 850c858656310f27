/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The plain engine, compiled natively (see tests/plain). */
#include "../plain/names.h"
#include "../plain/native.h"
#define ROOM_TIMES 1
#include "side_native.h"

static void take_transaction(const struct transaction_key *key, const struct transaction *x,
			     void *context)
{
	struct resolver_key resolver = {.address = key->resolver,
					.scope = key->scope,
					.port = key->resolver_port,
					.transport = key->transport};
	struct side_totals *t = context;

	if (!(x->state & STATE_OPEN))
		return;
	if (x->state & STATE_OTHER)
		memset(&resolver, 0, sizeof(resolver));
	resolver_here(t, &resolver)->in_flight++;
	t->in_flight++;
}

static void read_totals(struct side_totals *t)
{
	memset(t, 0, sizeof(*t));
	native_each_resolver(take_resolver, t);
	native_each_transaction(take_transaction, t);
	memcpy(t->self, native_self(), sizeof(*native_self()));
	side_sort(t);
}

const struct side plain_native = {"plain, native", start,	set_clock, packet,
				  sweep,	   read_totals, stop};
