#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# `dnsreach run`: how it starts and ends, its options from a file, what it tells the service
# manager, the textfile with a real node_exporter, restarts under load.

# In the background on HOST, its page at 127.0.0.1:9753; standard output in $tmp/HOST.out.
run_on() { # HOST [OPTIONS...]
	local h=$1
	shift
	background "$h" "$dnsreach" run --config /dev/null "$@" >"$tmp/$h.out" 2>"$tmp/$h.err"
	run_pid=$!
	within 20 "dnsreach run on $h is ready: $(cat "$tmp/$h.err")" answers_on "$h"
}

answers_on() { # HOST
	on "$1" curl -sf -m 2 http://127.0.0.1:9753/healthz >/dev/null
}

end_run() { # HOST
	kill -TERM "$run_pid"
	wait "$run_pid" || die "dnsreach run ended with $?: $(cat "$tmp/$1.err")"
}

page() { # HOST [PATH]
	on "$1" curl -sf -m 60 "http://127.0.0.1:9753${2:-/metrics}"
}

# The value of a series, written as in the page: NAME{LABELS}
series() { # HOST SERIES
	page "$1" | awk -v s="$2" 'index($0, s " ") == 1 { print $NF }'
}

series_becomes() { # HOST SERIES VALUE [SECONDS]
	within "${4:-15}" "$2 is $3: $(series "$1" "$2")" series_is "$1" "$2" "$3"
}

series_is() { [ "$(series "$1" "$2")" = "$3" ]; }

# Its status, read after all that has happened by now: what the page says is of the last tick.
status_into_json() { # HOST
	local now
	now=$(date -u +%FT%T.%6NZ)
	within 15 'the counters are read again' status_is_after "$1" "$now"
	json=$tmp/$1.json
}

status_is_after() { # HOST TIME
	page "$1" /api/v1/status >"$tmp/$1.json" && [[ $(jq -r .time "$tmp/$1.json") > $2 ]]
}

at53='resolver="192.0.2.53",port="53",transport="udp",origin="host"'

test_daemon_counts_and_ends() {
	two_hosts
	resolver server 192.0.2.53
	run_on client
	load client 192.0.2.53 1000
	series_becomes client "dnsreach_queries_total{$at53}" "$sent"
	series_becomes client "dnsreach_resolver_state{$at53,state=\"healthy\"}" 1
	status_into_json client
	want 192.0.2.53 .queries "$sent"
	laws
	[ "$(attached_on client eth0)" = 2 ] || die 'not two hooks'
	# The start is one sentence, and nothing else is said.
	grep -qE '^dnsreach: version [0-9.]+ counts on (eth0, lo|lo, eth0); pages at 127.0.0.1:9753; the BPF maps take [0-9.]+ MB in the kernel$' \
		"$tmp/client.err" || die "$(cat "$tmp/client.err")"
	[ "$(wc -l <"$tmp/client.err")" = 1 ] || die "$(cat "$tmp/client.err")"
	end_run client
	[ "$(attached_on client eth0)" = 0 ] || die 'something stays attached'
}

# On clsact a filter outlives its process, and nobody would keep its maps.
test_daemon_leaves_nothing_on_clsact() {
	two_hosts
	run_on client --clsact
	[ "$(attached_on client eth0)" = 2 ] || die 'not two hooks'
	end_run client
	[ "$(attached_on client eth0)" = 0 ] || die 'filters stay attached'
	[ -z "$(on client tc qdisc show dev eth0 clsact)" ] || die 'a qdisc is left'
}

# One plain sentence each; JSON only where it was asked for.
test_daemon_says_when_incidents_begin_and_end() {
	two_hosts
	run_on client
	ask_times 5 client 192.0.2.53
	within 20 'the incident is told' grep -qE \
		'192\.0\.2\.53 is down, likely cause port-closed; [0-9]+ of [0-9]+ failed since .*; last ICMP message from 192\.0\.2\.53' \
		"$tmp/client.err"
	resolver server 192.0.2.53
	ask_times 200 client 192.0.2.53
	within 60 'its end is told' ask_until '192\.0\.2\.53 is healthy again after .*: it was down' "$tmp/client.err"
	end_run client
	[ ! -s "$tmp/client.out" ] || die "on standard output: $(cat "$tmp/client.out")"
}

test_daemon_prints_incidents_when_asked_to() {
	two_hosts
	run_on client --incidents -
	ask_times 5 client 192.0.2.53
	within 20 'the incident is printed' grep -q '"event":"opened"' "$tmp/client.out"
	resolver server 192.0.2.53
	ask_times 200 client 192.0.2.53
	within 60 'its end is printed' ask_until '"event":"closed"' "$tmp/client.out"
	end_run client
	jq -es 'all(.event != "updated") and (map(.event) | index("opened") < index("closed"))' \
		"$tmp/client.out" >/dev/null || die "on standard output: $(cat "$tmp/client.out")"
}

ask_until() { # PATTERN FILE
	ask_times 5 client 192.0.2.53
	grep -qE -- "$1" "$2"
}

# A FIFO: without a reader it is refused; a reader that stands still holds nothing up.
test_daemon_incidents_into_a_fifo() {
	local i
	two_hosts
	mkfifo "$tmp/fifo"
	refuses "no process reads this FIFO; start the reader first" 1 timeout -k 1 10 \
		"$dnsreach" run --config /dev/null --incidents "$tmp/fifo"
	exec {hold}<>"$tmp/fifo"
	run_on client --incidents "$tmp/fifo" --max-resolvers 300
	for i in {1..250}; do
		on client bash -c "for k in 1 2 3 4; do echo no-dns-but-long-enough >/dev/udp/127.0.1.$i/53; done" 2>/dev/null
	done
	ask_times 4 client 192.0.2.53
	series_becomes client "dnsreach_resolver_state{$at53,state=\"down\"}" 1
	within 10 'the page answers' page client /healthz
	end_run client
	exec {hold}>&-
}

# A disk that hangs: the process that writes is in state D, which no signal ends.
# It needs none: the files are open, or its user's.
test_daemon_writer_of_files_has_no_capabilities() {
	local writer
	host client
	run_on client --textfile "$tmp/x.prom" --textfile-interval 1
	within 10 'the textfile is written' test -s "$tmp/x.prom"
	writer=$(pgrep -P "$run_pid" dnsreach-files) || die 'no process writes files'
	awk '/^Cap(Prm|Eff|Inh|Amb):/ && $2 !~ /^0+$/ { print; some = 1 } END { exit some }' \
		"/proc/$writer/status" || die 'it has capabilities'
	grep -q '^NoNewPrivs:	1$' "/proc/$writer/status" || die 'it can get new ones'
	end_run client
}

# In the order of their addresses, in each page from the first one that has them.
test_daemon_rows_are_sorted() {
	local n rows
	two_hosts
	run_on client
	for n in 57 55 56 54 58; do
		ask client 192.0.2.$n
		within 10 "192.0.2.$n has a row" shows_row client 192.0.2.$n
	done
	rows=$(page client | sed -nE 's/^dnsreach_queries_total\{resolver="(192[^"]*)".*/\1/p' | paste -sd ' ')
	[ "$rows" = '192.0.2.54 192.0.2.55 192.0.2.56 192.0.2.57 192.0.2.58' ] || die "$rows"
	end_run client
}

shows_row() { # HOST ADDRESS
	page "$1" | grep -qF "resolver=\"$2\""
}

test_daemon_files_on_a_disk_that_hangs() {
	local pid
	needs mkfs.ext4
	needs fsfreeze
	two_hosts
	truncate -s 32M "$tmp/img"
	mkfs.ext4 -qF "$tmp/img"
	mkdir "$tmp/disk"
	mount -o loop "$tmp/img" "$tmp/disk" || die 'cannot mount'
	run_on client --textfile "$tmp/disk/x.prom" --textfile-interval 1 --incidents "$tmp/disk/incidents"
	within 10 'the textfile is written' test -s "$tmp/disk/x.prom"
	fsfreeze -f "$tmp/disk"
	pid=$run_pid
	ask_times 5 client 192.0.2.53
	series_becomes client "dnsreach_resolver_state{$at53,state=\"down\"}" 1
	within 20 'the failure is told' grep -q 'cannot write .*x.prom: its disk does not answer' "$tmp/client.err"
	page client /healthz | grep -q ok || die 'it is not well'
	kill -TERM "$pid"
	within 20 'it ends' eval "! kill -0 $pid 2>/dev/null"
	fsfreeze -u "$tmp/disk"
	within 10 'the disk can be taken away' umount "$tmp/disk"
}

test_daemon_json_lines_and_incident_file() {
	two_hosts
	run_on client --json --interval 1 --incidents "$tmp/incidents"
	ask_times 4 client 192.0.2.53
	within 20 'the incident is in the file' test -s "$tmp/incidents"
	mv "$tmp/incidents" "$tmp/moved"
	kill -HUP "$run_pid"
	within 10 'the file is made anew after SIGHUP' test -e "$tmp/incidents"
	end_run client
	[ -s "$tmp/incidents" ] || die 'the end of the run is not in the new file'
	"$dnsreach" report "$tmp/moved" >/dev/null || die 'report does not read the moved file'
	jq -es 'length > 2 and all(has("resolvers") and has("self"))' "$tmp/client.out" >/dev/null ||
		die 'not JSON lines'
}

names_the_place() { # TEXT LINE:COLUMN NAME WORDS: of a file, which nothing is opened for
	printf '%b\n' "$1" >"$tmp/bad.conf"
	refuses "$tmp/bad.conf:$2: $3: .*$4" 2 "$dnsreach" run --check-config --config "$tmp/bad.conf"
}

test_daemon_bad_input() {
	host client
	printf 'timeout = 5\n\n  max-resolvers = many\n' >"$tmp/bad.conf"
	refuses "$tmp/bad.conf:3:19: max-resolvers: 'many' is not a whole number from 1" 2 \
		"$dnsreach" run --config "$tmp/bad.conf"
	refuses "$tmp/bad.conf:3:19: " 2 "$dnsreach" run --check-config --config "$tmp/bad.conf"
	refuses 'is not an http:// or https:// URL' 2 "$dnsreach" run --check-config --otlp ftp://x/
	refuses 'is not a header' 2 "$dnsreach" run --check-config --otlp http://x/ --otlp-header x
	names_the_place "listen = [::1]:9753\nlisten = none, 127.0.0.1" 2:10 listen 'use ADDRESS:PORT'
	names_the_place "listen = unix:/$(printf '%0200d' 1)" 1:10 listen 'at most 107 characters'
	names_the_place 'textfile = /tmp/metrics' 1:12 textfile 'does not end in .prom'
	names_the_place '\n  otlp: collector:4318' 2:9 otlp 'is not an http:// or https:// URL'
	names_the_place 'otlp-header = Bearer' 1:15 otlp-header 'is not a header'
	names_the_place 'interface = eth0, sixteen--letters' 1:13 interface 'at most 15 characters'
	names_the_place 'timeout = 2\nresolver = 192.0.2.1, 192.0.2.1:54' 2:12 resolver "port 54 of '192.0.2.1:54' is not watched"
	names_the_place 'listen = none, 127.0.0.1:9753' 1:10 listen "'none' cannot stand beside an address"
	names_the_place 'listen = 127.0.0.1:1\nlisten = 127.0.0.1:1' 2:10 listen 'is given twice'
	names_the_place 'textfile = caf\xe9' 1:12 textfile "'caf\\?' does not end"
	LC_ALL=C grep -q $'\xe9' "$tmp/err" && die 'a byte that is no UTF-8 comes back as it is'
	printf '[dnsreach]\n' >"$tmp/bad.conf"
	refuses "$tmp/bad.conf:1:1: the file has no sections; remove the line \\[dnsreach\\]$" 2 \
		"$dnsreach" run --check-config --config "$tmp/bad.conf"
	refuses '--otlp-header: needs otlp: there is no push' 2 "$dnsreach" run --check-config --otlp-header 'a: b'
	refuses '--incidents: .* it is empty' 2 "$dnsreach" run --check-config --incidents ''
	refuses '--textfile: .* would begin a comment' 2 "$dnsreach" run --check-config --textfile '#x.prom'
	refuses '--incidents: .* it holds a line end' 2 "$dnsreach" run --check-config --incidents $'a\nb'
	refuses '--dump-config: cannot write: No space left' 1 \
		bash -c "'$dnsreach' run --config /dev/null --dump-config >/dev/full"
	refuses 'none.* cannot stand beside an address' 2 "$dnsreach" run --check-config --listen none,127.0.0.1:9753
	refuses 'cannot read /nonexistent: no such file' 2 "$dnsreach" run --config /nonexistent
	refuses 'does not end in .prom' 2 "$dnsreach" run --textfile "$tmp/x"
	refuses 'listen' 2 "$dnsreach" run --listen 127.0.0.1
	refuses 'listen' 2 "$dnsreach" run --listen 127.0.0.1:99999
	refuses 'otlp|http://' 2 "$dnsreach" run --listen none --otlp ftp://192.0.2.1/
	refuses 'cannot write /nonexistent/incidents' 1 "$dnsreach" run --listen none \
		--incidents /nonexistent/incidents
}

# A person who starts it by hand is told how to end it, too.
test_daemon_at_a_terminal() {
	host client
	background client script -qec "'$dnsreach' run --config /dev/null" /dev/null >"$tmp/terminal" </dev/null
	within 20 'it says where to look' grep -q \
		"version .* counts on .*; pages at 127.0.0.1:9753; Ctrl-C ends it; the BPF maps take " "$tmp/terminal"
}

# Any user can take the port first: counting goes on, and the page comes when the port is free.
test_daemon_port_in_use() {
	local squatter
	two_hosts
	background client setpriv --reuid=65534 --regid=65534 --clear-groups \
		socat TCP-LISTEN:9753,bind=127.0.0.1,fork,reuseaddr /dev/null
	squatter=$!
	within 5 'the port is taken' on client bash -c 'exec 3<>/dev/tcp/127.0.0.1/9753'
	background client "$dnsreach" run --config /dev/null --textfile "$tmp/x.prom" --textfile-interval 1 2>"$tmp/client.err"
	run_pid=$!
	within 10 'it says so' grep -q '127.0.0.1:9753.*in use' "$tmp/client.err"
	within 10 'it counts' test -s "$tmp/x.prom"
	ask_times 4 client 192.0.2.53
	within 10 'the query is counted' grep -q "^dnsreach_queries_total{$at53} 4" "$tmp/x.prom"
	on client "$dnsreach" check >"$tmp/check"
	[ $? = 3 ] || die "check believes it: $(cat "$tmp/check")"
	grep -q 'UNKNOWN.*127.0.0.1:9753 is owned by user 65534, neither root nor dnsreach: it is not trusted' \
		"$tmp/check" || die "$(cat "$tmp/check")"
	kill "$squatter"
	within 30 'the page is there' page client /healthz
	grep -q 'the page is at 127.0.0.1:9753 now' "$tmp/client.err" || die "$(cat "$tmp/client.err")"
	end_run client
}

test_daemon_config_file_and_command_line() {
	host client
	printf 'listen = none\nport = 53, 5353\ntimeout = 2\nresolver = 192.0.2.1\n' >"$tmp/a.conf"
	"$dnsreach" run --config "$tmp/a.conf" --dump-config >"$tmp/b.conf" 2>/dev/null || die 'dump'
	"$dnsreach" run --config "$tmp/b.conf" --dump-config >"$tmp/c.conf" 2>/dev/null || die 'again'
	diff "$tmp/b.conf" "$tmp/c.conf" || die 'a dump does not read back as it was'
	grep -qx 'port = 53,5353' "$tmp/b.conf" || die 'the list is not in the dump'
	"$dnsreach" run --config "$tmp/a.conf" --port 1053 --dump-config 2>/dev/null |
		grep -qx 'port = 1053' || die 'the command line does not replace the list'
	"$dnsreach" run --config "$tmp/a.conf" --check-config 2>/dev/null || die 'check'
	# Each option of the help once, and no others; these five say what to do, not how.
	"$dnsreach" run --help | sed -nE 's/^ +(-., )?--([a-z-]+).*/\2/p' |
		grep -vxE 'config|check-config|dump-config|version|help' | sort >"$tmp/offered"
	[ -s "$tmp/offered" ] || die 'the help has no options'
	sed -nE 's/^(# )?([a-z-]+) = .*/\2/p' "$tmp/b.conf" | sort | diff "$tmp/offered" - ||
		die 'the dump does not have every option'
}

# What systemd would hear, heard by socat.
test_daemon_notifies() {
	host client
	socat -u "UNIX-RECV:$tmp/notify" "OPEN:$tmp/heard,creat,append" &
	pids+=($!)
	within 5 'somebody listens' test -S "$tmp/notify"
	NOTIFY_SOCKET=$tmp/notify WATCHDOG_USEC=3000000 run_on client
	within 10 'ready, alive and status are told' has_heard READY=1 STATUS= WATCHDOG=1
	end_run client
	within 10 'its end is told' has_heard STOPPING=1
}

has_heard() { # WORD...
	local word
	for word; do
		grep -qaF "$word" "$tmp/heard" || return
	done
}

# A check takes its sample beside the daemon, whose log does not grow by it.
test_daemon_says_nothing_of_a_sample() {
	needs_tcx
	two_hosts
	resolver server 192.0.2.53
	run_on client
	ask_times 5 client 192.0.2.53
	on client "$dnsreach" check --sample -I 2 -t 60 >"$tmp/sample" || die "sample: $(cat "$tmp/sample")"
	on client "$dnsreach" check >/dev/null || die "check: not OK"
	status_into_json client
	[ "$(wc -l <"$tmp/client.err")" = 1 ] || die "it said: $(cat "$tmp/client.err")"
	[ "$(attached_on client eth0)" = 2 ] || die 'not two hooks'
	end_run client
}

test_daemon_takes_over_sockets() {
	local i
	host client
	background client systemd-socket-activate -l 127.0.0.1:9753 "$dnsreach" run --config /dev/null
	run_pid=$!
	for i in 1 2 3; do # the first connection starts it
		on client curl -s -m 20 http://127.0.0.1:9753/healthz | grep -q ok && break
	done
	page client | grep -q '^dnsreach_build_info' || die 'no page on the socket that was handed over'
	end_run client
}

test_daemon_textfile_and_node_exporter() {
	needs prometheus-node-exporter
	two_hosts
	mkdir "$tmp/textfiles"
	resolver server 192.0.2.53
	run_on client --textfile "$tmp/textfiles/dnsreach.prom" --textfile-interval 1
	background client prometheus-node-exporter --web.listen-address=127.0.0.1:9100 \
		--collector.disable-defaults --collector.textfile \
		--collector.textfile.directory="$tmp/textfiles" 2>"$tmp/node_exporter.log"
	load client 192.0.2.53 500
	within 15 'node_exporter shows the count' exporter_shows "$sent"
	exporter_page | grep -q '^node_textfile_scrape_error 0$' || die 'node_exporter sees an error'
	! grep -m 1 level=error "$tmp/node_exporter.log" || die 'node_exporter complains'
	[ "$(find "$tmp/textfiles" -type f | wc -l)" = 1 ] || die 'more than the file is there'
	[ "$(stat -c %a "$tmp/textfiles/dnsreach.prom")" = 644 ] || die 'others cannot read it'
	end_run client
}

# Taken whole: who reads no further than to what he looks for makes the exporter complain.
exporter_page() {
	on client curl -sf -m 5 -o "$tmp/exported" http://127.0.0.1:9100/metrics && cat "$tmp/exported"
}
exporter_shows() { exporter_page | grep -qxF "dnsreach_queries_total{origin=\"host\",port=\"53\",resolver=\"192.0.2.53\",transport=\"udp\"} $1"; }

# The directory goes away and comes back: told once each, counting goes on.
test_daemon_textfile_unwritable() {
	two_hosts
	resolver server 192.0.2.53
	run_on client --textfile "$tmp/gone/dnsreach.prom" --textfile-interval 1
	load client 192.0.2.53 100
	within 10 'the failures are counted' at_least client dnsreach_self_textfile_errors_total 3
	[ "$(grep -c 'cannot write .*gone/dnsreach.prom' "$tmp/client.err")" = 1 ] ||
		die "not told once: $(cat "$tmp/client.err")"
	series_is client "dnsreach_queries_total{$at53}" $((sent + 0)) || die 'the counting suffered'
	mkdir "$tmp/gone"
	within 10 'the file is there' test -s "$tmp/gone/dnsreach.prom"
	within 5 'that is told' grep -q 'is written again' "$tmp/client.err"
	end_run client
}

# The end comes while the page of the last tick is still being written.
test_daemon_textfile_has_what_came_last() {
	local files
	two_hosts
	resolver server 192.0.2.53
	run_on client --textfile "$tmp/dnsreach.prom" --textfile-interval 1
	within 10 'the file is there' test -s "$tmp/dnsreach.prom"
	files=$(pgrep -P "$run_pid" -x dnsreach-files) || die 'no process that writes files'
	kill -STOP "$files"
	within 10 'a page waits' at_least client dnsreach_self_textfile_errors_total 1
	load client 192.0.2.53 100
	kill -TERM "$run_pid"
	sleep 0.3
	kill -CONT "$files"
	wait "$run_pid" || die "dnsreach run ended with $?: $(cat "$tmp/client.err")"
	grep -qF "dnsreach_queries_total{$at53} $sent" "$tmp/dnsreach.prom" || die "$(grep queries_total "$tmp/dnsreach.prom")"
}

at_least() { # HOST SERIES VALUE
	local now
	now=$(series "$1" "$2")
	[ "${now:-0}" -ge "$3" ]
}

# A full disk: the old file stays whole.
test_daemon_textfile_full_disk() {
	needs promtool
	host client
	mkdir "$tmp/small"
	mount -t tmpfs -o size=64k none "$tmp/small" || die 'no tmpfs'
	run_on client --textfile "$tmp/small/dnsreach.prom" --textfile-interval 1
	within 10 'the file is there' test -s "$tmp/small/dnsreach.prom"
	head -c 1M /dev/zero >"$tmp/small/filler" 2>/dev/null
	within 10 'the failure is counted' at_least client dnsreach_self_textfile_errors_total 2
	promtool check metrics <"$tmp/small/dnsreach.prom" || die 'the old file is torn'
	[ "$(find "$tmp/small" -type f | wc -l)" = 2 ] || die 'something is left beside it'
	end_run client
	umount "$tmp/small"
}

# As the unit runs it: an ordinary user with three capabilities that ends with two.
test_daemon_as_its_own_user() {
	two_hosts
	resolver server 192.0.2.53
	background client setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
		--bounding-set -all,+bpf,+net_admin,+perfmon --inh-caps -all,+bpf,+net_admin,+perfmon \
		--ambient-caps -all,+bpf,+net_admin,+perfmon \
		"$dnsreach" run --config /dev/null >"$tmp/client.out" 2>"$tmp/client.err"
	run_pid=$!
	within 20 "it runs: $(cat "$tmp/client.err")" answers_on client
	[ "$(awk '/^CapEff/ { print $2 }' "/proc/$run_pid/status")" = 0000008000001000 ] ||
		die "its capabilities: $(grep ^Cap "/proc/$run_pid/status")"
	load client 192.0.2.53 200
	series_becomes client "dnsreach_queries_total{$at53}" "$sent"
	link client extra0 client extra1
	within 10 'it attaches to a new interface' attached_twice client extra0
	end_run client
}

attached_twice() { [ "$(attached_on "$1" "$2")" = 2 ]; }

# Killed and started again while queries flow: one pair of hooks, and what is counted is right.
test_daemon_restart_under_load() {
	local i loader
	two_hosts
	resolver server 192.0.2.53
	background client dnsperf -s 192.0.2.53 -d "$(names 1000)" -l 300 -Q 500 >/dev/null 2>&1
	loader=$!
	for i in 1 2 3; do
		run_on client
		[ "$(attached_on client eth0)" = 2 ] || die "start $i: not two hooks"
		kill -KILL "$run_pid"
		wait "$run_pid" 2>/dev/null
	done
	run_on client
	within 20 'it counts' at_least client "dnsreach_queries_total{$at53}" 101
	kill "$loader"
	wait "$loader" 2>/dev/null
	status_into_json client
	laws
	want_true 192.0.2.53 '.queries > 100 and .timed_out == 0 and .untracked == 0'
	end_run client
	[ "$(attached_on client eth0)" = 0 ] || die 'something stays attached'
}

# A page asked for while queries flow flat out: it comes, and loses none.
test_daemon_scrape_during_a_flood() {
	needs promtool
	local i flood
	two_hosts
	resolver server 192.0.2.53
	run_on client
	(load client 192.0.2.53 60000 -q 2000) &
	flood=$!
	for i in $(seq 20); do
		page client >"$tmp/page" || die "no page at scrape $i"
		promtool check metrics <"$tmp/page" >"$tmp/lint" 2>&1 || die "$(cat "$tmp/lint")"
		sleep 0.1
	done
	wait "$flood"
	sent=$(awk '/Queries sent:/ { print $3 }' "$tmp/dnsperf")
	series_becomes client "dnsreach_queries_total{$at53}" "$sent"
	status_into_json client
	laws
	end_run client
}
