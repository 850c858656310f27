/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Messages about deliveries: the first failure, the first success after it, and what a receiver
 * objects to; each once. A new failure is logged at most every ten minutes, so that a receiver that
 * comes and goes does not fill the log.
 */
#ifndef HTTP_PUSH_LOG_H
#define HTTP_PUSH_LOG_H

#include <linux/types.h>

/* Zeroed is ready. */
struct push_log {
	int failing, failure_logged, not_otlp_logged, partial_logged;
	__u64 logged_ns;	  /* the last failure that was logged; 0: none */
	__u64 dropped_at_failure; /* bodies dropped before it began */
};

/* `again`: the body is sent again. `dropped`: how many bodies were dropped before this one. */
void push_log_failed(struct push_log *log, const char *error, int again, __u64 dropped,
		     __u64 now_ns);
void push_log_delivered(struct push_log *log, const char *peer, __u64 dropped);

/* Logs a 200 whose body is no OTLP response. */
void push_log_not_otlp(struct push_log *log, const char *peer);

/* Logs a partial success: `rejected` data points, and the receiver's `message` ("": none). */
void push_log_partial(struct push_log *log, const char *peer, __u64 rejected, const char *message);

/* Logs at the end that `left` bodies were not delivered. */
void push_log_undelivered(const struct push_log *log, const char *peer, __u64 left);

#endif
