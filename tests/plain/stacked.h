/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One packet that crosses several attached interfaces counts once: VLAN over Ethernet, bridge and
 * port, bond, veth, tunnel. A per-CPU record of the last packet tells it from a new one; tagged
 * packets are left to their VLAN's own device when that is attached too.
 */
#ifndef STACKED_H
#define STACKED_H

#include "packet.h"

struct last_packet {
	__u64 digest;
	__u64 time;
	__u32 ifindex;
	__u32 pad;
};

MAP(PERCPU_ARRAY, last_packet, __u32, struct last_packet, 1);
MAP(HASH, tagged, struct tagged_key, __u8, 4096);
MAP(HASH, scopes, __u32, __u32, 1024);
MAP(HASH, link_local, struct ip_address, __u32, 256); /* the interface it was last asked on */

/* The same packet on another interface within 1 ms; else it becomes the last one. */
static __always_inline int seen_before(const struct observation *o, __u32 ifindex, __u64 now)
{
	struct last_packet *last;
	__u32 zero = 0;

	last = bpf_map_lookup_elem(&last_packet, &zero);
	if (!last)
		return 0;
	if (last->digest == o->digest && last->ifindex != ifindex &&
	    now - last->time < SAME_PACKET_NS)
		return 1;
	last->digest = o->digest;
	last->time = now;
	last->ifindex = ifindex;
	return 0;
}

static __always_inline int left_to_vlan_device(const struct observation *o, __u32 ifindex)
{
	struct tagged_key key = {.ifindex = ifindex, .vlan = o->vlan - 1};

	return o->vlan && bpf_map_lookup_elem(&tagged, &key);
}

/* An ICMP message from the very address whose query it quotes: on `lo`, this host's own refusal. */
static __always_inline int is_from_client(const struct observation *o)
{
	return (o->kind == KIND_UNREACHABLE || o->kind == KIND_TOO_BIG) &&
	       same_address(&o->reporter, &o->key.client);
}

/*
 * The interface of an fe80 resolver. On a port of a bridge or bond it belongs to the bridge or
 * bond; what this host refuses on `lo` is about the interface that it was last asked on. Anything
 * else on `lo` is about an address of this host.
 */
static __always_inline void set_scope(struct observation *o)
{
	__u32 *known, scope = o->key.scope;
	struct ip_address address;

	if (!scope)
		return;
	known = bpf_map_lookup_elem(&scopes, &scope);
	if (known)
		scope = *known;
	address = o->key.resolver;
	known = bpf_map_lookup_elem(&link_local, &address);
	if (scope == LOOPBACK_IFINDEX && known && is_from_client(o))
		scope = *known;
	else if (o->kind == KIND_QUERY && (!known || *known != scope))
		bpf_map_update_elem(&link_local, &address, &scope, BPF_ANY);
	o->key.scope = scope;
}

#endif
