/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The incident report for machines; its keys are docs/reports.md. */
#ifndef REPORT_REPORT_JSON_H
#define REPORT_REPORT_JSON_H

#include "report/report_source.h"

/* Adds one object and a newline. Returns 0 or -ENOMEM. */
int report_json_add(struct buffer *out, const struct report_style *style,
		    const struct incident *const *incidents, size_t count,
		    const struct report_source *source);

#endif
