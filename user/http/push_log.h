/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is said on stderr about deliveries: that they fail, once; that they work again, once; and
 * what a receiver objects to, once. A receiver that comes and goes fills no log.
 */
#ifndef HTTP_PUSH_LOG_H
#define HTTP_PUSH_LOG_H

#include "http/otlp_answer.h"

#include <linux/types.h>

/* Zeroed is ready. */
struct push_log {
	int failing, failing_told, odd_told, partial_told;
	__u64 told_ns;	     /* the last "failing"; 0: never */
	__u64 given_up_then; /* how many had been given up when it began */
};

/* `again`: it will be tried again. `given_up`: how many were, before this one. */
void push_log_failed(struct push_log *talk, const char *why, int again, __u64 given_up,
		     __u64 now_ns);
void push_log_delivered(struct push_log *talk, const char *peer, __u64 given_up, __u64 now_ns);

/* A 200 whose body is no OTLP answer. */
void push_log_not_otlp(struct push_log *talk, const char *peer);
void push_log_partial(struct push_log *talk, const char *peer, const struct otlp_answer *answer);

/* At the end: `left` were not delivered. */
void push_log_undelivered(const struct push_log *talk, const char *peer, __u64 left);

#endif
