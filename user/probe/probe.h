/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends a query to each of several resolvers at the same time, and returns the outcomes. It needs
 * no privilege. Each query is from a socket of its own. A resolver gets a second one when the first
 * has no answer, and up to PROBE_TRIES while nothing at all comes back: Linux sends a host one ICMP
 * unreachable per second (net.ipv4.icmp_ratelimit), so that of a closed port may be missing.
 */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "probe/query.h"
#include "probe/tls_query.h"

#define PROBE_TRIES 4

struct probe_options {
	struct dns_question question;
	double retry_s;		       /* between two queries to a resolver */
	const struct tls_trust *trust; /* for resolvers over TLS */
	double timeout_s; /* from the first query; without an outcome by then it is timed out */
};

/*
 * Probes `count` resolvers, for at most `timeout_s`. Returns 0; -EINVAL: the name is not one, or a
 * resolver is to be asked over TLS and `trust` is missing; -EIO: TLS cannot begin, and `tls.why` of
 * the last result that has one tells it; or -errno, when it cannot begin.
 */
int probe_all(const struct probe_options *options, struct probe_result *results, size_t count);

#endif
