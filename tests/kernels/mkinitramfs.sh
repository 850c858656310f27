#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Builds the guest's file system: programs of this machine with their libraries, busybox for
# the rest, one kernel's modules, and files of the tree under /dnsreach. What goes in is listed
# in `contents`; what happens there is up to `init`. Needs no root.
#
#   mkinitramfs.sh KERNELDIR OUT [PATH...]
#
# KERNELDIR is one of get-kernels.sh; each PATH is a file or directory, relative to the top of
# the tree, and keeps its place below /dnsreach. OUT is not compressed: unpacking would take the
# emulated CPU longer than it saves.
#
# environment: SYSROOT, a directory with the unpacked packages of another architecture. The guest gets all of it, and
# nothing of this machine.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=contents
. "$here/contents"
# shellcheck source=root.sh
. "$here/root.sh"

# Directories as on a merged /usr, whatever this machine has: every path of it works.
make_directories() {
	mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{dev,proc,sys,run,tmp,root,var/tmp} \
		"$root"/etc/modprobe.d "$root/dnsreach"
	local dir
	for dir in bin sbin lib lib64; do
		ln -s "usr/$dir" "$root/$dir"
	done
	ln -s ../run "$root/var/run"
}

# What programs open by themselves, and the names that kmod has.
copy_opened_files() {
	local name path
	for name in modprobe insmod rmmod lsmod modinfo depmod; do
		ln -s ../bin/kmod "$root/usr/sbin/$name"
	done
	for name in $LIBRARIES; do
		path=$(ldconfig -p | awk -v name="$name" '$1 == name && !n++ { print $NF }')
		[ -z "$path" ] || { mkdir -p "$root${path%/*}" && cp -L "$path" "$root$path"; }
	done
	for path in $FILES; do
		[ ! -e "$path" ] || { mkdir -p "$root${path%/*}" && cp -RL "$path" "$root${path%/*}"; }
	done
}

has_program() { # NAME
	local dir
	for dir in usr/bin usr/sbin bin sbin; do
		[ ! -e "$root/$dir/$1" ] || return 0
	done
	return 1
}

copy_busybox() {
	local applet
	[ -n "${SYSROOT:-}" ] || cp -L "$(type -P busybox)" "$root/usr/bin/busybox"
	for applet in $(busybox --list); do
		has_program "$applet" || ln -s busybox "$root/usr/bin/$applet"
	done
}

# Users that programs look up: tcpdump and unbound give up root for their own.
write_accounts() {
	printf '%s\n' root:x:0:0::/root:/bin/bash nobody:x:65534:65534::/:/bin/false \
		tcpdump:x:101:101::/:/bin/false unbound:x:102:102::/:/bin/false >"$root/etc/passwd"
	printf '%s\n' root:x:0: nogroup:x:65534: tcpdump:x:101: unbound:x:102: >"$root/etc/group"
	echo '127.0.0.1 localhost' >"$root/etc/hosts"
	echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
	: >"$root/etc/resolv.conf" # a place to mount one on
}

# Unpacked packages have no alternatives, and those of Debian 12 have /bin and /lib beside /usr/bin and /usr/lib.
copy_sysroot() {
	cp -a "$SYSROOT"/. "$root"
	mkdir -p "$root"/{dev,proc,sys,run,tmp,root,var/tmp,etc/modprobe.d,dnsreach,usr/lib/modules}
	ln -sf gawk "$root/usr/bin/awk"
	ln -sf bash "$root/bin/sh"
	if [ ! -L "$root/lib" ]; then
		ln -s ../usr/lib/modules "$root/lib/modules"
		ln -s ../../bin/busybox "$root/usr/bin/busybox"
	fi
}

(($# >= 2)) || { echo "usage: ${0##*/} KERNELDIR OUT [PATH...]" >&2; exit 2; }
kernel=$1 out=$(realpath -m "$2")
shift 2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
if [ -n "${SYSROOT:-}" ]; then
	copy_sysroot
else
	make_directories
	copy_programs
	copy_opened_files
fi
copy_tree "$@"
copy_busybox
copy_modules
write_accounts
cp "$here/init" "$root/init"
chmod -R u+w,a+rX "$root" # an ordinary user in the guest shall see it all
chmod 755 "$root/init"
chmod 1777 "$root/tmp" "$root/var/tmp"
(cd "$root" && find . -print0 | cpio --null -o -H newc -R 0:0 --quiet) >"$out"
