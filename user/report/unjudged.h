/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Resolvers in a report beside their incidents: the totals of all, and each known transaction of
 * those that have too few to judge.
 */
#ifndef REPORT_UNJUDGED_H
#define REPORT_UNJUDGED_H

#include "report/document.h"

/* How many resolvers were asked, and how many of them were judged at least once. */
struct judged_count {
	size_t asked, judged;
	__u64 queries, answered, failed, errors, open; /* of those that were not judged */
};

struct judged_count judged_count_of(const struct status *totals);

/* Adds the totals of each resolver as a table. */
void unjudged_add_totals(struct document *document, int level);

/* Adds a paragraph for each resolver about which many messages match no query. */
void unjudged_add_suspicion(struct document *document);

/* Adds the transactions of each resolver that was not judged, the failing ones first. */
void unjudged_add_transactions(struct document *document, int level);

/* Adds "no answer within 5 s", "answered SERVFAIL after 3 ms", "still open at the end". */
void unjudged_add_outcome(struct buffer *out, const struct excerpt_transaction *transaction,
			  const struct report_source *source);

/*
 * Adds the ICMP messages about DNS that match no query and no resolver that was asked, as in a
 * recording of ICMP alone. Nothing without any.
 */
void unjudged_add_unmatched(struct document *document, int level);

/* Returns the excerpt of a resolver; NULL: there is none. */
const struct excerpt *report_find_excerpt(const struct report_source *source,
					  const struct resolver_key *resolver);

#endif
