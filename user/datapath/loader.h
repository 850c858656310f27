/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The BPF object: opened, sized, loaded. The only file that sees the skeleton; others get file
 * descriptors. Attaches nothing.
 */
#ifndef DATAPATH_LOADER_H
#define DATAPATH_LOADER_H

#include <dnsreach.h>
#include <stddef.h>

struct handover;
struct loader;

struct loader_maps {
	int resolvers, counters, histograms, cpus;
	int flows_by_tuple, flows_by_key, flows_overflow;
	int vlan_devs, scopes, samples;
	struct engine_sizes sizes;
};

struct loader_programs {
	int count_queries, count_outcomes, sweep;
};

/*
 * Load with this configuration (its numbers are the caller's to check; clock_injected is 0 for
 * live use). Returns 0 and *ret, to be freed with loader_close(); or -errno after one message
 * with the remedy.
 */
int loader_open(const struct engine_config *config, struct loader **ret);

/* The same with lanes for so many CPUs, whatever this machine has. */
int loader_open_for(const struct engine_config *config, unsigned cpus, struct loader **ret);

/* What all maps together take in the kernel, in bytes, by the kernel's own account. */
__u64 loader_memory_bytes(const struct loader *l);

/*
 * The same with the maps that an earlier run has left, where they fit, and hands the maps on.
 * `wall_ns`: now. `handover` may be NULL.
 */
int loader_open_from(const struct engine_config *config, struct handover *handover, __u64 wall_ns,
		     struct loader **ret);

/* Then `entries` resolvers were found: how many of them were reserved? */
void loader_took_over(struct loader *l, size_t entries);

/* Does it go on with counters that an earlier run has begun? */
int loader_goes_on(const struct loader *l);

struct loader_maps loader_maps(const struct loader *l);
struct loader_programs loader_programs(const struct loader *l);

/*
 * Give a configured resolver its entry, beyond the room that queries may fill: the sweep is asked
 * to make it, so that nobody but the kernel side writes. Returns 0 (also when it is there already)
 * or -errno; -E2BIG: more than 32 such entries.
 */
int loader_reserve(struct loader *l, const struct resolver_key *key);
unsigned loader_reserved(const struct loader *l); /* how many entries were made so */

/* Samples that found no room or were beyond the rate. */
__u64 loader_samples_dropped(const struct loader *l);

/* With clock_injected: the time from now on, ns. */
void loader_set_clock(struct loader *l, __u64 now);

/* End what has timed out, in the kernel. To be called about once a second. 0 or -errno. */
int loader_sweep(struct loader *l);

/* As if loaded anew, with nothing counted: for tests, since loading takes its time. */
void loader_reset(struct loader *l);

void loader_close(struct loader *l); /* NULL is fine */

#endif
