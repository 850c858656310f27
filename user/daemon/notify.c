/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See notify.h. */
#include "daemon/notify.h"

#include "daemon/fd_message.h"
#include "util/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_SOCKET 3
#define NOTIFY_WAIT_MS 2000
#define STORE_ROOM 4096 /* FileDescriptorStoreMax of dnsreach.service */

/*
 * Datagrams that the service manager could not take at once: it may stand still, and the process
 * must not wait for it. The order is kept.
 */
static struct queued {
	char text[256];
	int fd; /* a duplicate, or -1 */
} * queue;
static size_t queue_count;
static int wait_left_ms = NOTIFY_WAIT_MS;

/* Returns a socket connected to the service manager, so that poll(2) knows its room; or -1. */
static int notify_connect(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	socklen_t length;
	int fd;

	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(to.sun_path))
		return -1;
	strcpy(to.sun_path, path);
	if (path[0] == '@') /* an abstract one */
		to.sun_path[0] = '\0';
	length = offsetof(struct sockaddr_un, sun_path) + strlen(path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, length)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Waits until the service manager takes a datagram, for all of the process NOTIFY_WAIT_MS. */
static int notify_wait(int to)
{
	struct pollfd writable = {.fd = to, .events = POLLOUT};
	__u64 from = clock_monotonic_ns();
	int ready;

	if (wait_left_ms <= 0)
		return 0;
	ready = poll(&writable, 1, wait_left_ms);
	wait_left_ms -= (int)((clock_monotonic_ns() - from) / (NS_PER_S / 1000));
	return ready > 0;
}

static void notify_queue(const char *text, int fd)
{
	struct queued *more = reallocarray(queue, queue_count + 1, sizeof(*more));

	if (!more)
		return;
	queue = more;
	snprintf(queue[queue_count].text, sizeof(queue->text), "%s", text);
	queue[queue_count++].fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

void notify_flush(void)
{
	size_t sent = 0, i;
	int to = queue_count ? notify_connect() : -1;

	if (to < 0)
		return;
	while (sent < queue_count) {
		int err = fd_message_send(to, queue[sent].text, strlen(queue[sent].text),
					  queue[sent].fd);

		if (err == -EAGAIN && notify_wait(to))
			continue;
		if (err == -EAGAIN)
			break;
		if (queue[sent].fd >= 0)
			close(queue[sent].fd);
		sent++;
	}
	close(to);
	for (i = sent; i < queue_count; i++)
		queue[i - sent] = queue[i];
	queue_count -= sent;
}

/* Sends a datagram that must not get lost, behind those that wait. */
static void notify_send_surely(const char *text, int fd)
{
	if (!getenv("NOTIFY_SOCKET"))
		return;
	notify_queue(text, fd);
	notify_flush();
}

void notify_send(const char *format, ...)
{
	char text[512];
	va_list values;
	int to = notify_connect();

	if (to < 0)
		return;
	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	fd_message_send(to, text, strlen(text), -1);
	close(to);
}

void notify_send_ready(void)
{
	notify_send_surely("READY=1", -1);
}

void notify_push_fd(int fd, const char *name)
{
	char text[256];

	/* A BPF map gives EPOLLERR to poll(2); with FDPOLL=0 systemd does not drop it for that. */
	snprintf(text, sizeof(text), "%s=1\nFDNAME=%s%s", fd < 0 ? "FDSTOREREMOVE" : "FDSTORE",
		 name, fd < 0 ? "" : "\nFDPOLL=0");
	notify_send_surely(text, fd);
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

size_t notify_store_room(void)
{
	const char *room = getenv("FDSTORE");

	return room ? strtoul(room, NULL, 10) : STORE_ROOM;
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
