#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# `dnsreach check --probe --probe-transport dot`: real servers of TLS that fail in each way, and the
# certificates that are verified when a name is told.

# An authority that nobody trusts by itself, in $tmp/ca.pem.
tls_authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority \
		-keyout "$tmp/ca.key" -out "$tmp/ca.pem" 2>/dev/null || die 'no authority'
}

# A certificate of the authority for dns.test and $v4, in $tmp/NAME.pem and its key beside it.
tls_signed() { # NAME DAYS
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=dns.test \
		-addext "subjectAltName=DNS:dns.test,IP:$v4" -keyout "$tmp/$1.key" -out "$tmp/$1.csr" 2>/dev/null ||
		die "no request for $1"
	openssl x509 -req -in "$tmp/$1.csr" -CA "$tmp/ca.pem" -CAkey "$tmp/ca.key" -CAcreateserial -days "$2" \
		-copy_extensions copy -out "$tmp/$1.pem" 2>/dev/null || die "no certificate $1"
}

unbound_over_tls() { # HOST ADDRESS CERTIFICATE
	{
		unbound_server
		cat <<-CONF
			  local-zone: "ok.test." redirect
			  local-data: "ok.test. 60 IN A 198.51.100.80"
			  local-zone: "refused.test." always_refuse
			  interface: $2
			  interface: $2@853
			  tls-port: 853
			  tls-service-key: "$tmp/$3.key"
			  tls-service-pem: "$tmp/$3.pem"
			remote-control:
			  control-enable: no
		CONF
	} >"$tmp/unbound-$3.conf"
	background "$1" unbound -d -c "$tmp/unbound-$3.conf" 2>"$tmp/unbound-$3.log"
	within 10 'unbound answers' asks_fine "$1" "$2"
}

probes_tls() { # CODE PATTERN [OPTIONS...]: over TLS, for a name that is there
	local code=$1 pattern=$2
	shift 2
	checks "$code" "$pattern" client --probe -r $v4 --name www.ok.test --probe-transport dot "$@"
}

tls_probed() { # OUTCOME CAUSE FAILURE ALERT
	local got want
	got=$(jq -c '.resolvers[0] | [.outcome, .cause, .tls.failure, .tls.alert]' "$tmp/out")
	want=$(jq -cn --arg o "$1" --arg c "$2" --arg f "$3" --argjson a "$4" \
		'[$o, ($c | select(. != "") // null), ($f | select(. != "") // null), $a]')
	[ "$got" = "$want" ] || die "got $got, should be $want: $(cat "$tmp/out")"
}

listens_tls() { # HOST
	within 10 'a server listens on 853' eval "on $1 ss -Hltn | grep -q :853"
}

test_probe_over_tls() {
	local as=("${nobody[@]}")
	three_hosts
	tls_authority
	tls_signed good 2
	unbound_over_tls server $v4 good
	probes_tls 0 "^DNSREACH OK - $v4/dot: answered in .* with NOERROR, by TLS1\.3, certificate not verified"
	grep -q "'$v4/dot_rtt_s'=0" "$tmp/out" || die "no RTT: $(cat "$tmp/out")"
	probes_tls 0 '"status":"OK"' --json
	tls_probed answered '' '' null
	[ "$(jq -c '.resolvers[0] | [.port, .transport, .tls.version, .tls.verified]' "$tmp/out")" = '[853,"dot","TLS1.3",false]' ] ||
		die "$(cat "$tmp/out")"
	checks 1 'with REFUSED, by TLS1\.3' client --probe -r $v4 --name x.refused.test --probe-transport dot
	checks 0 '; 3 of 3 resolvers answered' client --probe -r $v4 --name www.ok.test --probe-transport udp,tcp,dot
}

# It must be trusted, in time, and of the name; by the system's store, or a file.
test_probe_verifies_a_certificate() {
	local as=("${nobody[@]}")
	three_hosts
	tls_authority
	tls_signed good 2
	unbound_over_tls server $v4 good
	probes_tls 0 'by TLS1\.3, certificate verified' --probe-tls-name dns.test --ca-file "$tmp/ca.pem"
	probes_tls 0 'certificate verified' --probe-tls-name $v4 --ca-file "$tmp/ca.pem"
	probes_tls 0 'certificate verified' --probe-tls-name dns.test. --ca-file "$tmp/ca.pem"
	probes_tls 2 "/dot: its certificate is not of the name of --probe-tls-name( \||$)" \
		--probe-tls-name dns.example --ca-file "$tmp/ca.pem"
	probes_tls 2 '"status":"CRITICAL"' --probe-tls-name 192.0.2.7 --ca-file "$tmp/ca.pem" --json
	tls_probed tls_failed '' wrong_name null
	probes_tls 2 '/dot: its certificate is not trusted: no authority that is trusted here signed it( \||$)' \
		--probe-tls-name dns.test
	probes_tls 2 '"status":"CRITICAL"' --probe-tls-name dns.test --json
	tls_probed tls_failed '' not_trusted null
	probes_tls 2 'no authority that is trusted here signed it, and it is of another name' --probe-tls-name dns.example
	# The system's own store, which is hidden by a mount of ours.
	as=(unshare -m bash -c "mount --bind '$tmp/ca.pem' /etc/ssl/certs/ca-certificates.crt && exec \"\$@\"" -)
	[ -e /etc/ssl/certs/ca-certificates.crt ] || skip 'no trust store of the system'
	probes_tls 0 'certificate verified' --probe-tls-name dns.test
}

test_probe_certificate_that_has_expired() {
	local as=("${nobody[@]}")
	three_hosts
	tls_authority
	tls_signed old 0
	unbound_over_tls server $v4 old
	within 10 'it has expired' eval '! openssl x509 -in "$tmp/old.pem" -noout -checkend 0 >/dev/null'
	sleep 1 # GnuTLS looks at whole seconds
	probes_tls 2 '/dot: its certificate is not trusted: it has expired( \||$)' --probe-tls-name dns.test --ca-file "$tmp/ca.pem"
	probes_tls 0 'certificate not verified'
}

tls_openssl() { # [WORDS of openssl s_server...]
	background server openssl s_server -accept $v4:853 -key "$tmp/good.key" -cert "$tmp/good.pem" -quiet "$@" >/dev/null 2>&1 < <(sleep 1000)
	listens_tls server
}

test_probe_alerts_are_named() {
	local as=("${nobody[@]}")
	three_hosts
	tls_authority
	tls_signed good 2
	tls_openssl -tls1_1 -cipher DEFAULT@SECLEVEL=0
	probes_tls 2 '/dot: refused TLS by the alert protocol_version \(70\): tls-refused, '
	probes_tls 2 '"status":"CRITICAL"' --json
	tls_probed tls_failed tls-refused alert 70
	kill "${pids[-1]}"
	wait "${pids[-1]}"
	tls_openssl -alpn h2
	probes_tls 2 'refused TLS by the alert no_application_protocol \(120\)'
	kill "${pids[-1]}"
	wait "${pids[-1]}"
	# TLS 1.3 asks for it when the handshake is over.
	tls_openssl -Verify 1
	probes_tls 2 'refused TLS by the alert certificate_required \(116\)'
}

tls_socat() { # SOCAT-ADDRESS [LISTENER]
	background server socat "${2:-TCP-LISTEN}:853,bind=$v4,fork,reuseaddr${3:-}" "$1" 2>/dev/null
	listens_tls server
}

test_probe_something_else_than_tls() {
	local as=("${nobody[@]}")
	three_hosts
	tls_socat SYSTEM:'head -c 1 >/dev/null; echo 220 ready'
	probes_tls 2 '/dot: answered with something else than TLS: tls-refused, '
	probes_tls 2 '"status":"CRITICAL"' --json
	tls_probed tls_failed tls-refused not_tls null
}

# An unbound that serves plain TCP there: it waits for more of what it takes for a long message.
test_probe_plain_dns_on_the_port_of_tls() {
	local as=("${nobody[@]}")
	three_hosts
	resolver server $v4
	sed "s/interface: $v4/&@853/" "$tmp/unbound-server.conf" >"$tmp/plain.conf"
	background server unbound -d -c "$tmp/plain.conf" 2>/dev/null
	listens_tls server
	probes_tls 2 '/dot: (timed out in the TLS handshake on an established connection|closed the connection by (FIN|RST) in the TLS handshake, without an answer): not-served, '
}

test_probe_tls_that_hangs_and_closes() {
	local as=("${nobody[@]}")
	three_hosts
	tls_socat SYSTEM:'cat >/dev/null'
	probes_tls 2 '/dot: timed out in the TLS handshake on an established connection: not-served, '
	kill "${pids[-1]}"
	wait "${pids[-1]}"
	tls_socat EXEC:/bin/true
	probes_tls 2 '/dot: closed the connection by (FIN|RST) in the TLS handshake, without an answer: not-served, '
	probes_tls 2 '"status":"CRITICAL"' --json
	tls_probed closed not-served '' null
}

# Behind a handshake that is all right: silence, an end, and the answer to another question.
test_probe_tls_without_an_answer() {
	local as=("${nobody[@]}") tls
	three_hosts
	tls_authority
	tls_signed good 2
	tls=",cert=$tmp/good.pem,key=$tmp/good.key,verify=0"
	tls_socat SYSTEM:'cat >/dev/null' OPENSSL-LISTEN "$tls"
	probes_tls 2 '/dot: timed out after the TLS handshake on an established connection: not-served, '
	kill "${pids[-1]}"
	wait "${pids[-1]}"
	tls_socat SYSTEM:'head -c 2 >/dev/null' OPENSSL-LISTEN "$tls"
	probes_tls 2 '/dot: closed the connection by (FIN|RST) after the TLS handshake, without an answer: not-served, '
	kill "${pids[-1]}"
	wait "${pids[-1]}"
	cat >"$tmp/wrong" <<-'SH'
		head -c 2 >/dev/null
		printf '\000\014\000\000\201\200\000\000\000\000\000\000\000\000'
		sleep 100
	SH
	tls_socat EXEC:"bash '$tmp/wrong'" OPENSSL-LISTEN "$tls"
	probes_tls 2 'timed out after the TLS handshake .*; 1 messages? that did not match (was|were) ignored'
}

test_probe_tls_port_that_is_closed_or_filtered() {
	local as=("${nobody[@]}")
	three_hosts
	resolver server $v4
	probes_tls 2 '/dot: refused the connection: port-closed, '
	on server nft -f - <<-NFT
		table inet t { chain i { type filter hook input priority 0; tcp dport 853 drop; }; }
	NFT
	probes_tls 2 '/dot: timed out before the connection was established: silent, '
	checks 1 "$v4/dot: timed out .*: silent, .*; tls-blocked, " \
		client --probe -r $v4 --name www.ok.test --probe-transport udp,dot
}

# Root reads the file of authorities, and is nobody before a resolver sends anything.
test_probe_gives_up_root() {
	three_hosts
	tls_authority
	tls_signed good 2
	mkdir "$tmp/private"
	chmod 700 "$tmp/private"
	cp "$tmp/ca.pem" "$tmp/private"
	local verified=(--probe-tls-name dns.test --ca-file "$tmp/private/ca.pem")
	tls_socat SYSTEM:'cat >/dev/null'
	local server=${pids[-1]} probe code=0
	background client "$dnsreach" check --probe -r $v4 --probe-transport dot "${verified[@]}" >"$tmp/hangs"
	probe=${pids[-1]}
	within 10 'the probe has given up its rights' is_nobody "$probe"
	wait "$probe" || code=$?
	[ $code = 2 ] || die "the probe ended with $code: $(cat "$tmp/hangs")"
	grep -q 'timed out in the TLS handshake' "$tmp/hangs" || die "$(cat "$tmp/hangs")"
	kill "$server"
	wait "$server"
	unbound_over_tls server $v4 good
	probes_tls 0 'certificate verified' "${verified[@]}"
}

# The port that is told, unless it is 53: that is the port of UDP.
test_probe_tls_on_another_port() {
	local as=("${nobody[@]}")
	three_hosts
	checks 2 "$v4:8853/dot: refused the connection" client --probe -r $v4:8853 --probe-transport dot
	checks 2 "$v4/dot: refused the connection" client --probe -r $v4:53 --probe-transport dot
	checks 2 "$v4/dot: refused the connection" client --probe -r $v4:853 --probe-transport dot
}

test_probe_tls_usage() {
	local as=("${nobody[@]}")
	host client
	checks 3 '^DNSREACH UNKNOWN - --probe-tls-name: only with --probe --probe-transport dot' client --probe-tls-name dns.test
	checks 3 '^DNSREACH UNKNOWN - --probe-tls-name: only with' client --probe --probe-transport tcp --probe-tls-name dns.test
	checks 3 '^DNSREACH UNKNOWN - --ca-file needs --url or --probe-tls-name' client --probe --probe-transport dot --ca-file /x
	checks 3 '^DNSREACH UNKNOWN - cannot probe: /nowhere: Error while reading file' \
		client --probe -r 192.0.2.1 --probe-transport dot --probe-tls-name dns.test --ca-file /nowhere
	local name
	for name in '' ' ' dns.example:853 '[2001:db8::11]' $'\xff' "$(printf '%0300d' 0)"; do
		checks 3 '^DNSREACH UNKNOWN - --probe-tls-name: it must be an IP address, or a host name of letters' \
			client --probe -r 192.0.2.1 --probe-transport dot --probe-tls-name "$name"
	done
	checks 3 "^DNSREACH UNKNOWN - .*'doh' is none of udp, tcp and dot" client --probe --probe-transport doh
}
