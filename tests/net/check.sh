#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# `dnsreach check`: real resolvers, a real daemon, own samples and probes; exit codes, and a line
# that a strict reader of perfdata takes.

# A line as the guidelines of the monitoring plugins have it; exits 1 and says what is wrong.
strict() { # FILE
	[ "$(wc -c <"$1")" -lt 4096 ] || die "more than 4 KB"
	awk '
		function bad(what) { print "plugin output: " what ": " $0; failed = 1; exit 1 }
		NR == 1 {
			if ($0 !~ /^DNSREACH (OK|WARNING|CRITICAL|UNKNOWN) - [^|]+( \| [^|]+)?$/) bad("first line")
			if ($0 ~ /[^ -~]/) bad("not plain text")
			if (!index($0, " | ")) next
			rest = substr($0, index($0, " | ") + 3)
			while (rest != "") {
				if (!match(rest, /^\047([^\047= |]|\047\047)+\047=/)) bad("label at " rest)
				label = substr(rest, 1, RLENGTH)
				if (label in seen) bad("label twice " label)
				seen[label] = 1
				rest = substr(rest, RLENGTH + 1)
				if (!match(rest, /^-?[0-9]+(\.[0-9]+)?[s%]?(;[0-9.:~@-]*(;[0-9.:~@-]*(;-?[0-9.]*(;-?[0-9.]*)?)?)?)?/)) bad("value at " rest)
				rest = substr(rest, RLENGTH + 1)
				if (rest != "" && rest !~ /^ \047/) bad("what follows at " rest)
				sub(/^ /, "", rest)
			}
		}
		NR > 1 && /\|/ { bad("perfdata in detail") }
		END { if (!failed && !NR) { print "plugin output: nothing"; exit 1 } }
	' "$1" || exit 1
}

# CODE PATTERN HOST [OPTIONS...]: checks, and expects this code, this first line and no other talk.
checks() {
	local code=$1 pattern=$2 h=$3 got
	shift 3
	on "$h" "${as[@]}" "$dnsreach" check "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	[ $got = "$code" ] || die "check $* ended with $got, should be $code: $(cat "$tmp/out" "$tmp/err")"
	[ ! -s "$tmp/err" ] || die "check $* wrote to stderr: $(cat "$tmp/err")"
	head -n 1 "$tmp/out" | grep -qE -- "$pattern" || die "check $* said: $(cat "$tmp/out")"
	[[ " $* " == *' --json '* ]] || strict "$tmp/out"
}
as=()
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# ---- the probe ---------------------------------------------------------------------------

# Everything as an ordinary user: a probe needs no privilege.
test_probe_healthy() {
	local as=("${nobody[@]}")
	three_hosts
	resolver server $v4 $v6
	checks 0 "^DNSREACH OK - $v4: answered in .* with (NOERROR|SERVFAIL|NXDOMAIN); 2 of 2 resolvers answered" \
		client --probe -r $v4,$v6 --name www.ok.test
	grep -q "'${v4}_rtt_s'=0" "$tmp/out" || die "no RTT: $(cat "$tmp/out")"
	checks 0 '^DNSREACH OK - .* with NOERROR' client --probe -r $v6 --name www.ok.test. -w 0 -c 0
	checks 2 '^DNSREACH CRITICAL - .*NOERROR' client --probe -r $v6 --name www.ok.test --metric rtt_s -c @0:5
	checks 1 '^DNSREACH WARNING - .*NOERROR' client --probe -r $v6 --name www.ok.test --metric rtt_s -w @0:5 -c 5
}

# One query to each and no more, with RD, with the name asked for, from a new port each.
test_probe_is_one_question() {
	local as=("${nobody[@]}")
	three_hosts
	resolver server $v4
	background server tcpdump -n -i eth0 -U -w "$tmp/probe.pcap" 'udp dst port 53' 2>"$tmp/tcpdump"
	within 10 'tcpdump listens' grep -q listening "$tmp/tcpdump"
	for _ in 1 2 3; do
		checks 0 'NOERROR' client --probe -r $v4 --name www.ok.test
	done
	sleep 1 # for one too many
	within 10 'tcpdump has them' eval '[ "$(tcpdump -n -r "$tmp/probe.pcap" 2>/dev/null | wc -l)" -ge 3 ]'
	kill "${pids[-1]}"
	wait "${pids[-1]}"
	tcpdump -n -r "$tmp/probe.pcap" 2>/dev/null | sed -E 's/^[^ ]+ //' >"$tmp/seen"
	[ "$(wc -l <"$tmp/seen")" = 3 ] || die "$(cat "$tmp/seen")"
	[ "$(grep -cE ' [0-9]+\+ A\? www\.ok\.test\. \(29\)$' "$tmp/seen")" = 3 ] || die "$(cat "$tmp/seen")"
	[ "$(sed -E 's/.*\.([0-9]+) > .*/\1/' "$tmp/seen" | sort -u | wc -l)" -ge 2 ] || die "one port: $(cat "$tmp/seen")"
	[ "$(sed -E 's/.*: ([0-9]+)\+.*/\1/' "$tmp/seen" | sort -u | wc -l)" -ge 2 ] || die "one ID: $(cat "$tmp/seen")"
}

test_probe_some_fail() {
	local as=("${nobody[@]}")
	three_hosts
	resolver server $v4
	# Nothing listens on the IPv6 address: unbound has the other one only.
	checks 1 "^DNSREACH WARNING - $v6: unreachable \(port\), ICMP 1/4 from $v6: port-closed, .*; 1 of 2 resolvers answered" \
		client --probe -r $v4,$v6 --name www.ok.test -v
	[ "$(wc -l <"$tmp/out")" = 3 ] || die "detail: $(cat "$tmp/out")"
	checks 0 "DNSREACH OK - $v6: unreachable" client --probe -r $v4,$v6 --name www.ok.test -w 1
	checks 2 "DNSREACH CRITICAL - $v6: unreachable" client --probe -r $v4,$v6 --name www.ok.test -w 0 -c 0
	checks 1 'REFUSED; 1 of 1|with REFUSED' client --probe -r $v4 --name x.refused.test
	checks 2 'with REFUSED' client --probe -r $v4 --name x.refused.test --metric errors -c 0
	checks 1 'with SERVFAIL' client --probe -r $v4 --name x.servfail.test
}

# What the probe found, from its JSON.
probed() { # ADDRESS EXPRESSION VALUE
	local got
	got=$(jq -r --arg a "$1" ".resolvers[] | select(.address == \$a) | $2" "$tmp/out")
	[ "$got" = "$3" ] || die "$1: $2 is '$got', should be '$3': $(cat "$tmp/out")"
}

test_probe_port_closed() {
	local as=("${nobody[@]}")
	three_hosts
	checks 2 '"status":"CRITICAL"' client --probe -r $v4,$v6 --json
	for a in $v4 $v6; do
		probed $a .outcome unreachable
		probed $a .reason port
		probed $a .reporter $a
		probed $a .cause port-closed
		probed $a .tries 2
		probed $a .rtt_s null
	done
	probed $v4 '[.icmp_type, .icmp_code] | @csv' 3,3
	probed $v6 '[.icmp_type, .icmp_code] | @csv' 1,4
}

test_probe_dropped() {
	local as=("${nobody[@]}")
	three_hosts
	on server nft -f - <<-NFT
		table inet t { chain i { type filter hook input priority 0; udp dport 53 drop; }; }
	NFT
	checks 2 '"status":"CRITICAL"' client --probe -r $v4,$v6 --json
	for a in $v4 $v6; do
		probed $a .outcome timed_out
		probed $a .cause silent
		probed $a .tries 4
	done
	checks 2 "^DNSREACH CRITICAL - $v4: timed out: silent, nothing comes back" client --probe -r $v4
	grep -q 'a closed port looks the same while other queries use up its ICMP rate limit' "$tmp/out" ||
		die "the probe does not say what else it may be: $(cat "$tmp/out")"
	checks 2 "^DNSREACH CRITICAL - $v4: timed out: nothing came back to 2 queries, which is too few to tell" \
		client --probe -r $v4 -t 2.3
	checks 2 '"status":"CRITICAL"' client --probe -r $v4 -t 2.3 --json
	probed $v4 .cause null
}

test_probe_over_tcp() {
	local as=("${nobody[@]}")
	three_hosts
	resolver server $v4
	checks 0 'answered in .* with NOERROR; 2 of 2 resolvers answered$|answered in .*; 2 of 2 resolvers answered \|' \
		client --probe -r $v4 --name www.ok.test --probe-transport udp,tcp
	checks 2 '/tcp: refused the connection: port-closed, ' client --probe -r $v6 --probe-transport tcp
	checks 2 '"status":"CRITICAL"' client --probe -r $v6 --probe-transport udp,tcp --json
	[ "$(jq -r '[.resolvers[].joined] | unique | join(" ")' "$tmp/out")" = service-down ] || die "$(cat "$tmp/out")"
	on server nft -f - <<-NFT
		table inet t { chain i { type filter hook input priority 0; tcp dport 53 jump how; }; chain how { drop; }; }
	NFT
	checks 1 "^DNSREACH WARNING - $v4/tcp: timed out before the connection was established: silent, .*; tcp-blocked, answers over UDP" \
		client --probe -r $v4 --name www.ok.test --probe-transport tcp,udp
	on server nft -f - <<-NFT
		flush chain inet t how
		table inet t { chain how { reject with icmpx type admin-prohibited; }; }
	NFT
	checks 2 '"status":"CRITICAL"' client --probe -r $v4,$v6 --probe-transport tcp --json
	for a in $v4 $v6; do
		probed $a .outcome unreachable
		probed $a .reason prohibited
		probed $a .reporter $a
		probed $a .cause prohibited
		probed $a .joined null
	done
}

# Others use up the ICMP messages for this host; the third query gets one.
test_probe_limited_icmp() {
	local as=("${nobody[@]}")
	three_hosts
	on server nft -f - <<-NFT
		table inet t { chain i { type filter hook input priority 0;
			udp dport 53 limit rate 1/hour burst 2 packets drop; }; }
	NFT
	checks 2 '"status":"CRITICAL"' client --probe -r $v4 --json
	probed $v4 '[.outcome, .cause, .tries] | @csv' '"unreachable","port-closed",3'
}

# Both resolvers fail: the long output names them, also without -v.
test_probe_names_all_that_fail() {
	local as=("${nobody[@]}")
	three_hosts
	checks 2 "^DNSREACH CRITICAL - $v4: unreachable" client --probe -r $v4,$v6
	for a in $v4 $v6; do
		tail -n +2 "$tmp/out" | grep -qF "$a: unreachable (port)" || die "$a is not named: $(cat "$tmp/out")"
	done
}

# The first query is lost, the second one is not.
test_probe_second_try() {
	local as=("${nobody[@]}")
	three_hosts
	resolver server $v4
	on server nft -f - <<-NFT
		table inet t { chain i { type filter hook input priority 0;
			udp dport 53 limit rate over 1/hour burst 1 packets accept
			udp dport 53 drop; }; }
	NFT
	checks 0 "^DNSREACH OK - $v4: answered in .* on the second try with NOERROR" client --probe -r $v4 --name www.ok.test
	checks 0 '' client --probe -r $v4 --name www.ok.test --json
	probed $v4 .answered_try 1
}

test_probe_rejected_on_the_way() {
	local as=("${nobody[@]}")
	three_hosts
	on router nft -f - <<-NFT
		table inet t { chain f { type filter hook forward priority 0;
			udp dport 53 reject with icmpx type admin-prohibited; }; }
	NFT
	checks 2 'CRITICAL' client --probe -r $v4,$v6 --json
	probed $v4 '[.outcome, .reason, .cause, .reporter] | @csv' '"unreachable","prohibited","prohibited","192.0.2.254"'
	probed $v6 '[.outcome, .reason, .cause, .reporter] | @csv' '"unreachable","prohibited","prohibited","2001:db8:1::fe"'
}

# The router has no neighbour there: host unreachable, from the router.
test_probe_no_host() {
	local as=("${nobody[@]}")
	three_hosts
	on router sysctl -qw net.ipv4.neigh.right.retrans_time_ms=200 net.ipv6.neigh.right.retrans_time_ms=200
	checks 2 'CRITICAL' client --probe -r 203.0.113.99,2001:db8:2::99 --json
	probed 203.0.113.99 '[.outcome, .reason, .cause, .reporter] | @csv' '"unreachable","host","no-route","192.0.2.254"'
	probed 2001:db8:2::99 '[.outcome, .reason, .cause, .reporter] | @csv' '"unreachable","host","no-route","2001:db8:1::fe"'
}

# No neighbour on the host's own link: nothing leaves, and the stack says so itself.
test_probe_no_neighbour() {
	local as=("${nobody[@]}")
	two_hosts
	checks 2 'CRITICAL' client --probe -r 192.0.2.99,2001:db8:1::99 --json
	for a in 192.0.2.99 2001:db8:1::99; do
		probed $a '[.outcome, .reason, .cause] | @csv' '"not_sent","host","not-sent"'
	done
	checks 2 'not sent: no neighbour answers' client --probe -r 192.0.2.99
}

own_firewall() { # STATEMENT
	local as=("${nobody[@]}")
	three_hosts
	resolver server $v4 $v6
	on client nft -f - <<-NFT
		table inet t { chain o { type filter hook output priority 0; udp dport 53 $1; }; }
	NFT
	checks 2 'CRITICAL' client --probe -r $v4,$v6 --json
	for a in $v4 $v6; do
		probed $a '[.outcome, .cause] | @csv' '"not_sent","not-sent"'
	done
	checks 2 "^DNSREACH CRITICAL - $v4: not sent: this host's own firewall" client --probe -r $v4
}
test_probe_own_firewall_drops() { own_firewall drop; }
test_probe_own_firewall_rejects() { own_firewall reject; }

test_probe_no_route() {
	local as=("${nobody[@]}")
	two_hosts
	route client prohibit 198.51.100.0/24
	checks 2 'CRITICAL' client --probe -r 203.0.113.53,2001:db8:9::53,198.51.100.53 --json
	probed 203.0.113.53 '[.outcome, .reason, .errno] | @csv' '"not_sent","network",101'
	probed 2001:db8:9::53 '[.outcome, .reason, .errno] | @csv' '"not_sent","network",101'
	probed 198.51.100.53 '[.outcome, .reason, .errno] | @csv' '"not_sent","prohibited",13'
	checks 2 'not sent: this host has no route to it' client --probe -r 203.0.113.53
}

# Who answers with other IDs and other questions is ignored, and counted.
test_probe_wrong_answers() {
	local as=("${nobody[@]}")
	two_hosts
	# A header with ID 0 and no question; the query is read first, or socat may not pass it on.
	cat >"$tmp/wrong" <<-'SH'
		dd bs=512 count=1 of=/dev/null 2>/dev/null
		printf '\000\000\201\200\000\000\000\000\000\000\000\000'
	SH
	background server socat UDP4-RECVFROM:53,bind=192.0.2.53,fork EXEC:"bash '$tmp/wrong'"
	within 10 'socat listens' eval 'on server ss -lun | grep -q "192.0.2.53:53 "'
	checks 2 'CRITICAL' client --probe -r 192.0.2.53 --json
	probed 192.0.2.53 '[.outcome, .ignored] | @csv' '"timed_out",2'
	checks 2 'timed out: .*; 2 messages that did not match were ignored' client --probe -r 192.0.2.53
}

# Without --resolver: those of resolv.conf. The host's own file is hidden by a mount of ours.
test_probe_resolv_conf() {
	three_hosts
	resolver server $v4
	printf 'search test\nnameserver %s\nnameserver %s\nnameserver %s\n' $v4 $v6 $v4 >"$tmp/resolv.conf"
	: >"$tmp/empty"
	with_resolv_conf() { # FILE: what the next checks see
		as=(unshare -m bash -c "mount --bind '$1' /etc/resolv.conf && shift && exec \"\$@\"" - x)
	}
	with_resolv_conf "$tmp/resolv.conf"
	checks 1 "^DNSREACH WARNING - $v6: .*1 of 2 resolvers answered" client --probe --name www.ok.test
	with_resolv_conf "$tmp/empty"
	checks 3 '^DNSREACH UNKNOWN - no resolver to probe: /etc/resolv.conf names none' client --probe
}

# ---- usage -------------------------------------------------------------------------------

test_check_usage_is_unknown() {
	local as=("${nobody[@]}")
	host client
	checks 3 "^DNSREACH UNKNOWN - .*unrecognized option '--colour'" client --colour
	checks 3 "^DNSREACH UNKNOWN - -w: '5%' is not a range" client -w 5%
	checks 3 "^DNSREACH UNKNOWN - -c: '10:5' is not a range" client -c 10:5
	checks 3 '^DNSREACH UNKNOWN - -w 50 -c 5: .* swap them: -w 5 -c 50' client -w 50 -c 5
	checks 3 "^DNSREACH UNKNOWN - --metric: needs -w or -c" client --metric in_flight
	checks 3 "^DNSREACH UNKNOWN - --metric: 'x' is not one of bad_ratio, failure_ratio, " client --metric x -w 1
	checks 3 "^DNSREACH UNKNOWN - --metric: 'in_flight' is not one of failed, " client --probe --metric in_flight -w 1
	checks 3 "^DNSREACH UNKNOWN - --window: '2m' is not" client --window 2m
	checks 3 "^DNSREACH UNKNOWN - --url: 'dns.example' is not" client --url dns.example
	checks 3 "^DNSREACH UNKNOWN - --probe cannot be combined with --sample or --url" client --probe --sample
	checks 3 "^DNSREACH UNKNOWN - --name: only with --probe" client --name x
	checks 3 "^DNSREACH UNKNOWN - cannot probe: --name is not a domain name" client --probe -r 192.0.2.1 --name a..b
	checks 3 "^DNSREACH UNKNOWN - .*'dns.example' is not an IP address" client -r dns.example
	checks 3 "^DNSREACH UNKNOWN - --timeout must be at least 1 s longer than --interval" client -I 30
	on client "$dnsreach" check --help >"$tmp/out"
	[ $? = 3 ] || die '--help'
	on client "$dnsreach" check --version >"$tmp/out"
	[ $? = 3 ] || die '--version'
	grep -qE '^dnsreach [0-9.]+$' "$tmp/out" || die "--version: $(cat "$tmp/out")"
}

# ---- an own sample -----------------------------------------------------------------------

# Asks while the check goes on; ends with it.
asking() { # HOST ADDRESS
	while :; do
		ask "$1" "$2"
		sleep 0.2
	done
}

test_sample_without_a_daemon() {
	three_hosts
	resolver server $v4
	asking client $v4 &
	pids+=($!)
	asking client $v6 &
	pids+=($!)
	checks 2 "^DNSREACH CRITICAL - $v6 is down \(port-closed: .*\), 100% of [0-9]+ failed in 10s; .*sample of [0-9]+ s" client -t 60
	checks 0 "^DNSREACH OK - .*1 healthy.*; sample of" client --sample -I 3 -t 60 -r $v4
	checks 3 '^DNSREACH UNKNOWN - cannot take a sample: --resolver: port 5300 of .* is not watched' client --sample -I 2 -r $v4:5300 -p 5400
	checks 2 "^DNSREACH CRITICAL - $v6: bad_ratio 100% in 1m is critical" client --sample -I 3 -t 60 -w 5 -c 50
	[ "$(attached_on client eth0)" = 0 ] || die 'left attached'
}

# Timeouts take 5 s: the sample waits for them rather than to know nothing.
test_sample_waits_for_outcomes() {
	three_hosts
	on server nft -f - <<-NFT
		table inet t { chain i { type filter hook input priority 0; udp dport 53 drop; }; }
	NFT
	for _ in 1 2 3 4; do
		asking client $v4 &
		pids+=($!)
	done
	checks 2 "^DNSREACH CRITICAL - $v4 is down \(silent: " client --sample -I 2 -t 60
}

test_sample_idle() {
	two_hosts
	checks 0 '^DNSREACH OK - .*idle \(too few queries to judge\); sample of [0-9]+ s' client --sample -I 2 -t 60 -r 192.0.2.53
}

test_check_as_an_ordinary_user() {
	local as=("${nobody[@]}")
	host client
	checks 3 '^DNSREACH UNKNOWN - cannot connect to 127.0.0.1:9753: Connection refused \(is the daemon running\?\); cannot take a sample: .*CAP_BPF.*root' client
	checks 3 '^DNSREACH UNKNOWN - cannot take a sample: .*root' client --sample
	checks 3 '"status":"UNKNOWN","text":"cannot take a sample' client --sample --json
}

test_sample_ended_by_a_signal() {
	host client
	background client "$dnsreach" check --sample -I 8 >"$tmp/out"
	within 15 'it is attached' eval '[ "$(attached_on client lo)" != 0 ]'
	kill -TERM "${pids[-1]}"
	wait "${pids[-1]}"
	[ $? = 3 ] || die "exit code"
	grep -q '^DNSREACH UNKNOWN - cannot take a sample: ended by a signal' "$tmp/out" || die "$(cat "$tmp/out")"
	[ "$(attached_on client lo)" = 0 ] || die 'left attached'
}

# ---- a daemon ----------------------------------------------------------------------------

# A daemon that starts in an outage, with nothing to go on from: never OK, and never healthy.
test_check_after_a_start_in_an_outage() {
	two_hosts
	run_on client
	ask_times 1 client 192.0.2.53
	status_into_json client
	want 192.0.2.53 .state pending
	within 20 'the failure is counted' checks_warn client
	checks 1 'is pending, 100% of [12] failed in 1m \(too few to judge\)' client
	[ "$(series client "dnsreach_resolver_state{$at53,state=\"healthy\"}")" = 0 ] || die 'healthy'
	ask_times 2 client 192.0.2.53
	series_becomes client "dnsreach_resolver_state{$at53,state=\"down\"}" 1
	checks 2 'is down ' client
	end_run client
}

# Returns whether it says that one failed; dies when it ever says OK.
checks_warn() { # HOST
	on "$1" "$dnsreach" check >"$tmp/out" 2>&1
	! grep -q '^DNSREACH OK' "$tmp/out" || die "$(cat "$tmp/out")"
	grep -q '^DNSREACH WARNING.* failed in ' "$tmp/out"
}

# A server of our own that serves one file, as a daemon that went mad would.
serves() { # HOST FILE
	printf 'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n' >"$tmp/page"
	cat "$2" >>"$tmp/page"
	# It reads the request first: socat gives up on a reply when nobody takes the request.
	cat >"$tmp/serve" <<-'SH'
		while read -r line && [ "$line" != $'\r' ]; do :; done
		cat "$1"
	SH
	background "$1" socat TCP4-LISTEN:9753,bind=127.0.0.1,fork,reuseaddr SYSTEM:"bash '$tmp/serve' '$tmp/page'"
	within 10 'socat listens' eval 'on client ss -ltn | grep -q 127.0.0.1:9753'
}

test_check_rubbish_from_a_daemon() {
	local as=("${nobody[@]}")
	host client
	echo '<html>not a daemon</html>' >"$tmp/rubbish"
	serves client "$tmp/rubbish"
	checks 3 '^DNSREACH UNKNOWN - http://127.0.0.1:9753: cannot parse its status' client
	head -c 100000 /dev/urandom >"$tmp/rubbish"
	cat "$tmp/rubbish" >>"$tmp/page"
	checks 3 '^DNSREACH UNKNOWN - ' client
	printf 'HTTP/1.0 404 Not Found\r\nConnection: close\r\n\r\n' >"$tmp/page"
	checks 3 '^DNSREACH UNKNOWN - http://127.0.0.1:9753 answers with HTTP status 404' client
	printf 'HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n' >"$tmp/page"
	{
		printf '{"time":"%s","interval_s":1,"interfaces":[],"resolvers":[]}' "$(date -u +%FT%TZ)"
	} >>"$tmp/page"
	checks 3 'attached to no interface' client
}

# A page whose time stands still; then one whose time goes on, by a clock that is an hour ahead.
test_check_stale_daemon() {
	local as=("${nobody[@]}")
	host client
	printf '{"time":"2026-01-01T00:00:00Z","interval_s":1,"interfaces":[{"name":"lo","hook":"tcx"}],"resolvers":[]}' >"$tmp/old"
	serves client "$tmp/old"
	checks 3 '^DNSREACH UNKNOWN - .*does not change: the daemon has stopped counting' client
	kill "${pids[-1]}"
	wait "${pids[-1]}" 2>/dev/null
	cat >"$tmp/ahead" <<-'SH'
		while read -r line && [ "$line" != $'\r' ]; do :; done
		printf 'HTTP/1.0 200 OK\r\nConnection: close\r\n\r\n'
		printf '{"time":"%s","interval_s":1,"interfaces":[{"name":"lo","hook":"tcx"}],"resolvers":[]}' "$(date -u -d '1 hour' +%FT%TZ)"
	SH
	background client socat TCP4-LISTEN:9753,bind=127.0.0.1,fork,reuseaddr SYSTEM:"bash '$tmp/ahead'"
	within 10 'socat listens' eval 'on client ss -ltn | grep -q 127.0.0.1:9753'
	checks 3 "^DNSREACH UNKNOWN - no resolver is known.*the daemon's clock is 3(59[0-9]|60[0-2]) s ahead" client
}

# It takes the connection and says nothing: that is no reason to sample behind its back.
test_check_daemon_that_hangs() {
	host client
	background client socat -u TCP4-LISTEN:9753,bind=127.0.0.1,fork /dev/null
	within 10 'socat listens' eval 'on client ss -ltn | grep -q 127.0.0.1:9753'
	checks 3 '^DNSREACH UNKNOWN - (no response from 127.0.0.1:9753 within [01](\.[0-9])? s \(--timeout 2\)|no result within 2 s \(--timeout\))$' \
		client -t 2 -I 1
	grep -q '; sample of' "$tmp/out" && die "$(cat "$tmp/out")"
	return 0
}

test_check_no_daemon_where_one_was_named() {
	host client
	checks 3 '^DNSREACH UNKNOWN - cannot connect to 127.0.0.1:9753' client --url http://127.0.0.1:9753
	checks 3 '^DNSREACH UNKNOWN - cannot connect to /nowhere' client --url unix:/nowhere
}

test_check_a_real_daemon() {
	"$dnsreach" help | grep -q '^  run ' || skip 'this build has no `dnsreach run`'
	local as=("${nobody[@]}")
	three_hosts
	resolver server $v4
	background client "$dnsreach" run --listen 127.0.0.1:9753 --listen "unix:$tmp/dnsreach.sock" 2>"$tmp/run.err"
	within 20 "the daemon listens: $(cat "$tmp/run.err")" eval 'on client ss -ltn | grep -q 127.0.0.1:9753'
	# Attached and judged: what is asked from now on counts.
	within 20 'it is attached' eval '[ "$(attached_on client eth0)" != 0 ]'
	as=()
	ask_times 4 client $v4
	as=("${nobody[@]}")
	within 20 'it is healthy' eval 'on client "$dnsreach" check -r $v4 >"$tmp/out" && grep -q "1 healthy" "$tmp/out"'
	checks 0 '^DNSREACH OK - 1 resolver: 1 healthy' client -r $v4
	checks 0 'OK - ' client -r $v4 -w 5 -c 50
	checks 3 "^DNSREACH UNKNOWN - $v6 is not known" client -r $v6
	ask_times 4 client $v6
	within 20 'it is down' eval 'on client "$dnsreach" check >"$tmp/out"; [ $? = 2 ]'
	checks 2 "^DNSREACH CRITICAL - $v6 is down \(port-closed: " client -v
	checks 2 "^DNSREACH CRITICAL - $v6 is down" client --url http://127.0.0.1:9753/
	checks 2 "^DNSREACH CRITICAL - $v6: bad_ratio 100% in 1m is critical" client -c 50
	checks 2 '"source":"daemon"' client --json
	jq -e '.resolvers[0] | .state == "down" and .failure_ratio == 1 and .status == "CRITICAL"' "$tmp/out" >/dev/null ||
		die "$(cat "$tmp/out")"
	as=()
	checks 2 "^DNSREACH CRITICAL - $v6 is down" client --url "unix:$tmp/dnsreach.sock"
}
