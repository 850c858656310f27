/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All metrics as a page for Prometheus: text 0.0.4, or OpenMetrics 1.0. */
#ifndef METRICS_PROMETHEUS_H
#define METRICS_PROMETHEUS_H

#include "util/buffer.h"
#include "metrics/metrics.h"

enum metrics_format { METRICS_TEXT, METRICS_OPENMETRICS };

/* "text/plain; version=0.0.4; charset=utf-8" and its sister. */
const char *metrics_content_type(enum metrics_format format);

/* What an Accept header (NULL: none) asks for, by its q values; text when in doubt. */
enum metrics_format metrics_format_wanted(const char *accept);

/* The whole page; no duplicate series, no byte that is not UTF-8. 0 or -ENOMEM */
int metrics_page_add(struct buffer *out, enum metrics_format format,
		     const struct metrics_source *source);

#endif
