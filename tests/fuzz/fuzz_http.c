// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Requests under libFuzzer, through a socket pair instead of the listening socket. The first byte
 * says in which pieces the rest arrives. Whatever it is: each reply is whole and begins as one, the
 * server comes to rest, and the connection's place is free again.
 *
 *   tests/fuzz/run, or build/fuzz/fuzz_http -max_len=8192 corpus tests/fuzz/fuzz_http
 */
#include "fed.h"

#include "http/server.c"

#include <poll.h>
#include <string.h>
#include <sys/un.h>

#define RUNS_MAX 10000 /* more at a time is a busy loop */

static void answer(const struct http_request *ask, struct http_response *reply, void *context)
{
	MUST(strlen(ask->path) < URI_SIZE && strlen(ask->query) < URI_SIZE);
	MUST(!strchr(ask->path, '?') && !strchr(ask->path, '\n'));
	buffer_add(&reply->body, "%s %s %s\n", ask->path, ask->query,
		   ask->accept ? ask->accept : "");
	while (!strcmp(ask->path, "/large") && reply->body.used < 100000)
		buffer_add(&reply->body, "%0128d", 0);
}

/* In the abstract namespace; nobody connects to it. */
static struct http_server *open_server(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct http_server *server;
	char listen_at[32];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	MUST(!bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)) && !listen(fd, 1));
	snprintf(listen_at, sizeof(listen_at), "fd:%d", fd);
	MUST(!http_server_open(listen_at, answer, NULL, &server));
	return server;
}

/* What came back is thrown away, but for the beginning. */
static void take(int fd, char first[9], size_t *taken)
{
	char bytes[65536];
	ssize_t count;

	while ((count = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		size_t more = *taken < 9 ? 9 - *taken : 0;

		if (more > (size_t)count)
			more = (size_t)count;
		memcpy(first + *taken, bytes, more);
		*taken += more;
	}
}

static void run_to_rest(struct http_server *server, int fd, char first[9], size_t *taken)
{
	struct pollfd ready = {.fd = http_server_fd(server), .events = POLLIN};
	int runs;

	for (runs = 0; poll(&ready, 1, 0) == 1; runs++) {
		MUST(runs < RUNS_MAX);
		http_server_run(server);
		if (fd >= 0)
			take(fd, first, taken);
	}
}

static int anyone_there(const struct http_server *server)
{
	size_t i;

	for (i = 0; i < PEERS_MAX; i++)
		if (server->peers.all[i].used)
			return 1;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_server *server;
	const struct sockaddr_un from = {.sun_family = AF_UNIX};
	size_t done, taken = 0, piece;
	char first[9];
	int pair[2];

	if (!server)
		server = open_server();
	if (!size)
		return 0;
	piece = data[0] ? data[0] * 4U : size;
	MUST(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair));
	MUST(MHD_add_connection(server->daemon, pair[0], (const struct sockaddr *)&from,
				sizeof(from)) == MHD_YES);
	http_server_run(server);
	for (done = 1; done < size; done += piece) {
		size_t count = size - done < piece ? size - done : piece;

		if (send(pair[1], data + done, count, MSG_NOSIGNAL) < 0)
			break; /* it has had enough */
		run_to_rest(server, pair[1], first, &taken);
	}
	shutdown(pair[1], SHUT_WR);
	run_to_rest(server, pair[1], first, &taken);
	MUST(!taken || (taken == 9 && !memcmp(first, "HTTP/1.", 7)));
	close(pair[1]);
	run_to_rest(server, -1, first, &taken);
	MUST(!anyone_there(server));
	return 0;
}
