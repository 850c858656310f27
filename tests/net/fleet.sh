#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A fleet of thirty hosts with one Prometheus and one Alertmanager, all real: what breaks is told
# once, by the alert that fits, to the right receiver, and is told to be over. And `dnsreach fleet`
# against it, and against servers that are no Prometheus. Needs the lab of tests/fleet/lab.sh.

# shellcheck source=tests/fleet/lab.sh
. "$root/tests/fleet/lab.sh"

# Also kept in build/: of a test that passes nothing is shown.
tell() { tee -a "$root/build/fleet-times.txt"; }

# ---- what the receiver was sent ----------------------------------------------------------

# Alerts of this phase: those that were sent after it began.
phase() {
	phase_from=$(wc -l <"$tmp/notices")
	phase_began=${EPOCHREALTIME/./}
	echo "$1" | tell
}

passed() { # WHAT: and how long after the phase began
	local ms=$(((${EPOCHREALTIME/./} - phase_began) / 1000))
	printf '  %d.%d s: %s\n' $((ms / 1000)) $((ms % 1000 / 100)) "$1" | tell
}

notice() { # RECEIVER STATUS ALERT [JQ-CONDITION]: was it sent in this phase?
	tail -n "+$((phase_from + 1))" "$tmp/notices" | grep "^$1 $2 $3 " | cut -d' ' -f4- |
		jq -es "map(select(${4:-true})) != []" >/dev/null
}

notices() { cut -d' ' -f1-3 "$tmp/notices" | uniq -c; }

noticed() { # RECEIVER STATUS ALERT [JQ-CONDITION]
	within 120 "$1 is told $3 $2 ${4:-}" notice "$@"
	passed "$1 is told $3 $2"
}

# Nothing but these alerts began in this phase, for anybody; that one of the phase before has ended may
# be told a moment later. `for:` has passed since the first.
only() { # ALERT...
	local told
	sleep "$((${fleet_for%s} + 5))"
	told=$(tail -n "+$((phase_from + 1))" "$tmp/notices" | awk '$2 == "firing" { print $3 }' |
		sort -u | xargs)
	[ "$told" = "$*" ] || die "told: $told; should be: $*; all: $(notices)"
}

# Prometheus itself, too: what inhibition hides must not have been what kept it quiet.
never_fired() { # ALERT-PATTERN: since the phase began
	local got seconds=$(((${EPOCHREALTIME/./} - phase_began) / 1000000))
	got=$(fleet_query "count by (alertname) (max_over_time(ALERTS{alertname=~\"$1\",alertstate=\"firing\"}[${seconds}s]))")
	[ -z "$got" ] || die "fired within $seconds s: $(fleet_query_text "ALERTS{alertname=~\"$1\"}")"
}

# Alertmanager has no alert left, and whoever was told that one fires is told that it is over.
nothing_is_left_to_tell() {
	[ "$(on lan curl -sf -m 5 "$fleet_alertmanager/api/v2/alerts" | jq length)" = 0 ] &&
		jq -Rne '[inputs | capture("^(?<to>[^ ]+) (?<status>[^ ]+) [^ ]+ (?<alert>.*)$") |
			{key: "\(.to) \(.alert | fromjson.labels)", value: .status}] |
			from_entries | all(. == "resolved")' "$tmp/notices" >/dev/null
}

fleet_query_text() {
	on lan promtool query instant "$fleet_prometheus" "$1"
}

amtool_lists() { # ALERT JQ-CONDITION: Alertmanager's own tool sees it active
	on lan amtool --alertmanager.url="$fleet_alertmanager" --output=json alert query "alertname=$1" |
		jq -e "map(select(.status.state == \"active\") | select($2)) != []" >/dev/null
}

asked() { # EXIT-CODE JQ-CONDITION: of `dnsreach fleet`
	local code=0
	fleet_ask || code=$?
	[ "$code" = "$1" ] && jq -e "$2" "$tmp/fleet.json" >/dev/null
}

say() { # EXIT-CODE JQ-CONDITION
	within 120 "dnsreach fleet exits with $1 and says $2" asked "$1" "$2"
	passed "dnsreach fleet: $(jq -r .status "$tmp/fleet.json")"
}

# `dnsreach fleet` is no later than Prometheus: once that has it, the very next answer has it too.
named_at_once() { # ADDRESS
	local seen="sum(dnsreach_resolver_state{resolver=\"$1\",state=~\"degraded|down\"})"
	local asked="sum(dnsreach_resolver_state{resolver=\"$1\",state=~\"healthy|degraded|down\"})"
	within 120 "half of the hosts tell Prometheus that $1 fails" fleet_value_is 1 "$seen >= bool $asked / 2"
	fleet_names "$1" || die "dnsreach fleet does not name $1: $(cat "$tmp/fleet.json" "$tmp/fleet.err")"
	passed "dnsreach fleet names it: $(jq -r .status "$tmp/fleet.json")"
}

# ---- the phases --------------------------------------------------------------------------

port_is_closed() {
	phase 'the port of 192.0.2.251 is closed'
	fleet_close_port 1
	named_at_once 192.0.2.251
	say 2 '.resolvers[0] | .address == "192.0.2.251" and .fails_for == "fleet" and .cause == "port-closed"'
	noticed pager firing DnsreachResolverFailing \
		'.labels.resolver == "192.0.2.251" and .annotations.cause == "port-closed"'
	within 30 'amtool lists it' amtool_lists DnsreachResolverFailing '.labels.resolver == "192.0.2.251"'
	only DnsreachResolverFailing
	# Three hosts ask nobody else: they have no working resolver, and are not the odd ones.
	never_fired 'DnsreachHostFailing|DnsreachResolverSilent|DnsreachResolverFailingOnHost|DnsreachResolverFailingForPart'
	say 2 '.odd_hosts == [] and .resolvers[0].hosts_failing == 30'
	fleet_open_port 1
	passed 'it works again'
	noticed pager resolved DnsreachResolverFailing
	say 0 '.status == "OK"'
}

packets_are_dropped() {
	phase 'packets to 192.0.2.252 are dropped'
	fleet_drop ip daddr 192.0.2.252
	named_at_once 192.0.2.252
	noticed pager firing DnsreachResolverFailing '.labels.resolver == "192.0.2.252"'
	within 60 'the cause is silent' amtool_lists DnsreachResolverFailing \
		'.labels.resolver == "192.0.2.252" and .annotations.cause == "silent"'
	say 2 '.resolvers[0] | .address == "192.0.2.252" and .cause == "silent"'
	only DnsreachResolverFailing
	never_fired 'DnsreachHostFailing|DnsreachResolverSilent|DnsreachResolverFailingOnHost|DnsreachResolverFailingForPart'
	fleet_drop_no_more
	passed 'it works again'
	noticed pager resolved DnsreachResolverFailing
	say 0 '.status == "OK"'
}

one_host_is_cut_off() {
	phase 'packets of 192.0.2.7 are dropped'
	fleet_drop ip saddr 192.0.2.7
	noticed pager firing DnsreachHostFailing '.labels.instance == "192.0.2.7:9753"'
	say 1 '(.odd_hosts | map(.instance)) == ["192.0.2.7:9753"] and all(.resolvers[]; .hosts_failing == 1)'
	only DnsreachHostFailing
	never_fired 'DnsreachResolverFailing|DnsreachResolverFailingForPart'
	fleet_drop_no_more
	passed 'it works again'
	noticed pager resolved DnsreachHostFailing
	say 0 '.status == "OK"'
	# The last of its resolvers to recover was no longer inhibited: that is still of this phase.
	within 60 "all is told: $(notices)" nothing_is_left_to_tell
}

one_agent_is_killed() {
	phase 'dnsreach on 192.0.2.9 is killed'
	kill -KILL "${fleet_daemon_pid[9]}"
	say 1 '(.missing_hosts | map(.instance)) == ["192.0.2.9:9753"] and .hosts == 29 and .odd_hosts == []'
	noticed operators firing DnsreachAgentMissing '.labels.instance == "192.0.2.9:9753"'
	only DnsreachAgentMissing
	fleet_daemon 9
	passed 'it runs again'
	noticed operators resolved DnsreachAgentMissing
	say 0 '.status == "OK" and .hosts == 30'
}

# What Prometheus itself says of a wrong matcher is passed on.
a_wrong_matcher_is_told() {
	local code=0
	on lan "$dnsreach" fleet --prometheus "$fleet_prometheus" --match 'dc=' >"$tmp/out" 2>"$tmp/err" || code=$?
	[ "$code$(cat "$tmp/out")" = 3 ] || die "exit code $code: $(cat "$tmp/out")"
	grep -q 'parse error.*(bad_data, HTTP 400)' "$tmp/err" || die "not told: $(cat "$tmp/err")"
	code=0
	on lan "$dnsreach" fleet --prometheus "$fleet_prometheus" --match 'job="none"' 2>"$tmp/err" || code=$?
	[ $code = 3 ] || die "no data: exit code $code"
	grep -q 'no metrics of dnsreach that --match leaves' "$tmp/err" || die "not told: $(cat "$tmp/err")"
}

# From now on, so that no number of before changes.
one_host_asks_by_tcp() {
	# shellcheck disable=SC2016 # $0 is the resolver
	background h4 bash -c 'while :; do dig +tcp +tries=1 +time=2 "@$0" n1.ok.test >/dev/null; sleep 0.3; done' \
		"${fleet_resolvers[2]}"
	within 60 'Prometheus has its connects' fleet_value_is 1 \
		'sum(rate(dnsreach_connect_seconds_bucket[1m])) > bool 0'
}

# Each query of the dashboard, and each of its variables, with what Grafana puts in.
dashboard_finds_data() {
	local dashboard=$root/deploy/grafana/dnsreach.json expr label metric empty=0 count=0 all
	all=$(jq '[.panels[].targets[]?, (.templating.list[] | select(.type != "datasource"))] | length' "$dashboard")
	while IFS= read -r expr; do
		count=$((count + 1))
		[ -n "$(fleet_query "$expr")" ] || { echo "no data: $expr" && empty=1; }
	done < <(jq -r '.panels[].targets[]?.expr | gsub("\\$__rate_interval"; "1m") | gsub("\\$[a-z]+"; ".*")' "$dashboard")
	while IFS=$'\t' read -r metric label; do
		count=$((count + 1))
		[ -n "$(fleet_query "group by ($label) ($metric) and on ($label) group by ($label) ({$label!=\"\"})")" ] ||
			{ echo "no values of $label: $metric" && empty=1; }
	done < <(jq -r '.templating.list[] | select(.type == "query") | .query.query | gsub("\\$[a-z]+"; ".*") |
		capture("^label_values\\((?<metric>.*), (?<label>[a-z]+)\\)$") | [.metric, .label] | @tsv' "$dashboard")
	# A variable with fixed values: Grafana puts in the one that is chosen at first.
	while IFS=$'\t' read -r label expr; do
		count=$((count + 1))
		[ -n "$(fleet_query "dnsreach_resolver_state{$label=~\"$expr\"}")" ] ||
			{ echo "no data: $label=~\"$expr\"" && empty=1; }
	done < <(jq -r '.templating.list[] | select(.type == "custom") | [.name, .current.value] | @tsv' "$dashboard")
	[ $count = "$all" ] || die "$count of the dashboard's $all queries were understood"
	echo "the dashboard's $count queries were asked"
	[ $empty = 0 ] || die 'the dashboard lacks data'
}

test_fleet_of_thirty_hosts() {
	needs prometheus
	fleet_lab 30
	: >"$root/build/fleet-times.txt"
	fleet_times | tell
	a_wrong_matcher_is_told
	port_is_closed
	packets_are_dropped
	one_host_is_cut_off
	one_agent_is_killed
	[ -z "$(fleet_query 'ALERTS{alertstate="firing"}')" ] || die "still firing: $(fleet_query_text ALERTS)"
	within 20 'all hosts are scraped' fleet_value_is 30 'count(up == 1)'
	one_host_asks_by_tcp
	say 0 '.status == "OK" and .hosts == 30'
	dashboard_finds_data
}

# ---- guests ------------------------------------------------------------------------------

fleet_of_node_says() { # EXIT-CODE JQ-CONDITION
	local code=0
	on node "$dnsreach" fleet --prometheus "$fleet_prometheus" --json >"$tmp/fleet.json" 2>"$tmp/fleet.err" || code=$?
	[ $code = "$1" ] && jq -e "$2" "$tmp/fleet.json" >"$tmp/fleet.jq"
}

# The endpoint is healthy for the host itself, which has a working resolver.
test_fleet_names_what_fails_for_guests() {
	needs prometheus
	same_node "chain forward { type filter hook forward priority 0; udp sport 53 drop; }"
	resolver dns 10.244.1.53 fd00:1::53
	printf 'guests = auto\ntimeout = 1\n' >"$tmp/conf"
	background node "$dnsreach" run --config "$tmp/conf" >"$tmp/node.out" 2>"$tmp/node.err"
	within 20 'dnsreach run is ready' answers_on node
	printf 'global: {scrape_interval: 1s}\nscrape_configs: [{job_name: dnsreach, static_configs: [{targets: ["%s"]}]}]\n' \
		127.0.0.1:9753 >"$tmp/prometheus.yml"
	background node prometheus --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/prometheus" \
		--web.listen-address=127.0.0.1:9090 --log.level=warn >"$tmp/prometheus.log" 2>&1
	ask_the_service
	(within 60 'it names both addresses of the service, and no other' fleet_of_node_says 1 \
		'([.resolvers[] | select(.fails_for == "hosts" and .origin == "guest" and .cause == "silent").address] | sort) ==
			["10.96.0.10", "fd00:96::10"] and ([.resolvers[] | select(.fails_for == null and .origin == "host").address] |
			sort) == ["10.244.1.53", "fd00:1::53"] and (.resolvers | length) == 4 and .odd_hosts == []') ||
		die "$(cat "$tmp/fleet.json" "$tmp/fleet.err")"
	on node "$dnsreach" fleet --prometheus "$fleet_prometheus" >"$tmp/fleet"
	grep -q '^10\.96\.0\.10 (guests) ' "$tmp/fleet" || die "$(cat "$tmp/fleet")"
}

# ---- the demo ----------------------------------------------------------------------------

# Its processes have the directory for its files in their environment.
demo_left() {
	ls "$tmp/demo"
	ip netns list | grep "^dr$demo_pid-"
	grep -lzsF "TMPDIR=$tmp/demo" /proc/[0-9]*/environ
}

# What is killed at its end needs a moment to be gone.
demo_left_nothing() {
	within 10 'nothing is left of the demo' demo_is_gone
}

demo_is_gone() { ! demo_left | grep .; }

demo() { # [SECONDS]: as from a terminal, in a session of its own, where SIGINT is not ignored
	mkdir -p "$tmp/demo"
	WITHIN=${1:-86400} TMPDIR=$tmp/demo setsid env --default-signal=INT,QUIT "$root/tests/fleet-demo" 6 >"$tmp/demo.out" 2>&1 &
	demo_pid=$!
	pids+=("$demo_pid")
}

test_fleet_demo_leaves_nothing() {
	local signal
	needs prometheus # in a guest; the demo asks for the rest
	demo
	wait $demo_pid || die "the demo ended with $?: $(cat "$tmp/demo.out")"
	grep -E '^dnsreach fleet named 192.0.2.25[123] [0-9.]+ s after the break.$' "$tmp/demo.out" ||
		die "it names nothing: $(cat "$tmp/demo.out")"
	demo_left_nothing
	demo 0
	wait $demo_pid && die 'whatever time it takes, it is content'
	grep -q '^fleet-demo: that is too late: it is to be named within 0 s$' "$tmp/demo.out" ||
		die "not told: $(cat "$tmp/demo.out")"
	demo_left_nothing
	for signal in INT TERM; do
		demo
		within 60 'the demo has begun' test -e "/run/netns/dr$demo_pid-h2"
		kill -$signal -- -$demo_pid
		wait $demo_pid
		demo_left_nothing
	done
}

# ---- servers that are no Prometheus ------------------------------------------------------

# A server on `a` that writes down what it is asked, and answers everything with $tmp/response.
fleet_fake() {
	printf '%s\n' "sed '/^\\r*\$/q' >>$tmp/asked" "cat $tmp/response" 'sleep 0.2' >"$tmp/fake"
	: >"$tmp/response"
	background a socat TCP-LISTEN:9090,bind=127.0.0.1,fork,reuseaddr "EXEC:bash $tmp/fake" 2>/dev/null
	within 10 'socat listens' on a bash -c ': </dev/tcp/127.0.0.1/9090'
}

unknown() { # WORDS: one line with these words on standard error, nothing else, and exit code 3
	local code=0
	on a "$dnsreach" fleet --prometheus http://127.0.0.1:9090 --timeout 20 >"$tmp/out" 2>"$tmp/err" || code=$?
	[ $code = 3 ] || die "exit code $code: $(cat "$tmp/err")"
	[ ! -s "$tmp/out" ] || die "on standard output: $(cat "$tmp/out")"
	[ "$(wc -l <"$tmp/err")" = 1 ] || die "not one line: $(cat "$tmp/err")"
	grep -qF -- "$1" "$tmp/err" || die "not '$1' but: $(cat "$tmp/err")"
	! grep -q $'[\x01-\x08\x0b-\x1f]' "$tmp/err" || die "control characters: $(cat -A "$tmp/err")"
}

with_body() { # STATUS BODY: as a response, in $tmp/response
	printf 'HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s' "$1" "${#2}" "$2" >"$tmp/response"
}

test_fleet_without_a_prometheus() {
	host a
	unknown 'Connection refused'
	fleet_fake
	with_body '200 OK' '{"status":"success","data":{"resultType":"vector","result":[]}}'
	unknown 'no metrics of dnsreach'
	with_body '400 Bad Request' $'{"status":"error","errorType":"bad_data","error":"parse \\u001b[2Jerror"}'
	unknown 'parse ?[2Jerror (bad_data, HTTP 400)'
	with_body '200 OK' '<html>It works!</html>'
	unknown 'base URL'
	with_body '401 Unauthorized' 'who are you?'
	unknown '--header-file'
	printf 'SSH-2.0-OpenSSH_9.2\r\n' >"$tmp/response"
	unknown 'HTTP'
	{
		printf 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'
		head -c 40000000 /dev/zero
	} >"$tmp/response"
	unknown 'larger than'
	printf 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{' >"$tmp/response"
	unknown '127.0.0.1:9090'
}

test_fleet_sends_headers_and_escapes() {
	local sample='{"metric":{"dnsreach_fleet":"state","job":"j","instance":"\u001b[2Jh\n","resolver":"192.0.2.53\u0007","port":"53","transport":"udp","state":"down"},"value":[1763630000,"1"]}'
	host a
	fleet_fake
	printf '# a comment\nAuthorization: Bearer s3cret\nX-Scope-OrgID: dns\n' >"$tmp/headers"
	printf 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"status":"success","data":{"resultType":"vector","result":[%s]}}' \
		"$sample" >"$tmp/response"
	local code=0
	on a "$dnsreach" fleet --prometheus http://127.0.0.1:9090/prom/ --header-file "$tmp/headers" \
		--match 'dc="a b"' --timeout 20 >"$tmp/out" 2>"$tmp/err" || code=$?
	# All that the only host asks fails.
	[ $code = 2 ] || die "exit code $code: $(cat "$tmp/out" "$tmp/err")"
	grep -q '^DNS FLEET CRITICAL - .*; 1 host has no working resolver$' "$tmp/out" || die "said: $(cat "$tmp/out")"
	grep -q '^GET /prom/api/v1/query?timeout=20000ms&query=[A-Za-z0-9%._~-]* HTTP/1.1' "$tmp/asked" ||
		die "asked: $(cat "$tmp/asked")"
	grep -q '%2Cdc%3D%22a%20b%22' "$tmp/asked" || die "no matcher: $(cat "$tmp/asked")"
	grep -q '^Authorization: Bearer s3cret' "$tmp/asked" || die "no token: $(cat "$tmp/asked")"
	grep -q '^X-Scope-OrgID: dns' "$tmp/asked" || die "no second header: $(cat "$tmp/asked")"
	grep -qF '?[2Jh?' "$tmp/out" || die "not shown: $(cat -A "$tmp/out")"
	! grep -q $'[\x01-\x08\x0b-\x1f]' "$tmp/out" || die "control characters: $(cat -A "$tmp/out")"

	printf 'no header\n' >"$tmp/headers"
	code=0
	on a "$dnsreach" fleet --prometheus http://127.0.0.1:9090 --header-file "$tmp/headers" 2>"$tmp/err" || code=$?
	[ $code = 3 ] || die "exit code $code"
	grep -q 'headers:1: ' "$tmp/err" || die "not named: $(cat "$tmp/err")"
	! grep -q 'no header' "$tmp/err" || die 'the secret file is shown'
}
