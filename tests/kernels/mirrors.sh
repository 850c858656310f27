# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Where Debian's packages come from: the mirrors that this machine is configured for, and what
# apt is to be told of them. To be sourced; MIRROR, SECURITY_MIRROR and KEYRING may be set before.
# shellcheck shell=bash

# configured_mirror main|security: the first such address of this machine's own sources.
configured_mirror() {
	find /etc/apt -name '*.sources' -o -name '*.list' | sort | xargs -r cat | awk -v want="$1" '
		function offer(uri) {
			if (!found && (uri ~ /security/) == (want == "security")) {
				print uri
				found = 1
			}
		}
		$1 == "URIs:" { offer($2) }
		$1 == "deb" {
			for (i = 2; i <= NF; i++)
				if ($i ~ /^[a-z+]+:\//) { offer($i); break }
		}'
}

source_stanza() { # source_stanza URI SUITE
	printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n' \
		"$1" "$2" "$KEYRING"
}

suite_sources() { # suite_sources SUITE: with its security updates, where this machine has a mirror of them
	source_stanza "$MIRROR" "$1"
	[ -z "$SECURITY_MIRROR" ] || source_stanza "$SECURITY_MIRROR" "$1-security"
}

KEYRING=${KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
MIRROR=${MIRROR:-$(configured_mirror main)}
SECURITY_MIRROR=${SECURITY_MIRROR:-$(configured_mirror security)}
