/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attaches a program to the ingress of an interface that hands the packets for one guest to the
 * other end of its veth, past the hooks of the veth itself, as the BPF host routing of container
 * networks does (bpf_redirect_peer). Usage: redirect_peer FROM-INTERFACE GUESTS-VETH IPV4 IPV6
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define INSN(c, d, s, o, i)                                                                        \
	{                                                                                          \
		.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)                \
	}
#define LOAD_WORD(at) INSN(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, at) /* in host order, into r0 */
#define JUMP_IF_EQUAL(value, by) INSN(BPF_JMP32 | BPF_JEQ | BPF_K, 0, 0, by, (int)(value))
#define SET(reg, value) INSN(BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, (int)(value))

/* Behind the Ethernet header: the destination of IPv4, and the last word of that of IPv6. */
#define IPV4_DESTINATION (14 + 16)
#define IPV6_DESTINATION_END (14 + 24 + 12)

static int load(__u32 ifindex, __u32 ipv4, __u32 ipv6_end)
{
	const struct bpf_insn program[] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0), /* BPF_ABS wants the packet in r6 */
		LOAD_WORD(IPV4_DESTINATION),
		JUMP_IF_EQUAL(ipv4, 4),
		LOAD_WORD(IPV6_DESTINATION_END),
		JUMP_IF_EQUAL(ipv6_end, 2),
		SET(0, -1), /* TC_ACT_UNSPEC */
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
		SET(1, ifindex),
		SET(2, 0),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect_peer),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};

	return bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "redirect_peer", "GPL", program,
			     sizeof(program) / sizeof(*program), NULL);
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .priority = 50);
	struct in6_addr ipv6;
	struct in_addr ipv4;
	__u32 end;

	if (argc != 5 || inet_pton(AF_INET, argv[3], &ipv4) != 1 ||
	    inet_pton(AF_INET6, argv[4], &ipv6) != 1)
		return 2;
	memcpy(&end, &ipv6.s6_addr[12], sizeof(end));
	hook.ifindex = (int)if_nametoindex(argv[1]);
	opts.prog_fd = load(if_nametoindex(argv[2]), ntohl(ipv4.s_addr), ntohl(end));
	bpf_tc_hook_create(&hook); /* it may be there */
	if (opts.prog_fd < 0 || bpf_tc_attach(&hook, &opts)) {
		perror("redirect_peer");
		return 1;
	}
	return 0;
}
