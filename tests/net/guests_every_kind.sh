#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Guests of every kind on one node at a time, and each failure inside a node, watched by one dnsreach:
# where a kernel is emulated, its verifier takes most of a test's time. The parts are those of
# guests.sh, guests_kinds.sh and guests_nodes.sh. Both families.

# ---- the node -----------------------------------------------------------------------------

# NAME NUMBER is the pod's; the node reaches all of NUMBERS by its interface.
more_addresses() { # NAME NUMBER...
	local name=$1 n
	shift
	for n; do
		address "$name" eth0 10.244.1."$n"/32 fd00:1::"$n"/128
		route node 10.244.1."$n" dev "v$name"
		route node fd00:1::"$n" dev "v$name"
	done
}

# Another wire between the node and far, for one guest: 198.18.NUMBER.0/24.
second_uplink() { # NAME NUMBER
	link node "$1" far "$1"
	address node "$1" 198.18."$2".10/24 2001:db8:"$2"::10/64
	address far "$1" 198.18."$2".1/24 2001:db8:"$2"::1/64
	on far sysctl -qw net.ipv4.conf.all.rp_filter=0 "net.ipv4.conf.$1.rp_filter=0" net.ipv4.conf.eth0.rp_filter=0
}

# Queries leave by eth2, and answers come back by eth0.
pod_with_policy_routing() {
	pod_routed ruled 6
	second_uplink eth2 7
	ip -n "$prefix-node" rule add from 10.244.1.6 lookup 100
	ip -n "$prefix-node" -6 rule add from fd00:1::6 lookup 100
	route node default via 198.18.7.1 table 100
	ip -n "$prefix-node" -6 route add default via 2001:db8:7::1 table 100
}

# The pod and its own uplink are ports of a VRF.
pod_of_a_vrf() {
	pod_routed blues 4
	second_uplink eth1 6
	on node sysctl -qw net.ipv6.conf.eth1.keep_addr_on_down=1
	ip -n "$prefix-node" link set eth1 master blue
	ip -n "$prefix-node" link set vblues master blue
	ip -n "$prefix-node" addr replace fe80::1/64 dev vblues nodad
	ip -n "$prefix-node" addr replace 2001:db8:6::10/64 dev eth1 nodad
	route node default via 198.18.6.1 table 10
	ip -n "$prefix-node" -6 route add default via 2001:db8:6::1 dev eth1 table 10
	route node 10.244.1.4 dev vblues table 10
	ip -n "$prefix-node" -6 route add fd00:1::4 dev vblues table 10
	route far 10.244.1.4 via 198.18.6.10
	route far fd00:1::4 via 2001:db8:6::10
}

virtual_machine() {
	machine vm
	address node vnet0 169.254.1.1/32
	ip -n "$prefix-node" addr add fe80::1/64 dev vnet0 nodad
	address vm eth0 10.244.1.7/32 fd00:1::7/128
	route vm 169.254.1.1 dev eth0
	route vm default via 169.254.1.1
	route vm default via fe80::1 dev eth0
	route node 10.244.1.7 dev vnet0
	route node fd00:1::7 dev vnet0
}

# 30 has an endpoint, 31 has none, and the process of 32 is dead.
services_of_ipvs() {
	local n at
	ip -n "$prefix-node" link add kube-ipvs0 type dummy || die 'no dummy device can be made'
	for n in 30 31 32; do
		address node kube-ipvs0 10.96.0.$n/32 fd00:96::$n/128
		for at in 10.96.0.$n "[fd00:96::$n]"; do
			on node ipvsadm -A -u "$at:53" -s rr || die "no service $at of IPVS"
		done
	done
	endpoint_of_ipvs 30 53
	endpoint_of_ipvs 32 54
}

endpoint_of_ipvs() { # SERVICE POD
	on node ipvsadm -a -u "10.96.0.$1:53" -r "10.244.1.$2:53" -m || die "no endpoint $2"
	on node ipvsadm -a -u "[fd00:96::$1]:53" -r "[fd00:1::$2]:53" -m || die "no endpoint $2 over IPv6"
}

# The services of kube-proxy, and what fails: see failures_inside.
rules_of_every_kind() {
	on node nft -f - <<-NFT || die 'nftables cannot do NAT here'
		table inet service {
			map services4 { type ipv4_addr : ipv4_addr; elements = {
				10.96.0.10 : 10.244.1.53, 10.96.0.11 : 10.244.2.53, 10.96.0.12 : 10.244.1.131,
				10.96.0.21 : 10.244.1.54, 10.96.0.24 : 10.244.1.90, 10.96.0.25 : 10.244.1.55,
				10.96.0.26 : 10.244.1.56, 10.96.0.27 : 10.244.1.57 }; }
			map services6 { type ipv6_addr : ipv6_addr; elements = {
				fd00:96::10 : fd00:1::53, fd00:96::11 : fd00:2::53, fd00:96::12 : fd00:1::131,
				fd00:96::21 : fd00:1::54, fd00:96::24 : fd00:1::90, fd00:96::25 : fd00:1::55,
				fd00:96::26 : fd00:1::56, fd00:96::27 : fd00:1::57 }; }
			chain before { type nat hook prerouting priority -100;
				udp dport 53 dnat ip to ip daddr map @services4
				udp dport 53 dnat ip6 to ip6 daddr map @services6
			}
			chain output { type nat hook output priority -100;
				udp dport 53 dnat ip to ip daddr map @services4
				udp dport 53 dnat ip6 to ip6 daddr map @services6
				ip daddr 203.0.113.60 udp dport 53 redirect to :53
				ip6 daddr 2001:db8:53::60 udp dport 53 redirect to :53
			}
			chain after { type nat hook postrouting priority 100;
				ip saddr { 10.244.1.4, 10.244.1.6 } accept
				ip6 saddr { fd00:1::4, fd00:1::6 } accept
				ip saddr 10.244.0.0/16 ip daddr != 10.244.0.0/16 masquerade
				ip6 saddr fd00:1::/64 ip6 daddr != { fd00:1::/64, fd00:2::/64 } masquerade
			}
			chain forward { type filter hook forward priority 0;
				ip daddr 10.96.0.22 udp dport 53 reject with icmp type port-unreachable
				ip6 daddr fd00:96::22 udp dport 53 reject with icmpv6 type port-unreachable
				ip daddr 10.244.1.55 udp dport 53 drop
				ip6 daddr fd00:1::55 udp dport 53 drop
				ip saddr 10.244.1.57 udp sport 53 drop
				ip6 saddr fd00:1::57 udp sport 53 drop
			}
			chain late { type filter hook postrouting priority 300;
				ip daddr 10.244.1.56 udp dport 53 numgen inc mod 4 == 0 drop
				ip6 daddr fd00:1::56 udp dport 53 numgen inc mod 4 == 0 drop
			}
		}
	NFT
}

# A kernel of tests/kernels has all of it; another one may lack it, and these rows then.
may_lack() { # WHAT
	[ -z "${DNSREACH_TEST_IN_PLACE:-}" ] || die "no $1 here"
	figure "without $1"
	return 1
}

has_vrf() {
	ip -n "$prefix-node" link add blue type vrf table 10 2>/dev/null || may_lack VRF || return
	ip -n "$prefix-node" link set blue up
}

has_ipvs() {
	on node ipvsadm -Ln >/dev/null 2>&1 || may_lack IPVS
}

node_of_every_kind() {
	local n
	node_with_uplink
	on far sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	for n in 54 56 57 58; do
		address far lo 203.0.113."$n"/32 2001:db8:53::"$n"/128
	done
	pod_routed pod 2
	pod_routed dns 53
	more_addresses dns 56 57
	pod_routed dead 54
	more_addresses dead 55
	route node unreachable 10.244.1.90
	ip -n "$prefix-node" -6 route add unreachable fd00:1::90
	bridge_of_pods
	pod_bridged bridged 130
	pod_bridged beside 131
	bridge_calls 1
	pod_with_policy_routing
	virtual_machine
	address node lo 169.254.20.10/32 fd00:20::10/128 169.254.20.20/32 fd00:20::20/128
	vrf='' ipvs=''
	has_vrf && vrf=1 && pod_of_a_vrf
	has_ipvs && ipvs=1 && services_of_ipvs
	rules_of_every_kind
	resolver dns 10.244.1.53 fd00:1::53 10.244.1.56 fd00:1::56 10.244.1.57 fd00:1::57
	resolver beside 10.244.1.131 fd00:1::131
	resolver far 10.244.2.53 fd00:2::53 $outside4 $outside6 203.0.113.54 2001:db8:53::54 \
		203.0.113.56 2001:db8:53::56 203.0.113.57 2001:db8:53::57
	forwarder_on_node 169.254.20.10 fd00:20::10 127.0.0.1 ::1
}

# ---- what is asked, and what must be seen -----------------------------------------------------

# N queries to each ADDRESS, all at once; each is one try.
asks_all_at_once() { # N HOST ADDRESS...
	local count=$1 h=$2 a n
	shift 2
	for a; do
		for ((n = 0; n < count; n++)); do
			on "$h" dig +short +tries=1 +retry=0 +time=2 +noedns "@$a" "q$n.ok.test" A >>"$tmp/answers" 2>/dev/null &
		done
	done
}

answered_are() { # N: of what was asked since the last time
	local got
	wait_for_others
	got=$(grep -c '^198\.51\.100\.80$' "$tmp/answers")
	[ "$got" = "$1" ] || die "$got of $1 answered"
	: >"$tmp/answers"
}

# A row that must be there. All are judged in one go: each jq takes its time in emulation.
row() { # ORIGIN ADDRESS CONDITION
	printf '(of("%s"; "%s") | select((%s) | not) | "%s %s: " + (del(.rtt, .windows) | tostring)),\n' \
		"$1" "$2" "$3" "$1" "$2" >>"$tmp/rows"
}

none() { # ORIGIN ADDRESS...
	local a
	for a in "${@:2}"; do
		row "$1" "$a" '.queries // 0 | . == 0'
	done
}

well() { # ORIGIN N ADDRESS...
	local a
	for a in "${@:3}"; do
		row "$1" "$a" ".queries == $2 and ([.answered[]?] | add) == $2 and .state == \"healthy\" and
			.unmatched.responses + .late.responses == 0"
	done
}

fails() { # ORIGIN N STATE CAUSE INSIDE ADDRESS...
	local a
	for a in "${@:6}"; do
		row "$1" "$a" ".queries == $2 and .state == \"$3\" and .cause == \"$4\" and .fails_inside == $5"
	done
}

all_rows_are_right() { # in the last line
	tail -n 1 "$tmp/node.json" | jq -r "def of(\$origin; \$address): first((.resolvers[] |
		select(.address == \$address and .transport == \"udp\" and (.origin // \"host\") == \$origin)), {});
		$(cat "$tmp/rows") empty" >"$tmp/wrong" 2>&1 && [ ! -s "$tmp/wrong" ]
}

rows_become_right() {
	(within 20 'all rows are right' all_rows_are_right) || die "$(cat "$tmp/wrong")"
	: >"$tmp/rows"
}

# Both families of a service, of an address outside, or of a pod.
services() { for n; do echo "10.96.0.$n fd00:96::$n"; done; }
outside() { for n; do echo "203.0.113.$n 2001:db8:53::$n"; done; }
pods() { for n; do echo "10.244.1.$n fd00:1::$n"; done; }

# shellcheck disable=SC2046
all_is_well() {
	asks_all_at_once 4 pod $(services 10 11) $(outside 53) 169.254.20.10 fd00:20::10
	answered_are 32
	asks_all_at_once 4 bridged $(services 12) $(pods 131)
	asks_all_at_once 4 ruled $(outside 56)
	answered_are 24
	asks_all_at_once 4 vm $(outside 57)
	asks_all_at_once 4 node $(services 10) $(outside 60)
	answered_are 24
	if [ -n "$vrf" ]; then
		asks_all_at_once 4 blues $(outside 54)
		answered_are 8
		well guest 4 $(outside 54)
		well host 4 $(outside 54)
	fi
	if [ -n "$ipvs" ]; then
		asks_all_at_once 4 pod $(services 30)
		answered_are 8
		well guest 4 $(services 30)
	fi
	well guest 4 $(services 10 11 12) $(outside 53 56 57) $(pods 131) 169.254.20.10 fd00:20::10
	well host 4 $(outside 53 56 57) 127.0.0.1 ::1
	well host $((8 + 4 * ${ipvs:-0})) $(pods 53)
	row host 10.244.2.53 '.queries >= 4 and .state == "healthy" and .forwarded_queries == 4'
	row host $outside4 '.forwarded_queries == 4'
	none host $(services 10 11 12 30) $(pods 131) $(outside 60) 169.254.20.10 fd00:20::10
	none guest $(pods 53) 10.244.2.53 fd00:2::53
	rows_become_right
}

# While nothing fails for the host itself.
# shellcheck disable=SC2046
failures_inside() {
	# First of all: what ICMP the kernel has sent to a pod counts against a missing route's (ip_error).
	asks_all_at_once 4 pod $(services 24)
	wait_for_others
	asks_all_at_once 4 pod $(services 22 25 27) 169.254.20.20 fd00:20::20
	wait_for_others
	asks_all_at_once 12 pod $(services 26)
	[ -z "$ipvs" ] || asks_all_at_once 4 pod $(services 31)
	wait_for_others
	[ -z "$ipvs" ] || fails guest 4 down port-closed true $(services 31)
	fails guest 4 down rejected-on-path true $(services 22)
	fails guest 4 down port-closed true 169.254.20.20 fd00:20::20
	fails guest 4 down no-route true $(services 24)
	fails guest 4 down silent true $(services 25 27)
	fails guest 12 degraded intermittent true $(services 26)
	for a in $(services 26); do
		row guest "$a" '.timed_out >= 2 and .timed_out <= 4 and .timed_out + ([.answered[]?] | add) == 12'
	done
	for a in $(pods 56); do
		row host "$a" '.timed_out == 0 and .state == "healthy"'
	done
	well host 4 $(pods 57)
	none host $(services 22 24 25 26 27 31) $(pods 55 90) 169.254.20.20 fd00:20::20
	rows_become_right
}

# The host's own rows tell of these.
# shellcheck disable=SC2046
failures_outside() {
	local of_pods=4
	asks_all_at_once 4 pod $(services 21) $(outside 58)
	[ -z "$ipvs" ] || asks_all_at_once 4 pod $(services 32)
	wait_for_others
	[ -z "$ipvs" ] || of_pods=8
	[ -z "$ipvs" ] || fails guest 4 down port-closed false $(services 32)
	fails guest 4 down port-closed false $(services 21) $(outside 58)
	fails host 4 down port-closed false $(outside 58)
	fails host $of_pods down port-closed false $(pods 54)
	rows_become_right
}

test_guests_of_every_kind_at_once() {
	node_of_every_kind
	: >"$tmp/rows"
	: >"$tmp/answers"
	guests_watched
	all_is_well
	failures_inside
	failures_outside
	unwatch node
}
