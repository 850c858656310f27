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
	load client $v4 2000 -m tcp -c 4 -q 100 >"$tmp/dnsperf.out"
	sent=$(awk '/Queries sent:/ { print $3 }' "$tmp/dnsperf.out")
	[ "$sent" -gt 0 ] || die "dnsperf sent nothing: $(cat "$tmp/dnsperf.out")"
	becomes client $v4/tcp ".queries == $sent"
	unwatch client
	followed $v4 "$sent"
}

# The server accepts and closes: its kernel's FIN.
test_server_closes_without_an_answer() {
	three_hosts
	needs socat
	background server socat TCP-LISTEN:53,bind=$v4,fork,reuseaddr EXEC:/bin/true
	within 5 "socat listens" on server sh -c 'ss -ltnH | grep -q :53'
	watch_on client
	ask_tcp client $v4 3
	becomes client $v4/tcp '.transactions == 3'
	unwatch client
	want $v4/tcp '[.closed[]] | add' 3
	want $v4/tcp .timed_out 0
}
