// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * All metrics as a page for Prometheus. The two formats differ in the order of the metadata, in
 * the name of a counter's family (OpenMetrics: without _total), in the _created samples, and in
 * the end. Names and help hold nothing that would have to be escaped (tests see to it).
 */
#include "metrics/prometheus.h"

#include "util/text.h"

#include <math.h>
#include <string.h>

#define TOTAL "_total"

struct page {
	struct buffer *out;
	struct buffer labels; /* of the present sample, without the braces */
	enum prometheus_format format;
	const struct metrics_self *self;
	size_t name_length; /* of the family's name in this format */
	char created[TEXT_REAL_SIZE];
};

static void add(struct buffer *out, const char *text)
{
	buffer_add_bytes(out, text, strlen(text));
}

static void add_real(struct buffer *out, double real)
{
	char text[TEXT_REAL_SIZE];

	if (isnan(real))
		add(out, "NaN");
	else if (isinf(real))
		add(out, real > 0 ? "+Inf" : "-Inf");
	else
		add(out, text_format_real(real, text));
}

static void add_metadata(struct page *page, const char *keyword, const struct metric_family *family,
			 const char *text)
{
	add(page->out, keyword);
	buffer_add_bytes(page->out, family->name, page->name_length);
	add(page->out, " ");
	add(page->out, text);
	add(page->out, "\n");
}

static void add_family(const struct metric_family *family, void *context)
{
	static const char *const types[] = {"counter", "gauge", "histogram"};
	struct page *page = context;

	page->name_length = strlen(family->name);
	if (page->format == PROMETHEUS_TEXT) {
		add_metadata(page, "# HELP ", family, family->help);
		add_metadata(page, "# TYPE ", family, types[family->type]);
		return;
	}
	if (family->type == METRIC_COUNTER)
		page->name_length -= strlen(TOTAL);
	text_format_real(metric_start_s(family, page->self), page->created);
	add_metadata(page, "# TYPE ", family, types[family->type]);
	if (family->unit)
		add_metadata(page, "# UNIT ", family, family->unit);
	add_metadata(page, "# HELP ", family, family->help);
}

static void add_escaped(struct buffer *out, const char *value)
{
	size_t plain = strcspn(value, "\\\"\n");

	buffer_add_bytes(out, value, plain);
	for (value += plain; *value; value += plain) {
		add(out, *value == '\n' ? "\\n" : *value == '"' ? "\\\"" : "\\\\");
		value++;
		plain = strcspn(value, "\\\"\n");
		buffer_add_bytes(out, value, plain);
	}
}

static void write_labels(struct buffer *labels, const struct metric_sample *sample)
{
	size_t i;

	buffer_reset(labels);
	for (i = 0; i < sample->label_count; i++) {
		if (i)
			add(labels, ",");
		add(labels, sample->labels[i].name);
		add(labels, "=\"");
		add_escaped(labels, sample->labels[i].value);
		add(labels, "\"");
	}
}

/* NAMEsuffix{labels,le="..."} and a space; `le` NULL: no such label. */
static void add_series(struct page *page, const struct metric_family *family, const char *suffix,
		       const char *le)
{
	buffer_add_bytes(page->out, family->name, page->name_length);
	add(page->out, suffix);
	if (page->labels.used || le) {
		add(page->out, "{");
		if (page->labels.used)
			buffer_add_bytes(page->out, page->labels.text, page->labels.used);
		if (le) {
			add(page->out, page->labels.used ? ",le=\"" : "le=\"");
			add(page->out, le);
			add(page->out, "\"");
		}
		add(page->out, "}");
	}
	add(page->out, " ");
}

static void add_count(struct page *page, const struct metric_family *family, const char *suffix,
		      const char *le, __u64 count)
{
	add_series(page, family, suffix, le);
	buffer_add_whole(page->out, count);
	add(page->out, "\n");
}

static void add_histogram(struct page *page, const struct metric_family *family,
			  const struct metric_histogram *histogram)
{
	char le[TEXT_REAL_SIZE];
	size_t i;

	for (i = 0; i < histogram->bounds; i++)
		add_count(page, family, "_bucket", text_format_real(histogram->le_s[i], le),
			  histogram->cumulative[i]);
	add_count(page, family, "_bucket", "+Inf", histogram->count);
	add_count(page, family, "_count", NULL, histogram->count);
	add_series(page, family, "_sum", NULL);
	add_real(page->out, histogram->sum_s);
	add(page->out, "\n");
}

static void add_sample(const struct metric_family *family, const struct metric_sample *sample,
		       void *context)
{
	struct page *page = context;
	int open = page->format == PROMETHEUS_OPENMETRICS;

	write_labels(&page->labels, sample);
	if (sample->histogram) {
		add_histogram(page, family, sample->histogram);
	} else {
		add_series(page, family, open && family->type == METRIC_COUNTER ? TOTAL : "", NULL);
		if (sample->is_real)
			add_real(page->out, sample->real);
		else
			buffer_add_whole(page->out, sample->whole);
		add(page->out, "\n");
	}
	if (!open || family->type == METRIC_GAUGE)
		return;
	add_series(page, family, "_created", NULL);
	add(page->out, page->created);
	add(page->out, "\n");
}

const char *prometheus_content_type(enum prometheus_format format)
{
	return format == PROMETHEUS_OPENMETRICS
		       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}

int prometheus_write(struct buffer *out, enum prometheus_format format,
		     const struct metrics_source *source)
{
	struct page page = {.out = out, .format = format, .self = source->self};
	const struct metric_visitor visitor = {add_family, add_sample, &page};
	int err;

	err = metrics_visit(source, &visitor);
	if (!err && format == PROMETHEUS_OPENMETRICS)
		add(out, "# EOF\n");
	if (!err)
		err = buffer_error(&page.labels);
	buffer_free(&page.labels);
	return err ? err : buffer_error(out);
}
