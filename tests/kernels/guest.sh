#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Runs inside the guest, as root, what there is of our tests, and prints one result line for
# each (see results.sh). What is not built yet is left out.
#
#   guest.sh [PART...]	about verifier modules programs net stacked (default), or too_old
#
# environment, from the kernel's command line:
#   RIGHTS	comma-separated, of root and service (default root): who runs the programs
#   PROGRAMS	those of build/tests to run, comma-separated (default test_*)
#   STACKED	tests of stacked.sh, comma-separated (default all)
#   NET_TESTS	names for tests/net/run, comma-separated (default all)
#   EACH	seconds that one program may take (default 1200), and tests/net/run five times
#   WATCH_RIGHTS, QUERIES, DURATION: see stacked.sh
# Status: 1 when anything failed.
set -u
export DNSREACH_TEST_IN_PLACE=1 # this whole machine is the tests' own
shopt -s extglob nullglob
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=results.sh
. "$here/results.sh"
IFS=, read -ra rights <<<"${RIGHTS:-root}"
EACH=${EACH:-1200}

part_about() {
	note "$(uname -srm)"
	if [ -r /sys/kernel/btf/vmlinux ]; then
		note "BTF: $(stat -c %s /sys/kernel/btf/vmlinux) bytes"
	else
		fail btf "/sys/kernel/btf/vmlinux is not there"
	fi
}

part_modules() {
	local module
	while read -r module; do
		have_module "$module" || skip "module_$module" "kernel module $module missing"
	done </etc/modules
}

# results_of_tap NAME SUFFIX: TAP on stdin to result lines; what is not TAP becomes a comment.
# Status 1 when a test failed, 2 when the plan was not kept, 3 when there was no TAP at all.
results_of_tap() {
	local line test bad=0 seen=0 planned=''
	while IFS= read -r line || [ -n "$line" ]; do
		if [[ $line =~ ^1\.\.([0-9]+) ]]; then
			planned=${BASH_REMATCH[1]}
		elif [[ $line =~ ^(not\ )?ok(\ +[0-9]+)?(\ +-)?\ *([^#]*)(#\ *[Ss][Kk][Ii][Pp][^\ ]*\ *(.*))? ]]; then
			seen=$((seen + 1))
			read -r test <<<"${BASH_REMATCH[4]}"
			test=$1/${test//+([^A-Za-z0-9_.:\/-])/_}$2
			if [ -n "${BASH_REMATCH[5]}" ]; then
				skip "$test" "${BASH_REMATCH[6]:-no reason given}"
			elif [ -n "${BASH_REMATCH[1]}" ]; then
				fail "$test" "not ok"
				bad=1
			else
				pass "$test"
			fi
		else
			note "${line#\# }"
		fi
	done
	((seen > 0)) || [ -n "$planned" ] || return 3
	[ "${planned:-$seen}" = "$seen" ] || return 2
	return "$bad"
}

# run_program PATH RIGHTS
run_program() {
	local name=${1##*/} suffix='' status tap
	[ "$2" = root ] || suffix=@$2
	(cd "$top" && CMOCKA_MESSAGE_OUTPUT=TAP as "$2" timeout -k 5 "$EACH" "$1") 2>&1 |
		results_of_tap "$name" "$suffix"
	status=${PIPESTATUS[0]} tap=${PIPESTATUS[1]}
	case $tap:$status in
	*:124 | *:137) fail "$name$suffix" "not done after $EACH s" ;;
	0:0) ;;
	1:*) failed=1 ;; # said so, test by test
	2:*) fail "$name$suffix" "ended before its plan did, with status $status" ;;
	3:0) pass "$name$suffix" ;;
	3:77) skip "$name$suffix" "status 77" ;;
	*) fail "$name$suffix" "status $status" ;;
	esac
}

programs() {
	local path
	for path in "$top"/build/tests/*; do
		[[ -f $path && -x $path ]] || continue
		if [ -n "${PROGRAMS:-}" ]; then
			[[ ,$PROGRAMS, == *",${path##*/},"* ]] || continue
		else
			[[ ${path##*/} == test_* ]] || continue
		fi
		printf '%s\n' "$path"
	done
}

part_programs() {
	local path who
	while read -r path; do
		for who in "${rights[@]}"; do
			run_program "$path" "$who" </dev/null
		done
	done < <(programs)
}

# The runner of the namespace tests prints result lines itself.
part_net() {
	local names status log
	[ -x "$top/tests/net/run" ] || return 0
	IFS=, read -ra names <<<"${NET_TESTS:-}"
	log=$(mktemp)
	(cd "$top" && JOBS=1 timeout -k 5 "$((EACH * 5))" tests/net/run "${names[@]}") 2>&1 |
		sed -u -E '/^(PASS|FAIL|SKIP|#) /!s/^/# /' | tee "$log"
	status=${PIPESTATUS[0]}
	if grep -q '^FAIL ' "$log"; then
		failed=1
	elif ((status != 0)); then
		fail net "tests/net/run ended with status $status"
	fi
	rm -f "$log"
}

part_verifier() {
	bash "$here/verified.sh" || failed=1
}

part_stacked() {
	local names
	IFS=, read -ra names <<<"${STACKED:-}"
	bash "$here/stacked.sh" "${names[@]}" || failed=1
}

# On a kernel below what we support: one clear sentence, nothing on stdout, status 1.
part_too_old() {
	local out err status=0 name=too_old_kernel_is_named
	if [ ! -x "$top/build/dnsreach" ]; then
		skip "$name" "build/dnsreach is not there"
		return
	fi
	out=$(mktemp) err=$(mktemp)
	timeout -k 5 60 "$top/build/dnsreach" watch --json --duration 1 -i lo >"$out" 2>"$err" ||
		status=$?
	sed 's/^/# /' "$err"
	if ((status != 1)); then
		fail "$name" "status $status, not 1"
	elif [ -s "$out" ]; then
		fail "$name" "something on stdout: $(head -c 200 "$out")"
	elif ! grep -qi 'kernel.*[0-9]\.[0-9]' "$err"; then
		fail "$name" "no word about the kernel's version: $(head -n 1 "$err")"
	elif (($(wc -l <"$err") > 3)); then
		fail "$name" "$(wc -l <"$err") lines where one sentence would do"
	else
		pass "$name"
	fi
	rm -f "$out" "$err"
}

(($#)) || set -- about verifier modules programs net stacked
for part; do
	if ! declare -F "part_$part" >/dev/null; then
		fail "$part" "guest.sh has no such part"
		continue
	fi
	began=$SECONDS
	"part_$part"
	note "$part took $((SECONDS - began)) s"
done
exit "$failed"
