#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# How many instructions the verifier of this kernel follows in each program, beside what is recorded
# for its series in `verified`. Growth is no fault, but nobody shall overlook it: more than a tenth
# above the record fails, and says what to write there. A kernel without a record only prints.
#
#   verified.sh
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=results.sh
. "$here/results.sh"
name=verifier_follows_no_more_than_recorded
series=$(uname -r | cut -d. -f1,2)

if [ ! -x "$top/build/tests/verified" ]; then
	skip $name 'build/tests/verified is not there'
	exit 0
fi
if ! now=$("$top/build/tests/verified"); then
	fail $name 'the object does not load'
	exit 1
fi
more='' unknown=''
while read -r program n; do
	recorded=$(awk -v s="$series" -v p="$program" '$1 == s && $2 == p { print $3 }' "$here/verified")
	note "verifier of $series: $program: $n instructions${recorded:+, $recorded recorded ($((n * 100 / recorded - 100)) %)}"
	[ -n "$recorded" ] || unknown=1
	[ -z "$recorded" ] || ((n * 10 <= recorded * 11)) || more+=" $program $n"
done <<<"$now"
if [ -n "$more" ]; then
	fail $name "more than a tenth above tests/kernels/verified:$more; make it less, or record it there"
elif [ -n "$unknown" ]; then
	skip $name "no record for Linux $series; today's: $(tr '\n' ' ' <<<"$now")"
else
	pass $name
fi
exit $failed
