#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Live incidents name client, port, message ID and question of transactions that failed: where
# nothing comes back, where an answer is an error, and where a busy resolver is healthy.

# The incident of ADDRESS, as the daemon's page has it.
incident_of() { # HOST ADDRESS EXPRESSION
	page "$1" /api/v1/incidents | jq -r --arg a "$2" \
		"[.open[], .closed[] | select(.resolver.address == \$a)][0] | $3"
}

incident_has() { [ "$(incident_of "$1" "$2" "$3")" = true ]; } # HOST ADDRESS CONDITION

incident_becomes() { # HOST ADDRESS CONDITION
	within 20 "$2: $3; last: $(incident_of "$1" "$2" '{clients, names, failed}')" incident_has "$@"
}

# Queries whose ports and IDs are told, in $tmp/asked: NAME PORT ID.
ask_from_port() { # HOST ADDRESS NAME PORT
	on "$1" dig +tries=1 +time=1 +noedns +qr "@$2" -b "0.0.0.0#$4" "$3" A 2>/dev/null |
		awk -v name="$3" -v port="$4" '/^;; ->>HEADER<<-/ && !done { sub(/.*id: /, ""); print name, port, $1 + 0; done = 1 }' \
			>>"$tmp/asked"
}

# Each failed transaction of the incident is one of those that were asked, and none is missing.
are_all_asked() { # HOST ADDRESS OUTCOME
	diff <(sort "$tmp/asked") \
		<(incident_of "$1" "$2" ".failed[] | select(.outcome == \"$3\") | \"\\(.name) \\(.client_port) \\(.id)\"" | sort) >&2
}

test_failed_silent_resolver_has_clients_and_names() {
	local i
	three_hosts
	run_on client
	on server nft -f - <<<'table inet f { chain i { type filter hook input priority 0; udp dport 53 drop; }; }'
	for i in 1 2 3 4; do
		ask_from_port client 203.0.113.53 "lost$i.test" $((41000 + i))
	done
	incident_becomes client 203.0.113.53 '(.failed | length) == 4'
	are_all_asked client 203.0.113.53 timed_out || die 'not what was asked'
	incident_becomes client 203.0.113.53 '.cause == "silent" and .clients == ["192.0.2.1"]
		and (.names | map(.name) | sort) == ["lost1.test", "lost2.test", "lost3.test", "lost4.test"]
		and all(.failed[]; .qtype == "A" and .client == "192.0.2.1" and .rcode == null)'
	end_run client
}

test_failed_servfail_resolver_has_clients_and_names() {
	local i
	two_hosts
	resolver server 192.0.2.53
	run_on client
	for i in 1 2 3 4; do
		ask_from_port client 192.0.2.53 "n$i.refused.test" $((42000 + i))
	done
	incident_becomes client 192.0.2.53 '(.failed | length) == 4'
	are_all_asked client 192.0.2.53 answered || die 'not what was asked'
	incident_becomes client 192.0.2.53 '.cause == "server-error" and .clients == ["192.0.2.1"]
		and (.names | map(.name) | index("n4.refused.test")) != null
		and all(.failed[]; .rcode == "REFUSED")'
	end_run client
}

# A healthy resolver with thousands of queries a second, and one that is asked seldom and is silent.
test_failed_among_a_busy_healthy_one() {
	local i
	two_hosts
	address server eth0 192.0.2.54/24
	resolver server 192.0.2.53
	on server nft -f - <<<'table inet f { chain i { type filter hook input priority 0; ip daddr 192.0.2.54 udp dport 53 drop; }; }'
	run_on client
	load client 192.0.2.53 5000 -l 12 &
	pids+=($!)
	for i in 1 2 3 4; do
		ask_from_port client 192.0.2.54 "rare$i.test" $((43000 + i))
	done
	incident_becomes client 192.0.2.54 '(.failed | length) == 4'
	are_all_asked client 192.0.2.54 timed_out || die 'not what was asked'
	[ "$(incident_of client 192.0.2.53 .)" = null ] || die 'an incident of the healthy one'
	end_run client
}

# One of a hundred names fails: no other name is listed as failed.
test_failed_names_are_of_failures_only() {
	two_hosts
	resolver server 192.0.2.53
	run_on client
	{
		seq -f 'fine%.0f.ok.test A' 100
		seq -f 'bad%.0f.refused.test A' 300
	} | shuf >"$tmp/mixed"
	on client dnsperf -s 192.0.2.53 -d "$tmp/mixed" -n 20 -Q 1000 >"$tmp/dnsperf" 2>&1
	incident_becomes client 192.0.2.53 '(.failed | length) == 8 and (.names | length) == 8'
	incident_has client 192.0.2.53 'all(.names[].name; endswith(".refused.test"))
		and all(.failed[]; (.name | endswith(".refused.test")) and .outcome == "answered" and .rcode == "REFUSED")' ||
		die "$(incident_of client 192.0.2.53 '{names, failed}')"
	end_run client
}
