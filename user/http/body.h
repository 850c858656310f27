/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The text of a page that several responses share, and the responses of libmicrohttpd that send it.
 */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include "util/gzip.h"

struct MHD_Response;

/*
 * The text of a page that several responses send: rendered once, held compressed until the last
 * client has it. `total` is the sum of what is held, in bytes.
 */
struct http_bodies {
	size_t total;
};

struct http_body {
	char *gzip;
	size_t gzip_bytes, text_bytes;
	unsigned int users;
	struct http_bodies *all;
};

/* Takes the compressed text over. Returns NULL when out of memory; then it stays the caller's. */
struct http_body *http_body_take(struct http_bodies *all, struct buffer *gzip, size_t text_bytes);

/* Takes what the writer has finished. Returns NULL when out of memory. */
struct http_body *http_body_new(struct http_bodies *all, struct gzip_writer *from);
struct http_body *http_body_get(struct http_body *body); /* adds a user; returns `body` */
void http_body_put(struct http_body *body);		 /* removes a user; NULL is fine */

/* Returns whether an Accept-Encoding header (or NULL) admits gzip (RFC 9110, section 12.5.3). */
int accepts_gzip(const char *accept_encoding);

/*
 * Makes a response that sends the body, compressed or not (a short one never is), and puts it when
 * all is sent. Returns NULL when out of memory; then the body is put.
 */
struct MHD_Response *http_body_response(struct http_body *body, int compressed);

#endif
