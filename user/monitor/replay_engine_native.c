/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The native engine as a player. */
#include "monitor/replay_engine.h"

#include "util/log.h"
#include "../bpf/native/native.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct native_player {
	struct replay_engine player;
	struct engine_config config;
	struct resolver_snapshot *resolvers;
	struct snapshot *filling;
	unsigned char frame[FRAME_MAX];
};

__u32 replay_engine_frame(const struct captured *c, unsigned char to[FRAME_MAX])
{
	static const unsigned char addresses[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
	__u32 length = c->length, header = 0;

	if (!c->ethernet) {
		header = 14;
		memcpy(to, addresses, sizeof(addresses));
		memcpy(to + 12, &c->protocol, 2);
	}
	if (length > FRAME_MAX - header)
		length = FRAME_MAX - header;
	memcpy(to + header, c->bytes, length);
	return header + length;
}

static int play(struct replay_engine *player, const struct captured *c, int out, __u64 now)
{
	struct native_player *p = (struct native_player *)player;
	struct native_packet packet = {.bytes = c->bytes,
				       .length = c->length,
				       .protocol = c->protocol,
				       .network = c->network,
				       .ifindex = c->ifindex};

	if (!c->ethernet) {
		packet.length = replay_engine_frame(c, p->frame);
		packet.bytes = p->frame;
		packet.network = 14;
	}
	if (out)
		native_queries(&packet, now);
	else
		native_outcomes(&packet, now);
	return 0;
}

static int sweep(struct replay_engine *player, __u64 now)
{
	(void)player;
	native_sweep(now);
	return 0;
}

/* ---- reading ----------------------------------------------------------------------------- */

static void take_resolver(const struct resolver_key *key, const struct resolver_counters *c,
			  void *context)
{
	struct native_player *p = context;
	struct resolver_snapshot *s = &p->resolvers[p->filling->count++];

	s->key = *key;
	s->counters = *c;
	s->in_flight = 0;
}

static void take_open(const struct resolver_key *resolver, void *context)
{
	struct native_player *p = context;

	snapshot_count_open(p->filling, resolver);
}

static int take_snapshot(struct replay_engine *player, struct snapshot *ret)
{
	struct native_player *p = (struct native_player *)player;

	p->filling = ret;
	ret->resolvers = p->resolvers;
	ret->count = 0;
	ret->in_flight = 0;
	native_each_resolver(take_resolver, p);
	snapshot_sort(ret);
	native_each_open(take_open, p);
	ret->self = *native_self();
	ret->samples_dropped = native_samples_dropped();
	ret->in_flight_capacity = p->config.max_in_flight;
	ret->resolvers_capacity = p->config.max_resolvers;
	return 0;
}

static void close_native(struct replay_engine *player)
{
	struct native_player *p = (struct native_player *)player;

	native_stop();
	free(p->resolvers);
	free(p);
}

static const struct replay_engine_ops native_calls = {.name = "native",
						      .packet = play,
						      .sweep = sweep,
						      .snapshot = take_snapshot,
						      .close = close_native};

struct replay_engine *replay_engine_native(const struct engine_config *config,
					   replay_engine_sample_fn *f, void *context)
{
	struct native_player *p = calloc(1, sizeof(*p));

	if (p)
		p->resolvers = calloc(config->max_resolvers + RESOLVERS_RESERVED + RESOLVERS_SPARE,
				      sizeof(*p->resolvers));
	if (!p || !p->resolvers) {
		free(p);
		log_error("out of memory");
		return NULL;
	}
	p->player.calls = &native_calls;
	p->config = *config;
	native_start(config);
	native_on_sample(f, context);
	return &p->player;
}
