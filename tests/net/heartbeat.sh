#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# `dnsreach run --heartbeat`: resolvers that nobody asks are judged, by queries of dnsreach itself.

# A host with three standby resolvers: one answers, one drops, one has nothing on its port.
standby_resolvers() {
	two_hosts
	address server eth0 192.0.2.54/24
	address server eth0 192.0.2.55/24
	resolver server 192.0.2.53
	on server nft -f - <<-NFT
		table inet t { chain i { type filter hook input priority 0; ip daddr 192.0.2.54 udp dport 53 drop; }; }
	NFT
	standby=(--heartbeat-name www.ok.test -r 192.0.2.53 -r 192.0.2.54 -r 192.0.2.55)
}

state_is() { # ADDRESS STATE CAUSE
	page client /api/v1/status | jq -e --arg a "$1" --arg s "$2" --argjson c "$3" \
		'.resolvers[] | select(.address == $a) | .state == $s and .cause == $c' >/dev/null
}

unreachables_at_server() { on server nstat -az IcmpInDestUnreachs | awk '/IcmpIn/ { print $2 }'; }

test_heartbeat_judges_standby_resolvers() {
	local sent before
	standby_resolvers
	before=$(unreachables_at_server) # the wait for the resolver may have asked before it was there
	run_on client --heartbeat 5 --timeout 2 "${standby[@]}"
	within 60 'the healthy one is' state_is 192.0.2.53 healthy null
	within 60 'the silent one is' state_is 192.0.2.54 down '"silent"'
	within 60 'the closed one is' state_is 192.0.2.55 down '"port-closed"'
	status_into_json client
	laws
	# What nobody else asked is what it says of itself.
	sent=$(tail -n 1 "$json" | jq '[.resolvers[].queries // 0] | add')
	within 10 'they are counted' heartbeats_are_queries
	[ "$sent" -ge 9 ] || die "$sent queries of three resolvers"
	# The responses found their sockets: no resolver got an ICMP message for one.
	[ "$(unreachables_at_server)" = "$before" ] || die 'a response found no socket'
	# The resolver of resolv.conf has no route here: that is said, once.
	[ "$(grep -c 'heartbeat: cannot ask 10.255.255.53: Network is unreachable' "$tmp/client.err")" = 1 ] ||
		die "$(cat "$tmp/client.err")"
	end_run client
}

# Queries are counted a tick after they were sent: equal when nothing is under way.
heartbeats_are_queries() {
	local sum own
	status_into_json client
	sum=$(tail -n 1 "$json" | jq '[.resolvers[].queries // 0] | add')
	own=$(page client | awk '/^dnsreach_self_heartbeats_total/ { print $2 }')
	[ "$sum" = "$own" ] && tail -n 1 "$json" | jq -e --argjson n "$own" '.self.heartbeats == $n' >/dev/null
}

test_heartbeat_off_by_default() {
	standby_resolvers
	run_on client "${standby[@]:2}"
	sleep 3
	status_into_json client
	want 192.0.2.53 .queries 0
	want 192.0.2.53 .state idle
	[ "$(page client | awk '/^dnsreach_self_heartbeats_total/ { print $2 }')" = 0 ] || die 'asked'
	end_run client
}

# Its own cgroup, as a service has one, is the asker `dnsreach`.
test_heartbeat_has_an_asker() {
	standby_resolvers
	needs_cgroups
	in_cgroup monitor.service nsenter --net="/run/netns/$prefix-client" "$dnsreach" run \
		--config /dev/null --askers --heartbeat 5 "${standby[@]}" >"$tmp/client.out" 2>"$tmp/client.err" &
	pids+=($!)
	within 20 'dnsreach run is ready' answers_on client
	asks nginx.service client 192.0.2.53 www.ok.test 2
	within 20 'it is an asker' asker_is dnsreach
	within 20 'others are, too' asker_is nginx.service
}

asker_is() { # ASKER
	page client /api/v1/status | jq -e --arg a "$1" '.resolvers[] | select(.address == "192.0.2.53") |
		.askers | any(.asker == $a and .queries >= 1)' >/dev/null
}

# As its own user, with the two capabilities that the daemon keeps.
test_heartbeat_without_privileges() {
	standby_resolvers
	background client setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
		--bounding-set -all,+bpf,+net_admin,+perfmon --inh-caps -all,+bpf,+net_admin,+perfmon \
		--ambient-caps -all,+bpf,+net_admin,+perfmon \
		"$dnsreach" run --config /dev/null --heartbeat 5 "${standby[@]}" >"$tmp/client.out" 2>"$tmp/client.err"
	run_pid=$!
	within 20 "dnsreach run is ready: $(cat "$tmp/client.err")" answers_on client
	within 60 'the healthy one is' state_is 192.0.2.53 healthy null
	end_run client
}

test_heartbeat_too_often_is_refused() {
	host client
	refuses "--heartbeat: 1 is too often; give at least 5 seconds, or 0 for never" 2 \
		timeout 10 "$dnsreach" run --config /dev/null --heartbeat 1
	refuses "--heartbeat-name: needs heartbeat: nothing is asked" 2 \
		timeout 10 "$dnsreach" run --config /dev/null --heartbeat-name example.com
	refuses "--heartbeat-name: '[.][.]' is not a domain name" 2 \
		timeout 10 "$dnsreach" run --config /dev/null --heartbeat 60 --heartbeat-name ..
	echo 'heartbeat = 60' >"$tmp/run.conf"
	on client "$dnsreach" run --config "$tmp/run.conf" --check-config 2>/dev/null || die 'not in the file'
	on client "$dnsreach" run --config "$tmp/run.conf" --dump-config | grep -qx 'heartbeat = 60' || die 'not in the dump'
}
