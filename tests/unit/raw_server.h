/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A server of plain sockets in a thread: takes one connection after the other, reads a request's
 * head, sends the bytes it was given, whatever they are, and closes.
 */
#ifndef RAW_SERVER_H
#define RAW_SERVER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct raw_server {
	const char *answer; /* NULL: none, and the connection is held until the end */
	size_t length;	    /* of it; 0: it is text */
	size_t times;	    /* the last half of it is sent so often: 0 as 1 */
	char head[8192];    /* the last request's */
	int listener, end;
	pthread_t thread;
	char url[64];
};

static inline void raw_read_head(struct raw_server *s, int connection)
{
	size_t used = 0;
	ssize_t count;

	memset(s->head, 0, sizeof(s->head));
	while (used < sizeof(s->head) - 1 && !strstr(s->head, "\r\n\r\n")) {
		count = read(connection, s->head + used, sizeof(s->head) - 1 - used);
		if (count <= 0)
			return;
		used += (size_t)count;
	}
}

static inline void raw_serve(struct raw_server *s, int connection)
{
	struct pollfd end = {.fd = s->end, .events = POLLIN};
	size_t i, length;

	raw_read_head(s, connection);
	if (!s->answer) {
		poll(&end, 1, -1);
		return;
	}
	length = s->length ? s->length : strlen(s->answer);
	if (send(connection, s->answer, length, MSG_NOSIGNAL) < 0)
		return;
	for (i = 1; i < s->times; i++)
		if (send(connection, s->answer + length / 2, length - length / 2, MSG_NOSIGNAL) < 0)
			return;
}

static inline void *raw_main(void *context)
{
	struct raw_server *s = context;
	struct pollfd fds[] = {{.fd = s->listener, .events = POLLIN},
			       {.fd = s->end, .events = POLLIN}};
	int connection;

	while (poll(fds, 2, -1) > 0 && !fds[1].revents) {
		connection = accept(s->listener, NULL, NULL);
		if (connection < 0)
			continue;
		raw_serve(s, connection);
		close(connection);
	}
	return NULL;
}

static inline void raw_begin(struct raw_server *s)
{
	s->end = eventfd(0, EFD_CLOEXEC);
	assert_true(s->end >= 0);
	assert_return_code(listen(s->listener, 8), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, raw_main, s), 0);
}

static inline void raw_bind_tcp(struct raw_server *s)
{
	struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
	socklen_t length = sizeof(here);

	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_return_code(bind(s->listener, (struct sockaddr *)&here, length), 0);
	assert_return_code(getsockname(s->listener, (struct sockaddr *)&here, &length), 0);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d/", ntohs(here.sin_port));
}

static inline void raw_listen(struct raw_server *s)
{
	raw_bind_tcp(s);
	raw_begin(s);
}

static inline void raw_listen_unix(struct raw_server *s, const char *path)
{
	struct sockaddr_un here = {.sun_family = AF_UNIX};

	snprintf(here.sun_path, sizeof(here.sun_path), "%s", path);
	s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_return_code(bind(s->listener, (struct sockaddr *)&here, sizeof(here)), 0);
	raw_begin(s);
}

static inline void raw_end(struct raw_server *s)
{
	assert_return_code(eventfd_write(s->end, 1), 0);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	close(s->listener);
	close(s->end);
}

#endif
