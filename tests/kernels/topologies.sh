# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The stacks of devices that stacked.sh watches, each between network namespaces of its own: a
# host with the devices under test, and a far one with the resolver. To be sourced.
# A topology sets `watched` (the devices, upper ones first), and where it must `asking` (the
# namespace the queries come from, by default the host itself) and `by` (the command that runs those
# that ask, there).
# shellcheck shell=bash disable=SC2034,SC2154

RESOLVER4=192.0.2.53
RESOLVER6=2001:db8::53

in_ns() { # in_ns NAMESPACE COMMAND...
	nsenter --net="/run/netns/$1" "${@:2}"
}

on_host() {
	in_ns "$host" "$@"
}

on_far() {
	in_ns "$far" "$@"
}

on_both() {
	on_host "$@" && on_far "$@"
}

add_namespace() {
	ip netns add "$1" && in_ns "$1" ip link set lo up
}

# cable NAME [NAMESPACE]: a wire from the host to the far side, of the same name at both ends.
cable() {
	ip link add "$1" netns "$host" type veth peer name "$1" netns "${2:-$far}" &&
		on_host ip link set "$1" up && in_ns "${2:-$far}" ip link set "$1" up
}

# address NAMESPACE DEVICE SUFFIX [PREFIX4 PREFIX6]
address() {
	in_ns "$1" ip address add "${4:-192.0.2}.$3/24" dev "$2" &&
		in_ns "$1" ip -6 address add "${5:-2001:db8}::$3/64" dev "$2" nodad &&
		in_ns "$1" ip link set "$2" up
}

addresses() { # addresses DEVICE: the host's and the resolver's, on the same device
	address "$host" "$1" 1 && address "$far" "$1" 53
}

topology_plain() {
	cable v0 && addresses v0
	watched=(v0)
}

topology_vlan() {
	cable v0 &&
		on_both ip link add link v0 name v0.10 type vlan id 10 &&
		addresses v0.10
	watched=(v0.10 v0)
}

topology_qinq() {
	cable v0 &&
		on_both ip link add link v0 name v0.100 type vlan protocol 802.1ad id 100 &&
		on_both ip link set v0.100 up &&
		on_both ip link add link v0.100 name v0.100.10 type vlan id 10 &&
		addresses v0.100.10
	watched=(v0.100.10 v0.100 v0)
}

bond() { # bond MODE: two wires, bonded at both ends
	local port
	cable v0 && cable v1 || return
	on_both ip link add bond0 type bond mode "$1" miimon 100 || return
	for port in v0 v1; do
		on_both ip link set "$port" down || return
		on_both ip link set "$port" master bond0 || return
	done
	on_both ip link set bond0 up
}

topology_bond_active_backup() {
	bond active-backup && addresses bond0
	watched=(bond0 v0 v1)
}

topology_bond_round_robin() {
	bond balance-rr && addresses bond0
	watched=(bond0 v0 v1)
}

topology_vlan_on_bond() {
	bond active-backup &&
		on_both ip link add link bond0 name bond0.10 type vlan id 10 &&
		addresses bond0.10
	watched=(bond0.10 bond0 v0 v1)
}

# bridge DEVICE...: br0 on the host, with these for its ports.
bridge() {
	local port
	on_host ip link add br0 type bridge forward_delay 0 || return
	for port; do
		on_host ip link set "$port" master br0 || return
	done
	on_host ip link set br0 up
}

topology_bridge() {
	cable v0 && bridge v0 && address "$host" br0 1 && address "$far" v0 53
	watched=(br0 v0)
}

# As with virtual machines on a bridge: the queries come from a third side, and pass.
topology_bridge_forwards() {
	add_namespace "$third" && cable v0 && cable c0 "$third" && bridge v0 c0 &&
		address "$third" c0 1 && address "$far" v0 53
	watched=(br0 c0 v0)
	asking=$third
}

topology_vlan_on_bridge() {
	cable v0 && bridge v0 &&
		on_host ip link add link br0 name br0.10 type vlan id 10 &&
		on_far ip link add link v0 name v0.10 type vlan id 10 &&
		address "$host" br0.10 1 && address "$far" v0.10 53
	watched=(br0.10 br0 v0)
}

# As with containers: a third side behind a bridge, and the host routes.
topology_routed() {
	add_namespace "$third" && cable v0 && cable c0 "$third" && bridge c0 &&
		addresses v0 && address "$host" br0 1 198.51.100 2001:db8:1 &&
		address "$third" c0 2 198.51.100 2001:db8:1 &&
		on_host sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 &&
		in_ns "$third" ip route add default via 198.51.100.1 &&
		in_ns "$third" ip -6 route add default via 2001:db8:1::1 &&
		on_far ip route add default via 192.0.2.1 &&
		on_far ip -6 route add default via 2001:db8::1
	watched=(br0 c0 v0)
	asking=$third
}

# wireguard_end NAMESPACE OWN PEER ADDRESS: OWN and PEER name files with a private key.
wireguard_end() {
	in_ns "$1" ip link add wg0 type wireguard &&
		in_ns "$1" wg set wg0 listen-port 51820 private-key "$2" \
			peer "$(wg pubkey <"$3")" endpoint "$4:51820" allowed-ips 0.0.0.0/0,::/0
}

topology_wireguard() {
	cable v0 && address "$host" v0 1 198.51.100 2001:db8:1 &&
		address "$far" v0 53 198.51.100 2001:db8:1 || return
	(umask 077 && wg genkey >"$work/host.key" && wg genkey >"$work/far.key") || return
	wireguard_end "$host" "$work/host.key" "$work/far.key" 198.51.100.53 &&
		wireguard_end "$far" "$work/far.key" "$work/host.key" 198.51.100.1 &&
		addresses wg0
	watched=(wg0 v0)
}

# The host's own address is on a dummy device, as with routing daemons.
topology_dummy_source() {
	cable v0 && address "$host" v0 1 198.51.100 2001:db8:1 &&
		address "$far" v0 2 198.51.100 2001:db8:1 &&
		on_both ip link add dummy0 type dummy &&
		on_host ip address add 203.0.113.1/32 dev dummy0 &&
		on_host ip -6 address add 2001:db8:2::1/128 dev dummy0 nodad &&
		on_host ip link set dummy0 up && address "$far" dummy0 53 &&
		on_host ip route add "$RESOLVER4" via 198.51.100.2 src 203.0.113.1 &&
		on_host ip -6 route add "$RESOLVER6" via 2001:db8:1::2 src 2001:db8:2::1 &&
		on_far ip route add 203.0.113.1 via 198.51.100.1 &&
		on_far ip -6 route add 2001:db8:2::1 via 2001:db8:1::1
	watched=(dummy0 v0)
}

# What is routed into a dummy device is gone: the same queries, and no answer.
topology_dummy_unanswered() {
	on_host ip link add dummy0 type dummy && address "$host" dummy0 1
	watched=(dummy0)
}

# vrf PORT...: blue on the host, with these for its ports; each keeps its own addresses.
vrf() {
	local port
	on_host ip link add blue type vrf table 10 && on_host ip link set blue up || return
	for port; do
		on_host ip link set "$port" master blue || return
	done
}

# Asked by sockets that are bound to the VRF.
topology_vrf() {
	cable v0 && vrf v0 && addresses v0
	watched=(blue v0)
	by=(ip vrf exec blue)
}

# With a queueing discipline, what such a socket sends passes the VRF's own device on its way.
topology_vrf_with_a_qdisc() {
	topology_vrf && on_host tc qdisc add dev blue root pfifo
}

# Both sides of a router are ports of one VRF.
topology_vrf_routed() {
	add_namespace "$third" && cable v0 && cable c0 "$third" && vrf v0 c0 &&
		addresses v0 && address "$host" c0 1 198.51.100 2001:db8:1 &&
		address "$third" c0 2 198.51.100 2001:db8:1 &&
		on_host sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 &&
		in_ns "$third" ip route add default via 198.51.100.1 &&
		in_ns "$third" ip -6 route add default via 2001:db8:1::1 &&
		on_far ip route add default via 192.0.2.1 &&
		on_far ip -6 route add default via 2001:db8::1
	watched=(blue c0 v0)
	asking=$third
}

# Queries leave by v1, as a rule for DNS says, and the answers come in by v0. The far side takes no
# query by v0.
topology_policy_routing() {
	cable v0 && cable v1 && address "$host" v0 1 198.51.100 2001:db8:1 &&
		address "$far" v0 2 198.51.100 2001:db8:1 &&
		address "$host" v1 1 203.0.113 2001:db8:2 && address "$far" v1 2 203.0.113 2001:db8:2 &&
		on_far ip address add "$RESOLVER4/32" dev lo &&
		on_far ip -6 address add "$RESOLVER6/128" dev lo nodad &&
		on_both sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.v0.rp_filter=0 \
			net.ipv4.conf.v1.rp_filter=0 &&
		on_host ip route add "$RESOLVER4" via 198.51.100.2 &&
		on_host ip -6 route add "$RESOLVER6" via 2001:db8:1::2 src 2001:db8:1::1 &&
		on_host ip rule add ipproto udp dport 53 lookup 100 &&
		on_host ip -6 rule add ipproto udp dport 53 lookup 100 &&
		on_host ip route add "$RESOLVER4" via 203.0.113.2 src 198.51.100.1 table 100 &&
		on_host ip -6 route add "$RESOLVER6" via 2001:db8:2::2 src 2001:db8:1::1 table 100 &&
		on_far nft -f - <<<'table inet far { chain in { type filter hook input priority 0;
			iifname v0 udp dport 53 drop; }; }'
	watched=(v0 v1)
}

# start_resolver: on the far side, answering every name below example.test.
start_resolver() {
	cat >"$work/unbound.conf" <<-CONF
		server:
			username: ""
			chroot: ""
			directory: "$work"
			pidfile: ""
			do-daemonize: no
			use-syslog: no
			logfile: "$work/unbound.log"
			interface: $RESOLVER4
			interface: $RESOLVER6
			access-control: 0.0.0.0/0 allow
			access-control: ::/0 allow
			module-config: "iterator"
			num-threads: 1
			outgoing-range: 16
			num-queries-per-thread: 64
			local-zone: "example.test." redirect
			local-data: "example.test. A 192.0.2.80"
		remote-control:
			control-enable: no
	CONF
	in_ns "$far" unbound -d -c "$work/unbound.conf" >>"$work/unbound.out" 2>&1 &
	resolver=$!
}

resolver_answers() { # within some seconds, at both addresses
	local i address
	for address in "$RESOLVER4" "$RESOLVER6"; do
		for ((i = 0; i < 20; i++)); do
			in_ns "$asking" "${by[@]}" dig +tries=1 +time=1 +short "@$address" a.example.test \
				2>/dev/null | grep -q '^192\.0\.2\.80$' && continue 2
			sleep 0.1
		done
		echo "# no answer from $address"
		cat "$work"/unbound.{out,log} 2>/dev/null | tail -n 5 | sed 's/^/# unbound: /'
		return 1
	done
}

set_up() { # set_up TOPOLOGY answered|unanswered
	host=dnsreach-host-$BASHPID far=dnsreach-far-$BASHPID third=dnsreach-third-$BASHPID
	asking=$host watched=() by=()
	add_namespace "$host" && add_namespace "$far" && "topology_$1" || return
	[ "$2" = answered ] || return 0
	start_resolver && resolver_answers
}

take_down() {
	[ -z "$watch" ] || kill "$watch" 2>/dev/null
	[ -z "$resolver" ] || kill "$resolver" 2>/dev/null
	wait
	local namespace
	for namespace in "$host" "$far" "$third"; do
		[ -z "$namespace" ] || [ ! -e "/run/netns/$namespace" ] || ip netns delete "$namespace"
	done
	rm -rf "$work"
}
