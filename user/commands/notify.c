/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See notify.h. */
#include "commands/notify.h"

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

void notify(const char *format, ...)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	char text[512];
	va_list values;
	size_t length;
	int fd;

	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(to.sun_path))
		return;
	strcpy(to.sun_path, path);
	if (path[0] == '@') /* an abstract one */
		to.sun_path[0] = '\0';
	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	length = offsetof(struct sockaddr_un, sun_path) + strlen(path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL, (void *)&to, length);
	close(fd);
}

/* Was it meant for this process? */
static int is_for_us(const char *variable)
{
	const char *pid = getenv(variable);

	return pid && atol(pid) == getpid();
}

double notify_watchdog_s(void)
{
	const char *us = getenv("WATCHDOG_USEC");

	if (!us || (getenv("WATCHDOG_PID") && !is_for_us("WATCHDOG_PID")))
		return 0;
	return atof(us) / 1e6;
}

int notify_sockets(void)
{
	const char *text = getenv("LISTEN_FDS");
	int count = text && is_for_us("LISTEN_PID") ? atoi(text) : 0;
	int i;

	for (i = 0; i < count; i++)
		fcntl(FIRST_SOCKET + i, F_SETFD, FD_CLOEXEC);
	return count > 0 ? count : 0;
}
