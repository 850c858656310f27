#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Guests that ask over TCP and TLS, and a restart of the daemon with connects, streams and sessions open.

# N questions of the pod each over TCP and over TLS; $asked is how many of each were answered.
pod_asks_streams() { # N ADDRESS
	local i
	: >"$tmp/pod"
	for ((i = 0; i < $1; i++)); do
		on pod dig +short +tries=1 +time=2 +tcp "@$2" "n$i.ok.test" >>"$tmp/pod"
		on pod dig +short +tries=1 +time=2 +tls "@$2" "n$i.ok.test" >>"$tmp/pod"
	done
	[ "$(grep -c '^198\.51\.100\.80$' "$tmp/pod")" = $((2 * $1)) ] || die "dig: $(cat "$tmp/pod")"
}

# Each once, in the rows of $origin.
counts_streams() { # N ADDRESS
	want "$2/tcp" .connects.opened "$1"
	want "$2/tcp" .connects.established "$1"
	want "$2/tcp" .queries "$1"
	want "$2/tcp" .answered.noerror "$1"
	want "$2/tcp" '.unmatched.responses + .late.responses + .unfollowed + .closed.fin + .closed.rst' 0
	want "$2/dot" .connects.established "$1"
	want "$2/dot" .sessions.started "$1"
	want "$2/dot" .sessions.answered "$1"
	want "$2/tcp" .state healthy
	want "$2/dot" .state healthy
}

test_guest_asks_over_tcp_and_tls() {
	node_with_uplink
	pod_routed pod 2
	tls_resolver far 10.244.2.53
	guests_watched
	pod_asks_streams 5 10.244.2.53
	unwatch node
	origin=guest counts_streams 5 10.244.2.53
	counts_streams 5 10.244.2.53
	want_true 10.244.2.53/dot '.forwarded_queries >= 5'
}

test_guest_asks_a_guest_over_tcp_and_tls() {
	node_with_uplink
	bridge_of_pods
	pod_bridged pod 2
	pod_bridged dns 53
	tls_resolver dns 10.244.1.53
	guests_watched
	pod_asks_streams 5 10.244.1.53
	unwatch node
	origin=guest counts_streams 5 10.244.1.53
	no_row 10.244.1.53/tcp
	no_row 10.244.1.53/dot
}

# Nothing listens in the pod of the service: the guest's row says so, for both ports.
test_guest_is_refused_over_tcp_and_tls() {
	local i
	node_with_uplink
	bridge_of_pods
	pod_bridged pod 2
	pod_bridged dns 53
	guests_watched
	for i in 1 2 3 4; do
		ask pod 10.244.1.53 www.ok.test +tcp
		ask pod 10.244.1.53 www.ok.test +tls
	done
	within 20 'both are down' eval 'origin=guest shows node 10.244.1.53/tcp ".state == \"down\"" &&
		origin=guest shows node 10.244.1.53/dot ".state == \"down\""'
	unwatch node
	origin=guest want 10.244.1.53/tcp .cause port-closed
	origin=guest want 10.244.1.53/dot .cause port-closed
	i=$(tcp_of pod AttemptFails)
	origin=guest want 10.244.1.53/tcp ".connects.refused + $(origin=guest of 10.244.1.53/dot .connects.refused)" "$i"
}

# ---- a restart -----------------------------------------------------------------------------

row_becomes() { # ADDRESS/TRANSPORT CONDITION: on the page of the daemon on the client
	within 30 "$1: $2; $(row_of_page "$1")" row_is "$1" "$2"
}
row_of_page() { # ADDRESS/TRANSPORT
	page client /api/v1/status >"$tmp/page.json"
	of "$1" 'del(.windows, .rtt, .connect_rtt)' "$tmp/page.json" | jq -c .
}
row_is() {
	page client /api/v1/status >"$tmp/page.json" && [ "$(of "$1" "$2" "$tmp/page.json")" = true ]
}

# .53: a stream with a message each 3 s, each answered. .54: its answer never comes. .55: a SYN that
# passes only after the restart. .56: a session that nobody answers.
test_continuity_streams_across_a_restart() {
	local stream a
	needs_tcx
	two_hosts
	address server eth0 192.0.2.54/24 192.0.2.55/24 192.0.2.56/24
	on server nft -f - <<-NFT
		table inet t { chain i { type filter hook input priority 0; ip daddr 192.0.2.55 tcp dport 53 drop; }; }
	NFT
	stream_server server 192.0.2.53 99 99 0 hang
	for a in 54 55; do
		background server "$root/build/tests/stream_peer" serve 192.0.2.$a 53 9 $((a == 55)) 0 hang >>"$tmp/other"
	done
	tls_server server 192.0.2.56 SYSTEM:'cat >/dev/null'
	kept_on client --timeout 8
	IDLE=3 background client "$root/build/tests/stream_peer" send 192.0.2.53 53 queries 4 >"$tmp/stream"
	stream=$!
	background client "$root/build/tests/stream_peer" send 192.0.2.54 53 queries 2 >"$tmp/silent"
	background client "$root/build/tests/stream_peer" send 192.0.2.55 53 queries 1 >"$tmp/late"
	background client timeout 20 openssl s_client -connect 192.0.2.56:853 >/dev/null 2>&1
	row_becomes 192.0.2.53/tcp '.answered.noerror >= 1'
	row_becomes 192.0.2.54/tcp '.in_flight == 2'
	row_becomes 192.0.2.55/tcp '.connects.in_flight == 1'
	row_becomes 192.0.2.56/dot '.sessions.in_flight == 1'
	kill -HUP "$keeper_pid"
	restarted client 2
	on server nft delete table inet t
	wait "$stream"
	[ "$(cat "$tmp/stream")" = 'sent 4 answers 4' ] || die "the client: $(cat "$tmp/stream")"
	row_becomes 192.0.2.54/tcp '.in_flight == 0'
	row_becomes 192.0.2.55/tcp '.answered.noerror == 1'
	row_becomes 192.0.2.56/dot '.sessions.in_flight == 0'
	status_into_json client
	laws
	want 192.0.2.53/tcp .queries 4
	want 192.0.2.53/tcp .answered.noerror 4
	want 192.0.2.53/tcp .connects.established 1
	want 192.0.2.53/tcp .unfollowed 0
	want 192.0.2.54/tcp .timed_out 2
	want 192.0.2.54/tcp .transactions 2
	want 192.0.2.55/tcp '.connects.opened - .connects.timed_out' 1
	want 192.0.2.55/tcp .queries 1
	want 192.0.2.56/dot .sessions.started 1
	want 192.0.2.56/dot .sessions.timed_out 1
	tail -n 1 "$json" | jq -e '.self.unparsed.stream == 0' >/dev/null || die 'a stream was lost'
	end_kept client
}
