/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An engine that recorded packets are played through: the native one, or the BPF object by test
 * run. Time is the packet's, in ns from a base of the caller's choice.
 */
#ifndef MONITOR_REPLAY_ENGINE_H
#define MONITOR_REPLAY_ENGINE_H

#include "health/status.h"
#include "capture/source.h"

struct replay_engine;

typedef void replay_engine_sample_fn(const struct sample *sample, void *context);

struct replay_engine_ops {
	const char *name; /* "native", "kernel" */
	/* As count_queries (with `out`), or as count_outcomes. 0 or -errno */
	int (*packet)(struct replay_engine *p, const struct captured *c, int out, __u64 now);
	int (*sweep)(struct replay_engine *p, __u64 now);
	/* The counters; the times are the caller's to set. Valid until the next call. */
	int (*snapshot)(struct replay_engine *p, struct snapshot *ret);
	void (*close)(struct replay_engine *p);
};

struct replay_engine {
	const struct replay_engine_ops *calls;
	__u64 not_taken; /* packets that the kernel's test run does not take */
};

/*
 * Return the player, to be freed by its close(); or NULL after a message. The kernel one gives up
 * the privileges that it needs only to load, the native one has none to give up.
 */
struct replay_engine *replay_engine_native(const struct engine_config *config,
					   replay_engine_sample_fn *f, void *context);
struct replay_engine *replay_engine_kernel(const struct engine_config *config,
					   replay_engine_sample_fn *f, void *context);

/* The packet behind an Ethernet header, its own or one made up, in `to`. Returns the length. */
#define FRAME_MAX 65550
__u32 replay_engine_frame(const struct captured *c, unsigned char to[FRAME_MAX]);

#endif
