/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a request that is waited for (client.h) and one that is not (push.h) have in common: which
 * URLs are taken, the options of a libcurl handle, and libcurl's failures in words. What is sent,
 * and what an answer means, is for those two.
 */
#ifndef HTTP_TRANSFER_H
#define HTTP_TRANSFER_H

#include "util/buffer.h"

#include <curl/curl.h>

#define TRANSFER_PEER_SIZE 112
#define TRANSFER_WHY_SIZE 256

/* One request after the other may use it; its address must not change in between. */
struct transfer {
	CURL *easy;
	char peer[TRANSFER_PEER_SIZE]; /* host:port or the socket's path, for messages */
	double timeout_s;
	size_t most_bytes; /* of an answer's body */
	struct buffer body;
	size_t header_bytes;
	int too_big;
	char detail[CURL_ERROR_SIZE]; /* libcurl's own words */
};

/*
 * HTTP and HTTPS only, HTTP/1.1, no redirects, no compression, no signals, one time limit for all
 * of it. The proxy of the environment (http_proxy, https_proxy, no_proxy) is used, but never to
 * this host itself: not for a unix socket, localhost or a loopback address. Returns 0; or -errno
 * with `why`; -EINVAL: the URL.
 */
int transfer_open(struct transfer *t, const char *url, const char *unix_socket, double timeout_s,
		  size_t most_bytes, char why[TRANSFER_WHY_SIZE]);
void transfer_close(struct transfer *t);

/* Is it a URL that transfer_open() takes? Opens nothing. 0, or -errno with `why`. */
int transfer_check(const char *url, char why[TRANSFER_WHY_SIZE]);

/* Forget the last answer. */
void transfer_reset(struct transfer *t);

/* How a request ended. 0 when an answer came whole; else -errno with `why`, one line. */
int transfer_result(const struct transfer *t, CURLcode code, char why[TRANSFER_WHY_SIZE]);

#endif
