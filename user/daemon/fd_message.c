// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See fd_message.h. */
#include "daemon/fd_message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int fd_message_send(int to, const void *bytes, size_t count, int fd)
{
	char room[CMSG_SPACE(sizeof(fd))] = {0};
	struct iovec text = {.iov_base = (void *)bytes, .iov_len = count};
	struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1};
	struct cmsghdr *control;

	if (fd >= 0) {
		message.msg_control = room;
		message.msg_controllen = sizeof(room);
		control = CMSG_FIRSTHDR(&message);
		control->cmsg_level = SOL_SOCKET;
		control->cmsg_type = SCM_RIGHTS;
		control->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(control), &fd, sizeof(fd));
	}
	return sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

ssize_t fd_message_receive(int from, void *bytes, size_t count, int *fd)
{
	char room[CMSG_SPACE(sizeof(*fd))];
	struct iovec text = {.iov_base = bytes, .iov_len = count};
	struct msghdr message = {.msg_iov = &text,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = sizeof(room)};
	struct cmsghdr *control;
	ssize_t got;

	do
		got = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	*fd = -1;
	if (got < 0)
		return -errno;
	control = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (control)
		memcpy(fd, CMSG_DATA(control), sizeof(*fd));
	return got;
}
