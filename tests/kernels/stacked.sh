#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# One packet that crosses several interfaces counts once: for each way of stacking devices, a
# host of its own (a network namespace) whose resolver stands on the far side, a known number
# of queries, and `dnsreach watch` attached to every device of the stack at the same time.
# Needs root and the kernel modules named in each test; leaves nothing behind.
#
#   stacked.sh [NAME...]	default: all of them
#
# environment: DNSREACH (default build/dnsreach; where it is missing the devices and the
# resolver are tried all the same, and the test skipped), WATCH_RIGHTS (root or service,
# default service), QUERIES for each address family (default 100), DURATION of the watch
# (default 8, in seconds).
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=results.sh
. "$here/results.sh"
# shellcheck source=topologies.sh
. "$here/topologies.sh"
DNSREACH=${DNSREACH:-$top/build/dnsreach}
WATCH_RIGHTS=${WATCH_RIGHTS:-service}
QUERIES=${QUERIES:-100}
DURATION=${DURATION:-8}

# Each entry: what the test is called, the topology, and what it needs. With `unanswered` there
# is nobody who could answer: the queries must be there, once, and nothing else.
TESTS='
plain_counts_once		plain			answered	veth
vlan_counts_once		vlan			answered	veth 8021q
qinq_counts_once		qinq			answered	veth 8021q
bond_active_backup_counts_once	bond_active_backup	answered	veth bonding
bond_round_robin_counts_once	bond_round_robin	answered	veth bonding
vlan_on_bond_counts_once	vlan_on_bond		answered	veth bonding 8021q
bridge_counts_once		bridge			answered	veth bridge
bridge_forwards_counts_once	bridge_forwards		answered	veth bridge
vlan_on_bridge_counts_once	vlan_on_bridge		answered	veth bridge 8021q
routed_counts_once		routed			answered	veth bridge
wireguard_counts_once		wireguard		answered	veth wireguard
dummy_source_counts_once	dummy_source		answered	veth dummy
dummy_unanswered_counts_once	dummy_unanswered	unanswered	veth dummy
vrf_counts_once			vrf			answered	veth vrf
vrf_with_a_qdisc_counts_once	vrf_with_a_qdisc	answered	veth vrf
vrf_routed_counts_once		vrf_routed		answered	veth vrf
policy_routing_counts_once	policy_routing		answered	veth
'

# compare ANSWERS: what watch printed with what was asked; prints "as expected" or what is not.
compare() {
	jq -rs -f "$here/expect.jq" --argjson n "$QUERIES" --argjson answers "$1" \
		--argjson addresses "[\"$RESOLVER4\", \"$RESOLVER6\"]" \
		--argjson devices "${#watched[@]}" "$work/watch.json" 2>&1 | head -n 1
}

# ask ADDRESS EXPECTED: so many queries, none of them twice; says how many came back.
ask() {
	local completed
	seq "$QUERIES" | sed 's/.*/host&.example.test A/' >"$work/names"
	in_ns "$asking" "${by[@]}" timeout 120 dnsperf -s "$1" -d "$work/names" -n 1 -c 1 -q "$QUERIES" -t 2 \
		>"$work/dnsperf" 2>&1
	completed=$(awk '/Queries completed:/ { print $3 }' "$work/dnsperf")
	[ "${completed:-0}" = "$2" ] && return
	sed 's/^/# dnsperf: /' "$work/dnsperf"
	echo "# $1: ${completed:-no} queries answered, not $2"
	return 1
}

ask_both() { # ask_both EXPECTED
	ask "$RESOLVER4" "$1" && ask "$RESOLVER6" "$1"
}

# start_watch: returns when it says that it is attached (its first line), or is gone.
start_watch() {
	local device devices=() prefix=()
	[ "$WATCH_RIGHTS" = root ] || prefix=("${service[@]}")
	for device in "${watched[@]}"; do
		devices+=(-i "$device")
	done
	# nsenter, not ip netns exec: that one hides the BPF file system.
	in_ns "$host" "${prefix[@]}" "$DNSREACH" watch --json --duration "$DURATION" "${devices[@]}" \
		>"$work/watch.json" 2>"$work/watch.err" &
	watch=$!
	local i
	for ((i = 0; i < 300; i++)); do
		[ ! -s "$work/watch.json" ] || return 0
		kill -0 "$watch" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}

watch_and_ask() { # watch_and_ask ANSWERED: sets `reason` where something is wrong
	local status=0
	if ! start_watch; then
		reason="watch did not start: $(head -n 1 "$work/watch.err")"
		return
	fi
	ask_both "$1" || reason="not every query was answered while watched"
	wait "$watch" || status=$?
	sed 's/^/# watch: /' "$work/watch.err"
	if ((status)); then
		reason="watch ended with status $status: $(tail -n 1 "$work/watch.err")"
	elif [ -z "$reason" ]; then
		reason=$(compare "$(($1 > 0))")
		reason=${reason:-no comparison}
		[ "$reason" != "as expected" ] || reason=
	fi
	[ -z "$reason" ] || tail -n 1 "$work/watch.json" | cut -c 1-4000 | sed 's/^/# /'
}

# One test, in a subshell of its own, so that its trap takes everything down again.
run_test() { # run_test NAME TOPOLOGY answered|unanswered MODULE...
	local name=$1 topology=$2 answered=0 module reason='' watch='' resolver='' work host='' far='' third=''
	[ "$3" != answered ] || answered=$QUERIES
	for module in "${@:4}"; do
		have_module "$module" ||
			{ skip "$name" "kernel module $module missing"; return; }
	done
	trap take_down EXIT
	work=$(mktemp -d)
	if ! set_up "$topology" "$3"; then
		fail "$name" "the devices or the resolver could not be set up"
	elif ! ask_both "$answered"; then
		fail "$name" "the queries go wrong without anything attached"
	elif [ ! -x "$DNSREACH" ]; then
		skip "$name" "build/dnsreach is not there (${watched[*]}: all queries went their way)"
	else
		watch_and_ask "$answered"
		if [ -n "$reason" ]; then fail "$name" "$reason"; else pass "$name"; fi
	fi
	exit "$failed"
}

names=" $* "
while read -r name topology answers modules; do
	[ -n "$name" ] || continue
	[ $# = 0 ] || [[ $names == *" $name "* ]] || continue
	read -ra modules <<<"$modules"
	(run_test "$name" "$topology" "$answers" "${modules[@]}") </dev/null || failed=1
done <<<"$TESTS"
exit "$failed"
