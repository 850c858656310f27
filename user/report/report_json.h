/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The incident report for machines; its keys are docs/incidents.md. */
#ifndef REPORT_REPORT_JSON_H
#define REPORT_REPORT_JSON_H

#include "report/report.h"

/* One object and a newline. 0 or -ENOMEM */
int incident_report_json(struct buffer *out, const struct incident *const *incidents, size_t count,
			 const struct report_origin *origin);

#endif
