#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Who asks: cgroups of real sockets, as services and containers have them, in JSON, in metrics and on
# the status page. The cgroups are made below /sys/fs/cgroup and removed at the end.

cgroup2=/sys/fs/cgroup
[ -e $cgroup2/cgroup.controllers ] || cgroup2=/sys/fs/cgroup/unified

needs_cgroups() {
	[ -e $cgroup2/cgroup.controllers ] || skip 'no cgroup v2 here'
	mkdir "$cgroup2/$prefix.slice" 2>/dev/null || skip 'no cgroup can be made here'
}

# Runs COMMAND in the cgroup NAME below the test's slice.
in_cgroup() { # NAME COMMAND...
	local dir="$cgroup2/$prefix.slice/$1"
	shift
	mkdir -p "$dir"
	bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$dir" "$@"
}

asks() { # CGROUP HOST ADDRESS NAME N
	local n
	for ((n = 0; n < $5; n++)); do
		in_cgroup "$1" nsenter --net="/run/netns/$prefix-$2" dig +tries=1 +time=1 +noedns "@$3" "$4" A \
			>/dev/null 2>&1
	done
	return 0
}

pod=0f2a1b2c-3d4e-5f60-7182-93a4b5c6d7e8
container=3f2a4b5c6d7e8f901122334455667788990011223344556677889900aabbccdd

# An asker of ADDRESS: its "QUERIES FAILED ERRORS".
asker() { # ADDRESS ASKER
	of "$1" ".askers[] | select(.asker == \"$2\") | \"\\(.queries) \\(.failed) \\(.errors)\""
}

test_askers_of_services_and_containers() {
	two_hosts
	needs_cgroups
	resolver server 192.0.2.53
	watch_on client --askers
	asks nginx.service client 192.0.2.53 www.ok.test 3
	asks "kubepods-pod${pod//-/_}.slice/cri-containerd-$container.scope" client 192.0.2.53 no.refused.test 2
	asks cron.service client 192.0.2.54 lost.test 2
	becomes client 192.0.2.54 '.timed_out == 2 or .unsent.host >= 1'
	unwatch client
	[ "$(asker 192.0.2.53 nginx.service)" = '3 0 0' ] || die "nginx: $(of 192.0.2.53 .askers)"
	[ "$(asker 192.0.2.53 "container ${container:0:12} of pod $pod")" = '2 0 2' ] ||
		die "the container: $(of 192.0.2.53 .askers)"
	want_true 192.0.2.53 ".askers | any(.container == \"$container\" and .pod == \"$pod\" and .unit == null)"
	want_true 192.0.2.53 '.askers | any(.asker == "nginx.service" and .unit == "nginx.service" and .container == null)'
	# The worst one comes first, and the askers add up to the row.
	want_true 192.0.2.53 '.askers[0].errors == 2'
	want_true 192.0.2.53 '([.askers[].queries] | add) == .queries and ([.askers[].errors] | add) == .answered.refused'
}

test_askers_of_timeouts_and_forwarded_queries() {
	three_hosts
	needs_cgroups
	on server nft -f - <<<'table inet f { chain i { type filter hook input priority 0; udp dport 53 drop; }; }'
	watch_on client --askers
	asks cron.service client 203.0.113.53 lost.test 3
	becomes client 203.0.113.53 '.timed_out == 3'
	unwatch client
	[ "$(asker 203.0.113.53 cron.service)" = '3 3 0' ] || die "$(of 203.0.113.53 .askers)"
	watch_on router --askers
	asks cron.service client 203.0.113.53 lost.test 2
	becomes router 203.0.113.53 '.timed_out == 2'
	unwatch router
	[ "$(asker 203.0.113.53 forwarded)" = '2 2 0' ] || die "$(of 203.0.113.53 .askers)"
	want_true 203.0.113.53 '.askers | length == 1'
}

# Failures from before the incident are not in it.
test_askers_in_incidents() {
	two_hosts
	needs_cgroups
	resolver server 192.0.2.53
	run_on client --askers
	asks nginx.service client 192.0.2.53 www.ok.test 2
	asks cron.service client 192.0.2.53 no.refused.test 8
	incident_becomes client 192.0.2.53 '.askers | length == 1'
	incident_has client 192.0.2.53 '.askers[0] | .asker == "cron.service" and .unit == "cron.service"
		and .errors >= 1 and .failed == 0' || die "$(incident_of client 192.0.2.53 .askers)"
	page client /api/v1/incidents | jq -c '.open[]' >"$tmp/incident"
	"$dnsreach" report "$tmp/incident" >"$tmp/report" || die 'no report'
	grep -q 'cron.service (0 failed, [0-9]* errors of [0-9]* queries)' "$tmp/report" || die "$(cat "$tmp/report")"
	end_run client
}

# The socket of dig is open while dig waits. A process may name itself as it likes.
test_askers_processes_in_incidents() {
	local i asking=()
	three_hosts
	needs_cgroups
	on server nft -f - <<<'table inet f { chain i { type filter hook input priority 0; udp dport 53 drop; }; }'
	run_on client --askers
	for i in 1 2 3 4; do
		background client dig +tries=1 +time=8 +noedns @203.0.113.53 "lost$i.test" A >/dev/null 2>&1
		asking+=($!)
	done
	incident_becomes client 203.0.113.53 '(.failed | length) == 4'
	incident_has client 203.0.113.53 'all(.failed[]; .process.name == "dig" and .user_id == 0)' ||
		die "$(incident_of client 203.0.113.53 .failed)"
	[ "$(incident_of client 203.0.113.53 '[.failed[].process.pid] | sort | map(tostring) | join(" ")')" = \
		"$(printf '%s\n' "${asking[@]}" | sort -n | paste -sd' ')" ] ||
		die "${asking[*]} are not in $(incident_of client 203.0.113.53 .failed)"
	page client /api/v1/incidents | jq -c '.open[]' >"$tmp/incident"
	"$dnsreach" report "$tmp/incident" >"$tmp/report" || die 'no report'
	tr -s ' \n' ' ' <"$tmp/report" | grep -Eq 'Process (dig \([0-9]+\),? ){4}best effort' || die "$(cat "$tmp/report")"
	end_run client
}

# Without the capability to read other processes' descriptors, users are known and names are not.
test_askers_processes_without_privileges() {
	local i
	three_hosts
	needs_cgroups
	on server nft -f - <<<'table inet f { chain i { type filter hook input priority 0; udp dport 53 drop; }; }'
	background client setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace \
		"$dnsreach" run --config /dev/null --askers >"$tmp/client.out" 2>"$tmp/client.err"
	run_pid=$!
	within 20 'dnsreach run is ready' answers_on client
	for i in 1 2 3 4; do
		background client dig +tries=1 +time=8 +noedns @203.0.113.53 "lost$i.test" A >/dev/null 2>&1
	done
	incident_becomes client 203.0.113.53 '(.failed | length) == 4'
	incident_has client 203.0.113.53 'all(.failed[]; .process == null and .user_id == 0)' ||
		die "$(incident_of client 203.0.113.53 .failed)"
	end_run client
}

# A container's own network namespace: its process is known on the row of origin guest.
test_askers_of_guests() {
	host node pod
	needs_cgroups
	link node vpod pod eth0
	address node vpod 192.0.2.53/24
	address pod eth0 192.0.2.1/24
	resolver node 192.0.2.53
	watch_on node --askers --guests
	asks "kubepods-pod${pod//-/_}.slice/cri-containerd-$container.scope" pod 192.0.2.53 www.ok.test 3
	origin=guest becomes node 192.0.2.53 '.queries == 3'
	unwatch node
	origin=guest want 192.0.2.53 '.askers[0] | "\(.queries) \(.pod) \(.container)"' "3 $pod $container"
}

test_askers_metric() {
	two_hosts
	needs_cgroups
	resolver server 192.0.2.53
	run_on client --askers-metric
	asks nginx.service client 192.0.2.53 www.ok.test 3
	series_becomes client "dnsreach_asker_queries_total{$at53,asker=\"nginx.service\"}" 3
	series_becomes client "dnsreach_asker_failed_total{$at53,asker=\"nginx.service\"}" 0
	end_run client
	run_on client --askers
	asks nginx.service client 192.0.2.53 www.ok.test 1
	series_becomes client "dnsreach_queries_total{$at53}" 1
	page client | grep -q dnsreach_asker_ && die 'the metric is there without --askers-metric'
	end_run client
}

# The helper's number is one that this kernel does not have: what the kernel then says is its own.
test_askers_without_the_helper_of_the_kernel() {
	two_hosts
	resolver server 192.0.2.53
	: >"$tmp/client.json"
	background client env LD_PRELOAD="$root/build/tests/no_cgroup_helper.so" \
		"$dnsreach" watch --json --askers >"$tmp/client.json" 2>"$tmp/client.err"
	watch_pid=$!
	within 15 'dnsreach counts' has_counted client
	ask_times 3 client 192.0.2.53
	becomes client 192.0.2.53 '.answered.noerror == 3'
	unwatch client
	[ "$(grep -c . "$tmp/client.err")" = 1 ] || die "said: $(cat "$tmp/client.err")"
	grep -q -- '--askers: this kernel does not tell the cgroup .*askers are not counted' "$tmp/client.err" ||
		die "said: $(cat "$tmp/client.err")"
	want 192.0.2.53 .askers null
}

test_askers_without_a_cgroup_file_system() {
	two_hosts
	needs_cgroups
	: >"$tmp/client.json"
	background client unshare --mount sh -c \
		"mount -t tmpfs none /sys/fs/cgroup && exec '$dnsreach' watch --json --askers" >"$tmp/client.json" 2>"$tmp/client.err"
	watch_pid=$!
	within 15 'dnsreach counts' has_counted client
	asks nginx.service client 192.0.2.53 www.ok.test 1
	becomes client 192.0.2.53 '.queries == 1'
	unwatch client
	grep -q 'askers: cannot read the cgroup file system' "$tmp/client.err" || die "said: $(cat "$tmp/client.err")"
	want_true 192.0.2.53 '.askers[0].asker | test("^cgroup [0-9]+$")'
}

# One query from each of COUNT cgroups: a socket belongs to the cgroup that its process was in.
ask_from_cgroups() { # HOST ADDRESS COUNT
	mkdir -p "$cgroup2/$prefix.slice/perl"
	on "$1" perl -e 'use Socket;
		my ($dir, $to, $count) = @ARGV;
		my $query = "\x01\0\0\1\0\0\0\0\0\0\3www\2ok\4test\0\0\1\0\1";
		for my $n (1 .. $count) {
			mkdir "$dir/u$n.service" or die "u$n: $!";
			open(my $procs, ">", "$dir/u$n.service/cgroup.procs") or die "u$n: $!";
			print $procs $$;
			close $procs or die "u$n: $!";
			socket(my $s, PF_INET, SOCK_DGRAM, 0) or die "socket: $!";
			send($s, pack("n", $n) . $query, 0, sockaddr_in(53, inet_aton($to))) or die "send: $!";
			select(undef, undef, undef, 0.002);
		}
		open(my $procs, ">", "$dir/perl/cgroup.procs");
		print $procs $$;' "$cgroup2/$prefix.slice" "$2" "$3" || die 'cannot ask from many cgroups'
}

worst_is() { # HOST ADDRESS ASKER: after one more query with an error from it
	asks "$3" "$1" "$2" no.refused.test 1
	shows "$1" "$2" ".askers[0].asker == \"$3\""
}

# More askers than rows. Rows of those that ask no more are used again, and the sums stay.
test_askers_that_are_idle_give_their_rows_back() {
	needs perl
	two_hosts
	needs_cgroups
	resolver server 192.0.2.53
	watch_on client --askers --timeout 1
	ask_from_cgroups client 192.0.2.53 1100
	becomes client 192.0.2.53 '.queries == 1100 and .in_flight == 0'
	asks late.service client 192.0.2.53 no.refused.test 3
	becomes client 192.0.2.53 '.answered.refused == 3'
	shows client 192.0.2.53 '.askers | any(.asker == "late.service")' && die 'late.service has a row'
	within 240 'a row for an asker that is new' worst_is client 192.0.2.53 again.service
	unwatch client
	want_true 192.0.2.53 '([.askers[].queries] | add) == .queries'
	want_true 192.0.2.53 '([.askers[].errors] | add) == .answered.refused'
	want_true 192.0.2.53 '.queries == 1103 + .answered.refused - 3'
	want_true 192.0.2.53 '.askers[0].errors < .answered.refused - 3'
}

# In a page no series has fallen since the page before, and the askers add up to their resolver.
page_adds_up() { # HOST
	touch "$tmp/page"
	mv "$tmp/page" "$tmp/page.before"
	page "$1" >"$tmp/page" || die 'no page'
	judge_page "$tmp/page" "$tmp/page.before" >"$tmp/trouble"
	[ ! -s "$tmp/trouble" ] || die "$(head -n 3 "$tmp/trouble")"
	awk -v at="$at53" 'index($0, "dnsreach_queries_total{" at "}") == 1 { all = $NF }
		index($0, "dnsreach_asker_queries_total{" at ",asker=") == 1 { sum += $NF; series++ }
		END { if (all != sum || series > 21) { print all " queries, " sum " of " series " askers"; exit 1 } }' \
		"$tmp/page" >"$tmp/trouble" || die "$(cat "$tmp/trouble")"
}

gets_a_row() { # HOST ASKER: after one more query from it
	asks "$2" "$1" 192.0.2.53 no.refused.test 1
	page_adds_up "$1"
	page "$1" /api/v1/status | jq -e --arg a "$2" 'any(.resolvers[].askers[]?; .asker == $a)' >/dev/null
}

# Those that have lost their rows stay in the series in which they were.
test_askers_metric_when_rows_are_given_back() {
	needs perl
	two_hosts
	needs_cgroups
	resolver server 192.0.2.53
	run_on client --askers-metric --timeout 1
	asks first.service client 192.0.2.53 www.ok.test 3
	ask_from_cgroups client 192.0.2.53 1100
	within 20 'all are counted' at_least client "dnsreach_queries_total{$at53}" 1103
	gets_a_row client late.service && die 'late.service has a row'
	within 240 'a row for an asker that is new' gets_a_row client again.service
	series_is client "dnsreach_asker_queries_total{$at53,asker=\"first.service\"}" 3 ||
		die 'the first asker has lost its series'
	end_run client
}
