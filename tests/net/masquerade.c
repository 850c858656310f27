/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attaches a pair of programs to an interface that masquerade the DNS queries of one guest, as the
 * BPF host routing of container networks does: at egress the guest's address becomes the node's, at
 * ingress the other way round. Only the last word of an IPv6 address changes. Both end the chain of
 * programs by TC_ACT_OK, as Cilium's do, or let the next one run, also as the first of all.
 *
 *   masquerade tcx|clsact end|next|first INTERFACE GUEST4 NODE4 GUEST6 NODE6
 *
 * With tcx they stay until the program ends, and it prints a line when they are there.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* linux/bpf.h of Linux 6.6 */
#define TCX_INGRESS 46
#define TCX_EGRESS 47
#define MPROG_BEFORE (1U << 3) /* BPF_F_BEFORE: with no other program named, before all */

#define ETHERNET 14
#define UDP 17

struct bpf_text {
	struct bpf_insn insns[80];
	int count;
};

static void emit(struct bpf_text *p, int code, int to, int from, int offset, __u32 value)
{
	p->insns[p->count++] = (struct bpf_insn){.code = (__u8)code,
						 .dst_reg = (__u8)to,
						 .src_reg = (__u8)from,
						 .off = (__s16)offset,
						 .imm = (__s32)value};
}

static void emit_call(struct bpf_text *p, int function)
{
	emit(p, BPF_JMP | BPF_CALL, 0, 0, 0, (__u32)function);
}

static void emit_return(struct bpf_text *p, __u32 verdict)
{
	emit(p, BPF_ALU | BPF_MOV | BPF_K, 0, 0, 0, verdict);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Loads from the packet, and notes a jump to the end of the family's part when it differs. */
static int emit_test(struct bpf_text *p, int size, int at, __u32 value)
{
	emit(p, BPF_LD | BPF_ABS | size, 0, 0, 0, (__u32)at);
	emit(p, BPF_JMP32 | BPF_JNE | BPF_K, 0, 0, 0, value);
	return p->count - 1;
}

/* Sets r1 to the packet, r2 to an offset, r3 to `from`, r4 to `to`, r5 to flags. */
static void emit_arguments(struct bpf_text *p, int at, __u32 from, __u32 to, __u32 flags)
{
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0);
	emit(p, BPF_ALU | BPF_MOV | BPF_K, 2, 0, 0, (__u32)at);
	emit(p, BPF_ALU | BPF_MOV | BPF_K, 3, 0, 0, from);
	emit(p, BPF_ALU | BPF_MOV | BPF_K, 4, 0, 0, to);
	emit(p, BPF_ALU | BPF_MOV | BPF_K, 5, 0, 0, flags);
}

/* One family: `from` and `to` in network order. */
static void emit_family(struct bpf_text *p, int version, int out, __u32 from, __u32 to,
			__u32 verdict)
{
	const int udp = ETHERNET + (version == 4 ? 20 : 40);
	const int source = ETHERNET + (version == 4 ? 12 : 20), behind = version == 4 ? 4 : 16;
	const int at = out ? source : source + behind;
	int jumps[4], i;

	jumps[0] = emit_test(p, BPF_H, 12, version == 4 ? 0x0800 : 0x86dd);
	jumps[1] = emit_test(p, BPF_B, ETHERNET + (version == 4 ? 9 : 6), UDP);
	jumps[2] = emit_test(p, BPF_W, at, ntohl(from));
	jumps[3] = emit_test(p, BPF_H, out ? udp + 2 : udp, 53);
	if (version == 4) {
		emit_arguments(p, ETHERNET + 10, from, to, sizeof(from));
		emit_call(p, BPF_FUNC_l3_csum_replace);
	}
	emit_arguments(p, udp + 6, from, to,
		       BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0 | sizeof(from));
	emit_call(p, BPF_FUNC_l4_csum_replace);
	emit(p, BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, to);
	emit_arguments(p, at, 0, sizeof(to), 0);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, 3, 10, 0, 0);
	emit(p, BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, (__u32)-4);
	emit_call(p, BPF_FUNC_skb_store_bytes);
	emit_return(p, verdict);
	for (i = 0; i < 4; i++)
		p->insns[jumps[i]].off = (__s16)(p->count - jumps[i] - 1);
}

static int load(int out, char **addresses, __u32 verdict)
{
	struct bpf_text p = {.count = 0};
	struct in6_addr guest6, node6;
	struct in_addr guest4, node4;
	__u32 guest, node;

	if (inet_pton(AF_INET, addresses[0], &guest4) != 1 ||
	    inet_pton(AF_INET, addresses[1], &node4) != 1 ||
	    inet_pton(AF_INET6, addresses[2], &guest6) != 1 ||
	    inet_pton(AF_INET6, addresses[3], &node6) != 1)
		return -1;
	memcpy(&guest, &guest6.s6_addr[12], sizeof(guest));
	memcpy(&node, &node6.s6_addr[12], sizeof(node));
	emit(&p, BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0); /* BPF_ABS wants the packet in r6 */
	emit_family(&p, 4, out, out ? guest4.s_addr : node4.s_addr,
		    out ? node4.s_addr : guest4.s_addr, verdict);
	emit_family(&p, 6, out, out ? guest : node, out ? node : guest, verdict);
	emit_return(&p, verdict);
	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "masquerade", "GPL", p.insns, (size_t)p.count,
			     NULL);
}

static int attach_tcx(int ifindex, int out, int program, int first)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = first ? MPROG_BEFORE : 0);

	return bpf_link_create(program, ifindex, out ? TCX_EGRESS : TCX_INGRESS, &opts);
}

/* Of filters with one priority the youngest comes first. */
static int attach_clsact(int ifindex, int out, int program, int first)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = out ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .priority = first ? 1 : 50, .prog_fd = program);

	bpf_tc_hook_create(&hook); /* it may be there */
	return bpf_tc_attach(&hook, &opts);
}

int main(int argc, char **argv)
{
	int ifindex, out, tcx, program, first;
	__u32 verdict;

	if (argc != 8)
		return 2;
	tcx = !strcmp(argv[1], "tcx");
	verdict = strcmp(argv[2], "end") ? (__u32)-1 : 0;
	first = !strcmp(argv[2], "first");
	ifindex = (int)if_nametoindex(argv[3]);
	for (out = 0; out < 2; out++) {
		program = load(out, argv + 4, verdict);
		if (program < 0 || (tcx ? attach_tcx(ifindex, out, program, first) < 0
					: attach_clsact(ifindex, out, program, first) != 0)) {
			perror("masquerade");
			return 1;
		}
	}
	if (!tcx)
		return 0;
	puts("attached");
	fflush(stdout);
	pause();
	return 0;
}
