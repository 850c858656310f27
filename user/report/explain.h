/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an incident means: the likely cause with what speaks for it and against it, what else it
 * could be, and what to run next. As lists of sentences; how they look is for others.
 */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include "report/document.h"

#define LINES_MAX 10
#define CHECKS_MAX 16

struct lines {
	struct buffer line[LINES_MAX];
	size_t count;
};

struct check {
	struct buffer command;
	const char *tells;
	int on_resolver;
};

struct explanation {
	const char *brief;   /* follows "The likely cause is X: " */
	const char *meaning; /* a sentence or two */
	struct lines evidence, against, alternatives, confirmed_by;
	struct check checks[CHECKS_MAX];
	size_t check_count;
};

void explain(struct explanation *e, const struct incident *incident,
	     const struct report_origin *origin);
void explanation_free(struct explanation *e);
int explanation_failed(const struct explanation *e);

/* The two sentences at the top. */
void add_summary(struct buffer *out, const struct incident *incident,
		 const struct report_origin *origin);

/* "3 of 3" and the rest of the sentence: "failed", "failed, and 80 were answered with ...". */
void add_outcome(struct buffer *out, const struct incident *incident);

/* Then what its messages quote may have been matched; lines of JSON do not say so. */
int is_recorded_of_text(const struct incident *incident, const struct report_origin *origin);

/* ---- the parts of it ------------------------------------------------------------------------ */

void lines_add(struct lines *lines, const char *format, ...) __attribute__((format(printf, 2, 3)));

void explain_evidence(struct explanation *e, const struct incident *incident,
		      const struct report_origin *origin);
void explain_against(struct explanation *e, const struct incident *incident,
		     const struct report_origin *origin);
void explain_checks(struct explanation *e, const struct incident *incident);

#endif
