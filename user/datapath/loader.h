/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The BPF object: opened, sized, loaded. Only this file uses the skeleton; others get file
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
	int vlan_devs, if_masters, samples;
	int askers, asker_counters;
	struct engine_sizes sizes;
};

/* File descriptors; of programs that are not loaded (engine_config.guests), negative. */
struct loader_programs {
	int count_queries, count_outcomes, sweep;
	int count_guest_queries, count_guest_outcomes;
	int count_both_in, count_both_out;
};

/*
 * Loads with this configuration (the caller has checked its numbers; clock_injected is 0 for live
 * use). Returns 0 and *ret, to be freed with loader_close(); or -errno after one message
 * with the remedy.
 */
int loader_open(const struct engine_config *config, struct loader **ret);

/* Tests whether this kernel's programs can ask for the cgroup of a packet's sender. */
int loader_can_tell_cgroups(void);

/* Loads with counters for so many CPUs. Returns as loader_open(). */
int loader_open_for(const struct engine_config *config, unsigned cpus, struct loader **ret);

/* Returns the memory of all maps in the kernel, in bytes, as the kernel counts it. */
__u64 loader_memory_bytes(const struct loader *l);

/*
 * Loads with the maps that an earlier run has left, where they fit, and hands the maps on.
 * `wall_ns`: now. `handover` may be NULL. Returns as loader_open().
 */
int loader_open_from(const struct engine_config *config, struct handover *handover, __u64 wall_ns,
		     struct loader **ret);

/* Counts, after maps were taken over, how many of the `entries` resolvers found were reserved. */
void loader_count_reserved(struct loader *l, size_t entries);

/* Returns 1 when the maps hold counters that an earlier run has begun. */
int loader_has_taken_over(const struct loader *l);

struct loader_maps loader_maps(const struct loader *l);
struct loader_programs loader_programs(const struct loader *l);

/*
 * Makes the entry of a configured resolver, beyond the room that queries may fill. The sweep makes
 * it, so that only the kernel side writes. Returns 0 (also when it is there already) or -errno;
 * -E2BIG: more than 32 such entries.
 */
int loader_reserve(struct loader *l, const struct resolver_key *key);
unsigned loader_reserved(const struct loader *l); /* how many */

/* Returns how many samples found no room or were beyond the rate. */
__u64 loader_samples_dropped(const struct loader *l);

/* Gives the next sweep something to do with an asker. Returns 0; -EAGAIN: it has enough to do. */
int loader_add_asker_command(struct loader *l, const struct asker_command *command);

/* Sets the time from now on (ns), with clock_injected. */
void loader_set_clock(struct loader *l, __u64 now);

/* Sets the cgroup that sends what is tested from now on, with clock_injected. */
void loader_set_cgroup(struct loader *l, __u64 cgroup);

/* Ends what has timed out, in the kernel; to be called once a second. Returns 0 or -errno. */
int loader_sweep(struct loader *l);

/* Empties all maps, for tests: faster than loading anew. */
void loader_reset(struct loader *l);

void loader_close(struct loader *l); /* NULL is fine */

#endif
