#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Real servers, real failures: each state and cause of docs/counters.md, in IPv4 and IPv6.

v4=203.0.113.53
v6=2001:db8:2::53

test_healthy_resolver() {
	three_hosts
	resolver server $v4 $v6
	watch_on client
	ask_times 5 client $v4
	ask_times 5 client $v6
	becomes client $v4 '.state == "healthy"'
	unwatch client
	for a in $v4 $v6; do
		want $a .queries 5
		want $a .answered.noerror 5
		want $a .state healthy
		want $a .cause null
		want $a .rtt.count 5
		want_true $a '.rtt.sum_s > 0 and .rtt.sum_s < 5'
	done
}

# A row that is there already goes on: what comes later is read too.
test_counters_go_on_after_their_first_reading() {
	three_hosts
	resolver server $v4
	watch_on client
	ask client $v4
	sleep 1.2 # a reading in between, where the machine is fast
	ask_times 4 client $v4
	unwatch client
	want $v4 .queries 5
	want $v4 .answered.noerror 5
}

test_rcodes_of_a_real_server() {
	three_hosts
	resolver server $v4
	watch_on client
	ask_times 4 client $v4 x.refused.test
	ask_times 4 client $v4 x.servfail.test
	becomes client $v4 '.state == "degraded" and .cause == "server-error"'
	unwatch client
	want $v4 .answered.refused 4
	want_true $v4 '.answered.servfail >= 1'
	want $v4 '.windows["1m"].error_ratio' 1
}

closed_port() { # ADDRESS
	three_hosts
	watch_on client
	ask_times 4 client "$1"
	becomes client "$1" '.state == "down" and .cause == "port-closed"'
	unwatch client
	want "$1" .icmp_from_elsewhere 0
	want "$1" '.windows["1m"].failure_ratio' 1
	want_true "$1" '.unreachable.port >= 1'
}
test_nothing_on_port_53() { closed_port $v4; }
test_nothing_on_port_53_ipv6() { closed_port $v6; }

dropped() { # ADDRESS
	three_hosts
	on server nft -f - <<-NFT
		table inet t { chain i { type filter hook input priority 0; udp dport 53 drop; }; }
	NFT
	watch_on client --timeout 1
	ask_times 4 client "$1"
	becomes client "$1" '.state == "down" and .cause == "silent"'
	unwatch client
	want "$1" .timed_out 4
	want "$1" '[.icmp_unreachables[]] | add' 0
}
test_dropping_firewall() { dropped $v4; }
test_dropping_firewall_ipv6() { dropped $v6; }

rejected() { # ADDRESS ICMPX-TYPE CAUSE REASON
	three_hosts
	on router nft -f - <<-NFT
		table inet t { chain f { type filter hook forward priority 0;
			udp dport 53 reject with icmpx type $2; }; }
	NFT
	watch_on client
	ask_times 4 client "$1"
	becomes client "$1" ".state == \"down\" and .cause == \"$3\""
	unwatch client
	want_true "$1" ".unreachable.$4 >= 1 and .icmp_from_elsewhere == ([.icmp_unreachables[]] | add)"
}
test_router_prohibits() { rejected $v4 admin-prohibited prohibited prohibited; }
test_router_prohibits_ipv6() { rejected $v6 admin-prohibited prohibited prohibited; }
test_router_rejects_with_port_unreachable() { rejected $v4 port-unreachable rejected-on-path port; }
test_router_rejects_with_port_unreachable_ipv6() { rejected $v6 port-unreachable rejected-on-path port; }
test_router_has_no_route() { rejected $v4 no-route no-route network; }

# The resolver's own firewall looks like a closed port on the wire.
test_resolver_rejects_itself() {
	three_hosts
	on server nft -f - <<-NFT
		table inet t { chain i { type filter hook input priority 0; udp dport 53 reject; }; }
	NFT
	watch_on client
	ask_times 4 client $v4
	becomes client $v4 '.state == "down" and .cause == "port-closed"'
	unwatch client
}

# A resolver on the link whose address and MAC vanish: after a few packets nothing leaves.
vanished() { # ADDRESS CLIENT-ADDRESS FAMILY
	host client switch server
	link client eth0 switch port0
	link server eth0 switch port1
	ip -n "$prefix-switch" link add br0 type bridge
	ip -n "$prefix-switch" link set br0 up
	ip -n "$prefix-switch" link set port0 master br0
	ip -n "$prefix-switch" link set port1 master br0
	address client eth0 192.0.2.1/24 2001:db8:1::1/64
	address server eth0 192.0.2.53/24 2001:db8:1::53/64
	on client sysctl -qw "net.$3.neigh.eth0.base_reachable_time_ms=1000" \
		"net.$3.neigh.eth0.delay_first_probe_time=1" "net.$3.neigh.eth0.retrans_time_ms=200" \
		"net.$3.neigh.eth0.gc_stale_time=1"
	resolver server 192.0.2.53 2001:db8:1::53
	watch_on client --timeout 1
	ask_times 3 client "$1"
	becomes client "$1" '.state == "healthy"'
	ip -n "$prefix-server" link del eth0
	local n
	for n in $(seq 20); do
		ask client "$1"
		shows client "$1" '.cause == "not-sent" and .state == "down"' && break
	done
	becomes client "$1" '.state == "down" and .cause == "not-sent"'
	unwatch client
	want_true "$1" '.unsent.host >= 3 and .answered.noerror == 3'
}
test_resolver_vanishes_from_the_link() { vanished 192.0.2.53 192.0.2.1 ipv4; }
test_resolver_vanishes_from_the_link_ipv6() { vanished 2001:db8:1::53 2001:db8:1::1 ipv6; }

own_reject() { # ADDRESS
	three_hosts
	resolver server $v4 $v6
	on client nft -f - <<-NFT
		table inet t { chain o { type filter hook output priority 0; udp dport 53 reject; }; }
	NFT
	watch_on client
	ask_times 4 client "$1"
	becomes client "$1" '.state == "down" and .cause == "not-sent"'
	unwatch client
	want "$1" .queries 0
	want "$1" '[.icmp_unreachables[]] | add' 0
	want_true "$1" '.unsent.other >= 4'
}
test_reject_on_the_hosts_own_output() { own_reject $v4; }
test_reject_on_the_hosts_own_output_ipv6() { own_reject $v6; }

test_resolver_on_loopback() {
	host client
	resolver client 127.0.0.53 ::1
	watch_on client
	ask_times 4 client 127.0.0.53
	ask_times 4 client ::1
	becomes client 127.0.0.53 '.state == "healthy"'
	unwatch client
	want 127.0.0.53 .queries 4
	want 127.0.0.53 .answered.noerror 4
	want ::1 .queries 4
	want ::1 .answered.noerror 4
}

test_resolver_on_loopback_is_stopped() {
	host client
	watch_on client
	ask_times 4 client 127.0.0.53
	ask_times 4 client 127.0.0.1
	becomes client 127.0.0.53 '.state == "down" and .cause == "port-closed"'
	becomes client 127.0.0.1 '.state == "down" and .cause == "port-closed"'
	unwatch client
	want 127.0.0.53 '[.unsent[]] | add' 0
	want 127.0.0.1 '[.unsent[]] | add' 0
}

# The incident of tests/capture/reference.txt with its addresses, time compressed: the first ICMP message comes within the
# timeout, the other two long after. Nothing listens on port 53. A query is held back by the router
# before the resolver, which waits for its MAC address.
test_reference_incident() {
	local delay
	host client router resolver
	link client eth0 router left
	link router right resolver eth0
	address client eth0 192.51.100.15/24
	address router left 192.51.100.1/24
	address router right 203.0.113.1/24
	address resolver eth0 203.0.113.2/24
	route client default via 192.51.100.1
	route resolver default via 203.0.113.1
	on router sysctl -qw net.ipv4.ip_forward=1 net.ipv4.neigh.right.mcast_solicit=200 \
		net.ipv4.neigh.right.retrans_time_ms=100
	watch_on client --timeout 2
	for delay in 0.3 3.6 3.2; do
		ip -n "$prefix-resolver" link set eth0 arp off
		ip -n "$prefix-router" neigh flush dev right
		on client dig +tries=1 +time=1 +noedns -b 192.51.100.15#52444 +qid=35084 @203.0.113.2 \
			yummyrecipesforme.com A >"$tmp/dig" 2>&1 &
		sleep $delay
		ip -n "$prefix-resolver" link set eth0 arp on
		wait $!
		sleep 2
	done
	becomes client 203.0.113.2 '.state == "down" and .cause == "port-closed"'
	unwatch client
	want 203.0.113.2 .queries 3
	want 203.0.113.2 .icmp_unreachables.port 3
	want 203.0.113.2 .transactions 3
	want 203.0.113.2 .unreachable.port 1
	want 203.0.113.2 .timed_out 2
	want 203.0.113.2 .late.unreachables 2
	want 203.0.113.2 '.windows["1m"].failure_ratio' 1
}
