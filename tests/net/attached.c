/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many programs are attached to an interface by TCX, both hooks together: bpftool of Debian 12
 * does not show them. Usage: attached INTERFACE
 */
#include <bpf/bpf.h>
#include <net/if.h>
#include <stdio.h>

enum { TCX_INGRESS = 46, TCX_EGRESS = 47 };

int main(int argc, char **argv)
{
	__u32 ids[64], count, total = 0;
	int type;

	for (type = TCX_INGRESS; argc > 1 && type <= TCX_EGRESS; type++) {
		count = 64;
		if (!bpf_prog_query(if_nametoindex(argv[1]), type, 0, NULL, ids, &count))
			total += count;
	}
	printf("%u\n", total);
	return 0;
}
