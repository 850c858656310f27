/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Joins the engine's samples of queries with the samples that tell how their transactions failed.
 * So a live incident has the client, the port, the message ID and the question of transactions of
 * which no packet is left. Examples, never a count.
 */
#ifndef MONITOR_SAMPLED_QUERIES_H
#define MONITOR_SAMPLED_QUERIES_H

#include "health/incident.h"

struct sampled_queries;

/*
 * Returns an empty one for this timeout (ns), to be freed with sampled_queries_free(); NULL: out of
 * memory. Transactions that failed, and ICMP messages, go to `incidents`.
 */
struct sampled_queries *sampled_queries_new(__u64 timeout_ns, struct incidents *incidents);

/* Adds a sample, in the order of the engine. */
void sampled_queries_add(struct sampled_queries *sampled, const struct sample *sample);

/* Returns the number of the query that was sampled last; 0: none. Numbers count up. */
__u64 sampled_queries_last(const struct sampled_queries *sampled);

/* Returns the process of a sampled query, to be filled in; NULL: the query is forgotten. */
struct query_process *sampled_queries_process(struct sampled_queries *sampled, __u64 number);

/* Adds a sample for the incidents' transactions alone, not for their ICMP messages. */
void sampled_queries_join(struct sampled_queries *sampled, const struct sample *sample);

void sampled_queries_free(struct sampled_queries *sampled); /* NULL is fine */

#endif
