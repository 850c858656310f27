#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A fleet on one machine, for the tests and the demo: many hosts, each a network namespace with its
# own dnsreach and its own queries; three real resolvers on the same bridge; one Prometheus that
# scrapes them all, with the rules and the example configurations that are shipped; an Alertmanager,
# and a receiver that writes down what it is sent. Needs tests/net/lib.sh, and set_up first.
#
# What is shipped is changed in one way only, by fleet_sed() below: times are made shorter. Who
# uses the lab prints fleet_times() beside the times it measures.

fleet_resolvers=(192.0.2.251 192.0.2.252 192.0.2.253)
fleet_for=10s # of every alert, where the rules have minutes
fleet_prometheus=http://127.0.0.1:9090
fleet_alertmanager=http://127.0.0.1:9093

# ---- hosts, resolvers, traffic -----------------------------------------------------------

fleet_host_address() { echo "192.0.2.$1"; }

# The first three hosts ask the first resolver only, all others ask all three.
fleet_asks() { # HOST-NUMBER
	if [ "$1" -le 3 ]; then
		echo "${fleet_resolvers[0]}"
	else
		echo "${fleet_resolvers[@]}"
	fi
}

fleet_pairs() { echo $((3 + 3 * (fleet_hosts - 3))); } # of host and resolver

fleet_port() { # HOST ADDRESS: on the bridge
	host "$1"
	link "$1" eth0 lan "p-$1"
	ip -n "$prefix-lan" link set "p-$1" master br0
	address "$1" eth0 "$2/24"
}

fleet_network() { # HOSTS
	local n
	fleet_hosts=$1
	: >"$tmp/fleet.json"
	host lan
	ip -n "$prefix-lan" link add br0 type bridge || die 'cannot make a bridge'
	ip -n "$prefix-lan" link set br0 up
	address lan br0 192.0.2.254/24
	for n in 1 2 3; do
		fleet_port "r$n" "${fleet_resolvers[n - 1]}"
	done
	for ((n = 1; n <= fleet_hosts; n++)); do
		fleet_port "h$n" "$(fleet_host_address "$n")"
	done
}

# Two queries a second from each host to each of its resolvers: names that change.
fleet_traffic() {
	local n a
	seq -f 'n%.0f.ok.test A' 100 >"$tmp/fleet-names"
	for ((n = 1; n <= fleet_hosts; n++)); do
		for a in $(fleet_asks "$n"); do
			background "h$n" dnsperf -s "$a" -d "$tmp/fleet-names" -Q 2 -c 1 -T 1 -t 2 \
				-O suppress=timeout,unexpected -l 3600 >/dev/null 2>&1
		done
	done
}

# ---- dnsreach ----------------------------------------------------------------------------

fleet_daemon_answers() { # HOST-NUMBER
	on lan curl -sf -m 2 "http://$(fleet_host_address "$1"):9753/healthz" >/dev/null
}

fleet_daemon_pid=()

fleet_daemon() { # HOST-NUMBER
	background "h$1" "$dnsreach" run --config /dev/null -i eth0,lo --max-resolvers 16 \
		--max-in-flight 1024 --listen "$(fleet_host_address "$1"):9753" \
		>"$tmp/h$1.out" 2>"$tmp/h$1.err"
	fleet_daemon_pid[$1]=$!
}

# A few at a time: loading the BPF programs is work.
fleet_daemons() {
	local n
	for ((n = 1; n <= fleet_hosts; n++)); do
		fleet_daemon "$n"
		[ $((n % 5)) -ne 0 ] || within 60 "dnsreach on h$n: $(cat "$tmp/h$n.err")" fleet_daemon_answers "$n"
	done
	for ((n = 1; n <= fleet_hosts; n++)); do
		within 60 "dnsreach on h$n: $(cat "$tmp/h$n.err")" fleet_daemon_answers "$n"
	done
}

# ---- Prometheus and Alertmanager ---------------------------------------------------------

# The one change to what is shipped: shorter times, and where the files are.
fleet_sed() {
	sed -E -e "s/^( *for:) .*/\1 $fleet_for/" \
		-e 's/^( *(interval|scrape_interval|evaluation_interval|group_wait|group_interval):) .*/\1 1s/' \
		-e "s|targets/dnsreach/[*][.]yml|$tmp/targets.yml|"
}

fleet_times() {
	echo "(The scrapes and the rules are 1 s apart; 'for:' is $fleet_for in each alert, group_wait and"
	echo ' group_interval are 1 s; the rules shipped have minutes there. Nothing else was changed.)'
}

fleet_config() {
	local n file
	for file in recording.rules alerts.rules prometheus.example alertmanager.example; do
		fleet_sed <"$root/deploy/prometheus/$file.yml" >"$tmp/$file.yml"
	done
	{
		echo '- targets:'
		for ((n = 1; n <= fleet_hosts; n++)); do
			echo "  - $(fleet_host_address "$n"):9753"
		done
	} >"$tmp/targets.yml"
	promtool check config "$tmp/prometheus.example.yml" >"$tmp/promtool.log" 2>&1 ||
		die "promtool: $(cat "$tmp/promtool.log")"
	amtool check-config "$tmp/alertmanager.example.yml" >"$tmp/amtool.log" 2>&1 ||
		die "amtool: $(cat "$tmp/amtool.log")"
}

fleet_monitoring() {
	fleet_config
	: >"$tmp/notices"
	FLEET_NOTICES=$tmp/notices background lan socat TCP-LISTEN:9199,bind=127.0.0.1,fork,reuseaddr \
		"EXEC:$root/tests/fleet/receive"
	background lan prometheus-alertmanager --config.file="$tmp/alertmanager.example.yml" \
		--storage.path="$tmp/alertmanager" --web.listen-address=127.0.0.1:9093 \
		--cluster.listen-address= --log.level=warn >"$tmp/alertmanager.log" 2>&1
	background lan prometheus --config.file="$tmp/prometheus.example.yml" \
		--storage.tsdb.path="$tmp/prometheus" --storage.tsdb.retention.time=1h \
		--web.listen-address=127.0.0.1:9090 --log.level=warn >"$tmp/prometheus.log" 2>&1
	within 60 "Prometheus is ready: $(tail -n 3 "$tmp/prometheus.log")" \
		on lan curl -sf -m 2 -o /dev/null "$fleet_prometheus/-/ready"
	within 60 "Alertmanager is ready: $(tail -n 3 "$tmp/alertmanager.log")" \
		on lan curl -sf -m 2 -o /dev/null "$fleet_alertmanager/-/ready"
}

# ---- the whole ---------------------------------------------------------------------------

fleet_lab() { # HOSTS: all of it, until each host's view of each resolver is in Prometheus
	local n
	needs prometheus prometheus-alertmanager promtool amtool
	fleet_network "$1"
	for n in 1 2 3; do
		resolver "r$n" "${fleet_resolvers[n - 1]}"
		fleet_resolver_pid[n]=$!
	done
	fleet_daemons
	fleet_traffic
	fleet_monitoring
	within 120 'all hosts see all resolvers healthy' fleet_value_is "$(fleet_pairs)" \
		'sum(dnsreach_resolver_state{state="healthy"})'
}

fleet_resolver_pid=()

# ---- breaking things ---------------------------------------------------------------------

fleet_close_port() { # RESOLVER-NUMBER
	kill "${fleet_resolver_pid[$1]}"
	wait "${fleet_resolver_pid[$1]}" 2>/dev/null
}

fleet_open_port() { # RESOLVER-NUMBER
	resolver "r$1" "${fleet_resolvers[$1 - 1]}"
	fleet_resolver_pid[$1]=$!
}

fleet_drop() { # nft-words...: DNS packets like these vanish on the bridge
	on lan nft -f - <<-NFT || die 'nft failed'
		table bridge fleet {
			chain forward {
				type filter hook forward priority 0
				$* udp dport 53 drop
			}
		}
	NFT
}

fleet_drop_no_more() {
	on lan nft delete table bridge fleet || die 'nft failed'
}

# ---- questions ---------------------------------------------------------------------------

# The values of an instant query, one a line; nothing for an empty answer.
fleet_query() { # PROMQL
	on lan curl -sf -m 10 --get --data-urlencode "query=$1" "$fleet_prometheus/api/v1/query" |
		jq -r 'if .data.resultType == "scalar" then .data.result[1] else .data.result[].value[1] end'
}

fleet_value_is() { # VALUE PROMQL
	[ "$(fleet_query "$2")" = "$1" ]
}

# `dnsreach fleet` where Prometheus is. Its output in $tmp/fleet.json, its exit code in $?.
fleet_ask() {
	on lan "$dnsreach" fleet --prometheus "$fleet_prometheus" --json --window 10s \
		>"$tmp/fleet.json" 2>"$tmp/fleet.err"
}

# Does `dnsreach fleet` say that this resolver fails for the fleet?
fleet_names() { # ADDRESS
	fleet_ask
	jq -es --arg a "$1" 'any(.[].resolvers[]; .address == $a and .fails_for == "fleet")' \
		"$tmp/fleet.json" >/dev/null 2>&1
}
