#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# `make test-kernels`: boots Debian's kernels in virtual machines, runs our tests in each, and prints one line a test, `PASS 6.12.117 vlan_counts_once`, one a kernel with
# the time it took, and the sum. What is tested and how is up to guest.sh; this file only sees
# that nothing goes missing on the way.
#
#   test-kernels.sh [SUITE...]	default: bookworm trixie trixie-backports bullseye
#
# A kernel that we do not support (bullseye) is only asked for the message that says so.
# environment: that of get-kernels.sh, run-vm.sh and guest.sh; LOGS (default build/kernel-logs,
# the guests' whole output); PARTS (of guest.sh, for the supported kernels; comma-separated);
# JOBS, how many kernels at a time (default one for each CPU here: a guest has one, and a clock that
# does not mind company; with CPUS=2 it is one at a time).
# Status: 0; 1 when a test failed, or a kernel panicked, hung or gave no result line; 77 when
# all was skipped: never take that for success.
#
# Debian packages (the list that counts is in `packages`): bash bc bind9-dnsutils bpftool
# busybox-static cpio debian-archive-keyring dnsperf ethtool iproute2 ipvsadm jq kmod libcap2-bin nftables
# procps curl qemu-system-x86 socat tcpdump tmux unbound util-linux wireguard-tools
# xz-utils zstd
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
export CACHE=${CACHE:-$top/build/kernels}
LOGS=${LOGS:-$top/build/kernel-logs}
suites=("$@")
((${#suites[@]})) || suites=(bookworm trixie trixie-backports bullseye)
passed=0 failed=0 skipped=0 vm=

count() { # count LINE: a result line or another; prints it and remembers what it was
	case $1 in
	PASS\ *) passed=$((passed + 1)) ;;
	FAIL\ *) failed=$((failed + 1)) ;;
	SKIP\ *) skipped=$((skipped + 1)) ;;
	esac
	printf '%s\n' "$1"
}

summary_and_exit() {
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	((failed == 0)) || exit 1
	((passed > 0)) || exit 77
	exit 0
}

missing_programs() {
	local program qemu=qemu-system-x86_64
	[ "${ARCH:-amd64}" != arm64 ] || qemu='qemu-system-aarch64'
	for program in "$qemu" busybox cpio depmod xz zstd ip; do
		type -P "$program" >/dev/null || printf '%s ' "$program"
	done
}

# What of the tree goes into the guest: our own scripts, and all of these that there is.
files_for_guest() {
	local path
	printf '%s\n' tests/kernels
	for path in build/dnsreach build/dnsreach.bpf.o build/tests tests/net tests/packet \
		tests/capture tests/fleet docs/metrics.md user/view/status_page.{js,css}; do
		[ ! -e "$top/$path" ] || printf '%s\n' "$path"
	done
}

# What the guest needs to know of our environment; the kernel hands it on. Names and lists of
# names only: a space would end the value.
environment_for_guest() {
	local name
	for name in RIGHTS WATCH_RIGHTS PROGRAMS STACKED NET_TESTS EACH LOAD QUERIES DURATION; do
		[ -z "${!name:-}" ] || printf '%s=%s ' "$name" "${!name// /,}"
	done
}

# boot SUITE PART...: the guest's result lines, with the kernel's version in their middle.
boot() {
	local suite=$1 log=$LOGS/$1.log line status=0 results=0
	shift
	exec {lines}< <(APPEND="${APPEND:-} $(environment_for_guest)" exec \
		"$here/run-vm.sh" "$CACHE/$suite" "$work/$suite.cpio" "$log" \
		tests/kernels/guest.sh "$@")
	vm=$!
	while IFS= read -r line <&"$lines"; do
		[[ $line =~ ^(PASS|FAIL|SKIP)\ (.*)$ ]] || continue
		results=$((results + 1))
		[ "${BASH_REMATCH[1]}" != FAIL ] || failed_in_guest=1
		count "${BASH_REMATCH[1]} $version ${BASH_REMATCH[2]}"
	done
	exec {lines}<&-
	wait "$vm" || status=$?
	vm=
	if grep -q 'Kernel panic' "$log.console"; then
		count "FAIL $version kernel: panic ($(grep -m 1 -o 'Kernel panic.*' "$log.console"))"
	elif ((status == 124)); then
		count "FAIL $version kernel: not done within the time limit"
	elif ((status == 125)); then
		count "FAIL $version kernel: ended without a word: $(tail -n 1 "$log")"
	elif ((results == 0)); then
		count "FAIL $version kernel: no result line (status $status)"
	elif ((status != 0 && !failed_in_guest)); then
		count "FAIL $version kernel: status $status, though no test failed"
	fi
	grep -E 'WARNING: |BUG: |rcu: .*stall' "$log.console" |
		sed "s/^/$version: the kernel said: /" || true
}

test_kernel() { # test_kernel SUITE
	local suite=$1 began=$SECONDS why version parts failed_in_guest=0
	if ! why=$("$here/get-kernels.sh" "$suite" 2>&1); then
		count "SKIP $suite kernel: ${why#"$suite": }"
		return
	fi
	version=$(cat "$CACHE/$suite/version")
	case $suite in
	bullseye) parts=(about too_old) ;;
	*) IFS=, read -ra parts <<<"${PARTS:-}" ;;
	esac
	if ! "$here/mkinitramfs.sh" "$CACHE/$suite" "$work/$suite.cpio" "${files[@]}"; then
		count "FAIL $version kernel: its initramfs could not be made"
		return
	fi
	boot "$suite" "${parts[@]}"
	rm -f "$work/$suite.cpio"
	printf '%s (%s): %d s, %d passed, %d failed, %d skipped\n' "$version" "$suite" \
		"$((SECONDS - began))" "$passed" "$failed" "$skipped"
}

# Whoever is told to end, ends what it has started.
end_children() {
	# shellcheck disable=SC2046,SC2086
	kill $(jobs -p) $vm 2>/dev/null || true
	wait
}

on_exit_end_children() {
	trap 'end_children; [ "$BASHPID" != $$ ] || rm -rf "${work:-}"' EXIT
	trap 'exit 130' INT TERM
}

# test_suites: each kernel in a shell of its own, JOBS at a time.
test_suites() {
	local suite
	on_exit_end_children
	for suite in "${suites[@]}"; do
		while (($(jobs -rp | wc -l) >= JOBS)); do
			wait -n || true
		done
		(
			on_exit_end_children
			test_kernel "$suite"
			: >"$work/$suite.done"
		) &
	done
	wait
}

on_exit_end_children
missing=$(missing_programs)
if [ -n "$missing" ]; then
	count "SKIP kernels: not on this machine: ${missing% }"
	summary_and_exit
fi
((${CPUS:-1} == 1)) || JOBS=${JOBS:-1}
JOBS=${JOBS:-$(nproc)}
work=$(mktemp -d)
mkdir -p "$LOGS"
mapfile -t files < <(files_for_guest)
exec {results}< <(test_suites)
vm=$!
while IFS= read -r line <&"$results"; do
	count "$line"
done
wait "$vm" || true
vm=
for suite in "${suites[@]}"; do
	[ -e "$work/$suite.done" ] || count "FAIL $suite kernel: its tests broke off"
done
summary_and_exit
