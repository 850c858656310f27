/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The outcomes of an incident's transactions or connects, as tables of a report. */
#ifndef REPORT_OUTCOMES_H
#define REPORT_OUTCOMES_H

#include "report/document.h"

#include <dnsreach.h>

/* Adds the table of outcomes, and the other counts. `is_connects`: of connects, else of messages.
 */
void document_add_outcomes(struct document *document, const struct resolver_counters *counters,
			   int is_connects, __u8 transport);

#endif
