#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The model must find every bug that is put into the engine on purpose: each of
# tests/model/mutants/*.patch alone, in a copy of the tree, natively and some also as the BPF
# object. A mutant that is not found fails, and so does a patch that no longer fits. Those named
# -cpus- are bugs only where two CPUs meet, those named -askers- only where askers are counted, those
# named -streams- are about messages over TCP.
# Prints TAP.
#
#   tests/model/mutants.sh [NAME...]   only those with NAME in their name
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/mutants/lib.sh
. tests/mutants/lib.sh
# Found in the kernel too: a header, the accounts, one packet on several interfaces, the fast path
# of an ordinary packet, the buckets.
in_kernel='07-second-tag 08-retransmission-is-transaction 22-new-ip-id'
in_kernel+=' 24-quick-unread-left 29-sweep-miscounts-spilled'
clock=injected askers=()

# What is built already is taken along, so that only the engine is built again.
make_copy() {
	mkdir -p "$copy/tests" "$copy/build/tests" || exit 1
	cp -a Makefile CHANGELOG.md include user vmlinux bpf "$copy" &&
		cp -a tests/model tests/packet "$copy/tests" &&
		cp -a build/*.[adho] build/bpf build/user "$copy/build" &&
		cp -a build/tests/model build/tests/packet "$copy/build/tests" || exit 1
}

# The files of the last mutant as they are in the tree, with new times; no other has to be built again.
fresh_engine() {
	local file
	for file in $(changed_files bpf include); do
		cp "$tree/$file" "$copy/$file"
	done
}

# On two CPUs, where a look and what comes of it may be torn apart.
program_of() { # NAME
	case $1 in
	*-cpus-*) echo model_two ;;
	*-streams-*) echo model_streams ;;
	*) echo model_run ;;
	esac
}

# Build ENGINE's part and run. Leaves what it printed in $copy/out; 2 when it cannot be built.
run_model() { # native|kernel PROGRAM SEED
	local old=() with=()
	[ "$1" = native ] && old=(-o build/dnsreach.bpf.o -o build/dnsreach.skel.h -o build/engine_layout.h)
	make -C "$copy" --no-print-directory "${old[@]}" "build/tests/$2" >"$copy/out" 2>&1 ||
		return 2
	[ "$2" != model_run ] || with=(--clock "$clock" "${askers[@]}")
	timeout 300 "$copy/build/tests/$2" --engine "$1" --packets 1000000 --seed "$3" "${with[@]}" \
		>"$copy/out" 2>&1
}

# Found: it ended with 1, after a difference that it could show. Nothing else will do.
expect_found() { # NAME ENGINE
	local code seed clock=injected
	[[ $1 != *-asked-* ]] || clock=asked # only there is anything wrong
	[[ $1 != *-rough-* ]] || clock=rough
	askers=()
	[[ $1 != *-askers-* ]] || askers=(--askers)
	# A rare one needs the packets of another seed.
	for seed in 1 2 3 4 5 6; do
		run_model "$2" "$(program_of "$1")" $seed
		code=$?
		if [ $code -eq 1 ] && grep -qE '^# the first (round )?that differs is' "$copy/out"; then
			say ok "$2 $1: $(sed -n 's/^not ok 1 - .* of \([0-9]*\) packets.*/found within \1 packets/p' "$copy/out"), seed $seed"
			return
		fi
		[ $code -eq 0 ] || break
	done
	say 'not ok' "$2 $1: not found (ended with $code)"
	show_output 5
}

try_mutant() { # PATCH
	local name
	name=$(basename "$1" .patch)
	fresh_engine
	apply_bug "$1" || return
	expect_found "$name" native
	[[ " $in_kernel " == *" $name "* ]] && expect_found "$name" kernel
}

make --no-print-directory build/tests/model_{run,two,streams} >"$copy/out" || exit 1
make_copy
fresh_engine
if run_model native model_run 1; then
	say ok 'the engine as it is'
else
	say 'not ok' 'the engine as it is'
	show_output 20
fi
for patch in $(wanted_patches tests/model/mutants "$@"); do
	try_mutant "$patch"
done
end_tap
