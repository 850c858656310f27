/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sections of a report, one function each; report.c has their order. */
#ifndef REPORT_SECTIONS_H
#define REPORT_SECTIONS_H

#include "report/explain.h"

/* `level`: of the section's heading */
void section_add_what(struct document *document, int level, const struct incident *incident);
void section_add_how_bad(struct document *document, int level, const struct incident *incident);
void section_add_messages(struct document *document, int level, const struct incident *incident);
void section_add_cause(struct document *document, int level, const struct incident *incident,
		       const struct explanation *e);
void section_add_checks(struct document *document, int level, const struct explanation *e);

/* Blanks for what only a person knows; in Markdown and HTML. */
void section_add_record(struct document *document, int level);

/* Adds warnings at the top, in warnings.c: what was not read, or is not certain. */
void section_add_warnings(struct document *document);

/* `any`: there was an incident */
void section_add_method(struct document *document, int level, int any);

#endif
