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

# What was counted before is in no window and no incident of the new process.
test_continuity_old_counts_are_no_new_failures() {
	needs_tcx
	two_hosts
	kept_on client
	ask_times 20 client 192.0.2.53
	series_becomes client "dnsreach_resolver_state{$at53,state=\"down\"}" 1
	resolver server 192.0.2.53
	kill -HUP "$keeper_pid"
	restarted client 2
	status_into_json client
	want_true 192.0.2.53 '.queries >= 20 and .windows["1m"].settled <= 2 and .windows["5m"].settled <= 2'
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
