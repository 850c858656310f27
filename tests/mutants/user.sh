#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The tests must find every bug that is put into user space on purpose: each of
# tests/mutants/user/*.patch alone, in a copy of the tree, by the test that it names in a line
#
#   Found by: test_NAME         a program of tests/unit
#   Found by: test_packet NAME  a packet test
#   Found by: net NAME          a test of tests/net, without its test_
#
# the cheapest that must notice. First these tests must pass without any bug. A bug that is not
# found fails, and so does a patch that no longer fits. Prints TAP.
#
#   tests/mutants/user.sh [NAME...]   only those with NAME in their name
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/mutants/lib.sh
. tests/mutants/lib.sh

make_copy() {
	mkdir "$copy/build" || exit 1
	cp -a Makefile CHANGELOG.md README.md bpf deploy docs include tests user vmlinux "$copy" &&
		cp -a build/*.[adho] build/bpf build/user build/tests build/dnsreach "$copy/build" || exit 1
}

# Sources and objects as they were before the last bug, with their old times: only what depends on
# the next bug is built again. The library is made anew, as it holds an object of the last one.
restore_copy() {
	local file
	for file in $(changed_files user); do
		cp -p "$tree/$file" "$copy/$file"
	done
	[ -e "$copy/stamp" ] && find "$copy/build" -name '*.o' -newer "$copy/stamp" -printf '%P\n' |
		while read -r file; do cp -p "$tree/build/$file" "$copy/build/$file"; done
	rm -f "$copy/build/libdnsreach.a"
	touch "$copy/stamp"
}

build() { # TARGET
	make -C "$copy" --no-print-directory "$1" >"$copy/out" 2>&1
}

# Each returns 0 when the test passes, 1 when it fails, 2 when that cannot be told.
run_unit() { # PROGRAM [NAME]
	local program=build/tests/$1
	shift
	build "$program" || return 2
	(cd "$copy" && CMOCKA_MESSAGE_OUTPUT=TAP timeout 120 "$program" "$@") >"$copy/out" 2>&1 && return 0
	grep -q '^not ok ' "$copy/out" && return 1
	return 2
}

run_net() { # NAME...
	build build/dnsreach || return 2
	(cd "$copy" && tests/net/run --exactly "$@") >"$copy/out" 2>&1 && grep -q '^PASS' "$copy/out" && return 0
	grep -q '^FAIL' "$copy/out" && return 1
	return 2
}

run_test() { # WORDS of "Found by:"
	case $1 in
	net) run_net "$2" ;;
	*) run_unit "$@" ;;
	esac
}

tests_of() { # PATCH...
	sed -n 's/^Found by: //p' "$@"
}

try_bug() { # PATCH
	local name began=$SECONDS test
	name=$(basename "$1" .patch)
	test=$(tests_of "$1")
	restore_copy
	apply_bug "$1" || return
	# shellcheck disable=SC2086
	run_test ${test:-none}
	case $? in
	1) say ok "$name: found by ${test#net } in $((SECONDS - began)) s" ;;
	0) say 'not ok' "$name: not found by ${test#net }" ;;
	*)
		say 'not ok' "$name: it cannot be built, or ${test:-its test} did not run"
		show_output 20
		;;
	esac
}

# What finds a bug must pass without it.
expect_tests_pass() { # NAME...
	local net patches
	local unit=()
	mapfile -t patches < <(wanted_patches tests/mutants/user "$@")
	[ ${#patches[@]} -gt 0 ] || return
	while read -r -a unit; do
		run_unit "${unit[@]}" && continue
		say 'not ok' "${unit[*]} passes without a bug"
		show_output 20
	done < <(tests_of "${patches[@]}" | grep -v '^net ' | sort -u)
	mapfile -t net < <(tests_of "${patches[@]}" | sed -n 's/^net //p' | sort -u)
	[ ${#net[@]} -eq 0 ] || run_net "${net[@]}" || {
		say 'not ok' 'the tests of net pass without a bug'
		show_output 40
	}
	[ $failed -eq 0 ] && say ok 'the tests that find the bugs pass without one'
}

make --no-print-directory all tests >"$copy/out" || exit 1
make_copy
restore_copy
expect_tests_pass "$@"
for patch in $(wanted_patches tests/mutants/user "$@"); do
	try_bug "$patch"
done
end_tap
