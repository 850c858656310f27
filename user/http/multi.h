/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Requests of libcurl that nobody waits for, behind one fd: an epoll of our own holds libcurl's
 * sockets and a timer, so the caller's epoll need not know them. What a request is, and what its
 * end means, is for others.
 */
#ifndef HTTP_MULTI_H
#define HTTP_MULTI_H

#include <curl/curl.h>
#include <linux/types.h>

struct multi {
	CURLM *curl;
	int epoll, timer;
	__u64 curl_due_ns, wake_ns; /* CLOCK_MONOTONIC; 0: none */
};

/* 0 or -errno. Its address must not change until multi_close(). */
int multi_open(struct multi *multi);
void multi_close(struct multi *multi);

/* Begin a request; 0 or -ENOMEM. The handle is the caller's; multi_end() before it is used again.
 */
int multi_begin(struct multi *multi, CURL *easy);
void multi_end(struct multi *multi, CURL *easy);

/* Be readable then, at the latest; 0: never. */
void multi_wake_at(struct multi *multi, __u64 at_ns);

/* Do what there is to do, without waiting. */
void multi_run(struct multi *multi);

/* A request that has ended and was not told yet, or NULL. */
CURL *multi_ended(struct multi *multi, CURLcode *code);

#endif
