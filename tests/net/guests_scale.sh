#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Guests in number: what attaching costs, and that none is lost or left. FULL=1: 500 interfaces, and
# 2,000 pods in 10 min.

resident_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$watch_pid/status"; }
cpu_ms() { # of dnsreach so far
	awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(1000 * ($12 + $13) / hz) }' \
		"/proc/$watch_pid/stat"
}
now_ms() { echo $(($(date +%s%N) / 1000000)); }

# COUNT veths between the node and one namespace of pods; by `ip -batch`, in one go.
many_veths() { # COUNT
	local n
	for ((n = 1; n <= $1; n++)); do
		echo "link add g$n type veth peer name p$n netns $prefix-pods"
		echo "link set g$n up"
	done | ip -n "$prefix-node" -batch - || die 'cannot make the interfaces'
}

no_veths() {
	ip -n "$prefix-node" -br link show type veth | awk '$1 ~ /^g[0-9]/ { sub(/@.*/, "", $1); print "link del " $1 }' |
		ip -n "$prefix-node" -batch -
}

is_attached_to() { # COUNT: guests' interfaces in the latest line
	[ "$(tail -n 1 "$tmp/node.json" | jq '[.interfaces[] | select(.origins | index("guest"))] | length')" = "$1" ]
}

test_guests_scale_interfaces() {
	needs dnsperf
	local count=${FULL:+500} before
	count=${count:-100}
	host node pods
	many_veths $count
	before=$(now_ms)
	# Longer than watch_on() waits: a grace period is long while other tests run.
	: >"$tmp/node.json"
	background node "$dnsreach" watch --json --guests >"$tmp/node.json" 2>"$tmp/node.err"
	watch_pid=$!
	within 150 'dnsreach counts' has_counted node
	within 150 'all are attached' is_attached_to "$count"
	figure "$count interfaces that are there: attached in $(($(now_ms) - before)) ms," \
		"$(resident_kb) kB resident, $(descriptors) descriptors, $(cpu_ms) ms of CPU"
	[ "$(attached_on node g1)$(attached_on node g$count)" = 22 ] || die 'not two hooks on each'
	no_veths
	within 150 'none is attached' is_attached_to 0
	figure "none left: $(descriptors) descriptors, $(resident_kb) kB resident"
	[ "$(descriptors)" -lt 60 ] || die "$(descriptors) descriptors are left"
	before=$(now_ms)
	many_veths $count
	figure "$count interfaces made in $(($(now_ms) - before)) ms while it runs"
	within 150 'all are attached' is_attached_to $count
	figure "all attached $(($(now_ms) - before)) ms after the first was made, $(cpu_ms) ms of CPU in all"
	unwatch node
	[ "$(attached_on node g1)$(attached_on node g$count)" = 00 ] || die 'hooks are left'
}

# One process reads the lines of dnsreach for all pods, until it ends: the latest guests' interfaces,
# in a file.
list_guests() {
	local names
	: >"$tmp/listed"
	tail --pid="$watch_pid" -n +1 -f "$tmp/node.json" |
		jq --unbuffered -r '[.interfaces[] | select(.origins | index("guest")) | .name] | join(" ")' |
		while read -r names; do
			echo "$names" >"$tmp/listed.new"
			mv "$tmp/listed.new" "$tmp/listed"
		done
}

is_listed() { # INTERFACE
	local names=
	read -r names <"$tmp/listed"
	[[ " $names " == *" $1 "* ]]
}

# For 2 s, with one query as soon as its interface has hooks: a kernel with TCX takes an RCU grace
# period for each of the two. How long that took for one pod of 20 is in $tmp/attached, in ms.
pod_lives() { # NUMBER
	local n=$1 born end=$((SECONDS + 600)) ip=10.$((128 + $1 / 250)).$(($1 % 250)).2
	ip netns add "$prefix-p$n"
	born=$(now_ms)
	ip link add "g$n" netns "$prefix-node" type veth peer name eth0 netns "$prefix-p$n"
	ip -n "$prefix-node" -batch - <<-IP
		link set g$n up
		addr add 169.254.1.1/32 dev g$n
		route add $ip dev g$n
	IP
	ip -n "$prefix-p$n" -batch - <<-IP
		addr add $ip/32 dev eth0
		link set eth0 up
		route add 169.254.1.1 dev eth0
		route add default via 169.254.1.1
	IP
	if [ $((n % 20)) = 1 ]; then
		within 150 "hooks on g$n" eval "[ \"\$(attached_on node g$n)\" = 2 ]"
		echo $(($(now_ms) - born)) >>"$tmp/attached"
	fi
	until is_listed "g$n"; do
		[ $SECONDS -lt $end ] || die "not within the time: guests counted on g$n"
		sleep 0.5
	done
	on "p$n" dig +short +tries=1 +time=5 +noedns "@$outside4" "p$n.ok.test" A >>"$tmp/answers" 2>&1
	sleep 2
	ip netns del "$prefix-p$n"
}

arrived_at() { # HOST: UDP datagrams so far
	on "$1" awk '$1 == "Udp:" && $2 ~ /^[0-9]/ { print $2 + $3 }' /proc/net/snmp
}

# At most so many at a time: on a machine that is too slow it takes longer, and does not pile up.
pods_alive_max=60

test_guests_scale_pods_that_live_two_seconds() {
	needs dnsperf
	local pods=${FULL:+2000} seconds=${FULL:+600} n began fds arrived
	pods=${pods:-30} seconds=${seconds:-15}
	node_with_uplink
	on node nft -f - <<-NFT || skip 'nftables cannot do NAT here'
		table ip n { chain after { type nat hook postrouting priority 100;
			ip saddr 10.0.0.0/8 masquerade
		}; }
	NFT
	resolver far $outside4
	guests_watched --timeout 5
	fds=$(descriptors)
	arrived=$(arrived_at far)
	list_guests &
	pids+=($!)
	began=$(now_ms)
	for ((n = 1; n <= pods; n++)); do
		hosts+=("p$n")
		pod_lives "$n" &
		while [ "$(jobs -rp | wc -l)" -ge $pods_alive_max ]; do sleep 0.1; done
		while [ $((($(now_ms) - began) * pods)) -lt $((n * seconds * 1000)) ]; do sleep 0.05; done
	done
	wait_for_others
	figure "$pods pods of 2 s each within $((($(now_ms) - began) / 1000)) s: $(cpu_ms) ms of CPU," \
		"$(resident_kb) kB resident, $(descriptors) descriptors (at the beginning $fds); hooks" \
		"$(sort -n "$tmp/attached" | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] " ms (median), " a[NR] " ms (most)" }')" \
		"after the interface was made"
	within 150 'as many descriptors as before' eval "[ \"\$(descriptors)\" -le $fds ]"
	unwatch node
	arrived=$(($(arrived_at far) - arrived))
	figure "$arrived queries have arrived; $(origin=guest of $outside4 .queries) counted for guests," \
		"$(of $outside4 .queries) for the host; $(grep -c '^198' "$tmp/answers") answers"
	[ "$arrived" = "$pods" ] || die "$arrived queries of $pods pods have arrived: $(grep -v '^198' "$tmp/answers" | head -n 3)"
	origin=guest want $outside4 .queries "$pods"
	origin=guest want $outside4 '([.answered[]] | add)' "$pods"
	want $outside4 .queries "$pods"
	! grep -q 'cannot' "$tmp/node.err" || die "said: $(cat "$tmp/node.err")"
}
