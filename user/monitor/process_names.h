/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Processes by the inodes of their sockets: a process of its own walks through /proc/PID/fd. It
 * keeps the two capabilities for that, and reads no packet; so the process that counts gives them
 * up.
 */
#ifndef MONITOR_PROCESS_NAMES_H
#define MONITOR_PROCESS_NAMES_H

#include "health/incident_samples.h"

#include <stddef.h>

#define PROCESSES_MAX 32 /* of one walk */

/* One socket that is looked for. */
struct process_socket {
	__u32 inode;
	__u32 pid; /* 0: not found */
	char name[PROCESS_NAME_SIZE];
};

/*
 * Sets pid and name of those sockets that a process has open, in one walk through `proc` (/proc).
 * Processes whose descriptors this process may not read are skipped.
 */
void process_sockets_find(const char *proc, struct process_socket *sockets, size_t count);

struct process_names;

/*
 * Starts the process that walks. Returns 0 and *ret, to be freed with process_names_close(), or
 * -EPERM: without CAP_SYS_PTRACE it could find nothing; or another -errno.
 */
int process_names_open(struct process_names **ret);

/* Begins a walk for at most PROCESSES_MAX sockets, without waiting. Returns 0 or -errno. */
int process_names_request(struct process_names *names, const struct process_socket *sockets,
			  size_t count);

/*
 * Reads the result of a walk, without waiting: the sockets in the order of the request. Returns how
 * many, *took_ns: how long the walk took; 0: there is no result yet.
 */
size_t process_names_read(struct process_names *names, struct process_socket *sockets,
			  __u64 *took_ns);

void process_names_close(struct process_names *names); /* NULL is fine */

#endif
