#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# --web-config: TLS and passwords of the pages, with curl, `dnsreach check` and a real Prometheus.
# What the file may say: tests/unit/test_web_config.c.

# Of the tests of crypt_blowfish (openwall.com/crypt): the password is U*U.
# shellcheck disable=SC2016
web_hash='$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'

# A CA in $tmp/NAME.ca.pem that signs NAME.pem for 192.0.2.1 and 127.0.0.1, and for clients.
make_cert() { # NAME
	openssl_for_test req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=CA of $1" \
		-keyout "$tmp/$1.ca.key" -out "$tmp/$1.ca.pem"
	openssl_for_test req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
		-keyout "$tmp/$1.key" -out "$tmp/$1.csr"
	printf 'subjectAltName=IP:192.0.2.1,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' >"$tmp/extensions"
	openssl_for_test x509 -req -in "$tmp/$1.csr" -CA "$tmp/$1.ca.pem" -CAkey "$tmp/$1.ca.key" -CAcreateserial -days 2 \
		-extfile "$tmp/extensions" -out "$tmp/$1.pem"
}

openssl_for_test() {
	openssl "$@" 2>"$tmp/openssl" || die "openssl $1: $(cat "$tmp/openssl")"
}

web_config() { # [FURTHER-LINES-OF-TLS]: for web.pem, and the user prometheus
	printf 'tls_server_config:\n  cert_file: web.pem\n  key_file: web.key\n%b' "${1:-}"
	printf 'basic_auth_users:\n  prometheus: %s\n' "$web_hash"
}

# In the background on client, with the file $tmp/web.yml.
run_web() { # [OPTIONS...]
	background client "$dnsreach" run --config /dev/null --web-config "$tmp/web.yml" "$@" >"$tmp/client.out" 2>"$tmp/client.err"
	run_pid=$!
	within 20 "it answers: $(cat "$tmp/client.err")" web_is 401
}

web_status() { # [curl-words...]
	on client curl -s -m 10 -o "$tmp/body" -w '%{http_code}' --cacert "$tmp/web.ca.pem" "$@" https://127.0.0.1:9753/healthz
}

web_is() { # STATUS [curl-words...]
	local wanted=$1
	shift
	[ "$(web_status "$@")" = "$wanted" ]
}

# A wrong password makes the next check wait.
web_becomes() { # STATUS [curl-words...]
	within 20 "it is $*" web_is "$@"
}

client_checks() { # CODE PATTERN [check-words...]
	local code=0 wanted=$1 pattern=$2
	shift 2
	on client "$dnsreach" check "$@" >"$tmp/check" 2>&1 || code=$?
	[ "$code" = "$wanted" ] || die "check $*: $code, not $wanted: $(cat "$tmp/check")"
	grep -qE -- "$pattern" "$tmp/check" || die "check $* says: $(cat "$tmp/check")"
}

test_web_config_serves_by_tls_and_asks_for_a_password() {
	two_hosts
	make_cert web
	web_config >"$tmp/web.yml"
	run_web --listen 127.0.0.1:9753 --listen "unix:$tmp/sock"
	headers="$(on client curl -s -D - -o "$tmp/body" --cacert "$tmp/web.ca.pem" https://127.0.0.1:9753/metrics)"
	grep -q '^WWW-Authenticate: Basic realm="dnsreach"' <<<"$headers" || die "headers: $headers"
	[ -s "$tmp/body" ] || die 'an empty page without a password'
	! grep -q dnsreach_ "$tmp/body" || die "without a password: $(head "$tmp/body")"
	web_becomes 200 -u 'prometheus:U*U'
	web_becomes 401 -u 'prometheus:U*V'
	web_becomes 401 -u 'someone:U*U'
	web_is 200 -u 'prometheus:U*U' || die 'wrong passwords of others count for a known user'
	on client curl -s -m 5 http://127.0.0.1:9753/healthz >"$tmp/body" && die 'it answers without TLS'
	on client curl -s -m 5 -u 'prometheus:U*U' https://127.0.0.1:9753/healthz && die 'curl trusts an unknown CA'
	on client openssl s_client -connect 127.0.0.1:9753 -tls1_1 </dev/null >"$tmp/s_client" 2>&1 && die 'it offers TLS 1.1'
	on client openssl s_client -connect 127.0.0.1:9753 -tls1_2 </dev/null >"$tmp/s_client" 2>&1 || die 'no TLS 1.2'
	[ "$(on client curl -s -m 5 --unix-socket "$tmp/sock" http://localhost/healthz)" = ok ] || die 'the Unix socket'
	! grep -qE "CCCC|U\*U|BEGIN" "$tmp/client.err" || die "a secret is told: $(cat "$tmp/client.err")"
	end_run client
}

# A page that is longer than the socket's buffers, to a slow reader, while others are served.
test_web_config_slow_readers_of_tls() {
	local i
	two_hosts
	make_cert web
	web_config >"$tmp/web.yml"
	run_web --max-resolvers 2000
	web_becomes 200 -u 'prometheus:U*U'
	for ((i = 1; i < 250; i++)); do
		on client bash -c "for k in 1 2 3 4; do echo no-dns-but-long-enough >/dev/udp/127.0.\$k.$i/53; done" 2>/dev/null
	done
	on client curl -s -m 30 --limit-rate 2M --cacert "$tmp/web.ca.pem" -u 'prometheus:U*U' -o "$tmp/slow" \
		https://127.0.0.1:9753/metrics &
	web_is 200 -u 'prometheus:U*U' || die 'a slow reader holds up others'
	wait $! || die 'the slow reader does not get all'
	[ "$(stat -c %s "$tmp/slow")" -gt 1000000 ] || die "a short page: $(stat -c %s "$tmp/slow")"
	tail -n 1 "$tmp/slow" | grep -qE '^process_start_time_seconds ' || die "its end: $(tail -n 1 "$tmp/slow")"
	end_run client
}

web_fleet_says() { # PORT TEXT [OPTION...]
	local code=0 port=$1 text=$2
	shift 2
	on client "$dnsreach" fleet --prometheus "https://127.0.0.1:$port" --ca-file "$tmp/web.ca.pem" --user-file "$tmp/user" \
		"$@" 2>"$tmp/err" || code=$?
	[ "$code" = 3 ] || die "fleet ended with $code"
	grep -q "$text" "$tmp/err" || die "fleet, with $*: $(cat "$tmp/err")"
}

test_web_config_client_certificates() {
	two_hosts
	make_cert web
	make_cert other
	web_config "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: $tmp/web.ca.pem\n" >"$tmp/web.yml"
	background client "$dnsreach" run --config /dev/null --web-config "$tmp/web.yml" 2>"$tmp/client.err"
	run_pid=$!
	within 20 'it answers' web_is 403
	web_becomes 403 -u 'prometheus:U*U'
	web_becomes 403 -u 'prometheus:U*U' --cert "$tmp/other.pem" --key "$tmp/other.key"
	web_becomes 401 --cert "$tmp/web.pem" --key "$tmp/web.key"
	web_becomes 200 -u 'prometheus:U*U' --cert "$tmp/web.pem" --key "$tmp/web.key"
	echo 'prometheus:U*U' >"$tmp/user"
	client_checks 3 'HTTP status 403 \(--cert-file and --key-file name a client certificate\)' \
		--url https://127.0.0.1:9753 --ca-file "$tmp/web.ca.pem" --user-file "$tmp/user"
	client_checks 0 'DNSREACH OK' --url https://127.0.0.1:9753 --ca-file "$tmp/web.ca.pem" --user-file "$tmp/user" \
		--cert-file "$tmp/web.pem" --key-file "$tmp/web.key"
	chmod 755 "$tmp"
	web_fleet_says 9753 'it refuses the request (HTTP 403)'
	web_fleet_says 9753 "the answer is not Prometheus' (HTTP 414)" --cert-file "$tmp/web.pem" --key-file "$tmp/web.key"
	end_run client
}

# A server that ends the handshake when the client has no certificate of its CA.
test_fleet_shows_a_client_certificate() {
	local server
	two_hosts
	chmod 755 "$tmp"
	make_cert web
	echo 'prometheus:U*U' >"$tmp/user"
	background client openssl s_server -accept 9090 -cert "$tmp/web.pem" -key "$tmp/web.key" \
		-CAfile "$tmp/web.ca.pem" -Verify 1 -verify_return_error -www >"$tmp/server" 2>&1
	server=$!
	within 20 'the server listens' grep -q ACCEPT "$tmp/server"
	web_fleet_says 9090 'Prometheus: the connection to 127.0.0.1:9090 broke\|certificate required'
	# It is no Prometheus, but fleet gets as far as to see that.
	web_fleet_says 9090 "the answer is not Prometheus'" --cert-file "$tmp/web.pem" --key-file "$tmp/web.key"
	web_fleet_says 9090 'only both together' --cert-file "$tmp/web.pem"
	kill "$server"
}

answered_twice() { [ "$(grep -c 'HTTP/1.1 401' "$tmp/kept")" = 2 ]; }

# SIGHUP: a new certificate for new clients, while a connection of the old one goes on.
test_web_config_is_read_again() {
	two_hosts
	make_cert web
	web_config >"$tmp/web.yml"
	run_web
	web_becomes 200 -u 'prometheus:U*U'
	mkfifo "$tmp/go"
	printf 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n' >"$tmp/ask"
	{
		cat "$tmp/ask"
		cat "$tmp/go"
	} | on client timeout 30 openssl s_client -quiet -connect 127.0.0.1:9753 >"$tmp/kept" 2>/dev/null &
	within 10 'the first answer' grep -q 'HTTP/1.1 401' "$tmp/kept"
	cp "$tmp/web.ca.pem" "$tmp/old.ca.pem"
	make_cert web
	echo "  second: $web_hash" >>"$tmp/web.yml"
	kill -HUP "$run_pid"
	within 10 'it was read again' grep -q 'web.yml was read again' "$tmp/client.err"
	cat "$tmp/ask" >"$tmp/go"
	within 10 'the old connection is answered' answered_twice
	web_becomes 200 -u 'second:U*U'
	on client curl -s -m 5 --cacert "$tmp/old.ca.pem" https://127.0.0.1:9753/healthz && die 'the old certificate'
	echo 'rate_limit:' >>"$tmp/web.yml"
	kill -HUP "$run_pid"
	within 10 'a bad file is told' grep -q "web.yml:[0-9]*: 'rate_limit' is not supported" "$tmp/client.err"
	within 10 'and what follows' grep -q 'the certificate and the users stay as they were' "$tmp/client.err"
	web_becomes 200 -u 'second:U*U'
	end_run client
}

test_web_config_check_and_fleet() {
	two_hosts
	make_cert web
	web_config >"$tmp/web.yml"
	run_web
	echo 'prometheus:U*U' >"$tmp/user"
	echo 'no colon' >"$tmp/bad"
	client_checks 0 'DNSREACH OK' --url https://127.0.0.1:9753 --ca-file "$tmp/web.ca.pem" --user-file "$tmp/user"
	client_checks 3 'HTTP status 401 \(--user-file names a file with NAME:PASSWORD\)' --url https://127.0.0.1:9753 --ca-file "$tmp/web.ca.pem"
	client_checks 3 'not trusted.*--ca-file names another CA' --url https://127.0.0.1:9753 --user-file "$tmp/user"
	client_checks 3 'does it expect https://\?' --url http://127.0.0.1:9753 --user-file "$tmp/user"
	client_checks 3 "--user-file: $tmp/bad: expected one line, NAME:PASSWORD" --url https://127.0.0.1:9753 --user-file "$tmp/bad"
	client_checks 3 "--ca-file: cannot read $tmp/none: No such file" --url https://127.0.0.1:9753 --ca-file "$tmp/none"
	client_checks 3 'need --url' --user-file "$tmp/user"
	client_checks 3 'only both together' --url https://127.0.0.1:9753 --cert-file "$tmp/web.pem"
	# The page is no Prometheus, but fleet gets as far as to see that, with the right password alone.
	chmod 755 "$tmp"
	web_fleet_says 9753 "the answer is not Prometheus' (HTTP 414)"
	echo 'prometheus:wrong' >"$tmp/user"
	web_fleet_says 9753 'it refuses the request (HTTP 401)'
	end_run client
}

test_web_config_that_cannot_be_used_is_refused() {
	host client
	make_cert web
	make_cert other
	echo 'http_server_config: {http2: false}' >"$tmp/web.yml"
	refuses "web.yml:1: 'http_server_config' is not supported" 2 "$dnsreach" run --config /dev/null --web-config "$tmp/web.yml"
	sed "s/web.key/other.key/" <(web_config) >"$tmp/web.yml"
	refuses 'cannot use cert_file with key_file: ' 2 "$dnsreach" run --config /dev/null --check-config --web-config "$tmp/web.yml"
	refuses 'cannot read .*/none.yml: No such file' 2 "$dnsreach" run --config /dev/null --check-config --web-config "$tmp/none.yml"
	printf 'web-config = %s/none.yml\n' "$tmp" >"$tmp/conf"
	refuses 'cannot read .*/none.yml: No such file' 2 "$dnsreach" run --config "$tmp/conf" --check-config
	web_config >"$tmp/web.yml"
	"$dnsreach" run --config /dev/null --check-config --web-config "$tmp/web.yml" || die 'a good file is refused'
}

# The file is Prometheus' own: promtool takes it too, and Prometheus scrapes by it.
test_web_config_with_a_real_prometheus() {
	needs prometheus promtool
	two_hosts
	make_cert web
	web_config "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: web.ca.pem\n  min_version: TLS13\n" >"$tmp/web.yml"
	promtool check web-config "$tmp/web.yml" >"$tmp/promtool" 2>&1 || die "promtool: $(cat "$tmp/promtool")"
	background client "$dnsreach" run --config /dev/null --web-config "$tmp/web.yml" --listen 192.0.2.1:9753 2>"$tmp/client.err"
	run_pid=$!
	cat >"$tmp/prometheus.yml" <<-CONF
		global:
		  scrape_interval: 1s
		scrape_configs:
		- job_name: dnsreach
		  scheme: https
		  basic_auth: {username: prometheus, password: 'U*U'}
		  tls_config: {ca_file: web.ca.pem, cert_file: web.pem, key_file: web.key}
		  static_configs:
		  - targets: ['192.0.2.1:9753']
		- job_name: without
		  scheme: https
		  tls_config: {ca_file: web.ca.pem, cert_file: web.pem, key_file: web.key}
		  static_configs:
		  - targets: ['192.0.2.1:9753']
	CONF
	background server prometheus --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/prometheus" \
		--web.listen-address=127.0.0.1:9090 --log.level=warn >"$tmp/prometheus.log" 2>&1
	within 60 "Prometheus scrapes: $(tail -n 3 "$tmp/prometheus.log")" scraped 'up{job="dnsreach"}' 1
	within 10 'it has the metrics' scraped 'count(dnsreach_build_info)' 1
	within 10 'nobody scrapes without the password' scraped 'up{job="without"}' 0
	end_run client
}

scraped() { # EXPRESSION VALUE
	[ "$(on server curl -sf -m 5 --get --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query |
		jq -r '.data.result[0].value[1]')" = "$2" ]
}
