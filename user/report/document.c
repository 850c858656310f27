// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The parts of a report, formatted before a document format writes them. */
#include "report/document.h"

#include "util/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void document_add_values(struct buffer *out, const char *format, va_list values)
{
	char *words;

	if (vasprintf(&words, format, values) < 0) {
		out->failed = 1;
		return;
	}
	buffer_add(out, "%s", words);
	free(words);
}

void document_add_code(struct buffer *out, const char *words)
{
	buffer_add(out, MARK_CODE);
	text_sanitize(out, words);
	buffer_add(out, MARK_END);
}

/* Formats the words of the next part; "" when out of memory. */
static const char *document_format_words(struct document *document, const char *format,
					 va_list values)
{
	buffer_reset(&document->words);
	document_add_values(&document->words, format, values);
	document->failed |= document->words.failed;
	return document->words.text ? document->words.text : "";
}

static void document_end_list(struct document *document)
{
	if (document->in_list)
		document->writer->list_end(document);
	document->in_list = 0;
}

void document_add_heading(struct document *document, int level, const char *format, ...)
{
	va_list values;

	document_end_list(document);
	va_start(values, format);
	document->writer->heading(document, level, document_format_words(document, format, values));
	va_end(values);
}

/* Incidents of one run have ids of their own; those of a file can be of many runs. */
int document_has_ids(const struct document *document)
{
	return document->source->kind == REPORT_OF_TRAFFIC;
}

void document_add_id(const struct document *document, struct buffer *out, unsigned long long id)
{
	buffer_add(out, document->writer->anchor ? MARK_LINK "%llu" MARK_LINK_END : "%llu", id);
}

void document_add_anchor(struct document *document, unsigned long long id)
{
	document_end_list(document);
	if (document->writer->anchor)
		document->writer->anchor(document, id);
}

void document_add_paragraph(struct document *document, const char *format, ...)
{
	va_list values;

	document_end_list(document);
	va_start(values, format);
	document->writer->paragraph(document, document_format_words(document, format, values));
	va_end(values);
}

void document_add_warning(struct document *document, const char *format, ...)
{
	va_list values;

	document_end_list(document);
	buffer_reset(&document->words);
	buffer_add(&document->words, "Warning: ");
	va_start(values, format);
	document_add_values(&document->words, format, values);
	va_end(values);
	document->failed |= document->words.failed;
	document->writer->warning(document, document->words.text ? document->words.text : "");
}

void document_add_item(struct document *document, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	document->writer->item(document, document_format_words(document, format, values));
	va_end(values);
	document->in_list = 1;
}

void document_add_log(struct document *document, const struct buffer *lines)
{
	document_end_list(document);
	document->failed |= lines->failed;
	document->writer->log(document, lines->text ? lines->text : "");
}

void document_add_timeline(struct document *document, const struct incident *incident)
{
	document_end_list(document);
	document->pictures++;
	document->writer->timeline(document, incident);
}

void document_end(struct document *document)
{
	document_end_list(document);
	document->writer->end(document);
}

/* ---- tables --------------------------------------------------------------------------------- */

int document_table_add_row(struct document_table *table)
{
	if (table->rows == TABLE_ROWS)
		return 0;
	table->rows++;
	return 1;
}

void document_table_set_cell(struct document_table *table, size_t column, const char *format, ...)
{
	va_list values;

	if (column >= table->columns)
		table->columns = column + 1;
	va_start(values, format);
	document_add_values(&table->cells[table->rows - 1][column], format, values);
	va_end(values);
}

void document_table_add_fact(struct document_table *table, const char *label, const char *format,
			     ...)
{
	va_list values;

	table->facts = 1;
	if (!document_table_add_row(table))
		return;
	document_table_set_cell(table, 0, "%s", label);
	document_table_set_cell(table, 1, "%s", "");
	va_start(values, format);
	document_add_values(&table->cells[table->rows - 1][1], format, values);
	va_end(values);
}

const char *document_table_cell(const struct document_table *table, size_t row, size_t column)
{
	const char *text = table->cells[row][column].text;

	return text ? text : "";
}

void document_add_table(struct document *document, struct document_table *table)
{
	size_t row, column;

	document_end_list(document);
	if (table->rows)
		document->writer->table(document, table);
	for (row = 0; row < TABLE_ROWS; row++)
		for (column = 0; column < TABLE_COLUMNS; column++) {
			document->failed |= table->cells[row][column].failed;
			buffer_free(&table->cells[row][column]);
		}
	table->rows = table->columns = 0;
	table->facts = table->numbers = table->total = table->blanks = 0;
}
