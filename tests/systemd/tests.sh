#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The unit as it is shipped, under a real systemd. Nothing of it is changed but where a test says
# so, and why; they run in this order, and one may find it running. To be sourced by guest.sh, after
# lib.sh.
# shellcheck disable=SC2154

unit=dnsreach.service
config=/etc/dnsreach.conf
drop_ins=/etc/systemd/system/dnsreach
url=http://127.0.0.1:9753

# ---- surroundings ------------------------------------------------------------------------

# A host with eth0 on a link to another one, and a dummy device.
prepare() {
	ip netns add far
	ip link add eth0 type veth peer name eth0 netns far
	ip address add 192.0.2.1/24 dev eth0
	ip -n far address add 192.0.2.2/24 dev eth0
	ip link add dummy0 type dummy
	ip link set eth0 up
	ip link set dummy0 up
	ip -n far link set eth0 up
	systemd-sysusers
	systemctl daemon-reload
}

begin() {
	began=@$(date +%s.%6N)
}

# A start costs an emulated machine some seconds: what runs as it was shipped goes on running.
end() {
	local path changed=0
	for path in "$config" "$drop_ins".*.d; do
		[ ! -e "$path" ] || changed=1
	done
	! systemctl -q is-active dnsreach.socket || changed=1
	((changed)) || return 0
	systemctl stop dnsreach.socket "$unit" 2>/dev/null
	rm -rf "$config" "$drop_ins".*.d /var/l{ib,og}/dnsreach
	systemctl daemon-reload
	systemctl reset-failed
}

edit() { # edit service|socket LINE...: as `systemctl edit` writes it
	mkdir -p "$drop_ins.$1.d"
	printf '%s\n' "[${1^}]" "${@:2}" >"$drop_ins.$1.d/override.conf"
	systemctl daemon-reload
}

# Waiting costs nothing (run-vm.sh), looking does; and dnsreach itself ticks once a second.
within() { # within SECONDS WHAT COMMAND...
	local i seconds=$1 what=$2
	shift 2
	for ((i = 0; i <= seconds; i++)); do
		! "$@" || return 0
		sleep 1
	done
	die "not within the time: $what"
}

# ---- looking -----------------------------------------------------------------------------

property() { # property NAME
	systemctl show -P "$1" "$unit"
}

is() { # is NAME VALUE: a property of the unit
	[ "$(property "$1")" = "$2" ]
}

start() {
	systemctl start "$unit" || die "it does not start: $(journal | tail -n 1)"
}

pid() {
	property MainPID
}

journal() { # what it has written in this test
	journalctl -q --no-pager -o cat -u "$unit" -t dnsreach --since "$began"
}

tells() { # tells PATTERN
	journal | grep -qE "$1"
}

manager_tells() { # manager_tells PATTERN: what systemd has written about it
	journalctl -q --no-pager -o cat -t systemd -u "$unit" --since "$began" | grep -qE "$1"
}

hooks() { # hooks INTERFACE: how many programs of ours the kernel has there (TCX and clsact)
	local clsact
	clsact=$(for hook in ingress egress; do tc filter show dev "$1" $hook 2>/dev/null; done |
		grep -cE 'count_(queries|outcomes)')
	echo $(($("$root/build/tests/attached" "$1") + clsact))
}

hooked() { # hooked INTERFACE N
	[ "$(hooks "$1")" = "$2" ]
}

hooked_everywhere() { # hooked_everywhere N
	local interface
	for interface in lo dummy0 eth0; do
		hooked "$interface" "$1" || die "$(hooks "$interface") hooks on $interface, not $1"
	done
}

page() { # page [PATH]
	curl -sf -m 20 "$url${1:-/metrics}"
}

answers() {
	page /healthz >/dev/null
}

answers_far() { # to another host, which starts it perhaps
	ip netns exec far curl -sf -m 20 http://192.0.2.1:9753/healthz >/dev/null
}

series() { # series NAME RESOLVER [LABELS]: in a page on stdin
	awk -v s="$1{resolver=\"$2\",port=\"53\",transport=\"udp\",origin=\"host\"${3:-}} " \
		'index($0, s) == 1 { print $NF }'
}

shows() { # shows VALUE NAME RESOLVER [LABELS]
	[ "$(page | series "${@:2}")" = "$1" ]
}

# Queries to a port that nobody listens at; loopback has no limit on ICMP, so each is refused.
# Each test has an address of its own.
ask() { # ask N ADDRESS
	local i
	for ((i = 0; i < $1; i++)); do
		printf '\x12\x34\1\0\0\1\0\0\0\0\0\0\4test\0\0\1\0\1' >"/dev/udp/$2/53"
	done
}

# ---- systemd-resolved ----------------------------------------------------------------------

resolved_config=/etc/systemd/resolved.conf.d/test.conf

# A real unbound on the other host, over UDP, TCP and TLS; nobody trusts its certificate.
tls_server_far() {
	mkdir -p /run/far
	cat >/run/far/unbound.conf <<-CONF
		server:
		  directory: /run/far
		  chroot: ""
		  username: ""
		  pidfile: ""
		  use-syslog: no
		  do-daemonize: no
		  num-threads: 1
		  access-control: 0.0.0.0/0 allow
		  module-config: "iterator"
		  local-zone: "test." nodefault
		  local-zone: "ok.test." redirect
		  local-data: "ok.test. 60 IN A 198.51.100.80"
		  log-queries: yes
		  interface: 192.0.2.2
		  interface: 192.0.2.2@853
		  tls-port: 853
		  tls-service-key: $root/tls.key
		  tls-service-pem: $root/tls.pem
		remote-control:
		  control-enable: no
	CONF
	ip netns exec far unbound -d -c /run/far/unbound.conf 2>/run/far/log &
	far_pid=$!
	within 30 "unbound listens: $(cat /run/far/log)" eval 'ip netns exec far ss -Hltn | grep -q :853'
}

# How many connections the kernel of the other host has accepted.
accepted_far() {
	ip netns exec far cat /proc/net/snmp | awk '$1 == "Tcp:" { n = $7 } END { print n }'
}

resolved() { # yes|opportunistic: DNSOverTLS=
	mkdir -p "${resolved_config%/*}"
	printf '%s\n' '[Resolve]' DNS=192.0.2.2 Domains=~. "DNSOverTLS=$1" DNSSEC=no LLMNR=no MulticastDNS=no \
		Cache=no >$resolved_config
	systemctl restart systemd-resolved || die 'systemd-resolved does not start'
}

ask_resolved() { # N: prints how many were answered
	local i
	for ((i = 0; i < $1; i++)); do
		resolvectl --legend=no query -4 "n$i.ok.test" 2>&1
	done | tee -a /run/far/answers | grep -c 198.51.100.80
}

dot_of() { # EXPRESSION: on the row of the other host's port 853
	page /api/v1/status | jq -r ".resolvers[] | select(.address == \"192.0.2.2\" and .transport == \"dot\") | $1"
}

dot_is() { # CONDITION
	[ "$(dot_of "$1")" = true ]
}

end_resolved() {
	systemctl stop systemd-resolved
	rm -f $resolved_config
	kill "$far_pid"
	wait "$far_pid"
}

# ---- the tests ---------------------------------------------------------------------------

test_installed() {
	local verify
	id dnsreach >/dev/null || die 'systemd-sysusers made no user'
	[ "$(id -u dnsreach)" -lt 1000 ] || die 'not a system user'
	[ "$(getent passwd dnsreach | cut -d : -f 7)" = /usr/sbin/nologin ] || die 'it may log in'
	verify=$(systemd-analyze verify --man=no dnsreach.service dnsreach.socket 2>&1 | grep dnsreach)
	[ -z "$verify" ] || die "systemd-analyze verify: $verify"
	systemctl -q enable dnsreach.service dnsreach.socket || die 'cannot be enabled'
	systemctl -q disable dnsreach.service dnsreach.socket || die 'cannot be disabled'
}

test_starts() {
	local json expected
	start
	is ActiveState active || die "it is $(property ActiveState)"
	hooked_everywhere 2
	json=$(page /api/v1/status) || die 'no answer'
	expected=$(jq -r '(.resolvers | map(select(.address != "other")) | length) as $n
		| (.interfaces | map(.name) | unique | length) as $i
		| "0 healthy, 0 pending, \($n) idle resolvers; \($i) interfaces"' <<<"$json")
	[[ $expected == *'; 3 interfaces' ]] || die "not on three interfaces: $expected"
	within 10 "its status is: $expected" is StatusText "$expected"
}

test_runs_with_few_rights() {
	local status
	start
	status=/proc/$(pid)/status
	[ "$(awk '/^Uid:/ { print $2, $3, $4 }' "$status")" = \
		"$(id -u dnsreach) $(id -u dnsreach) $(id -u dnsreach)" ] || die 'not as its user'
	# CAP_BPF (39) and CAP_NET_ADMIN (12), and no way back to CAP_PERFMON (38).
	for set in CapEff CapPrm; do
		grep -qx "$set:[[:space:]]0000008000001000" "$status" || die "$(grep ^Cap "$status")"
	done
	grep -qx 'NoNewPrivs:[[:space:]]1' "$status" || die "$(grep ^NoNewPrivs "$status")"
	grep -qx 'Seccomp:[[:space:]]2' "$status" || die "$(grep ^Seccomp "$status")"
}

test_exposure_is_small() {
	local exposure
	start
	exposure=$(systemd-analyze security "$unit" |
		sed -nE 's/.*Overall exposure level.*: ([0-9.]+) .*/\1/p')
	awk -v e="${exposure:-10}" 'BEGIN { exit !(e <= 2.0) }' || die "exposure ${exposure:-unknown}"
	echo "$exposure"
}

test_counts_and_serves() {
	local resolver=127.0.0.1
	start
	ask 20 $resolver
	within 20 'the queries are on the page' shows 20 dnsreach_queries_total $resolver
	within 20 'each was refused' \
		shows 20 dnsreach_transactions_unreachable_total $resolver ',reason="port"'
	within 20 'the resolver is down' shows 1 dnsreach_resolver_state $resolver ',state="down"'
	within 10 "the status names it: $(property StatusText)" is StatusText \
		"1 down, 0 degraded, 0 unclear, 0 healthy resolvers; worst: $resolver (port-closed)"
	page /api/v1/status | jq -e --arg a $resolver '.resolvers[] | select(.address == $a) |
		.state == "down" and .cause == "port-closed"' >/dev/null || die 'not so in the JSON'
}

test_tells_incidents_to_the_journal() {
	start
	ask 10 127.0.0.2
	within 20 'the incident is in the journal' tells '127\.0\.0\.2 is down, likely cause port-closed'
	! journal | grep -q '^{' || die "JSON in the journal: $(journal)"
}

test_attaches_to_what_comes_later() {
	start
	ip link add late0 type dummy
	ip link set late0 up
	within 20 'it is attached to late0' hooked late0 2
	ip link delete late0
	within 10 'and still runs' is ActiveState active
	hooked_everywhere 2
}

restarted() { # restarted PID COUNT: it was PID, and systemd had restarted it COUNT times
	is NRestarts $(($2 + 1)) && is ActiveState active && ! is MainPID "$1"
}

test_killed_is_restarted() {
	local before restarts
	start
	before=$(pid) restarts=$(property NRestarts)
	kill -KILL "$before"
	within 60 'systemd starts it again' restarted "$before" "$restarts"
	hooked_everywhere 2
	ask 10 127.0.0.4
	within 20 'each query is counted once' shows 10 dnsreach_queries_total 127.0.0.4
}

# systemd keeps the maps and, with TCX, the attached programs: what is asked meanwhile counts too.
test_restart_and_crash_lose_no_count() {
	local before restarts sent=20
	start
	ask 20 127.0.0.5
	within 20 'the queries are on the page' shows 20 dnsreach_queries_total 127.0.0.5
	systemctl stop "$unit" # gives the counters up
	start
	shows '' dnsreach_queries_total 127.0.0.5 || die 'a stop keeps the counters'
	ask 20 127.0.0.5
	systemctl restart "$unit"
	within 20 'a restart keeps the counters' shows 20 dnsreach_queries_total 127.0.0.5
	before=$(pid) restarts=$(property NRestarts)
	kill -KILL "$before"
	if page | grep -q 'hook="tcx"' || [ "$(hooks lo)" = 2 ]; then
		ask 30 127.0.0.5 # nobody is there but the programs
		sent=50
	fi
	within 60 'systemd starts it again' restarted "$before" "$restarts"
	within 20 'what was asked meanwhile is counted' shows $sent dnsreach_queries_total 127.0.0.5
	! tells 'cannot reuse' || die "$(journal)"
	hooked_everywhere 2
}

test_stops() {
	start
	systemctl stop "$unit"
	# Not so after a stop that took longer than TimeoutStopSec=, or another exit code than 0.
	within 5 'systemd calls it a success' manager_tells 'Deactivated successfully'
	! manager_tells 'timed out' || die 'it had to be killed'
	hooked_everywhere 0
}

# With the 30 s of the unit it is the same, later.
test_hung_is_restarted() {
	local before restarts
	edit service WatchdogSec=5
	systemctl restart "$unit"
	before=$(pid) restarts=$(property NRestarts)
	sleep 12
	is MainPID "$before" || die 'the watchdog has killed one that was alive'
	kill -STOP "$before"
	within 90 'the watchdog finds it, and systemd starts it again' restarted "$before" "$restarts"
	manager_tells 'Watchdog timeout' || die 'it was not the watchdog'
	hooked_everywhere 2
}

test_textfile_and_reload() {
	local file=/var/lib/dnsreach/dnsreach.prom log=/var/log/dnsreach/incidents before
	printf '%s\n' "textfile = $file" 'textfile-interval = 1' "incidents = $log" >"$config"
	start
	ask 10 127.0.0.3
	within 20 'the textfile has them' in_textfile "$file" 127.0.0.3 10
	setpriv --reuid 65534 --regid 65534 --clear-groups cat "$file" >/dev/null ||
		die 'nobody else can read it'
	within 20 'the incident is in its file' test -s "$log"
	before=$(pid)
	mv "$log" "$log.1"
	systemctl reload "$unit" || die 'reload fails'
	within 20 'the file is opened anew' test -e "$log"
	is MainPID "$before" && is ActiveState active || die 'reload has ended it'
	ask 10 127.0.0.3
	systemctl stop "$unit"
	in_textfile "$file" 127.0.0.3 20 || die 'what came last is not in it'
}

in_textfile() { # in_textfile FILE RESOLVER N
	[ -f "$1" ] && [ "$(series dnsreach_queries_total "$2" <"$1")" = "$3" ]
}

test_unix_socket() {
	local socket=/run/dnsreach/http.sock
	echo "listen = unix:$socket" >"$config"
	start
	curl -sf -m 20 --unix-socket "$socket" http://localhost/metrics |
		grep -q '^dnsreach_build_info' || die 'no page there'
	[ "$(stat -c '%a %U %G' "$socket")" = '660 dnsreach dnsreach' ] ||
		die "$(stat -c '%a %U %G' "$socket")"
	! answers || die 'and the port is open as well'
	systemctl stop "$unit"
	[ ! -e "$socket" ] || die 'the socket stays'
}

test_socket_activation() {
	local before
	systemctl stop "$unit"
	systemctl start dnsreach.socket || die 'the socket unit does not start'
	is ActiveState inactive || die 'it runs already'
	hooked_everywhere 0
	page | grep -q '^dnsreach_build_info' || die 'no page'
	is ActiveState active || die 'whoever answered, it was not the unit'
	hooked_everywhere 2
	before=$(pid)
	kill -KILL "$before"
	page >/dev/null || die 'the port was closed while it was away'
	! is MainPID "$before" || die 'the killed one has answered'
	systemctl stop "$unit" 2>/dev/null
	answers || die 'not started again by the next who asks'
}

test_only_this_host_may_ask() {
	echo 'listen = 192.0.2.1:9753, 127.0.0.1:9753' >"$config"
	systemctl restart "$unit"
	answers || die 'this host may not'
	! answers_far || die 'another host may'
	edit service IPAddressAllow=192.0.2.0/24
	systemctl restart "$unit"
	answers_far || die 'the drop-in of docs/daemon.md does not open it'
}

# As docs/daemon.md has it: the port is the socket unit's, and so is who may come.
test_socket_for_other_hosts() {
	local at=(ListenStream= ListenStream=192.0.2.1:9753)
	edit socket "${at[@]}"
	systemctl start dnsreach.socket
	! answers_far || die 'without IPAddressAllow= another host may ask'
	systemctl stop dnsreach.socket
	edit socket "${at[@]}" IPAddressAllow=192.0.2.0/24
	systemctl start dnsreach.socket
	answers_far || die 'the drop-in of docs/daemon.md does not open it'
}

test_wrong_config_is_told() {
	printf 'timeout = 5\nmax-resolvers = many\n' >"$config"
	! systemctl start "$unit" 2>/dev/null || die 'it starts'
	is Result exit-code && is ExecMainStatus 2 ||
		die "$(systemctl show -p Result -p ExecMainStatus "$unit")"
	within 5 'the message is in the journal' tells "^dnsreach: $config:2:17: max-resolvers: 'many'"
	journalctl -q --no-pager -o cat -u "$unit" -p err --since "$began" |
		grep -q "^dnsreach: $config:2:17: " || die 'the journal does not have it as an error'
	sleep 10
	is ActiveState failed && is NRestarts 0 || die 'it is tried again, which cannot help'
	hooked_everywhere 0
}

# All that it asks goes over TLS: each connection that the server accepted is a connect and a session.
test_resolved_over_tls() {
	local before answered
	tls_server_far
	before=$(accepted_far)
	start
	resolved opportunistic
	answered=$(ask_resolved 10)
	[ "$answered" = 10 ] || die "$answered of 10 answered: $(tail -n 3 /run/far/answers)"
	within 20 'the sessions are on the page' dot_is '.sessions.answered >= 1 and .sessions.in_flight == 0'
	dot_is ".connects.established == $(($(accepted_far) - before))" ||
		die "$(($(accepted_far) - before)) accepted: $(dot_of .connects)"
	dot_is '.sessions | .answered == .started and .refused + .closed + .timed_out == 0' ||
		die "sessions: $(dot_of .sessions)"
	dot_is '.sessions.started == .connects.established and .connects.unfollowed == 0' ||
		die "sessions: $(dot_of .sessions), connects: $(dot_of .connects)"
	[ "$(grep -c 'info: 192.0.2.1 n[0-9]*.ok.test. A IN' /run/far/log)" -ge 10 ] || die "$(tail /run/far/log)"
	end_resolved
}

established_since() { # ESTABLISHED ACCEPTED: as many connects as connections, since these were the numbers
	dot_is ".connects.established - $1 == $(accepted_far) - $2"
}

# It does not trust the certificate, and says so within TLS: nobody gets an answer, and the row is fine.
test_resolved_that_does_not_trust() {
	local accepted answered before
	tls_server_far
	accepted=$(accepted_far)
	start
	before=$(dot_of .connects.established)
	resolved yes
	answered=$(ask_resolved 3)
	[ "$answered" = 0 ] || die "$answered of 3 answered: $(tail -n 3 /run/far/answers)"
	[ "$(accepted_far)" -gt "$accepted" ] || die 'it has connected to nobody'
	within 20 'the connects are on the page' established_since "${before:-0}" "$accepted"
	dot_is '.sessions | .refused + .closed + .timed_out == 0' || die "sessions: $(dot_of .sessions)"
	dot_is '.state != "down" and .state != "degraded"' || die "it is $(dot_of .state)"
	end_resolved
}
