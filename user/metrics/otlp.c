// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * All metrics as OTLP's JSON. Written as a stream and not as a tree of JSON values: one data point
 * is some fifteen values, and a tree of them takes ten times the memory of the text.
 *
 * Of the JSON encoding: 64-bit integers are strings, enums are numbers, keys are lowerCamelCase,
 * what is empty is left out.
 */
#include "metrics/otlp.h"

#include "util/clock.h"
#include "util/text.h"
#include "util/buffer.h"

#include <math.h>
#include <string.h>

#define TOTAL "_total"
#define CUMULATIVE "\"aggregationTemporality\":2" /* AGGREGATION_TEMPORALITY_CUMULATIVE */

struct request {
	struct buffer *out;
	const struct metrics_self *self;
	__u64 wall_ns, start_ns;
	int metrics, points; /* written so far: of the request, of the present metric */
};

static void add(struct buffer *out, const char *text)
{
	buffer_add_bytes(out, text, strlen(text));
}

static int is_plain(const char *c, int length)
{
	return length > 1 || (length == 1 && (unsigned char)*c >= 0x20 && *c != '"' && *c != '\\');
}

/* In quotes. The resource's words come from outside, so that the bytes are looked at here. */
static void add_string(struct buffer *out, const char *text)
{
	const char *from = text;
	unsigned long number;

	add(out, "\"");
	while (*text) {
		int length = utf8_decode(text, &number);

		if (is_plain(text, length)) {
			text += length;
			continue;
		}
		buffer_add_bytes(out, from, (size_t)(text - from));
		buffer_add(out, "\\u%04x", length ? (unsigned int)number : 0xfffdU);
		from = ++text;
	}
	buffer_add_bytes(out, from, (size_t)(text - from));
	add(out, "\"");
}

/* ,"key":"123" */
static void add_whole(struct buffer *out, const char *key, __u64 whole)
{
	add(out, ",\"");
	add(out, key);
	add(out, "\":\"");
	buffer_add_whole(out, whole);
	add(out, "\"");
}

static void add_real(struct buffer *out, double real)
{
	char text[TEXT_REAL_SIZE];

	if (isnan(real))
		add(out, "\"NaN\"");
	else if (isinf(real))
		add(out, real > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	else
		add(out, text_format_real(real, text));
}

static void add_attribute(struct buffer *out, const char *key, const char *value)
{
	add(out, "{\"key\":\"");
	add(out, key);
	add(out, "\",\"value\":{\"stringValue\":");
	add_string(out, value);
	add(out, "}}");
}

static void end_metric(struct request *request)
{
	if (request->points)
		add(request->out, "]}}");
	request->points = 0;
}

/* In two parts: a double holds today's nanoseconds only to the 256th. */
static __u64 ns_of(double seconds)
{
	__u64 whole = (__u64)seconds;

	return whole * NS_PER_S + (__u64)((seconds - (double)whole) * 1e9);
}

static void begin_family(const struct metric_family *family, void *context)
{
	struct request *request = context;

	end_metric(request);
	request->start_ns = ns_of(metric_start_s(family, request->self));
	if (request->start_ns > request->wall_ns) /* a receiver would refuse it */
		request->start_ns = request->wall_ns;
}

/* With the first point: a metric without any is left out. */
static void begin_metric(struct request *request, const struct metric_family *family)
{
	static const char *const data[] = {
		[METRIC_COUNTER] = "\"sum\":{" CUMULATIVE ",\"isMonotonic\":true,",
		[METRIC_GAUGE] = "\"gauge\":{",
		[METRIC_HISTOGRAM] = "\"histogram\":{" CUMULATIVE ",",
	};
	size_t length = strlen(family->name);

	if (family->type == METRIC_COUNTER)
		length -= strlen(TOTAL);
	add(request->out, request->metrics++ ? ",{\"name\":\"" : "{\"name\":\"");
	buffer_add_bytes(request->out, family->name, length);
	add(request->out, "\",\"description\":");
	add_string(request->out, family->help);
	if (family->unit) /* UCUM */
		add(request->out,
		    strcmp(family->unit, "bytes") ? ",\"unit\":\"s\"" : ",\"unit\":\"By\"");
	add(request->out, ",");
	add(request->out, data[family->type]);
	add(request->out, "\"dataPoints\":[");
}

/* What follows the attributes. Not cumulative: each bucket has its own. */
static void add_histogram(struct buffer *out, const struct metric_histogram *histogram)
{
	__u64 before = 0;
	size_t i;

	add_whole(out, "count", histogram->count);
	add(out, ",\"sum\":");
	add_real(out, histogram->sum_s);
	add(out, ",\"bucketCounts\":[");
	for (i = 0; i <= histogram->bounds; i++) {
		__u64 to = i < histogram->bounds ? histogram->cumulative[i] : histogram->count;

		add(out, i ? ",\"" : "\"");
		buffer_add_whole(out, to - before);
		add(out, "\"");
		before = to;
	}
	add(out, "],\"explicitBounds\":[");
	for (i = 0; i < histogram->bounds; i++) {
		if (i)
			add(out, ",");
		add_real(out, histogram->le_s[i]);
	}
	add(out, "]");
}

static void add_point(const struct metric_family *family, const struct metric_sample *sample,
		      void *context)
{
	struct request *request = context;
	struct buffer *out = request->out;
	size_t i;

	if (!request->points)
		begin_metric(request, family);
	add(out, request->points++ ? ",{\"attributes\":[" : "{\"attributes\":[");
	for (i = 0; i < sample->label_count; i++) {
		if (i)
			add(out, ",");
		add_attribute(out, sample->labels[i].name, sample->labels[i].value);
	}
	add(out, "]");
	if (family->type != METRIC_GAUGE)
		add_whole(out, "startTimeUnixNano", request->start_ns);
	add_whole(out, "timeUnixNano", request->wall_ns);
	if (sample->histogram) {
		add_histogram(out, sample->histogram);
	} else if (sample->is_real) {
		add(out, ",\"asDouble\":");
		add_real(out, sample->real);
	} else {
		add_whole(out, "asInt", sample->whole);
	}
	add(out, "}");
}

static void begin_request(struct buffer *out, const struct metrics_self *self,
			  const struct otlp_resource *resource)
{
	const char *version = self->version ? self->version : "";

	add(out, "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[");
	add_attribute(out, "service.name", "dnsreach");
	add(out, ",");
	add_attribute(out, "service.version", version);
	add(out, ",");
	add_attribute(out, "host.name", resource->host_name ? resource->host_name : "");
	if (resource->instance_id) {
		add(out, ",");
		add_attribute(out, "service.instance.id", resource->instance_id);
	}
	add(out, "]},\"scopeMetrics\":[{\"scope\":{\"name\":\"dnsreach\",\"version\":");
	add_string(out, version);
	add(out, "},\"metrics\":[");
}

int otlp_write(struct buffer *out, const struct metrics_source *source,
	       const struct otlp_resource *resource, __u64 wall_ns)
{
	struct request request = {.out = out, .self = source->self, .wall_ns = wall_ns};
	const struct metric_visitor visitor = {begin_family, add_point, &request};
	int err;

	begin_request(out, source->self, resource);
	err = metrics_visit(source, &visitor);
	if (err)
		return err;
	end_metric(&request);
	add(out, "]}]}]}");
	return buffer_error(out);
}
