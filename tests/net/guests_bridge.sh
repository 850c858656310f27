#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A service that netfilter translates on a bridge, while the neighbour entry of its endpoint is not confirmed:
# Linux sends the query out by the bridge itself, and the answer goes from port to port. Such a query does not
# leave the bridge, so that it has no row of origin host. Both families.

# As after 30 s without a packet of the node itself to the endpoint. With `stale` Linux hands each packet to the
# neighbour's output until the entry is confirmed.
is_a_stale_neighbour() { # POD NUMBER
	local a
	for a in 10.244.1."$2" fd00:1::"$2"; do
		ip -n "$prefix-node" neigh replace "$a" lladdr "$(mac "$1" eth0)" dev cni0 nud stale ||
			die "$a cannot become a neighbour"
	done
}

# The statistics of the bridge do not have these packets (br_dev_xmit() leaves them to br_netfilter).
count_egress_of_the_bridge() {
	on node nft -f - <<-NFT || skip 'nftables has no egress hook here'
		table netdev seen {
			counter queries { }
			chain leave { type filter hook egress device cni0 priority 0; th dport 53 counter name queries; }
		}
	NFT
}

sent_by_the_bridge() { # queries
	on node nft -j list counter netdev seen queries | jq '.nftables[] | select(.counter).counter.packets'
}

# Asks 12 times, and makes sure that the bridge itself has sent the queries.
asks_by_the_bridge() { # ADDRESS
	local before
	is_a_stale_neighbour dns 53
	before=$(sent_by_the_bridge)
	ask_from 12 pod "$1"
	[ "$answered" = 12 ] || die "$answered of 12 to $1 answered"
	[ $(($(sent_by_the_bridge) - before)) = 12 ] || die "the bridge has not sent the queries to $1"
}

stale_neighbour() { # [OPTIONS...] of dnsreach
	node_with_uplink
	bridge_of_pods
	pod_bridged pod 2
	pod_bridged dns 53
	bridge_calls 1
	service 10.244.1.53 fd00:1::53 "chain connects { type nat hook prerouting priority -100;
		ip daddr $service4 tcp dport 53 dnat ip to 10.244.1.53
		ip6 daddr $service6 tcp dport 53 dnat ip6 to fd00:1::53
	}"
	count_egress_of_the_bridge
	resolver dns 10.244.1.53 fd00:1::53
	watch_on node "$@"
}

test_guest_asks_by_a_stale_neighbour() {
	stale_neighbour --guests
	asks_by_the_bridge $service4
	asks_by_the_bridge $service6
	unwatch node
	counts_once 12 $service4 -
	counts_once 12 $service6 -
	no_row 10.244.1.53
	no_row fd00:1::53
	no_row $service4
}

# Without the view of guests, nothing of it is this host's affair.
test_stale_neighbour_without_guests() {
	stale_neighbour
	asks_by_the_bridge $service4
	asks_by_the_bridge $service6
	ask_from 3 node 10.244.1.53
	unwatch node
	want 10.244.1.53 .queries 3
	want 10.244.1.53 .forwarded_queries 0
	want 10.244.1.53 .state healthy
	no_row fd00:1::53
}

test_guest_connects_by_a_stale_neighbour() {
	local a n before
	stale_neighbour --guests
	for a in $service4 $service6; do
		is_a_stale_neighbour dns 53
		before=$(sent_by_the_bridge)
		for n in 1 2 3; do
			ask pod "$a" www.ok.test +tcp || die "$a does not answer over TCP"
		done
		[ $(($(sent_by_the_bridge) - before)) -ge 9 ] || die "the bridge has not sent the segments to $a"
	done
	unwatch node
	for a in $service4 $service6; do
		origin=guest want "$a/tcp" .connects.established 3
		origin=guest want "$a/tcp" .answered.noerror 3
		origin=guest want "$a/tcp" .state healthy
	done
	no_row 10.244.1.53/tcp
	no_row fd00:1::53/tcp
	[ -z "$(of 10.244.1.53/tcp 'select(.connects.attempts > 0)')" ] || die 'a connect of a guest is the host'"'"'s'
}

# A port that joins while dnsreach runs.
test_guest_of_a_new_port_asks_by_a_stale_neighbour() {
	stale_neighbour --guests
	pod_bridged late 3
	within 10 'the new port is watched' origins_are vlate '["guest"]'
	is_a_stale_neighbour dns 53
	ask_from 6 late $service4
	[ "$answered" = 6 ] || die "$answered of 6 answered"
	unwatch node
	origin=guest want $service4 .queries 6
	no_row 10.244.1.53
}

# What one bridge passes up and another one sends has left the first: the host's row sees it.
test_guest_asks_a_guest_on_another_bridge() {
	node_with_uplink
	bridge_of_pods
	pod_bridged pod 2
	ip -n "$prefix-node" link add cni1 type bridge forward_delay 0
	ip -n "$prefix-node" link set cni1 up
	address node cni1 10.244.3.1/24 fd00:3::1/64
	host dns
	link node vdns dns eth0
	ip -n "$prefix-node" link set vdns master cni1
	address dns eth0 10.244.3.53/24 fd00:3::53/64
	route dns default via 10.244.3.1
	route dns default via fd00:3::1
	resolver dns 10.244.3.53 fd00:3::53
	watch_on node --guests
	ask_from 12 pod 10.244.3.53
	ask_from 12 pod fd00:3::53
	unwatch node
	counts_once 12 10.244.3.53 10.244.3.53
	counts_once 12 fd00:3::53 fd00:3::53
	want 10.244.3.53 .forwarded_queries 12
	want fd00:3::53 .forwarded_queries 12
}
