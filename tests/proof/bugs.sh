#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The search must find every bug of order that is put into the engine on purpose: each of
# tests/proof/bugs/*.patch alone, in a copy of the tree. Prints TAP.
#
#   tests/proof/bugs.sh [NAME...]   only those with NAME in their name
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/mutants/lib.sh
. tests/mutants/lib.sh

# What is built already is taken along, so that only the engine is built again.
make_copy() {
	mkdir -p "$copy/tests" "$copy/build/tests" || exit 1
	cp -a Makefile CHANGELOG.md include user vmlinux bpf "$copy" &&
		cp -a tests/proof tests/packet tests/default_config.h "$copy/tests" &&
		cp -a build/*.[adho] build/bpf build/user "$copy/build" &&
		cp -a build/tests/proof build/tests/packet "$copy/build/tests" || exit 1
}

try_bug() { # PATCH
	local name code file
	name=$(basename "$1" .patch)
	for file in $(changed_files bpf); do
		cp "$tree/$file" "$copy/$file"
	done
	apply_bug "$1" || return
	make -C "$copy" --no-print-directory -o build/dnsreach.bpf.o -o build/dnsreach.skel.h \
		-o build/engine_layout.h -o build/libnative.a -o build/libdnsreach.a build/tests/proof_run \
		>"$copy/out" 2>&1 || { say 'not ok' "$name: it does not compile" && show_output 20 && return; }
	timeout 300 "$copy/build/tests/proof_run" --first >"$copy/out" 2>&1
	code=$?
	if [ $code -eq 1 ] && grep -q '^not ok .*: [0-9]* states' "$copy/out"; then
		say ok "$name: $(sed -n 's/^not ok [0-9]* - \(.*\): [0-9]* states.* s: \(.*\)/\2, in "\1"/p' "$copy/out")"
		return
	fi
	say 'not ok' "$name: not found (ended with $code)"
	show_output 10
}

make --no-print-directory build/tests/proof_run >"$copy/out" || exit 1
make_copy
for patch in $(wanted_patches tests/proof/bugs "$@"); do
	try_bug "$patch"
done
end_tap
