/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The shipped BPF object, by test run, as a player. */
#include "monitor/replay_engine.h"
#include "util/log.h"
#include "datapath/loader.h"
#include "datapath/privileges.h"
#include "datapath/map_reader.h"
#include "datapath/test_run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct kernel_player {
	struct replay_engine player;
	struct loader *loader;
	struct map_reader *reader;
	struct sample_reader *samples;
	struct testrun *testrun;
	unsigned char frame[FRAME_MAX];
};

static int play(struct replay_engine *player, const struct captured *c, int out, __u64 now)
{
	struct kernel_player *p = (struct kernel_player *)player;
	__u32 length = replay_engine_frame(c, p->frame);
	int v6 = c->protocol == htons(0x86dd);
	int err = testrun_packet(p->testrun, p->frame, length, v6, c->ifindex, out, now);

	if (err != -EMSGSIZE)
		return err ? err : samples_read(p->samples);
	player->not_taken += out; /* once a packet */
	return 0;
}

static int sweep(struct replay_engine *player, __u64 now)
{
	return testrun_sweep(((struct kernel_player *)player)->testrun, now);
}

static int take_snapshot(struct replay_engine *player, struct snapshot *ret)
{
	struct kernel_player *p = (struct kernel_player *)player;

	ret->samples_dropped = loader_samples_dropped(p->loader);
	return map_reader_snapshot(p->reader, ret);
}

static void close_kernel(struct replay_engine *player)
{
	struct kernel_player *p = (struct kernel_player *)player;

	testrun_close(p->testrun);
	samples_close(p->samples);
	map_reader_close(p->reader);
	loader_close(p->loader);
	free(p);
}

static const struct replay_engine_ops kernel_calls = {.name = "kernel",
						      .packet = play,
						      .sweep = sweep,
						      .snapshot = take_snapshot,
						      .close = close_kernel};

static int open_kernel(struct kernel_player *p, const struct engine_config *config,
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
	struct kernel_player *p = calloc(1, sizeof(*p));

	if (!p) {
		log_error("out of memory");
		return NULL;
	}
	p->player.calls = &kernel_calls;
	if (open_kernel(p, config, f, context)) {
		close_kernel(&p->player);
		return NULL;
	}
	return &p->player;
}
