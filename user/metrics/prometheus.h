/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* All metrics as a page for Prometheus: text 0.0.4, or OpenMetrics 1.0. */
#ifndef METRICS_PROMETHEUS_H
#define METRICS_PROMETHEUS_H

#include "util/buffer.h"
#include "metrics/metrics.h"

enum prometheus_format { PROMETHEUS_TEXT, PROMETHEUS_OPENMETRICS };

/* Returns "text/plain; version=0.0.4; charset=utf-8" or the type of OpenMetrics. */
const char *prometheus_content_type(enum prometheus_format format);

/* Chooses by the q values of an Accept header (NULL: none); text when both are equal. */
enum prometheus_format prometheus_negotiate_format(const char *accept);

/* Writes the whole page: no series twice, valid UTF-8. Returns 0 or -ENOMEM. */
int prometheus_write(struct buffer *out, enum prometheus_format format,
		     const struct metrics_source *source);

#endif
