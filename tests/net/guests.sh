#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Containers and pods: a query counts where its sender hands it to the host (origin guest), and once
# more where it leaves the host (origin host). Both families in each test.

service4=10.96.0.10
service6=fd00:96::10
outside4=203.0.113.53
outside6=2001:db8:53::53

# ---- a node with pods ---------------------------------------------------------------------

# What every node has: an uplink to `far`, which has the addresses outside and those of the pods of
# another node, and forwards between the interfaces.
node_with_uplink() {
	host node far
	link node eth0 far eth0
	address node eth0 192.0.2.10/24 2001:db8:1::10/64
	address far eth0 192.0.2.1/24 2001:db8:1::1/64
	address far lo $outside4/32 $outside6/128 10.244.2.53/32 fd00:2::53/128
	route node default via 192.0.2.1
	route node default via 2001:db8:1::1
	on node sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
	# ICMP of the node and of its pods is not limited here: each failure says its reason.
	on node sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	route far 10.244.1.0/24 via 192.0.2.10
	route far fd00:1::/64 via 2001:db8:1::10
}

pod_routed() { # NAME NUMBER: with a routed veth, as of Calico
	host "$1"
	link node "v$1" "$1" eth0
	address node "v$1" 169.254.1.1/32
	ip -n "$prefix-node" addr add fe80::1/64 dev "v$1" nodad
	address "$1" eth0 10.244.1."$2"/32 fd00:1::"$2"/128
	route "$1" 169.254.1.1 dev eth0
	route "$1" default via 169.254.1.1
	route "$1" default via fe80::1 dev eth0
	route node 10.244.1."$2" dev "v$1"
	route node fd00:1::"$2" dev "v$1"
	on "$1" sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
}

bridge_of_pods() { # as cni0 or docker0
	ip -n "$prefix-node" link add cni0 type bridge forward_delay 0
	ip -n "$prefix-node" link set cni0 up
	address node cni0 10.244.1.1/24 fd00:1::1/64
}

pod_bridged() { # NAME NUMBER
	host "$1"
	link node "v$1" "$1" eth0
	ip -n "$prefix-node" link set "v$1" master cni0
	address "$1" eth0 10.244.1."$2"/24 fd00:1::"$2"/64
	route "$1" default via 10.244.1.1
	route "$1" default via fd00:1::1
	on "$1" sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
}

# The rules of kube-proxy for one service. RULES are chains or rules of a table of their own.
service() { # ENDPOINT4 ENDPOINT6 [RULES]
	on node nft -f - <<-NFT || skip 'nftables cannot do NAT here'
		flush ruleset
		table inet service {
			chain before { type nat hook prerouting priority -100;
				ip daddr $service4 udp dport 53 dnat ip to $1
				ip6 daddr $service6 udp dport 53 dnat ip6 to $2
			}
			chain output { type nat hook output priority -100;
				ip daddr $service4 udp dport 53 dnat ip to $1
				ip6 daddr $service6 udp dport 53 dnat ip6 to $2
			}
			chain after { type nat hook postrouting priority 100;
				ip saddr 10.244.0.0/16 ip daddr != 10.244.0.0/16 masquerade
				ip6 saddr fd00:1::/64 ip6 daddr != { fd00:1::/64, fd00:2::/64 } masquerade
			}
			${3:-}
		}
	NFT
}

same_node() { # RULES: a pod, and the pod of the DNS service beside it
	node_with_uplink
	pod_routed pod 2
	pod_routed dns 53
	service 10.244.1.53 fd00:1::53 "${1:-}"
}

wait_for_others() { # for what was started here, but not for servers and dnsreach
	local running
	mapfile -t running < <(jobs -rp | grep -vxF "$(printf '%s\n' "${pids[@]}")")
	[ ${#running[@]} = 0 ] || wait "${running[@]}"
}

# N queries at once; each is one try. One without an answer has timed out here when dig gives up. $answered is how many of them got an answer.
ask_from() { # N HOST ADDRESS
	local n
	: >"$tmp/answers"
	for ((n = 0; n < $1; n++)); do
		on "$2" dig +short +tries=1 +retry=0 +time=2 +noedns "@$3" "q$n.ok.test" A \
			>>"$tmp/answers" 2>/dev/null &
	done
	wait_for_others
	answered=$(grep -c '^198\.51\.100\.80$' "$tmp/answers")
}

guests_watched() { # [OPTIONS...]
	watch_on node --guests --timeout 1 "$@"
}

# All N of a family, asked by the pod: once for the guest, and once for the host, or never.
counts_once() { # N ASKED SEEN-BY-HOST (- for nothing)
	origin=guest want "$2" .queries "$1"
	origin=guest want "$2" '([.answered[]] | add)' "$1"
	origin=guest want "$2" '.unmatched.responses + .late.responses' 0
	origin=guest want "$2" .state healthy
	[ "$3" = - ] && return
	want "$3" .queries "$1"
	want "$3" '([.answered[]] | add)' "$1"
}

no_row() { # ADDRESS: it was not asked, as the host sees it
	[ -z "$(of "$1" 'select(.queries > 0)')" ] || die "$1 has a row of origin ${origin:-host}"
}

# ---- all is well --------------------------------------------------------------------------

test_guest_asks_a_service_on_the_same_node() {
	same_node
	resolver dns 10.244.1.53 fd00:1::53
	guests_watched
	ask_from 12 pod $service4
	[ "$answered" = 12 ] || die "$answered of 12 answered"
	ask_from 12 pod $service6
	[ "$answered" = 12 ] || die "$answered of 12 answered over IPv6"
	unwatch node
	counts_once 12 $service4 10.244.1.53
	counts_once 12 $service6 fd00:1::53
	no_row $service4
	origin=guest no_row 10.244.1.53
	tail -n 1 "$json" | jq -e '.interfaces | map({(.name): .origins}) | add |
		.vpod == ["host", "guest"] and .vdns == ["host", "guest"] and .eth0 == ["host"]' >/dev/null ||
		die "interfaces: $(tail -n 1 "$json" | jq -c .interfaces)"
}

test_guest_asks_a_service_on_another_node() {
	node_with_uplink
	pod_routed pod 2
	service 10.244.2.53 fd00:2::53
	resolver far 10.244.2.53 fd00:2::53
	guests_watched
	ask_from 12 pod $service4
	ask_from 12 pod $service6
	unwatch node
	counts_once 12 $service4 10.244.2.53
	counts_once 12 $service6 fd00:2::53
}

test_guest_asks_outside_by_masquerade() {
	node_with_uplink
	pod_routed pod 2
	service 10.244.2.53 fd00:2::53
	resolver far $outside4 $outside6
	guests_watched
	ask_from 12 pod $outside4
	ask_from 12 pod $outside6
	unwatch node
	counts_once 12 $outside4 $outside4
	counts_once 12 $outside6 $outside6
}

# The resolvers past the limit share one row, of both origins: a query that leaves is in it twice.
test_guests_past_the_limit_of_resolvers() {
	node_with_uplink
	pod_routed pod 2
	service 10.244.2.53 fd00:2::53
	resolver far $outside4 $outside6
	guests_watched --max-resolvers 2
	ask_from 3 pod $outside4
	ask_from 4 pod $outside6
	ask_from 2 node $outside6
	unwatch node
	counts_once 3 $outside4 $outside4
	tail -n 1 "$json" | jq -e '.resolvers[] | select(.address == "other" and .transport == "udp") |
		.queries == 10 and .answered.noerror == 10 and .forwarded_queries == 4 and .origin == null and
		.state == null' >/dev/null || die "$(tail -n 1 "$json" | jq -c '.resolvers[] | select(.address == "other") | del(.windows, .rtt)')"
}

# What the host itself asks is in no row of guests, also where the endpoint is a pod.
test_host_asks_a_service_and_no_guest_is_seen() {
	same_node
	resolver dns 10.244.1.53 fd00:1::53
	guests_watched
	ask_from 12 node $service4
	[ "$answered" = 12 ] || die "$answered of 12 answered"
	unwatch node
	want 10.244.1.53 .queries 12
	want 10.244.1.53 '([.answered[]] | add)' 12
	origin=guest no_row 10.244.1.53
	origin=guest no_row $service4
}

# Ports of one bridge: their traffic among each other does not show on the bridge.
test_guest_asks_a_guest_on_the_same_bridge() {
	node_with_uplink
	bridge_of_pods
	pod_bridged pod 2
	pod_bridged dns 53
	resolver dns 10.244.1.53 fd00:1::53
	guests_watched
	ask_from 12 pod 10.244.1.53
	ask_from 12 pod fd00:1::53
	unwatch node
	counts_once 12 10.244.1.53 -
	counts_once 12 fd00:1::53 -
	no_row 10.244.1.53
	tail -n 1 "$json" | jq -e '.interfaces | map({(.name): .origins}) | add |
		.vpod == ["guest"] and .cni0 == ["host"]' >/dev/null ||
		die "interfaces: $(tail -n 1 "$json" | jq -c .interfaces)"
}

# 1: as Kubernetes sets it. 0: the answer comes back under the endpoint's address, and the pod drops it.
bridge_calls() { # 0|1
	[ -z "${DNSREACH_TEST_IN_PLACE:-}" ] || modprobe -q br_netfilter
	on node sysctl -qw net.bridge.bridge-nf-call-iptables="$1" net.bridge.bridge-nf-call-ip6tables="$1" \
		2>/dev/null || skip 'no br_netfilter here'
}

service_on_the_bridge() { # 0|1, of bridge_calls
	node_with_uplink
	bridge_of_pods
	pod_bridged pod 2
	pod_bridged dns 53
	bridge_calls "$1"
	service 10.244.1.53 fd00:1::53
	resolver dns 10.244.1.53 fd00:1::53
	guests_watched
}

test_guest_asks_a_service_on_the_same_bridge() {
	service_on_the_bridge 1
	ask_from 12 pod $service4
	[ "$answered" = 12 ] || die "$answered of 12 answered"
	ask_from 12 pod $service6
	unwatch node
	counts_once 12 $service4 -
	counts_once 12 $service6 -
}

test_guest_gets_answers_from_another_address() {
	service_on_the_bridge 0
	ask_from 6 pod $service4
	[ "$answered" = 0 ] || die "$answered of 6 answered"
	unwatch node
	origin=guest want $service4 .queries 6
	origin=guest want $service4 .timed_out 6
	origin=guest want $service4 .responses 0
	origin=guest want_true $service4 '.state != "healthy"'
}

# The bridge is the pods' way to the other node, too: what leaves shows on the uplink.
test_guest_on_a_bridge_asks_a_service_on_another_node() {
	node_with_uplink
	bridge_of_pods
	pod_bridged pod 2
	service 10.244.2.53 fd00:2::53
	resolver far 10.244.2.53 fd00:2::53
	guests_watched
	ask_from 12 pod $service4
	[ "$answered" = 12 ] || die "$answered of 12 answered"
	ask_from 12 pod $service6
	[ "$answered" = 12 ] || die "$answered of 12 answered over IPv6"
	unwatch node
	counts_once 12 $service4 10.244.2.53
	counts_once 12 $service6 fd00:2::53
	no_row $service4
	origin=guest no_row 10.244.2.53
}

# A cache on the node, at an address of its own (NodeLocal DNSCache), forwards to an upstream.
node_local() {
	node_with_uplink
	pod_routed pod 2
	address node lo 169.254.20.10/32 fd00:20::10/128
	resolver far 10.244.2.53 fd00:2::53
}

forward_all_to() { # ADDRESS: the tail of an unbound.conf
	printf 'forward-zone:\n  name: "."\n  forward-addr: %s\nremote-control:\n  control-enable: no\n' "$1"
}

forwarder_on_node() { # ADDRESS...: forwards all to the other node
	local a
	{
		unbound_server
		for a; do echo "  interface: $a"; done
		forward_all_to 10.244.2.53
	} >"$tmp/forwarder.conf"
	background node unbound -d -c "$tmp/forwarder.conf" 2>"$tmp/forwarder.log"
	forwarder_pid=$!
	for a; do
		within 10 "the forwarder answers at $a" asks_fine node "$a"
	done
}

test_guest_asks_a_node_local_cache() {
	node_local
	forwarder_on_node 169.254.20.10 fd00:20::10
	guests_watched
	ask_from 12 pod 169.254.20.10
	[ "$answered" = 12 ] || die "$answered of 12 answered"
	ask_from 12 pod fd00:20::10
	unwatch node
	counts_once 12 169.254.20.10 -
	counts_once 12 fd00:20::10 -
	no_row 169.254.20.10
	want_true 10.244.2.53 '.queries >= 1 and .timed_out == 0'
	origin=guest no_row 10.244.2.53
}

# The second interface of the node: the query leaves by one, the answer comes back by the other.
test_guest_with_policy_routing() {
	node_with_uplink
	pod_routed pod 2
	link node eth1 far eth1
	address node eth1 198.51.100.10/24 2001:db8:9::10/64
	address far eth1 198.51.100.1/24 2001:db8:9::1/64
	on far sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0
	on node sysctl -qw net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0
	ip -n "$prefix-node" rule add from 10.244.1.0/24 lookup 100
	ip -n "$prefix-node" -6 rule add from fd00:1::/64 lookup 100
	route node default via 198.51.100.1 table 100
	ip -n "$prefix-node" -6 route add default via 2001:db8:9::1 table 100
	route node 10.244.1.2 dev vpod table 100
	ip -n "$prefix-node" -6 route add fd00:1::2 dev vpod table 100
	resolver far $outside4 $outside6
	guests_watched
	ask_from 12 pod $outside4
	[ "$answered" = 12 ] || die "$answered of 12 answered"
	ask_from 12 pod $outside6
	unwatch node
	counts_once 12 $outside4 $outside4
	counts_once 12 $outside6 $outside6
}

# ---- dnsmasq on the node, as for virtual machines of libvirt --------------------------------

# The pod's resolver is the node; dnsmasq asks far from a cgroup of its own.
dnsmasq_on_node() { # UPSTREAM...
	local upstream words=()
	node_with_uplink
	pod_routed pod 2
	for upstream; do words+=(--server="$upstream"); done
	background node dnsmasq --conf-file=/dev/null --keep-in-foreground --no-resolv --no-hosts --no-poll \
		--cache-size=0 --user=root --group=root --pid-file= --bind-interfaces --no-daemon \
		--listen-address=192.0.2.10,2001:db8:1::10 --log-facility="$tmp/dnsmasq.log" "${words[@]}"
}

# Each query of the pod is one of the guest's row; what dnsmasq asks is the host's own, not forwarded.
test_guest_asks_dnsmasq() {
	needs dnsmasq
	dnsmasq_on_node 10.244.2.53
	resolver far 10.244.2.53
	within 10 'dnsmasq answers' asks_fine node 192.0.2.10
	guests_watched
	ask_from 12 pod 192.0.2.10
	[ "$answered" = 12 ] || die "$answered of 12 answered"
	ask_from 12 pod 2001:db8:1::10
	[ "$answered" = 12 ] || die "$answered of 12 answered over IPv6"
	unwatch node
	counts_once 12 192.0.2.10 -
	counts_once 12 2001:db8:1::10 -
	no_row 192.0.2.10
	want_true 10.244.2.53 '.queries >= 24 and .timed_out == 0 and .state == "healthy"'
	want 10.244.2.53 .forwarded_queries 0
	origin=guest no_row 10.244.2.53
}

# The upstream's link address is not found: the kernel sends nothing, and tells dnsmasq. The pod gets
# SERVFAIL or nothing.
test_guest_asks_dnsmasq_whose_upstream_is_dead() {
	needs dnsmasq
	dnsmasq_on_node 192.0.2.77 2001:db8:1::77
	guests_watched
	ask_from 6 pod 192.0.2.10
	ask_from 6 pod 2001:db8:1::10
	becomes node 192.0.2.77 '.state == "down" and .cause == "not-sent"' 30
	unwatch node
	want_true 192.0.2.77 '.unsent.host >= 1 and .queries == 0'
	want 192.0.2.77 .forwarded_queries 0
	for a in 192.0.2.10 2001:db8:1::10; do
		origin=guest want $a .queries 6
		origin=guest want $a .answered.noerror 0
		origin=guest want_true $a '.state == "down" or .state == "degraded"'
	done
}

# ---- what fails on the node ---------------------------------------------------------------

# 12 queries, or $asked, of the pod to each family's ADDRESS fail, with this state and this cause.
fails_for_guests() { # STATE CAUSE ADDRESS...
	local state=$1 cause=$2 a
	shift 2
	for a; do
		origin=guest want "$a" .queries "${asked:-12}"
		origin=guest want "$a" .state "$state"
		origin=guest want "$a" .cause "$cause"
	done
}

ask_the_service() {
	ask_from 12 pod $service4
	ask_from 12 pod $service6
}

inside() { # ADDRESS...: the host's own rows do not explain it
	local a
	for a; do
		origin=guest want "$a" .fails_inside true
	done
}

test_guest_dns_process_dead() {
	same_node
	guests_watched
	ask_the_service
	unwatch node
	fails_for_guests down port-closed $service4 $service6
	origin=guest want $service4 .fails_inside false
	want 10.244.1.53 .state down
	want 10.244.1.53 .cause port-closed
	want fd00:1::53 .cause port-closed
}

# kube-proxy rejects in forward, and no endpoint is ever asked.
test_guest_service_without_endpoints() {
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
	guests_watched
	ask_the_service
	unwatch node
	fails_for_guests down rejected-on-path $service4 $service6
	inside $service4 $service6
	no_row $service4
}

test_guest_node_local_cache_dead() {
	node_local
	guests_watched
	ask_from 12 pod 169.254.20.10
	ask_from 12 pod fd00:20::10
	unwatch node
	fails_for_guests down port-closed 169.254.20.10 fd00:20::10
	inside 169.254.20.10 fd00:20::10
	no_row 169.254.20.10
}

test_guest_endpoint_without_route() {
	same_node
	ip -n "$prefix-node" route del 10.244.1.53
	ip -n "$prefix-node" -6 route del fd00:1::53
	route node unreachable 10.244.1.53
	ip -n "$prefix-node" -6 route add unreachable fd00:1::53
	guests_watched
	ask_the_service
	unwatch node
	fails_for_guests down no-route $service4 $service6
	inside $service4 $service6
	no_row 10.244.1.53
}

test_guest_policy_drops_the_query() {
	same_node "chain forward { type filter hook forward priority 0; udp dport 53 drop; }"
	resolver dns 10.244.1.53 fd00:1::53
	guests_watched
	ask_the_service
	unwatch node
	fails_for_guests down silent $service4 $service6
	inside $service4 $service6
	no_row 10.244.1.53
}

# A packet lost after DNAT: as with a full conntrack table.
test_guest_loss_after_dnat() {
	same_node "chain late { type filter hook postrouting priority 300; udp dport 53 numgen inc mod 4 == 0 drop; }"
	resolver dns 10.244.1.53 fd00:1::53
	guests_watched
	ask_the_service
	unwatch node
	fails_for_guests degraded intermittent $service4 $service6
	origin=guest want $service4 '.timed_out + ([.answered[]] | add)' 12
	origin=guest want_true $service4 '.timed_out >= 2 and .timed_out <= 4'
	want 10.244.1.53 .timed_out 0
	want 10.244.1.53 .state healthy
	inside $service4 $service6
}

test_guest_answers_dropped() {
	same_node "chain forward { type filter hook forward priority 0; udp sport 53 drop; }"
	resolver dns 10.244.1.53 fd00:1::53
	guests_watched
	ask_the_service
	unwatch node
	fails_for_guests down silent $service4 $service6
	want 10.244.1.53 '([.answered[]] | add)' 12
	want 10.244.1.53 .state healthy
	inside $service4 $service6
}

test_guest_resolver_outside_refuses() {
	node_with_uplink
	pod_routed pod 2
	service 10.244.2.53 fd00:2::53
	on far sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	guests_watched
	ask_from 12 pod $outside4
	ask_from 12 pod $outside6
	unwatch node
	fails_for_guests down port-closed $outside4 $outside6
	origin=guest want $outside4 .fails_inside false
	want $outside4 .queries 12
	want $outside4 .cause port-closed
	want $outside6 .cause port-closed
}

# Docker's own resolver: 127.0.0.11:53 in the container goes to a port of dockerd, which asks upstream
# from the container's namespace.
docker_resolver() {
	node_with_uplink
	pod_routed pod 2
	service 10.244.2.53 fd00:2::53
	resolver far 10.244.2.53 fd00:2::53
	on pod nft -f - <<-NFT || skip 'nftables cannot do NAT here'
		table ip docker {
			chain output { type nat hook output priority -100;
				ip daddr 127.0.0.11 udp dport 53 dnat to 127.0.0.11:41953
			}
			chain after { type nat hook postrouting priority 100;
				ip saddr 127.0.0.11 udp sport 41953 snat to :53
			}
		}
	NFT
	{
		unbound_server
		printf '  port: 41953\n  interface: 127.0.0.11\n  do-not-query-localhost: no\n'
		forward_all_to 10.244.2.53
	} >"$tmp/docker.conf"
	background pod unbound -d -c "$tmp/docker.conf" 2>"$tmp/docker.log"
	within 10 'the resolver of the container answers' asks_fine pod 127.0.0.11
}

test_docker_resolver_seen_from_the_host() {
	docker_resolver
	guests_watched
	ask_from 12 pod 127.0.0.11
	[ "$answered" = 12 ] || die "$answered of 12 answered"
	unwatch node
	origin=guest want_true 10.244.2.53 '.queries >= 12 and .timed_out == 0 and .state == "healthy"'
	want 10.244.2.53 .queries "$(origin=guest of 10.244.2.53 .queries)"
	origin=guest no_row 127.0.0.11
}

# Inside, eth0 is the way out and no guest's interface; 127.0.0.11 is answered by the container itself.
test_docker_resolver_seen_from_inside() {
	docker_resolver
	watch_on pod --guests --timeout 1
	ask_from 12 pod 127.0.0.11
	[ "$answered" = 12 ] || die "$answered of 12 answered"
	unwatch pod
	grep -q "no guest's interface is here yet" "$tmp/pod.err" || die "said: $(cat "$tmp/pod.err")"
	want_true 10.244.2.53 '.queries >= 12 and .timed_out == 0 and .state == "healthy"'
	origin=guest no_row 10.244.2.53
	tail -n 1 "$json" | jq -e '[.resolvers[].state] | index("down") == null' >/dev/null ||
		die "a false outage: $(tail -n 1 "$json" | jq -c '.resolvers[] | {address, state, cause}')"
}

# ---- interfaces that come and go ----------------------------------------------------------

# COUNT pods, each of which lives as long as its one query takes: each query is counted.
short_lived_pods() { # COUNT
	local n
	for ((n = 1; n <= $1; n++)); do
		ip netns add "$prefix-p$n"
		ip link add "g$n" netns "$prefix-node" type veth peer name eth0 netns "$prefix-p$n"
		ip -n "$prefix-node" addr add 169.254.1.1/32 dev "g$n"
		ip -n "$prefix-node" link set "g$n" up
		ip -n "$prefix-p$n" addr add 10.244.1.$((100 + n))/32 dev eth0
		ip -n "$prefix-p$n" link set eth0 up
		ip -n "$prefix-p$n" route add 169.254.1.1 dev eth0
		ip -n "$prefix-p$n" route add default via 169.254.1.1
		ip -n "$prefix-node" route add 10.244.1.$((100 + n)) dev "g$n"
		hosts+=("p$n")
	done
	for ((n = 1; n <= $1; n++)); do
		ask "p$n" $outside4 &
	done
	wait_for_others
	for ((n = 1; n <= $1; n++)); do
		ip netns del "$prefix-p$n"
	done
	# The kernel removes their interfaces a little later; the next pods have the same names.
	within 10 'no interface of a pod' eval "! ip -n '$prefix-node' -o link show type veth | grep -q ': g[0-9]'"
}

descriptors() { find "/proc/$watch_pid/fd" -mindepth 1 | wc -l; }

test_guests_that_come_and_go() {
	local before
	node_with_uplink
	service 10.244.2.53 fd00:2::53
	resolver far $outside4
	guests_watched
	grep -q "no guest's interface is here yet" "$tmp/node.err" || die "said: $(cat "$tmp/node.err")"
	short_lived_pods 5
	before=$(descriptors)
	short_lived_pods 40
	within 10 'as many descriptors as before' eval "[ \"\$(descriptors)\" -le $before ]"
	unwatch node
	origin=guest want $outside4 .queries 45
	origin=guest want $outside4 '([.answered[]] | add)' 45
	want $outside4 .queries 45
	! grep -q 'cannot attach' "$tmp/node.err" || die "said: $(cat "$tmp/node.err")"
}

origins_are() { # INTERFACE ORIGINS
	tail -n 1 "$tmp/node.json" | jq -e --arg n "$1" --argjson o "$2" '.interfaces |
		any(.name == $n and .origins == $o)' >/dev/null
}

# The IDs of the links that dnsreach has on an interface: others when a hook is attached anew.
links_on() { # INTERFACE
	local ifindex
	ifindex=$(ip -n "$prefix-node" -j link show "$1" | jq '.[0].ifindex')
	cat "/proc/$watch_pid"/fdinfo/* 2>/dev/null | awk -v i="$ifindex" '$1 == "link_id:" { id = $2 }
		$1 == "ifindex:" && $2 == i { print id }' | sort | xargs
}

# It has hooks before it is up, and the same ones from then on, whatever they count: made anew, they
# would miss the first queries of a container.
test_guests_hooks_stay_when_the_interface_comes_up() {
	local ids
	needs_tcx
	host node pod
	guests_watched
	ip link add vpod netns "$prefix-node" type veth peer name eth0 netns "$prefix-pod"
	within 10 'hooks before it is up' origins_are vpod '["guest"]'
	ids=$(links_on vpod)
	[ "$(wc -w <<<"$ids")" = 2 ] || die "links: $ids"
	ip -n "$prefix-node" link set vpod up
	within 10 'it counts for the host, too' origins_are vpod '["host","guest"]'
	[ "$(links_on vpod)" = "$ids" ] || die 'hooks were made anew'
	bridge_of_pods
	ip -n "$prefix-node" link set vpod master cni0
	within 10 'as a port it counts for guests' origins_are vpod '["guest"]'
	[ "$(links_on vpod)" = "$ids" ] || die 'hooks were made anew for the port'
	unwatch node
	[ "$(attached_on node vpod)" = 0 ] || die 'hooks are left'
}

test_guests_by_pattern() {
	node_with_uplink
	pod_routed pod 2
	pod_routed other 3
	service 10.244.2.53 fd00:2::53
	resolver far $outside4
	watch_on node '--guests=vpo*,none*'
	ask_times 3 pod $outside4
	ask_times 4 other $outside4
	unwatch node
	grep -q "no interface fits 'none\*' yet" "$tmp/node.err" || die "said: $(cat "$tmp/node.err")"
	origin=guest want $outside4 .queries 3
	want $outside4 .queries 7
}

refuses_pattern() { # PATTERN SENTENCE
	on node "$dnsreach" watch "--guests=$1" -n 1 >"$tmp/out" 2>"$tmp/said"
	[ $? = 2 ] || die "'$1': not the exit code of a usage error"
	[ ! -s "$tmp/out" ] || die "'$1': something on stdout"
	grep -qF -- "$2" "$tmp/said" || die "'$1': said $(cat "$tmp/said")"
}

test_guests_bad_input() {
	local no='is not a pattern of names of interfaces: '
	host node
	refuses_pattern a/b "'a/b' ${no}at most 63 characters"
	refuses_pattern a:b "'a:b' ${no}at most 63 characters"
	refuses_pattern .. "'..' ${no}at most 63 characters"
	refuses_pattern "$(printf '*%.0s' {1..64})" "${no}at most 63 characters"
	refuses_pattern 'cali[0-9' "'cali[0-9' ${no}the set that [ begins needs a ]"
	refuses_pattern 'cali*,veth0123456789ab' "'veth0123456789ab' is not the name of an interface"
	refuses_pattern yes "'yes' is no name of an interface: write auto for all guests, or leave guests out"
	refuses_pattern off "'off' is no name of an interface"
	refuses_pattern lo "'lo' is never a guest's interface"
	refuses_pattern '' 'it names nothing'
	refuses_pattern , 'it names nothing'
	on node "$dnsreach" watch --guests 'cali*' -n 1 2>"$tmp/said"
	[ $? = 2 ] || die 'a pattern in a word of its own was taken'
	grep -qF -- '--guests=cali*' "$tmp/said" || die "said: $(cat "$tmp/said")"
	printf 'guests = a/b\n' >"$tmp/conf"
	on node "$dnsreach" run --config "$tmp/conf" --check-config 2>"$tmp/said"
	[ $? = 2 ] || die 'the file was taken'
	grep -q 'conf:1:10' "$tmp/said" || die "said: $(cat "$tmp/said")"
	printf 'guests = auto\n' >"$tmp/conf"
	on node "$dnsreach" run --config "$tmp/conf" --check-config 2>/dev/null || die 'auto is refused'
}

# Patterns that fit nothing here: that is said of each, and everything else counts.
test_guests_patterns_without_an_interface() {
	two_hosts
	resolver server 192.0.2.53
	watch_on client '--guests=[x-z]*,\\*,auto' '--guests=AUTO'
	ask_times 2 client 192.0.2.53
	unwatch client
	for pattern in '\[x-z\]\*' '\\\\\*' AUTO; do
		grep -q "no interface fits '$pattern' yet" "$tmp/client.err" || die "said: $(cat "$tmp/client.err")"
	done
	want 192.0.2.53 .queries 2
}

test_guests_leave_nothing_attached() {
	local hooks
	node_with_uplink
	pod_routed pod 2
	for hooks in '' --clsact; do
		guests_watched $hooks
		[ "$(attached_on node vpod)" = 2 ] || die "$(attached_on node vpod) hooks on vpod $hooks"
		[ "$(attached_on node eth0)" = 2 ] || die "$(attached_on node eth0) hooks on eth0 $hooks"
		unwatch node
		[ "$(attached_on node vpod)" = 0 ] || die "vpod keeps $(attached_on node vpod) hooks $hooks"
		on node tc qdisc show dev vpod | grep -q clsact && die "a clsact is left $hooks"
		! grep -q 'runs before our' "$tmp/node.err" || die "said: $(cat "$tmp/node.err")"
	done
}

# The BPF programs that a process holds: three for the host, four more for guests' interfaces.
programs_of() { # PID
	cat "/proc/$1"/fdinfo/* 2>/dev/null | awk '/^prog_id:/ && !seen[$2]++ { n++ } END { print n + 0 }'
}

test_guests_programs_are_loaded_for_guests_alone() {
	node_with_uplink
	pod_routed pod 2
	watch_on node --timeout 1
	[ "$(programs_of "$watch_pid")" = 3 ] || die "$(programs_of "$watch_pid") programs without guests"
	unwatch node
	guests_watched
	[ "$(programs_of "$watch_pid")" = 7 ] || die "$(programs_of "$watch_pid") programs with guests"
	unwatch node
}

# A daemon that is started anew goes on with the hooks of the one before, of both origins.
test_guests_across_a_restart() {
	local n=1 signal
	needs_tcx
	node_with_uplink
	pod_routed pod 2
	service 10.244.2.53 fd00:2::53
	resolver far $outside4
	kept_on node --guests
	for signal in HUP KILL HUP; do
		ask_times 5 pod $outside4
		n=$((n + 1))
		if [ $signal = HUP ]; then kill -HUP "$keeper_pid"; else kill -KILL "$(daemon_pid)"; fi
		ask_times 5 pod $outside4
		restarted node $n
		[ "$(attached_on node vpod)" = 2 ] || die "after $signal: $(attached_on node vpod) hooks on vpod"
		[ "$(attached_on node eth0)" = 2 ] || die "after $signal: $(attached_on node eth0) hooks on eth0"
	done
	series_becomes node 'dnsreach_queries_total{resolver="203.0.113.53",port="53",transport="udp",origin="guest"}' 30
	series_becomes node 'dnsreach_queries_total{resolver="203.0.113.53",port="53",transport="udp",origin="host"}' 30
	end_kept node
	[ "$(attached_on node vpod)" = 0 ] || die 'vpod keeps hooks'
}

# As in the BPF host routing of Cilium: answers go to the pod past the hook of its veth. That is said,
# and no outage. What fails is not judged, either, until the pod has had one answer by the hook.
test_guest_answers_bypass_the_hook() {
	node_with_uplink
	pod_routed pod 2
	service 10.244.2.53 fd00:2::53
	on node nft flush ruleset # without masquerade: the answers have the pod's address
	resolver far $outside4 $outside6
	on node "$root/build/tests/redirect_peer" eth0 vpod 10.244.1.2 fd00:1::2 ||
		skip 'no bpf_redirect_peer here'
	guests_watched
	ask_from 12 pod $outside4
	[ "$answered" = 12 ] || die "$answered of 12 answered"
	ask_from 12 pod $outside6
	origin=guest becomes node $outside4 '.timed_out == 12'
	origin=guest becomes node $outside6 '.timed_out == 12'
	within 10 'it is said' grep -q 'answers reach guests past the hooks' "$tmp/node.err"
	unwatch node
	tail -n 1 "$json" | jq -e .self.guests_bypassed >/dev/null || die 'not in self'
	origin=guest want $outside4 .timed_out 12
	origin=guest want $outside4 .state idle
	origin=guest want $outside6 .state idle
	want $outside4 '([.answered[]] | add)' 12
	want $outside4 .state healthy
}
