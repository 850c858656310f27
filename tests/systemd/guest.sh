#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Runs inside the machine, as root, once systemd is up: every function test_* of tests.sh (of
# package.sh where a Debian package was brought along), or those
# named behind this script's own name on the kernel's command line, each in a shell of its own that
# begins and ends with no configuration and no drop-in. Prints a result line for each
# (tests/kernels/results.sh), and switches the machine off.
set -u
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 SYSTEMD_COLORS=0 SYSTEMD_PAGER=
here=$(cd "$(dirname "$0")" && pwd)
exec </dev/null >/dev/ttyS1 2>&1
stty -F /dev/ttyS1 -opost -echo
# shellcheck source=../kernels/results.sh
. "$here/../kernels/results.sh"
# shellcheck source=../net/lib.sh
. "$here/../net/lib.sh"
# shellcheck source=tests.sh
. "$here/tests.sh"
tests=$here/tests.sh
if [ -d "$root/packages" ]; then
	tests=$here/package.sh
	# shellcheck source=package.sh
	. "$tests"
fi

wanted() { # wanted NAME
	local names
	read -r names </proc/cmdline
	names=${names#*guest.sh}
	[ -z "${names// /}" ] || [[ " $names " == *" $1 "* ]]
}

run_test() { # run_test NAME
	local log code began=$SECONDS
	log=$(mktemp)
	(
		begin
		"test_$1"
	) >"$log" 2>&1
	code=$?
	if ((code == 0)); then
		pass "$1"
	else
		fail "$1" "$(tail -n 1 "$log")"
		{
			cat "$log"
			journalctl -q --no-pager -o cat -u dnsreach -u dnsreach.socket -n 15
		} | cut -c 1-400 | sed 's/^/# | /'
	fi
	end
	note "$1 took $((SECONDS - began)) s"
	rm -f "$log"
}

note "$(systemctl --version | head -n 1), Linux $(uname -r), up after $(cut -d ' ' -f 1 /proc/uptime) s"
prepare
while read -r test; do
	! wanted "$test" || run_test "$test" </dev/null
done < <(sed -n 's/^test_\([a-z0-9_]*\)() {$/\1/p' "$tests")
note "done after $(cut -d ' ' -f 1 /proc/uptime) s," \
	"$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo) MiB left"
echo "GUEST-RC $failed"
stty -F /dev/ttyS1 -opost # waits until all of it is out
systemctl poweroff -ff
