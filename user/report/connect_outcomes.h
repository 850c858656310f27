/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The outcomes of the connects of an incident, as tables of a report. */
#ifndef REPORT_CONNECT_OUTCOMES_H
#define REPORT_CONNECT_OUTCOMES_H

#include "report/document.h"

#include <dnsreach.h>

/* Adds the table of outcomes, and the other counts. */
void connect_add_outcomes(struct document *document, const struct resolver_counters *counters);

#endif
