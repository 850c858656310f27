/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See notify.h. */
#include "daemon/notify.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_SOCKET 3

/* Sends one datagram, with the descriptor `fd` unless that is -1. */
static void notify_send_datagram(const char *text, int fd)
{
	char room[CMSG_SPACE(sizeof(fd))] = {0};
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	struct iovec words = {.iov_base = (char *)text, .iov_len = strlen(text)};
	struct msghdr message = {.msg_name = &to, .msg_iov = &words, .msg_iovlen = 1};
	const char *path = getenv("NOTIFY_SOCKET");
	struct cmsghdr *control;
	int from;

	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(to.sun_path))
		return;
	strcpy(to.sun_path, path);
	if (path[0] == '@') /* an abstract one */
		to.sun_path[0] = '\0';
	message.msg_namelen = offsetof(struct sockaddr_un, sun_path) + strlen(path);
	if (fd >= 0) {
		message.msg_control = room;
		message.msg_controllen = sizeof(room);
		control = CMSG_FIRSTHDR(&message);
		control->cmsg_level = SOL_SOCKET;
		control->cmsg_type = SCM_RIGHTS;
		control->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(control), &fd, sizeof(fd));
	}
	/* A descriptor waits for a slow reader: the next process would miss it. */
	from = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (from < 0)
		return;
	(void)!sendmsg(from, &message, MSG_NOSIGNAL | (fd < 0 ? MSG_DONTWAIT : 0));
	close(from);
}

void notify_send(const char *format, ...)
{
	char text[512];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	notify_send_datagram(text, -1);
}

void notify_push_fd(int fd, const char *name)
{
	char text[256];

	/* A BPF map gives EPOLLERR to poll(2); with FDPOLL=0 systemd does not drop it for that. */
	snprintf(text, sizeof(text), "%s=1\nFDNAME=%s%s", fd < 0 ? "FDSTOREREMOVE" : "FDSTORE",
		 name, fd < 0 ? "" : "\nFDPOLL=0");
	notify_send_datagram(text, fd);
}

/* Returns whether the variable has the ID of this process (sd_listen_fds(3)). */
static int is_for_this_process(const char *variable)
{
	const char *pid = getenv(variable);

	return pid && atol(pid) == getpid();
}

double notify_watchdog_s(void)
{
	const char *us = getenv("WATCHDOG_USEC");

	if (!us || (getenv("WATCHDOG_PID") && !is_for_this_process("WATCHDOG_PID")))
		return 0;
	return atof(us) / 1e6;
}

void notify_receive_fds(void (*f)(int fd, const char *name, void *context), void *context)
{
	const char *text = getenv("LISTEN_FDS"), *names = getenv("LISTEN_FDNAMES");
	int count = text && is_for_this_process("LISTEN_PID") ? atoi(text) : 0;
	char name[256];
	int i, length;

	for (i = 0; i < count; i++) {
		length = names ? (int)strcspn(names, ":") : 0;
		snprintf(name, sizeof(name), "%.*s", length, names ? names : "");
		if (names)
			names += length + (names[length] == ':');
		fcntl(FIRST_SOCKET + i, F_SETFD, FD_CLOEXEC);
		f(FIRST_SOCKET + i, name, context);
	}
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
}
