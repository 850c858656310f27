/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An HTTP server (libmicrohttpd) for a few read-only pages, driven by the caller's epoll loop: GET
 * and HEAD only, small requests, few connections, short timeouts. The pages are the handler's
 * (daemon/pages.c).
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "http/body.h"
#include "util/buffer.h"

struct basic_auth;
struct http_server;
struct web_config;

/* RFC 9110, section 15 (libmicrohttpd renames its own constants from version to version). */
enum http_status {
	HTTP_STATUS_OK = 200,
	HTTP_STATUS_BAD_REQUEST = 400,
	HTTP_STATUS_UNAUTHORIZED = 401,
	HTTP_STATUS_FORBIDDEN = 403,
	HTTP_STATUS_NOT_FOUND = 404,
	HTTP_STATUS_METHOD_NOT_ALLOWED = 405,
	HTTP_STATUS_CONTENT_TOO_LARGE = 413,
	HTTP_STATUS_URI_TOO_LONG = 414,
	HTTP_STATUS_MISDIRECTED_REQUEST = 421,
	HTTP_STATUS_INTERNAL_SERVER_ERROR = 500,
	HTTP_STATUS_SERVICE_UNAVAILABLE = 503,
};

struct http_request {
	const char *path;   /* as requested, without the query */
	const char *query;  /* the part behind the first "?"; "" when there is none */
	const char *accept; /* Accept header or NULL */
	int has_waited;	    /* the handler has set `wait` for it before */
};

/* Filled by the handler; zeroed is an empty 200 of text/plain. The server frees `body`. */
struct http_response {
	unsigned int status; /* enum http_status; 0: 200 */
	const char *type;    /* a constant; NULL: text/plain */
	const char
		*policy; /* Content-Security-Policy, a constant; NULL: the page may load nothing */
	struct buffer body;
	struct http_body *shared; /* sent instead of `body`; the server puts it */
	int wait;		  /* ask the handler again after http_server_wake() */
};

typedef void http_handler(const struct http_request *request, struct http_response *response,
			  void *context);

/*
 * Listens on `listen`: ADDRESS:PORT, [ADDRESS]:PORT, unix:/PATH, or fd:N for a socket that listens
 * already (socket activation). A stale unix socket is replaced, one that a process listens on is
 * not; the path is removed by http_server_close(). Returns 0 and *ret; or -errno after one message
 * with the remedy; -EINVAL only for a malformed `listen`.
 */
int http_server_open(const char *listen, http_handler *handler, void *context,
		     struct http_server **ret);

/*
 * Serves new clients by the TLS of `web` and asks for the users of `auth`, from now on; a Unix
 * socket stays as it is. Clients that are connected keep their connection, and the users of `auth`
 * count for them too. Both must outlive the server, or the next call. Returns 0; or -errno: the
 * users are the new ones, but not the TLS.
 */
int http_server_protect(struct http_server *server, const struct web_config *web,
			struct basic_auth *auth);

#define HTTP_SERVER_ERROR_SIZE 256

/* Checks the form of `listen`. Returns 0, or -EINVAL and what is expected in `error`. */
int http_server_check(const char *listen, char error[HTTP_SERVER_ERROR_SIZE]);

/* Returns an epoll fd, readable when http_server_run() is due, for a timeout too. */
int http_server_fd(const struct http_server *server);

/* Serves what is ready, without waiting. */
void http_server_run(struct http_server *server);

/* Has the handler asked again for each request that waits. */
void http_server_wake(struct http_server *server);

void http_server_close(struct http_server *server); /* NULL is fine */

#endif
