/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A local user who wants all places of the page: squat COUNT. As user nobody it holds COUNT
 * connections to 127.0.0.1:9753, from 16 ports of each of 127.0.0.1, 127.0.0.2 and so on, asks each
 * for /metrics and never reads; one that is closed it makes again. Prints "connected" at the start,
 * and runs until it is killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOBODY 65534
#define CONNECTIONS_MAX 1024
#define PER_ADDRESS 16
#define PORT 9753

static struct pollfd all[CONNECTIONS_MAX];

static void make_connection(int number)
{
	struct sockaddr_in from = {.sin_family = AF_INET}, to = from;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), small = 2048;

	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (unsigned)number / PER_ADDRESS);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons(PORT);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    (connect(fd, (struct sockaddr *)&to, sizeof(to)) && errno != EINPROGRESS)) {
		perror("squat");
		exit(1);
	}
	all[number] = (struct pollfd){.fd = fd, .events = POLLOUT | POLLRDHUP};
}

static void use_connection(int number)
{
	static const char request[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
	struct pollfd *it = &all[number];

	if (it->revents & (POLLERR | POLLHUP | POLLRDHUP)) {
		close(it->fd);
		make_connection(number);
	} else if (it->revents & POLLOUT) {
		(void)!send(it->fd, request, sizeof(request) - 1, MSG_NOSIGNAL);
		it->events = POLLRDHUP;
	}
}

int main(int argc, char **argv)
{
	int count = argc == 2 ? atoi(argv[1]) : 0, i;

	if (count < 1 || count > CONNECTIONS_MAX)
		return 2;
	if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		return 1;
	for (i = 0; i < count; i++)
		make_connection(i);
	puts("connected");
	fflush(stdout);
	for (;;) {
		if (poll(all, (nfds_t)count, -1) < 0)
			return 1;
		for (i = 0; i < count; i++)
			use_connection(i);
	}
}
