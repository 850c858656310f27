/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks resolvers one question each, all at the same time, and says what came back. Needs no
 * privilege. At most two queries to a resolver, each from a socket of its own. What the outcomes
 * are worth is for others.
 */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "util/dns.h"

#include <dnsreach.h>

enum probe_outcome {
	PROBE_TIMED_OUT,
	PROBE_NOT_SENT,	   /* this host's own stack refused */
	PROBE_UNREACHABLE, /* an ICMP message said so */
	PROBE_ANSWERED
};

struct probe_options {
	struct dns_question question;
	double retry_s;	   /* the second query is sent when the first has no answer by then */
	double patience_s; /* no outcome by then is timed out; after the first query */
};

struct probe_result {
	struct resolver_key resolver; /* from the caller, all else is filled */
	enum probe_outcome outcome;
	unsigned int tries;
	/* what came from the resolver's address and port, but answered no query of ours: */
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

/* 0, -EINVAL (no name to ask for) or -errno (cannot even begin) */
int probe_all(const struct probe_options *options, struct probe_result *results, size_t count);

#endif
