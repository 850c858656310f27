/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The two engines of a replay: the native one, and the shipped BPF object by test run. */
#include "monitor/replay_engine.h"

#include "../bpf/native/native.h"
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

/* ---- native ------------------------------------------------------------------------------- */

struct native_engine {
	struct replay_engine engine;
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

static int native_engine_packet(struct replay_engine *engine, const struct captured *c, int out,
				__u64 now)
{
	struct native_engine *p = (struct native_engine *)engine;
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
	s->in_flight = 0;
}

static void on_native_flow(const struct resolver_key *resolver, void *context)
{
	struct native_engine *p = context;

	snapshot_count_open(p->filling, resolver);
}

static int native_engine_snapshot(struct replay_engine *engine, struct snapshot *ret)
{
	struct native_engine *p = (struct native_engine *)engine;

	p->filling = ret;
	ret->resolvers = p->resolvers;
	ret->count = 0;
	ret->in_flight = 0;
	native_each_resolver(on_native_resolver, p);
	snapshot_sort(ret);
	native_each_open(on_native_flow, p);
	ret->self = *native_self();
	ret->samples_dropped = native_samples_dropped();
	ret->in_flight_capacity = p->config.max_in_flight;
	ret->resolvers_capacity = p->config.max_resolvers;
	return 0;
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
	unsigned char frame[FRAME_MAX];
};

static int kernel_engine_packet(struct replay_engine *engine, const struct captured *c, int out,
				__u64 now)
{
	struct kernel_engine *p = (struct kernel_engine *)engine;
	__u32 length = replay_engine_frame(c, p->frame);
	int v6 = c->protocol == htons(0x86dd);
	int err = testrun_packet(p->testrun, p->frame, length, v6, c->ifindex, out, now);

	if (err != -EMSGSIZE)
		return err ? err : samples_read(p->samples);
	engine->not_taken += out; /* once a packet */
	return 0;
}

static int kernel_engine_sweep(struct replay_engine *engine, __u64 now)
{
	return testrun_sweep(((struct kernel_engine *)engine)->testrun, now);
}

static int kernel_engine_snapshot(struct replay_engine *engine, struct snapshot *ret)
{
	struct kernel_engine *p = (struct kernel_engine *)engine;

	ret->samples_dropped = loader_samples_dropped(p->loader);
	return map_reader_snapshot(p->reader, ret);
}

static void kernel_engine_close(struct replay_engine *engine)
{
	struct kernel_engine *p = (struct kernel_engine *)engine;

	testrun_close(p->testrun);
	samples_close(p->samples);
	map_reader_close(p->reader);
	loader_close(p->loader);
	free(p);
}

static const struct replay_engine_ops kernel_engine_ops = {.name = "kernel",
							   .packet = kernel_engine_packet,
							   .sweep = kernel_engine_sweep,
							   .snapshot = kernel_engine_snapshot,
							   .close = kernel_engine_close};

static int kernel_engine_open(struct kernel_engine *p, const struct engine_config *config,
			      replay_engine_sample_fn *f, void *context)
{
	struct engine_config injected = *config;
	struct loader_maps maps;
	int err;

	injected.clock_injected = 1;
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
