#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Attacks and floods while real traffic flows: what is forged from off the path, a scan of many
# addresses, a full table, damaged packets, hostile names. Nothing real may be counted otherwise.
# FULL=1 (`make attack`) scans four times as many addresses, and damages more packets.

forged=${FORGED:-1000000}
damaged=$([ -n "${FULL:-}" ] && echo 4000000 || echo 500000)
scanned=$([ -n "${FULL:-}" ] && echo 100000 || echo 25000)

attacked=203.0.113.53
outstanding=20 # what real traffic has in flight at most

# Real queries to ADDRESS at RATE a second for SECONDS, in the background.
real_traffic() { # ADDRESS RATE SECONDS
	background client dnsperf -s "$1" -d "$(names 5000)" -l "$3" -Q "$2" -q $outstanding -c 10 \
		>"$tmp/dnsperf-$1" 2>&1
	real_pid=$!
}

# What dnsperf says of it, when it has ended: $sent and $completed.
real_traffic_ends() { # ADDRESS PID
	wait "$2" || die "dnsperf: $(tail -5 "$tmp/dnsperf-$1")"
	sent=$(awk '/Queries sent:/ { print $3 }' "$tmp/dnsperf-$1")
	completed=$(awk '/Queries completed:/ { print $3 }' "$tmp/dnsperf-$1")
	[ "${sent:-0}" -gt 0 ] || die "dnsperf sent nothing: $(tail -5 "$tmp/dnsperf-$1")"
}

# From the router, as from anywhere before it; prints how many it has sent.
forge() { # MODE N
	on router "$root/build/tests/forge" "$1" left "$(mac client eth0)" 192.0.2.1 $attacked "$2" \
		2>"$tmp/forge"
}

stack() { # HOST PROTOCOL NAME: a counter of the kernel's own stack
	on "$1" awk -v p="$2:" -v n="$3" '$1 == p && !c { for (i = 2; i <= NF; i++) if ($i == n) c = i; next }
		$1 == p { print $c }' /proc/net/snmp
}

# The least m for which more than m hits, where LAMBDA are expected, come once in 10^9 runs.
at_most() { # LAMBDA
	awk -v l="$1" 'BEGIN { p = t = exp(-l); for (m = 0; 1 - t > 1e-9 && m < 1e6; t += p) p *= l / ++m; print m }'
}

expected() { # N GUESSED: hits of N packets, when all that may be in flight always is
	awk -v n="$1" -v k=$outstanding -v g="$2" 'BEGIN { printf "%.4f", n * k / g }'
}

ports=28232 # 32768 to 60999, what Linux clients use; the forger knows that

# $forged packets in each MODE while real traffic flows; the laws, and the real queries, are exact.
under_forgery() { # "MODE..." WATCH-OPTIONS...
	local mode modes=$1
	shift
	three_hosts
	resolver server $attacked
	on client sysctl -qw net.ipv4.icmp_ratelimit=0
	watch_on client "$@"
	ask_times 3 client $attacked
	before_icmp=$(stack client Icmp InDestUnreachs)
	before_udp=$(refused_responses)
	for mode in $modes; do
		real_traffic $attacked 3000 5
		[ "$(forge "$mode" "$forged")" = "$forged" ] ||
			die "not all were sent: $(cat "$tmp/forge")"
		forging="${forging:+$forging, }$mode $(sed -n 's/.* in //p' "$tmp/forge")"
		real_traffic_ends $attacked $real_pid
		all_sent=$((${all_sent:-3} + sent))
		all_completed=$((${all_completed:-3} + completed))
	done
	arrived_icmp=$(($(stack client Icmp InDestUnreachs) - before_icmp))
	arrived_udp=$(($(refused_responses) - before_udp))
	unwatch client
	want $attacked .queries $all_sent
	want $attacked .untracked 0
	# The slower the server, the more is open to be hit: 20 all the time, and 5 % of a minute fail. Half
	# of that over the whole run, which has better minutes too.
	want_true $attacked '.state == "healthy" or ([.unreachable[]] | add) * 40 > .transactions'
}

# Responses that the client's own stack did not want.
refused_responses() { echo $(($(stack client Udp NoPorts) + $(stack client Udp InErrors))); }

# The stack of the client has a count of its own of the ICMP messages that came.
all_unmatched_but() { # MOST
	local ended unmatched
	ended=$(of $attacked '[.unreachable[]] | add')
	unmatched=$(of $attacked .unmatched.unreachables)
	[ $((ended + unmatched)) = "$arrived_icmp" ] ||
		die "$ended + $unmatched counted, the stack had $arrived_icmp"
	[ "$arrived_icmp" -gt $((forged / 2)) ] || die "only $arrived_icmp of $forged arrived"
	[ "$ended" -le "$1" ] || die "$ended transactions were ended, at most $1 by chance"
	figure "$arrived_icmp forged unreachables arrived ($forging)," \
		"$unmatched unmatched, $ended of $all_sent real transactions ended by one"
}

test_forged_from_off_the_path() {
	local lambda most
	under_forgery 'icmp answers'
	lambda=$(expected "$forged" $((ports * 65536)))
	most=$(at_most "$lambda")
	want $attacked .suspicion forged
	want_true $attacked ".answered.noerror >= $all_completed - $most"
	all_unmatched_but "$most"
	want_true $attacked ".answered.refused <= $most and .unmatched.responses >= $((forged / 2))"
	figure "$(of $attacked .unmatched.responses) forged responses unmatched (the stack refused $arrived_udp)," \
		"$(of $attacked .answered.refused) of $all_sent real transactions answered by one"
	figure "expected by chance: under $lambda of each; the test allows $most (once in 10^9 runs it would be more)"
}

# A quote of 8 bytes holds no message ID, so the port alone has to be guessed.
test_forged_short_quotes() {
	local lambda
	under_forgery short
	lambda=$(expected "$forged" $ports)
	all_unmatched_but "$(at_most "$lambda")"
	figure "expected by chance: under $lambda; --no-short-quotes makes it 0"
}

test_forged_short_quotes_that_end_nothing() {
	under_forgery short --no-short-quotes
	want_true $attacked ".answered.noerror >= $all_completed"
	all_unmatched_but 0
}

# The chance as it is: against a resolver that says nothing, with 2000 queries open all the time on
# 10 ports, for forgers who know only its address and the client's. The control for the tests above.
# dnsperf gives a query up when dnsreach has, and sends another: they stay open however slow the forger is.
# First one true message ends one query, so that the count is seen to move.
open_queries() {
	three_hosts
	watch_on client --timeout 60
	ask client $attacked
	becomes client $attacked '.unreachable.port == 1'
	on server nft -f - <<-NFT
		table inet t { chain i { type filter hook input priority 0; udp dport 53 drop; }; }
	NFT
	background client dnsperf -s $attacked -d "$(names 2000)" -l 1800 -q 2000 -c 10 -t 61 >"$tmp/dnsperf" 2>&1
	becomes client $attacked '.in_flight == 2000'
}

# No short quote meets an open port by chance once in 10^30 runs, as 70 do on average.
test_forged_about_queries_that_stay_open() {
	local whole short lambda
	open_queries
	forge icmp "$forged" >/dev/null
	becomes client $attacked ".unmatched.unreachables > $((forged / 2))"
	whole=$(($(of $attacked .unreachable.port "$tmp/client.json") - 1))
	forge short $((forged / 5)) >/dev/null
	unwatch client
	short=$(($(of $attacked .unreachable.port) - whole - 1))
	outstanding=2000 lambda=$(expected "$forged" $((ports * 65536)))
	[ "$whole" -le "$(at_most "$lambda")" ] || die "$whole ended, expected $lambda"
	figure "2000 open all the time: $forged forged messages ended $whole, $lambda expected"
	outstanding=10 lambda=$(expected $((forged / 5)) $ports)
	[ "$short" -le "$(at_most "$lambda")" ] || die "$short ended, expected $lambda"
	[ "$forged" -lt 1000000 ] || [ "$short" -gt 0 ] || die 'no short quote has met an open port'
	figure "2000 open on 10 ports: $((forged / 5)) forged short quotes ended $short, $lambda expected"
}

# About a resolver that nobody asked: no entry, one number.
test_forged_icmp_about_no_resolver_of_ours() {
	three_hosts
	watch_on client
	forge icmp 20000 >/dev/null
	forge answers 20000 >/dev/null
	unwatch client
	[ -z "$(of $attacked .queries)" ] || die 'a forged message made an entry'
	tail -n 1 "$json" | jq -e '.self.unmatched | .unreachables > 10000 and .responses > 10000' \
		>/dev/null || die "$(tail -n 1 "$json" | jq -c .self)"
}

# ---- a scan, and a full table --------------------------------------------------------------

resolvers=(203.0.113.53 203.0.113.54 2001:db8:2::53)

# The server counts what reaches it, address by address.
witness() {
	address server eth0 203.0.113.54/24
	on server nft -f - <<-NFT
		table inet w { chain i { type filter hook input priority 0;
			iifname eth0 ip daddr 203.0.113.53 udp dport 53 counter
			iifname eth0 ip daddr 203.0.113.54 udp dport 53 counter
			iifname eth0 ip6 daddr 2001:db8:2::53 udp dport 53 counter
		}; }
	NFT
	on router nft -f - <<-NFT
		table inet t { chain f { type filter hook forward priority 0;
			ip6 daddr 2001:db8:bad::/48 drop; }; }
	NFT
}

witnessed() { # ADDRESS
	on server nft list table inet w | awk -v a="$1" 'index($0, " " a " ") { for (i = 1; i < NF; i++) if ($i == "packets") print $(i + 1) }'
}

scan() { # N RATE
	on client "$root/build/tests/scan" 2001:db8:bad:: "$1" "$2" 2>>"$tmp/scan"
}

three_are_exact() { # PID...
	local a n=0 ended=("$@")
	for a in "${resolvers[@]}"; do
		real_traffic_ends "$a" "${ended[n++]}"
		eval "sent_$n=$sent completed_$n=$completed"
	done
	unwatch client
	for n in 1 2 3; do
		a=${resolvers[n - 1]}
		sent=sent_$n completed=completed_$n
		want "$a" .queries "$(witnessed "$a")"
		want_true "$a" ".queries >= ${!sent} and .answered.noerror + .untracked + .timed_out >= ${!completed}"
	done
}

# One of the three was there first, the other two are configured and asked only during the scan.
three_under_scan() { # RATE WATCH-OPTIONS...
	local rate=$1 a real=() all
	shift
	three_hosts
	witness
	resolver server "${resolvers[@]}"
	watch_on client --resolver 203.0.113.54 --resolver 2001:db8:2::53 "$@"
	for a in "${resolvers[@]}"; do
		real_traffic "$a" 300 $((scanned / 10000 + 4))
		real+=("$real_pid")
	done
	sleep 0.5
	all=$(scan "$scanned" "$rate")
	[ "$all" -gt $((scanned * 9 / 10)) ] || die "scan sent $all: $(cat "$tmp/scan")"
	three_are_exact "${real[@]}"
	[ "$(tail -n 1 "$json" | jq "[.resolvers[] | select(.address | startswith(\"2001:db8:bad\") or . == \"other\") | .queries] | add")" = "$all" ] ||
		die "not all queries of the scan are counted"
}

test_three_resolvers_while_many_are_scanned() {
	three_under_scan 10000
	local a
	for a in "${resolvers[@]}"; do
		want "$a" .untracked 0
		want "$a" .timed_out 0
		figure "$a: $(of "$a" .queries) queries, as many as the server saw, $(of "$a" '[.answered[]] | add') answered"
	done
	figure "meanwhile $(sed 's/scan: //' "$tmp/scan") to as many random addresses;" \
		"$(of other .queries) of them under 'other'"
}

# Faster than the table has room for: what is not followed is said, and the laws hold.
test_table_of_transactions_is_exhausted() {
	local peak again
	three_hosts
	witness
	resolver server $attacked
	watch_on client --timeout 2 --max-in-flight 8192
	real_traffic $attacked 500 7
	sleep 1
	scan "$scanned" 0 >/dev/null
	again=$(date +%s.%N)
	real_traffic_ends $attacked $real_pid
	becomes client other '.in_flight == 0'
	ask_times 5 client $attacked
	unwatch client
	want_true $attacked ".queries == $sent + 5 and .untracked > 0"
	want_true $attacked '.answered.noerror + .untracked == .queries'
	peak=$(jq -s 'map([.resolvers[].in_flight] | add) | max' "$json")
	[ "$peak" -le 8192 ] || die "$peak in flight"
	figure "$(sed 's/scan: //' "$tmp/scan") into a table of 8192: up to $peak open when read," \
		"$(of other .untracked) queries of the scan and $(of $attacked .untracked) of $sent real ones untracked"
	figure "the last untracked one was read $(recovered "$again") s after the flood (timeout 2 s, read each second)"
	want_true $attacked "$(untracked_before_last) == .untracked"
}

# Seconds from EPOCH to the last line that shows more untracked queries than the one before.
recovered() { # EPOCH
	jq -s -r --arg a $attacked '[.[] | {t: (.time | sub("\\.[0-9]+"; "") | fromdate), u: ([.resolvers[] | select(.address == $a) | .untracked] | add)}]
		| [range(1; length) as $i | select(.[$i].u > .[$i - 1].u) | .[$i].t] | max // 0' "$json" |
		awk -v e="$1" '{ d = $1 - e; if (d < 0) d = 0; printf "%.0f", d }'
}

untracked_before_last() {
	tail -n 2 "$json" | head -n 1 | jq --arg a $attacked '.resolvers[] | select(.address == $a) | .untracked'
}

# ---- damaged packets -----------------------------------------------------------------------

test_damaged_packets() {
	local hits most
	three_hosts
	resolver server $attacked
	watch_on client --resolver $attacked
	real_traffic $attacked 1000 $((damaged / 500000 + 3))
	forge garbage $((damaged / 2)) >"$tmp/in"
	QUERIES=1 on client "$root/build/tests/forge" garbage eth0 "$(mac router left)" 192.0.2.1 \
		203.0.113.99 $((damaged / 2)) >"$tmp/out" 2>>"$tmp/forge"
	real_traffic_ends $attacked $real_pid
	unwatch client
	want $attacked .queries "$sent"
	# A damaged message may quote an open query by chance: its port, and no ID when it is cut there.
	hits=$(of $attacked '[.unreachable[]] | add')
	most=$(at_most "$(expected "$(of $attacked '[.icmp_unreachables[]] | add')" $ports)")
	[ "$hits" -le "$most" ] || die "$hits queries were ended by a damaged message, more than $most"
	want_true $attacked ".answered.noerror + .untracked + $hits >= $completed and .state == \"healthy\""
	want_true $attacked ".timed_out <= $((sent - completed))"
	tail -n 1 "$json" | jq -e '.self.unparsed | .malformed > 0 and .short > 0' >/dev/null ||
		die "$(tail -n 1 "$json" | jq -c .self)"
	figure "$(cat "$tmp/in") damaged packets in, $(cat "$tmp/out") out; unparsed:" \
		"$(tail -n 1 "$json" | jq -c .self.unparsed); $sent real queries, all counted," \
		"$(of $attacked .untracked) of them untracked while the damaged ones filled the table"
}

# ---- hostile names -------------------------------------------------------------------------

hostile_names=(
	'\027[31mred\027[0m\007.test'
	'line\010break\013.test'
	'<script>alert(1)</script>.test'
	"\\\"quo'ted\\\".test"
	'`id`$(id).test'
	'|cell|[link](http:evil).test'
	'\255\254\000\128.test'
	"$(printf 'a%.0s' {1..63}).$(printf 'b%.0s' {1..63}).$(printf 'c%.0s' {1..63}).$(printf 'd%.0s' {1..59})"
)

# Nothing but printable ASCII (and UTF-8 of our own) may come out, whatever was asked.
harmless() { # FILE
	[ -s "$1" ] || die "$1 is empty"
	! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$1" || die "control bytes in $1"
	iconv -f UTF-8 -t UTF-8 "$1" >/dev/null || die "$1 is not UTF-8"
}

# Markdown without what is shown as it is: blocks and spans of code.
without_code() {
	perl -0pe 's/^(```+|~~~+).*?^\1[`~]*$//gms; s/(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)//gs'
}

# The file may hold an open incident as it was after the first names: it gets other numbers only after ten
# minutes, or when the daemon ends. The page has them now.
names_are_known() {
	page client /api/v1/incidents | jq -e '[.open[].names | length] | max >= 7' >/dev/null
}

test_hostile_names() {
	local name format
	three_hosts
	on server sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000
	run_on client --incidents "$tmp/incidents"
	for name in "${hostile_names[@]}"; do
		ask client $attacked "$name"
	done
	within 20 'the names are in the incident' names_are_known
	for format in /metrics / /api/v1/status; do
		page client $format >"$tmp/page"
		harmless "$tmp/page"
		! grep -qi '<script>alert' "$tmp/page" || die "a script in $format"
	done
	end_run client
	harmless "$tmp/incidents"
	jq -es 'last.names | length >= 7' "$tmp/incidents" >/dev/null ||
		die "the last line has too few names: $(cat "$tmp/incidents")"
	jq -es 'all(.names | all(.name | test("^[ -~]*$")))' "$tmp/incidents" >/dev/null ||
		die "$(cat "$tmp/incidents")"
	for format in text markdown html json; do
		"$dnsreach" report --format $format "$tmp/incidents" >"$tmp/report" || die "report: $?"
		harmless "$tmp/report"
		case $format in
		html) ! grep -qi '<script>alert' "$tmp/report" || die 'a script in the HTML report' ;;
		markdown) ! without_code <"$tmp/report" | grep -qiE '<script|\]\(http:evil' ||
			die "outside of code in Markdown: $(without_code <"$tmp/report")" ;;
		esac
	done
	figure "$(jq -s 'last.names | length' "$tmp/incidents") hostile names in one incident; pages and reports hold printable characters only"
}

# Damaged packets in and out, and names that nobody should have, until $tmp/going is gone.
hostile_wire() {
	local name
	while [ -e "$tmp/going" ]; do
		forge garbage 20000 >/dev/null
		QUERIES=1 on client "$root/build/tests/forge" garbage eth0 "$(mac router left)" 192.0.2.1 \
			203.0.113.99 20000 >/dev/null 2>&1
		for name in "${hostile_names[@]}"; do
			ask client $attacked "$name"
		done
		echo >>"$tmp/rounds"
	done
}

# One scrape in each format, beside the one before.
scrape_is_clean() {
	local format
	page client >"$tmp/text" || die 'no page'
	on client curl -sf -m 5 -H 'Accept: application/openmetrics-text;version=1.0.0' \
		http://127.0.0.1:9753/metrics >"$tmp/openmetrics" || die 'no page in OpenMetrics'
	[ "$(tail -n 1 "$tmp/openmetrics")" = '# EOF' ] || die 'OpenMetrics does not end'
	promtool check metrics <"$tmp/text" >"$tmp/lint" 2>&1 || die "$(cat "$tmp/lint")"
	for format in text openmetrics; do
		harmless "$tmp/$format"
		judge_page "$tmp/$format" "$tmp/$format.before" >"$tmp/trouble"
		[ ! -s "$tmp/trouble" ] || die "$format: $(head -n 5 "$tmp/trouble")"
		mv "$tmp/$format" "$tmp/$format.before"
	done
}

test_hostile_wire_while_scraped() {
	local scrapes=0
	needs promtool
	three_hosts
	on server sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000
	run_on client --incidents "$tmp/incidents"
	touch "$tmp/going" "$tmp/rounds" "$tmp/text.before" "$tmp/openmetrics.before"
	hostile_wire &
	pids+=($!)
	until [ $scrapes -ge 10 ] && [ "$(wc -l <"$tmp/rounds")" -ge 2 ]; do
		scrape_is_clean
		scrapes=$((scrapes + 1))
		sleep 0.3
	done
	rm "$tmp/going"
	wait "${pids[-1]}"
	scrape_is_clean
	at_least client 'dnsreach_self_unparsed_total{reason="malformed"}' 1 || die 'nothing was damaged'
	page client /api/v1/incidents >"$tmp/page"
	harmless "$tmp/page"
	jq -e '[.open[].names | length] | max >= 7' "$tmp/page" >/dev/null || die "names: $(cat "$tmp/page")"
	end_run client
	harmless "$tmp/incidents"
	figure "$scrapes scrapes in each format while $(wc -l <"$tmp/rounds") times 40000 damaged packets and" \
		"${#hostile_names[@]} hostile names passed: $(wc -l <"$tmp/text.before") lines, none twice, none odd"
}
