/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One HTTP request (libcurl), waited for: what `check` and `fleet` read. HTTP and HTTPS only, no
 * redirects to elsewhere, bounded in time and size. What the body means is for others.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "util/buffer.h"

struct http_fetch_options {
	const char *url;	 /* http:// or https:// */
	const char *unix_socket; /* path, or NULL: by TCP */
	double timeout_s;
	size_t most_bytes;	    /* of the body */
	const char *const *headers; /* further ones, "Name: value"; NULL-terminated, or NULL */
};

struct http_fetch_result {
	long status;	    /* of HTTP; 0 when none came */
	struct buffer body; /* to be freed by the caller, also after an error */
	char why[256];	    /* in words, after an error; no newline */
};

/* 0 when any HTTP status came; -errno with `why`: -ETIMEDOUT, -ECONNREFUSED, -E2BIG, ... */
int http_fetch(const struct http_fetch_options *fetch, struct http_fetch_result *ret);

#endif
