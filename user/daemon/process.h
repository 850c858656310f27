/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel says of this process (proc(5)). What becomes of it is for others. */
#ifndef DAEMON_PROCESS_H
#define DAEMON_PROCESS_H

#include <linux/types.h>

struct process_usage {
	double cpu_s; /* user and system */
	__u64 resident_bytes;
	__u64 open_fds, max_fds; /* max_fds: ~0 for no limit */
};

/* What cannot be read is 0. */
void process_usage(struct process_usage *ret);

/* When it started, on the clock of boot (which runs while the machine sleeps); 0: not known. */
__u64 process_started_boot_ns(void);

#endif
