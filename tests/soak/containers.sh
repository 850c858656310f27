#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The containers of a soak's client: one behind a routed veth, one on a bridge. What they ask counts
# where they hand it to the client, and once more where the client forwards it. To be sourced by run,
# after tests/net/lib.sh.
# shellcheck disable=SC2154

containers() {
	on client sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n "$prefix-client" link add cbr type bridge forward_delay 0
	ip -n "$prefix-client" link set cbr up
	address client cbr 10.244.2.1/24
	route router 10.244.0.0/16 via 192.0.2.1
	routed_container routed 10.244.1.1
	bridged_container bridged 10.244.2.2
}

routed_container() { # NAME ADDRESS
	host "$1"
	link client "c-$1" "$1" eth0
	address "$1" eth0 "$2/32"
	address client "c-$1" 169.254.1.1/32
	route "$1" 169.254.1.1 dev eth0
	route "$1" default via 169.254.1.1
	route client "$2" dev "c-$1"
}

bridged_container() { # NAME ADDRESS
	host "$1"
	link client "c-$1" "$1" eth0
	ip -n "$prefix-client" link set "c-$1" master cbr
	address "$1" eth0 "$2/24"
	route "$1" default via 10.244.2.1
}

remove_container() { # NAME: its links go with it
	local h left=()
	ip netns del "$prefix-$1"
	for h in "${hosts[@]}"; do
		[ "$h" = "$1" ] || left+=("$h")
	done
	hosts=("${left[@]}")
}
