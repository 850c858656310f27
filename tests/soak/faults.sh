#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What goes wrong around the daemon during a soak, one at a time, drawn at random, each undone
# before the next. To be sourced by run, after tests/net/lib.sh.
# shellcheck disable=SC2154

faults=(resolver_stops drop drop_tcp reject reset client_link_flaps server_link_flaps links_come_and_go
	containers_come_and_go forged forged_short damaged scanned hooks_removed reopened nothing)

one_fault() {
	local fault=${faults[RANDOM % ${#faults[@]}]}
	echo "$fault" >>"$tmp/faults"
	"fault_$fault"
	sleep $((1 + RANDOM % 4))
}

fault_nothing() { sleep 3; }

fault_resolver_stops() {
	local pid=${pids[0]} # unbound, the first that was started
	kill "$pid"
	wait "$pid" 2>/dev/null
	sleep $((1 + RANDOM % 6))
	nsenter --net="/run/netns/$prefix-server" unbound -d -c "$tmp/unbound-server.conf" \
		2>>"$tmp/unbound-server.log" &
	pids[0]=$!
	within 20 'the resolver answers again' asks_fine server 203.0.113.53
}

ruled() { # RULE...: in the router's way for some seconds
	on router nft -f - <<-NFT || die 'nft'
		table inet soak { chain f { type filter hook forward priority 0; $*; }; }
	NFT
	sleep $((2 + RANDOM % 6))
	on router nft delete table inet soak
}
fault_drop() { ruled 'udp dport 53 drop'; }
fault_drop_tcp() { ruled 'tcp dport { 53, 853 } drop'; }
fault_reset() { ruled 'tcp dport { 53, 853 } reject with tcp reset'; }
fault_reject() { ruled 'udp dport 53 reject with icmpx type admin-prohibited'; }

fault_client_link_flaps() {
	ip -n "$prefix-client" link set eth0 down
	sleep $((RANDOM % 3))
	ip -n "$prefix-client" link set eth0 up
	ip -n "$prefix-client" addr replace 2001:db8:1::1/64 dev eth0 nodad
	ip -n "$prefix-client" route replace default via 192.0.2.254
	ip -n "$prefix-client" -6 route replace default via 2001:db8:1::fe
}

fault_server_link_flaps() {
	ip -n "$prefix-router" link set right down
	sleep $((RANDOM % 3))
	ip -n "$prefix-router" link set right up
	ip -n "$prefix-router" addr replace 2001:db8:2::fe/64 dev right nodad
	ip -n "$prefix-server" route replace default via 203.0.113.254
	ip -n "$prefix-server" -6 route replace default via 2001:db8:2::fe
}

fault_links_come_and_go() {
	local n
	for ((n = 0; n < 10; n++)); do
		link client "flap$n" server "palf$n"
	done
	sleep 1
	for ((n = 0; n < 10; n++)); do
		ip -n "$prefix-client" link del "flap$n"
	done
}

fault_containers_come_and_go() {
	local n
	for ((n = 0; n < 5; n++)); do
		routed_container "short$n" "10.244.3.$n"
		ask "short$n" 203.0.113.53
		ask "short$n" 203.0.113.53 short.ok.test +tcp
	done
	for ((n = 0; n < 5; n++)); do
		remove_container "short$n"
	done
}

burst() { # MODE N
	on router "$root/build/tests/forge" "$1" left "$(mac client eth0)" 192.0.2.1 203.0.113.53 "$2" \
		>/dev/null 2>&1
}
fault_forged() { burst icmp 50000; }
fault_forged_short() { burst short 50000; }
fault_damaged() { burst garbage 50000; }

# 2000 addresses that nobody has: far more resolvers than there is room for.
fault_scanned() {
	on client "$root/build/tests/scan" 2001:db8:bad:: 2000 2000 >/dev/null 2>&1
}

# All programs of clsact, which hits us on kernels without TCX only.
fault_hooks_removed() {
	on client tc qdisc replace dev eth0 clsact 2>/dev/null
	on client tc qdisc del dev eth0 clsact 2>/dev/null
	sleep 1
}

fault_reopened() { kill -HUP "$run_pid"; }
