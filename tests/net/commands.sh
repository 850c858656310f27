#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What people see and type: bad input, the table on a terminal, finite runs.

# OUTPUT-PATTERN EXIT-CODE COMMAND...: one sentence on stderr, this code, nothing attached
refuses() {
	local pattern=$1 code=$2 got
	shift 2
	on client "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	[ $got = "$code" ] || die "'$*' ended with $got, should be $code: $(cat "$tmp/err")"
	grep -qE -- "$pattern" "$tmp/err" || die "'$*' said: $(cat "$tmp/err")"
	[ ! -s "$tmp/out" ] || die "'$*' wrote to stdout: $(cat "$tmp/out")"
	[ "$(attached_on client lo)" = 0 ] || die "'$*' left something attached"
}

test_bad_input() {
	host client
	refuses 'eth9.*no such interface' 1 "$dnsreach" watch -i eth9
	refuses "'0' is not a port" 2 "$dnsreach" watch --port 0
	refuses "'.53' is not a port" 2 "$dnsreach" watch --port +53
	refuses "'65536' is not a port" 2 "$dnsreach" watch --port 53,65536
	refuses "'0' is not a whole number" 2 "$dnsreach" watch --interval 0
	refuses "'0' is not a number of seconds" 2 "$dnsreach" watch --timeout 0
	refuses "'nan' is not a number of seconds" 2 "$dnsreach" watch --timeout nan
	refuses "'-1' is not a whole number" 2 "$dnsreach" watch --count -1
	refuses "'0' is not a whole number" 2 "$dnsreach" watch --max-resolvers 0
	refuses "'0' is not a whole number" 2 "$dnsreach" watch --max-in-flight 0
	refuses "'101' is not a percentage" 2 "$dnsreach" watch --failure-threshold 101
	refuses "'dns.example' is not an IP address" 2 "$dnsreach" watch --resolver dns.example
	refuses "'fe80::1' needs its interface" 2 "$dnsreach" watch --resolver fe80::1
	refuses '--port: at most 8 ' 2 "$dnsreach" watch --port 1,2,3,4,5,6,7,8,9
	refuses 'it names nothing' 2 "$dnsreach" watch -i ''
	refuses 'unrecognized option' 2 "$dnsreach" watch --colour
	refuses "'eth0' is not an option" 2 "$dnsreach" watch eth0
	refuses "no command 'wach'" 2 "$dnsreach" wach
	refuses "no command 'wach'" 2 "$dnsreach" help wach
	refuses "'prometheus' is not a URL of http:// .*http://localhost:9090" 3 "$dnsreach" fleet --prometheus prometheus
	refuses "doesn't allow an argument" 2 "$dnsreach" watch --version=3
	refuses 'Usage' 2 "$dnsreach"
}

# Each command has its help under three names, and the version under two.
test_help_and_version() {
	local command option
	host client
	for command in watch run replay report check fleet detach version; do
		on client "$dnsreach" help $command >"$tmp/help"
		head -n 1 "$tmp/help" | grep -q "^Usage: dnsreach $command" || die "help $command: $(cat "$tmp/help")"
		on client "$dnsreach" $command --help | cmp - "$tmp/help" || die "$command --help is another help"
		for option in -V --version; do
			on client "$dnsreach" $command $option >"$tmp/out"
			grep -qE '^dnsreach [0-9.]+$' "$tmp/out" || die "$command $option: $(cat "$tmp/out")"
		done
	done
	for option in -V --version version; do
		on client "$dnsreach" $option | grep -qE '^libbpf ' || die "$option"
	done
}

test_without_privilege() {
	host client
	refuses 'CAP_BPF CAP_NET_ADMIN CAP_PERFMON.*root' 1 \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$dnsreach" watch
}

# Root of a user namespace only: the capabilities are there, and the kernel refuses all the same.
test_bpf_refused() {
	host client
	refuses 'refused to load the BPF programs.*root' 1 unshare -Ur "$dnsreach" watch
}

test_no_memory_for_the_maps_or_none_needed() {
	host client
	on client "$dnsreach" watch --json -n 1 --max-in-flight 1 --max-resolvers 1 >/dev/null ||
		die 'the smallest tables should do'
}

test_count_and_duration() {
	host client
	[ "$(on client "$dnsreach" watch --json --count 2 | wc -l)" = 2 ] || die '--count'
	[ "$(on client "$dnsreach" watch --json --duration 3 | wc -l)" = 3 ] || die '--duration'
	[ "$(on client "$dnsreach" watch --json --duration 3 --interval 2 | wc -l)" = 2 ] ||
		die 'the last line of a finite run holds the final totals'
}

test_reader_that_goes_away() {
	host client
	on client bash -c '"$1" watch --json --clsact; echo $? >"$2"' - "$dnsreach" "$tmp/code" | head -n 1 >/dev/null
	within 5 'it ended' test -s "$tmp/code"
	[ "$(cat "$tmp/code")" = 0 ] || die "exit code $(cat "$tmp/code")"
	[ "$(attached_on client lo)" = 0 ] || die 'left behind'
}

test_json_lines_only() {
	two_hosts
	on client "$dnsreach" watch --json -n 2 >"$tmp/out" 2>"$tmp/err"
	[ ! -s "$tmp/err" ] || die "stderr: $(cat "$tmp/err")"
	[ "$(jq -c 'keys' "$tmp/out" | sort -u)" = '["host","interfaces","interval_s","resolvers","self","time"]' ] ||
		die "$(jq -c keys "$tmp/out")"
}

test_appended_lines_without_a_terminal() {
	two_hosts
	resolver server 192.0.2.53
	: >"$tmp/out"
	background client "$dnsreach" watch >"$tmp/out"
	within 20 'the first line' test -s "$tmp/out"
	ask_times 4 client 192.0.2.53
	within 20 'a row' grep -qE '192\.0\.2\.53 +healthy' "$tmp/out"
	kill -INT "${pids[-1]}"
	wait "${pids[-1]}"
	grep -q $'\033' "$tmp/out" && die 'escape sequences without a terminal'
	grep -qE '192\.0\.2\.53 +healthy' "$tmp/out" || die "$(cat "$tmp/out")"
	grep -q 'queries' "$tmp/out" || die 'no summary'
}

# A real terminal of 80 columns.
on_terminal() { # COMMAND-WORDS: the screen with a row in $tmp/screen
	terminals=$((${terminals:-0} + 1)) # each its own server: one that ends would take the next with it
	local terminal=$tmp/terminal-$terminals
	tmux -S "$terminal" -f /dev/null new-session -d -x 80 -y 20 \
		"nsenter --net=/run/netns/$prefix-client env $* ; sleep 30"
	within 20 'a table' eval 'tmux -S "$terminal" capture-pane -p | grep -q "dnsreach .* on lo"'
	ask_times 4 client 192.0.2.53
	within 20 'a row' eval 'tmux -S "$terminal" capture-pane -p | grep -q "192\.0\.2\.53"'
	tmux -S "$terminal" capture-pane -e -p >"$tmp/screen"
	tmux -S "$terminal" kill-server
}

test_table_on_a_terminal() {
	two_hosts
	resolver server 192.0.2.53
	on_terminal "$dnsreach watch"
	grep -q '192.0.2.53' "$tmp/screen" || die "$(cat "$tmp/screen")"
	grep -q $'\033\[3[0-9]m' "$tmp/screen" || grep -q $'\033\[[0-9;]*m' "$tmp/screen" || die 'no colour'
	on_terminal "NO_COLOR=1 $dnsreach watch"
	grep -q '192.0.2.53' "$tmp/screen" || die "$(cat "$tmp/screen")"
	grep -qE $'\033\\[([0-9;]*;)?[349][0-7]' "$tmp/screen" && die 'colour although NO_COLOR is set'
	return 0
}

test_no_traffic_says_what_to_try() {
	host client
	on client "$dnsreach" watch --duration 2 >"$tmp/out"
	grep -q 'No DNS query' "$tmp/out" || die "$(cat "$tmp/out")"
	grep -q 'getent hosts' "$tmp/out" || die "$(cat "$tmp/out")"
}
