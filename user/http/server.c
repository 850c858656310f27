// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A small HTTP server on libmicrohttpd, run by the caller's loop. What it guards against is
 * written down in docs/http.md; the listening socket is listen.c.
 */
#include "http/server.h"

#include "util/log.h"
#include "util/clock.h"
#include "http/peer.h"
#include "http/listen.h"
#include "http/request.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define PEERS_PER_ADDRESS 16	   /* one client cannot take all places */
#define REQUEST_MEMORY (16 * 1024) /* request line and headers; more is a 431 or 414 */

struct http_server {
	struct MHD_Daemon *daemon;
	struct listener listener;
	struct answerer answerer;
	struct peers peers;
	int epoll, timer;
	int closed; /* a connection was, in this run */
};

/* ---- what libmicrohttpd calls ------------------------------------------------------------- */

static struct peer *peer_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *body,
				  size_t *body_size, void **request)
{
	struct http_server *server = context;
	struct peer *peer = peer_of(connection);

	if (!peer)
		return MHD_NO;
	if (!*request && !request_has_body(connection)) {
		*request = peer; /* an answer to the first call would be the connection's last */
		return MHD_YES;
	}
	return request_answer(&server->answerer, connection, peer, method);
}

/* The request line is there: the address as asked. */
static void *on_request_line(void *context, const char *uri, struct MHD_Connection *connection)
{
	struct peer *peer = peer_of(connection);

	if (peer) {
		peer_set_uri(peer, uri);
		peer_extend_deadline(peer, clock_monotonic_ns());
	}
	return NULL;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request,
			 enum MHD_RequestTerminationCode how)
{
	struct peer *peer = peer_of(connection);

	if (peer)
		peer_extend_deadline(peer, clock_monotonic_ns());
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct http_server *server = context;
	struct peer *peer = *socket_context;
	int fd;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
			     ->connect_fd;
		*socket_context = peers_add(&server->peers, fd, clock_monotonic_ns());
		return;
	}
	server->closed = 1;
	if (peer)
		peer->used = 0;
}

/* ---- running ------------------------------------------------------------------------------ */

/*
 * When to look again although no socket is ready. At the limit of connections libmicrohttpd stops
 * listening, and listens again only when it is run after one was closed: then at once.
 */
static __u64 wait_ns(const struct http_server *server)
{
	__u64 wait = peers_next_check_ns(&server->peers, clock_monotonic_ns());
	MHD_UNSIGNED_LONG_LONG ms;

	if (server->closed)
		return 0;
	if (MHD_get_timeout(server->daemon, &ms) == MHD_YES && (__u64)ms * 1000000 < wait)
		wait = (__u64)ms * 1000000;
	return wait;
}

static void set_timer(struct http_server *server)
{
	__u64 wait = wait_ns(server);
	struct itimerspec when = {0}; /* nobody to wait for */

	if (wait != ~0ULL) {
		when.it_value.tv_sec = (time_t)(wait / NS_PER_S);
		when.it_value.tv_nsec = (long)(wait % NS_PER_S) + !wait;
	}
	timerfd_settime(server->timer, 0, &when, NULL);
}

void http_server_run(struct http_server *server)
{
	peers_shutdown_expired(&server->peers, clock_monotonic_ns());
	server->closed = 0;
	MHD_run(server->daemon);
	set_timer(server); /* which makes it unreadable again */
}

int http_server_fd(const struct http_server *server)
{
	return server->epoll;
}

/* ---- open and close ----------------------------------------------------------------------- */

static int start(struct http_server *server)
{
	server->daemon =
		MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, server,
				 MHD_OPTION_LISTEN_SOCKET, server->listener.fd,
				 MHD_OPTION_CONNECTION_LIMIT, PEERS_MAX,
				 MHD_OPTION_PER_IP_CONNECTION_LIMIT, PEERS_PER_ADDRESS,
				 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_MEMORY,
				 MHD_OPTION_CONNECTION_TIMEOUT, REQUEST_TIMEOUT_S,
				 MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
				 on_request_line, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
				 server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
				 MHD_OPTION_END);
	return server->daemon ? 0 : -EIO;
}

static int add_to_epoll(struct http_server *server, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return fd < 0 || epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* One fd for the caller: libmicrohttpd's own epoll, and the time that it wants to be called at. */
static int open_fds(struct http_server *server)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int err;

	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (server->epoll < 0 || !info)
		return info ? -errno : -EIO;
	err = add_to_epoll(server, server->timer);
	return err ? err : add_to_epoll(server, info->epoll_fd);
}

_Static_assert(HTTP_SERVER_WHY_SIZE >= LISTEN_ADDR_ERROR_SIZE, "room for listen_addr_parse()");

int http_server_check(const char *listen, char why[HTTP_SERVER_WHY_SIZE])
{
	struct listen_addr place;

	return listen_addr_parse(listen, &place, why);
}

int http_server_open(const char *listen, http_handler *handler, void *context,
		     struct http_server **ret)
{
	struct http_server *server;
	char why[LISTEN_ADDR_ERROR_SIZE];
	struct listen_addr place;
	int err = listen_addr_parse(listen, &place, why);

	if (err) {
		log_error("%s", why);
		return err;
	}
	server = calloc(1, sizeof(*server));
	if (!server)
		return -ENOMEM;
	server->answerer.handler = handler;
	server->answerer.context = context;
	server->epoll = server->timer = -1;
	gethostname(server->answerer.host_name, HOST_NAME_SIZE - 1);
	err = listener_open(&place, &server->listener);
	if (err) {
		free(server);
		return err;
	}
	err = start(server);
	if (!err)
		err = open_fds(server);
	if (err) {
		log_error("cannot serve HTTP at %s: %s", listen, strerror(-err));
		http_server_close(server);
		return err;
	}
	*ret = server;
	return 0;
}

void http_server_close(struct http_server *server)
{
	if (!server)
		return;
	if (server->daemon) {
		/* The socket stays ours, or else it would be closed twice. */
		MHD_quiesce_daemon(server->daemon);
		MHD_stop_daemon(server->daemon);
	}
	if (server->timer >= 0)
		close(server->timer);
	if (server->epoll >= 0)
		close(server->epoll);
	listener_close(&server->listener);
	free(server);
}
