// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A report as plain text, for a terminal, a ticket or a mail: 78 columns. */
#include "report/chart.h"

#include <string.h>

#define WIDTH 78
#define COLUMN_LEAST 32 /* for a column that is folded */

/* Returns the columns that bytes take: continuation bytes of UTF-8 and marks take none. */
static size_t text_columns(const char *from, size_t bytes)
{
	size_t columns = 0, i;

	for (i = 0; i < bytes; i++)
		columns += (from[i] & 0xc0) != 0x80 && from[i] != MARK_CODE_CHAR &&
			   from[i] != MARK_END_CHAR;
	return columns;
}

static void text_add_word(struct buffer *out, const char *word, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (word[i] != MARK_CODE_CHAR && word[i] != MARK_END_CHAR)
			buffer_add_bytes(out, &word[i], 1);
}

static void text_add_line_end(struct buffer *out, size_t indent)
{
	buffer_add(out, "\n%*s", (int)indent, "");
}

/* Adds words from column `at` on, folded at WIDTH; further lines begin at `indent`. */
static void text_add_folded(struct buffer *out, const char *words, size_t at, size_t indent)
{
	int first = 1;

	while (*words) {
		size_t length = strcspn(words, " " MARK_BREAK);
		size_t columns = text_columns(words, length);

		if (!first && at + 1 + columns > WIDTH) {
			text_add_line_end(out, indent);
			at = indent;
		} else if (!first) {
			buffer_add(out, " ");
			at++;
		}
		text_add_word(out, words, length);
		at += columns;
		words += length;
		first = 0;
		if (*words == MARK_BREAK_CHAR) {
			text_add_line_end(out, indent);
			at = indent;
			first = 1;
		}
		words += *words != '\0';
	}
	buffer_add(out, "\n");
}

static void text_add_underlined(struct document *document, const char *words, char with)
{
	size_t columns = text_columns(words, strlen(words)), i;

	text_add_word(document->out, words, strlen(words));
	buffer_add(document->out, "\n");
	for (i = 0; i < columns; i++)
		buffer_add(document->out, "%c", with);
	buffer_add(document->out, "\n");
}

/* Adds a blank line unless there is one. */
static void text_add_gap(struct buffer *out)
{
	if (out->used > 1 && out->text[out->used - 2] != '\n')
		buffer_add(out, "\n");
}

static void text_begin(struct document *document, const char *title)
{
	text_add_underlined(document, title, '=');
}

static void text_heading(struct document *document, int level, const char *words)
{
	text_add_gap(document->out);
	if (level > document->section_level) {
		buffer_add(document->out, "%s%s\n", words, strchr(words, '?') ? "" : ":");
		return;
	}
	text_add_underlined(document, words, level == 2 ? '-' : '~');
	buffer_add(document->out, "\n");
}

static void text_highlights(struct document *document, const struct document_highlight *highlights,
			    size_t count)
{
	(void)document; /* the summary says it all */
	(void)highlights;
	(void)count;
}

static void text_paragraph(struct document *document, const char *words)
{
	text_add_gap(document->out);
	text_add_folded(document->out, words, 0, 0);
}

static void text_item(struct document *document, const char *words)
{
	struct buffer *out = document->out;

	/* not behind the heading of a list */
	if (!document->in_list && out->used > 1 && !strchr(":?", out->text[out->used - 2]))
		text_add_gap(out);
	buffer_add(out, "  - ");
	text_add_folded(document->out, words, 4, 4);
}

static void text_list_end(struct document *document)
{
	(void)document;
}

static size_t text_column_width(const struct document_table *table, size_t column)
{
	size_t row, width = 0, columns;

	for (row = 0; row < table->rows; row++) {
		const char *text = document_table_cell(table, row, column);

		columns = text_columns(text, strlen(text));
		width = columns > width ? columns : width;
	}
	return width;
}

static void text_add_blanks(struct buffer *out, size_t columns)
{
	buffer_add(out, "%*s", (int)columns, "");
}

static void text_add_cell(struct buffer *out, const char *text, size_t width, int right)
{
	size_t columns = text_columns(text, strlen(text));
	size_t blank = width > columns ? width - columns : 0;

	if (right)
		text_add_blanks(out, blank);
	text_add_word(out, text, strlen(text));
	if (!right)
		text_add_blanks(out, blank);
}

static void text_add_row(struct document *document, const struct document_table *table, size_t row)
{
	size_t column, last = table->columns - 1, at = 2;

	text_add_blanks(document->out, 2);
	for (column = 0; column < last; column++) {
		size_t width = text_column_width(table, column);

		text_add_cell(document->out, document_table_cell(table, row, column), width,
			      table->numbers && column == 1);
		text_add_blanks(document->out, 2);
		at += width + 2;
	}
	if (table->numbers) {
		text_add_cell(document->out, document_table_cell(table, row, last),
			      text_column_width(table, last), 1);
		buffer_add(document->out, "\n");
	} else {
		text_add_folded(document->out, document_table_cell(table, row, last), at, at);
	}
}

/* Adds a row as lines: the first cell, and below it the others, indented. */
static void text_add_stacked(struct document *document, const struct document_table *table,
			     size_t row)
{
	size_t column;

	for (column = 0; column < table->columns; column++) {
		size_t indent = column ? 4 : 2;

		text_add_blanks(document->out, indent);
		text_add_folded(document->out, document_table_cell(table, row, column), indent,
				indent);
	}
}

/* Adds a table. Where wide columns would leave too little for the last one, rows are stacked. */
static void text_table(struct document *document, const struct document_table *table)
{
	size_t row, column, taken = 2, last = table->columns - 1, needed;

	text_add_gap(document->out);
	for (column = 0; column < last; column++)
		taken += text_column_width(table, column) + 2;
	needed = text_column_width(table, last);
	if (!table->numbers && needed > COLUMN_LEAST)
		needed = COLUMN_LEAST;
	for (row = 0; row < table->rows; row++) {
		if (taken + needed <= WIDTH)
			text_add_row(document, table, row);
		else if (row || table->facts) /* a heading has no columns to stand above */
			text_add_stacked(document, table, row);
	}
}

/* Adds lines as they are, indented. */
static void text_log(struct document *document, const char *lines)
{
	size_t length;

	text_add_gap(document->out);
	for (; *lines; lines += length + (lines[length] != '\0')) {
		length = strcspn(lines, "\n");
		buffer_add(document->out, "  ");
		buffer_add_bytes(document->out, lines, length);
		buffer_add(document->out, "\n");
	}
}

static void text_timeline(struct document *document, const struct incident *incident)
{
	struct buffer caption = {0};

	text_add_gap(document->out);
	chart_add_text(document->out, incident, document->source);
	chart_add_caption(&caption, incident);
	text_paragraph(document, caption.text ? caption.text : "");
	document->failed |= caption.failed;
	buffer_free(&caption);
}

static void text_end(struct document *document)
{
	(void)document;
}

const struct document_writer document_text = {
	.begin = text_begin,
	.heading = text_heading,
	.highlights = text_highlights,
	.paragraph = text_paragraph,
	.warning = text_paragraph,
	.item = text_item,
	.list_end = text_list_end,
	.table = text_table,
	.log = text_log,
	.timeline = text_timeline,
	.end = text_end,
};
