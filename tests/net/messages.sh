#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# DNS messages over TCP by real clients and servers: each counter against what these have counted.

v4=203.0.113.53
v6=2001:db8:2::53

followed() { # ADDRESS QUERIES: all of them are answered, and every stream was followed
	want "$1/tcp" .queries "$2"
	want "$1/tcp" .transactions "$2"
	want "$1/tcp" '[.answered[]] | add' "$2"
	want "$1/tcp" .rtt.count "$2"
	want "$1/tcp" '[.closed[]] | add' 0
	want "$1/tcp" .unfollowed 0
	want "$1/tcp" .unmatched.responses 0
}

dig_over_tcp() { # ADDRESS
	three_hosts
	resolver server "$1"
	watch_on client
	ask_tcp client "$1" 5
	on client dig +short +tries=1 +time=1 +keepopen +tcp "@$1" a.ok.test b.ok.test c.ok.test >/dev/null
	becomes client "$1/tcp" '.queries == 8'
	unwatch client
	followed "$1" 8
	want "$1/tcp" .connects.established 6
}
test_messages_of_dig() { dig_over_tcp $v4; }
test_messages_of_dig_ipv6() { dig_over_tcp $v6; }

# Pipelined by dnsperf over four connections, several messages a segment with the devices' offloads.
test_messages_of_dnsperf() {
	local sent
	three_hosts
	resolver server $v4
	watch_on client
	load client $v4 2000 -m tcp -c 4 -q 100
	becomes client $v4/tcp ".queries == $sent"
	unwatch client
	followed $v4 "$sent"
}

# How many queries of ADDRESS the server has logged.
queries_logged() { # ADDRESS
	grep -c "info: $1 .* IN\$" "$tmp/unbound-server.log"
}

# glibc writes both questions into one segment.
test_messages_of_glibc() {
	three_hosts
	resolver server $v4
	watch_on client
	printf 'nameserver %s\noptions use-vc\n' $v4 >"$tmp/resolv.conf"
	on client unshare -m sh -c "mount --bind '$tmp/resolv.conf' /etc/resolv.conf &&
		getent -s dns ahosts www.ok.test >/dev/null"
	becomes client $v4/tcp '.queries >= 2 and .in_flight == 0'
	unwatch client
	followed $v4 "$(queries_logged 192.0.2.1)"
}

# A forwarder that asks over TCP alone: one connection for many questions.
test_messages_of_unbound() {
	three_hosts
	resolver server $v4
	{
		unbound_server
		cat <<-CONF
			  interface: 127.0.0.1
			  tcp-upstream: yes
			forward-zone:
			  name: "."
			  forward-addr: $v4
			remote-control:
			  control-enable: no
		CONF
	} >"$tmp/forwarder.conf"
	background client unbound -d -c "$tmp/forwarder.conf" 2>"$tmp/forwarder.log"
	within 10 'the forwarder answers' asks_fine client 127.0.0.1
	local before
	before=$(queries_logged 192.0.2.1)
	watch_on client
	load client 127.0.0.1 50
	becomes client $v4/tcp ".queries == $(($(queries_logged 192.0.2.1) - before)) and .in_flight == 0"
	unwatch client
	followed $v4 $(($(queries_logged 192.0.2.1) - before))
	want_true $v4/tcp '.queries >= 50'
}

# Bytes lost on the way to this host: the stream is followed across the gap.
test_messages_across_lost_segments() {
	local sent
	three_hosts
	resolver server $v4
	on router nft -f - <<-NFT
		table inet t { chain f { type filter hook forward priority 0;
			tcp sport 53 meta length > 60 numgen random mod 10 == 0 drop; }; }
	NFT
	watch_on client
	load client $v4 1000 -m tcp -c 4 -q 50 -t 10
	becomes client $v4/tcp ".queries == $sent and .in_flight == 0"
	unwatch client
	want $v4/tcp .queries "$sent"
	want $v4/tcp .retransmissions 0
	want $v4/tcp '[.answered[]] | add' "$(awk '/Queries completed:/ { print $3 }' "$tmp/dnsperf")"
}

# The server accepts, and never answers: its resolver is not healthy, though each connect is fine.
test_server_accepts_and_is_silent() {
	three_hosts
	background server socat TCP-LISTEN:53,bind=$v4,fork,reuseaddr SYSTEM:'cat >/dev/null'
	within 5 "socat listens" eval "on server ss -ltnH | grep -q :53"
	watch_on client --timeout 1
	ask_tcp client $v4 3 +time=3
	becomes client $v4/tcp '.state == "down" and .cause == "not-served"'
	unwatch client
	want $v4/tcp .timed_out 3
	want $v4/tcp .connects.established 3
	want $v4/tcp '.windows["1m"].failure_ratio' 1
}

# The server accepts and closes: its kernel's FIN.
test_server_closes_without_an_answer() {
	three_hosts
	background server socat TCP-LISTEN:53,bind=$v4,fork,reuseaddr EXEC:/bin/true
	within 5 "socat listens" eval "on server ss -ltnH | grep -q :53"
	watch_on client
	ask_tcp client $v4 3
	becomes client $v4/tcp '.state == "down" and .cause == "not-served"'
	unwatch client
	want $v4/tcp '[.closed[]] | add' 3
	want $v4/tcp .timed_out 0
}
