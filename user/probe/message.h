/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bytes of the probe's query, and whether other bytes answer it. Takes bytes from anyone. How
 * they travel is for others.
 */
#ifndef PROBE_MESSAGE_H
#define PROBE_MESSAGE_H

#include "util/dns.h"

#define MESSAGE_SIZE (12 + 255 + 4) /* a header, the longest name, type and class */

struct message_answer {
	__u8 rcode;
	int truncated;
};

/* RD=1, no EDNS. The length, or -EINVAL: the name is none. */
int message_query(const struct dns_question *question, __u16 id, __u8 out[MESSAGE_SIZE]);

/*
 * A response with the query's message ID and question; one with an RCODE and no question at all
 * is taken too (servers send such a FORMERR). 0 or -EINVAL
 */
int message_answers(const __u8 *query, size_t query_length, const __u8 *bytes, size_t length,
		    struct message_answer *ret);

#endif
