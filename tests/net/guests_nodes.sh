#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Guests on other nodes than those of guests.sh: with a VRF, with services of IPVS. Both families in
# each test. Few queries: these run in the guests of tests/kernels, where each takes its time.

# ---- a VRF ----------------------------------------------------------------------------------

# The uplink of the node and all its pods are ports of the VRF `blue`, which has routes of its own.
node_with_a_vrf() {
	node_with_uplink
	on node sysctl -qw net.ipv6.conf.default.keep_addr_on_down=1 net.ipv6.conf.all.keep_addr_on_down=1
	ip -n "$prefix-node" link add blue type vrf table 10 2>/dev/null || skip 'no VRF can be made here'
	ip -n "$prefix-node" link set blue up
	ip -n "$prefix-node" link set eth0 master blue
	route node default via 192.0.2.1 table 10
	ip -n "$prefix-node" -6 route add default via 2001:db8:1::1 dev eth0 table 10
}

pod_in_the_vrf() { # NAME NUMBER
	pod_routed "$1" "$2"
	ip -n "$prefix-node" link set "v$1" master blue
	# A port goes down and up as it joins, and a link-local address does not stay.
	ip -n "$prefix-node" addr replace fe80::1/64 dev "v$1" nodad
	route node 10.244.1."$2" dev "v$1" table 10
	ip -n "$prefix-node" -6 route add fd00:1::"$2" dev "v$1" table 10
}

test_guest_in_a_vrf_asks_outside() {
	node_with_a_vrf
	pod_in_the_vrf pod 2
	resolver far $outside4 $outside6
	guests_watched
	ask_from 6 pod $outside4
	[ "$answered" = 6 ] || die "$answered of 6 answered"
	ask_from 6 pod $outside6
	[ "$answered" = 6 ] || die "$answered of 6 answered over IPv6"
	unwatch node
	counts_once 6 $outside4 $outside4
	counts_once 6 $outside6 $outside6
	want $outside4 .forwarded_queries 6
	want $outside6 .forwarded_queries 6
	origins_are vpod '["host","guest"]' || die "interfaces: $(tail -n 1 "$json" | jq -c .interfaces)"
}

test_guest_in_a_vrf_asks_a_guest() {
	node_with_a_vrf
	pod_in_the_vrf pod 2
	pod_in_the_vrf dns 53
	resolver dns 10.244.1.53 fd00:1::53
	guests_watched
	ask_from 6 pod 10.244.1.53
	[ "$answered" = 6 ] || die "$answered of 6 answered"
	ask_from 6 pod fd00:1::53
	[ "$answered" = 6 ] || die "$answered of 6 answered over IPv6"
	unwatch node
	counts_once 6 10.244.1.53 10.244.1.53
	counts_once 6 fd00:1::53 fd00:1::53
}

# Only the VRF's own table says that there is no way.
test_guest_in_a_vrf_without_a_route() {
	node_with_a_vrf
	pod_in_the_vrf pod 2
	route node unreachable $outside4 table 10
	ip -n "$prefix-node" -6 route add unreachable $outside6 table 10
	guests_watched
	ask_from 6 pod $outside4
	ask_from 6 pod $outside6
	unwatch node
	asked=6 fails_for_guests down no-route $outside4 $outside6
	inside $outside4 $outside6
	no_row $outside4
	no_row $outside6
}

# ---- kube-proxy with IPVS -------------------------------------------------------------------

# A service of kube-proxy in its mode IPVS: the address is this host's, on a device of its own.
service_of_ipvs() { # [ENDPOINT4 ENDPOINT6]
	on node ipvsadm -A -u $service4:53 -s rr 2>"$tmp/ipvs" || skip "no IPVS here: $(head -n 1 "$tmp/ipvs")"
	ip -n "$prefix-node" link add kube-ipvs0 type dummy || die 'no dummy device can be made'
	address node kube-ipvs0 $service4/32 $service6/128
	on node ipvsadm -A -u "[$service6]:53" -s rr || die 'no service of IPVS over IPv6'
	[ $# -gt 0 ] || return
	on node ipvsadm -a -u $service4:53 -r "$1:53" -m || die "no endpoint $1"
	on node ipvsadm -a -u "[$service6]:53" -r "[$2]:53" -m || die "no endpoint $2"
}

test_guest_asks_a_service_of_ipvs() {
	needs ipvsadm
	node_with_uplink
	pod_routed pod 2
	pod_routed dns 53
	service_of_ipvs 10.244.1.53 fd00:1::53
	resolver dns 10.244.1.53 fd00:1::53
	guests_watched
	ask_from 6 pod $service4
	[ "$answered" = 6 ] || die "$answered of 6 answered"
	ask_from 6 pod $service6
	[ "$answered" = 6 ] || die "$answered of 6 answered over IPv6"
	unwatch node
	counts_once 6 $service4 10.244.1.53
	counts_once 6 $service6 fd00:1::53
	no_row $service4
	no_row $service6
	origin=guest no_row 10.244.1.53
}

test_guest_asks_a_service_of_ipvs_whose_endpoint_is_dead() {
	needs ipvsadm
	node_with_uplink
	pod_routed pod 2
	pod_routed dns 53
	service_of_ipvs 10.244.1.53 fd00:1::53
	guests_watched
	ask_from 6 pod $service4
	ask_from 6 pod $service6
	unwatch node
	asked=6 fails_for_guests down port-closed $service4 $service6
	want 10.244.1.53 .cause port-closed
	want fd00:1::53 .cause port-closed
	origin=guest want $service4 .fails_inside false
}

# IPVS itself says that nobody serves, under the service's own address.
test_guest_asks_a_service_of_ipvs_without_endpoints() {
	needs ipvsadm
	node_with_uplink
	pod_routed pod 2
	service_of_ipvs
	guests_watched
	ask_from 6 pod $service4
	ask_from 6 pod $service6
	unwatch node
	asked=6 fails_for_guests down port-closed $service4 $service6
	inside $service4 $service6
	no_row $service4
	no_row $service6
}
