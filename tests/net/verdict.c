/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Somebody else's program on an interface, which ends the chain with VERDICT (0: pass it on to the
 * stack, 2: drop it) whatever the packet is. By clsact it stays when this ends, at PRIORITY; by TCX
 * it is put before all others, and goes when this is killed. Says "attached" when it is.
 * Usage: verdict tcx|clsact INTERFACE ingress|egress VERDICT [PRIORITY]
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TCX_INGRESS = 46, TCX_EGRESS = 47, BEFORE = 1 << 3 };

static int load(int verdict)
{
	struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = verdict},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "somebody_else", "GPL", code, 2, NULL);
}

static int by_tcx(int program, int ifindex, int egress)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = BEFORE);

	int type = egress ? TCX_EGRESS : TCX_INGRESS;

	return bpf_link_create(program, ifindex, type, &opts);
}

static int by_clsact(int program, int ifindex, int egress, int priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = priority, .prog_fd = program);

	libbpf_set_print(NULL);
	bpf_tc_hook_create(&hook);
	return bpf_tc_attach(&hook, &opts);
}

int main(int argc, char **argv)
{
	int tcx, egress, ifindex, program, err;

	if (argc < 5)
		return 2;
	tcx = strcmp(argv[1], "tcx") == 0;
	ifindex = if_nametoindex(argv[2]);
	egress = strcmp(argv[3], "egress") == 0;
	program = load(atoi(argv[4]));
	err = program < 0 ? program
	      : tcx	  ? by_tcx(program, ifindex, egress)
			  : by_clsact(program, ifindex, egress, argc > 5 ? atoi(argv[5]) : 1);
	if (err < 0) {
		fprintf(stderr, "verdict: %s\n", strerror(-err));
		return 1;
	}
	puts("attached");
	fflush(stdout);
	while (tcx)
		pause();
	return 0;
}
