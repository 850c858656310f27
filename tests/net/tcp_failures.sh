#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Servers over TCP that fail in the midst of it (tests/net/stream_peer.c), and networks that lose and
# reorder segments: each counter against what server and client counted.

v4=203.0.113.53
v6=2001:db8:2::53

stream_server() { # HOST ADDRESS READ ANSWER BYTES END: see stream_peer.c; its counts in $tmp/served
	background "$1" "$root/build/tests/stream_peer" serve "$2" 53 "${@:3}" >>"$tmp/served"
	within 5 'a server listens on 53' eval "on $1 ss -Hltn | grep -F '$2' | grep -q ':53 '"
}

stream_client() { # HOST ADDRESS CONNECTIONS WHAT N: one after the other; their counts in $tmp/sent
	local i
	for ((i = 0; i < $3; i++)); do
		on "$1" "$root/build/tests/stream_peer" send "$2" 53 "${@:4}" >>"$tmp/sent" ||
			die "the client ended with $?"
	done
}

summed() { # FILE NAME: the sum of what the lines of FILE say behind that word
	awk -v name="$2" '{ for (i = 1; i < NF; i++) if ($i == name) sum += $(i + 1) } END { print sum + 0 }' "$1"
}

# N connections with M messages each to a server that does so (READ ANSWER BYTES END). Then the laws, and
# what is the same in each way: all of it is followed, and no connect has failed.
on_streams() { # ADDRESS N M "READ ANSWER BYTES END" CONDITION [WATCH-OPTIONS...]
	local address=$1 connections=$2 messages=$3 server=$4 condition=$5
	shift 5
	three_hosts
	# shellcheck disable=SC2086
	stream_server server "$address" $server
	watch_on client "$@"
	stream_client client "$address" "$connections" queries "$messages"
	within 5 'the server has said its counts' eval "[ \$(wc -l <'$tmp/served') = $connections ]"
	becomes client "$address/tcp" ".in_flight == 0 and ($condition)"
	unwatch client
	want "$address/tcp" .connects.established "$connections"
	want "$address/tcp" .queries "$(summed "$tmp/sent" sent)"
	want "$address/tcp" '[.answered[]] | add' "$(summed "$tmp/sent" answers)"
	want "$address/tcp" '[.answered[]] | add' "$(summed "$tmp/served" answers)"
	want "$address/tcp" '.retransmissions + .unfollowed + .unmatched.responses + .late.responses' 0
	tail -n 1 "$json" | jq -e '.self.unparsed.stream == 0' >/dev/null || die 'a stream was lost'
}

# It reads all five, answers two, and closes: three are closed, by what it closed with.
test_tcp_server_closes_in_mid_stream() {
	on_streams $v4 4 5 '5 2 0 fin' '.closed.fin == 12'
	want $v4/tcp .closed.rst 0
	want $v4/tcp .answered.noerror 8
	want_true $v4/tcp '.state == "degraded" and .cause == "not-served"'
}
test_tcp_server_resets_in_mid_stream() {
	on_streams $v4 4 5 '5 2 0 rst' '.closed.rst == 12'
	want $v4/tcp .closed.fin 0
	want $v4/tcp .answered.noerror 8
	want_true $v4/tcp '.state == "degraded" and .cause == "not-served"'
}
test_tcp_server_resets_in_mid_stream_ipv6() {
	on_streams $v6 4 5 '5 2 0 rst' '.closed.rst == 12'
	want $v6/tcp .closed.fin 0
}

# No byte comes back at all, and then an RST: the row is down.
test_tcp_server_resets_without_an_answer() {
	on_streams $v4 4 1 '1 0 0 rst' '.state == "down" and .cause == "not-served"'
	want $v4/tcp .closed.rst 4
}

# Five bytes of an answer tell nothing of it: its flags are not there.
test_tcp_answer_breaks_off() {
	on_streams $v4 4 2 '2 1 5 fin' '.closed.fin == 4'
	want $v4/tcp .answered.noerror 4
	want $v4/tcp '[.closed[]] | add' 4
}
test_tcp_answer_breaks_off_by_a_reset() {
	on_streams $v4 4 2 '2 1 5 rst' '.closed.rst == 4'
	want $v4/tcp .answered.noerror 4
}
test_tcp_answer_breaks_off_and_nothing_comes() {
	LINGER=2 on_streams $v4 2 2 '2 1 5 hang' '.timed_out == 2' --timeout 1
	want $v4/tcp .answered.noerror 2
	want $v4/tcp '[.closed[]] | add' 0
	want_true $v4/tcp '.state == "degraded"'
}

# An answer whose first six bytes (length, ID, flags) came has come; nobody looks whether its rest does.
test_tcp_answer_counts_by_its_header() {
	three_hosts
	stream_server server $v4 1 0 6 fin
	watch_on client
	stream_client client $v4 3 queries 1
	becomes client $v4/tcp '.answered.noerror == 3'
	unwatch client
	want $v4/tcp '[.closed[]] | add' 0
	[ "$(summed "$tmp/sent" answers)" = 0 ] || die "$(cat "$tmp/sent")"
}

# ---- loss and reordering -------------------------------------------------------------------

losing() { # HOST CHANCE PORT: the router loses one in CHANCE of the segments with data, each way
	on router nft -f - <<-NFT
		table inet t { chain f { type filter hook forward priority 0;
			tcp sport $2 meta length > 60 numgen random mod $1 == 0 counter drop;
			tcp dport $2 meta length > 60 numgen random mod $1 == 0 counter drop; }; }
	NFT
}

lost_on_the_way() { # how many segments the router has lost, both ways
	on router nft list table inet t | awk '{ for (i = 1; i < NF; i++) if ($i == "packets") n += $(i + 1) } END { print n }'
}

# What is lost comes again, and counts once; what came at last is answered.
test_tcp_loss_both_ways() {
	local sent completed
	three_hosts
	resolver server $v4
	losing 10 53
	watch_on client --timeout 20
	load client $v4 1000 -m tcp -c 4 -q 20 -t 20
	completed=$(awk '/Queries completed:/ { print $3 }' "$tmp/dnsperf")
	becomes client $v4/tcp ".queries == $sent and .in_flight == 0"
	unwatch client
	want $v4/tcp .queries "$sent"
	want $v4/tcp .retransmissions 0
	want $v4/tcp '.answered.noerror + .unfollowed' "$completed"
	want $v4/tcp '.timed_out + .closed.fin + .closed.rst' $((sent - completed))
	[ "$(lost_on_the_way)" -gt 20 ] || die "only $(lost_on_the_way) segments were lost"
	figure "$sent queries while $(lost_on_the_way) segments were lost: $completed answered for dnsperf," \
		"$(of $v4/tcp .answered.noerror) here, $(of $v4/tcp .unfollowed) unfollowed"
}

# client -- router with a wire of taps that lets every fourth frame wait for the next one, both ways.
reordering_hosts() {
	[ -c /dev/net/tun ] || skip 'no tap can be made here'
	host client router server
	: >"$tmp/wire"
	REORDER=4 background client "$root/build/tests/tap_wire" eth0 "/run/netns/$prefix-router" left >"$tmp/wire"
	within 10 'the taps are there' grep -q ready "$tmp/wire"
	ip -n "$prefix-client" link set eth0 up
	ip -n "$prefix-router" link set left up
	link router right server eth0
	address client eth0 192.0.2.1/24
	address router left 192.0.2.254/24
	address router right 203.0.113.254/24
	address server eth0 $v4/24
	route client default via 192.0.2.254
	route server default via 203.0.113.254
	on router sysctl -qw net.ipv4.ip_forward=1
}

# Segments that begin with a message, as all clients and servers send them that do not pipeline many.
# Seen by HOST, in an order in which those to RECEIVER come too early.
each_segment_a_message() { # HOST RECEIVER
	local early
	reordering_hosts
	stream_server server $v4 8 8 0 fin
	watch_on "$1"
	stream_client client $v4 20 queries 8
	becomes "$1" $v4/tcp '.answered.noerror == 160'
	unwatch "$1"
	early=$(netstat_of "$2" TCPOFOQueue)
	[ "$early" -gt 10 ] || die "only $early segments came too early"
	[ "$(summed "$tmp/sent" answers)" = 160 ] || die "$(cat "$tmp/sent")"
	followed_without_times $v4 160
	want $v4/tcp .connects.established 20
	tail -n 1 "$json" | jq -e '.self.unparsed.stream == 0' >/dev/null || die 'a stream was lost'
	figure "160 queries on 20 connections, $early segments came too early: all followed"
}
test_tcp_answers_come_in_another_order() { each_segment_a_message client client; }
test_tcp_forwarded_queries_come_in_another_order() { each_segment_a_message router server; }

followed_without_times() { # ADDRESS QUERIES: as followed(), where SYN-ACKs may be late
	want "$1/tcp" .queries "$2"
	want "$1/tcp" .transactions "$2"
	want "$1/tcp" '[.answered[]] | add' "$2"
	want "$1/tcp" '.retransmissions + .unfollowed + .timed_out + .closed.fin + .closed.rst' 0
	want "$1/tcp" '.unmatched.responses + .late.responses' 0
}

# A hundred queries at a time on one connection: segments are full, and begin in the midst of a message.
# What cannot be followed then is said, and is no failure.
many_at_a_time() { # HOST RECEIVER
	local sent row lost
	reordering_hosts
	resolver server $v4
	watch_on "$1"
	load client $v4 2000 -m tcp -c 1 -q 100
	[ "$(awk '/Queries completed:/ { print $3 }' "$tmp/dnsperf")" = "$sent" ] || die "$(cat "$tmp/dnsperf")"
	becomes "$1" $v4/tcp '.in_flight == 0 and .responses > 0 and .state == "healthy"'
	unwatch "$1"
	lost=$(tail -n 1 "$json" | jq .self.unparsed.stream)
	row=$(of $v4/tcp '"\(.queries) seen, \(.answered.noerror) answered, \(.unfollowed) unfollowed"')
	want $v4/tcp .retransmissions 0
	want_true $v4/tcp '.timed_out + .closed.fin + .closed.rst <= .queries / 100' # see docs/counters.md
	want_true $v4/tcp ".queries <= $sent and .answered.noerror + .unfollowed + .timed_out + .closed.fin + .closed.rst == .transactions"
	want_true $v4/tcp ".answered.noerror == $sent or $lost > 0"
	figure "$sent queries, $(netstat_of "$2" TCPOFOQueue) segments came too early: $row, $lost times a stream was lost"
}
test_tcp_many_answers_come_in_another_order() { many_at_a_time client client; }
test_tcp_many_forwarded_queries_come_in_another_order() { many_at_a_time router server; }
