#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Attacks on what is counted of TCP: segments forged from off the path, a flood of SYNs of this host,
# streams that are none. FULL=1 (`make attack`) has more of each.

forged_segments=$([ -n "${FULL:-}" ] && echo 1000000 || echo 200000)
flood=$([ -n "${FULL:-}" ] && echo 100000 || echo 25000)

# The client counts what arrives: SYN-ACKs of others' connections, and RSTs that answer a SYN (sequence
# number 0).
segment_witness() {
	on client nft -f - <<-NFT
		table inet w { chain i { type filter hook prerouting priority -300;
			iifname eth0 tcp sport 53 tcp flags & (syn | ack | rst) == syn | ack counter
			iifname eth0 tcp sport 53 tcp flags & rst == rst tcp sequence 0 counter
			iifname eth0 tcp sport 53 tcp flags & rst == rst tcp sequence != 0 counter
		}; }
	NFT
}

arrived_segments() { # LINE of segment_witness()
	on client nft list table inet w | grep -o 'packets [0-9]*' | sed -n "$1s/packets //p"
}

test_forged_segments_from_off_the_path() {
	local connects syn_acks resets
	three_hosts
	segment_witness
	resolver server $attacked
	watch_on client
	background client dnsperf -m tcp -s $attacked -d "$(names 5000)" -l 5 -Q 1000 -q $outstanding -c 10 \
		>"$tmp/dnsperf-$attacked" 2>&1
	real_pid=$!
	becomes client $attacked/tcp '.queries > 0'
	forge synacks $((forged_segments / 2)) >"$tmp/forged"
	ask_tcp client $attacked 10
	forge resets $((forged_segments / 2)) >>"$tmp/forged"
	ask_tcp client $attacked 10
	real_traffic_ends $attacked $real_pid
	[ "$sent" = "$completed" ] || die "$completed of $sent: $(cat "$tmp/dnsperf-$attacked")"
	becomes client $attacked/tcp ".queries == $((sent + 20)) and .in_flight == 0"
	unwatch client
	connects=$(tcp_of client ActiveOpens)
	syn_acks=$(arrived_segments 1) resets=$(arrived_segments 2)
	want $attacked/tcp .connects.opened "$connects"
	want $attacked/tcp .connects.established "$connects"
	want $attacked/tcp .connects.refused 0
	want $attacked/tcp .connects.unmatched $((syn_acks - connects + resets))
	want $attacked/tcp .answered.noerror $((sent + 20))
	want $attacked/tcp '.closed.fin + .closed.rst + .unfollowed + .timed_out' 0
	want $attacked/tcp .state healthy
	[ $((syn_acks + resets)) -gt $((forged_segments / 3)) ] || die "only $syn_acks and $resets arrived"
	figure "$((syn_acks - connects)) forged SYN-ACKs, $resets RSTs that answer a SYN and $(arrived_segments 3) other RSTs" \
		"arrived: all unmatched, or of no connect; $connects real connects and $((sent + 20)) messages as they were"
}

# SYNs of this host to as many addresses, while three resolvers are asked over TCP: two of them are
# configured, and asked for the first time.
test_syn_flood_to_many_addresses() {
	local a real=() n=0 all
	three_hosts
	address server eth0 203.0.113.54/24
	resolver server "${resolvers[@]}"
	on router nft -f - <<-NFT
		table inet t { chain f { type filter hook forward priority 0; ip daddr 198.18.0.0/15 drop; }; }
	NFT
	watch_on client --resolver 203.0.113.54 --resolver 2001:db8:2::53
	ask_tcp client "${resolvers[0]}" 3
	for a in "${resolvers[@]}"; do
		background client dnsperf -m tcp -s "$a" -d "$(names 5000)" -l $((flood / 10000 + 4)) -Q 200 -q $outstanding -c 5 \
			>"$tmp/dnsperf-$a" 2>&1
		real+=($!)
	done
	sleep 0.5
	all=$(RATE=8000 on client "$root/build/tests/forge" syns eth0 "$(mac router left)" 192.0.2.1 198.18.0.0 \
		"$flood" 2>"$tmp/forge")
	for a in "${resolvers[@]}"; do
		real_traffic_ends "$a" "${real[n++]}"
		eval "sent_$n=$sent completed_$n=$completed"
	done
	within 30 'all SYNs have an outcome' eval "[ \$(flooded client '.connects.in_flight') = 0 ]"
	unwatch client
	[ "$(flooded client '.connects | .opened + .retransmissions + .untracked')" = "$all" ] ||
		die "$all SYNs sent, $(flooded client .connects.attempts) counted"
	n=0
	for a in "${resolvers[@]}"; do
		n=$((n + 1)) sent=sent_$n completed=completed_$n
		want "$a/tcp" .queries $((${!sent} + (n == 1 ? 3 : 0)))
		want "$a/tcp" '[.untracked, .connects.untracked, .unfollowed] | @json' '[0,0,0]'
		want "$a/tcp" .answered.noerror $((${!completed} + (n == 1 ? 3 : 0)))
		want "$a/tcp" .connects.established $((5 + (n == 1 ? 3 : 0)))
		figure "$a: $(of "$a/tcp" .queries) messages on $(of "$a/tcp" .connects.established) connections, as many as were sent"
	done
	figure "meanwhile $all SYNs to random addresses ($(sed -n 's/.* in //p' "$tmp/forge"));" \
		"$(of other/tcp .connects.opened) of them under 'other'"
}

# The sum of EXPRESSION over the rows of the flood.
flooded() { # HOST EXPRESSION
	tail -n 1 "$tmp/$1.json" | jq "[.resolvers[] | select(.transport == \"tcp\" and
		(.address == \"other\" or (.address | startswith(\"198.1\")))) | $2] | add"
}

# ---- streams that are none -------------------------------------------------------------------

# Both ends frame by the length alone, as dnsreach does: as many messages, whatever their length says. The
# last one of each connection never ends; dnsreach counts it by its header.
test_tcp_length_that_lies() {
	three_hosts
	stream_server server $v4 99 0 0 hang
	watch_on client --timeout 1
	LINGER=1 IDLE=0 stream_client client $v4 4 long 9
	within 5 'the server has said its counts' eval "[ \$(wc -l <'$tmp/served') = 4 ]"
	becomes client $v4/tcp '.in_flight == 0 and .connects.established == 4'
	unwatch client
	want $v4/tcp .queries $(($(summed "$tmp/served" queries) + 4))
	want $v4/tcp .timed_out "$(of $v4/tcp .transactions)"
	[ "$(summed "$tmp/served" queries)" -lt 36 ] || die 'no length has lied'
}

# What cannot be framed is said, once for each connection, and is no failure of the resolver. In random
# bytes there may be something like a query. Beside it, real messages lose nothing.
test_tcp_streams_that_never_frame() {
	local sent
	three_hosts
	address server eth0 203.0.113.54/24 203.0.113.55/24
	resolver server $v4
	stream_server server 203.0.113.54 99 0 0 hang
	stream_server server 203.0.113.55 99 0 0 hang
	watch_on client
	load client $v4 500 -m tcp -c 2 -q 20 &
	LINGER=1 stream_client client 203.0.113.54 3 short 20
	LINGER=1 stream_client client 203.0.113.55 3 noise 20
	wait $!
	sent=$(awk '/Queries sent:/ { print $3 }' "$tmp/dnsperf")
	becomes client $v4/tcp ".answered.noerror == $sent"
	becomes client 203.0.113.55/tcp '.connects.established == 3'
	unwatch client
	followed $v4 "$sent"
	want 203.0.113.54/tcp .connects.established 3
	want 203.0.113.54/tcp '.queries + .timed_out + .closed.fin + .closed.rst' 0
	want_true 203.0.113.54/tcp '.state != "down" and .state != "degraded"'
	tail -n 1 "$json" | jq -e '.self.unparsed.stream >= 3' >/dev/null || die 'it is not said'
	figure "6 streams of nonsense: $(of 203.0.113.55/tcp .queries) queries in 60,000 random bytes," \
		"$(tail -n 1 "$json" | jq .self.unparsed.stream) times a stream was lost; $sent real queries as they were"
}

# The longest messages there are, both ways.
test_tcp_messages_of_65535_bytes() {
	three_hosts
	SIZE=65535 stream_server server $v4 5 5 0 fin
	watch_on client
	SIZE=65535 stream_client client $v4 4 queries 5
	becomes client $v4/tcp '.answered.noerror == 20'
	unwatch client
	[ "$(summed "$tmp/sent" answers)" = 20 ] || die "$(cat "$tmp/sent")"
	want $v4/tcp .queries 20
	want $v4/tcp '.unfollowed + .closed.fin + .closed.rst + .unmatched.responses' 0
	tail -n 1 "$json" | jq -e '.self.unparsed.stream == 0' >/dev/null || die 'a stream was lost'
}
