/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counts a packet once when it crosses several attached interfaces: VLAN over Ethernet, bridge and
 * port, bond, veth, tunnel. Each CPU compares a packet with the last one that it counted. A tagged
 * packet is not counted on the lower device when the VLAN's own device is attached.
 */
#ifndef DEDUP_H
#define DEDUP_H

#include "parse.h"

MAP_SPARSE(vlan_devs, struct vlan_dev_key, __u8, 4096);
MAP_SPARSE(if_masters, __u32, struct if_master, 16384);	 /* by a port's ifindex */
MAP(HASH, link_local_if, struct ip_address, __u32, 256); /* the interface it was queried on last */

/*
 * Returns the digest of a packet from the hashes of its addresses and `rest`. It is made by source
 * and destination, not by client and resolver: a packet out on one interface may come in on the
 * next, while a response is another packet.
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
 * Tests for the last packet on another interface within 1 ms; if it is not, it becomes the last
 * one. *now is 0 until the clock is read. The clock is not read for unmatched arrivals, since it
 * would be most of their cost; for these, the timer decides, within DUPLICATE_TICKS. `last` is the
 * last packet of the same origin.
 */
static __always_inline int is_duplicate(struct cpu_record *record, struct dedup_record *last,
					__u64 digest, __u32 ifindex, __u64 *now)
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
		record->clock = 0;
	last->tick = tick;
	return 0;
}

/*
 * Returns a time that is exact to a tick of the timer: this CPU's last reading of the clock in this
 * tick, plus 1 ns for each use, so that the order on this CPU is kept. Reads the clock when it was
 * not read in this tick. `least`: the time is not before this. After is_duplicate().
 */
#define CLOCK_IN_TICK_ERR 100000000ULL /* ns that the result may lag, with a delayed timer */

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

/*
 * Tests for a packet that a bridge sends although it came in by a port of that bridge. Netfilter
 * has translated it there, and handed it to the neighbour's output
 * (br_nf_pre_routing_finish_bridge() of net/bridge/br_netfilter_hooks.c), which it does while the
 * neighbour is not confirmed. It does not leave the bridge, and its answer goes from port to port.
 * A packet that the bridge has passed up came in by the bridge itself.
 */
static __always_inline int is_within_bridge(const struct __sk_buff *skb,
					    enum pkt_direction direction, enum origin origin)
{
	const struct if_master *master;
	__u32 port;

	if (direction != DIRECTION_OUT || origin != ORIGIN_HOST)
		return 0;
	port = skb->ingress_ifindex;
	if (!port)
		return 0;
	master = bpf_map_lookup_elem(&if_masters, &port);
	return master && master->bridge == skb->ifindex;
}

/*
 * Tests for an ICMP message from the very address whose query it quotes: on `lo`, this host's own
 * refusal.
 */
static __always_inline int is_from_client(const struct pkt_info *info)
{
	return (info->kind == PKT_UNREACHABLE || info->kind == PKT_TOO_BIG) &&
	       addr_equal(&info->reporter, &info->key.client);
}

/*
 * Replaces the scope of an fe80::/10 resolver. A port of a bridge or bond has the scope of its
 * master. This host's own refusal on `lo` is about the interface that the resolver was queried on
 * last; any other message on `lo` is about an address of this host. This host's own queries are not
 * those of its guests.
 */
__noinline int pkt_info_set_scope(struct pkt_info *info)
{
	const struct if_master *master;
	struct ip_address address;
	__u32 *known, scope;

	if (!info)
		return 0;
	scope = info->key.scope;
	master = bpf_map_lookup_elem(&if_masters, &scope);
	if (master)
		scope = master->scope;
	address = info->key.resolver;
	known = bpf_map_lookup_elem(&link_local_if, &address);
	if (scope == LOOPBACK_IFINDEX && known && is_from_client(info))
		scope = *known;
	else if (info->kind == PKT_QUERY && info->key.origin == ORIGIN_HOST &&
		 (!known || *known != scope))
		bpf_map_update_elem(&link_local_if, &address, &scope, BPF_ANY);
	info->key.scope = scope;
	return 0;
}

#endif
