#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Downloads and unpacks Debian's kernels for the tests in virtual machines, one directory a
# suite. apt gets a state of its own, so that this machine's sources and lists stay as they
# are; the mirrors are those this machine is configured for, and the signatures are checked.
# Needs no root. Booting them is run-vm.sh's.
#
#   get-kernels.sh [SUITE...]	default: bookworm trixie trixie-backports bullseye
#
# environment: CACHE (default build/kernels in the tree) is where they go, and a kernel that is
# there already is not downloaded again (REFRESH=1 does); ARCH (default amd64), Debian's name of the
# machine's architecture: each needs a CACHE of its own; FLAVOUR (default cloud-ARCH);
# MIRROR and SECURITY_MIRROR instead of the configured ones; KEYRING.
# Result: $CACHE/SUITE/{boot/vmlinuz-*,lib/modules/*,version}
# Status: 0 all there; 77 one or more could not be had, each with one sentence on stderr.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
top=$(cd "$(dirname "$0")/../.." && pwd)
CACHE=${CACHE:-$top/build/kernels}
ARCH=${ARCH:-amd64}
FLAVOUR=${FLAVOUR:-cloud-$ARCH}
# shellcheck source=mirrors.sh
. "$top/tests/kernels/mirrors.sh"
suites=("$@")
((${#suites[@]})) || suites=(bookworm trixie trixie-backports bullseye)

# private_apt SUITE: points the array `apt` at a state that knows this suite and no other.
private_apt() {
	local state=$work/$1
	mkdir -p "$state/sources" "$state/lists/partial" "$state/cache/archives/partial"
	source_stanza "$MIRROR" "$1" >"$state/sources/$1.sources"
	case $1 in
	*-backports | sid) ;;
	*) [ -z "$SECURITY_MIRROR" ] ||
		source_stanza "$SECURITY_MIRROR" "$1-security" >>"$state/sources/$1.sources" ;;
	esac
	apt=(-qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$state/sources"
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
		-o "Dir::State::lists=$state/lists" -o "Dir::Cache=$state/cache"
		-o "APT::Architecture=$ARCH" -o APT::Sandbox::User= -o Acquire::Languages=none
		-o Acquire::Retries=3 -o APT::Update::Error-Mode=any)
}

depends_of() { # depends_of PACKAGE=VERSION
	apt-cache "${apt[@]}" show "$1" | awk '/^Depends:/ && !n++'
}

# unpack SUITE INTO: downloads the newest kernel of the suite; prints its version.
unpack() {
	local into=$2 newest image version part
	newest=$(apt-cache "${apt[@]}" madison "linux-image-$FLAVOUR" |
		awk -F'|' 'NR == 1 { gsub(" ", "", $2); print $2 }')
	[ -n "$newest" ] || return 1
	# The package of that name only depends on the real one, of the same version.
	image=$(depends_of "linux-image-$FLAVOUR=$newest" |
		grep -o 'linux-image-[^ ,]* (= [^)]*)' | head -n 1) || return 1
	version=${image##*= }
	version=${version%)}
	image=${image%% *}
	# Since 7.x the real one is a shell around three of the same version.
	for part in "$image" $(depends_of "$image=$version" |
		grep -oE 'linux-(base|binary|modules)-[0-9][^ ,]*' || true); do
		(cd "$work" && apt-get "${apt[@]}" download "$part=$version" >&2) || return 1
		dpkg-deb -x "$work/$part"_*.deb "$into" || return 1
		rm "$work/$part"_*.deb
	done
	printf '%s\n' "${version%%-*}"
}

# settle DIR: the same layout whatever the release's own, and the dependencies of the modules.
settle() {
	local dir=$1 release
	rm -rf "${dir:?}/usr/share"
	[ -d "$dir/lib" ] || ln -s usr/lib "$dir/lib"
	mkdir -p "$dir/boot"
	for release in "$dir"/lib/modules/*; do
		# 7.x keeps the image beside its modules.
		[ ! -f "$release/vmlinuz" ] ||
			mv "$release/vmlinuz" "$dir/boot/vmlinuz-${release##*/}"
		depmod -b "$dir" "${release##*/}" || return 1
	done
	ls "$dir"/boot/vmlinuz-* >/dev/null
}

fetch() { # fetch SUITE
	local suite=$1 new=$work/new-$1 version
	private_apt "$suite"
	mkdir "$new"
	apt-get "${apt[@]}" update >&2 || return 1
	version=$(unpack "$suite" "$new") || return 1
	settle "$new" || return 1
	printf '%s\n' "$version" >"$new/version"
	rm -rf "${CACHE:?}/$suite"
	mv "$new" "$CACHE/$suite" # whole or not at all
}

mkdir -p "$CACHE"
work=$(mktemp -d "$CACHE/tmp.XXXXXX")
trap 'rm -rf "$work"' EXIT

status=0
for suite in "${suites[@]}"; do
	exec 9>"$CACHE/$suite.lock"
	flock 9 # two that want the same one at a time
	if [ -f "$CACHE/$suite/version" ] && [ -z "${REFRESH:-}" ]; then
		echo "$suite: $(cat "$CACHE/$suite/version"), there already"
	elif [ -z "$MIRROR" ]; then
		echo "$suite: no Debian mirror is configured on this machine (set MIRROR)" >&2
		status=77
	elif fetch "$suite" 2>"$work/log"; then
		echo "$suite: $(cat "$CACHE/$suite/version"), $(du -sm "$CACHE/$suite" | cut -f1) MiB"
	else
		echo "$suite: the kernel could not be downloaded:" \
			"$(grep -m 1 -E '^[EW]:' "$work/log" || echo "no linux-image-$FLAVOUR there")" >&2
		status=77
	fi
done
exit "$status"
