#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Much traffic: the accounts close exactly, and nothing is lost without being said.

# An emulated kernel gets fewer queries (LOAD).
many=${LOAD:-100000}

# dnsperf's own report: "Queries sent:" and "Queries completed:".
completed() {
	awk '/Queries completed:/ { print $3 }' "$tmp/dnsperf"
}

test_laws_after_100000_queries() {
	three_hosts
	resolver server 203.0.113.53
	watch_on client
	load client 203.0.113.53 "$many" -c 20 -q 200
	sleep 1
	unwatch client # the laws
	want 203.0.113.53 .queries "$sent"
	want 203.0.113.53 '.transactions + .retransmissions' "$sent"
	want 203.0.113.53 .untracked 0
	want_true 203.0.113.53 ".answered.noerror >= $(completed)"
}

test_laws_after_queries_in_ipv6() {
	three_hosts
	resolver server 2001:db8:2::53
	watch_on client
	load client 2001:db8:2::53 20000 -f inet6 -c 20
	sleep 1
	unwatch client
	want 2001:db8:2::53 .queries "$sent"
	want 2001:db8:2::53 .untracked 0
}

test_laws_with_a_table_far_too_small() {
	three_hosts
	resolver server 203.0.113.53
	watch_on client --max-in-flight 16 --timeout 1
	load client 203.0.113.53 "$many" -c 20 -q 200
	unwatch client
	want 203.0.113.53 .queries "$sent"
	want_true 203.0.113.53 '.untracked > 0 and .transactions > 0'
}

# The same by clsact: another hook, the same counts.
test_laws_with_clsact() {
	three_hosts
	resolver server 203.0.113.53
	watch_on client --clsact
	load client 203.0.113.53 20000 -c 20
	unwatch client
	want 203.0.113.53 .queries "$sent"
	[ "$(tail -n 1 "$json" | jq -r '.interfaces[] | select(.name == "eth0").hook')" = clsact ] ||
		die 'not attached by clsact'
}

# ICMP is rate-limited: the share of failures must come from outcomes.
test_closed_port_at_1000_queries_per_second() {
	three_hosts
	watch_on client --timeout 1
	load client 203.0.113.53 5000 -Q 1000 -t 1 -q 65000
	becomes client 203.0.113.53 '.state == "down" and .cause == "port-closed"'
	sleep 1.5
	unwatch client
	want 203.0.113.53 .queries "$sent"
	want_true 203.0.113.53 '.windows["1m"].failure_ratio >= 0.99'
	want_true 203.0.113.53 '.windows["1m"].port_unreachables_per_query < 0.2'
	want_true 203.0.113.53 '.in_flight == 0'
}

test_silent_resolver_under_load() {
	three_hosts
	on server nft -f - <<-NFT
		table inet t { chain i { type filter hook input priority 0; udp dport 53 drop; }; }
	NFT
	watch_on client --timeout 1
	load client 203.0.113.53 20000 -Q 10000 -t 1 -q 65000
	sleep 2
	unwatch client
	want 203.0.113.53 .queries "$sent"
	want 203.0.113.53 .timed_out "$sent"
	want 203.0.113.53 .untracked 0
}

# More resolvers than there is room for: under `other`, while the ones that were there first, and
# the configured one, keep their own counts.
test_more_resolvers_than_room() {
	two_hosts
	local n
	ip -n "$prefix-server" addr add 198.51.100.0/24 dev lo 2>/dev/null
	on server ip route add local 198.51.100.0/24 dev lo
	route client 198.51.100.0/24 via 192.0.2.53
	resolver server 192.0.2.53
	watch_on client --max-resolvers 4 --resolver 192.0.2.53 --timeout 1
	for n in $(seq 1 20); do
		ask client "198.51.100.$n"
	done
	ask_times 5 client 192.0.2.53
	sleep 1.2
	unwatch client
	want 192.0.2.53 .queries 5
	want 192.0.2.53 .answered.noerror 5
	want other .state null
	want_true other '.queries > 0'
	[ "$(tail -n 1 "$json" | jq '[.resolvers[].queries] | add')" = 25 ] || die 'queries were lost'
}
