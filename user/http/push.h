/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Delivers bodies by HTTP POST (libcurl) from the caller's epoll loop, one after the other. As
 * OTLP/HTTP asks, it retries with back-off after 429, 502, 503, 504 and failures of the connection,
 * and keeps to Retry-After; any other failure removes the body. The queue is bounded and drops its
 * oldest body first; OTLP's sums are cumulative, so the next body holds what a lost one held.
 */
#ifndef HTTP_PUSH_H
#define HTTP_PUSH_H

#include "util/buffer.h"

#include <linux/types.h>

struct push;

struct push_stats {
	__u64 delivered, failed; /* bodies; failed: removed without delivery */
	__u64 attempts;
	__u64 waiting_bytes, waiting; /* not delivered yet */
	char last_error[256];	      /* a message; "" when the last attempt succeeded */
};

struct push_options {
	const char *url; /* http:// or https:// */
	const char *content_type;
	const char *const *headers; /* further ones, "Name: value"; NULL-terminated, or NULL */
	double timeout_s;	    /* of one attempt */
	size_t most_bytes;	    /* of the queue, beside the body that is being sent */
	int is_otlp;		    /* responses are OTLP's: log once what they reject */
	double retry_first_s;	    /* the first pause; 0: 1 s */
	double retry_most_s;	    /* the longest pause; 0: 60 s */
};

/*
 * Prepares the requests; connects to nothing yet. Returns 0 and *ret, freed by push_close(); or
 * -errno after a message; -EINVAL: a malformed URL or header.
 */
int push_open(const struct push_options *options, struct push **ret);

#define PUSH_ERROR_SIZE 256

/* Check the URL or one header without opening anything. Return 0, or -errno with `error`. */
int push_check_url(const char *url, char error[PUSH_ERROR_SIZE]);
int push_check_header(const char *header, char error[PUSH_ERROR_SIZE]);

/* Returns an epoll fd, readable when push_run() is due: libcurl's sockets, timers of retries. */
int push_fd(const struct push *push);

/* Sends and receives what is ready, without waiting. */
void push_run(struct push *push);

/* Takes the body's text over and empties the buffer, after an error too. Returns 0 or -ENOMEM. */
int push_send(struct push *push, struct buffer *body);

void push_stats(const struct push *push, struct push_stats *ret);

/* Waits up to `timeout_s` for the rest of the queue, then frees. NULL is fine. */
void push_close(struct push *push, double timeout_s);

#define RETRY_AFTER_MOST_S 600.0 /* a longer Retry-After counts as this */

struct push_backoff {
	double first_s, most_s;
	double delay_s; /* 0: the last attempt succeeded */
};

/*
 * Returns the seconds until the next attempt. The delay doubles each time up to most_s; the pause
 * is a random part of it, from half to all, so that a fleet does not retry at one moment. With
 * `retry_after_s` (0 or less: none) it is that, up to a tenth longer. `jitter`: a random number.
 */
double push_backoff_next(struct push_backoff *backoff, double retry_after_s, __u32 jitter);
void push_backoff_reset(struct push_backoff *backoff);

#endif
