# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the scripts inside a guest share: result lines, and the rights they run things with.
# To be sourced. One line a test: PASS name, FAIL name: reason, SKIP name: reason; whatever
# else goes to the log begins with "# ".
# shellcheck shell=bash disable=SC2034

failed=0

pass() { # pass NAME
	printf 'PASS %s\n' "$1"
}

fail() { # fail NAME REASON
	printf 'FAIL %s: %s\n' "$1" "$2"
	failed=1
}

skip() { # skip NAME REASON
	printf 'SKIP %s: %s\n' "$1" "$2"
}

note() {
	printf '# %s\n' "$*"
}

# have_module NAME: loaded, loadable, or built in (which shows where it offers a kind of device).
have_module() {
	local kind=$1
	case $1 in
	bonding) kind=bond ;;
	8021q) [ ! -d /proc/net/vlan ] || return 0 ;;
	esac
	[ -d "/sys/module/$1" ] || modprobe -q "$1" 2>/dev/null ||
		unshare -n ip link add type "$kind" 2>/dev/null
}

# The set of the service as it is shipped: an ordinary user with these capabilities and no other.
# A matrix that loads as root proves little: what the verifier refuses without further rights
# it would never show. The memory limit is what the unit sets; Linux before 5.11 charges maps
# against it.
SERVICE_CAPS=-all,+bpf,+net_admin,+perfmon
service=(prlimit --memlock=unlimited:unlimited setpriv --reuid 65534 --regid 65534 --clear-groups
	--no-new-privs --inh-caps="$SERVICE_CAPS" --ambient-caps="$SERVICE_CAPS"
	--bounding-set="$SERVICE_CAPS")

# as RIGHTS COMMAND...: RIGHTS is root or service.
as() {
	local rights=$1
	shift
	case $rights in
	root) "$@" ;;
	service) "${service[@]}" "$@" ;;
	*) note "no such rights: $rights"; return 2 ;;
	esac
}
