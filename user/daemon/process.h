/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The resources of this process, from /proc/self (proc(5)). */
#ifndef DAEMON_PROCESS_H
#define DAEMON_PROCESS_H

#include <linux/types.h>

struct process_usage {
	double cpu_s; /* user and system */
	__u64 resident_bytes;
	__u64 open_fds, max_fds; /* max_fds: ~0 for no limit */
};

/* Reads the usage; a value that cannot be read is 0. */
void process_usage(struct process_usage *ret);

/* Returns the start of the process in ns since boot (CLOCK_BOOTTIME); 0: not known. */
__u64 process_started_boot_ns(void);

#endif
