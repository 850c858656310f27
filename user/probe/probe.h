/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sends a query to each of several resolvers at the same time, and returns the outcomes. It needs
 * no privilege. A resolver gets at most two queries, each from a socket of its own.
 */
#ifndef PROBE_PROBE_H
#define PROBE_PROBE_H

#include "probe/query.h"

struct probe_options {
	struct dns_question question;
	double retry_s;	  /* after it the second query is sent, when the first has no answer */
	double timeout_s; /* from the first query; without an outcome by then it is timed out */
};

/*
 * Probes `count` resolvers, for at most `timeout_s`. Returns 0; -EINVAL: the name is not one; or
 * -errno, when it cannot begin.
 */
int probe_all(const struct probe_options *options, struct probe_result *results, size_t count);

#endif
