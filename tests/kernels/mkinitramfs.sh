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
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=contents
. "$here/contents"

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

# copy_libraries FILE...: all that the dynamic loader would map for these.
copy_libraries() {
	local library
	while read -r library; do
		[ -e "$root$library" ] && continue
		mkdir -p "$root${library%/*}"
		cp -L "$library" "$root$library"
	done < <({ ldd "$@" 2>/dev/null || true; } |
		awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// && $2 ~ /^\(/ { print $1 }' |
		sort -u)
}

copy_programs() {
	local name path paths=() missing=()
	for name in $PROGRAMS; do
		if path=$(type -P "$name"); then
			mkdir -p "$root${path%/*}"
			cp -L "$path" "$root$path"
			paths+=("$path")
		else
			missing+=("$name")
		fi
	done
	copy_libraries "${paths[@]}"
	for name in modprobe insmod rmmod lsmod modinfo depmod; do
		ln -s ../bin/kmod "$root/usr/sbin/$name"
	done
	((${#missing[@]} == 0)) || echo "not on this machine, so not in the guest: ${missing[*]}" >&2
	for name in $LIBRARIES; do
		path=$(ldconfig -p | awk -v name="$name" '$1 == name && !n++ { print $NF }')
		[ -z "$path" ] || { mkdir -p "$root${path%/*}" && cp -L "$path" "$root$path"; }
	done
	for path in $FILES; do
		[ ! -e "$path" ] || { mkdir -p "$root${path%/*}" && cp -RL "$path" "$root${path%/*}"; }
	done
}

copy_busybox() {
	local applet
	cp -L "$(type -P busybox)" "$root/usr/bin/busybox"
	for applet in $(busybox --list); do
		[ -e "$root/usr/bin/$applet" ] || [ -e "$root/usr/sbin/$applet" ] ||
			ln -s busybox "$root/usr/bin/$applet"
	done
}

# wanted_modules: paths of the modules that `contents` names and of all they depend on.
wanted_modules() {
	awk -v wanted="$MODULES $MODULES_ON_DEMAND" '
		function name_of(path) {
			sub(/.*\//, "", path)
			sub(/\.ko.*/, "", path)
			gsub(/-/, "_", path)
			return path
		}
		BEGIN {
			gsub(/[[:space:]]+/, "|", wanted)
			gsub(/^\||\|$/, "", wanted)
			gsub(/\*/, ".*", wanted)
		}
		{
			sub(/:/, "")
			if (name_of($1) ~ "^(" wanted ")$")
				for (i = 1; i <= NF; i++)
					print $i
		}' "$1/modules.dep" | sort -u
}

# Decompressed here, so that the guest needs neither the time nor the tools.
copy_modules() {
	local from into module
	from=$(echo "$kernel"/lib/modules/*)
	into=$root/usr/lib/modules/${from##*/}
	mkdir -p "$into"
	cp "$from"/modules.{order,builtin} "$into"
	cp "$from"/modules.builtin.modinfo "$into" 2>/dev/null || true
	while read -r module; do
		mkdir -p "$into/${module%/*}"
		case $module in
		*.xz) xz -dc "$from/$module" >"$into/${module%.xz}" ;;
		*.zst) zstd -qdc "$from/$module" >"$into/${module%.zst}" ;;
		*) cp "$from/$module" "$into/$module" ;;
		esac
	done < <(wanted_modules "$from")
	depmod -b "$root" "${from##*/}"
	xargs -n 1 <<<"$MODULES" >"$root/etc/modules"
	# Or each brings a device of its own that no test asked for.
	printf 'options %s\n' bonding\ max_bonds=0 dummy\ numdummies=0 \
		>"$root/etc/modprobe.d/dnsreach.conf"
}

# Users that programs look up: tcpdump and unbound give up root for their own.
write_accounts() {
	printf '%s\n' root:x:0:0::/root:/bin/bash nobody:x:65534:65534::/:/bin/false \
		tcpdump:x:101:101::/:/bin/false unbound:x:102:102::/:/bin/false >"$root/etc/passwd"
	printf '%s\n' root:x:0: nogroup:x:65534: tcpdump:x:101: unbound:x:102: >"$root/etc/group"
	echo '127.0.0.1 localhost' >"$root/etc/hosts"
	echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
}

is_executable_elf() {
	[ -x "$1" ] && [ "$(head -c 4 "$1" | tail -c 3)" = ELF ]
}

copy_tree() {
	local path file executables=()
	(($#)) || return 0
	(cd "$top" && cp -RL --parents --preserve=mode,timestamps "$@" "$root/dnsreach")
	while read -r file; do
		! is_executable_elf "$file" || executables+=("$file")
	done < <(find "$root/dnsreach" -type f)
	((${#executables[@]} == 0)) || copy_libraries "${executables[@]}"
}

(($# >= 2)) || { echo "usage: ${0##*/} KERNELDIR OUT [PATH...]" >&2; exit 2; }
kernel=$1 out=$(realpath -m "$2")
shift 2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
make_directories
copy_programs
copy_tree "$@"
copy_busybox
copy_modules
write_accounts
cp "$here/init" "$root/init"
chmod -R u+w,a+rX "$root" # an ordinary user in the guest shall see it all
chmod 755 "$root/init"
chmod 1777 "$root/tmp" "$root/var/tmp"
(cd "$root" && find . -print0 | cpio --null -o -H newc -R 0:0 --quiet) >"$out"
