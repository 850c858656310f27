#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# More clients and forwarders of DNS over TLS, as Debian has them: each connection that the server
# accepted is one connect and one session, whatever the number of questions on it.

v4=203.0.113.53
v6=2001:db8:2::53

# All connections of this host were established, and their sessions answered.
sessions_as_the_kernels_say() { # ADDRESS
	want "$1/dot" .connects.opened "$(tcp_of client ActiveOpens)"
	want "$1/dot" .connects.established "$(tcp_of server PassiveOpens)"
	want "$1/dot" .connects.unfollowed 0
	want "$1/dot" .sessions.started "$(tcp_of server PassiveOpens)"
	want "$1/dot" .sessions.answered "$(tcp_of server PassiveOpens)"
	want "$1/dot" '.sessions | .refused + .closed + .timed_out + .in_flight' 0
}

over_tls_logged() { # ADDRESS: how many of its questions the server of tls_resolver() has logged
	grep -c "info: $1 .* IN\$" "$tmp/unbound-tls.log"
}

kdig_over_tls() { # ADDRESS
	local i
	three_hosts
	tls_resolver server "$1"
	watch_on client
	for i in 1 2 3; do
		on client kdig +short +tls +retry=0 "@$1" "n$i.ok.test" >>"$tmp/kdig"
	done
	on client kdig +short +tls +keepopen +retry=0 "@$1" a.ok.test b.ok.test c.ok.test >>"$tmp/kdig"
	becomes client "$1/dot" '.sessions.answered == 4'
	unwatch client
	[ "$(answers_of_kdig "$tmp/kdig")" = 6 ] || die "kdig: $(cat "$tmp/kdig")"
	want "$1/dot" .sessions.started 4
	want "$1/dot" .state healthy
	sessions_as_the_kernels_say "$1"
}
test_kdig_over_tls() {
	needs kdig
	kdig_over_tls $v4
}
test_kdig_over_tls_ipv6() {
	needs kdig
	kdig_over_tls $v6
}

# It does not trust the certificate, and says so within TLS: the row stays healthy.
test_kdig_that_trusts_nobody() {
	local i
	needs kdig
	three_hosts
	tls_resolver server $v4
	watch_on client
	for i in 1 2 3; do
		on client kdig +short +tls-ca +tls-hostname=dns.test +retry=0 @$v4 "n$i.ok.test" >>"$tmp/kdig" 2>&1
	done
	becomes client $v4/dot '.sessions.answered == 3 and .state == "healthy"'
	unwatch client
	[ "$(answers_of_kdig "$tmp/kdig")" = 0 ] || die "kdig: $(cat "$tmp/kdig")"
	sessions_as_the_kernels_say $v4
}

test_dnsperf_over_tls() {
	local sent
	three_hosts
	tls_resolver server $v4
	watch_on client
	load client $v4 2000 -m dot -c 4 -q 100
	becomes client $v4/dot '.sessions.answered >= 4 and .sessions.in_flight == 0'
	unwatch client
	[ "$(awk '/Queries completed:/ { print $3 }' "$tmp/dnsperf")" = "$sent" ] || die "$(cat "$tmp/dnsperf")"
	[ "$(over_tls_logged 192.0.2.1)" = "$sent" ] || die "$(over_tls_logged 192.0.2.1) of $sent logged"
	sessions_as_the_kernels_say $v4
	figure "$sent questions over TLS on $(of $v4/dot .sessions.started) connections"
}

# N questions to a forwarder of this host, which asks $v4 over TLS alone.
forwarded_over_tls() { # N
	local before
	before=$(over_tls_logged 192.0.2.1)
	load client 127.0.0.1 "$1" -q 10
	becomes client $v4/dot '.sessions.answered >= 1 and .sessions.in_flight == 0'
	unwatch client
	[ "$(awk '/Queries completed:/ { print $3 }' "$tmp/dnsperf")" = "$1" ] || die "$(cat "$tmp/dnsperf")"
	want 127.0.0.1 .answered.noerror "$1"
	[ "$(over_tls_logged 192.0.2.1)" -ge $((before + $1)) ] || die "$(over_tls_logged 192.0.2.1) logged"
	want $v4/dot '.state == "healthy" or .state == "pending"' true # a few sessions are no verdict
	sessions_as_the_kernels_say $v4
	[ -z "$(of $v4 .queries)" ] || die "$v4 was asked over UDP, too"
	figure "$1 questions to the forwarder were $(of $v4/dot .sessions.started) sessions"
}

test_unbound_over_tls() {
	three_hosts
	tls_resolver server $v4
	{
		unbound_server
		cat <<-CONF
			  interface: 127.0.0.1
			forward-zone:
			  name: "."
			  forward-addr: $v4@853
			  forward-tls-upstream: yes
			remote-control:
			  control-enable: no
		CONF
	} >"$tmp/forwarder.conf"
	watch_on client
	background client unbound -d -c "$tmp/forwarder.conf" 2>"$tmp/forwarder.log"
	within 10 'the forwarder answers' eval 'on client ss -Hlnu | grep -q 127.0.0.1:53'
	forwarded_over_tls 50
}

test_stubby_over_tls() {
	needs stubby
	three_hosts
	tls_resolver server $v4
	cat >"$tmp/stubby.yml" <<-YML
		resolution_type: GETDNS_RESOLUTION_STUB
		dns_transport_list: [GETDNS_TRANSPORT_TLS]
		tls_authentication: GETDNS_AUTHENTICATION_NONE
		idle_timeout: 10000
		listen_addresses: [127.0.0.1]
		upstream_recursive_servers: [{address_data: $v4}]
	YML
	watch_on client
	background client stubby -C "$tmp/stubby.yml" 2>"$tmp/stubby.log"
	within 10 'stubby listens' eval 'on client ss -Hlnu | grep -q 127.0.0.1:53'
	forwarded_over_tls 50
}

test_dnsdist_over_tls() {
	needs dnsdist
	three_hosts
	tls_resolver server $v4
	watch_on client
	dnsdist_asks "tls='openssl', validateCertificates=false, address='$v4:853'"
	forwarded_over_tls 50
}
