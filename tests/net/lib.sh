#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the tests in network namespaces have in common: namespaces and links that they make
# themselves, real servers, dnsreach watching, and expectations on its JSON. Every name has the
# test's process ID in it; clean_up() ends and removes exactly what was made.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
dnsreach=${DNSREACH:-$root/build/dnsreach}

# ---- one test's surroundings -------------------------------------------------------------

set_up() {
	tmp=$(mktemp -d)
	chmod 755 "$tmp"
	prefix=dr$BASHPID
	hosts=()
	pids=()
	trap clean_up EXIT
}

# Those that a test has made below a slice of its own.
remove_cgroups() {
	local root
	for root in /sys/fs/cgroup /sys/fs/cgroup/unified; do
		[ -d "$root/$prefix.slice" ] && find "$root/$prefix.slice" -depth -type d -exec rmdir {} \;
	done
	return 0
}

clean_up() {
	local pid host running
	# Not all of pids: the number of one that has ended may be somebody else's by now.
	running=$(jobs -rp && jobs -sp)
	for pid in $running; do
		kill "$pid" 2>/dev/null
		kill -CONT "$pid" 2>/dev/null # one that a test has stopped
	done
	for pid in $running; do
		wait "$pid" 2>/dev/null
	done
	for host in "${hosts[@]}"; do
		# What a signal has kept from being written down is in here too.
		ip netns pids "$prefix-$host" 2>/dev/null | xargs -r kill -KILL 2>/dev/null
		ip netns del "$prefix-$host" 2>/dev/null
	done
	umount "$tmp/small" "$tmp/podman/overlay" 2>/dev/null # a disk that can be full; podman's images
	remove_cgroups
	rm -rf "$tmp"
}

die() {
	echo "$*" >&2
	exit 1
}

skip() {
	echo "$*" >"$SKIP_FILE"
	exit 77
}

# A guest of tests/kernels has few programs; on any other machine all are installed before the tests.
needs() { # PROGRAM...
	local program
	for program; do
		type -P "$program" >/dev/null && continue
		[ -z "${DNSREACH_TEST_IN_PLACE:-}" ] || skip "no $program here"
		die "$program is not installed"
	done
}

figure() { # TEXT: what was measured, for whoever reads the run
	echo "$*" >>"$FIGURES_FILE"
}

# ---- hosts and links ---------------------------------------------------------------------

host() { # NAME...: a network namespace each, with lo up
	local h
	for h; do
		hosts+=("$h")
		ip netns add "$prefix-$h" || die "cannot make the namespace $h"
		ip -n "$prefix-$h" link set lo up
		on "$h" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
	done
}

# The network namespace only: `ip netns exec` would hide what the tests look at in /sys.
on() { # HOST COMMAND...
	local h=$1
	shift
	nsenter --net="/run/netns/$prefix-$h" "$@"
}

background() { # HOST COMMAND...: in the background; its pid in $!
	local h=$1
	shift
	nsenter --net="/run/netns/$prefix-$h" "$@" &
	pids+=($!)
}

is_nobody() { # PID: it has given up root, and every capability
	awk '/^Uid:/ { uid = $2 $3 $4 $5 } /^CapEff:/ { cap = $2 }
		END { exit uid != "65534655346553465534" || cap !~ /^0+$/ }' "/proc/$1/status"
}

link() { # HOST1 NAME1 HOST2 NAME2: a veth pair, up
	ip link add "$2" netns "$prefix-$1" type veth peer name "$4" netns "$prefix-$3" ||
		die "cannot link $1 and $3"
	ip -n "$prefix-$1" link set "$2" up
	ip -n "$prefix-$3" link set "$4" up
}

address() { # HOST INTERFACE ADDRESS...
	local h=$1 i=$2 a
	shift 2
	for a; do
		case $a in
		*:*) ip -n "$prefix-$h" addr add "$a" dev "$i" nodad ;;
		*) ip -n "$prefix-$h" addr add "$a" dev "$i" ;;
		esac || die "$h: cannot give $i the address $a"
	done
}

route() { # HOST ip-route-words...
	local h=$1
	shift
	ip -n "$prefix-$h" route add "$@" || die "$h: no route $*"
}

mac() { # HOST INTERFACE
	ip -n "$prefix-$1" -j link show "$2" | jq -r '.[0].address'
}

# client -- router -- server, in both families: 192.0.2.1 and 2001:db8:1::1 is the client,
# 203.0.113.53 and 2001:db8:2::53 the server, addresses further up to .99 are the server's too.
three_hosts() {
	host client router server
	link client eth0 router left
	link router right server eth0
	address client eth0 192.0.2.1/24 2001:db8:1::1/64
	address router left 192.0.2.254/24 2001:db8:1::fe/64
	address router right 203.0.113.254/24 2001:db8:2::fe/64
	address server eth0 203.0.113.53/24 2001:db8:2::53/64
	route client default via 192.0.2.254
	route client default via 2001:db8:1::fe
	route server default via 203.0.113.254
	route server default via 2001:db8:2::fe
	on router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}

two_hosts() { # client and server on one link
	host client server
	link client eth0 server eth0
	address client eth0 192.0.2.1/24 2001:db8:1::1/64
	address server eth0 192.0.2.53/24 2001:db8:1::53/64
}

# ---- servers and clients -----------------------------------------------------------------

unbound_server() { # the head of an unbound.conf that any of the tests' hosts may ask
	cat <<-CONF
		server:
		  directory: "$tmp"
		  chroot: ""
		  username: ""
		  pidfile: ""
		  use-syslog: no
		  do-daemonize: no
		  num-threads: 1
		  so-rcvbuf: 0
		  # With many of its 10 places in use, it closes connections that are idle for moments.
		  incoming-num-tcp: 100
		  access-control: 0.0.0.0/0 allow
		  access-control: ::/0 allow
		  module-config: "iterator"
		  local-zone: "test." nodefault
	CONF
}

# A real unbound: ok.test. answers, refused.test. is REFUSED, servfail.test. is SERVFAIL. With a port,
# the host must translate port 53 of the address to it. Its log has each query.
resolver() { # HOST ADDRESS[@PORT]...
	local h=$1 a conf="$tmp/unbound-$1.conf"
	shift
	{
		unbound_server
		cat <<-CONF
			  do-not-query-localhost: no
			  outbound-msg-retry: 1
			  max-sent-count: 2
			  local-zone: "ok.test." redirect
			  local-data: "ok.test. 60 IN A 198.51.100.80"
			  local-zone: "refused.test." always_refuse
			  log-queries: yes
		CONF
		for a; do echo "  interface: $a"; done
		cat <<-CONF
			forward-zone:
			  name: "servfail.test."
			  forward-addr: 127.0.0.1@1
			remote-control:
			  control-enable: no
		CONF
	} >"$conf"
	background "$h" unbound -d -c "$conf" 2>"$tmp/unbound-$h.log"
	for a; do
		within 10 "unbound on $h answers at $a" asks_fine "$h" "${a%@*}"
	done
}

asks_fine() { # HOST ADDRESS
	on "$1" dig +short +tries=1 +time=1 "@$2" ready.ok.test A 2>/dev/null | grep -q 198.51.100.80
}

ask() { # HOST ADDRESS [NAME [dig-words...]]: one query, one try, whatever comes back
	local h=$1 a=$2 name=${3:-www.ok.test}
	shift 2
	[ $# -gt 0 ] && shift
	on "$h" dig +short +tries=1 +time=1 +noedns "$@" "@$a" "$name" A >/dev/null 2>&1
	return 0
}

ask_times() { # N HOST ADDRESS [NAME]
	local n
	for ((n = 0; n < $1; n++)); do
		ask "$2" "$3" "${4:-www.ok.test}"
	done
}

# The path of a list of N names for dnsperf. Made once: a dnsperf that runs may be reading it.
names() { # N
	local list=$tmp/names-$1
	[ -e "$list" ] || seq -f 'n%.0f.ok.test A' "$1" >"$list"
	echo "$list"
}

# dnsperf with N different names; the words after go to it. Its output is in $tmp/dnsperf.
load() { # HOST ADDRESS N [dnsperf-words...]
	local h=$1 a=$2 n=$3
	shift 3
	on "$h" dnsperf -s "$a" -d "$(names "$n")" -n 1 "$@" >"$tmp/dnsperf" 2>&1
	sent=$(awk '/Queries sent:/ { print $3 }' "$tmp/dnsperf")
	[ "${sent:-0}" -gt 0 ] || die "dnsperf sent nothing: $(tail -5 "$tmp/dnsperf")"
}

# ---- dnsreach ----------------------------------------------------------------------------

# In the background on HOST; lines in $tmp/HOST.json. Returns when it has attached.
watch_on() { # HOST [OPTIONS...]
	local h=$1
	shift
	: >"$tmp/$h.json"
	background "$h" "$dnsreach" watch --json "$@" >"$tmp/$h.json" 2>"$tmp/$h.err"
	watch_pid=$!
	within 15 "dnsreach on $h counts" has_counted "$h"
}

has_counted() { # HOST
	[ -s "$tmp/$1.json" ] && return
	kill -0 "$watch_pid" 2>/dev/null || die "dnsreach on $1 has ended: $(cat "$tmp/$1.err")"
	return 1
}

needs_tcx() { # two of ours on one interface, or one that a SIGKILL takes away whole
	local hook
	host probe
	hook=$(on probe "$dnsreach" watch --json -n 1 2>"$tmp/probe.err" | jq -r '.interfaces[0].hook')
	case $hook in
	tcx) ;;
	clsact) skip 'this kernel has no TCX' ;;
	*) die "attached by '$hook': $(cat "$tmp/probe.err")" ;;
	esac
}

# End it; the final totals are the last line.
unwatch() { # HOST
	kill -INT "$watch_pid"
	wait "$watch_pid" || die "dnsreach ended with $?: $(cat "$tmp/$1.err")"
	json=$tmp/$1.json
	laws
}

# ---- expectations ------------------------------------------------------------------------

# So long on a machine that does nothing else; one that is busy, or slow, is given four times that.
within() { # SECONDS WHAT COMMAND...: wait until it succeeds
	local end=$((SECONDS + 4 * $1)) what=$2
	shift 2
	until "$@"; do
		[ $SECONDS -lt $end ] || die "not within the time: $what"
		sleep 0.1
	done
}

# The value of a jq expression on ADDRESS's entry in the last line; ADDRESS/tcp and ADDRESS/dot are
# the rows of these transports; origin=guest: on that of guests.
of() { # ADDRESS EXPRESSION [FILE]
	tail -n 1 "${3:-$json}" | jq -r --arg a "$1" --arg o "${origin:-host}" ".resolvers[] |
		select(.address + (if .transport == \"udp\" then \"\" else \"/\" + .transport end) == \$a and
			(.origin // \"host\") == \$o) | $2"
}

want() { # ADDRESS EXPRESSION VALUE
	local got
	got=$(of "$1" "$2")
	[ "$got" = "$3" ] || die "$1: $2 is '$got', should be '$3'"
}

want_true() { # ADDRESS CONDITION
	[ "$(of "$1" "$2")" = true ] ||
		die "$1: not true: $2; the entry: $(of "$1" 'del(.rtt, .windows)')"
}

shows() { # HOST ADDRESS CONDITION: while watching
	[ "$(of "$2" "$3" "$tmp/$1.json" 2>/dev/null)" = true ]
}

becomes() { # HOST ADDRESS CONDITION [SECONDS]
	within "${4:-20}" "$2: $3; last: $(of "$2" '{state, cause}' "$tmp/$1.json")" shows "$1" "$2" "$3"
}

# The laws of docs/counters.md, for every resolver of the last line; unsent is in none.
laws() {
	tail -n 1 "$json" | jq -e '[.resolvers[] | select(.connects) | .connects as $c |
		([$c.unreachable[]] | add) as $unreachable |
		($c.opened == $c.established + $c.refused + $unreachable + $c.timed_out + $c.in_flight),
		($c.attempts == $c.opened + $c.retransmissions + $c.untracked),
		(([.icmp_unreachables[]] | add) == $unreachable + .late.unreachables + .unmatched.unreachables)
		] | all' >/dev/null || die "a law of connects is broken: $(tail -n 1 "$json" | jq -c '.resolvers[] | select(.connects) | del(.windows)')"
	tail -n 1 "$json" | jq -e '[.resolvers[] | .sessions // empty |
		(.started == .answered + .closed + .timed_out + .in_flight and .refused <= .answered)] | all' >/dev/null ||
		die "a law of sessions is broken: $(tail -n 1 "$json" | jq -c '.resolvers[] | select(.sessions) | del(.windows)')"
	tail -n 1 "$json" | jq -e '[.resolvers[] | select(.queries != null) |
		([.answered[]] | add) as $answered | ([.closed[]?] | add // 0) as $closed |
		([.unreachable[]?] | add // 0) as $unreachable |
		(.transactions == $answered + $unreachable + .timed_out + $closed + (.unfollowed // 0) + .in_flight),
		(.queries == .transactions + .retransmissions + .untracked),
		(.responses == $answered + .late.responses + .unmatched.responses + (.further // 0)),
		(.connects != null or
			([.icmp_unreachables[]] | add) == $unreachable + .late.unreachables + .unmatched.unreachables)
		] | all' >/dev/null || die "a law is broken: $(tail -n 1 "$json" | jq -c '.resolvers[] | del(.rtt, .windows)')"
}

# Twice the same series, or a counter below what it was in the page before.
judge_page() { # PAGE BEFORE
	awk '/^#/ || !NF { next }
		{ series = $0; sub(/ [^ ]*$/, "", series) }
		FILENAME == ARGV[1] { before[series] = $NF; next }
		series in seen { print "twice: " series }
		{ seen[series] = 1 }
		series ~ /^[a-z_]*(_total|_count|_sum|_bucket)[{ ]?/ && series in before && $NF + 0 < before[series] + 0 {
			print "fell: " series " from " before[series] " to " $NF }
	' "$2" "$1"
}

attached_on() { # HOST INTERFACE: how many programs of ours the kernel has there (TCX and clsact)
	local clsact
	clsact=$(for hook in ingress egress; do on "$1" tc filter show dev "$2" $hook 2>/dev/null; done |
		grep -cE 'count_(queries|outcomes|guest|both)')
	echo $(($(on "$1" "$root/build/tests/attached" "$2") + clsact))
}
