// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * All metrics as a page for Prometheus, and the choice between the two formats. These differ in the
 * order of the metadata, in the name of a counter's family (OpenMetrics: without _total), in the
 * _created samples, and in the end. Names and help contain nothing to be escaped; tests check that.
 */
#include "metrics/prometheus.h"

#include "util/text.h"

#include <math.h>
#include <string.h>

#define TOTAL "_total"

struct prometheus_page {
	struct buffer *out;
	struct buffer labels; /* of the current sample, without the braces */
	enum prometheus_format format;
	const struct metrics_self *self;
	size_t name_length; /* of the family's name in this format */
	char created[TEXT_REAL_SIZE];
};

static void append(struct buffer *out, const char *text)
{
	buffer_add_bytes(out, text, strlen(text));
}

static void write_real(struct buffer *out, double real)
{
	char text[TEXT_REAL_SIZE];

	if (isnan(real))
		append(out, "NaN");
	else if (isinf(real))
		append(out, real > 0 ? "+Inf" : "-Inf");
	else
		append(out, text_format_real(real, text));
}

static void write_metadata(struct prometheus_page *page, const char *keyword,
			   const struct metric_family *family, const char *text)
{
	append(page->out, keyword);
	buffer_add_bytes(page->out, family->name, page->name_length);
	append(page->out, " ");
	append(page->out, text);
	append(page->out, "\n");
}

static void write_family(const struct metric_family *family, void *context)
{
	static const char *const types[] = {"counter", "gauge", "histogram"};
	struct prometheus_page *page = context;

	page->name_length = strlen(family->name);
	if (page->format == PROMETHEUS_TEXT) {
		write_metadata(page, "# HELP ", family, family->help);
		write_metadata(page, "# TYPE ", family, types[family->type]);
		return;
	}
	if (family->type == METRIC_COUNTER)
		page->name_length -= strlen(TOTAL);
	text_format_real(metric_start_s(family, page->self), page->created);
	write_metadata(page, "# TYPE ", family, types[family->type]);
	if (family->unit)
		write_metadata(page, "# UNIT ", family, family->unit);
	write_metadata(page, "# HELP ", family, family->help);
}

static void write_escaped(struct buffer *out, const char *value)
{
	size_t plain = strcspn(value, "\\\"\n");

	buffer_add_bytes(out, value, plain);
	for (value += plain; *value; value += plain) {
		append(out, *value == '\n' ? "\\n" : *value == '"' ? "\\\"" : "\\\\");
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
			append(labels, ",");
		append(labels, sample->labels[i].name);
		append(labels, "=\"");
		write_escaped(labels, sample->labels[i].value);
		append(labels, "\"");
	}
}

/* Writes NAMEsuffix{labels,le="..."} and a space; `le` NULL: without that label. */
static void write_series(struct prometheus_page *page, const struct metric_family *family,
			 const char *suffix, const char *le)
{
	buffer_add_bytes(page->out, family->name, page->name_length);
	append(page->out, suffix);
	if (page->labels.used || le) {
		append(page->out, "{");
		if (page->labels.used)
			buffer_add_bytes(page->out, page->labels.text, page->labels.used);
		if (le) {
			append(page->out, page->labels.used ? ",le=\"" : "le=\"");
			append(page->out, le);
			append(page->out, "\"");
		}
		append(page->out, "}");
	}
	append(page->out, " ");
}

static void write_count(struct prometheus_page *page, const struct metric_family *family,
			const char *suffix, const char *le, __u64 count)
{
	write_series(page, family, suffix, le);
	buffer_add_whole(page->out, count);
	append(page->out, "\n");
}

static void write_histogram(struct prometheus_page *page, const struct metric_family *family,
			    const struct metric_histogram *histogram)
{
	char le[TEXT_REAL_SIZE];
	size_t i;

	for (i = 0; i < histogram->bounds; i++)
		write_count(page, family, "_bucket", text_format_real(histogram->le_s[i], le),
			    histogram->cumulative[i]);
	write_count(page, family, "_bucket", "+Inf", histogram->count);
	write_count(page, family, "_count", NULL, histogram->count);
	write_series(page, family, "_sum", NULL);
	write_real(page->out, histogram->sum_s);
	append(page->out, "\n");
}

static void write_sample(const struct metric_family *family, const struct metric_sample *sample,
			 void *context)
{
	struct prometheus_page *page = context;
	int openmetrics = page->format == PROMETHEUS_OPENMETRICS;

	write_labels(&page->labels, sample);
	if (sample->histogram) {
		write_histogram(page, family, sample->histogram);
	} else {
		write_series(page, family,
			     openmetrics && family->type == METRIC_COUNTER ? TOTAL : "", NULL);
		if (sample->is_real)
			write_real(page->out, sample->real);
		else
			buffer_add_whole(page->out, sample->whole);
		append(page->out, "\n");
	}
	if (!openmetrics || family->type == METRIC_GAUGE)
		return;
	write_series(page, family, "_created", NULL);
	append(page->out, page->created);
	append(page->out, "\n");
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
	struct prometheus_page page = {.out = out, .format = format, .self = source->self};
	const struct metric_visitor visitor = {write_family, write_sample, &page};
	int err;

	err = metrics_visit(source, &visitor);
	if (!err && format == PROMETHEUS_OPENMETRICS)
		append(out, "# EOF\n");
	if (!err)
		err = buffer_error(&page.labels);
	buffer_free(&page.labels);
	return err ? err : buffer_error(out);
}

/* ---- the Accept header -------------------------------------------------------------------- */

/* A slice of the header: a type, or one side of a parameter without its quotes. */
struct header_part {
	const char *text;
	size_t length;
};

struct media_range {
	struct header_part type, version; /* version.text NULL: any */
	int quality;			  /* thousandths; 0: not acceptable, or malformed */
};

struct media_offer {
	const char *type, *group, *version;
	int quality, precision; /* of the most specific range so far */
};

static int part_equals(const struct header_part *part, const char *text)
{
	return part->length == strlen(text) && !strncasecmp(part->text, text, part->length);
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

static struct header_part part_trim(const char *from, const char *end)
{
	while (end > from && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (end - from >= 2 && *from == '"' && end[-1] == '"') {
		from++;
		end--;
	}
	return (struct header_part){from, (size_t)(end - from)};
}

/* Returns the first of `stops` outside of quotes, or the end. */
static const char *find_unquoted(const char *at, const char *stops)
{
	int quoted = 0;

	for (; *at; at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (quoted && *at == '\\' && at[1])
			at++;
		else if (!quoted && strchr(stops, *at))
			break;
	}
	return at;
}

/* Parses a quality: "0.75" is 750; 0 for anything else. */
static int parse_quality(const struct header_part *part)
{
	int value, unit = 1000;
	size_t i;

	if (!part->length || part->length > 5 || part->text[0] < '0' || part->text[0] > '1')
		return 0;
	value = unit * (part->text[0] - '0');
	if (part->length > 1 && part->text[1] != '.')
		return 0;
	for (i = 2; i < part->length; i++) {
		if (part->text[i] < '0' || part->text[i] > '9')
			return 0;
		unit /= 10;
		value += unit * (part->text[i] - '0');
	}
	return value <= 1000 ? value : 0;
}

static void parse_parameter(struct media_range *range, const char *from, const char *end)
{
	const char *equals = memchr(from, '=', (size_t)(end - from));
	struct header_part name, value;

	if (!equals)
		return;
	name = part_trim(from, equals);
	value = part_trim(skip_blanks(equals + 1), end);
	if (part_equals(&name, "q"))
		range->quality = parse_quality(&value);
	else if (part_equals(&name, "version"))
		range->version = value;
}

/* Parses the range at `at`. Returns the start of the next one, or the end of the header. */
static const char *parse_media_range(const char *at, struct media_range *range)
{
	const char *from = skip_blanks(at), *end = find_unquoted(from, ",;");

	*range = (struct media_range){.type = part_trim(from, end), .quality = 1000};
	while (*end == ';') {
		from = skip_blanks(end + 1);
		end = find_unquoted(from, ",;");
		parse_parameter(range, from, end);
	}
	return *end ? end + 1 : end;
}

/* Returns how specific the range is about this offer; 0: it does not match. */
static int range_precision(const struct media_range *range, const struct media_offer *offer)
{
	if (range->version.text && !part_equals(&range->version, offer->version))
		return 0;
	if (part_equals(&range->type, offer->type))
		return range->version.text ? 4 : 3;
	if (part_equals(&range->type, offer->group))
		return 2;
	return part_equals(&range->type, "*/*");
}

static void offer_apply_range(struct media_offer *offer, const struct media_range *range)
{
	int fit = range_precision(range, offer);

	if (!fit || fit < offer->precision)
		return;
	if (fit > offer->precision || range->quality > offer->quality)
		offer->quality = range->quality;
	offer->precision = fit;
}

/*
 * Each format has the quality of the most specific range that matches it (RFC 9110, 12.5.1).
 * OpenMetrics needs the higher quality, so that a client that accepts anything gets text.
 */
enum prometheus_format prometheus_negotiate_format(const char *accept)
{
	struct media_offer text = {"text/plain", "text/*", "0.0.4", 0, 0};
	struct media_offer openmetrics = {"application/openmetrics-text", "application/*", "1.0.0",
					  0, 0};
	struct media_range range;

	while (accept && *accept) {
		accept = parse_media_range(accept, &range);
		offer_apply_range(&text, &range);
		offer_apply_range(&openmetrics, &range);
	}
	return openmetrics.quality > text.quality ? PROMETHEUS_OPENMETRICS : PROMETHEUS_TEXT;
}
