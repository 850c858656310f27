/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All metrics as one ExportMetricsServiceRequest in OTLP's JSON encoding (OpenTelemetry protocol
 * 1.x, "JSON Protobuf Encoding"): cumulative monotonic sums with their start time, gauges,
 * cumulative histograms. How it is delivered is http/push.h.
 */
#ifndef METRICS_OTLP_H
#define METRICS_OTLP_H

#include "util/buffer.h"
#include "metrics/metrics.h"

struct otlp_resource {
	const char *host_name;	 /* host.name */
	const char *instance_id; /* service.instance.id; NULL: omitted */
};

/* Writes the request. `wall_ns`: the time of all points. Returns 0 or -ENOMEM. */
int otlp_write(struct buffer *out, const struct metrics_source *source,
	       const struct otlp_resource *resource, __u64 wall_ns);

#endif
