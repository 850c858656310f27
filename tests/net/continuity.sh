#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A restart of the daemon loses no count: maps and TCX links wait with the service manager
# (tests/net/keeper.c stands in for it; the real one is in tests/systemd). Without TCX there is nothing
# to test: filters on clsact count on, into maps that are gone.

# The daemon under the keeper on HOST; the keeper's words in $tmp/keeper.
kept_on() { # HOST [OPTIONS...]
	local h=$1
	shift
	rm -f "$tmp/notify"
	background "$h" "$root/build/tests/keeper" "$tmp/notify" "$dnsreach" run --config /dev/null \
		"$@" >"$tmp/keeper" 2>"$tmp/$h.err"
	keeper_pid=$!
	within 20 "it is ready: $(cat "$tmp/$h.err")" answers_on "$h"
}


daemon_pid() { grep -a '^pid' "$tmp/keeper" | tail -n 1 | cut -d' ' -f2; }
started_times() { grep -ac '^pid' "$tmp/keeper"; }
has_started() { [ "$(started_times)" -ge "$1" ]; }

# Ready again as another process
restarted() { # HOST COUNT
	within 20 'a new process runs' has_started "$2"
	within 20 "it is ready: $(cat "$tmp/$1.err")" answers_on "$1"
}

end_kept() { # HOST
	kill -TERM "$keeper_pid"
	wait "$keeper_pid" || die "it ended with $?: $(cat "$tmp/$1.err")"
	within 10 'nothing stays attached' nothing_attached "$1"
}

nothing_attached() { [ "$(attached_on "$1" eth0)" = 0 ]; }

# Restarts by SIGTERM and by SIGKILL while dnsperf sends: every query is in the account.
test_continuity_restart_loses_no_count() {
	local n=1 loader signal
	needs_tcx
	two_hosts
	resolver server 192.0.2.53
	kept_on client
	(load client 192.0.2.53 12000 -Q 1000) &
	loader=$!
	for signal in HUP KILL HUP KILL HUP; do
		n=$((n + 1))
		if [ $signal = HUP ]; then kill -HUP "$keeper_pid"; else kill -KILL "$(daemon_pid)"; fi
		restarted client $n
		[ "$(attached_on client eth0)" = 2 ] || die "after $signal: not two hooks"
	done
	wait "$loader"
	sent=$(awk '/Queries sent:/ { print $3 }' "$tmp/dnsperf")
	[ "$sent" = 12000 ] || die "dnsperf sent $sent"
	series_becomes client "dnsreach_queries_total{$at53}" 12000
	status_into_json client
	laws
	want 192.0.2.53 .responses "$(awk '/Queries completed:/ { print $3 }' "$tmp/dnsperf")"
	want 192.0.2.53 .untracked 0
	want 192.0.2.53 .timed_out "$(awk '/Queries lost:/ { print $3 }' "$tmp/dnsperf")"
	! grep -q 'cannot reuse' "$tmp/client.err" || die "$(cat "$tmp/client.err")"
	end_kept client
}

# The open incident's number and start, as the page has it.
open_incident() { page client /api/v1/incidents | jq -r '.open[0] | "\(.id) \(.start)"'; }

# States, windows and the open incident go on, however the process ends; an answer closes it later.
test_continuity_an_outage_goes_on_across_a_restart() {
	local n=1 signal before
	needs_tcx
	two_hosts
	kept_on client
	ask_times 20 client 192.0.2.53
	series_becomes client "dnsreach_resolver_state{$at53,state=\"down\"}" 1
	series_becomes client "dnsreach_transactions_in_flight{$at53}" 0
	before=$(open_incident)
	[[ $before =~ ^1\ 20 ]] || die "no open incident: $before"
	for signal in HUP KILL; do
		n=$((n + 1))
		if [ $signal = HUP ]; then kill -HUP "$keeper_pid"; else kill -KILL "$(daemon_pid)"; fi
		restarted client $n
		status_into_json client
		want_true 192.0.2.53 '.state == "down" and .cause == "port-closed"'
		want_true 192.0.2.53 '.queries >= 20 and .windows["5m"].settled >= 20 and .windows["5m"].failure_ratio == 1'
		[ "$(open_incident)" = "$before" ] || die "after $signal: $(open_incident), not $before"
	done
	! grep -q 'cannot use the previous' "$tmp/client.err" || die "$(cat "$tmp/client.err")"
	resolver server 192.0.2.53
	load client 192.0.2.53 1500 -Q 100
	series_becomes client "dnsreach_resolver_state{$at53,state=\"healthy\"}" 1
	[ "$(page client /api/v1/incidents | jq -c '[(.open | length), .closed[0].id]')" = '[0,1]' ] ||
		die "not closed: $(page client /api/v1/incidents)"
	end_kept client
}

# Without its memory, a process takes what was counted before for nothing that happened now.
test_continuity_old_counts_are_no_new_failures() {
	needs_tcx
	two_hosts
	KEEPER_DROPS=memory kept_on client
	ask_times 20 client 192.0.2.53
	series_becomes client "dnsreach_resolver_state{$at53,state=\"down\"}" 1
	series_becomes client "dnsreach_transactions_in_flight{$at53}" 0
	resolver server 192.0.2.53
	kill -HUP "$keeper_pid"
	restarted client 2
	status_into_json client
	want_true 192.0.2.53 '.queries >= 20 and .windows["1m"].settled <= 2 and .windows["5m"].settled <= 2'
	want_true 192.0.2.53 '.state != "healthy"'
	ask_times 5 client 192.0.2.53
	series_becomes client "dnsreach_resolver_state{$at53,state=\"down\"}" 0
	end_kept client
}

# Transactions that are open across the restart end in the new process.
test_continuity_in_flight_across_a_restart() {
	needs_tcx
	two_hosts
	on server nft add table inet t
	on server nft add chain inet t i '{ type filter hook input priority 0; }'
	on server nft add rule inet t i udp dport 53 drop
	kept_on client --timeout 5
	ask_times 3 client 192.0.2.53
	kill -HUP "$keeper_pid"
	restarted client 2
	series_becomes client "dnsreach_transactions_timed_out_total{$at53}" 3
	status_into_json client
	laws
	end_kept client
}

# The start time of the sums stays; with --start-clean both begin anew.
test_continuity_start_clean_and_changed_sizes() {
	local before first
	needs_tcx
	two_hosts
	resolver server 192.0.2.53
	printf 'listen = 127.0.0.1:9753\n' >"$tmp/run.conf"
	rm -f "$tmp/notify"
	background client "$root/build/tests/keeper" "$tmp/notify" "$dnsreach" run \
		--config "$tmp/run.conf" >"$tmp/keeper" 2>"$tmp/client.err"
	keeper_pid=$!
	within 20 'it is ready' answers_on client
	load client 192.0.2.53 100
	before=$(created client)
	[ -n "$before" ] || die 'no _created'
	kill -HUP "$keeper_pid"
	restarted client 2
	[ "$(created client)" = "$before" ] || die "the sums began at $before, now at $(created client)"
	series_becomes client "dnsreach_queries_total{$at53}" "$sent"
	echo 'max-in-flight = 1024' >>"$tmp/run.conf"
	kill -HUP "$keeper_pid"
	restarted client 3
	grep -q "cannot reuse the previous process's counters (different table sizes); starting from zero" "$tmp/client.err" ||
		die "not told: $(cat "$tmp/client.err")"
	[ "$(series client "dnsreach_queries_total{$at53}")" != "$sent" ] || die 'not anew'
	[ "$(attached_on client eth0)" = 2 ] || die 'not two hooks'
	load client 192.0.2.53 50
	series_becomes client "dnsreach_queries_total{$at53}" "$sent"
	echo 'start-clean = yes' >>"$tmp/run.conf"
	kill -HUP "$keeper_pid"
	restarted client 4
	[ "$(series client "dnsreach_queries_total{$at53}")" != "$sent" ] || die '--start-clean'
	[ "$(attached_on client eth0)" = 2 ] || die 'not two hooks after a clean start'
	first=$(kept_by_now)
	kill -HUP "$keeper_pid"
	restarted client 5
	[ "$(kept_by_now)" = "$first" ] ||
		die "what was given up is kept: $first descriptors, then $(kept_by_now)"
	sed -i '/start-clean/d' "$tmp/run.conf"
	load client 192.0.2.53 30
	series_becomes client "dnsreach_queries_total{$at53}" "$sent"
	kill -HUP "$keeper_pid"
	restarted client 6
	[ "$(series client "dnsreach_queries_total{$at53}")" = "$sent" ] ||
		die "after clean starts nothing is taken over: $(cat "$tmp/client.err")"
	end_kept client
}

kept_by_now() { grep -a '^pid' "$tmp/keeper" | tail -n 1 | cut -d' ' -f4; }

# While a new process cannot start, and tries and tries, the hooks count on.
test_continuity_failing_starts_lose_no_count() {
	local n before
	needs_tcx
	two_hosts
	resolver server 192.0.2.53
	: >"$tmp/run.conf"
	kept_on client --config "$tmp/run.conf"
	load client 192.0.2.53 100
	before=$sent
	echo 'listen = 203.0.113.99:9753' >"$tmp/run.conf" # no address of this host
	kill -HUP "$keeper_pid"
	within 20 'it has tried some times' has_started 4
	load client 192.0.2.53 50
	n=$(started_times)
	within 20 'it has tried again' has_started $((n + 2))
	: >"$tmp/run.conf"
	within 20 "it is ready: $(tail -n 3 "$tmp/client.err")" answers_on client
	series_becomes client "dnsreach_queries_total{$at53}" $((before + sent))
	status_into_json client
	laws
	[ "$(attached_on client eth0)" = 2 ] || die 'not two hooks'
	end_kept client
}

created() { # HOST
	on "$1" curl -sf -H 'Accept: application/openmetrics-text; version=1.0.0' \
		http://127.0.0.1:9753/metrics | awk '/^dnsreach_queries_created\{.*192.0.2.53/ { print $2 }'
}

# An interface that went away meanwhile, and one that came.
test_continuity_interfaces_change_meanwhile() {
	needs_tcx
	two_hosts
	link client eth1 server eth1
	kept_on client
	kill -STOP "$(daemon_pid)"
	ip -n "$prefix-client" link del eth1
	link client eth2 server eth2
	kill -KILL "$(daemon_pid)"
	restarted client 2
	within 10 'the new interface is attached' two_on client eth2
	[ "$(attached_on client eth0)" = 2 ] || die 'not two hooks on eth0'
	end_kept client
	[ "$(attached_on client eth2)" = 0 ] || die 'eth2 stays attached'
}

two_on() { [ "$(attached_on "$1" "$2")" = 2 ]; }

# A start that fails only after its maps were loaded, with other sizes or from zero: what was counted is
# still there for the next one, and meanwhile the hooks count on.
test_continuity_failing_start_with_other_sizes_loses_no_count() {
	local n before what
	needs_tcx
	two_hosts
	resolver server 192.0.2.53
	: >"$tmp/run.conf"
	kept_on client --config "$tmp/run.conf"
	load client 192.0.2.53 100
	before=$sent
	for what in 'max-in-flight = 1024' 'start-clean = yes' 'max-resolvers = 10'; do
		n=$(started_times)
		printf '%s\ninterface = nosuch0\n' "$what" >"$tmp/run.conf"
		kill -HUP "$keeper_pid"
		within 20 "it has tried some times with $what" has_started $((n + 3))
		grep -q 'nosuch0: no such interface' "$tmp/client.err" || die "$(cat "$tmp/client.err")"
		load client 192.0.2.53 50
		before=$((before + sent))
		n=$(started_times)
		within 20 'it has tried again' has_started $((n + 2))
		: >"$tmp/run.conf"
		within 20 "it is ready: $(tail -n 3 "$tmp/client.err")" answers_on client
		series_becomes client "dnsreach_queries_total{$at53}" "$before"
		[ "$(attached_on client eth0)" = 2 ] || die "not two hooks after $what"
	done
	status_into_json client
	laws
	end_kept client
}

# Interfaces of another network namespace have the same numbers.
test_continuity_another_network_namespace() {
	needs_tcx
	two_hosts
	resolver server 192.0.2.53
	resolver client 192.0.2.1
	: >"$tmp/where"
	cat >"$tmp/in" <<-SH
		#!/bin/bash
		[ -s "$tmp/where" ] && exec nsenter --net="/run/netns/$prefix-server" "\$@"
		exec "\$@"
	SH
	chmod +x "$tmp/in"
	rm -f "$tmp/notify"
	background client "$root/build/tests/keeper" "$tmp/notify" "$tmp/in" "$dnsreach" run \
		--config /dev/null >"$tmp/keeper" 2>"$tmp/client.err"
	keeper_pid=$!
	within 20 'it is ready' answers_on client
	load client 192.0.2.53 20
	series_becomes client "dnsreach_queries_total{$at53}" 20
	echo server >"$tmp/where"
	kill -HUP "$keeper_pid"
	within 20 'a new process runs' has_started 2
	within 20 "it is ready there: $(cat "$tmp/client.err")" answers_on server
	grep -q "cannot reuse the previous process's counters (another network namespace); starting from zero" \
		"$tmp/client.err" || die "not told: $(cat "$tmp/client.err")"
	[ "$(attached_on server eth0)" = 2 ] || die 'not two hooks where it runs'
	[ "$(attached_on client eth0)" = 0 ] || die 'hooks stay where it ran'
	load client 192.0.2.53 30 # counted where they leave only
	load server 192.0.2.1 40
	series_becomes server 'dnsreach_queries_total{resolver="192.0.2.1",port="53",transport="udp",origin="host"}' 40
	[ -z "$(series server "dnsreach_queries_total{$at53}")" ] || die 'it has counts of the other namespace'
	kill -TERM "$keeper_pid"
	wait "$keeper_pid" || die "it ended with $?"
	within 10 'nothing stays attached' nothing_attached server
}

all_two_on() { # HOST INTERFACE...
	local h=$1 i
	shift
	for i; do two_on "$h" "$i" || return 1; done
}

# More interfaces than the service manager has room for: whole pairs of hooks wait there, the rest is said.
# A run with room for all tells how many descriptors that takes; then there is room for seven fewer.
test_continuity_more_interfaces_than_the_store_holds() {
	local i all room kept
	needs_tcx
	two_hosts
	resolver server 192.0.2.53
	for i in 1 2 3 4 5 6 7 8 9; do link client "x$i" server "x$i"; done
	kept_on client
	within 20 'all are attached' all_two_on client eth0 x1 x2 x3 x4 x5 x6 x7 x8 x9
	kill -HUP "$keeper_pid"
	restarted client 2
	all=$(kept_by_now)
	[ "$all" -gt 20 ] || die "$all are kept, with hooks on ten interfaces"
	! grep -qE 'keeps at most|were not there while' "$tmp/client.err" || die "$(cat "$tmp/client.err")"
	end_kept client
	room=$((all - 7))
	KEEPER_ROOM=$room kept_on client
	grep -q "keeps at most $room descriptors.* beyond the first [1-9].*raise FileDescriptorStoreMax" \
		"$tmp/client.err" || die "not told: $(cat "$tmp/client.err")"
	within 20 'all are attached' all_two_on client eth0 x1 x2 x3 x4 x5 x6 x7 x8 x9
	kill -HUP "$keeper_pid"
	restarted client 2
	kept=$(kept_by_now)
	[ "$kept" = $((all - 8)) ] || die "$kept are kept, of $all with room for $room"
	grep -q ' 8 hooks were not there while dnsreach restarted' "$tmp/client.err" ||
		die "not told: $(cat "$tmp/client.err")"
	for i in eth0 x1 x2 x3 x4 x5 x6 x7 x8 x9; do
		[ "$(attached_on client $i)" = 2 ] || die "not two hooks on $i"
	done
	end_kept client
	figure "$all descriptors with ten interfaces; with room for $room, $kept were kept"
}

# A service manager that does not read (systemd does that in "freezing execution") holds up nothing; when
# it reads again, it has all of it.
test_continuity_a_service_manager_that_stands_still() {
	local i
	needs_tcx
	two_hosts
	resolver server 192.0.2.53
	kept_on client
	kill -STOP "$keeper_pid"
	for i in 1 2 3 4 5 6 7 8; do link client "x$i" server "x$i"; done
	within 20 'the last interface is attached' two_on client x8
	page client /healthz | grep -q ok || die 'the page does not answer'
	load client 192.0.2.53 20
	series_becomes client "dnsreach_queries_total{$at53}" 20
	kill -CONT "$keeper_pid"
	sleep 3 # it is told once a second
	kill -HUP "$keeper_pid"
	restarted client 2
	[ "$(kept_by_now)" -ge 24 ] || die "$(kept_by_now) are kept"
	! grep -q 'were not there while' "$tmp/client.err" || die "$(cat "$tmp/client.err")"
	end_kept client
}

# A descriptor of a later version: not used, not fatal, and still there for the way back.
test_continuity_an_unknown_descriptor_is_left_alone() {
	two_hosts
	printf '#!/bin/bash\nexport LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=ring-1\nexec "$@" 3</dev/null\n' \
		>"$tmp/later"
	chmod +x "$tmp/later"
	background client "$tmp/later" "$dnsreach" run --config /dev/null 2>"$tmp/client.err"
	run_pid=$!
	within 20 "it is ready: $(cat "$tmp/client.err")" answers_on client
	grep -q "descriptor 'ring-1' of the service manager is of another kind than this version knows: not used" \
		"$tmp/client.err" || die "$(cat "$tmp/client.err")"
	end_run client
}
