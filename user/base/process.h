/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel says of this process (proc(5)). What becomes of it is for others. */
#ifndef PROCESS_H
#define PROCESS_H

#include <linux/types.h>

struct process_usage {
	double started_s; /* since 1970-01-01 UTC */
	double cpu_s;	  /* user and system */
	__u64 resident_bytes;
	__u64 open_fds, max_fds; /* max_fds: ~0 for no limit */
};

/* `wall_ns`, `monotonic_ns`: now, on both clocks. What cannot be read is 0. */
void process_usage(__u64 wall_ns, __u64 monotonic_ns, struct process_usage *ret);

#endif
