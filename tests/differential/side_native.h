/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The body of both native sides: included once by each, with that engine's headers before it. */
#include "side.h"

#include <arpa/inet.h>
#include <string.h>

static uint64_t now;

static struct engine_config config_of(const struct side_config *c)
{
	return (struct engine_config){.timeout_ns = c->timeout_ns,
				      .max_resolvers = c->max_resolvers,
				      .max_in_flight = c->max_in_flight * ROOM_TIMES,
				      .ports = {htons(53)},
				      .port_count = 1,
				      .short_quotes = c->short_quotes,
				      .clock_injected = 1};
}

static void no_sample(const struct sample *s, void *context)
{
}

static void start(const struct side_config *c)
{
	struct engine_config config = config_of(c);

	native_start(&config);
	native_on_sample(no_sample, NULL);
}

static void set_clock(uint64_t time)
{
	now = time;
}

static void packet(const struct frame *f, uint32_t ifindex, int out)
{
	struct native_packet p = {.bytes = f->bytes,
				  .length = f->length,
				  .protocol = htons(f->protocol),
				  .network = f->network,
				  .ifindex = ifindex,
				  .gso_size = f->gso_size,
				  .tagged = f->tagged,
				  .vlan_tci = f->vlan_tci};

	if (out)
		native_queries(&p, now);
	else
		native_outcomes(&p, now);
}

static void sweep(void)
{
	native_sweep(now);
}

static struct side_resolver *resolver_here(struct side_totals *t, const struct resolver_key *key)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		if (!memcmp(t->resolvers[i].key, key, sizeof(*key)))
			return &t->resolvers[i];
	}
	return NULL;
}

static void take_resolver(const struct resolver_key *key, const struct resolver_counters *c,
			  void *context)
{
	struct side_totals *t = context;
	struct side_resolver *r = &t->resolvers[t->count++];

	_Static_assert(sizeof(r->key) == sizeof(*key) && sizeof(*c) <= sizeof(r->n), "room");
	memset(r, 0, sizeof(*r));
	memcpy(r->key, key, sizeof(*key));
	memcpy(r->n, c, sizeof(*c));
	r->n[COUNTER_MAX + RTT_BUCKETS + MOMENT_RUN_START] = 0; /* see side.h */
}

static void stop(void)
{
	native_stop();
}
