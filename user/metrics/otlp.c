// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * All metrics as OTLP's JSON, written as a stream: one data point has about fifteen JSON values,
 * and a tree of them takes ten times the memory of the text.
 *
 * Of the JSON encoding: 64-bit integers are strings, enums are numbers, keys are lowerCamelCase,
 * empty fields are omitted.
 */
#include "metrics/otlp.h"

#include "util/clock.h"
#include "util/text.h"
#include "util/buffer.h"

#include <math.h>
#include <string.h>

#define TOTAL "_total"
#define CUMULATIVE "\"aggregationTemporality\":2" /* AGGREGATION_TEMPORALITY_CUMULATIVE */

struct otlp_request {
	struct buffer *out;
	const struct metrics_self *self;
	__u64 wall_ns, start_ns;
	int metrics, points; /* written so far: in the request, in the current metric */
};

static void append(struct buffer *out, const char *text)
{
	buffer_add_bytes(out, text, strlen(text));
}

/* Returns whether the character of `length` bytes needs no escape. */
static int is_unescaped(const char *c, int length)
{
	return length > 1 || (length == 1 && (unsigned char)*c >= 0x20 && *c != '"' && *c != '\\');
}

/* Writes a JSON string. The host's name comes from outside: a byte that is not UTF-8 is U+FFFD. */
static void write_string(struct buffer *out, const char *text)
{
	const char *from = text;
	unsigned long number;

	append(out, "\"");
	while (*text) {
		int length = utf8_decode(text, &number);

		if (is_unescaped(text, length)) {
			text += length;
			continue;
		}
		buffer_add_bytes(out, from, (size_t)(text - from));
		buffer_add(out, "\\u%04x", length ? (unsigned int)number : 0xfffdU);
		from = ++text;
	}
	buffer_add_bytes(out, from, (size_t)(text - from));
	append(out, "\"");
}

/* Writes ,"key":"123" */
static void write_whole(struct buffer *out, const char *key, __u64 whole)
{
	append(out, ",\"");
	append(out, key);
	append(out, "\":\"");
	buffer_add_whole(out, whole);
	append(out, "\"");
}

static void write_real(struct buffer *out, double real)
{
	char text[TEXT_REAL_SIZE];

	if (isnan(real))
		append(out, "\"NaN\"");
	else if (isinf(real))
		append(out, real > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	else
		append(out, text_format_real(real, text));
}

static void write_attribute(struct buffer *out, const char *key, const char *value)
{
	append(out, "{\"key\":\"");
	append(out, key);
	append(out, "\",\"value\":{\"stringValue\":");
	write_string(out, value);
	append(out, "}}");
}

static void end_metric(struct otlp_request *request)
{
	if (request->points)
		append(request->out, "]}}");
	request->points = 0;
}

/* Converts in two parts: a double resolves today's nanoseconds only to 256. */
static __u64 seconds_to_ns(double seconds)
{
	__u64 whole = (__u64)seconds;

	return whole * NS_PER_S + (__u64)((seconds - (double)whole) * 1e9);
}

static void begin_family(const struct metric_family *family, void *context)
{
	struct otlp_request *request = context;

	end_metric(request);
	request->start_ns = seconds_to_ns(metric_start_s(family, request->self));
	if (request->start_ns > request->wall_ns) /* a receiver would reject it */
		request->start_ns = request->wall_ns;
}

/* Called with the first point: a metric without points is omitted. */
static void begin_metric(struct otlp_request *request, const struct metric_family *family)
{
	static const char *const data[] = {
		[METRIC_COUNTER] = "\"sum\":{" CUMULATIVE ",\"isMonotonic\":true,",
		[METRIC_GAUGE] = "\"gauge\":{",
		[METRIC_HISTOGRAM] = "\"histogram\":{" CUMULATIVE ",",
	};
	size_t length = strlen(family->name);

	if (family->type == METRIC_COUNTER)
		length -= strlen(TOTAL);
	append(request->out, request->metrics++ ? ",{\"name\":\"" : "{\"name\":\"");
	buffer_add_bytes(request->out, family->name, length);
	append(request->out, "\",\"description\":");
	write_string(request->out, family->help);
	if (family->unit) /* UCUM */
		append(request->out,
		       strcmp(family->unit, "bytes") ? ",\"unit\":\"s\"" : ",\"unit\":\"By\"");
	append(request->out, ",");
	append(request->out, data[family->type]);
	append(request->out, "\"dataPoints\":[");
}

/* Writes the fields behind the attributes. OTLP's bucket counts are not cumulative. */
static void write_histogram(struct buffer *out, const struct metric_histogram *histogram)
{
	__u64 before = 0;
	size_t i;

	write_whole(out, "count", histogram->count);
	append(out, ",\"sum\":");
	write_real(out, histogram->sum_s);
	append(out, ",\"bucketCounts\":[");
	for (i = 0; i <= histogram->bounds; i++) {
		__u64 to = i < histogram->bounds ? histogram->cumulative[i] : histogram->count;

		append(out, i ? ",\"" : "\"");
		buffer_add_whole(out, to - before);
		append(out, "\"");
		before = to;
	}
	append(out, "],\"explicitBounds\":[");
	for (i = 0; i < histogram->bounds; i++) {
		if (i)
			append(out, ",");
		write_real(out, histogram->le_s[i]);
	}
	append(out, "]");
}

static void write_point(const struct metric_family *family, const struct metric_sample *sample,
			void *context)
{
	struct otlp_request *request = context;
	struct buffer *out = request->out;
	size_t i;

	if (!request->points)
		begin_metric(request, family);
	append(out, request->points++ ? ",{\"attributes\":[" : "{\"attributes\":[");
	for (i = 0; i < sample->label_count; i++) {
		if (i)
			append(out, ",");
		write_attribute(out, sample->labels[i].name, sample->labels[i].value);
	}
	append(out, "]");
	if (family->type != METRIC_GAUGE)
		write_whole(out, "startTimeUnixNano", request->start_ns);
	write_whole(out, "timeUnixNano", request->wall_ns);
	if (sample->histogram) {
		write_histogram(out, sample->histogram);
	} else if (sample->is_real) {
		append(out, ",\"asDouble\":");
		write_real(out, sample->real);
	} else {
		write_whole(out, "asInt", sample->whole);
	}
	append(out, "}");
}

static void begin_request(struct buffer *out, const struct metrics_self *self,
			  const struct otlp_resource *resource)
{
	const char *version = self->version ? self->version : "";

	append(out, "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[");
	write_attribute(out, "service.name", "dnsreach");
	append(out, ",");
	write_attribute(out, "service.version", version);
	append(out, ",");
	write_attribute(out, "host.name", resource->host_name ? resource->host_name : "");
	if (resource->instance_id) {
		append(out, ",");
		write_attribute(out, "service.instance.id", resource->instance_id);
	}
	append(out, "]},\"scopeMetrics\":[{\"scope\":{\"name\":\"dnsreach\",\"version\":");
	write_string(out, version);
	append(out, "},\"metrics\":[");
}

int otlp_write(struct buffer *out, const struct metrics_source *source,
	       const struct otlp_resource *resource, __u64 wall_ns)
{
	struct otlp_request request = {.out = out, .self = source->self, .wall_ns = wall_ns};
	const struct metric_visitor visitor = {begin_family, write_point, &request};
	int err;

	begin_request(out, source->self, resource);
	err = metrics_visit(source, &visitor);
	if (err)
		return err;
	end_metric(&request);
	append(out, "]}]}]}");
	return buffer_error(out);
}
