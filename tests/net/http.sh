#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The pages of `dnsreach run` (docs/daemon.md), asked by real clients, good and bad ones; the status
# page in a real browser. run_on(), page() and the like are daemon.sh's.

fds_of() { find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l; }
fds_are() { [ "$(fds_of "$1")" -le "$2" ]; }
fds_at_rest() { sleep 1 && fds_of "$1"; } # when the last connection of run_on() is gone

# Only the status line and headers, without the date.
headers() { # HOST PATH [curl-words...]
	local h=$1 path=$2
	shift 2
	on "$h" curl -s -m 5 -D - -o "$tmp/body" "$@" "http://127.0.0.1:9753$path" | tr -d '\r' | grep -v '^Date:'
}

status_of() { # HOST PATH [curl-words...]
	local h=$1 path=$2
	shift 2
	on "$h" curl -s -m 5 -o "$tmp/body" -w '%{http_code}' "$@" "http://127.0.0.1:9753$path"
}

wants_status() { # STATUS HOST PATH [curl-words...]
	local wanted=$1 got
	shift
	got=$(status_of "$@")
	[ "$got" = "$wanted" ] || die "$* is $got, should be $wanted: $(head -c 300 "$tmp/body")"
}

test_http_pages() {
	local path
	two_hosts
	resolver server 192.0.2.53
	run_on client
	ask_times 3 client 192.0.2.53
	for path in / /status.css /status.js /metrics /healthz /api/v1/status /api/v1/trends /api/v1/incidents /incidents.html '/healthz?x=y'; do
		wants_status 200 client "$path"
	done
	[ "$(page client /healthz)" = ok ] || die 'healthz is not ok'
	wants_status 404 client /nothing
	grep -q '/api/v1/incidents' "$tmp/body" || die 'the 404 does not say which pages there are'
	wants_status 404 client /../../etc/passwd --path-as-is
	wants_status 404 client /%2e%2e/metrics --path-as-is
	headers client / | grep -q "^Content-Security-Policy: default-src 'none'; script-src 'self'" ||
		die 'the page may do more than it must'
	headers client /api/v1/status | grep -qx 'Cache-Control: no-store' || die 'it may be cached'
	headers client /api/v1/status | grep -qx 'X-Content-Type-Options: nosniff' || die 'sniffed'
	end_run client
}

# The page of all has the latest 32 incidents; each that is kept has one of its own.
test_http_report_of_one_incident() {
	local i
	two_hosts
	for i in $(seq 34); do
		on server ip addr add "192.0.2.$((100 + i))/32" dev eth0
	done
	run_on client
	for i in $(seq 34); do
		ask_times 3 client "192.0.2.$((100 + i))" || true # nothing listens there
	done
	within 30 'there are 34 incidents' wants_open_incidents 34
	wants_status 200 client /incidents.html
	grep -q 'id="incident-34"' "$tmp/body" || die 'the page has not the latest incident'
	grep -q 'id="incident-2"' "$tmp/body" && die 'the page has more than 32'
	grep -qF 'incidents.html?id=' "$tmp/body" || die 'the page does not say how to have the others'
	wants_status 200 client '/incidents.html?id=2'
	grep -qF '<a href="?id=2">2</a>' "$tmp/body" || die 'the report does not show its number'
	grep -q 'id="incident-2"' "$tmp/body" || die "it is of another: $(head -c 300 "$tmp/body")"
	grep -q '<h1>DNS incident report: 192\.0\.2\.1[0-9][0-9]' "$tmp/body" || die 'no report of one incident'
	headers client '/incidents.html?id=2' | grep -q "^Content-Security-Policy: default-src 'none'" || die 'no policy'
	wants_status 404 client '/incidents.html?id=35'
	grep -q 'this incident is not kept' "$tmp/body" || die "the 404 says: $(cat "$tmp/body")"
	for i in id= id=x id=-1 id=1x id=99999999999999999999 'id=1&id=2' x=1; do
		wants_status 400 client "/incidents.html?$i"
	done
	end_run client
}

wants_open_incidents() { # COUNT
	[ "$(page client /api/v1/incidents | jq '.open | length')" = "$1" ]
}

# More rows than dnsreach renders itself: a child makes these pages, several at once are asked for.
test_http_pages_of_many_resolvers() {
	local all path readers=()
	three_hosts
	# Queries that wait for a neighbour have not left yet, and beyond some they are dropped.
	on client ip neigh replace 2001:db8:1::fe lladdr "$(mac router left)" dev eth0
	run_on client --max-resolvers 4096
	all=$(on client "$root/build/tests/scan" 2001:db8:bad:: 3000 3000)
	within 20 'all are counted' sums_to "$all"
	for path in metrics metrics api/v1/status api/v1/status api/v1/incidents; do
		on client curl -sf -m 60 "http://127.0.0.1:9753/$path" >"$tmp/page.${#readers[@]}" &
		readers+=($!)
	done
	for path in "${readers[@]}"; do
		wait "$path" || die 'a page was refused'
	done
	judge_page "$tmp/page.0" "$tmp/page.0" | grep . && die 'the page of metrics is wrong'
	cmp -s <(sed '/^#/d; s/ .*//' "$tmp/page.0") <(sed '/^#/d; s/ .*//' "$tmp/page.1") || die 'other series'
	tail -n 1 "$tmp/page.0" | grep -q '^process_start_time_seconds ' || die "its end: $(tail -n 1 "$tmp/page.0")"
	json=$tmp/page.2
	laws
	[ "$(jq '[.resolvers[].queries] | add' "$json")" = "$all" ] || die 'not all queries are in the status'
	jq -e .open "$tmp/page.4" >/dev/null || die 'incidents'
	end_run client
}

# As above, of what nobody asks for: the textfile and the lines of JSON, until the end.
test_http_texts_of_many_resolvers() {
	local all
	three_hosts
	on client ip neigh replace 2001:db8:1::fe lladdr "$(mac router left)" dev eth0
	run_on client --max-resolvers 4096 --textfile "$tmp/x.prom" --textfile-interval 1 --json --interval 1
	all=$(on client "$root/build/tests/scan" 2001:db8:bad:: 3000 3000)
	within 20 'all are counted' sums_to "$all"
	within 20 'a child makes a text' pgrep -P "$run_pid" -x dnsreach-page
	within 20 'the textfile has all' file_sums_to "$all" "$tmp/x.prom"
	within 20 'a line of JSON has all' lines_sum_to "$all" "$tmp/client.out"
	[ "$(series client dnsreach_self_textfile_errors_total)" = 0 ] || die "$(cat "$tmp/client.err")"
	all=$((all + $(on client "$root/build/tests/scan" 2001:db8:bad:: 10 10)))
	end_run client
	file_sums_to "$all" "$tmp/x.prom" || die 'the last textfile lacks something'
	lines_sum_to "$all" "$tmp/client.out" || die 'the last line lacks something'
	pgrep -P "$run_pid" -x dnsreach-page && die 'a child is left'
	return 0
}

file_sums_to() { # N FILE: queries
	[ "$(awk '/^dnsreach_queries_total/ { n += $NF } END { print n }' "$2")" = "$1" ]
}

lines_sum_to() { # N FILE: queries, in the last whole line
	[ "$(jq -R 'fromjson? | [.resolvers[].queries] | add' "$2" | tail -n 1)" = "$1" ]
}

sums_to() { # N: queries
	[ "$(on client curl -sf -m 60 http://127.0.0.1:9753/metrics |
		awk '/^dnsreach_queries_total/ { n += $NF } END { print n }')" = "$1" ]
}

# The same object as watch --json prints: keys, and numbers.
test_http_api() {
	two_hosts
	resolver server 192.0.2.53
	run_on client
	ask_times 10 client 192.0.2.53
	ask_times 5 client 192.0.2.54
	within 20 'the failures are an incident' jq_true /api/v1/incidents \
		'[.open[].resolver.address] == ["192.0.2.54"]'
	jq_true /api/v1/incidents '.closed == [] and (.open[0] | has("event") | not)' || die 'incidents'
	jq_true /api/v1/trends '.slot_s == 5 and ([.resolvers[].slots | length] | unique) == [60]' ||
		die "trends: $(page client /api/v1/trends)"
	jq_true /api/v1/trends '.resolvers[] | select(.address == "192.0.2.53") |
		([.slots[][0]] | add) == 10 and ([.slots[][2]] | add) == 0' || die 'the trend of .53'
	end_run client
}

test_http_status_is_what_watch_says() {
	local queries
	needs_tcx
	two_hosts
	resolver server 192.0.2.53
	run_on client
	watch_on client
	ask_times 10 client 192.0.2.53
	ask_times 5 client 192.0.2.54
	becomes client 192.0.2.54 '.state == "down"'
	within 10 'the page and the line have the same keys' same_keys client
	unwatch client
	queries=$(of 192.0.2.53 .queries)
	status_into_json client
	want 192.0.2.53 .queries "$queries"
	end_run client
}

same_keys() { # HOST
	local keys='[paths | map(numbers |= 0) | tojson] | unique'
	page "$1" /api/v1/status | jq -c "$keys" >"$tmp/keys-page"
	tail -n 1 "$tmp/$1.json" | jq -c "$keys" >"$tmp/keys-line"
	[ -s "$tmp/keys-page" ] && cmp -s "$tmp/keys-page" "$tmp/keys-line"
}

jq_true() { page client "$1" | jq -e "$2" >/dev/null; } # PATH CONDITION

test_http_head_and_other_methods() {
	local path method
	host client
	run_on client
	for path in / /healthz /nothing /status.js; do
		headers client "$path" >"$tmp/get"
		headers client "$path" -I >"$tmp/head"
		diff "$tmp/get" "$tmp/head" || die "$path: HEAD has other headers"
	done
	[ "$(on client curl -s -m 5 -I http://127.0.0.1:9753/metrics | grep -c '^# ')" = 0 ] ||
		die 'HEAD has a body'
	for method in POST PUT DELETE OPTIONS TRACE WHATEVER; do
		wants_status 405 client /metrics -X $method
		headers client /metrics -X $method | grep -qx 'Allow: GET, HEAD' || die "$method: no Allow"
	done
	wants_status 413 client /metrics -X GET -d 'a body'
	wants_status 413 client /metrics -X GET -H 'Transfer-Encoding: chunked' -d 'a body'
	wants_status 431 client /metrics -H "X-Large: $(head -c 40000 /dev/zero | tr '\0' x)"
	wants_status 414 client "/$(head -c 2000 /dev/zero | tr '\0' x)"
	[ "$(page client /healthz)" = ok ] || die 'not well after that'
	end_run client
}

# Bytes from standard input to the page; what comes back to standard output.
throw() { on client timeout 20 socat -t 2 - TCP:127.0.0.1:9753 2>/dev/null; }

test_http_hostile_requests() {
	local fds i
	host client
	run_on client
	fds=$(fds_at_rest "$run_pid")
	printf 'GET /\r\n\r\n' | throw >/dev/null # HTTP/0.9
	printf 'GET / HTTP/9.9\r\nHost: x\r\n\r\n' | throw >/dev/null
	printf 'GET /\0/x HTTP/1.1\r\nHost: l\0calhost\r\n\0: \0\r\n\r\n' | throw >/dev/null
	printf 'GET / HTTP/1.1\r\nHost\r\n: \r\n\r\n' | throw >/dev/null
	printf '\26\3\1\2\0\1\0\1\374\3\3' | throw >/dev/null # TLS
	printf 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' | throw >/dev/null
	printf 'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n' | throw >/dev/null
	head -c 1000000 /dev/zero | throw >/dev/null
	for i in 1 2 3 4 5; do
		head -c 200000 /dev/urandom | throw >/dev/null
		(printf 'GET / HTTP/1.1\r\n'; head -c 200000 /dev/urandom) | throw >/dev/null
	done
	for ((i = 0; i < 100; i++)); do
		printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'
	done | throw >"$tmp/replies"
	[ "$(grep -ac '^HTTP/1.1 200 OK' "$tmp/replies")" = 100 ] ||
		die "of 100 pipelined requests $(grep -ac '^HTTP/1.1 200' "$tmp/replies") were answered"
	[ "$(page client /healthz)" = ok ] || die 'not well after that'
	kill -0 "$run_pid" || die 'it is gone'
	within 60 "no fd stays behind: $(fds_of "$run_pid") of $fds" fds_are "$run_pid" "$fds"
	! grep -qv 'the BPF maps take' "$tmp/client.err" || die "it talks about requests: $(cat "$tmp/client.err")"
	end_run client
}

# Each holds a connection and is never idle, or always: all are cut; meanwhile others are served.
test_http_slow_clients_are_cut() {
	local fds slow=() pid
	host client
	run_on client
	fds=$(fds_at_rest "$run_pid")
	# shellcheck disable=SC2016 # for the inner shell
	background client bash -c 'exec 3<>/dev/tcp/127.0.0.1/9753
		printf "GET / HTTP/1.1\r\nHost: localhost\r\n" >&3
		while printf "X: y\r\n" >&3; do sleep 0.5; done' 2>/dev/null
	slow+=($!)
	# shellcheck disable=SC2016
	background client bash -c 'exec 3<>/dev/tcp/127.0.0.1/9753
		while printf "\r\n" >&3; do sleep 0.5; done' 2>/dev/null # before any request
	slow+=($!)
	# shellcheck disable=SC2016 # asks and never reads
	background client bash -c 'exec 3<>/dev/tcp/127.0.0.1/9753
		while printf "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" >&3; do :; done' 2>/dev/null
	slow+=($!)
	# shellcheck disable=SC2016 # says nothing
	background client bash -c 'exec 3<>/dev/tcp/127.0.0.1/9753; read -r <&3' 2>/dev/null
	slow+=($!)
	within 10 'they are connected' eval '[ "$(fds_of "$run_pid")" -ge $((fds + 4)) ]'
	page client /metrics >/dev/null || die 'others are not served meanwhile'
	for pid in "${slow[@]}"; do
		within 90 'a slow client is cut' eval "page client /healthz >/dev/null && ! kill -0 $pid 2>/dev/null"
	done
	within 10 'their fds are closed' fds_are "$run_pid" "$fds"
	end_run client
}

# 200 connections at once from one address: it has its share of the places, another address is
# served all the same, and when they are gone all is as before.
test_http_many_connections() {
	local fds
	host client
	run_on client
	fds=$(fds_at_rest "$run_pid")
	# shellcheck disable=SC2016 # for the inner shell
	background client bash -c 'for ((i = 0; i < 200; i++)); do
			exec {fd}<>/dev/tcp/127.0.0.1/9753 || exit
		done
		echo connected >"$1"; exec sleep 300' - "$tmp/connected" 2>"$tmp/many.err"
	within 30 "200 are connected: $(cat "$tmp/many.err")" test -s "$tmp/connected"
	[ "$(fds_of "$run_pid")" -le $((fds + 16)) ] || die "$(fds_of "$run_pid") fds, $fds before"
	on client curl -sf -m 5 --interface 127.0.0.2 http://127.0.0.1:9753/healthz >/dev/null ||
		die 'another address is not served'
	kill "${pids[-1]}"
	within 60 'their places are free again' page client /healthz
	within 60 "no fd stays behind: $fds before" fds_are "$run_pid" "$fds"
	on client curl -s -Z --parallel-immediate --parallel-max 200 -m 20 -o /dev/null \
		-w '%{http_code}\n' 'http://127.0.0.1:9753/metrics?[1-200]' >"$tmp/codes" 2>/dev/null
	grep -qx 200 "$tmp/codes" || die 'of 200 scrapes at once none was answered'
	grep -vx 200 "$tmp/codes" | grep -vqx 000 && die "odd answers: $(sort "$tmp/codes" | uniq -c)"
	within 60 'it is well after that' page client /healthz
	within 60 "no fd stays behind: $fds before" fds_are "$run_pid" "$fds"
	end_run client
}

test_http_unix_socket() {
	local socket=$tmp/http.sock second
	host client
	run_on client --listen "127.0.0.1:9753,unix:$socket"
	on client curl -sf --unix-socket "$socket" http://any.name/healthz | grep -qx ok || die 'no answer'
	[ "$(stat -c %a "$socket")" = 660 ] || die "its mode is $(stat -c %a "$socket")"
	background client "$dnsreach" run --config /dev/null --listen "unix:$socket" 2>"$tmp/err"
	second=$!
	within 10 'a socket in use is said' grep -q \
		"$socket: Address already in use; another program listens there" "$tmp/err"
	on client curl -sf --unix-socket "$socket" http://any.name/healthz | grep -qx ok ||
		die 'a socket that is in use is taken over'
	kill "$second"
	wait "$second" 2>/dev/null
	test -S "$socket" || die 'the second one has removed the socket of the first'
	kill -KILL "$run_pid"
	wait "$run_pid" 2>/dev/null
	test -S "$socket" || die 'nothing is left to be replaced'
	run_on client --listen "127.0.0.1:9753,unix:$socket"
	on client curl -sf --unix-socket "$socket" http://any.name/healthz | grep -qx ok ||
		die 'the stale socket is not replaced'
	end_run client
	[ ! -e "$socket" ] || die 'the socket stays behind'
	echo precious >"$tmp/file"
	refuses 'a file that is not a socket exists there' 1 "$dnsreach" run --config /dev/null --listen "unix:$tmp/file"
	grep -qx precious "$tmp/file" || die 'a file was touched'
	refuses 'no interface of this host has that address' 1 \
		"$dnsreach" run --config /dev/null --listen 192.0.2.99:9753
}

# The full name of this host, as /etc/hosts has it, is asked of no resolver.
test_http_own_full_name() {
	two_hosts
	printf '127.0.0.1 localhost\n127.0.1.1 %s.dc1.example %s\n' "$(uname -n)" "$(uname -n)" >"$tmp/hosts"
	background client unshare --mount sh -c "mount --bind '$tmp/hosts' /etc/hosts && exec \"\$@\"" - \
		"$dnsreach" run --config /dev/null 2>"$tmp/client.err"
	run_pid=$!
	within 20 'it answers' on client curl -sf -m 5 -o "$tmp/body" http://127.0.0.1:9753/healthz
	wants_status 200 client / -H "Host: $(uname -n).dc1.example:9753"
	wants_status 200 client / -H "Host: $(uname -n):9753"
	wants_status 421 client / -H "Host: $(uname -n).evil.example:9753"
	grep -q "localhost, $(uname -n), $(uname -n).dc1.example (" "$tmp/body" || die "the names: $(cat "$tmp/body")"
	end_run client
}

# A web page's name that points at loopback is not answered; on other addresses any name is.
test_http_dns_rebinding() {
	two_hosts
	run_on client --listen '127.0.0.1:9753,192.0.2.1:9753,[::1]:9753'
	wants_status 421 client /api/v1/incidents -H 'Host: evil.example'
	wants_status 421 client / -H 'Host: 127.0.0.1.evil.example:9753'
	wants_status 200 client / -H "Host: $(uname -n):9753"
	on client curl -s -m 5 -H 'Host: evil.example' http://127.0.0.1:9753/ |
		grep -q "must be an IP address, localhost, $(uname -n)[, ].*; open the page as http://localhost" ||
		die 'it does not say what to do'
	wants_status 200 client / -H 'Host: localhost:9753'
	on client curl -sf -m 5 'http://[::1]:9753/healthz' >/dev/null || die 'not at ::1'
	on server curl -sf -m 5 -H 'Host: dns.example' http://192.0.2.1:9753/healthz >/dev/null ||
		die 'a name is refused where names are usual'
	end_run client
}

test_http_health() {
	two_hosts
	run_on client --interface eth0
	ip -n "$prefix-client" link del eth0
	within 20 'it says that it is attached nowhere' unwell 'attached to no interface'
	wants_status 503 client /healthz
	end_run client
}

unwell() { on client curl -s -m 5 http://127.0.0.1:9753/healthz | grep -q "$1"; }

# A real Prometheus asks for OpenMetrics; promtool reads the text.
test_http_metrics_and_prometheus() {
	needs prometheus promtool
	two_hosts
	resolver server 192.0.2.53
	run_on client
	load client 192.0.2.53 300
	page client /metrics | promtool check metrics >"$tmp/lint" 2>&1 || die "$(cat "$tmp/lint")"
	headers client /metrics | grep -qx 'Content-Type: text/plain; version=0.0.4; charset=utf-8' ||
		die "text: $(headers client /metrics)"
	headers client /metrics -H 'Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1' |
		grep -q '^Content-Type: application/openmetrics-text' || die 'not OpenMetrics'
	[ "$(tail -n 1 "$tmp/body")" = '# EOF' ] || die 'OpenMetrics does not end'
	cat >"$tmp/prometheus.yml" <<-YML
		global: {scrape_interval: 1s}
		scrape_configs:
		  - job_name: dnsreach
		    static_configs: [{targets: ["127.0.0.1:9753"]}]
	YML
	background client prometheus --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/tsdb" \
		--web.listen-address=127.0.0.1:9090 2>"$tmp/prometheus.log"
	within 60 "Prometheus has the count: $(tail -n 3 "$tmp/prometheus.log")" \
		prometheus_has "dnsreach_queries_total{$at53} == $sent"
	within 10 'it is up' prometheus_has 'up{job="dnsreach"} == 1'
	end_run client
}

# What a page shows was read for it: the last tick may be a second old.
test_http_counters_are_read_for_each_scrape() {
	local i got
	two_hosts
	resolver server 192.0.2.53
	run_on client
	for i in 1 2 3 4 5; do
		ask client 192.0.2.53
		got=$(series client "dnsreach_queries_total{$at53}")
		[ "$got" = $i ] || die "$i queries were sent, the page has ${got:-none}"
	done
	end_run client
}

prometheus_has() { # EXPRESSION
	on client promtool query instant http://127.0.0.1:9090 "$1" 2>/dev/null | grep -q '=>'
}

# ---- the status page in a browser --------------------------------------------------------------

# The page as it is after so much of its own time, in $tmp/dom.
browse() { # VIRTUAL-MS URL
	on client timeout 200 chromium --headless=new --no-sandbox --disable-gpu --disable-quic \
		--no-first-run --disable-background-networking --disable-component-update --disable-sync \
		--user-data-dir="$tmp/chromium" --virtual-time-budget="$1" --dump-dom "$2" \
		>"$tmp/dom" 2>"$tmp/browser.log"
}

# The row of a resolver, without what comes behind it.
in_row() { # ADDRESS PATTERN
	local row
	row=$(tr '\n' ' ' <"$tmp/dom" | sed 's|</tr>|&\n|g' | grep -F "<span>$1</span>")
	grep -qE -- "$2" <<<"$row" || die "'$2' is not in the row of $1: $row"
}

in_dom() { # PATTERN
	grep -qE -- "$1" "$tmp/dom" || die "'$1' is not in the page: $(sed -n '/<body/,$p' "$tmp/dom" | head -c 6000)"
}

test_http_status_page() {
	needs chromium
	two_hosts
	address server eth0 192.0.2.54/24 # where nothing listens
	resolver server 192.0.2.53
	run_on client
	ask_times 10 client 192.0.2.53
	ask_times 5 client 192.0.2.54 "<b>bold</b><script>document.title='taken'</script>.ok.test"
	within 20 'there is an incident' jq_true /api/v1/incidents '.open[0].names | length > 0'
	asking client 192.0.2.53 & # so that there are rates, however long the browser takes
	pids+=($!)
	asking client 192.0.2.54 &
	pids+=($!)
	browse 5000 http://127.0.0.1:9753/#192.0.2.54 || die "the browser failed: $(tail -n 3 "$tmp/browser.log")"
	in_dom "<title>1 down · dnsreach $(uname -n)</title>"
	in_dom '<span class="state healthy">healthy</span>.*<span>192\.0\.2\.53</span>'
	in_dom '<span class="state down">down</span>.*<span>192\.0\.2\.54</span></button><small>port-closed: nothing listens'
	in_dom 'Resolvers: 1 down, 1 healthy'
	in_row 192.0.2.54 'data-label="Failed">100%</td>'
	in_row 192.0.2.54 'data-label="Queries/s">[0-9.]*[1-9][0-9.]*</td>'
	in_row 192.0.2.53 'data-label="Failed">0%</td>'
	in_row 192.0.2.53 'data-label="Queries/s">[0-9.]*[1-9][0-9.]*</td>'
	in_row 192.0.2.53 'data-label="RTT p50">[0-9.]+ (µs|ms|s)</td>'
	in_row 192.0.2.54 '<svg [^>]*aria-label="Last 5 min: ([0-9]*[1-9][0-9]*) of \1 failed'
	# The row that the address names is open; the others are not.
	in_row 192.0.2.54 '<button type="button" aria-expanded="true" aria-controls="details-1">'
	in_row 192.0.2.53 '<button type="button" aria-expanded="false">'
	in_dom '<th scope="row">unreachable: port</th>'
	in_dom '<a href="incidents.html\?id=1">Incident report</a>'
	in_dom 'eth0 \((tcx|clsact)\)'
	in_dom '&lt;b&gt;bold&lt;/b&gt;&lt;script&gt;'
	grep -qE '<b>bold|<script>document' "$tmp/dom" && die 'a name became a part of the page'
	grep -qi 'Content Security Policy' "$tmp/browser.log" && die "$(cat "$tmp/browser.log")"
	browse 2000 http://127.0.0.1:9753/incidents.html || die "the browser failed: $(tail -n 3 "$tmp/browser.log")"
	in_dom '<a id="incident-1"></a>'
	in_dom '<h1>DNS incident report: 192\.0\.2\.54</h1>'
	grep -qE '<b>bold|<script>document' "$tmp/dom" && die 'a name became a part of the report'
	grep -qi 'Content Security Policy' "$tmp/browser.log" && die "$(cat "$tmp/browser.log")"
	# A row of TCP has its messages and its connects apart.
	ask_tcp client 192.0.2.53 2
	ask client 192.0.2.53 www.refused.test +tcp
	within 20 'they are counted' jq_true /api/v1/status \
		'.resolvers[] | select(.transport == "tcp") | .answered.noerror == 2 and .answered.refused == 1'
	browse 2000 http://127.0.0.1:9753/#192.0.2.53/tcp || die "the browser failed: $(tail -n 3 "$tmp/browser.log")"
	in_row 192.0.2.53/tcp '<button type="button" aria-expanded="true"'
	in_dom '<caption>Outcomes since the start</caption>.*<th scope="row">NOERROR</th><td class="n">2</td><td class="n">67%</td>'
	in_dom '<caption>Connects since the start</caption>.*<th scope="row">established</th><td class="n">3</td><td class="n">100%</td>'
	in_dom '<caption>Time to connect since the start</caption>'
	end_run client
}

# One page, open all the time: a resolver appears in it, and then it says that nobody answers. socat
# in between tells what the browser has asked for.
test_http_status_page_goes_on() {
	local browser
	needs chromium
	two_hosts
	resolver server 192.0.2.53
	run_on client
	background client socat -v TCP-LISTEN:9754,fork,reuseaddr TCP:127.0.0.1:9753 2>"$tmp/talk"
	browse 4000000 http://127.0.0.1:9754/ &
	browser=$!
	within 60 'the browser asks' grep -qa 'GET /api/v1/status' "$tmp/talk"
	grep -qa '"address":"192.0.2.53","port":53,"transport":"udp","origin":"host","state":"healthy"' "$tmp/talk" &&
		die 'it is healthy before it was asked'
	ask_times 5 client 192.0.2.53
	within 60 'the browser hears of it' grep -qa \
		'"address":"192.0.2.53","port":53,"transport":"udp","origin":"host","state":"healthy"' "$tmp/talk"
	end_run client
	wait "$browser" || die "the browser failed: $(tail -n 3 "$tmp/browser.log")"
	in_dom '<span class="state healthy">healthy</span>.*<span>192\.0\.2\.53</span>'
	in_dom '<strong id="stale-what" role="alert">dnsreach does not answer: no connection\.</strong>'
	in_dom '<body class="old">'
	in_dom '<title>stale · dnsreach'
}

# ---- what readers can take ---------------------------------------------------------------------

# A local user who holds so many connections and reads from none.
squatter_on() { # HOST COUNT
	background "$1" "$root/build/tests/squat" "$2" >"$tmp/squat" 2>"$tmp/squat.err"
	squat_pid=$!
	within 20 "they are connected: $(cat "$tmp/squat.err")" grep -q connected "$tmp/squat"
}

# One user has all addresses of 127/8: places go by users.
test_http_one_user_cannot_take_all_places() {
	local i count
	host client
	run_on client
	squatter_on client 300
	for i in 1 2 3 4 5 6; do
		within 10 "scrape $i is answered" page client /metrics >/dev/null
	done
	# Those that wait in the kernel's queue have no process yet, and take no place.
	on client ss -Htnp state established 'sport = :9753' >"$tmp/established"
	count=$(grep -c "pid=$run_pid," "$tmp/established")
	((count >= 1 && count <= 40)) ||
		die "$count connections have places: $(cat "$tmp/established")"
	kill "$squat_pid"
	end_run client
}

rss_kb() { awk '/^RssAnon/ { print $2 }' "/proc/$1/status"; }

# Each of them is owed a page of 28 MB: the daemon holds a few MB in all.
test_http_memory_of_unread_pages_is_bounded() {
	local before i
	two_hosts
	address client eth0 2001:db8::1/64
	address server eth0 2001:db8::53/64
	on client ip -6 route add 2001:db8:bad::/48 via 2001:db8::53
	run_on client --max-resolvers 4000
	on client "$root/build/tests/scan" 2001:db8:bad:: 4000 0 >"$tmp/scan"
	series_becomes client dnsreach_incidents_open 0
	page client /metrics >"$tmp/page"
	[ "$(stat -c %s "$tmp/page")" -gt 20000000 ] || die "only $(stat -c %s "$tmp/page") bytes"
	before=$(rss_kb "$run_pid")
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		background client curl -s --limit-rate 1k -o /dev/null http://127.0.0.1:9753/metrics
	done
	squatter_on client 32
	sleep 5
	[ "$(rss_kb "$run_pid")" -lt $((before + 50000)) ] ||
		die "$(rss_kb "$run_pid") kB, $before before they came"
	kill "$squat_pid"
	within 30 'it is well after that' page client /healthz
	end_run client
}
