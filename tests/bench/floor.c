/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For the benchmark: an empty program on both hooks of an interface, as dnsreach attaches its own,
 * until the end of its input; or the bare operations of opening and ending a transaction. Says
 * `ready`. Usage: bench_floor INTERFACE [bare]
 */
#include "bare.skel.h"
#include "measure.h"
#include "vary.h"
#include "vary.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TCX_INGRESS = 46, TCX_EGRESS = 47 }; /* linux/bpf.h of 6.6 */

static int attach_tcx(int program, int ifindex, int hook)
{
	union bpf_attr a = {0};

	a.link_create.prog_fd = program;
	a.link_create.target_fd = ifindex;
	a.link_create.attach_type = hook;
	return syscall(__NR_bpf, BPF_LINK_CREATE, &a, sizeof(a)) < 0 ? -errno : 0;
}

static int attach_clsact(struct bpf_tc_hook *hook, int in, int out)
{
	enum bpf_tc_attach_point points[] = {BPF_TC_INGRESS, BPF_TC_EGRESS};
	int err = bpf_tc_hook_create(hook), i;

	for (i = 0; (!err || err == -EEXIST) && i < 2; i++) {
		LIBBPF_OPTS(bpf_tc_opts, o, .prog_fd = i ? out : in);
		hook->attach_point = points[i];
		err = bpf_tc_attach(hook, &o);
	}
	return err;
}

int main(int argc, char **argv)
{
	int ifindex = argc > 1 ? if_nametoindex(argv[1]) : 0, in, out, clsact = 0;
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	struct vary *v = vary__open_and_load();
	struct bare *b = bare__open_and_load();
	char byte;

	if (!v || !b || !ifindex)
		fail("cannot load the empty program");
	in = bpf_program__fd(argc > 2 ? b->progs.bare_end : v->progs.nothing);
	out = bpf_program__fd(argc > 2 ? b->progs.bare_open : v->progs.nothing);
	if (attach_tcx(in, ifindex, TCX_INGRESS) || attach_tcx(out, ifindex, TCX_EGRESS)) {
		clsact = 1;
		if (attach_clsact(&hook, in, out))
			fail("cannot attach the empty program");
	}
	puts("ready");
	fflush(stdout);
	while (read(0, &byte, 1) > 0)
		;
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	return clsact ? bpf_tc_hook_destroy(&hook) : 0;
}
