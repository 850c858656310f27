#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Boots one kernel under qemu, without disk and network, runs one script of the tree in it,
# and ends with that script's status. What the guest prints goes to stdout as it comes, and to
# LOG; what its kernel prints goes to LOG.console.
#
#   run-vm.sh KERNELDIR INITRAMFS LOG SCRIPT [ARG...]
#
# environment: MEM (default 1024, in MiB), CPUS (see below), LIMIT (9000, in seconds), ACCEL (tcg;
# kvm where a kernel module of the CPU's own maker is loaded), APPEND (more for the kernel's
# command line; NAME=value there is in the guest's environment), QEMU (more options of qemu's), ARCH (default amd64;
# arm64: that machine, always emulated).
#
# An emulated CPU stops for milliseconds whenever it meets code for the first time or the host
# has other work, and then one packet reaches its next interface later than any real machine
# would let it. So under tcg the guest has one CPU and a clock that counts its instructions, 1 ns
# each: distances are the same in every run, and waiting takes no time. CPUS=2 gives it two,
# and the host's clock with all that. EMULATED=1 in the guest's environment tells tests that
# count on a fast machine.
# Status: the guest's; 124 out of time; 125 the guest ended without saying how.
set -euo pipefail

(($# >= 4)) || { echo "usage: ${0##*/} KERNELDIR INITRAMFS LOG SCRIPT [ARG...]" >&2; exit 2; }
kernel=$(echo "$1"/boot/vmlinuz-*) initramfs=$2 log=$3
shift 3

# Some hosts offer a /dev/kvm that cannot boot an ordinary kernel: believe only these two.
usable_accel() {
	if [ -d /sys/module/kvm_intel ] || [ -d /sys/module/kvm_amd ]; then
		{ : <>/dev/kvm; } 2>/dev/null && { echo kvm; return; }
	fi
	echo tcg
}

# The program and its options for a machine; the kernel's console and, for results, the guest's RESULTS: two serial lines.
case ${ARCH:-amd64} in
amd64)
	machine=(qemu-system-x86_64 -M q35 -serial "file:$log.console" -serial stdio)
	lines='console=ttyS0 RESULTS=ttyS1'
	# Without these two the kernel copies memory by loops of 8 bytes. With them it uses one instruction that qemu
	# does a byte at a time here: the verifier, which copies its states all the time, takes twice as long.
	cpu=max,erms=off,fsrm=off ;;
arm64)
	ACCEL=tcg
	# shellcheck disable=SC2054 # commas of qemu
	machine=(qemu-system-aarch64 -M virt -serial "file:$log.console" -chardev stdio,id=results -device pci-serial,chardev=results)
	lines='console=ttyAMA0 RESULTS=ttyS0'
	cpu=max ;;
*)
	echo "${0##*/}: ARCH=$ARCH: not known; use amd64 or arm64" >&2
	exit 2 ;;
esac
accel=${ACCEL:-$(usable_accel)}
[ "$accel" != kvm ] || cpu=host
: >"$log"
exec {guest}> >(exec tee "$log")
tee=$!
read -ra more <<<"${QEMU:-}"
if [ "$accel" = tcg ] && ((${CPUS:-1} == 1)); then
	CPUS=1
	more+=(-icount 'shift=0,sleep=off')
fi
[ "$accel" != tcg ] || APPEND="${APPEND:-} EMULATED=1"
# panic=-1 with -no-reboot: a panic ends qemu.
timeout -k 10 "${LIMIT:-9000}" "${machine[@]}" -accel "$accel" -cpu "$cpu" "${more[@]}" \
	-smp "${CPUS:-2}" -m "${MEM:-1024}" -nodefaults -no-user-config -nic none -display none \
	-no-reboot \
	-kernel "$kernel" -initrd "$initramfs" \
	-append "$lines quiet loglevel=5 oops=panic panic=-1 ${APPEND:-} -- $*" \
	</dev/null >&"$guest" 2>&1 &
vm=$!
exec {guest}>&-
trap 'kill "$vm" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
status=0
wait "$vm" || status=$?
wait "$tee" || true
rc=$(sed -n 's/^GUEST-RC \([0-9]*\)$/\1/p' "$log" | tail -n 1)
if [ -n "$rc" ]; then
	exit "$rc"
elif ((status == 124 || status == 137)); then
	exit 124
fi
exit 125
