/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Follows the queries of a recording beside the engine, for examples: which clients and names
 * failed and how the first transactions of each resolver ended. It counts nothing: what it cannot
 * follow (TCP, fragments, more than 16,384 open queries) is an example less.
 */
#ifndef MONITOR_QUERY_WATCH_H
#define MONITOR_QUERY_WATCH_H

#include "capture/source.h"
#include "health/excerpt.h"

struct query_watch;

/*
 * Returns a watch for the ports and the timeout of `config`, to be freed with query_watch_free();
 * NULL: out of memory. Transactions that fail go to `incidents`.
 */
struct query_watch *query_watch_new(const struct engine_config *config,
				    struct incidents *incidents);

/* Sets what to add to the engine's clock for wall time. */
void query_watch_set_base(struct query_watch *watch, __u64 base_ns);

/* Returns when the oldest open query times out, in ns; ~0: none is open. */
__u64 query_watch_next_ns(struct query_watch *watch);

/* Ends what has timed out by `now_ns`. */
void query_watch_expire(struct query_watch *watch, __u64 now_ns);

/* Notes a packet that the engine is shown as a query (`out`) or as an outcome, after expiry. */
void query_watch_packet(struct query_watch *watch, const struct captured *c, int out, __u64 now_ns);

/* Notes a sample of the engine: an ICMP message that matched a query, or a refusal to send. */
void query_watch_sample(struct query_watch *watch, const struct sample *sample);

/* Returns the first transactions of each resolver, at most 256 of them; *ret_count: how many. */
const struct excerpt *const *query_watch_excerpts(const struct query_watch *watch,
						  size_t *ret_count);

void query_watch_free(struct query_watch *watch); /* NULL is fine */

#endif
