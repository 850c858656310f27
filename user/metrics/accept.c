// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which of the two formats an Accept header asks for (RFC 9110, 12.5.1): each format has the
 * quality of the most specific range that it fits. OpenMetrics is chosen when its quality is
 * higher; so everything that just says "anything" gets text.
 */
#include "metrics/prometheus.h"

#include <string.h>

/* Part of the header: a type, or one side of a parameter without its quotes. */
struct part {
	const char *text;
	size_t length;
};

struct range {
	struct part type, version; /* version.text NULL: any */
	int quality;		   /* thousandths; 0: not wanted, or not understood */
};

struct offer {
	const char *type, *group, *version;
	int quality, precision; /* of the most specific range so far */
};

static int is(const struct part *part, const char *text)
{
	return part->length == strlen(text) && !strncasecmp(part->text, text, part->length);
}

static const char *skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

static struct part trimmed(const char *from, const char *end)
{
	while (end > from && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (end - from >= 2 && *from == '"' && end[-1] == '"') {
		from++;
		end--;
	}
	return (struct part){from, (size_t)(end - from)};
}

/* Up to one of `stops` outside of quotes. */
static const char *part_end(const char *at, const char *stops)
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

/* "0.75" is 750; what is no quality is 0. */
static int thousandths(const struct part *part)
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

static void take_parameter(struct range *range, const char *from, const char *end)
{
	const char *equals = memchr(from, '=', (size_t)(end - from));
	struct part name, value;

	if (!equals)
		return;
	name = trimmed(from, equals);
	value = trimmed(skip_blanks(equals + 1), end);
	if (is(&name, "q"))
		range->quality = thousandths(&value);
	else if (is(&name, "version"))
		range->version = value;
}

/* The range at `at`; returns where the next one begins, or the end of the header. */
static const char *read_range(const char *at, struct range *range)
{
	const char *from = skip_blanks(at), *end = part_end(from, ",;");

	*range = (struct range){.type = trimmed(from, end), .quality = 1000};
	while (*end == ';') {
		from = skip_blanks(end + 1);
		end = part_end(from, ",;");
		take_parameter(range, from, end);
	}
	return *end ? end + 1 : end;
}

/* How specific the range is about this offer; 0: it does not fit. */
static int precision(const struct range *range, const struct offer *offer)
{
	if (range->version.text && !is(&range->version, offer->version))
		return 0;
	if (is(&range->type, offer->type))
		return range->version.text ? 4 : 3;
	if (is(&range->type, offer->group))
		return 2;
	return is(&range->type, "*/*");
}

static void weigh(struct offer *offer, const struct range *range)
{
	int fit = precision(range, offer);

	if (!fit || fit < offer->precision)
		return;
	if (fit > offer->precision || range->quality > offer->quality)
		offer->quality = range->quality;
	offer->precision = fit;
}

enum prometheus_format prometheus_negotiate_format(const char *accept)
{
	struct offer text = {"text/plain", "text/*", "0.0.4", 0, 0};
	struct offer open = {"application/openmetrics-text", "application/*", "1.0.0", 0, 0};
	struct range range;

	while (accept && *accept) {
		accept = read_range(accept, &range);
		weigh(&text, &range);
		weigh(&open, &range);
	}
	return open.quality > text.quality ? PROMETHEUS_OPENMETRICS : PROMETHEUS_TEXT;
}
