// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The output of a monitoring plugin: one line of text and perfdata, then lines of detail. */
#include "view/plugin.h"

#include "util/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MOST 1200	      /* of the first line, before the perfdata */
#define DATA_MOST_OF_TWO 1400 /* of the perfdata when there are lines of detail */
#define FRAME_MOST 100	      /* of the words around text, perfdata and lines */
#define LABEL_MOST 120

const char *plugin_status_name(enum plugin_status status)
{
	static const char *const names[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

	return names[status];
}

enum plugin_status plugin_status_worse(enum plugin_status a, enum plugin_status b)
{
	static const int rank[] = {
		[PLUGIN_OK] = 0, [PLUGIN_UNKNOWN] = 1, [PLUGIN_WARNING] = 2, [PLUGIN_CRITICAL] = 3};

	return rank[a] >= rank[b] ? a : b;
}

/* ---- perfdata ----------------------------------------------------------------------------- */

/* Writes a part of a quoted label: a quote twice; '_' for '=' and for what ends line or perfdata.
 */
static void write_label_part(struct buffer *out, const char *words)
{
	size_t count = 0;

	for (; *words && count < LABEL_MOST; words++, count++) {
		unsigned char c = (unsigned char)*words;

		if (c == '\'')
			buffer_add_bytes(out, "''", 2);
		else if (c <= ' ' || c >= 0x7f || strchr("=|;", c))
			buffer_add_bytes(out, "_", 1);
		else
			buffer_add_bytes(out, words, 1);
	}
}

/* Writes "'prefix_name'"; with "#2" behind `prefix` when it is the second of that name. */
static void write_label(struct buffer *out, const char *prefix, unsigned int nth, const char *name)
{
	buffer_reset(out);
	buffer_add_bytes(out, "'", 1);
	write_label_part(out, prefix);
	if (nth > 1)
		buffer_add(out, "#%u", nth);
	if (*prefix)
		buffer_add_bytes(out, "_", 1);
	write_label_part(out, name);
	buffer_add_bytes(out, "'", 1);
}

/* Writes digits, a sign and a point only, without an exponent: every parser accepts that. */
static void write_number(struct buffer *out, double value)
{
	char digits[400];
	size_t used;

	snprintf(digits, sizeof(digits), "%.6f", value);
	used = strlen(digits);
	while (used && digits[used - 1] == '0')
		digits[--used] = '\0';
	if (used && digits[used - 1] == '.')
		digits[--used] = '\0';
	buffer_add(out, "%s", strcmp(digits, "-0") ? digits : "0");
}

static void write_limit(struct buffer *out, double limit)
{
	buffer_add_bytes(out, ";", 1);
	if (isfinite(limit))
		write_number(out, limit);
}

static void write_datum(struct buffer *out, const char *label, const struct plugin_datum *datum)
{
	size_t end;

	buffer_add(out, "%s%s=", out->used ? " " : "", label);
	write_number(out, datum->value);
	buffer_add(out, "%s;%s;%s", datum->unit, datum->warning ? datum->warning : "",
		   datum->critical ? datum->critical : "");
	write_limit(out, datum->least);
	write_limit(out, datum->most);
	/* Drops empty fields at the end, to save some of the 4 KB. */
	for (end = out->used; out->text && end && out->text[end - 1] == ';';)
		out->text[--end] = '\0';
	out->used = end;
}

static size_t data_room(const struct plugin_output *plugin)
{
	size_t text = plugin->text.used < TEXT_MOST ? plugin->text.used : TEXT_MOST;

	return plugin->detail ? DATA_MOST_OF_TWO : PLUGIN_SIZE - FRAME_MOST - text;
}

static int is_label_used(const struct plugin_output *plugin, const struct buffer *label)
{
	return plugin->data.used && label->used && strstr(plugin->data.text, label->text);
}

static void write_all(struct buffer *out, const struct plugin_output *plugin, const char *prefix,
		      const struct plugin_datum *data, size_t count)
{
	struct buffer label = {0};
	unsigned int nth = 1;
	size_t i;

	/* The labels of one prefix are used all or none. */
	write_label(&label, prefix, nth, data[0].name);
	while (is_label_used(plugin, &label))
		write_label(&label, prefix, ++nth, data[0].name);
	for (i = 0; i < count; i++) {
		write_label(&label, prefix, nth, data[i].name);
		if (!isfinite(data[i].value) || buffer_error(&label))
			continue;
		write_datum(out, label.text, &data[i]);
	}
	out->failed |= buffer_error(&label) != 0;
	buffer_free(&label);
}

void plugin_add_data(struct plugin_output *plugin, const char *prefix,
		     const struct plugin_datum *data, size_t count)
{
	struct buffer added = {0};

	/* Once one did not fit, none of the later ones, which are less bad, is added. */
	if (plugin->left_out) {
		plugin->left_out++;
		return;
	}
	write_all(&added, plugin, prefix, data, count);
	if (buffer_error(&added))
		plugin->data.failed = 1;
	else if (plugin->data.used + 1 + added.used > data_room(plugin))
		plugin->left_out++;
	else if (added.used)
		buffer_add(&plugin->data, "%s%s", plugin->data.used ? " " : "", added.text);
	buffer_free(&added);
}

/* ---- words -------------------------------------------------------------------------------- */

/* ASCII only, as monitoring systems read it; '|' would begin the perfdata. */
static void write_words(struct buffer *out, const char *words, size_t most)
{
	size_t length = strlen(words), used = length > most ? most - 3 : length, i = out->used;

	text_sanitize_bytes(out, words, used);
	for (; i < out->used; i++) {
		if (out->text[i] == '|')
			out->text[i] = '/';
		else if ((unsigned char)out->text[i] >= 0x7f)
			out->text[i] = '?';
	}
	if (used < length)
		buffer_add(out, "...");
}

void plugin_add_line(struct plugin_output *plugin, const char *format, ...)
{
	char line[400];
	va_list values;

	va_start(values, format);
	vsnprintf(line, sizeof(line), format, values);
	va_end(values);
	write_words(&plugin->lines, line, sizeof(line));
	buffer_add_bytes(&plugin->lines, "\n", 1);
}

/* Writes the whole lines that fit, then how many did not. */
static void write_lines(struct buffer *out, const struct buffer *lines)
{
	const char *line = lines->used ? lines->text : "", *end;
	size_t left_out = 0;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		size_t length = (size_t)(end - line) + 1;

		if (left_out || out->used + length > PLUGIN_SIZE - FRAME_MOST / 2)
			left_out++;
		else
			buffer_add_bytes(out, line, length);
	}
	if (left_out)
		buffer_add(out, "(%zu more lines did not fit)\n", left_out);
}

int plugin_write(struct buffer *out, const struct plugin_output *plugin)
{
	struct buffer all = {0};

	buffer_add(&all, "DNSREACH %s - ", plugin_status_name(plugin->status));
	write_words(&all, plugin->text.used ? plugin->text.text : "", TEXT_MOST);
	if (plugin->left_out)
		buffer_add(&all, " (perfdata of %zu more did not fit)", plugin->left_out);
	if (plugin->data.used)
		buffer_add(&all, " | %s", plugin->data.text);
	buffer_add_bytes(&all, "\n", 1);
	write_lines(&all, &plugin->lines);
	all.failed |= buffer_error(&plugin->text) || buffer_error(&plugin->data) ||
		      buffer_error(&plugin->lines);
	if (!buffer_error(&all))
		buffer_add_bytes(out, all.text, all.used);
	else
		out->failed = 1;
	buffer_free(&all);
	return buffer_error(out);
}

void plugin_free(struct plugin_output *plugin)
{
	buffer_free(&plugin->text);
	buffer_free(&plugin->data);
	buffer_free(&plugin->lines);
}
