#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Sessions of DNS over TLS by real clients and servers: what ends the first bytes of a client.

v4=203.0.113.53

tls_certificate() { # makes $tmp/tls.pem and $tmp/tls.key, which nobody trusts
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=dns.test \
		-keyout "$tmp/tls.key" -out "$tmp/tls.pem" 2>/dev/null || die 'no certificate'
}

tls_resolver() { # HOST ADDRESS: a real unbound, over UDP and over TLS
	tls_certificate
	{
		unbound_server
		cat <<-CONF
			  local-zone: "ok.test." redirect
			  local-data: "ok.test. 60 IN A 198.51.100.80"
			  log-queries: yes
			  interface: $2
			  interface: $2@853
			  tls-port: 853
			  tls-service-key: "$tmp/tls.key"
			  tls-service-pem: "$tmp/tls.pem"
			remote-control:
			  control-enable: no
		CONF
	} >"$tmp/unbound-tls.conf"
	background "$1" unbound -d -c "$tmp/unbound-tls.conf" 2>"$tmp/unbound-tls.log"
	within 10 'unbound answers' asks_fine "$1" "$2"
}

tls_server() { # HOST ADDRESS SOCAT-ADDRESS [PORT]: anything else on port 853
	background "$1" socat "TCP-LISTEN:${4:-853},bind=$2,fork,reuseaddr" "$3"
	within 5 'a server listens there' eval "on $1 ss -Hltn | grep -q :${4:-853}"
}

tls_clients() { # HOST ADDRESS NUMBER [WORDS of openssl s_client]: one after the other
	local h=$1 address=$2 left=$3
	shift 3
	while [ "$left" -gt 0 ]; do
		on "$h" timeout 4 openssl s_client -connect "$address:853" "$@" </dev/null >/dev/null 2>&1
		left=$((left - 1))
	done
}

test_sessions_of_dig() {
	local i
	three_hosts
	tls_resolver server $v4
	watch_on client
	for i in 1 2 3 4; do
		on client dig +short +tries=1 +time=2 +tls "@$v4" "n$i.ok.test" >"$tmp/dig.$i"
	done
	becomes client $v4/dot '.sessions.answered == 4'
	unwatch client
	[ "$(cat "$tmp"/dig.? | sort -u)" = 198.51.100.80 ] || die "dig: $(cat "$tmp"/dig.?)"
	want $v4/dot .sessions.started 4
	want $v4/dot .sessions.refused 0
	want $v4/dot .sessions.closed 0
	want $v4/dot .sessions.in_flight 0
	want $v4/dot .connects.established 4
	want $v4/dot .connects.unfollowed 0
	want $v4/dot .state healthy
	want_true $v4/dot '.windows["1m"].settled == 4 and .windows["1m"].failure_ratio == 0'
}

# A client that does not trust the certificate says so within TLS: nothing of it is seen.
test_session_of_a_client_that_trusts_nobody() {
	three_hosts
	tls_resolver server $v4
	watch_on client
	tls_clients client $v4 3 -verify_return_error
	becomes client $v4/dot '.sessions.answered == 3'
	unwatch client
	want $v4/dot .sessions.refused 0
	want $v4/dot .cause null
}

test_tls_of_another_version_is_refused() {
	three_hosts
	tls_certificate
	background server openssl s_server -accept $v4:853 -tls1_3 -key "$tmp/tls.key" -cert "$tmp/tls.pem" -quiet
	within 5 'openssl listens' eval "on server ss -Hltn | grep -q :853"
	watch_on client
	tls_clients client $v4 3 -tls1_2
	becomes client $v4/dot '.state == "degraded" and .cause == "tls-refused"'
	unwatch client
	want $v4/dot .sessions.started 3
	want $v4/dot .sessions.answered 3
	want $v4/dot .sessions.refused 3
	want_true $v4/dot '.windows["1m"].error_ratio == 1'
}

test_other_bytes_than_tls_refuse_a_session() {
	three_hosts
	tls_server server $v4 SYSTEM:'head -c 1 >/dev/null; echo 220 ready'
	watch_on client
	tls_clients client $v4 3
	becomes client $v4/dot '.cause == "tls-refused"'
	unwatch client
	want $v4/dot .sessions.refused 3
}

# The server accepts and closes: by FIN, before or after the client has sent anything.
test_sessions_that_are_closed() {
	three_hosts
	tls_server server $v4 EXEC:/bin/true
	watch_on client
	tls_clients client $v4 3
	becomes client $v4/dot '.state == "down" and .cause == "not-served"'
	unwatch client
	want $v4/dot .sessions.started 3
	want $v4/dot .sessions.closed 3
	want $v4/dot .sessions.answered 0
	want $v4/dot .connects.established 3
}

# The incident of closed sessions names their client.
test_closed_sessions_name_the_client() {
	three_hosts
	tls_server server $v4 EXEC:/bin/true
	watch_on client --incidents "$tmp/incidents"
	tls_clients client $v4 4
	becomes client $v4/dot '.state == "down" and .cause == "not-served"'
	unwatch client
	tail -n 1 "$tmp/incidents" | jq -e '.clients == ["192.0.2.1"] and .names == [] and
		([.failed[] | .what + " " + .outcome] | unique) == ["session closed"] and
		.failed[0].id == null' >/dev/null || die "$(tail -n 1 "$tmp/incidents")"
}

# Those of queries over TCP have their names too.
test_closed_queries_over_tcp_name_their_names() {
	local n
	three_hosts
	tls_server server $v4 SYSTEM:'head -c 4 >/dev/null' 53
	watch_on client --incidents "$tmp/incidents"
	for n in 1 2 3 4; do
		ask client $v4 "closed$n.test" +tcp
	done
	becomes client $v4/tcp '.state == "down" and .cause == "not-served"'
	unwatch client
	tail -n 1 "$tmp/incidents" | jq -e '.clients == ["192.0.2.1"] and (.names | length) >= 3 and
		([.failed[] | .what + " " + .outcome] | unique) == ["query closed"]' >/dev/null ||
		die "$(tail -n 1 "$tmp/incidents")"
}

test_sessions_that_time_out() {
	three_hosts
	tls_server server $v4 SYSTEM:'cat >/dev/null'
	watch_on client --timeout 1
	tls_clients client $v4 3
	becomes client $v4/dot '.state == "down" and .cause == "not-served"'
	unwatch client
	want $v4/dot .sessions.started 3
	want $v4/dot .sessions.timed_out 3
	want $v4/dot .sessions.closed 0
}
