// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See child_job.h. */
#include "util/child_job.h"

#include "util/helper_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "dnsreach-page"

/* Where memory is short, the kernel kills the child and not the daemon. */
static void prefer_as_victim(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	ssize_t put = fd < 0 ? 0 : write(fd, "1000", 4);

	(void)put; /* no /proc: then it is one of two */
	if (fd >= 0)
		close(fd);
}

static void run_as_child(int fd, child_job_fn *run, void *context)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, NAME);
	helper_process_close_others(fd, -1);
	prefer_as_victim();
	_exit(run(fd, context) ? 1 : 0);
}

/* Ends a job whose child has ended, or ends by itself. Returns its exit code; -1: it was killed. */
static int job_end(struct child_job *job)
{
	int status = 0;
	pid_t got;

	do
		got = waitpid(job->pid, &status, 0);
	while (got < 0 && errno == EINTR);
	if (job->end >= 0)
		close(job->end);
	if (job->out >= 0)
		close(job->out);
	memset(job, 0, sizeof(*job));
	return got > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int child_job_start(struct child_job *job, child_job_fn *run, void *context)
{
	int err = 0;

	job->out = memfd_create(NAME, MFD_CLOEXEC);
	if (job->out < 0)
		return -errno;
	job->end = -1;
	job->pid = fork();
	if (!job->pid)
		run_as_child(job->out, run, context);
	if (job->pid < 0)
		err = -errno;
	else
		job->end = (int)syscall(SYS_pidfd_open, job->pid, 0);
	if (!err && job->end >= 0)
		return 0;
	err = err ? err : -errno;
	if (job->pid > 0) {
		child_job_cancel(job);
		return err;
	}
	close(job->out);
	memset(job, 0, sizeof(*job));
	return err;
}

/* Reads all of a file into *ret. Returns 0 or -errno. */
static int read_whole(int fd, struct buffer *ret)
{
	struct stat st;
	ssize_t got;

	memset(ret, 0, sizeof(*ret));
	if (fstat(fd, &st))
		return -errno;
	ret->text = malloc((size_t)st.st_size + 1);
	if (!ret->text)
		return -ENOMEM;
	ret->room = (size_t)st.st_size + 1;
	while (ret->used < (size_t)st.st_size) {
		got = pread(fd, ret->text + ret->used, (size_t)st.st_size - ret->used,
			    (off_t)ret->used);
		if (got <= 0) {
			buffer_free(ret);
			return -EIO;
		}
		ret->used += (size_t)got;
	}
	ret->text[ret->used] = '\0';
	return 0;
}

int child_job_finish_file(struct child_job *job, int *ret_fd)
{
	int out = job->out;

	job->out = -1;
	if (job_end(job)) {
		close(out);
		return -EIO;
	}
	*ret_fd = out;
	return 0;
}

int child_job_finish(struct child_job *job, struct buffer *ret)
{
	int out, err = child_job_finish_file(job, &out);

	if (err)
		return err;
	err = read_whole(out, ret);
	close(out);
	return err;
}

void child_job_cancel(struct child_job *job)
{
	if (!child_job_is_running(job))
		return;
	kill(job->pid, SIGKILL);
	job_end(job);
}
