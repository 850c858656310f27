#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Connects over TCP and TLS by real clients: each counter against what client and server counted.

v4=203.0.113.53
v6=2001:db8:2::53

# How many SYNs, SYN-ACKs or RSTs the kernel of HOST counted so far.
tcp_of() { # HOST NAME: of /proc/net/snmp, Tcp
	on "$1" awk -v want="$2" '$1 == "Tcp:" && !n { n = split($0, names); next }
		$1 == "Tcp:" { for (i = 2; i <= n; i++) if (names[i] == want) print $i }' /proc/net/snmp
}

ask_tcp() { # HOST ADDRESS N [dig-words...]
	local h=$1 a=$2 n=$3 i
	shift 3
	for ((i = 0; i < n; i++)); do
		ask "$h" "$a" www.ok.test +tcp "$@"
	done
}

healthy_over_tcp() { # ADDRESS
	three_hosts
	resolver server "$1"
	watch_on client
	ask_tcp client "$1" 5
	becomes client "$1/tcp" '.state == "healthy"'
	unwatch client
	want "$1/tcp" .connects.opened 5
	want "$1/tcp" .connects.opened "$(tcp_of client ActiveOpens)"
	want "$1/tcp" .connects.established 5
	want "$1/tcp" .connects.established "$(tcp_of server PassiveOpens)"
	want "$1/tcp" .connect_rtt.count 5
	want "$1/tcp" .cause null
	want "$1/tcp" .queries 5
	[ -z "$(of "$1" .queries)" ] || die "a row of UDP without a query over UDP"
}
test_dig_over_tcp() { healthy_over_tcp $v4; }
test_dig_over_tcp_ipv6() { healthy_over_tcp $v6; }

# Two questions over one connection are one connect.
test_two_questions_over_one_connection() {
	three_hosts
	resolver server $v4
	watch_on client
	on client dig +short +tries=1 +time=1 +bufsize=512 +keepopen +tcp @$v4 a.ok.test b.ok.test >/dev/null
	ask_times 3 client $v4
	becomes client $v4 '.queries == 3'
	unwatch client
	want $v4/tcp .connects.established 1
	want $v4 .answered.noerror 3
}

closed_tcp() { # ADDRESS
	three_hosts
	watch_on client
	ask_tcp client "$1" 4
	becomes client "$1/tcp" '.state == "down" and .cause == "port-closed"'
	unwatch client
	want "$1/tcp" .connects.refused "$(tcp_of client AttemptFails)"
	want "$1/tcp" .connects.established 0
	want_true "$1/tcp" '.connects.refused >= 4'
	want "$1/tcp" '.windows["1m"].failure_ratio' 1
	want "$1/tcp" '[.icmp_unreachables[]] | add' 0
}
test_nothing_listens_on_tcp() { closed_tcp $v4; }
test_nothing_listens_on_tcp_ipv6() { closed_tcp $v6; }

# UDP answers and TCP is dropped: what a firewall does that knows DNS by UDP only.
dropped_syn() { # ADDRESS
	three_hosts
	resolver server "$1"
	on router nft -f - <<-NFT
		table inet t { chain f { type filter hook forward priority 0; tcp dport 53 drop; }; }
	NFT
	watch_on client --timeout 2
	ask_times 4 client "$1"
	ask_tcp client "$1" 3
	becomes client "$1/tcp" '.state == "down" and .cause == "silent"'
	unwatch client
	want "$1" .state healthy
	want "$1/tcp" .connects.established 0
	want_true "$1/tcp" '.connects.timed_out >= 3'
}
test_syn_is_dropped() { dropped_syn $v4; }
test_syn_is_dropped_ipv6() { dropped_syn $v6; }

rejected_syn() { # ADDRESS REJECT-WORDS CAUSE REASON
	three_hosts
	resolver server "$1"
	on router nft -f - <<-NFT
		table inet t { chain f { type filter hook forward priority 0; tcp dport 53 reject with $2; }; }
	NFT
	watch_on client --timeout 2
	ask_tcp client "$1" 4
	becomes client "$1/tcp" ".state == \"down\" and .cause == \"$3\""
	unwatch client
	want_true "$1/tcp" ".connects.unreachable.$4 >= 3 and .icmp_from_elsewhere == ([.icmp_unreachables[]] | add)"
}
test_router_prohibits_tcp() { rejected_syn $v4 'icmpx type admin-prohibited' prohibited prohibited; }
test_router_prohibits_tcp_ipv6() { rejected_syn $v6 'icmpx type admin-prohibited' prohibited prohibited; }

test_firewall_resets_tcp() {
	three_hosts
	resolver server $v4
	on router nft -f - <<-NFT
		table inet t { chain f { type filter hook forward priority 0; tcp dport 53 reject with tcp reset; }; }
	NFT
	watch_on client
	ask_tcp client $v4 4
	becomes client $v4/tcp '.state == "down" and .cause == "port-closed"'
	unwatch client
	want_true $v4/tcp '.connects.refused >= 4'
}

# This host's own firewall: the SYN never leaves.
test_own_firewall_rejects_tcp() {
	three_hosts
	resolver server $v4
	on client nft -f - <<-NFT
		table inet t { chain o { type filter hook output priority 0; tcp dport 53 reject; }; }
	NFT
	watch_on client
	ask_tcp client $v4 4
	becomes client $v4/tcp '.state == "down" and .cause == "not-sent"'
	unwatch client
	want $v4/tcp .connects.attempts 0
}

# Pipelined queries over a few connections, with what TSO and GRO make of them.
test_dnsperf_over_tcp() {
	three_hosts
	resolver server $v4
	watch_on client
	load client $v4 2000 -m tcp -c 4
	becomes client $v4/tcp '.connects.established >= 4'
	unwatch client
	want $v4/tcp .connects.opened "$(tcp_of client ActiveOpens)"
	want $v4/tcp .connects.established "$(tcp_of server PassiveOpens)"
}

test_glibc_use_vc() {
	three_hosts
	resolver server $v4
	watch_on client
	printf 'nameserver %s\noptions use-vc\n' $v4 >"$tmp/resolv.conf"
	on client unshare -m sh -c "mount --bind '$tmp/resolv.conf' /etc/resolv.conf &&
		getent -s dns ahosts www.ok.test >/dev/null"
	becomes client $v4/tcp '.connects.established >= 1'
	unwatch client
	want $v4/tcp .connects.opened "$(tcp_of client ActiveOpens)"
	want $v4/tcp .connects.established "$(tcp_of client ActiveOpens)"
}

# TLS: port 853 is a row of its own.
test_dot_works_and_is_refused() {
	three_hosts
	background server socat TCP-LISTEN:853,fork,reuseaddr EXEC:cat
	within 5 'a server listens on 853' eval "on server ss -Hltn | grep -q :853"
	watch_on client
	local i
	for i in 1 2 3; do
		on client timeout 2 bash -c "exec 3<>/dev/tcp/$v4/853 && echo >&3 && exec 3>&-"
		on client timeout 2 bash -c "exec 3<>/dev/tcp/203.0.113.254/853" 2>/dev/null
	done
	becomes client $v4/dot '.connects.established == 3'
	becomes client 203.0.113.254/dot '.state == "down" and .cause == "port-closed"'
	unwatch client
	want $v4/dot .port 853
	want $v4/dot .connects.opened 3
	want 203.0.113.254/dot .connects.refused 3
}

# A server that is slower than the timeout, and one that loses a SYN.
test_syn_ack_comes_late_over_tcp() {
	three_hosts
	resolver server $v4
	on router nft -f - <<-NFT
		table inet t { chain f { type filter hook forward priority 0; tcp dport 53 drop; }; }
	NFT
	watch_on client --timeout 2
	on client dig +short +tries=1 +time=6 +tcp @$v4 www.ok.test >/dev/null 2>&1 &
	becomes client $v4/tcp '.connects.timed_out >= 1'
	on router nft delete table inet t
	becomes client $v4/tcp '.connects.established == 1'
	unwatch client
	want_true $v4/tcp '.connects.retransmissions >= 1'
}
