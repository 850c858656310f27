/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two engines of a replay: the native one, and the shipped BPF object by test run. */
#include "monitor/replay_engine.h"

#include "datapath/loader.h"
#include "datapath/map_reader.h"
#include "datapath/privileges.h"
#include "datapath/test_run.h"
#include "util/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- packets ------------------------------------------------------------------------------ */

/* Copies the packet behind an Ethernet header of its EtherType. */
static void replay_engine_add_header(struct replay_engine *engine, const struct captured *c)
{
	static const unsigned char addresses[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
	const __u32 header = sizeof(addresses) + 2;
	__u32 length = c->length < FRAME_MAX - header ? c->length : FRAME_MAX - header;

	memcpy(engine->frame, addresses, sizeof(addresses));
	memcpy(engine->frame + sizeof(addresses), &c->protocol, 2);
	memcpy(engine->frame + header, c->bytes, length);
	engine->packet.bytes = engine->frame;
	engine->packet.length = header + length;
	engine->packet.wire_length = header + c->wire_length;
	engine->packet.network = header;
}

unsigned int replay_engine_set_packet(struct replay_engine *engine, const struct captured *c)
{
	if (!c->protocol)
		return 0;
	engine->packet = (struct native_packet){.bytes = c->bytes,
						.length = c->length,
						.wire_length = c->wire_length,
						.protocol = c->protocol,
						.network = c->network,
						.ifindex = c->ifindex};
	if (!c->ethernet)
		replay_engine_add_header(engine, c);
	return native_directions(&engine->packet);
}

/* ---- native ------------------------------------------------------------------------------- */

struct native_engine {
	struct replay_engine engine;
	struct engine_config config;
	struct resolver_snapshot *resolvers;
	struct snapshot *filling;
};

static int native_engine_packet(struct replay_engine *engine, int out, __u64 now)
{
	if (out)
		native_queries(&engine->packet, now);
	else
		native_outcomes(&engine->packet, now);
	return 0;
}

static int native_engine_sweep(struct replay_engine *engine, __u64 now)
{
	(void)engine;
	native_sweep(now);
	return 0;
}

static void on_native_resolver(const struct resolver_key *key, const struct resolver_counters *c,
			       void *context)
{
	struct native_engine *p = context;
	struct resolver_snapshot *s = &p->resolvers[p->filling->count++];

	s->key = *key;
	s->counters = *c;
	s->in_flight = s->messages_in_flight = 0;
}

static void on_native_flow(const struct resolver_key *resolver, int is_connect, void *context)
{
	struct native_engine *p = context;

	snapshot_count_open(p->filling, resolver, is_connect);
}

static int native_engine_snapshot(struct replay_engine *engine, struct snapshot *ret)
{
	struct native_engine *p = (struct native_engine *)engine;

	p->filling = ret;
	ret->resolvers = p->resolvers;
	ret->count = 0;
	ret->in_flight = 0;
	native_each_changed(on_native_resolver, p);
	snapshot_sort(ret);
	native_each_open(on_native_flow, p);
	ret->self = *native_self();
	ret->samples_dropped = native_samples_dropped();
	ret->in_flight_capacity = p->config.max_in_flight;
	ret->resolvers_capacity = p->config.max_resolvers;
	return 0;
}

static int native_engine_has_open(const struct replay_engine *engine)
{
	(void)engine;
	return native_has_open();
}

static void native_engine_close(struct replay_engine *engine)
{
	struct native_engine *p = (struct native_engine *)engine;

	native_stop();
	free(p->resolvers);
	free(p);
}

static const struct replay_engine_ops native_engine_ops = {.name = "native",
							   .packet = native_engine_packet,
							   .sweep = native_engine_sweep,
							   .snapshot = native_engine_snapshot,
							   .has_open = native_engine_has_open,
							   .close = native_engine_close};

struct replay_engine *replay_engine_native(const struct engine_config *config,
					   replay_engine_sample_fn *f, void *context)
{
	struct native_engine *p = calloc(1, sizeof(*p));

	if (p)
		p->resolvers = calloc(config->max_resolvers + RESOLVERS_RESERVED + RESOLVERS_SPARE,
				      sizeof(*p->resolvers));
	if (!p || !p->resolvers) {
		free(p);
		log_error("out of memory");
		return NULL;
	}
	p->engine.ops = &native_engine_ops;
	p->config = *config;
	native_start(config);
	native_on_sample(f, context);
	return &p->engine;
}

/* ---- kernel ------------------------------------------------------------------------------- */

struct kernel_engine {
	struct replay_engine engine;
	struct loader *loader;
	struct map_reader *reader;
	struct sample_reader *samples;
	struct testrun *testrun;
};

static int kernel_engine_packet(struct replay_engine *engine, int out, __u64 now)
{
	struct kernel_engine *p = (struct kernel_engine *)engine;
	struct testrun_frame frame = {.bytes = engine->packet.bytes,
				      .length = engine->packet.length,
				      .wire_length = engine->packet.wire_length,
				      .protocol = engine->packet.protocol,
				      .ifindex = engine->packet.ifindex};
	int err = testrun_packet(p->testrun, &frame, out, now);

	return err ? err : samples_read(p->samples);
}

static int kernel_engine_sweep(struct replay_engine *engine, __u64 now)
{
	return testrun_sweep(((struct kernel_engine *)engine)->testrun, now);
}

static int kernel_engine_snapshot(struct replay_engine *engine, struct snapshot *ret)
{
	struct kernel_engine *p = (struct kernel_engine *)engine;

	ret->samples_dropped = loader_samples_dropped(p->loader);
	return map_reader_changes(p->reader, ret);
}

static int kernel_engine_has_open(const struct replay_engine *engine)
{
	(void)engine;
	return 1; /* as far as can be told without reading the tables */
}

static void kernel_engine_close(struct replay_engine *engine)
{
	struct kernel_engine *p = (struct kernel_engine *)engine;

	testrun_close(p->testrun);
	samples_close(p->samples);
	map_reader_close(p->reader);
	loader_close(p->loader);
	native_stop();
	free(p);
}

static const struct replay_engine_ops kernel_engine_ops = {.name = "kernel",
							   .packet = kernel_engine_packet,
							   .sweep = kernel_engine_sweep,
							   .snapshot = kernel_engine_snapshot,
							   .has_open = kernel_engine_has_open,
							   .close = kernel_engine_close};

static int kernel_engine_open(struct kernel_engine *p, const struct engine_config *config,
			      replay_engine_sample_fn *f, void *context)
{
	struct engine_config injected = *config;
	struct loader_maps maps;
	int err;

	injected.clock_injected = 1;
	native_start(&injected); /* only to parse: native_directions() */
	err = loader_open(&injected, &p->loader);
	if (err)
		return err;
	maps = loader_maps(p->loader);
	err = testrun_open(p->loader, &p->testrun);
	if (!err)
		err = map_reader_open(&maps, &injected, &p->reader);
	if (!err)
		err = samples_open(maps.samples, f, context, &p->samples);
	return err ? err : privileges_keep_running();
}

struct replay_engine *replay_engine_kernel(const struct engine_config *config,
					   replay_engine_sample_fn *f, void *context)
{
	struct kernel_engine *p = calloc(1, sizeof(*p));

	if (!p) {
		log_error("out of memory");
		return NULL;
	}
	p->engine.ops = &kernel_engine_ops;
	if (kernel_engine_open(p, config, f, context)) {
		kernel_engine_close(&p->engine);
		return NULL;
	}
	return &p->engine;
}
