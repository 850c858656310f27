#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# `dnsreach run --otlp`: what a strict receiver gets while real traffic is counted, and that a
# receiver that is away, or no receiver at all, changes nothing in what is counted.

# On HOST, at 192.0.2.53:4318 of its own; its words go to otlp_receiver.
receiver_on() { # HOST [WORDS...]
	local h=$1
	shift
	rm -f "$tmp/port"
	background "$h" "$root/build/tests/otlp_receiver" --listen 192.0.2.53:4318 \
		--port-file "$tmp/port" --verdicts "$tmp/verdicts" --latest "$tmp/latest" "$@"
	receiver_pid=$!
	within 10 'the receiver listens' test -s "$tmp/port"
}

# It ends well only if it found nothing wrong.
end_receiver() {
	kill -TERM "$receiver_pid"
	wait "$receiver_pid" || die "the receiver objects: $(grep -m 5 ' bad ' "$tmp/verdicts")"
}

pushing_on() { # HOST [OPTIONS...]
	local h=$1
	shift
	run_on "$h" --otlp http://192.0.2.53:4318/v1/metrics --otlp-interval 1 "$@"
}

# The latest value received of NAME{attribute=value,...}
received() { # SERIES
	awk -v s="$1" 'index($0, s " ") == 1 { print $NF }' "$tmp/latest" 2>/dev/null
}

received_is() { [ "$(received "$1")" = "$2" ]; }
verdicts_at_least() { [ "$(grep -c " $1 " "$tmp/verdicts")" -ge "$2" ]; }
told_times() { # HOST PATTERN TIMES
	[ "$(grep -cE "$2" "$tmp/$1.err")" = "$3" ] || die "told not $3 times: $2: $(cat "$tmp/$1.err")"
}

of53='origin=host,port=53,resolver=192.0.2.53,transport=udp'

# Every number of the JSON's last line is in what the receiver got last.
received_all() { # JSON-FILE
	local name value count=0
	while read -r name value; do
		count=$((count + 1))
		received_is "$name" "$value" || die "$name: received '$(received "$name")', not $value"
	done < <(tail -n 1 "$1" | jq -r --arg at "$of53" '.resolvers[] | select(.address == "192.0.2.53") |
		def labelled($l): ($at + "," + $l) | split(",") | sort | join(",");
		"dnsreach_queries{\($at)} \(.queries)",
		"dnsreach_responses{\($at)} \(.responses)",
		"dnsreach_transactions{\($at)} \(.transactions)",
		"dnsreach_retransmissions{\($at)} \(.retransmissions)",
		"dnsreach_transactions_timed_out{\($at)} \(.timed_out)",
		"dnsreach_rtt_seconds_count{\($at)} \(.rtt.count)",
		(.answered | to_entries[] |
			"dnsreach_transactions_answered{\(labelled("rcode=" + .key))} \(.value)"),
		(.unreachable | to_entries[] |
			"dnsreach_transactions_unreachable{\(labelled("reason=" + .key))} \(.value)"),
		(.icmp_unreachables | to_entries[] |
			"dnsreach_icmp_unreachables{\(labelled("reason=" + .key))} \(.value)")')
	[ $count = 23 ] || die "$count numbers were compared, not 23"
}

test_otlp_totals_are_those_of_the_json() {
	two_hosts
	resolver server 192.0.2.53
	receiver_on server
	pushing_on client --json --interval 1
	load client 192.0.2.53 3000
	ask_times 3 client 192.0.2.53 a.refused.test
	ask_times 2 client 192.0.2.53 b.nosuch.test
	within 20 'the queries arrive' received_is "dnsreach_queries{$of53}" $((sent + 5))
	within 20 'several requests' verdicts_at_least ok 4
	end_run client
	json=$tmp/client.out
	laws
	want 192.0.2.53 .queries $((sent + 5))
	received_all "$tmp/client.out"
	end_receiver
}

# A receiver by OpenTelemetry's own definitions, which are from npm, kept in build/otlp/.
definitions_on() { # HOST ADDRESS
	local packages='@opentelemetry/otlp-transformer@0.217.0 @opentelemetry/api@1.9.0' modules=$root/build/otlp
	# shellcheck disable=SC2086 # two words
	"$root/tests/npm" "$modules" $packages >"$tmp/npm" 2>&1 || skip "npm cannot fetch $packages: $(tail -n 1 "$tmp/npm")"
	: >"$tmp/verdicts"
	background "$1" node "$root/tests/net/otlp_definitions.js" "$modules/node_modules" "$2" 4318 \
		"$tmp/latest" "$tmp/verdicts" 2>"$tmp/node.err"
	within 20 'the receiver listens' grep -q listens "$tmp/verdicts"
}

# Not by our reading of them.
test_otlp_by_the_definitions_of_opentelemetry() {
	needs npm node
	two_hosts
	resolver server 192.0.2.53
	definitions_on server 192.0.2.53
	pushing_on client --json --interval 1 --askers-metric
	load client 192.0.2.53 3000
	ask_times 3 client 192.0.2.53 a.refused.test
	ask_times 2 client 192.0.2.53 b.nosuch.test
	ask_times 2 client 192.0.2.54
	within 20 'the queries arrive' received_is "dnsreach_queries{$of53}" $((sent + 5))
	! grep -q ^bad "$tmp/verdicts" || die "the definitions object: $(grep -m 3 ^bad "$tmp/verdicts")"
	end_run client
	json=$tmp/client.out
	received_all "$tmp/client.out"
	! grep -q ^bad "$tmp/verdicts" || die "the definitions object: $(grep -m 3 ^bad "$tmp/verdicts")"
	[ "$(grep -c ^ok "$tmp/verdicts")" -ge 2 ] || die "verdicts: $(cat "$tmp/verdicts")"
}

# The comparison must be able to fail: a field that the definitions do not have, and a wrong type.
test_otlp_definitions_object_to_what_is_wrong() {
	needs npm node
	local body wrong
	host client
	definitions_on client 127.0.0.1
	body='{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","sum":{"isMonotonic":true,"dataPoints":[{"asInt":"1","timeUnixNano":"5"}]}}]}]}]}'
	for wrong in '' s/isMonotonic/isMonotone/ 's/"asInt":"1"/"asInt":1/' 's/"a"/7/' 's/true/"true"/'; do
		sed "$wrong" <<<"$body" | gzip |
			on client curl -s -m 10 --data-binary @- http://127.0.0.1:4318/v1/metrics >/dev/null
	done
	[ "$(cut -d' ' -f1 "$tmp/verdicts" | tr '\n' ' ')" = 'listens ok bad bad bad bad ' ] || die "verdicts: $(cat "$tmp/verdicts")"
}

# Gone for a while under traffic: told once and taken back once, and no total is lost.
test_otlp_receiver_away_for_a_while() {
	two_hosts
	resolver server 192.0.2.53
	receiver_on server
	pushing_on client --json --interval 1
	load client 192.0.2.53 500
	before=$sent
	within 20 'the first ones arrive' received_is "dnsreach_queries{$of53}" "$before"
	end_receiver
	load client 192.0.2.53 1000
	within 20 'that it is away is told' grep -q 'OTLP push failed: cannot connect' "$tmp/client.err"
	series_becomes client "dnsreach_queries_total{$at53}" $((before + sent))
	within 10 'what waits grows' at_least client dnsreach_self_push_queue_bytes 1
	receiver_on server --restarts # it remembers nothing of before
	within 60 'all of it arrives' received_is "dnsreach_queries{$of53}" $((before + sent))
	within 10 'its return is told' grep -q 'push to 192.0.2.53:4318 works again' "$tmp/client.err"
	end_run client
	json=$tmp/client.out
	laws
	received_all "$tmp/client.out"
	told_times client 'OTLP push failed' 1
	told_times client 'again$' 1
	end_receiver
}

# Every kind of answer that is no success; in the end everything is there.
test_otlp_a_difficult_receiver() {
	two_hosts
	resolver server 192.0.2.53
	receiver_on server --answers 503,429:retry-after=1,reset,400,partial,502,odd
	pushing_on client
	load client 192.0.2.53 500
	within 60 'it is past its moods' verdicts_at_least 'ok 200' 2
	series_becomes client dnsreach_self_pushes_failed_total 1
	within 20 'the queries arrive' received_is "dnsreach_queries{$of53}" "$sent"
	told_times client 'rejects a part of the metrics \(2 data points\)' 1
	told_times client 'its response is not OTLP' 1
	told_times client 'OTLP push failed' 1
	end_run client
	end_receiver
}

# Somebody else listens there. One sentence, and the counting goes on.
test_otlp_rubbish_for_an_answer() {
	two_hosts
	resolver server 192.0.2.53
	background server socat TCP-LISTEN:4318,bind=192.0.2.53,fork,reuseaddr \
		SYSTEM:'echo 220 mail.example ESMTP; cat >/dev/null'
	pushing_on client
	load client 192.0.2.53 500
	within 20 'several are given up' at_least client dnsreach_self_pushes_failed_total 3
	series_becomes client "dnsreach_queries_total{$at53}" "$sent"
	told_times client 'OTLP push failed: the server at 192.0.2.53:4318 does not speak HTTP' 1
	[ "$(grep -vc 'the BPF maps take' "$tmp/client.err")" = 1 ] || die "more is told: $(cat "$tmp/client.err")"
	end_run client
}

# A receiver known by its name while DNS is silent. Waiting for the name must not stop the
# counting: the page answers and the seconds tick all the while, and the end comes soon.
test_otlp_name_cannot_be_looked_up() {
	two_hosts
	printf 'nameserver 192.0.2.99\noptions timeout:30 attempts:5\n' >"$tmp/resolv.conf"
	ip -n "$prefix-client" neigh add 192.0.2.99 lladdr 02:00:00:00:00:99 dev eth0
	nsenter --net="/run/netns/$prefix-client" unshare --mount --propagation private bash -c "
		mount --bind '$tmp/resolv.conf' /etc/resolv.conf || exit 1
		exec '$dnsreach' run --config /dev/null --json --interval 1 --otlp-interval 1 \
			--otlp http://collector.test:4318/v1/metrics" >"$tmp/client.out" 2>"$tmp/client.err" &
	run_pid=$!
	pids+=("$run_pid")
	within 20 "it is ready: $(cat "$tmp/client.err")" answers_on client
	(counts_while_looking_up) || { # one that stands still does not hear SIGTERM
		kill -KILL "$run_pid"
		exit 1
	}
	wait "$run_pid" || die "it ended with $?: $(cat "$tmp/client.err")"
}

counts_while_looking_up() {
	local lines
	within 40 'the look-up is given up' grep -q 'collector.test:4318' "$tmp/client.err"
	lines=$(grep -c . "$tmp/client.out")
	[ "$lines" -ge 8 ] || die "only $lines ticks in the 10 s that the look-up took"
	page client >/dev/null || die 'the page does not answer'
	within 20 'the look-ups themselves are counted' \
		at_least client 'dnsreach_transactions_total{resolver="192.0.2.99",port="53",transport="udp",origin="host"}' 1
	kill -TERM "$run_pid"
	within 15 'it ends although the look-up does not' ended "$run_pid"
}

ended() { [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; }

# More resolvers than a collector takes in one request: several requests, all of them delivered.
test_otlp_many_resolvers_in_several_requests() {
	two_hosts
	address client eth0 2001:db8::1/64
	address server eth0 2001:db8::53/64
	on client ip -6 route add 2001:db8:bad::/48 via 2001:db8::53
	receiver_on server
	# 10 s: in that time a slow machine delivers a push.
	pushing_on client --otlp-interval 10 --max-resolvers 1300
	on client "$root/build/tests/scan" 2001:db8:bad:: 1300 0 >"$tmp/scan"
	within 20 "they are counted" at_least client dnsreach_self_resolvers 1300
	within 60 'all requests of a push are delivered' at_least client dnsreach_self_pushes_total 8
	series_becomes client dnsreach_self_pushes_failed_total 0
	end_run client
	end_receiver
	! grep -q 'OTLP push failed' "$tmp/client.err" || die "$(cat "$tmp/client.err")"
}
