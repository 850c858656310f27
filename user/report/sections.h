/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sections of a report, one function each; report.c has their order. */
#ifndef REPORT_SECTIONS_H
#define REPORT_SECTIONS_H

#include "report/explain.h"

/* `level`: of the section's heading */
void section_add_when(struct document *document, int level, const struct incident *incident);
void section_add_seen(struct document *document, int level, const struct incident *incident);
void section_add_who(struct document *document, int level, const struct incident *incident);
void section_add_how_much(struct document *document, int level, const struct incident *incident);
void section_add_cause(struct document *document, int level, const struct incident *incident,
		       const struct explanation *e);
void section_add_checks(struct document *document, int level, const struct explanation *e);

/* Says at the top how many lines about DNS were lost; adds nothing when none were. */
void section_add_lost(struct document *document);

/* `any`: there was an incident */
void section_add_method(struct document *document, int level, int any);

#endif
