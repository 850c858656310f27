// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A small HTTP server on libmicrohttpd, run by the caller's loop. docs/daemon.md lists what it
 * guards against. The listening socket is listen.c, the deadlines of clients are peer.c.
 */
#include "http/server.h"

#include "util/host_names.h"
#include "util/log.h"
#include "util/clock.h"
#include "http/basic_auth.h"
#include "http/body.h"
#include "http/listen.h"
#include "http/peer.h"
#include "http/tls.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define REQUEST_MEMORY (16 * 1024) /* request line and headers; more is a 431 or 414 */
#define REST_NS (NS_PER_S / 10)

struct http_server {
	struct MHD_Daemon *daemon;
	struct MHD_Daemon *draining;  /* of the certificate before; it accepts no client */
	const struct web_config *web; /* NULL: the pages are open to all */
	struct basic_auth *auth;      /* of `web` */
	struct listener listener;
	http_handler *handler;
	void *context;
	struct host_names names;
	struct peers peers;
	int epoll, timer;
	int closed;	/* a connection was closed in this run */
	int accepted;	/* a connection was accepted in this run */
	int is_resting; /* until the timer, no client wakes us */
};

static const char *request_header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* ---- responses ---------------------------------------------------------------------------- */

/* Makes the response an error page of one sentence. */
static void response_set_error(struct http_response *response, enum http_status status,
			       const char *sentence)
{
	response->status = status;
	buffer_add(&response->body, "%s\n", sentence);
}

static void response_add_headers(struct MHD_Response *to, const struct http_response *response)
{
	const struct {
		const char *name, *value;
	} headers[] = {
		{"Content-Type", response->type ? response->type : "text/plain; charset=utf-8"},
		{"Cache-Control", "no-store"},
		{"Content-Security-Policy", response->policy
						    ? response->policy
						    : "default-src 'none'; frame-ancestors 'none'"},
		{"X-Content-Type-Options", "nosniff"},
		{"Referrer-Policy", "no-referrer"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
	};
	size_t i;

	for (i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		MHD_add_response_header(to, headers[i].name, headers[i].value);
	if (response->status == HTTP_STATUS_SERVICE_UNAVAILABLE)
		MHD_add_response_header(to, "Retry-After", "1");
	if (response->status == HTTP_STATUS_METHOD_NOT_ALLOWED)
		MHD_add_response_header(to, "Allow", "GET, HEAD");
	if (response->status == HTTP_STATUS_UNAUTHORIZED)
		MHD_add_response_header(to, "WWW-Authenticate", "Basic realm=\"dnsreach\"");
}

/* Takes the body of the response over. Returns NULL when out of memory; then the body is freed. */
static struct MHD_Response *response_create(struct http_response *response, int accepts_gzip)
{
	struct MHD_Response *created;

	if (response->shared)
		return http_body_response(response->shared, accepts_gzip);
	created = MHD_create_response_from_buffer(response->body.used, response->body.text,
						  MHD_RESPMEM_MUST_FREE);
	if (!created)
		buffer_free(&response->body);
	return created;
}

/*
 * Queues the response and takes its body over. `last`: the connection is closed behind it. Returns
 * MHD_NO when the connection is to be dropped.
 */
static enum MHD_Result response_queue(struct MHD_Connection *connection,
				      struct http_response *response, int last)
{
	struct MHD_Response *queued;
	enum MHD_Result result;

	if (!response->shared && (buffer_error(&response->body) || !response->body.text)) {
		buffer_free(&response->body);
		response_set_error(response, HTTP_STATUS_INTERNAL_SERVER_ERROR, "out of memory");
	}
	queued = response_create(response,
				 accepts_gzip(request_header(connection, "Accept-Encoding")));
	if (!queued)
		return MHD_NO;
	response_add_headers(queued, response);
	if (last)
		MHD_add_response_header(queued, "Connection", "close");
	result = MHD_queue_response(connection, response->status, queued);
	MHD_destroy_response(queued);
	return result;
}

/* ---- requests ----------------------------------------------------------------------------- */

static int request_has_body(struct MHD_Connection *connection)
{
	const char *length = request_header(connection, "Content-Length");

	return request_header(connection, "Transfer-Encoding") || (length && strcmp(length, "0"));
}

struct header_count {
	const char *name;
	int count;
};

static enum MHD_Result count_header(void *context, enum MHD_ValueKind kind, const char *name,
				    const char *value)
{
	struct header_count *of = context;

	of->count += !strcasecmp(name, of->name);
	return MHD_YES;
}

static int request_count_headers(struct MHD_Connection *connection, const char *name)
{
	struct header_count of = {.name = name};

	MHD_get_connection_values(connection, MHD_HEADER_KIND, count_header, &of);
	return of.count;
}

/*
 * Two lengths, or a length beside chunks: a proxy may take the other one, and read the rest as a
 * request of somebody else (RFC 9112, section 6.3).
 */
static int request_length_is_ambiguous(struct MHD_Connection *connection)
{
	int lengths = request_count_headers(connection, "Content-Length");

	return lengths > 1 || (lengths && request_header(connection, "Transfer-Encoding"));
}

/* Returns the path of `uri`, without the http://host or https://host that a proxy may write. */
static char *uri_path(char *uri)
{
	size_t scheme = !strncasecmp(uri, "http://", 7)	   ? 7
			: !strncasecmp(uri, "https://", 8) ? 8
							   : 0;
	char *slash;

	if (!scheme)
		return uri;
	slash = strchr(uri + scheme, '/');
	return slash ? slash : uri + strlen(uri);
}

static void request_call_handler(const struct http_server *server,
				 struct MHD_Connection *connection, struct peer *peer,
				 struct http_response *response)
{
	struct http_request request = {.query = "",
				       .accept = request_header(connection, "Accept"),
				       .has_waited = peer->waits_to_ns != 0};
	char *path = uri_path(peer->uri), *mark = strchr(path, '?');

	if (mark) {
		*mark = '\0';
		request.query = mark + 1;
	}
	request.path = path;
	server->handler(&request, response, server->context);
	if (mark)
		*mark = '?'; /* it may be asked again */
	if (!response->status)
		response->status = HTTP_STATUS_OK;
	if (!response->shared && !response->body.text)
		buffer_add_bytes(&response->body, "", 0);
}

/*
 * Has the request wait until http_server_wake() or until its time is over. Returns 0 when it has
 * waited enough: then the response says so.
 */
static int request_suspend(struct MHD_Connection *connection, struct peer *peer,
			   struct http_response *response)
{
	__u64 now = clock_monotonic_ns();

	if (!peer->waits_to_ns)
		peer->waits_to_ns = now + PAGE_WAIT_S * NS_PER_S;
	if (now >= peer->waits_to_ns) {
		buffer_reset(&response->body);
		response->type = NULL;
		response_set_error(response, HTTP_STATUS_SERVICE_UNAVAILABLE,
				   "the page takes too long to make: try again in a second");
		return 0;
	}
	buffer_free(&response->body);
	peer->deadline_ns = peer->waits_to_ns + REQUEST_TIMEOUT_S * NS_PER_S;
	peer->suspended = connection;
	MHD_suspend_connection(connection);
	return 1;
}

/* Resumes those that have waited enough; `all`: each that waits. */
static void resume_waiting(struct http_server *server, int all)
{
	__u64 now = clock_monotonic_ns();
	size_t i;

	for (i = 0; i < PEERS_MAX; i++) {
		struct peer *peer = &server->peers.all[i];

		if (!peer->used || !peer->suspended || (!all && now < peer->waits_to_ns))
			continue;
		MHD_resume_connection(peer->suspended);
		peer->suspended = NULL;
	}
}

/* ---- who may read ------------------------------------------------------------------------- */

static int client_is_verified(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	return info && info->tls_session && tls_client_is_verified(info->tls_session);
}

static enum auth_result password_check(const struct http_server *server,
				       struct MHD_Connection *connection)
{
	char *password = NULL;
	char *name = MHD_basic_auth_get_username_password(connection, &password);
	enum auth_result result = basic_auth_check(server->auth, name, password);

	if (password)
		explicit_bzero(password, strlen(password));
	MHD_free(password);
	MHD_free(name);
	return result;
}

/* Returns whether the client may read the pages; if not, the response says what is missing. */
static int request_is_allowed(const struct http_server *server, struct MHD_Connection *connection,
			      struct http_response *response)
{
	enum auth_result result;

	if (!server->web)
		return 1;
	if (server->web->needs_client_cert && !client_is_verified(connection)) {
		response_set_error(response, HTTP_STATUS_FORBIDDEN,
				   "a client certificate of the CA of client_ca_file is needed");
		return 0;
	}
	result = password_check(server, connection);
	if (result == AUTH_REFUSED)
		response_set_error(response, HTTP_STATUS_UNAUTHORIZED,
				   "a user of basic_auth_users and the password are needed");
	else if (result == AUTH_LATER)
		response_set_error(response, HTTP_STATUS_SERVICE_UNAVAILABLE,
				   "too many wrong passwords: try again in a second");
	return result == AUTH_ACCEPTED;
}

static void response_set_misdirected(struct http_response *response, const struct host_names *own)
{
	response->status = HTTP_STATUS_MISDIRECTED_REQUEST;
	buffer_add(
		&response->body,
		"on a loopback address, the Host header must be an IP address, localhost%s%s%s%s "
		"(protection against DNS rebinding); open the page as http://localhost with the "
		"same port, or let the proxy send such a Host. A full name of this host works "
		"when /etc/hosts has it in a line with the short one, and after a restart\n",
		*own->host ? ", " : "", own->host, *own->full ? ", " : "", own->full);
}

/* Answers one who may read: from here on it may learn what pages there are. */
static void request_answer_address(const struct http_server *server,
				   struct MHD_Connection *connection, struct peer *peer,
				   struct http_response *response)
{
	if (peer->uri_too_long)
		response_set_error(response, HTTP_STATUS_URI_TOO_LONG,
				   "the address is longer than that of any page here");
	else
		request_call_handler(server, connection, peer, response);
}

static enum MHD_Result request_answer(const struct http_server *server,
				      struct MHD_Connection *connection, struct peer *peer,
				      const char *method)
{
	int ambiguous = request_length_is_ambiguous(connection);
	int last = ambiguous || request_has_body(connection);
	struct http_response response = {0};

	if (ambiguous)
		response_set_error(&response, HTTP_STATUS_BAD_REQUEST,
				   "more than one length of the body is given");
	else if (request_count_headers(connection, "Host") > 1) /* RFC 9112, section 3.2 */
		response_set_error(&response, HTTP_STATUS_BAD_REQUEST,
				   "more than one Host header is given");
	else if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		response_set_error(&response, HTTP_STATUS_METHOD_NOT_ALLOWED,
				   "only GET and HEAD are allowed");
	else if (last)
		response_set_error(&response, HTTP_STATUS_CONTENT_TOO_LARGE,
				   "a request with a body is not accepted");
	else if (peer->loopback &&
		 !host_is_local(request_header(connection, "Host"), &server->names))
		response_set_misdirected(&response, &server->names);
	else if (request_is_allowed(server, connection, &response))
		request_answer_address(server, connection, peer, &response);
	if (response.wait && request_suspend(connection, peer, &response))
		return MHD_YES;
	peer->waits_to_ns = 0;
	/* Making the page has taken time that is not the client's. */
	peer_extend_deadline_for(peer, clock_monotonic_ns(),
				 response.shared ? response.shared->text_bytes
						 : response.body.used);
	return response_queue(connection, &response, last);
}

/* ---- callbacks of libmicrohttpd ----------------------------------------------------------- */

static struct peer *connection_peer(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *body,
				  size_t *body_size, void **request)
{
	const struct http_server *server = context;
	struct peer *peer = connection_peer(connection);

	if (!peer)
		return MHD_NO;
	if (!*request && !request_has_body(connection) &&
	    !request_length_is_ambiguous(connection)) {
		*request = peer; /* a response to the first call would close the connection */
		return MHD_YES;
	}
	return request_answer(server, connection, peer, method);
}

/* Stores the address. libmicrohttpd calls this once the request line is complete. */
static void *on_request_line(void *context, const char *uri, struct MHD_Connection *connection)
{
	struct peer *peer = connection_peer(connection);

	if (peer) {
		peer_set_uri(peer, uri);
		peer_extend_deadline(peer, clock_monotonic_ns());
	}
	return NULL;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request,
			 enum MHD_RequestTerminationCode how)
{
	struct peer *peer = connection_peer(connection);

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

/* Refuses a client before it takes a place. */
static enum MHD_Result on_accept(void *context, const struct sockaddr *other, socklen_t length)
{
	struct http_server *server = context;
	struct sockaddr_storage own = {0};
	socklen_t size = sizeof(own);

	server->accepted = 1;
	if (getsockname(server->listener.fd, (struct sockaddr *)&own, &size))
		return MHD_YES;
	return peers_is_full_for(&server->peers, (struct sockaddr *)&own, other) ? MHD_NO : MHD_YES;
}

/* ---- run ---------------------------------------------------------------------------------- */

static __u64 daemon_timeout_ns(struct MHD_Daemon *daemon)
{
	MHD_UNSIGNED_LONG_LONG ms;

	return daemon && MHD_get_timeout(daemon, &ms) == MHD_YES ? (__u64)ms * 1000000 : ~0ULL;
}

static __u64 min_ns(__u64 one, __u64 other)
{
	return one < other ? one : other;
}

/*
 * Returns the nanoseconds until the next run is due although no socket is ready; ~0: none. It is 0
 * after a connection was closed: at PEERS_MAX libmicrohttpd stops accepting, and it accepts again
 * only in a run after one was closed.
 */
static __u64 next_run_ns(const struct http_server *server)
{
	__u64 wait = peers_next_check_ns(&server->peers, clock_monotonic_ns());

	if (server->closed)
		return 0;
	if (server->is_resting)
		return REST_NS;
	return min_ns(wait, min_ns(daemon_timeout_ns(server->daemon),
				   daemon_timeout_ns(server->draining)));
}

static void set_timer(struct http_server *server)
{
	__u64 wait = next_run_ns(server);
	struct itimerspec when = {0}; /* disarmed: no client is connected */

	if (wait != ~0ULL) {
		when.it_value.tv_sec = (time_t)(wait / NS_PER_S);
		when.it_value.tv_nsec = (long)(wait % NS_PER_S) + !wait;
	}
	timerfd_settime(server->timer, 0, &when, NULL);
}

/*
 * Rests after a run in which a client waited that could not be accepted: without free descriptors
 * its socket stays readable, and each run would be followed by the next one at once. With other
 * clients connected libmicrohttpd itself stops to accept.
 */
static void rest(struct http_server *server, int is_resting)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct epoll_event event = {.events = is_resting ? 0 : EPOLLIN};

	if (!info || server->is_resting == is_resting)
		return;
	event.data.fd = info->epoll_fd;
	if (!epoll_ctl(server->epoll, EPOLL_CTL_MOD, info->epoll_fd, &event))
		server->is_resting = is_resting;
}

/* Serves the clients of the certificate before, and ends with the last of them. */
static void drain_run(struct http_server *server)
{
	const union MHD_DaemonInfo *info;

	if (!server->draining)
		return;
	MHD_run(server->draining);
	info = MHD_get_daemon_info(server->draining, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
	if (info && info->num_connections)
		return;
	MHD_stop_daemon(server->draining);
	server->draining = NULL;
}

void http_server_run(struct http_server *server)
{
	int was_idle = !server->closed && peers_next_check_ns(&server->peers, 0) == ~0ULL;

	peers_shutdown_expired(&server->peers, clock_monotonic_ns());
	resume_waiting(server, 0);
	server->closed = server->accepted = 0;
	drain_run(server);
	MHD_run(server->daemon);
	rest(server, was_idle && !server->accepted && !server->is_resting);
	set_timer(server); /* clears its readability, too */
}

void http_server_wake(struct http_server *server)
{
	resume_waiting(server, 1);
	http_server_run(server);
}

int http_server_fd(const struct http_server *server)
{
	return server->epoll;
}

/* ---- open and close ----------------------------------------------------------------------- */

#define TLS_OPTIONS 5 /* at most, with the end */

/* Sets the options of libmicrohttpd for TLS. Returns the flags; 0: without TLS. */
static unsigned int set_tls_options(const struct web_config *web,
				    struct MHD_OptionItem options[TLS_OPTIONS])
{
	size_t count = 0;

	if (web && web->cert) {
		options[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, web->cert};
		options[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, web->key};
		options[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0,
							   (void *)tls_priorities(web->tls13_only)};
		if (web->client_ca)
			options[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0,
								   web->client_ca};
	}
	options[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	return count ? MHD_USE_TLS : 0;
}

static struct MHD_Daemon *start_daemon(struct http_server *server, const struct web_config *web)
{
	struct MHD_OptionItem tls[TLS_OPTIONS];
	unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | set_tls_options(web, tls);

	return MHD_start_daemon(flags, 0, on_accept, server, on_request, server,
				MHD_OPTION_LISTEN_SOCKET, server->listener.fd,
				MHD_OPTION_CONNECTION_LIMIT, PEERS_MAX,
				MHD_OPTION_PER_IP_CONNECTION_LIMIT, PEERS_PER_ADDRESS,
				MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_MEMORY,
				MHD_OPTION_CONNECTION_TIMEOUT, REQUEST_TIMEOUT_S,
				MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK,
				on_request_line, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
				server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
				MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static int add_to_epoll(struct http_server *server, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return fd < 0 || epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* Adds the epoll fd of libmicrohttpd to ours. */
static int add_daemon(struct http_server *server, struct MHD_Daemon *daemon)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);

	return info ? add_to_epoll(server, info->epoll_fd) : -EIO;
}

/* Opens the one fd for the caller: an epoll of libmicrohttpd's own epoll fd and a timer. */
static int open_fds(struct http_server *server)
{
	int err;

	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (server->epoll < 0)
		return -errno;
	err = add_to_epoll(server, server->timer);
	return err ? err : add_daemon(server, server->daemon);
}

/* Returns whether it listens on a Unix socket: the file's mode decides who may read there. */
static int is_unix_server(const struct http_server *server)
{
	struct sockaddr_storage own = {0};
	socklen_t size = sizeof(own);

	return !getsockname(server->listener.fd, (struct sockaddr *)&own, &size) &&
	       own.ss_family == AF_UNIX;
}

int http_server_protect(struct http_server *server, const struct web_config *web,
			struct basic_auth *auth)
{
	struct MHD_Daemon *next;
	int err;

	if (is_unix_server(server))
		return 0;
	server->web = web;
	server->auth = auth;
	if (server->draining)
		resume_waiting(server, 1); /* a daemon with suspended ones cannot be stopped */
	if (server->draining)
		MHD_stop_daemon(server->draining);
	server->draining = NULL;
	next = start_daemon(server, web);
	if (!next)
		return -EIO;
	err = add_daemon(server, next);
	/* The socket is the server's: without this the one that ends would close it. */
	MHD_quiesce_daemon(err ? next : server->daemon);
	if (err) {
		MHD_stop_daemon(next);
		return err;
	}
	server->draining = server->daemon;
	server->daemon = next;
	set_timer(server);
	return 0;
}

_Static_assert(HTTP_SERVER_ERROR_SIZE >= LISTEN_ADDR_ERROR_SIZE, "room for listen_addr_parse()");

int http_server_check(const char *listen, char error[HTTP_SERVER_ERROR_SIZE])
{
	struct listen_addr addr;

	return listen_addr_parse(listen, &addr, error);
}

int http_server_open(const char *listen, http_handler *handler, void *context,
		     struct http_server **ret)
{
	struct http_server *server;
	char error[LISTEN_ADDR_ERROR_SIZE];
	struct listen_addr addr;
	int err = listen_addr_parse(listen, &addr, error);

	if (err) {
		log_error("%s", error);
		return err;
	}
	server = calloc(1, sizeof(*server));
	if (!server)
		return -ENOMEM;
	server->handler = handler;
	server->context = context;
	server->epoll = server->timer = -1;
	host_names_read("/etc/hosts", &server->names);
	err = listener_open(&addr, &server->listener);
	if (err) {
		free(server);
		return err;
	}
	server->daemon = start_daemon(server, NULL);
	err = server->daemon ? open_fds(server) : -EIO;
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
	resume_waiting(server, 1);
	if (server->draining)
		MHD_stop_daemon(server->draining);
	if (server->daemon) {
		/* Keeps the socket open for listener_close(); else it would be closed twice. */
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
