/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The engine compiled natively, from the same source as the BPF object: for replay without
 * privileges, unit tests and fuzzing. One engine in a process, one thread.
 */
#ifndef NATIVE_H
#define NATIVE_H

#include <dnsreach.h>

struct native_packet {
	const unsigned char *bytes; /* from its first header on */
	__u32 length;
	__u32 wire_length; /* of a frame that a snap length cut; 0: all of it is here */
	__u16 protocol;	   /* EtherType, network order, as in skb->protocol */
	__u32 network;	   /* offset of the network header */
	__u32 ifindex;
	__u32 ingress_ifindex; /* of one that is forwarded: where it came in */
	__u32 gso_size;
	__u64 cgroup;	/* of the sender; 0: none is known */
	__u32 vlan_tci; /* with `tagged`: a tag that the device has removed */
	int tagged;
};

/* Starts with nothing counted. The caller has checked *config. */
void native_start(const struct engine_config *config);
void native_stop(void);
/*
 * For tests, after native_start(): the engine reads the clock only when it needs the time, as in
 * the kernel. Times must not run backwards. One reading serves as a rough time for `rough_ns` ns,
 * as for a tick of the timer in the kernel; 1: for none.
 */
void native_use_clock(__u64 rough_ns);

/*
 * Returns the programs that would look into this packet, as a set of bits: 0 for other traffic. A
 * packet that neither of them can parse is for one of them, so that it counts once. For recordings,
 * which do not tell the direction of a packet. After native_start(), which sets the ports.
 */
enum { NATIVE_OUT = 1, NATIVE_IN = 2, NATIVE_TUNNEL = 4 /* counted without a look at its time */ };
unsigned int native_directions(const struct native_packet *p);

/* Adds the entry of a configured resolver. Returns 0 or -E2BIG. */
int native_reserve(const struct resolver_key *key);
/* Counts the packet at time `now` (ns), as count_queries and count_outcomes do. */
void native_queries(const struct native_packet *p, __u64 now);
void native_outcomes(const struct native_packet *p, __u64 now);
/* Count as count_guest_queries and count_guest_outcomes do. */
void native_guest_queries(const struct native_packet *p, __u64 now);
void native_guest_outcomes(const struct native_packet *p, __u64 now);
void native_sweep(__u64 now);
/* Fill the maps as the loader does for VLAN devices and for ports of bridges. */
void native_add_vlan_dev(__u32 ifindex, __u32 vlan);
void native_set_master(__u32 port, const struct if_master *master);

/* Sets the function that each sample is passed to; NULL: none. */
void native_on_sample(void (*f)(const struct sample *sample, void *context), void *context);
__u64 native_samples_dropped(void);

typedef void native_resolver_fn(const struct resolver_key *key, const struct resolver_counters *c,
				void *context);
/*
 * Called for an open transaction or connect with its resolver, all zero for one that counts as
 * `other`.
 */
typedef void native_transaction_fn(const struct resolver_key *resolver, int is_connect,
				   void *context);
void native_each_resolver(native_resolver_fn *f, void *context);
/* Calls f for each resolver that may have changed since the last call; at first for `other`, too.
 */
void native_each_changed(native_resolver_fn *f, void *context);
/* Returns 0 when no transaction is open; 1 when some may be that the last sweep has seen open. */
int native_has_open(void);
void native_each_open(native_transaction_fn *f, void *context);
/* The counts of an asker that has a row, or one of the two sums of a resolver. */
struct native_asker {
	__u32 number; /* of its row; 0: a sum */
	int is_other, is_former, is_unlinked;
	__u64 cgroup, first; /* as in struct asker_entry */
	struct asker_counters counters;
};
/* Called for each asker of a resolver, which is all zero for `other` resolvers. */
typedef void native_asker_fn(const struct resolver_key *resolver, const struct native_asker *asker,
			     void *context);
void native_each_asker(native_asker_fn *f, void *context);
/* Gives the next sweep something to do with an asker. */
void native_add_asker_command(const struct asker_command *command);
const struct self_counters *native_self(void);

struct native_map;
void native_map_empty(struct native_map *m);

#endif
