# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the two suites of bugs that are put in on purpose share: tests/model/mutants.sh (the engine)
# and tests/mutants/user.sh (user space). A bug is a patch of a line or two, with a sentence before
# it. It is tried alone, in a private copy of the tree. Read with the root of the tree as the
# working directory. Prints TAP.
number=0 failed=0 tree=$PWD
copy=$(mktemp -d) || exit 1
trap 'rm -rf "$copy"' EXIT

say() { # ok|not ok, WHAT
	number=$((number + 1))
	echo "$1 $number - $2"
	[ "$1" = ok ] || failed=1
}

show_output() { # LINES
	tail -n "$1" "$copy/out" | sed 's/^/# /'
}

# The files below DIR... that the last bug has changed, relative to the tree.
changed_files() { # DIR...
	local dir
	for dir; do
		diff -rq "$tree/$dir" "$copy/$dir" | sed -nE "s|^Files .*/($dir/.*) and .*|\1|p"
	done
}

# A bug that no longer fits fails: it would be found by nobody.
apply_bug() { # PATCH
	patch -d "$copy" -p1 -F0 -s <"$1" >"$copy/out" 2>&1 && return 0
	say 'not ok' "$(basename "$1" .patch): the patch no longer fits"
	show_output 20
	return 1
}

wanted() { # NAME, and what was asked for
	local name=$1 one
	shift
	[ $# -eq 0 ] && return 0
	for one in "$@"; do
		[[ $name == *$one* ]] && return 0
	done
	return 1
}

# Prints the patches in DIR that are wanted.
wanted_patches() { # DIR [NAME...]
	local dir=$1 patch
	shift
	for patch in "$dir"/*.patch; do
		wanted "$(basename "$patch")" "$@" && echo "$patch"
	done
}

end_tap() {
	echo "1..$number"
	exit $failed
}
