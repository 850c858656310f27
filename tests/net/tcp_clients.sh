#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# More clients, forwarders and zone transfers over TCP, as Debian has them: each counter against what the
# client printed and what the server logged.

v4=203.0.113.53
v6=2001:db8:2::53

# Every connect of this host was counted, and each one that the server accepted.
connects_as_the_kernels_say() { # ADDRESS
	want "$1/tcp" .connects.opened "$(tcp_of client ActiveOpens)"
	want "$1/tcp" .connects.established "$(tcp_of server PassiveOpens)"
}

answers_of_kdig() { # FILE: how many it got
	grep -c '^198\.51\.100\.80$' "$1"
}

kdig_over_tcp() { # ADDRESS: three connections, then one for three questions
	local i
	three_hosts
	resolver server "$1"
	watch_on client
	for i in 1 2 3; do
		on client kdig +short +tcp +retry=0 "@$1" "n$i.ok.test" >>"$tmp/kdig"
	done
	on client kdig +short +tcp +keepopen +retry=0 "@$1" a.ok.test b.ok.test c.ok.test >>"$tmp/kdig"
	becomes client "$1/tcp" '.queries == 6 and .in_flight == 0'
	unwatch client
	[ "$(answers_of_kdig "$tmp/kdig")" = 6 ] || die "kdig: $(cat "$tmp/kdig")"
	followed "$1" "$(queries_logged "$2")"
	want "$1/tcp" .connects.established 4
}
test_kdig_over_tcp() {
	needs kdig
	kdig_over_tcp $v4 192.0.2.1
}
test_kdig_over_tcp_ipv6() {
	needs kdig
	kdig_over_tcp $v6 2001:db8:1::1
}

# The first connection gets a cookie; the others have their question in the SYN.
test_kdig_with_fast_open() {
	local i
	needs kdig
	three_hosts
	on server sysctl -qw net.ipv4.tcp_fastopen=0x403 2>/dev/null || skip 'no TCP Fast Open here'
	on client sysctl -qw net.ipv4.tcp_fastopen=1
	resolver server $v4
	watch_on client
	for i in 1 2 3 4; do
		on client kdig +short +tcp +fastopen +retry=0 @$v4 "n$i.ok.test" >>"$tmp/kdig"
	done
	becomes client $v4/tcp '.queries == 4 and .in_flight == 0'
	unwatch client
	[ "$(answers_of_kdig "$tmp/kdig")" = 4 ] || die "kdig: $(cat "$tmp/kdig")"
	[ "$(netstat_of client TCPFastOpenActive)" = 3 ] ||
		die "$(netstat_of client TCPFastOpenActive) of 4 connections were opened fast"
	followed $v4 "$(queries_logged 192.0.2.1)"
	connects_as_the_kernels_say $v4
	want $v4/tcp .connects.opened 4
}

netstat_of() { # HOST NAME: of /proc/net/netstat, TcpExt
	on "$1" awk -v want="$2" '$1 == "TcpExt:" && !n { n = split($0, names); next }
		$1 == "TcpExt:" { for (i = 2; i <= n; i++) if (names[i] == want) print $i }' /proc/net/netstat
}

# It asks over TCP what it was asked over TCP: one connection for each of its clients.
test_dnsmasq_over_tcp() {
	local i
	needs dnsmasq
	three_hosts
	resolver server $v4
	background client dnsmasq --conf-file=/dev/null --keep-in-foreground --no-resolv --no-hosts --no-poll \
		--user=root --pid-file= --cache-size=0 --bind-interfaces --listen-address=127.0.0.1 \
		--server=$v4 2>"$tmp/dnsmasq.log"
	within 10 'dnsmasq answers' asks_fine client 127.0.0.1
	local before
	before=$(queries_logged 192.0.2.1)
	watch_on client
	for i in 1 2 3 4 5; do
		ask client 127.0.0.1 "n$i.ok.test" +tcp
	done
	becomes client $v4/tcp ".queries == 5 and .in_flight == 0"
	unwatch client
	[ $(($(queries_logged 192.0.2.1) - before)) = 5 ] || die "$(queries_logged 192.0.2.1) logged"
	followed $v4 5
	followed 127.0.0.1 5
	want $v4/tcp .connects.established "$(tcp_of server PassiveOpens)"
}

# Its connections stay open for further questions; its own checks of the server are questions too.
test_dnsdist_over_tcp() {
	local before sent
	needs dnsdist
	three_hosts
	resolver server $v4
	dnsdist_asks "tcpOnly=true, address='$v4:53'"
	before=$(queries_logged 192.0.2.1)
	watch_on client
	load client 127.0.0.1 200 -c 4
	becomes client $v4/tcp ".answered.noerror >= $sent and .in_flight == 0"
	unwatch client
	want_true $v4/tcp ".queries >= $sent"
	followed $v4 $(($(queries_logged 192.0.2.1) - before))
}

dnsdist_asks() { # SERVER, in its own words; it answers at 127.0.0.1
	cat >"$tmp/dnsdist.conf" <<-CONF
		setLocal('127.0.0.1:53')
		newServer{$1, checkName='check.ok.test.', checkInterval=3600}
		setSecurityPollSuffix('')
	CONF
	background client dnsdist --supervised --disable-syslog --config "$tmp/dnsdist.conf" \
		>"$tmp/dnsdist.log" 2>&1
	within 20 'dnsdist finds its server up' grep -q "as 'up'" "$tmp/dnsdist.log"
}

# ---- zone transfers ------------------------------------------------------------------------

# A real nsd with a zone of N hosts that anybody may have; its statistics are in its log.
zone_server() { # HOST ADDRESS N
	{
		echo '@ 60 IN SOA ns admin 1 3600 900 86400 60'
		echo '@ 60 IN NS ns'
		echo 'ns 60 IN A 192.0.2.1'
		seq -f 'h%.0f 60 IN TXT "a line of text that makes the zone longer than one message"' "$3"
	} >"$tmp/big.zone"
	cat >"$tmp/nsd.conf" <<-CONF
		server:
		  ip-address: $2
		  username: ""
		  pidfile: ""
		  database: ""
		  zonesdir: "$tmp"
		  xfrdfile: ""
		  zonelistfile: "$tmp/zone.list"
		  xfrdir: "$tmp"
		  server-count: 1
		  rrl-ratelimit: 0
		remote-control:
		  control-enable: no
		zone:
		  name: big.test
		  zonefile: big.zone
		  provide-xfr: 0.0.0.0/0 NOKEY
		  provide-xfr: ::/0 NOKEY
	CONF
	background "$1" nsd -d -c "$tmp/nsd.conf" 2>"$tmp/nsd.log"
	within 10 "nsd answers: $(cat "$tmp/nsd.log")" has_zone "$1" "$2"
}

has_zone() { # HOST ADDRESS
	on "$1" dig +short +tries=1 +time=1 "@$2" big.test SOA 2>/dev/null | grep -q admin
}

# One transaction a transfer; its messages after the first one are `further`.
transferred() { # ADDRESS TRANSFERS MESSAGES
	want "$1/tcp" .queries "$2"
	want "$1/tcp" .transactions "$2"
	want "$1/tcp" .answered.noerror "$2"
	want "$1/tcp" .responses "$3"
	want "$1/tcp" .further $(($3 - $2))
	want "$1/tcp" '.unmatched.responses + .late.responses + .unfollowed' 0
	want "$1/tcp" .connects.established "$2"
}

zone_is_transferred() { # ADDRESS
	local i messages=0 m
	needs nsd
	three_hosts
	zone_server server "$1" 3000
	watch_on client
	for i in 1 2 3; do
		on client dig +tries=1 "@$1" big.test AXFR >"$tmp/axfr"
		m=$(sed -n 's/^;; XFR size: 3004 records (messages \([0-9]*\),.*/\1/p' "$tmp/axfr")
		[ "${m:-0}" -gt 5 ] || die "dig: $(tail -n 5 "$tmp/axfr")"
		messages=$((messages + m))
	done
	becomes client "$1/tcp" ".responses == $messages"
	unwatch client
	transferred "$1" 3 $messages
	want "$1/tcp" .state healthy
	figure "3 transfers of 3004 records: $messages messages for dig, and here"
}
test_zone_transfer() {
	needs nsd
	zone_is_transferred $v4
}
test_zone_transfer_ipv6() {
	needs nsd
	zone_is_transferred $v6
}

# kdig has a count of its own, and unbound is a secondary as people run it: it asks for the SOA first.
test_zone_transfer_to_a_secondary() {
	local kdig
	needs nsd kdig
	three_hosts
	zone_server server $v4 3000
	watch_on client
	on client kdig +tcp @$v4 big.test AXFR >"$tmp/axfr"
	kdig=$(sed -n 's/.*(\([0-9]*\) messages, 3004 records).*/\1/p' "$tmp/axfr")
	[ "${kdig:-0}" -gt 5 ] || die "kdig: $(tail -n 5 "$tmp/axfr")"
	{
		unbound_server
		cat <<-CONF
			  interface: 127.0.0.1
			auth-zone:
			  name: big.test
			  primary: $v4
			  fallback-enabled: no
			remote-control:
			  control-enable: no
		CONF
	} >"$tmp/secondary.conf"
	background client unbound -d -c "$tmp/secondary.conf" 2>"$tmp/secondary.log"
	within 10 'the secondary has the zone' has_host client h2999.big.test
	becomes client $v4/tcp '.transactions >= 2 and .in_flight == 0'
	unwatch client
	transferred $v4 2 $((2 * kdig))
	want $v4 .answered.noerror 1
}

has_host() { # HOST NAME
	on "$1" dig +short +tries=1 +time=1 @127.0.0.1 "$2" TXT 2>/dev/null | grep -q 'line of text'
}
