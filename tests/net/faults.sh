#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What happens to a host while dnsreach runs on it: what people see then, and what was lost. (Other
# such tests are in interfaces.sh and daemon.sh.) FULL=1 kills and waits more often and longer.

kills=$([ -n "${FULL:-}" ] && echo 50 || echo 4)
stopped=$([ -n "${FULL:-}" ] && echo 15 || echo 7) # seconds, beyond the timeout of 5
at=192.0.2.53

random_nap() { # SECONDS: up to so long
	sleep "$(awk -v r=$RANDOM -v s="$1" 'BEGIN { print r / 32768 * s }')"
}

flow() { # RATE SECONDS: real queries to $at in the background, with reasons to tell what was lost
	background client dnsperf -s $at -d "$(names 2000)" -l "$2" -Q "$1" -c 4 >"$tmp/dnsperf" 2>&1
	flow_pid=$!
}

flow_ends() { # $sent and $completed are what dnsperf says
	wait "$flow_pid"
	sent=$(awk '/Queries sent:/ { print $3 }' "$tmp/dnsperf")
	completed=$(awk '/Queries completed:/ { print $3 }' "$tmp/dnsperf")
}

on_side() { # SIDE: filters of ours there
	on client tc filter show dev eth0 "$1" 2>/dev/null | grep -cE 'count_(queries|outcomes)'
}

# ---- SIGKILL -------------------------------------------------------------------------------

# At random moments, from before its first packet to well into its run.
killed_at_random_moments() { # HOOK-OPTION
	local n now counting=0
	two_hosts
	resolver server $at
	flow 200 300
	for ((n = 0; n < kills; n++)); do
		: >"$tmp/killed.json"
		background client "$dnsreach" watch --json $1 >"$tmp/killed.json" 2>>"$tmp/killed.err"
		random_nap 3
		kill -KILL $!
		wait $! 2>/dev/null
		now=$(attached_on client eth0)
		[ ! -s "$tmp/killed.json" ] || counting=$((counting + 1))
		if [ -z "$1" ]; then
			within 5 'the kernel has let go' eval '[ "$(attached_on client eth0)" = 0 ]'
		elif [ "$(on_side ingress)" -gt 1 ] || [ "$(on_side egress)" -gt 1 ]; then
			die "after kill $n there are $now filters"
		fi
	done
	kill "$flow_pid"
	wait "$flow_pid" 2>/dev/null
	sleep 0.2
	watch_on client $1
	[ "$(attached_on client eth0)" = 2 ] || die 'not one pair of hooks'
	ask_times 5 client $at
	unwatch client
	want $at .queries 5
	want $at .answered.noerror 5
	[ "$(attached_on client eth0)" = 0 ] || die 'hooks are left after the last end'
	[ -z "$(on client tc filter show dev eth0 ingress)$(on client tc filter show dev eth0 egress)" ] ||
		die 'filters are left'
	figure "$kills kills, $counting of them after its first second, the others before; one pair of hooks at the next start, none after its end"
	[ -z "$(on client tc qdisc show dev eth0 clsact)" ] ||
		figure 'a kill between making the qdisc and its first filter has left an empty clsact'
}

test_killed_at_random_moments() {
	needs_tcx
	killed_at_random_moments ''
}
test_filters_killed_at_random_moments() { killed_at_random_moments --clsact; }

# ---- programs of others before ours ---------------------------------------------------------

verdict() { # HOOK SIDE VERDICT [PRIORITY]: 0 lets the packet pass and ends the chain
	background client "$root/build/tests/verdict" "$1" eth0 "$2" "$3" "${4:-1}" >"$tmp/verdict"
	verdict_pid=$!
	within 5 'the other program is attached' grep -q attached "$tmp/verdict"
}

says() { # PATTERN
	grep -q "$1" "$tmp/client.err"
}

# On clsact, put before ours while we run: nothing of that side is seen any more, and it is told.
test_filter_of_others_that_ends_the_chain() {
	two_hosts
	resolver server $at
	watch_on client --clsact
	ask_times 2 client $at
	verdict clsact egress 0
	ask_times 4 client $at
	within 20 'it is told' says 'eth0: another program runs before our egress hook'
	! says 'before our ingress hook' || die 'nothing is before ours there'
	unwatch client
	want $at .queries 2
	want $at .answered.noerror 2
	want $at .unmatched.responses 4
	on client tc filter show dev eth0 egress | grep -q somebody_else || die 'theirs is gone'
	figure '4 queries decided on before us: 0 counted, their answers are 4 unmatched; told on standard error'
}

# One that drops: the query is not sent, so it is right that nothing is counted.
test_filter_of_others_that_drops() {
	needs_tcx
	two_hosts
	resolver server $at
	ip -n "$prefix-client" neigh replace $at dev eth0 nud permanent lladdr \
		"$(mac server eth0)"
	verdict clsact egress 2
	watch_on client
	ask_times 2 client $at
	unwatch client
	want $at .queries 2
	figure 'with TCX ours comes first: 2 queries counted that a clsact filter dropped afterwards (they time out)'
}

# By TCX, put before ours while we run: told within the reconciling round, and when it is gone.
test_tcx_program_of_others_before_ours() {
	needs_tcx
	two_hosts
	resolver server $at
	watch_on client
	ask_times 3 client $at
	verdict tcx ingress 0
	ask_times 3 client $at
	within 20 'it is told' says 'eth0: another program runs before our ingress hook'
	kill "$verdict_pid"
	wait "$verdict_pid" 2>/dev/null
	within 20 'its end is told' says 'eth0: no program runs before our ingress hook any more'
	ask_times 3 client $at
	sleep 5.5
	ask client $at
	unwatch client
	want $at .queries 10
	want $at .answered.noerror 7
	want $at .timed_out 3
	figure '3 answers decided on before us: their queries are timed_out, as for any answer that we cannot see'
}

# ---- interfaces ----------------------------------------------------------------------------

# All filters of clsact removed by somebody else while queries flow.
test_lost_while_hooks_were_removed() {
	two_hosts
	resolver server $at
	watch_on client --clsact
	flow 200 10
	sleep 2
	on client tc qdisc del dev eth0 clsact
	within 20 'it is told' says 'eth0: our hooks were removed; attached again'
	flow_ends
	unwatch client # the laws
	want_true $at ".queries < $sent and .queries > 400 and .timed_out <= $sent - .queries"
	figure "hooks removed under 200 queries/s: $((sent - $(of $at .queries))) of $sent queries not counted," \
		"$(of $at .timed_out) timed_out that were answered meanwhile; told on standard error"
}

# To another namespace and back: nothing of ours stays on it there.
moved() { # HOOK-OPTION
	two_hosts
	host other
	resolver server $at
	watch_on client $1
	ask_times 3 client $at
	ip -n "$prefix-client" link set eth0 netns "$prefix-other"
	within 10 'detached where it went' eval '[ "$(attached_on other eth0)" = 0 ]'
	ip -n "$prefix-other" link set eth0 netns "$prefix-client"
	ip -n "$prefix-client" link set eth0 up
	address client eth0 192.0.2.1/24
	within 10 'attached again' eval '[ "$(attached_on client eth0)" = 2 ]'
	within 10 'reachable again' asks_fine client $at
	ask_times 3 client $at
	unwatch client
	want_true $at '.queries >= 7 and .queries == .answered.noerror + .timed_out'
	[ "$(attached_on client eth0)" = 0 ] || die 'left behind'
}
test_interface_moved_to_another_namespace() { moved ''; }
test_interface_moved_with_filters() { moved --clsact; }

# Hundreds of links come and go while it stands still: the kernel throws events away. One new link
# takes the number of one that was watched. In the end what is there is attached, once.
overrun() { # HOOK-OPTION
	local n lost index
	two_hosts
	resolver server $at
	link client gone0 server gone1
	watch_on client $1
	[ "$(attached_on client gone0)" = 2 ] || die 'not attached to gone0'
	index=$(ip -n "$prefix-client" -j link show gone0 | jq '.[0].ifindex')
	kill -STOP "$watch_pid"
	ip -n "$prefix-client" link del gone0
	ip link add name new0 index "$index" netns "$prefix-client" type veth peer name new1 netns "$prefix-server"
	ip -n "$prefix-client" link set new0 up
	for ((n = 0; n < 300; n++)); do
		echo "link add d$n type veth peer name e$n"
		echo "link set d$n up"
		[ $n -ge 290 ] || echo "link del d$n"
	done | ip -n "$prefix-client" -batch - || die 'ip'
	lost=$(on client awk -v p="$watch_pid" 'NR > 1 { d += $9 } END { print d }' /proc/net/netlink)
	kill -CONT "$watch_pid"
	within 20 'attached to the last of the links' eval '[ "$(attached_on client d299)" = 2 ]'
	for n in eth0 new0 d290 d295; do
		within 20 "attached to $n" eval '[ "$(attached_on client $n)" = 2 ]'
	done
	ask_times 3 client $at
	unwatch client
	want $at .queries 3
	for n in lo eth0 new0 d290 d299; do
		[ "$(attached_on client $n)" = 0 ] || die "left on $n"
	done
	[ "$lost" -gt 0 ] || die 'no event was lost: the test does not test'
	figure "$lost link events thrown away by the kernel; all links that are left were attached, once"
}
test_netlink_overrun() { overrun ''; }
test_netlink_overrun_with_filters() { overrun --clsact; }

# ---- memory, disk --------------------------------------------------------------------------

# Whatever the limit is: one sentence, no crash, nothing attached.
test_memory_limits() {
	local limit code least='' most=''
	host client
	for limit in 8 16 20 22 24 28 48 128; do
		on client prlimit --as=$((limit * 1048576)) "$dnsreach" watch --json -n 1 \
			>"$tmp/out" 2>"$tmp/err"
		code=$?
		[ "$(attached_on client lo)" = 0 ] || die "$limit MB: left attached"
		if [ $code = 0 ]; then
			least=${least:-$limit}
			continue
		fi
		most=$limit
		[ $code -lt 126 ] || grep -q 'error while loading shared' "$tmp/err" ||
			die "$limit MB: ended with $code: $(cat "$tmp/err")"
		[ -s "$tmp/err" ] || die "$limit MB: ended with $code without a word"
	done
	[ -n "$least$most" ] || die 'nothing was tried'
	[ -n "$least" ] || die 'not even the highest limit is enough'
	[ -n "$most" ] || die 'no limit was low enough'
	figure "address space: $least MB is enough, $most MB is not, and says so"
}

# The unit's MemoryMax=256M is far from needed; where it is not enough, the kernel's maps say so.
test_memory_limit_of_a_control_group() {
	local group=/sys/fs/cgroup/memory/$prefix file=memory.limit_in_bytes code
	[ -d /sys/fs/cgroup/memory ] || { group=/sys/fs/cgroup/$prefix file=memory.max; }
	mkdir "$group" 2>/dev/null
	if [ ! -w "$group/$file" ]; then
		rmdir "$group" 2>/dev/null
		skip 'no memory control group to be had here'
	fi
	host client
	on client bash -c "echo \$\$ >$group/cgroup.procs && echo 16M >$group/$file &&
		exec $dnsreach watch --json -n 2 --max-in-flight 1000000" >"$tmp/out" 2>"$tmp/err"
	code=$?
	on client bash -c "echo 256M >$group/$file; echo \$\$ >$group/cgroup.procs &&
		exec $dnsreach watch --json -n 2" >/dev/null 2>"$tmp/fine" || die "256 MB: $(cat "$tmp/fine")"
	within 5 'the group is empty' rmdir "$group"
	[ $code = 1 ] || die "ended with $code: $(cat "$tmp/err")"
	grep -q '^dnsreach: .*max-in-flight\|^dnsreach: .*memory' "$tmp/err" || die "$(cat "$tmp/err")"
	figure "a control group of 16 MB, a million transactions: $(grep -m 1 ^dnsreach "$tmp/err")"
}

# The disk of the incidents is full: told once, counting goes on, and what is written later is read.
test_disk_full_for_incidents() {
	two_hosts
	mkdir "$tmp/small"
	mount -t tmpfs -o size=16k none "$tmp/small" || skip 'no tmpfs to be had here'
	run_on client --timeout 1 --incidents "$tmp/small/incidents"
	head -c 14000 /dev/zero >"$tmp/small/filler"
	ask_times 4 client $at
	ask_times 4 client 192.0.2.54
	ask_times 4 client 192.0.2.55
	within 30 'it is told' says 'incidents: No space left on device; counting continues'
	[ "$(series client dnsreach_self_incident_errors_total)" -ge 1 ] || die 'it is not counted'
	rm "$tmp/small/filler"
	resolver server $at
	ask_times 200 client $at
	within 60 'a later event is in the file' eval 'ask_times 5 client $at; grep -q "\"closed\"" "$tmp/small/incidents"'
	want_series=$(page client /api/v1/status | tee "$tmp/client.json" | jq '.resolvers | length')
	json=$tmp/client.json
	laws
	end_run client
	"$dnsreach" report "$tmp/small/incidents" >"$tmp/report" 2>"$tmp/report.err" ||
		die "report: $(cat "$tmp/report.err"); $(cat -A "$tmp/small/incidents" | cut -c 1-80)"
	figure "$want_series resolvers counted on; $(grep -c . "$tmp/small/incidents") lines in the file afterwards, read by report"
	umount "$tmp/small"
}

# ---- time ----------------------------------------------------------------------------------

# The wall clock an hour back and two forward, while an incident is open and queries flow.
test_clock_set_back_and_forward() {
	two_hosts
	echo 0 >"$tmp/offset"
	export CLOCK_OFFSET=$tmp/offset
	: >"$tmp/client.json"
	background client env LD_PRELOAD="$root/build/tests/clock.so" "$dnsreach" watch --json \
		--incidents "$tmp/incidents" >"$tmp/client.json" 2>"$tmp/client.err"
	watch_pid=$!
	within 15 "it counts: $(cat "$tmp/client.err")" test -s "$tmp/client.json"
	ask_times 4 client $at
	becomes client $at '.state == "down"'
	echo -3600 >"$tmp/offset"
	ask_times 10 client $at
	sleep 1.2
	echo 3600 >"$tmp/offset"
	resolver server $at
	ask_times 200 client $at
	within 60 'it is healthy again' eval 'ask_times 5 client $at; shows client $at ".state == \"healthy\""'
	unwatch client # the laws
	# An hour may begin meanwhile.
	jq -es '[.[].time[0:13]] | unique | length >= 3' "$json" >/dev/null || die 'the clock was not set'
	jq -es 'last | .event == "closed" and .duration_s >= 0 and .duration_s < 600 and .closed > .start' \
		"$tmp/incidents" >/dev/null || die "$(tail -n 1 "$tmp/incidents" | jq -c '{event, start, end, closed, duration_s}')"
	jq -es '[.[].resolvers[].windows["1s"].queries_per_s // 0] | min >= 0 and max < 10000' "$json" \
		>/dev/null || die 'a rate is out of reason'
	figure "an incident over two jumps of the wall clock: duration $(tail -n 1 "$tmp/incidents" | jq .duration_s) s; no rate, window or outcome changed"
}

# Stopped as by a debugger or a suspended machine, longer than the timeout, while queries flow: the
# kernel counts on, and what is read afterwards is whole.
test_stopped_for_a_while() {
	two_hosts
	resolver server $at
	watch_on client
	flow 200 $((stopped + 4))
	sleep 2
	kill -STOP "$watch_pid"
	ask_times 2 client 192.0.2.54 # nobody is there
	sleep "$stopped"
	kill -CONT "$watch_pid"
	flow_ends
	becomes client $at ".queries == $sent"
	unwatch client # the laws
	want $at .queries "$sent"
	want $at .answered.noerror "$completed"
	want $at .timed_out 0
	want $at .state healthy
	jq -es '[.[].resolvers[] | select(.address == "192.0.2.53") | .windows["1s"].queries_per_s // 0] | max < 1000' \
		"$json" >/dev/null || die 'a rate was made of a gap'
	figure "stopped for $stopped s under 200 queries/s: $sent sent, $(of $at .queries) counted, $(of $at '[.answered[]] | add') answered"
}

# Stopped for less than the watchdog allows: the service manager hears of it again.
test_stopped_daemon_feeds_its_watchdog_again() {
	host client
	socat -u "UNIX-RECV:$tmp/notify" "OPEN:$tmp/heard,creat,append" &
	pids+=($!)
	within 5 'somebody listens' test -S "$tmp/notify"
	NOTIFY_SOCKET=$tmp/notify WATCHDOG_USEC=30000000 run_on client
	within 10 'it is alive' has_heard WATCHDOG=1
	kill -STOP "$run_pid"
	sleep 1
	: >"$tmp/heard"
	sleep 2
	! has_heard WATCHDOG=1 || die 'alive while it stood still'
	kill -CONT "$run_pid"
	within 10 'it is alive again' has_heard WATCHDOG=1
	answers_on client || die 'no page'
	end_run client
}
