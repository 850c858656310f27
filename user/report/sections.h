/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The sections of a report, one function each. Which come in what order is incident_report.c. */
#ifndef REPORT_SECTIONS_H
#define REPORT_SECTIONS_H

#include "report/explain.h"

/* `level`: of the section's heading */
void section_when(struct page *page, int level, const struct incident *incident);
void section_seen(struct page *page, int level, const struct incident *incident);
void section_who(struct page *page, int level, const struct incident *incident);
void section_how_much(struct page *page, int level, const struct incident *incident);
void section_cause(struct page *page, int level, const struct incident *incident,
		   const struct explanation *e);
void section_checks(struct page *page, int level, const struct explanation *e);

/* `any`: there was an incident */
void section_method(struct page *page, int level, int any);

#endif
