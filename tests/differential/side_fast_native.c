/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The engine in bpf/, compiled natively. */
#include "../../bpf/native/native.h"
#define ROOM_TIMES SIDE_ROOM
#include "side_native.h"

static void take_open(const struct resolver_key *resolver, void *context)
{
	struct side_totals *t = context;

	resolver_here(t, resolver)->in_flight++;
	t->in_flight++;
}

static void read_totals(struct side_totals *t)
{
	memset(t, 0, sizeof(*t));
	native_each_resolver(take_resolver, t);
	native_each_open(take_open, t);
	memcpy(t->self, native_self(), sizeof(*native_self()));
	side_sort(t);
}

const struct side fast_native = {"fast, native", start,	      set_clock, packet,
				 sweep,		 read_totals, stop};
