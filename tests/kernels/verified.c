/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Loads the shipped object and prints, a line for each program, how many instructions the verifier
 * of this kernel has followed to believe it: at most a million, or it does not load.
 */
#include "../default_config.h"
#include "datapath/loader.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

static int print_one(const char *name, int program)
{
	struct bpf_prog_info info;
	__u32 length = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (bpf_obj_get_info_by_fd(program, &info, &length)) {
		perror("verified");
		return 1;
	}
	printf("%s %u\n", name, info.verified_insns);
	return 0;
}

int main(void)
{
	struct engine_config config = default_config();
	struct loader_programs programs;
	struct loader *loader;
	int failed;

	if (loader_open(&config, &loader))
		return 1;
	programs = loader_programs(loader);
	failed = print_one("count_queries", programs.count_queries) +
		 print_one("count_outcomes", programs.count_outcomes) +
		 print_one("count_guest_queries", programs.count_guest_queries) +
		 print_one("count_guest_outcomes", programs.count_guest_outcomes) +
		 print_one("count_both_in", programs.count_both_in) +
		 print_one("count_both_out", programs.count_both_out) +
		 print_one("sweep", programs.sweep);
	loader_close(loader);
	return failed != 0;
}
