# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What guests get from this machine, whatever system they run: programs with their libraries,
# files of the tree, one kernel's modules. To be sourced; the caller has set `top` (of the tree),
# `root` (where it all goes), `kernel` (a directory of get-kernels.sh), and sourced its `contents`
# (PROGRAMS, MODULES, MODULES_ON_DEMAND).
# shellcheck shell=bash disable=SC2154

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

# What is not installed is left out and named.
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
	((${#missing[@]} == 0)) || echo "not on this machine, so not in the guest: ${missing[*]}" >&2
}

is_executable_elf() {
	[ -x "$1" ] && [ "$(head -c 4 "$1" | tail -c 3)" = ELF ]
}

# copy_tree PATH...: relative to the top of the tree; each keeps its place below /dnsreach.
copy_tree() {
	local path file executables=()
	(($#)) || return 0
	mkdir -p "$root/dnsreach"
	(cd "$top" && cp -RL --parents --preserve=mode,timestamps "$@" "$root/dnsreach")
	while read -r file; do
		! is_executable_elf "$file" || executables+=("$file")
	done < <(find "$root/dnsreach" -type f)
	((${#executables[@]} == 0)) || copy_libraries "${executables[@]}"
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
