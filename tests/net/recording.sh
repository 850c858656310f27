#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The same traffic, counted live and from its capture; with tshark as an independent witness.

# What must be the same: every counter but the RTTs, which differ by the way to the capture. What is
# judged by the last seconds is not: live, they end later.
counters='[.resolvers[] | select(.queries > 0) | del(.windows, .rtt, .state, .cause, .judged_by, .suspicion)] |
	sort_by(.address)'

# A bit of everything, on 203.0.113.53 (healthy), .54 (closed), .55 (dropped), .56 (prohibited).
mixed_traffic() {
	local n
	for n in 1 2 3; do
		ask client 203.0.113.53
		ask client 203.0.113.53 www.refused.test
		ask client 2001:db8:2::53
		ask client 203.0.113.54
		ask client 203.0.113.55
		ask client 203.0.113.56
	done
	load client 203.0.113.53 3000 -c 10
	sleep 1.3
	ask client 203.0.113.53 # something has to happen after the last timeout
	sleep 2 # until the capture has it, too
}

record() { # CAPTURE-COMMAND...: in the background on the client, while everything happens
	three_hosts
	address server eth0 203.0.113.54/24 203.0.113.55/24 203.0.113.56/24
	on router nft -f - <<-NFT
		table inet t { chain f { type filter hook forward priority 0;
			ip daddr 203.0.113.55 udp dport 53 drop
			ip daddr 203.0.113.56 udp dport 53 reject with icmp type admin-prohibited; }; }
	NFT
	resolver server 203.0.113.53 2001:db8:2::53
	background client "$@" 2>"$tmp/capture.err"
	capture_pid=$!
	within 10 'the capture runs' grep -qiE 'listening|capturing' "$tmp/capture.err"
	sleep 0.5
	watch_on client -i eth0 --timeout 1 --incidents "$tmp/incidents"
	mixed_traffic
	unwatch client
	kill -INT "$capture_pid"
	wait "$capture_pid" 2>/dev/null
	! grep -qE '^[1-9][0-9]* packets dropped' "$tmp/capture.err" ||
		skip 'the capture itself has dropped packets on this busy machine'
}

same_as_live() { # REPLAY-OPTIONS...
	"$dnsreach" replay --json --timeout 1 "$@" >"$tmp/replay.json" || die "replay ended with $?"
	tail -n 1 "$json" | jq "$counters" >"$tmp/a"
	jq "$counters" "$tmp/replay.json" >"$tmp/b"
	diff "$tmp/a" "$tmp/b" || die 'live (<) and replay (>) differ'
}

test_replay_of_a_capture_equals_live() {
	record tcpdump -B 16384 -i eth0 -n -U -w "$tmp/c.pcap"
	same_as_live "$tmp/c.pcap"
	same_as_live --engine kernel "$tmp/c.pcap"
	same_as_live - <"$tmp/c.pcap"
	want 203.0.113.54 .state down
	jq -e '[.resolvers[] | {key: .address, value: (.state + "/" + (.cause // "-"))}] | from_entries |
		.["203.0.113.54"] == "down/port-closed" and .["203.0.113.56"] == "down/prohibited" and
		.["203.0.113.55"] == "down/silent"' "$tmp/replay.json" >/dev/null ||
		die "$(jq -c '.resolvers[] | [.address, .state, .cause]' "$tmp/replay.json")"
}

test_replay_of_a_snapped_capture_equals_live() {
	record tcpdump -B 16384 -i eth0 -n -U -s 96 -w "$tmp/c.pcap"
	same_as_live "$tmp/c.pcap" 2>"$tmp/said"
	grep -q 'cut by the snap length' "$tmp/said" || die "$(cat "$tmp/said")"
}

# On all interfaces at once (Linux cooked v2), where each packet has its interface.
test_replay_of_the_device_any() {
	record tcpdump -B 16384 -i any -n -U -y LINUX_SLL2 -w "$tmp/c.pcap"
	same_as_live "$tmp/c.pcap"
}

test_pcapng_equals_live() {
	needs dumpcap
	record dumpcap -q -i eth0 -w "$tmp/c.pcapng"
	same_as_live "$tmp/c.pcapng"
}

# tcpdump's text of the capture: the same outcomes, with quotes inferred.
test_replay_of_tcpdump_text() {
	record tcpdump -B 16384 -i eth0 -n -U -w "$tmp/c.pcap"
	tcpdump -n -tttt -r "$tmp/c.pcap" >"$tmp/c.txt" 2>/dev/null
	"$dnsreach" replay --json --timeout 1 "$tmp/c.txt" >"$tmp/replay.json" || die "replay: $?"
	json=$tmp/replay.json
	laws
	local a
	for a in 203.0.113.53 203.0.113.54 203.0.113.55 203.0.113.56; do
		[ "$(of $a .queries "$tmp/replay.json")" = "$(of $a .queries "$tmp/client.json")" ] ||
			die "$a: queries differ"
		[ "$(of $a '.icmp_unreachables' "$tmp/replay.json")" = "$(of $a '.icmp_unreachables' "$tmp/client.json")" ] ||
			die "$a: ICMP differs"
	done
	[ "$(jq .date_known "$tmp/replay.json")" = true ] || die 'the date is known'
}

# An independent witness counts the messages.
test_tshark_counts_the_same() {
	needs tshark
	record tcpdump -B 16384 -i eth0 -n -U -w "$tmp/c.pcap"
	local a n
	for a in 203.0.113.53 203.0.113.54 203.0.113.55 203.0.113.56; do
		n=$(tshark -r "$tmp/c.pcap" -Y "!icmp && udp.dstport == 53 && ip.dst == $a && dns.flags.response == 0" 2>/dev/null | wc -l)
		want $a .queries "$n"
		n=$(tshark -r "$tmp/c.pcap" -Y "!icmp && udp.srcport == 53 && ip.src == $a && dns.flags.response == 1" 2>/dev/null | wc -l)
		want $a .responses "$n"
		n=$(tshark -r "$tmp/c.pcap" -Y "icmp.type == 3 && udp.dstport == 53" -T fields -e ip.dst 2>/dev/null | tr , ' ' | awk -v a=$a '$2 == a' | wc -l)
		want $a '[.icmp_unreachables[]] | add' "$n"
	done
}

test_incidents_of_a_live_watch() {
	record tcpdump -B 16384 -i eth0 -n -U -w "$tmp/c.pcap"
	jq -e -s 'map(select(.event == "opened") | .resolver.address) | contains(["203.0.113.54"])' \
		"$tmp/incidents" >/dev/null || die "$(cat "$tmp/incidents")"
	"$dnsreach" report "$tmp/incidents" >"$tmp/report" || die "report: $?"
	grep -q 203.0.113.54 "$tmp/report" || die "$(cat "$tmp/report")"
	grep -q 'www.ok.test' "$tmp/report" || die "$(cat "$tmp/report")"
}

# The parser of an untrusted recording is not root, although the file may be root's alone.
test_replay_and_report_run_as_nobody() {
	local command pid
	host client
	for command in replay report; do
		mkdir -m 700 "$tmp/private"
		mkfifo -m 600 "$tmp/private/in"
		"$dnsreach" $command "$tmp/private/in" >"$tmp/out" 2>"$tmp/err" &
		pid=$!
		pids+=("$pid")
		exec {hold}>"$tmp/private/in" # it is open on both sides
		within 10 "$command has given up its rights" is_nobody "$pid"
		cat "$root/tests/capture/reference.txt" >&"$hold"
		exec {hold}>&-
		wait "$pid" || die "$command ended with $?: $(cat "$tmp/err")"
		grep -q 203.0.113.2 "$tmp/out" || die "$command: $(cat "$tmp/out")"
		rm -r "$tmp/private"
	done
}
