#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Makes vmlinux.h: from the running kernel's BTF, the few types that bpf/ uses, and no more.
# The result is kept in the tree, so that a build needs no kernel BTF and is the same everywhere.
#
#   vmlinux/make-vmlinux.sh > vmlinux/vmlinux.h
#
# No CO-RE attribute is put on them: every one is stable kernel ABI.
set -euo pipefail

types='__s8 __u8 __s16 __u16 __s32 __u32 __s64 __u64 __be16 __be32 __wsum'
blocks='struct __sk_buff|enum bpf_map_type|enum bpf_hdr_start_off'
constant=BPF_NOEXIST # names the anonymous enum of update flags

cat <<'HEAD'
/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's types that bpf/ uses, cut from the kernel's BTF by make-vmlinux.sh. Do not edit.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

HEAD
bpftool btf dump file "${BTF:-/sys/kernel/btf/vmlinux}" format c |
awk -v types="$types" -v blocks="^($blocks) {" -v constant="$constant" '
	BEGIN { n = split(types, t, " "); for (i = 1; i <= n; i++) want[t[i] ";"] = 1 }
	/^typedef/ && want[$NF] { print; next }
	!keep && $0 ~ blocks { keep = 1; text = "" }
	!keep && /^enum \{/ { keep = 2; found = 0; text = "" }
	keep { text = text $0 "\n" }
	keep == 2 && index($0, constant " ") { found = 1 }
	keep && /^};/ { if (keep == 1 || found) printf "\n%s", text; keep = 0 }
'
printf '\n#endif\n'
