/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libcurl's multi interface behind one fd: an epoll of its own holds libcurl's sockets and a timer,
 * so that the caller's loop has to watch no others. push.c interprets the results.
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

/* Returns 0 or -errno. Its address must not change until multi_close(). */
int multi_open(struct multi *multi);
void multi_close(struct multi *multi);

/*
 * Starts the request of `easy`, which stays the caller's and must be removed before it is used
 * again. Returns 0 or -ENOMEM.
 */
int multi_add(struct multi *multi, CURL *easy);
void multi_remove(struct multi *multi, CURL *easy);

/* Makes the fd readable at `at_ns` at the latest; 0: no such time. */
void multi_wake_at(struct multi *multi, __u64 at_ns);

/* Sends and receives what is ready, without waiting. */
void multi_run(struct multi *multi);

/* Returns a request that has ended, each once, and its result in *code; or NULL. */
CURL *multi_next_result(struct multi *multi, CURLcode *code);

#endif
