/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A process of our own for work that may hang, or needs other privileges than the counting. */
#ifndef UTIL_HELPER_PROCESS_H
#define UTIL_HELPER_PROCESS_H

#include <sys/types.h>

struct helper_process {
	const char *name; /* as ps shows it; at most 15 bytes */
	int keep_fd;	  /* a descriptor that the process keeps, or -1 */
	/* The work: reads requests from fd, writes results to it, and ends the process. */
	void (*run)(int fd, const void *context);
	const void *context;
};

/*
 * Forks a process for `helper`. It keeps standard input, output and error, keep_fd and its end of a
 * pair of Unix sockets (SOCK_SEQPACKET); all other descriptors are closed there (Linux 5.9). Writes
 * to *pid its process ID and to *fd this end of the pair: the caller closes it and waits for the
 * process. Returns 0 or -errno.
 */
int helper_process_start(const struct helper_process *helper, pid_t *pid, int *fd);

/* Closes all descriptors but the standard ones and these two; `other` may be -1. */
void helper_process_close_others(int one, int other);

#endif
