/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An HTTP server (libmicrohttpd) for a few read-only pages, driven by the caller's epoll loop:
 * GET and HEAD only, small requests, few connections, short patience. What a page says is for the
 * handler; which pages there are is for others.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "util/buffer.h"

struct http_server;

struct http_request {
	const char *path;   /* as asked, without the query */
	const char *query;  /* what follows the first "?", as asked; "" when there is none */
	const char *accept; /* Accept header or NULL */
};

/* The handler fills it; zeroed is an empty 200 of text/plain. `body` is the server's to free. */
struct http_response {
	unsigned int status;
	const char *type;   /* a constant; NULL: text/plain */
	const char *policy; /* Content-Security-Policy, a constant; NULL: the page may do nothing */
	struct buffer body;
};

typedef void http_handler(const struct http_request *ask, struct http_response *reply,
			  void *context);

/*
 * Listen on `listen`: ADDRESS:PORT, [ADDRESS]:PORT, or unix:/PATH (a stale socket there is
 * replaced, a live one is not; removed at close). Also "fd:N", a socket that is listening already
 * (socket activation). Returns 0 and *ret, to be freed with http_server_close(); or -errno after
 * one message with the remedy; -EINVAL only for a `listen` that makes no sense.
 */
int http_server_open(const char *listen, http_handler *handler, void *context,
		     struct http_server **ret);

#define HTTP_SERVER_WHY_SIZE 256

/* Is `listen` well-formed? 0, or -EINVAL and in `why` what was expected. */
int http_server_check(const char *listen, char why[HTTP_SERVER_WHY_SIZE]);

/* Readable when http_server_run() has something to do (also when a timeout is over). */
int http_server_fd(const struct http_server *server);
void http_server_run(struct http_server *server);

void http_server_close(struct http_server *server); /* NULL is fine */

#endif
