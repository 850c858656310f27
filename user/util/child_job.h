/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Work that takes too long for the event loop, done by a child on its copy of the process: it sees
 * the memory as it was at the start, whatever the parent changes meanwhile.
 */
#ifndef UTIL_CHILD_JOB_H
#define UTIL_CHILD_JOB_H

#include "util/buffer.h"

/* Zeroed: none is running. */
struct child_job {
	int pid;
	int end; /* a pidfd: readable when the child has ended */
	int out; /* a memfd: the child's bytes */
};

/*
 * In the child: writes the result to `fd`. It has no other descriptor but the standard ones, and
 * no capabilities. Returns 0 or -errno.
 */
typedef int child_job_fn(int fd, void *context);

/* Starts the job. Returns 0, or -errno: then there is none. */
int child_job_start(struct child_job *job, child_job_fn *run, void *context);

static inline int child_job_is_running(const struct child_job *job)
{
	return job->pid > 0;
}

/*
 * Ends the job, of which `end` is readable. Returns 0 and its bytes in *ret, which is the caller's;
 * or -EIO: it failed, or was killed; or -errno.
 */
int child_job_finish(struct child_job *job, struct buffer *ret);

/* Ends the job in the same manner. Returns 0 and in *ret_fd the file with its bytes. */
int child_job_finish_file(struct child_job *job, int *ret_fd);

/* Kills the job. None is fine. */
void child_job_cancel(struct child_job *job);

#endif
