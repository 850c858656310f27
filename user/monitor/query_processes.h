/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds the processes of sampled queries that wait for their response, while their sockets are
 * open: best effort. Queries of origin host over UDP, whose socket is in this network namespace.
 */
#ifndef MONITOR_QUERY_PROCESSES_H
#define MONITOR_QUERY_PROCESSES_H

#include "monitor/sampled_queries.h"

struct query_processes;

/*
 * Returns an empty one, to be freed with query_processes_free(), before capabilities are dropped;
 * NULL: out of memory. Without CAP_SYS_PTRACE it finds users only.
 */
struct query_processes *query_processes_new(void);

/* Notes a sample that was just added to `sampled`. */
void query_processes_add(struct query_processes *processes, const struct sampled_queries *sampled,
			 const struct sample *sample);

/* Sets the processes that were found since the last call; before the samples of a tick are read. */
void query_processes_read(struct query_processes *processes, struct sampled_queries *sampled,
			  __u64 now_ns);

/* Looks up the sockets of queries that have waited; behind the samples of a tick. */
void query_processes_lookup(struct query_processes *processes, struct sampled_queries *sampled,
			    __u64 now_ns);

void query_processes_free(struct query_processes *processes); /* NULL is fine */

#endif
