/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One DNS query of the probe over TCP, on a connection of its own (RFC 7766). The kernel repeats
 * what is lost, so that one query is enough. The functions are those of query.h.
 */
#ifndef PROBE_STREAM_QUERY_H
#define PROBE_STREAM_QUERY_H

#include "probe/query.h"

/*
 * Begins to connect; the query is sent when the connection is established. When that fails at once,
 * the query has ended, and `result` has the reason.
 */
void stream_query_send(struct probe_query *query, const struct dns_question *question,
		       struct probe_result *result);

/* Goes on with what is possible. With an outcome, which goes to `result`, the query has ended. */
void stream_query_receive(struct probe_query *query, struct probe_result *result);

#endif
