/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The engine compiled natively: the very lines that count in the kernel, for replay without
 * privileges, unit tests and fuzzing. One engine in a process, one thread.
 */
#ifndef NATIVE_H
#define NATIVE_H

#include <dnsreach.h>

struct native_packet {
	const unsigned char *bytes; /* from its first header on */
	__u32 length;
	__u16 protocol; /* EtherType, network order: what the kernel would say of it */
	__u32 network;	/* offset of the network header */
	__u32 ifindex;
	__u32 gso_size;
	__u32 vlan_tci; /* with `tagged`: a tag that the device has taken out */
	int tagged;
};

/* Start afresh, with nothing counted. Every number in *config is the caller's to check. */
void native_start(const struct engine_config *config);
void native_stop(void);
/*
 * After native_start(), for tests: as live, where the engine asks for the time only when it needs
 * it. The times that are given must not run backwards. A look at the clock is good for a rough time
 * within `rough_ns`, as live within a tick of the timer; 1: for no other time.
 */
void native_use_clock(__u64 rough_ns);

/* The entry of a configured resolver, without a query. Returns 0 or -E2BIG. */
int native_reserve(const struct resolver_key *key);
/* The packet at time `now` (ns), as count_queries and count_outcomes see it. */
void native_queries(const struct native_packet *p, __u64 now);
void native_outcomes(const struct native_packet *p, __u64 now);
void native_sweep(__u64 now);
/* As the loader does for VLAN devices and for ports of bridges. */
void native_add_vlan_dev(__u32 ifindex, __u32 vlan);
void native_set_scope(__u32 ifindex, __u32 master);

/* Called with each sample; NULL: nobody wants them. */
void native_on_sample(void (*f)(const struct sample *sample, void *context), void *context);
__u64 native_samples_dropped(void);

typedef void native_resolver_fn(const struct resolver_key *key, const struct resolver_counters *c,
				void *context);
/* Of an open transaction: its resolver, all zero for one that counts under `other`. */
typedef void native_transaction_fn(const struct resolver_key *resolver, void *context);
void native_each_resolver(native_resolver_fn *f, void *context);
void native_each_open(native_transaction_fn *f, void *context);
const struct self_counters *native_self(void);

struct native_map;
void native_map_empty(struct native_map *m);

#endif
