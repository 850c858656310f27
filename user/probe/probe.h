/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends a query to each of several resolvers at the same time, and returns the outcomes. It needs
 * no privilege. A resolver gets at most two queries, each from a socket of its own.
 */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "util/dns.h"

#include <dnsreach.h>

enum probe_outcome {
	PROBE_TIMED_OUT,
	PROBE_NOT_SENT,	   /* the stack of this host refused */
	PROBE_UNREACHABLE, /* by an ICMP message */
	PROBE_ANSWERED
};

struct probe_options {
	struct dns_question question;
	double retry_s;	  /* after it the second query is sent, when the first has no answer */
	double timeout_s; /* from the first query; without an outcome by then it is timed out */
};

struct probe_result {
	struct resolver_key resolver; /* set by the caller; probe_all() sets the rest */
	enum probe_outcome outcome;
	unsigned int tries;
	/* datagrams and errors from the resolver that did not match a query: */
	__u64 ignored;
	/* answered: */
	double rtt_s;		   /* of the query that was answered, */
	unsigned int answered_try; /* the first or the second */
	int truncated;
	__u8 rcode;
	/* unreachable, and not sent: */
	__u8 icmp_type, icmp_code; /* these two and `reporter` are known when has_icmp */
	int has_icmp;
	struct ip_address reporter;
	enum reason reason;
	int error; /* errno */
};

/*
 * Probes `count` resolvers, for at most `timeout_s`. Returns 0; -EINVAL: the name is not one; or
 * -errno, when it cannot begin.
 */
int probe_all(const struct probe_options *options, struct probe_result *results, size_t count);

#endif
