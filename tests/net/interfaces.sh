#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Interfaces of every kind, that come and go; what is attached, and what is left behind.

server=192.0.2.53

test_bridge_and_port_count_once() {
	host client server
	link client port0 server eth0
	ip -n "$prefix-client" link add br0 type bridge
	ip -n "$prefix-client" link set br0 up
	ip -n "$prefix-client" link set port0 master br0
	address client br0 192.0.2.1/24 2001:db8:1::1/64
	address server eth0 192.0.2.53/24 2001:db8:1::53/64
	resolver server $server 2001:db8:1::53
	ask client $server
	watch_on client -i br0,port0
	ask_times 10 client $server
	ask_times 10 client 2001:db8:1::53
	unwatch client
	want $server .queries 10
	want $server .responses 10
	want $server .answered.noerror 10
	want 2001:db8:1::53 .queries 10
	want 2001:db8:1::53 .responses 10
	want $server .retransmissions 0
}

test_bridge_port_is_left_out_by_itself() {
	host client server
	link client port0 server eth0
	ip -n "$prefix-client" link add br0 type bridge
	ip -n "$prefix-client" link set br0 up
	ip -n "$prefix-client" link set port0 master br0
	watch_on client
	unwatch client
	[ "$(tail -n 1 "$json" | jq -c '[.interfaces[].name]')" = '["lo","br0"]' ] ||
		die "watched: $(tail -n 1 "$json" | jq -c .interfaces)"
}

test_link_local_resolver() {
	two_hosts
	local fe80=fe80::53%eth0
	ip -n "$prefix-server" addr add fe80::53/64 dev eth0 nodad
	resolver server $fe80
	watch_on client
	ask_times 4 client $fe80
	unwatch client
	want $fe80 .queries 4
	want $fe80 .answered.noerror 4
}

# One address on many links is as many resolvers, each with an entry of its own.
test_link_local_resolver_on_many_links() {
	local i
	two_hosts
	for i in {1..40}; do
		echo "link add v$i type veth peer name w$i"
		echo "link set v$i up"
		echo "link set w$i up"
		echo "addr add fe80::2/64 dev v$i nodad"
		echo "neigh add fe80::1 lladdr 02:00:00:00:00:01 dev v$i"
	done | ip -n "$prefix-client" -batch -
	watch_on client
	# shellcheck disable=SC2016 # for the inner shell
	on client bash -c 'for i in {1..40}; do
		printf "\0\1\1\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1" >"/dev/udp/fe80::1%v$i/53"; done'
	unwatch client
	for i in {1..40}; do want "fe80::1%v$i" .queries 1; done
	want other .queries 0
}

# A device without Ethernet header: a tunnel of socat, by UDP, between two namespaces.
tunnel() {
	two_hosts
	background client socat TUN:10.9.0.1/24,up,iff-no-pi,tun-name=tun0 \
		UDP4-DATAGRAM:192.0.2.53:9999,bind=192.0.2.1:9999
	background server socat TUN:10.9.0.53/24,up,iff-no-pi,tun-name=tun0 \
		UDP4-DATAGRAM:192.0.2.1:9999,bind=192.0.2.53:9999
	within 5 'the tunnel on the client' on client ip link show tun0 2>/dev/null
	within 5 'the tunnel on the server' on server ip link show tun0 2>/dev/null
}

# Hundreds of interfaces at once, as the daemon of a busy machine sees them: it is stopped meanwhile.
# Counters and pages go on while it attaches: a page shows some of them, and later all.
test_interfaces_come_by_the_hundred() {
	local i before after=0 some=0
	needs_tcx
	two_hosts
	resolver server 192.0.2.53
	run_on client
	before=$(attached_by_page client)
	kill -STOP "$run_pid"
	for ((i = 0; i < 150; i++)); do
		echo "link add many$i type veth peer name peer$i"
		echo "link set many$i up"
		echo "link set peer$i up"
	done | on client ip -batch - || die 'no links'
	kill -CONT "$run_pid"
	for ((i = 0; i < 4000 && after < before + 300; i++)); do
		after=$(attached_by_page client)
		[ "${after:-0}" -le "$before" ] || [ "$after" -ge $((before + 300)) ] || some=$after
		sleep 0.1
	done
	[ "$after" = $((before + 300)) ] || die "$after interfaces are attached, not $((before + 300))"
	[ "$some" != 0 ] || die 'no page was answered before all were attached'
	[ "$(attached_on client many149)" = 2 ] || die 'the last one has not two hooks'
	end_run client
}

attached_by_page() { # HOST
	page "$1" | grep -c '^dnsreach_interface_attached{.*} 1$'
}

test_tun_device() {
	tunnel
	resolver server 10.9.0.53
	watch_on client
	ask_times 5 client 10.9.0.53
	ask client 10.9.0.53 www.refused.test
	unwatch client
	want 10.9.0.53 .queries 6
	want 10.9.0.53 .answered.noerror 5
	want 10.9.0.53 .answered.refused 1
}

test_unreachable_on_a_tun_device() {
	tunnel
	watch_on client
	ask_times 3 client 10.9.0.53
	unwatch client
	want 10.9.0.53 .queries 3
	want_true 10.9.0.53 '.unreachable.port >= 1'
}

# Many queries in one packet; their bytes are not in its linear part.
gso() { # ADDRESS
	three_hosts
	resolver server "$1"
	watch_on client
	[ "$(on client "$root/build/tests/gso" "$1" 10)" = 10 ] || skip 'UDP GSO does not work here'
	[ "$(on client "$root/build/tests/gso" "$1" 40)" = 40 ] || die 'not all were answered'
	unwatch client
	want "$1" .queries 50
	want "$1" .responses 50
	want "$1" .untracked 24
	want "$1" .answered.noerror 26
	want "$1" .unmatched.responses 24
	[ "$(tail -n 1 "$json" | jq .self.unparsed.segments)" = 24 ] || die 'self.unparsed.segments'
}
test_udp_gso() { gso 203.0.113.53; }
test_udp_gso_ipv6() { gso 2001:db8:2::53; }

# Responses that the receiving interface has merged.
test_udp_gro() {
	three_hosts
	resolver server 203.0.113.53
	on client ethtool -K eth0 gro on rx-udp-gro-forwarding on >/dev/null 2>&1 ||
		skip 'no ethtool, or no UDP GRO on veth here'
	watch_on client
	on client "$root/build/tests/gso" 203.0.113.53 12 >/dev/null
	unwatch client
	want 203.0.113.53 .queries 12
	want 203.0.113.53 .answered.noerror 12
}

test_interface_deleted_and_recreated() {
	two_hosts
	resolver server $server
	watch_on client
	ask_times 3 client $server
	ip -n "$prefix-client" link del eth0
	link client eth0 server eth0
	address client eth0 192.0.2.1/24
	address server eth0 192.0.2.53/24
	within 5 'attached again' eval '[ "$(attached_on client eth0)" = 2 ]'
	within 5 'reachable again' asks_from_client
	ask_times 3 client $server
	unwatch client
	want_true $server '.queries == .answered.noerror and .queries >= 7'
}

asks_from_client() {
	on client dig +short +tries=1 +time=1 @$server www.ok.test A | grep -q 198.51.100.80
}

renamed() { # WATCH-OPTIONS...
	two_hosts
	resolver server $server
	watch_on client "$@"
	ip -n "$prefix-client" link set eth0 down
	ip -n "$prefix-client" link set eth0 name wan0
	ip -n "$prefix-client" link set wan0 up
	ask_times 3 client $server
	sleep 1
	unwatch client
	want $server .queries 3
	tail -n 1 "$json" | jq -e '[.interfaces[].name] | index("wan0")' >/dev/null || die 'not renamed'
}
test_interface_renamed() { renamed; }
test_interface_renamed_that_was_named() { renamed --interface eth0; }

test_nothing_is_left_after_the_end() {
	local hook
	two_hosts
	for hook in '' --clsact; do
		# shellcheck disable=SC2086
		watch_on client $hook
		[ "$(attached_on client eth0)" = 2 ] || die "not attached ($hook)"
		kill -TERM "$watch_pid"
		wait "$watch_pid" || die "ended with $? ($hook)"
		[ "$(attached_on client eth0)" = 0 ] || die "left behind ($hook)"
		[ -z "$(on client tc qdisc show dev eth0 clsact)" ] || die "a qdisc is left ($hook)"
	done
}

test_sigkill_leaves_nothing_with_tcx() {
	needs_tcx
	two_hosts
	watch_on client
	kill -KILL "$watch_pid"
	wait "$watch_pid" 2>/dev/null
	within 5 'the kernel has let go' eval '[ "$(attached_on client eth0)" = 0 ]'
}

test_sigkill_and_detach_with_clsact() {
	two_hosts
	watch_on client --clsact
	kill -KILL "$watch_pid"
	wait "$watch_pid" 2>/dev/null
	[ "$(attached_on client eth0)" = 2 ] || die 'clsact filters should have stayed'
	on client "$dnsreach" detach || die 'detach failed'
	[ "$(attached_on client eth0)" = 0 ] || die 'detach left something'
	[ "$(on client "$dnsreach" detach)" = 'No filter was left attached.' ] || die 'not said'
}

test_next_run_replaces_what_a_killed_one_left() {
	two_hosts
	resolver server $server
	watch_on client --clsact
	kill -KILL "$watch_pid"
	wait "$watch_pid" 2>/dev/null
	watch_on client --clsact
	ask_times 3 client $server
	[ "$(attached_on client eth0)" = 2 ] || die 'not exactly one filter on each hook'
	unwatch client
	want $server .queries 3
	[ "$(attached_on client eth0)" = 0 ] || die 'left behind'
}

test_detach_refuses_while_one_is_running() {
	two_hosts
	watch_on client --clsact
	on client "$dnsreach" detach 2>"$tmp/said" && die 'it should refuse'
	grep -q 'another instance (pid [0-9]*)' "$tmp/said" || die "said: $(cat "$tmp/said")"
	[ "$(attached_on client eth0)" = 2 ] || die 'the running one lost its hooks'
	unwatch client
}

test_second_instance_with_clsact_refuses() {
	two_hosts
	watch_on client --clsact
	on client "$dnsreach" watch --json -n 1 --clsact >/dev/null 2>"$tmp/said" && die 'it should refuse'
	grep -q '^dnsreach: ' "$tmp/said" || die "said: $(cat "$tmp/said")"
	[ "$(attached_on client eth0)" = 2 ] || die 'the first one lost its hooks'
	unwatch client
}

test_second_instance_with_tcx_stays_apart() {
	needs_tcx
	two_hosts
	resolver server $server
	watch_on client
	: >"$tmp/second"
	background client "$dnsreach" watch --json >"$tmp/second"
	within 20 'the second one counts too' test -s "$tmp/second"
	ask_times 4 client $server
	kill -INT "${pids[-1]}"
	wait "${pids[-1]}"
	unwatch client
	want $server .queries 4
	[ "$(of $server .queries "$tmp/second")" = 4 ] || die "the second one counted otherwise"
}

test_filters_of_others_stay() {
	two_hosts
	resolver server $server
	on client tc qdisc add dev eth0 clsact
	on client tc filter add dev eth0 egress prio 5 protocol ip u32 match u32 0 0 classid 1:1 ||
		skip 'this kernel has no u32 classifier'
	watch_on client --clsact
	ask_times 3 client $server
	unwatch client
	want $server .queries 3
	on client tc filter show dev eth0 egress | grep -q u32 || die "the other's filter is gone"
}

test_qdisc_removed_by_somebody_else() {
	two_hosts
	resolver server $server
	watch_on client --clsact
	on client tc qdisc del dev eth0 clsact
	within 12 'attached again' eval '[ "$(attached_on client eth0)" = 2 ]'
	ask_times 3 client $server
	unwatch client
	want $server .queries 3
}

test_ordinary_user_with_three_capabilities() {
	two_hosts
	resolver server $server
	chmod 755 "$tmp"
	: >"$tmp/client.json"
	nsenter --net="/run/netns/$prefix-client" setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=-all,+bpf,+net_admin,+perfmon --ambient-caps=+bpf,+net_admin,+perfmon \
		"$dnsreach" watch --json >"$tmp/client.json" 2>"$tmp/client.err" &
	watch_pid=$!
	pids+=($!)
	within 10 "it counts: $(cat "$tmp/client.err")" test -s "$tmp/client.json"
	grep -E '^Cap(Prm|Eff|Amb)' "/proc/$watch_pid/status" >"$tmp/caps"
	ask_times 3 client $server
	unwatch client
	want $server .queries 3
	# what it kept: CAP_NET_ADMIN (12) and CAP_BPF (39), and no CAP_PERFMON
	[ "$(awk '/CapEff/ { print $2 }' "$tmp/caps")" = 0000008000001000 ] || die "$(cat "$tmp/caps")"
}
