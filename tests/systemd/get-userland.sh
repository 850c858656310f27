#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Builds a small Debian user land with systemd in it, as one archive: what the machine with the
# unit is made of. The packages come from the mirrors this machine is configured for, signatures
# checked. Needs root, as mmdebstrap does where there are no user namespaces.
#
#   get-userland.sh
#
# environment: USERLAND (default build/userland in the tree) is where it goes, and what is there
# already is not downloaded again (REFRESH=1 does); SUITE (default bookworm); PACKAGES (more of them,
# with commas); NAME (of the archive, default $SUITE); MIRROR, SECURITY_MIRROR and KEYRING as for the
# kernels.
# Result: $USERLAND/$NAME.tar; its name on stdout.
# Status: 0; 77 when it could not be had, with one sentence on stderr.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
top=$(cd "$(dirname "$0")/../.." && pwd)
USERLAND=${USERLAND:-$top/build/userland}
SUITE=${SUITE:-bookworm}
NAME=${NAME:-$SUITE}
# shellcheck source=../kernels/mirrors.sh
. "$top/tests/kernels/mirrors.sh"

# procps has kill(1), which ExecReload= calls; every Debian that is not as small as this has it.
INCLUDE=systemd,systemd-sysv,procps,kmod,iproute2${PACKAGES:+,$PACKAGES}

build() { # build OUT
	suite_sources "$SUITE" >"$work/debian.sources"
	mmdebstrap --quiet --variant=essential --architectures=amd64 --include="$INCLUDE" \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
		"$SUITE" "$1" "$work/debian.sources"
}

give_up() {
	echo "the user land of $SUITE could not be had: $*" >&2
	exit 77
}

out=$USERLAND/$NAME.tar
if [ ! -f "$out" ] || [ -n "${REFRESH:-}" ]; then
	type -P mmdebstrap >/dev/null || give_up 'mmdebstrap is not installed'
	[ -n "$MIRROR" ] || give_up 'no Debian mirror is configured on this machine (set MIRROR)'
	mkdir -p "$USERLAND"
	work=$(mktemp -d "$USERLAND/tmp.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	# Whoever runs inside as an ordinary user reads its files.
	chmod 755 "$work"
	build "$work/new.tar" </dev/null >"$work/log" 2>&1 ||
		give_up "$(grep -m 1 -E '^[EW]: ' "$work/log" || tail -n 1 "$work/log")"
	mv "$work/new.tar" "$out" # whole or not at all
fi
printf '%s\n' "$out"
