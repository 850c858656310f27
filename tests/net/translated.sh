#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Translations of addresses that dnsreach sees from one side only: NAT on lo, this host's own refusal
# behind a DNAT. Both families in each test.

far4=203.0.113.53
far6=2001:db8:2::53
virtual4=10.96.0.10
virtual6=fd00:96::10

# A host whose queries the RULES of an output chain translate. The default route leads nowhere.
translating_host() { # RULES [CHAINS]
	host client
	link client eth0 client eth1
	address client eth0 192.0.2.1/24 2001:db8:1::1/64
	ip -n "$prefix-client" addr add 127.0.0.53/8 dev lo
	address client lo fd00::53/128
	route client default via 192.0.2.254
	route client default via 2001:db8:1::fe
	on client sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	on client nft -f - <<-NFT || skip 'nftables cannot do NAT here'
		table inet nat {
			chain output { type nat hook output priority -100; $1 }
			${2:-}
		}
	NFT
}

redirecting='ip daddr != 127.0.0.0/8 udp dport 53 redirect to :53;
	ip6 daddr != { ::1, fd00::53 } udp dport 53 redirect to :53;'

# All N of a family were asked and answered at ADDRESS, and no answer fitted nothing.
all_answered() { # ADDRESS N
	want "$1" .queries "$2"
	want "$1" '[.answered[]] | add' "$2"
	want "$1" .timed_out 0
	want "$1" .state healthy
	[ "$(tail -n 1 "$json" | jq .self.unmatched.responses)" = 0 ] || die 'answers fitted nothing'
}

test_translated_redirect_to_lo() {
	translating_host "$redirecting"
	resolver client 127.0.0.1 ::1
	watch_on client --timeout 1
	ask_from 20 client $far4
	[ "$answered" = 20 ] || die "$answered of 20 answered"
	ask_from 20 client $far6
	[ "$answered" = 20 ] || die "$answered of 20 answered over IPv6"
	unwatch client
	all_answered 127.0.0.1 20
	all_answered ::1 20
	no_row $far4
	no_row $far6
}

# Connects over TCP, redirected in the same way; UDP is in use beside them.
connects_to_lo() { # FAR LO
	watch_on client --timeout 2
	ask_tcp client "$1" 5
	ask_times 3 client "$1"
	becomes client "$2/tcp" '.state == "healthy"'
	unwatch client
	want "$2/tcp" .connects.opened 5
	want "$2/tcp" .connects.established 5
	want "$2/tcp" .connects.timed_out 0
	want "$2/tcp" .connects.unmatched 0
	want "$2/tcp" .connect_rtt.count 5
	all_answered "$2" 3
	[ -z "$(of "$1/tcp" 'select(.connects.attempts > 0)')" ] || die "$1 has a row of connects"
}

translating_tcp_host() {
	translating_host 'meta l4proto { tcp, udp } th dport 53 ip daddr != 127.0.0.0/8 redirect to :53;
		meta l4proto { tcp, udp } th dport 53 ip6 daddr != { ::1, fd00::53 } redirect to :53;'
}

test_translated_connects_to_lo() {
	translating_tcp_host
	resolver client 127.0.0.1 ::1
	connects_to_lo $far4 127.0.0.1
	connects_to_lo $far6 ::1
}

test_translated_connects_to_a_closed_port_on_lo() {
	translating_tcp_host
	watch_on client --timeout 2
	ask_tcp client $far4 4
	ask_tcp client $far6 4
	becomes client 127.0.0.1/tcp '.state == "down" and .cause == "port-closed"'
	becomes client ::1/tcp '.state == "down" and .cause == "port-closed"'
	unwatch client
	for a in 127.0.0.1/tcp ::1/tcp; do
		want $a .connects.established 0
		want $a .connects.timed_out 0
		want_true $a '.connects.refused >= 4 and .connects.refused == .connects.opened'
		want $a .connects.unmatched 0
	done
}

# As a DNS service in the network of the node: DNAT to an address of this host.
test_translated_dnat_to_an_own_address() {
	translating_host "ip daddr $virtual4 udp dport 53 dnat ip to 192.0.2.1;
		ip6 daddr $virtual6 udp dport 53 dnat ip6 to 2001:db8:1::1;"
	resolver client 192.0.2.1 2001:db8:1::1
	watch_on client --timeout 1
	ask_from 20 client $virtual4
	ask_from 20 client $virtual6
	unwatch client
	all_answered 192.0.2.1 20
	all_answered 2001:db8:1::1 20
}

# The DNS of docker inside a container: 127.0.0.11, redirected to a port of its own.
test_translated_embedded_dns_of_docker() {
	translating_host 'ip daddr 127.0.0.11 udp dport 53 dnat ip to 127.0.0.11:41953;' \
		'chain after { type nat hook postrouting priority 100;
			ip saddr 127.0.0.11 udp sport 41953 snat to :53; }'
	resolver client 127.0.0.11@41953
	watch_on client --timeout 1 --port 53,41953
	ask_from 20 client 127.0.0.11
	[ "$answered" = 20 ] || die "$answered of 20 answered"
	unwatch client
	want 127.0.0.11 .port 41953
	all_answered 127.0.0.11 20
}

# A stub as of systemd-resolved beside a redirect: two resolvers on lo, both in use at a time.
test_translated_beside_a_stub() {
	translating_host "$redirecting"
	resolver client 127.0.0.1 ::1 127.0.0.53 fd00::53
	watch_on client --timeout 1
	ask_from 15 client 127.0.0.53
	ask_from 20 client $far4
	ask_from 15 client fd00::53
	ask_from 20 client $far6
	ask_from 15 client 127.0.0.53
	unwatch client
	all_answered 127.0.0.53 30
	all_answered fd00::53 15
	all_answered 127.0.0.1 20
	all_answered ::1 20
}

test_translated_closed_port_on_lo() {
	translating_host "$redirecting"
	watch_on client --timeout 1
	ask_from 6 client $far4
	ask_from 6 client $far6
	becomes client 127.0.0.1 '.state == "down" and .cause == "port-closed"'
	becomes client ::1 '.state == "down" and .cause == "port-closed"'
	unwatch client
	for a in 127.0.0.1 ::1; do
		want $a .queries 6
		want $a .unreachable.port 6
		want $a .icmp_from_elsewhere 0
	done
	no_row $far4
	no_row $far6
}

# The neighbour behind a DNAT is dead: the kernel says so under the address that was asked.
test_translated_refusal_is_of_what_was_asked() {
	translating_host "ip daddr $virtual4 udp dport 53 dnat ip to 192.0.2.77;
		ip6 daddr $virtual6 udp dport 53 dnat ip6 to 2001:db8:1::77;"
	watch_on client --timeout 1
	ask_from 6 client $virtual4
	ask_from 6 client $virtual6
	becomes client $virtual4 '.state == "down" and .cause == "not-sent"'
	becomes client $virtual6 '.state == "down" and .cause == "not-sent"'
	unwatch client
	want_true $virtual4 '.unsent.host >= 1'
	want_true $virtual6 '.unsent.host >= 1'
	want $virtual4 .queries 0
	[ "$(tail -n 1 "$json" | jq .self.unmatched.unreachables)" = 0 ] || die 'ICMP fitted nothing'
}

# ---- a BPF masquerade on the uplink --------------------------------------------------------

# A pod whose queries a BPF program on the uplink masquerades. Only the last word of its IPv6 address
# is another one than the node's.
masqueraded_pod() { # [tcx|clsact end|next]
	node_with_uplink
	pod_routed pod 2
	address pod eth0 2001:db8:1::2/128
	route node 2001:db8:1::2 dev vpod
	ip -n "$prefix-pod" -6 route replace default via fe80::1 dev eth0 src 2001:db8:1::2
	on node ethtool -K eth0 tx off rx off >/dev/null 2>&1
	on pod ethtool -K eth0 tx off >/dev/null 2>&1
	on far ethtool -K eth0 tx off rx off >/dev/null 2>&1
	resolver far $outside4 $outside6
	[ $# = 0 ] || masquerade_on_node "$@"
}

masquerade_on_node() { # tcx|clsact end|next|first
	if [ "$1" = clsact ]; then
		on node "$root/build/tests/masquerade" clsact "$2" eth0 10.244.1.2 192.0.2.10 \
			2001:db8:1::2 2001:db8:1::10 || die 'cannot attach the masquerade'
		return
	fi
	background node "$root/build/tests/masquerade" tcx "$2" eth0 10.244.1.2 192.0.2.10 \
		2001:db8:1::2 2001:db8:1::10 >"$tmp/masquerade"
	within 10 'the masquerade is attached' grep -q attached "$tmp/masquerade"
}

asked_through_the_masquerade() {
	ask_from 10 pod $outside4
	[ "$answered" = 10 ] || die "$answered of 10 answered"
	ask_from 10 pod $outside6
	[ "$answered" = 10 ] || die "$answered of 10 answered over IPv6"
}

# Each query and each answer shows one side of the translation: no alarm, and no healthy resolver.
unclear_not_down() {
	asked_through_the_masquerade
	becomes node $outside4 '.state == "unclear" and .cause == "rewritten"'
	becomes node $outside6 '.state == "unclear" and .cause == "rewritten"'
	unwatch node
	for a in $outside4 $outside6; do
		want $a .queries 10
		want $a .timed_out 10
		want $a .unmatched.responses 10
		want $a .forwarded_queries 10
		[ -z "$(jq -r --arg a "$a" '.resolvers[] | select(.address == $a and .state == "down") | 1' \
			"$json")" ] || die "$a was called down"
	done
}

test_translated_by_bpf_clsact_behind_us() {
	masqueraded_pod clsact end
	watch_on node --timeout 1
	unclear_not_down
}

test_translated_by_bpf_clsact_beside_us() {
	masqueraded_pod clsact end
	watch_on node --timeout 1 --clsact
	unclear_not_down
}

test_translated_by_bpf_tcx_that_was_first() {
	needs_tcx
	masqueraded_pod tcx next
	watch_on node --timeout 1
	unclear_not_down
}

# Put before ours while we run: the queries show as they leave, and the answers as the guest gets them.
test_translated_by_bpf_tcx_before_us() {
	needs_tcx
	masqueraded_pod
	watch_on node --timeout 1
	masquerade_on_node tcx first
	unclear_not_down
}

test_translated_by_bpf_clsact_before_us() {
	masqueraded_pod
	watch_on node --timeout 1 --clsact
	masquerade_on_node clsact first
	unclear_not_down
}

# What the guest asks is seen on the inner side of the translation.
test_translated_by_bpf_seen_by_guests() {
	masqueraded_pod clsact end
	guests_watched
	asked_through_the_masquerade
	becomes node $outside4 '.state == "unclear"'
	unwatch node
	for a in $outside4 $outside6; do
		origin=guest want $a .queries 10
		origin=guest want $a '[.answered[]] | add' 10
		origin=guest want $a .state healthy
		want $a .state unclear
	done
}

test_forwarded_queries() {
	three_hosts
	resolver server $far4 $far6
	watch_on router --timeout 1
	ask_from 10 client $far4
	ask_from 10 client $far6
	ask_from 5 router $far4
	unwatch router
	want $far4 .queries 15
	want $far4 .forwarded_queries 10
	want $far6 .forwarded_queries 10
}
