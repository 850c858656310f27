/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * To be preloaded: a kernel without bpf_skb_cgroup_id, as one without CONFIG_SOCK_CGROUP_DATA. Each
 * program that calls this helper reaches the kernel with a number in its place that no helper has.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NO_HELPER 0x7fff

typedef long syscall_fn(long number, ...);

static syscall_fn *real_syscall(void)
{
	static syscall_fn *real;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real;
}

static void replace_helper(struct bpf_insn *insns, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (insns[i].code == (BPF_JMP | BPF_CALL) && !insns[i].src_reg &&
		    insns[i].imm == BPF_FUNC_skb_cgroup_id)
			insns[i].imm = NO_HELPER;
	}
}

static long load_without_helper(const union bpf_attr *given, unsigned int size)
{
	size_t bytes = given->insn_cnt * sizeof(struct bpf_insn);
	struct bpf_insn *insns = malloc(bytes);
	union bpf_attr attr;
	long fd;
	int err;

	if (!insns) {
		errno = ENOMEM;
		return -1;
	}
	memset(&attr, 0, sizeof(attr));
	memcpy(&attr, given, size < sizeof(attr) ? size : sizeof(attr));
	memcpy(insns, (const void *)(unsigned long)given->insns, bytes);
	replace_helper(insns, given->insn_cnt);
	attr.insns = (unsigned long)insns;
	fd = real_syscall()(SYS_bpf, BPF_PROG_LOAD, &attr, (unsigned long)size);
	err = errno;
	free(insns);
	errno = err;
	return fd;
}

long syscall(long number, ...)
{
	long a[6];
	va_list arguments;
	int i;

	va_start(arguments, number);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_bpf && (int)a[0] == BPF_PROG_LOAD)
		return load_without_helper((const void *)a[1], a[2]);
	return real_syscall()(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
