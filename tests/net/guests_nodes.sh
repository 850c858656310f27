#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Guests on other nodes than that of guests.sh: with services of IPVS. Both families in each test. Few
# queries: these run in the guests of tests/kernels, where each takes its time.

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
