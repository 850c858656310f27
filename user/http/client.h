/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTTP requests (libcurl), HTTP and HTTPS only, without redirects, bounded in time and size.
 * http_fetch() performs one and waits; a struct transfer is the part that push.c shares, which
 * does not wait. The caller interprets the body.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "util/buffer.h"

#include <curl/curl.h>

#define HTTP_ERROR_SIZE 256

/* Who asks, and whom it believes; each may be NULL. Files are in PEM. */
struct http_identity {
	const char *ca_file;		  /* instead of the system's certificates */
	const char *cert_file, *key_file; /* of the client */
	const char *user, *password;	  /* for Basic authentication */
};

struct http_fetch_options {
	const char *url;	 /* http:// or https:// */
	const char *unix_socket; /* path, or NULL: by TCP */
	double timeout_s;
	size_t most_bytes;	    /* of the body */
	const char *const *headers; /* further ones, "Name: value"; NULL-terminated, or NULL */
	struct http_identity identity;
};

struct http_fetch_result {
	long status;		     /* of HTTP; 0 when no response came */
	struct buffer body;	     /* freed by the caller, after an error too */
	char error[HTTP_ERROR_SIZE]; /* after an error: one line, without a line end */
};

/*
 * Performs a GET. Returns 0 when a response with any HTTP status came; else -errno with `error`:
 * -ETIMEDOUT, -ECONNREFUSED, -E2BIG, ...
 */
int http_fetch(const struct http_fetch_options *options, struct http_fetch_result *ret);

/* Checks that http_fetch() accepts the URL. Opens nothing. Returns 0, or -errno with `error`. */
int http_check_url(const char *url, char error[HTTP_ERROR_SIZE]);

/* ---- one request at a time, without waiting ------------------------------------------------- */

#define TRANSFER_PEER_SIZE 112

/* Reusable for one request after another. Its address must not change in between. */
struct transfer {
	CURL *easy;
	char peer[TRANSFER_PEER_SIZE]; /* host:port or the socket's path, for messages */
	double timeout_s;
	size_t most_bytes; /* of a response's body */
	struct buffer body;
	size_t header_bytes;
	int too_big;
	char detail[CURL_ERROR_SIZE]; /* libcurl's own message */
};

/*
 * Sets up HTTP/1.1, no redirects, no compression, no signals, and one time limit for the whole
 * request. The proxy of the environment (http_proxy, https_proxy, no_proxy) is used, except for
 * this host itself: a unix socket, localhost or a loopback address. Returns 0; or -errno with
 * `error`; -EINVAL: the URL.
 */
int transfer_open(struct transfer *t, const char *url, const char *unix_socket, double timeout_s,
		  size_t most_bytes, char error[HTTP_ERROR_SIZE]);
void transfer_close(struct transfer *t);

/* Sets who asks, for all requests. Returns 0 or -ENOMEM. */
int transfer_set_identity(struct transfer *t, const struct http_identity *identity);

/* Drops the last response. */
void transfer_reset(struct transfer *t);

/*
 * Translates libcurl's result of a request. Returns 0 when the whole response came; else -errno
 * with `error`, one line.
 */
int transfer_result(const struct transfer *t, CURLcode code, char error[HTTP_ERROR_SIZE]);

#endif
