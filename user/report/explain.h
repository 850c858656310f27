/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The explanation of an incident: the likely cause with what speaks for it and against it, what
 * else it could be, and what to run next, as lists of sentences.
 */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include "report/document.h"

#define SENTENCES_MAX_IN_LIST 10
#define REPORT_CHECKS_MAX 16

struct sentence_list {
	struct buffer line[SENTENCES_MAX_IN_LIST];
	size_t count;
};

struct report_check {
	struct buffer command;
	const char *tells;
	int on_resolver, brief;
};

struct explanation {
	const char *meaning; /* a sentence or two */
	struct sentence_list evidence, against, alternatives, confirmed_by;
	struct report_check checks[REPORT_CHECKS_MAX];
	size_t check_count;
};

/* Fills a zeroed explanation; explanation_free() frees it. */
void explanation_fill(struct explanation *e, const struct incident *incident,
		      const struct report_source *source);
void explanation_free(struct explanation *e);

/* Returns 1 when memory ran out while it was filled. */
int explanation_has_failed(const struct explanation *e);

#endif
