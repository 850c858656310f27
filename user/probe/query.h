/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One query on a connected UDP socket of its own: so the source port is fresh and random, the
 * kernel takes only what comes from the resolver, and errors come back with the ICMP message that
 * brought them. When to send and how long to wait is for others.
 */
#ifndef PROBE_QUERY_H
#define PROBE_QUERY_H

#include "probe/message.h"
#include "probe/probe.h"

struct probe_query {
	int fd; /* -1: it has ended */
	int is_ipv4;
	__u64 sent_ns;
	struct ip_address self; /* the address it was sent from */
	__u8 bytes[MESSAGE_SIZE];
	size_t length;
};

/* Sends it. When that fails, the query has ended and `result` says why. */
void query_send(struct probe_query *query, const struct dns_question *question,
		struct probe_result *result);

/* Reads what has come. The outcome, if there is one, goes to `result`, and the query has ended. */
void query_receive(struct probe_query *query, struct probe_result *result);

void query_close(struct probe_query *query);

#endif
