/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An engine for recorded packets: the native one, or the BPF object by test run. The time is the
 * packet's, in ns from a base of the caller's choice.
 */
#ifndef MONITOR_REPLAY_ENGINE_H
#define MONITOR_REPLAY_ENGINE_H

#include "health/status.h"
#include "capture/source.h"

#include "../bpf/native/native.h"

struct replay_engine;

typedef void replay_engine_sample_fn(const struct sample *sample, void *context);

struct replay_engine_ops {
	const char *name; /* "native", "kernel" */
	/* Runs the packet that was set, as count_queries (with `out`), or as count_outcomes.
	 * Returns 0 or -errno. */
	int (*packet)(struct replay_engine *p, int out, __u64 now);
	int (*sweep)(struct replay_engine *p, __u64 now);
	/*
	 * Reads the counters of the resolvers that have changed since the last call, sorted by key;
	 * the caller sets the times. Valid until the next call. Returns 0 or -errno.
	 */
	int (*snapshot)(struct replay_engine *p, struct snapshot *ret);
	/* Returns 0 when no transaction is open behind the last sweep. */
	int (*has_open)(const struct replay_engine *p);
	void (*close)(struct replay_engine *p);
};

#define FRAME_MAX 65550 /* the longest IP packet behind an Ethernet header */

struct replay_engine {
	const struct replay_engine_ops *ops;
	struct native_packet packet; /* the one that was set */
	unsigned char frame[FRAME_MAX];
};

/*
 * Sets the packet for ops->packet(). Returns the programs that would look into it, NATIVE_OUT and
 * NATIVE_IN; 0: other traffic, which changes nothing.
 */
unsigned int replay_engine_set_packet(struct replay_engine *engine, const struct captured *c);

/*
 * Open an engine, to be freed by its close(). Return NULL after a message. The kernel one drops the
 * privileges that it needs only to load, the native one has none.
 */
struct replay_engine *replay_engine_native(const struct engine_config *config,
					   replay_engine_sample_fn *f, void *context);
struct replay_engine *replay_engine_kernel(const struct engine_config *config,
					   replay_engine_sample_fn *f, void *context);

#endif
