/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An HTTP server on a unix socket of its own, and a client for it. Include after cmocka.h. */
#ifndef HTTP_RIG_H
#define HTTP_RIG_H

#include "http/server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REPLY_MAX (1024 * 1024)
#define STUCK_MS 30000 /* nothing happens for so long: the test fails */

struct rig {
	char directory[64], path[96], listen[104];
	struct http_server *server;
	int asked;
	struct http_bodies bodies;
	struct http_body *shared; /* of /shared */
	int is_made;		  /* /made: until then it has to wait */
	char path_asked[1024], query_asked[1024], accept_asked[1024];
};

/* ---- the rig ------------------------------------------------------------------------------ */

static void handler(const struct http_request *ask, struct http_response *reply, void *context)
{
	struct rig *rig = context;

	rig->asked++;
	snprintf(rig->path_asked, sizeof(rig->path_asked), "%s", ask->path);
	snprintf(rig->query_asked, sizeof(rig->query_asked), "%s", ask->query);
	snprintf(rig->accept_asked, sizeof(rig->accept_asked), "%s",
		 ask->accept ? ask->accept : "none");
	if (!strcmp(ask->path, "/empty"))
		return;
	if (!strcmp(ask->path, "/shared")) {
		reply->shared = http_body_get(rig->shared);
		return;
	}
	if (!strcmp(ask->path, "/made") && !rig->is_made) {
		assert_int_equal(ask->has_waited, rig->asked > 1);
		reply->wait = 1;
		return;
	}
	if (!strcmp(ask->path, "/page")) {
		reply->type = "text/html; charset=utf-8";
		reply->policy = "default-src 'self'";
	}
	if (!strcmp(ask->path, "/ill"))
		reply->status = 503;
	buffer_add(&reply->body, "answer %d to %s\n", rig->asked, ask->path);
	while (!strcmp(ask->path, "/large") && reply->body.used < REPLY_MAX / 2)
		buffer_add(&reply->body, "%0128d", 0);
}

static void rig_begin(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	strcpy(rig->directory, "/tmp/dnsreach-test-XXXXXX");
	assert_non_null(mkdtemp(rig->directory));
	snprintf(rig->path, sizeof(rig->path), "%s/http", rig->directory);
	snprintf(rig->listen, sizeof(rig->listen), "unix:%s", rig->path);
}

static void rig_open(struct rig *rig)
{
	rig_begin(rig);
	assert_int_equal(http_server_open(rig->listen, handler, rig, &rig->server), 0);
}

static void rig_end(struct rig *rig)
{
	http_server_close(rig->server);
	assert_int_equal(rmdir(rig->directory), 0); /* the socket went with the server */
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Until the server has nothing more to do at once. */
static void run_while_ready(struct rig *rig)
{
	struct pollfd ready = {.fd = http_server_fd(rig->server), .events = POLLIN};
	int rounds;

	for (rounds = 0; poll(&ready, 1, 0) == 1; rounds++) {
		assert_true(rounds < 10000); /* it would be a busy loop */
		http_server_run(rig->server);
	}
}

/* Sends, reads to the end of the connection; the reply is in static memory, NUL at its end. */
static const char *exchange_bytes(struct rig *rig, int fd, const char *bytes, size_t size)
{
	static char reply[REPLY_MAX];
	struct pollfd ready[] = {{.fd = http_server_fd(rig->server), .events = POLLIN},
				 {.fd = fd, .events = POLLIN}};
	size_t used = 0, sent = 0;
	ssize_t count = 1;

	while (count) {
		count = send(fd, bytes + sent, size - sent, MSG_NOSIGNAL);
		sent += count > 0 ? (size_t)count : 0;
		assert_true(poll(ready, 2, STUCK_MS) > 0);
		if (ready[0].revents)
			http_server_run(rig->server);
		count = read(fd, reply + used, sizeof(reply) - used - 1);
		if (count < 0 && errno != EAGAIN)
			break; /* cut, with bytes of ours unread */
		used += count > 0 ? (size_t)count : 0;
	}
	close(fd);
	run_while_ready(rig);
	reply[used] = '\0';
	return reply;
}

static const char *exchange(struct rig *rig, const char *request)
{
	return exchange_bytes(rig, connect_to(rig->path), request, strlen(request));
}

static void assert_status(const char *reply, const char *status)
{
	if (strncmp(reply, "HTTP/1.1 ", 9) || strncmp(reply + 9, status, strlen(status)))
		fail_msg("not %s: %.200s", status, reply);
}

static void assert_has(const char *reply, const char *part)
{
	if (!strstr(reply, part))
		fail_msg("'%s' is not in: %.600s", part, reply);
}

#endif
