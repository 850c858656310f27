/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Delivers bodies by HTTP POST (libcurl) from the caller's epoll loop, one after the other: retry
 * with back-off as OTLP/HTTP asks for (429, 502, 503, 504 and failures to connect; Retry-After is
 * kept), everything else is not retried. What waits is bounded: the oldest gives way. Cumulative
 * sums make a lost body harmless. The first failure and the end of failing are told on stderr, no
 * more often than every ten minutes.
 */
#ifndef HTTP_PUSH_H
#define HTTP_PUSH_H

#include "util/buffer.h"

#include <linux/types.h>

struct push;

struct push_stats {
	__u64 delivered, failed; /* bodies; failed: given up, for whatever reason */
	__u64 attempts;
	__u64 waiting_bytes, waiting; /* not delivered yet */
	char last_error[256];	      /* in words; empty: the last attempt was fine */
};

struct push_options {
	const char *url; /* http:// or https:// */
	const char *content_type;
	const char *const *headers; /* further ones, "Name: value"; NULL-terminated, or NULL */
	double timeout_s;	    /* of one attempt */
	size_t most_bytes;	    /* that may wait, beside the one under way */
	int partial_is_told;	    /* answers are OTLP's: tell once what they refuse */
	double retry_first_s;	    /* the first pause; 0: 1 s */
	double retry_most_s;	    /* the longest; 0: 60 s */
};

/* 0 and *ret, to be freed with push_close(); or -errno after a message; -EINVAL: a bad URL */
int push_open(const struct push_options *options, struct push **ret);

#define PUSH_WHY_SIZE 256

/* The URL, or one of the headers, before any is opened: 0, or -errno with `why`. */
int push_check_url(const char *url, char why[PUSH_WHY_SIZE]);
int push_check_header(const char *header, char why[PUSH_WHY_SIZE]);

/* Readable when push_run() has something to do (sockets of libcurl and the timers of retries). */
int push_fd(const struct push *push);
void push_run(struct push *push);

/* Takes the body's text over and leaves it empty, also after an error. 0 or -ENOMEM */
int push_send(struct push *push, struct buffer *body);

void push_stats(const struct push *push, struct push_stats *ret);

/* Waits up to `patience_s` for what is under way, then frees. NULL is fine. */
void push_close(struct push *push, double patience_s);

#endif
