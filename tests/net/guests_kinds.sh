#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Guests of other kinds: virtual machines behind a tap, containers of podman. The node is that of
# guests.sh. Both families in each test.

# ---- virtual machines ---------------------------------------------------------------------

# A host whose eth0 is the other end of the tap `vnet0` of the node, by a program between the two.
machine() { # NAME [CGROUP-DIRECTORY]
	[ -c /dev/net/tun ] || skip 'no tap can be made here'
	host "$1"
	on "$1" sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	wire_up "$@"
}

wire_up() { # NAME [CGROUP-DIRECTORY]
	: >"$tmp/wire"
	# shellcheck disable=SC2016
	background node bash -c '[ -z "$0" ] || echo $$ >"$0/cgroup.procs" && exec "$@"' "${2:-}" \
		"$root/build/tests/tap_wire" vnet0 "/run/netns/$prefix-$1" eth0 >"$tmp/wire"
	wire_pid=$!
	within 10 'the tap is there' grep -q ready "$tmp/wire"
	ip -n "$prefix-node" link set vnet0 up
	ip -n "$prefix-$1" link set eth0 up
}

# As libvirt has it: the tap is a port of a bridge, whose address answers DNS.
machine_bridged() { # NAME [CGROUP-DIRECTORY]
	machine "$@"
	ip -n "$prefix-node" link set vnet0 master cni0
	address "$1" eth0 10.244.1.2/24 fd00:1::2/64
	route "$1" default via 10.244.1.1
	route "$1" default via fd00:1::1
}

test_guest_behind_a_tap_asks_the_bridge() {
	node_with_uplink
	bridge_of_pods
	machine_bridged vm
	resolver node 10.244.1.1 fd00:1::1
	guests_watched
	ask_from 12 vm 10.244.1.1
	[ "$answered" = 12 ] || die "$answered of 12 answered"
	ask_from 12 vm fd00:1::1
	[ "$answered" = 12 ] || die "$answered of 12 answered over IPv6"
	unwatch node
	counts_once 12 10.244.1.1 -
	counts_once 12 fd00:1::1 -
	no_row 10.244.1.1
	no_row fd00:1::1
	origins_are vnet0 '["guest"]' || die "interfaces: $(tail -n 1 "$json" | jq -c .interfaces)"
}

# Nothing listens on the bridge, and what goes outside is dropped in between.
test_guest_behind_a_tap_whose_resolvers_are_dead() {
	node_with_uplink
	bridge_of_pods
	machine_bridged vm
	service 10.244.2.53 fd00:2::53 "chain forward { type filter hook forward priority 0; udp dport 53 drop; }"
	guests_watched
	ask_from 12 vm 10.244.1.1
	ask_from 12 vm fd00:1::1
	ask_from 12 vm $outside4
	ask_from 12 vm $outside6
	unwatch node
	fails_for_guests down port-closed 10.244.1.1 fd00:1::1
	fails_for_guests down silent $outside4 $outside6
	inside 10.244.1.1 fd00:1::1 $outside4 $outside6
	no_row $outside4
	no_row $outside6
}

tap_is_gone() { ! origins_are vnet0 '["host","guest"]'; }

# A routed tap, and a machine that is started while dnsreach runs, switched off, and started again.
test_guest_behind_a_tap_comes_and_goes() {
	local i before
	node_with_uplink
	service 10.244.2.53 fd00:2::53
	resolver far $outside4 $outside6
	guests_watched
	before=$(descriptors)
	for i in 1 2; do
		if [ $i = 1 ]; then machine vm; else wire_up vm; fi
		address node vnet0 169.254.1.1/32
		ip -n "$prefix-node" addr add fe80::1/64 dev vnet0 nodad
		address vm eth0 10.244.1.2/32 fd00:1::2/128
		route vm 169.254.1.1 dev eth0
		route vm default via 169.254.1.1
		route vm default via fe80::1 dev eth0
		route node 10.244.1.2 dev vnet0
		route node fd00:1::2 dev vnet0
		within 20 'hooks on the tap' origins_are vnet0 '["host","guest"]'
		ask_from 6 vm $outside4
		[ "$answered" = 6 ] || die "$answered of 6 answered"
		ask_from 6 vm $outside6
		[ "$answered" = 6 ] || die "$answered of 6 answered over IPv6"
		kill "$wire_pid"
		wait "$wire_pid" 2>/dev/null
		within 20 'the tap is gone' tap_is_gone
	done
	within 20 'as many descriptors as before' eval "[ \"\$(descriptors)\" -le $before ]"
	unwatch node
	counts_once 12 $outside4 $outside4
	counts_once 12 $outside6 $outside6
	want $outside4 .forwarded_queries 12
	want $outside6 .forwarded_queries 12
	! grep -q 'cannot attach' "$tmp/node.err" || die "said: $(cat "$tmp/node.err")"
}

# What a virtual machine asks has the socket of its tap: that of the program which has opened it.
test_askers_of_virtual_machines() {
	local dir
	needs_cgroups
	dir=$cgroup2/$prefix.slice/machine-qemu.scope
	mkdir "$dir"
	node_with_uplink
	bridge_of_pods
	machine_bridged vm "$dir"
	resolver node 10.244.1.1 fd00:1::1
	guests_watched --askers
	ask_from 3 vm 10.244.1.1
	ask_from 4 vm fd00:1::1
	unwatch node
	[ "$(origin=guest asker 10.244.1.1 machine-qemu.scope)" = '3 0 0' ] || die "$(origin=guest of 10.244.1.1 .askers)"
	[ "$(origin=guest asker fd00:1::1 machine-qemu.scope)" = '4 0 0' ] || die "$(origin=guest of fd00:1::1 .askers)"
}

# ---- containers of podman --------------------------------------------------------------------

# Real containers: a bridge, a veth and the masquerade rules that netavark makes, in the node's
# namespace. Their files are this machine's own.
podman_on() { # HOST podman-words...
	local h=$1
	shift
	on "$h" podman --root "$tmp/podman" --runroot "$tmp/podman-run" --tmpdir "$tmp/podman-tmp" \
		--network-config-dir "$tmp/podman-net" --network-backend netavark --cgroup-manager cgroupfs \
		--runtime runc --events-backend none --log-level error "$@"
}

podman_runs() { # HOST [run-words...] COMMAND: in a new container, with both families
	local h=$1 words=()
	shift
	while [ $# -gt 1 ]; do
		words+=("$1")
		shift
	done
	podman_on "$h" run --rm --ulimit nofile=1024:4096 --ulimit nproc=4096:4096 --network both "${words[@]}" \
		--rootfs "/:O" sh -c "$1"
}

test_podman_container_asks_outside() {
	needs podman runc iptables ip6tables
	local n id asks="for at in $outside4 $outside6; do dig +short +tries=1 +time=2 @\$at www.ok.test A; done"
	node_with_uplink
	needs_cgroups
	resolver far $outside4 $outside6
	guests_watched --askers
	mkdir -p "$tmp/podman-net"
	podman_on node network create --ipv6 --subnet 10.99.0.0/24 --subnet fd00:99::/64 both >"$tmp/podman.out" 2>&1 ||
		skip "podman makes no network here: $(tail -n 1 "$tmp/podman.out")"
	podman_runs node true 2>"$tmp/podman.err" || skip "podman cannot run here: $(tail -n 1 "$tmp/podman.err")"
	for n in 1 2; do
		podman_runs node "$asks" >>"$tmp/podman.seen" 2>&1
	done
	# The name of its cgroup is read while it is there.
	podman_runs node --name third --cidfile "$tmp/podman.id" "$asks; exec sleep 30" >>"$tmp/podman.seen" 2>&1 &
	origin=guest becomes node $outside6 '.queries == 3 and .in_flight == 0'
	id=$(cat "$tmp/podman.id")
	origin=guest becomes node $outside4 "any(.askers[]; .container == \"$id\" and .queries == 1)"
	origin=guest becomes node $outside6 "any(.askers[]; .container == \"$id\" and .queries == 1)"
	podman_on node rm -f -t 0 third >"$tmp/podman.out" 2>&1 || die "cannot end it: $(cat "$tmp/podman.out")"
	wait_for_others
	[ "$(grep -c '^198\.51\.100\.80$' "$tmp/podman.seen")" = 6 ] || die "the containers saw: $(cat "$tmp/podman.seen")"
	unwatch node
	counts_once 3 $outside4 $outside4
	counts_once 3 $outside6 $outside6
	want $outside4 .forwarded_queries 3
	want $outside6 .forwarded_queries 3
}

# ---- what the daemon says of guests ------------------------------------------------------------

# Configured by its file: metrics, the status, the incident, its report and `check` tell the origin.
test_guest_whose_service_is_rejected_in_all_outputs() {
	local row='resolver="10.96.0.10",port="53",transport="udp",origin="guest"'
	node_with_uplink
	pod_routed pod 2
	service 10.244.1.53 fd00:1::53
	on node nft -f - <<-NFT
		flush ruleset
		table inet service { chain forward { type filter hook forward priority 0;
			ip daddr $service4 udp dport 53 reject with icmp type port-unreachable
			ip6 daddr $service6 udp dport 53 reject with icmpv6 type port-unreachable
		}; }
	NFT
	printf 'guests = vp*, auto\ntimeout = 1\n' >"$tmp/conf"
	background node "$dnsreach" run --config "$tmp/conf" >"$tmp/node.out" 2>"$tmp/node.err"
	run_pid=$!
	within 20 'dnsreach run is ready' answers_on node
	ask_from 12 pod $service4
	ask_from 12 pod $service6
	series_becomes node "dnsreach_resolver_state{$row,state=\"down\"}" 1
	series_becomes node "dnsreach_resolver_cause{$row,cause=\"rejected-on-path\"}" 1
	series_is node "dnsreach_queries_total{$row}" 12 || die "$(series node "dnsreach_queries_total{$row}") queries"
	incident_becomes node $service4 '.resolver.origin == "guest" and .fails_inside and .cause == "rejected-on-path"'
	incident_becomes node $service6 '.resolver.origin == "guest" and .fails_inside and .cause == "rejected-on-path"'
	page node /api/v1/incidents | jq -c '.open[]' >"$tmp/incident"
	"$dnsreach" report "$tmp/incident" >"$tmp/report" || die 'no report'
	tr -s ' \n' ' ' <"$tmp/report" | grep -q 'It fails inside this host: guests asked' || die "$(cat "$tmp/report")"
	tr -s ' \n' ' ' <"$tmp/report" | grep -q 'this host itself rejects what its guests send there' ||
		die "$(cat "$tmp/report")"
	checks 2 "^DNSREACH CRITICAL - ($service4|$service6).*, and fails inside this host" node --verbose
	end_run node
}
