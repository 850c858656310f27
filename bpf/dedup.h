/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One packet that crosses several attached interfaces counts once: VLAN over Ethernet, bridge and
 * port, bond, veth, tunnel. A per-CPU record of the last packet tells it from a new one; tagged
 * packets are left to their VLAN's own device when that is attached too.
 */
#ifndef DEDUP_H
#define DEDUP_H

#include "parse.h"

MAP(HASH, vlan_devs, struct vlan_dev_key, __u8, 4096);
MAP(HASH, scopes, __u32, __u32, 1024);
MAP(HASH, link_local_if, struct ip_address, __u32, 256); /* the interface it was last asked on */

/*
 * Of a packet that is ours, by the hashes of its two addresses, and `rest`. By source and
 * destination, not by client and resolver: what goes out on one interface may come in on the next,
 * and what comes back is another packet.
 */
static __always_inline __u64 pkt_digest(enum pkt_direction direction, __u64 client, __u64 resolver,
					__u64 client_port, __u64 resolver_port, __u16 id,
					__u64 rest)
{
	if (direction == DIRECTION_OUT)
		return hash_mix(client + 2 * resolver,
				rest + (client_port << 32 | resolver_port << 16 | id));
	return hash_mix(resolver + 2 * client,
			rest + (resolver_port << 32 | client_port << 16 | id));
}

/*
 * The same packet on another interface within 1 ms; else it becomes the last one. `now` is 0 when
 * nobody has looked at the clock yet. For what fitted nothing the last time nobody did, since that
 * would have been most of its cost: then within a tick of the timer is near enough.
 */
static __always_inline int is_duplicate(struct cpu_record *last, __u64 digest, __u32 ifindex,
					__u64 *now)
{
	__u64 tick = kernel_tick();

	if (last->digest == digest && last->ifindex != ifindex) {
		if (!last->time && tick - last->tick <= DUPLICATE_TICKS)
			return 1;
		if (!*now)
			*now = engine_clock();
		if (last->time && *now - last->time < DUPLICATE_NS)
			return 1;
	}
	last->digest = digest;
	last->ifindex = ifindex;
	last->time = *now;
	if (last->tick / CLOCK_TICKS != tick / CLOCK_TICKS)
		last->clock = 0;
	last->tick = tick;
	return 0;
}

/*
 * For what asks no more than when, within a tick of the timer: the clock as this CPU has read it in
 * this tick, and a bit later each time, so that here one comes after the other. Read when it was
 * not. After is_duplicate(). `least`: what it cannot be before, whatever this CPU has read.
 */
#define CLOCK_IN_TICK_ERR 100000000ULL /* ns that it may be late, with a timer that is late too */

static __always_inline __u64 clock_in_tick(struct cpu_record *record, __u64 least)
{
	if (config.clock_injected)
		return engine_clock();
	record->clock = record->clock ? record->clock + 1 : engine_clock();
	if (record->clock < least)
		record->clock = least;
	return record->clock;
}

static __always_inline int counted_on_vlan_dev(const struct pkt_info *info, __u32 ifindex)
{
	struct vlan_dev_key key = {.ifindex = ifindex, .vlan = info->vlan - 1};

	return info->vlan && bpf_map_lookup_elem(&vlan_devs, &key);
}

/* An ICMP message from the very address whose query it quotes: on `lo`, this host's own refusal. */
static __always_inline int is_from_client(const struct pkt_info *info)
{
	return (info->kind == PKT_UNREACHABLE || info->kind == PKT_TOO_BIG) &&
	       addr_equal(&info->reporter, &info->key.client);
}

/*
 * The interface of an fe80 resolver. On a port of a bridge or bond it belongs to the bridge or
 * bond; what this host refuses on `lo` is about the interface that it was last asked on. Anything
 * else on `lo` is about an address of this host.
 */
__noinline int pkt_info_set_scope(struct pkt_info *info)
{
	struct ip_address address;
	__u32 *known, scope;

	if (!info)
		return 0;
	scope = info->key.scope;
	known = bpf_map_lookup_elem(&scopes, &scope);
	if (known)
		scope = *known;
	address = info->key.resolver;
	known = bpf_map_lookup_elem(&link_local_if, &address);
	if (scope == LOOPBACK_IFINDEX && known && is_from_client(info))
		scope = *known;
	else if (info->kind == PKT_QUERY && (!known || *known != scope))
		bpf_map_update_elem(&link_local_if, &address, &scope, BPF_ANY);
	info->key.scope = scope;
	return 0;
}

#endif
