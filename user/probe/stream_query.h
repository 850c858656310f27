/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One DNS query of the probe over TCP, on a connection of its own (RFC 7766). The kernel repeats
 * what is lost, so that one query is enough. The functions are those of query.h.
 */
#ifndef PROBE_STREAM_QUERY_H
#define PROBE_STREAM_QUERY_H

#include "probe/query.h"

#define STREAM_PREFIX_SIZE 2 /* a message has its length in front (RFC 1035, 4.2.2) */
#define STREAM_QUERY_SIZE (STREAM_PREFIX_SIZE + QUERY_MESSAGE_SIZE)
#define STREAM_CHUNK_SIZE 4096
#define STREAM_CHUNKS_PER_TURN 64 /* then other resolvers have their turn */

/*
 * Begins to connect; the query is sent when the connection is established. When that fails at once,
 * the query has ended, and `result` has the reason.
 */
void stream_query_send(struct probe_query *query, const struct dns_question *question,
		       struct probe_result *result);

/* Goes on with what is possible. With an outcome, which goes to `result`, the query has ended. */
void stream_query_receive(struct probe_query *query, struct probe_result *result);

/* ---- for tls_query.c ---- */

/* Returns whether this errno is that of an RST on an established connection. */
int stream_is_reset(int error);

/*
 * Notes that the connection is established, or ends the query. Returns 1 when it is; an RST may
 * have come since, which `reset` of the query then holds.
 */
int stream_query_is_connected(struct probe_query *query, struct probe_result *result);

/* Writes the query with its length in front. Returns how many bytes that is. */
size_t stream_query_write(const struct probe_query *query, __u8 out[STREAM_QUERY_SIZE]);

/* Takes the next bytes of what the resolver sends. The response to the query ends it. */
void stream_query_take(struct probe_query *query, struct probe_result *result, const __u8 *bytes,
		       size_t length);

/* Ends the query by an error of its connection. */
void stream_query_end_errno(struct probe_query *query, struct probe_result *result, int error);

#endif
