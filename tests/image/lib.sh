# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Containers of the image in a network namespace of the test's own, by podman and runc. To be sourced; the caller has set
# `tmp` (a directory) and `network` (a name for the namespace).
# shellcheck shell=bash disable=SC2154

failed=0

# podman in the namespace, with a store of its own and without systemd.
podman_does() {
	nsenter --net="/run/netns/$network" podman --root "$tmp/podman" --runroot "$tmp/podman-run" --tmpdir "$tmp/podman-tmp" \
		--storage-driver vfs --cgroup-manager cgroupfs --runtime runc --events-backend none --log-level error "$@"
}

in_network() { ip netns exec "$network" "$@"; }

# Runs a container in the background: the default profile of seccomp with bpf() for CAP_BPF, as docs/install.md has it, and
# limits that need no right beyond the test's.
run_container() { # NAME [run-words...] IMAGE [ARGUMENT...]
	jq '.syscalls |= map(.names -= ["bpf"]) + [{names: ["bpf"], action: "SCMP_ACT_ALLOW", args: [], includes: {caps: ["CAP_BPF"]}}]' \
		/usr/share/containers/seccomp.json >"$tmp/seccomp.json"
	podman_does run -d --name "$1" --ulimit nofile=1024:4096 --ulimit nproc=4096:4096 --security-opt "seccomp=$tmp/seccomp.json" \
		"${@:2}"
}

# Loads the image into the store of the test, in a new namespace.
load_image() { # ARCHIVE
	ip netns add "$network" && ip -n "$network" link set lo up && podman_does load -q -i "$1"
}

remove_containers() { # NAME...
	[ ! -e "/run/netns/$network" ] || podman_does rm -f -t 0 "$@" >/dev/null 2>&1
	ip netns delete "$network" 2>/dev/null
}

within() { # SECONDS COMMAND...: waits until the command succeeds
	local i
	for ((i = 0; i < 2 * $1; i++)); do
		! "${@:2}" || return 0
		sleep 0.5
	done
	return 1
}

page() { # ADDRESS [PATH]
	in_network curl -sf -m 20 "http://$1:9753${2:-/metrics}"
}

counted() { # ADDRESS ORIGIN RESOLVER N: N is a pattern
	page "$1" | grep -qxE "dnsreach_queries_total\{resolver=\"$3\",port=\"53\",transport=\"udp\",origin=\"$2\"\} $4"
}

# Sends N queries to an address where nobody listens.
ask() { # NAMESPACE N ADDRESS
	ip netns exec "$1" bash -c "for ((i = 0; i < $2; i++)); do
		printf '\x12\x34\1\0\0\1\0\0\0\0\0\0\4test\0\0\1\0\1' >/dev/udp/$3/53; done" 2>/dev/null
}

version_of_tree() { sed -n 's/^## \([0-9][0-9.]*\).*/\1/p' CHANGELOG.md | head -n 1; }

result() { # NAME: passed when $tmp/why is empty
	if [ -s "$tmp/why" ]; then
		echo "FAIL $1"
		sed 's/^/  | /' "$tmp/why" | tail -n 20
		failed=1
	else
		echo "PASS $1"
	fi
	: >"$tmp/why"
}
