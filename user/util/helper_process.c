// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See helper_process.h. */
#include "util/helper_process.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

void helper_process_close_others(int one, int other)
{
	int low = one < other ? one : other, high = one + other - low;
	unsigned int from = STDERR_FILENO + 1;

	if (low > STDERR_FILENO) {
		if ((unsigned int)low > from)
			syscall(SYS_close_range, from, low - 1, 0);
		from = (unsigned int)low + 1;
	}
	if (high > (int)from)
		syscall(SYS_close_range, from, high - 1, 0);
	syscall(SYS_close_range, high + 1, ~0U, 0);
}

int helper_process_start(const struct helper_process *helper, pid_t *pid, int *fd)
{
	int fds[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	*pid = fork();
	if (!*pid) {
		helper_process_close_others(fds[1], helper->keep_fd);
		prctl(PR_SET_NAME, helper->name);
		helper->run(fds[1], helper->context);
		_exit(0);
	}
	err = *pid < 0 ? -errno : 0;
	close(fds[1]);
	*fd = fds[0];
	if (err)
		close(fds[0]);
	return err;
}
