/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Queries of our own, so that a resolver that nobody asks is judged before it is needed: each
 * configured resolver gets one question every few seconds, by an ordinary socket. The engine counts
 * them as it counts all queries. Nothing here waits, and no result is used: each socket is only
 * kept open for the response, or this host would answer it with an ICMP message.
 */
#ifndef DAEMON_HEARTBEAT_H
#define DAEMON_HEARTBEAT_H

#include "monitor/live.h"
#include "util/options.h"

struct heartbeat;

#define HEARTBEAT_LEAST_S 5

/* Checks a name to ask for, as an option_check of util/options.h. */
int check_heartbeat_name(const char *text, char why[OPTION_WHY_SIZE]);

/*
 * Opens it: one question to each resolver every `interval_s`, the first one at the next tick, for
 * `name` (NULL: see query_question_make()). A response is awaited for `timeout_s`, at most
 * `interval_s`. Returns 0 and *ret, or -ENOMEM.
 */
int heartbeat_open(double interval_s, double timeout_s, const char *name, struct heartbeat **ret);

/*
 * Sends what is due to the `count` resolvers, at most CONFIGURED_MAX, and reads what has come.
 * `now_ns`: of the monotonic clock. Logs a resolver that cannot be asked, once until it can.
 * Returns how many queries were sent.
 */
unsigned int heartbeat_tick(struct heartbeat *h, const struct resolver_key *resolvers, size_t count,
			    __u64 now_ns);

void heartbeat_close(struct heartbeat *h); /* NULL is fine */

#endif
