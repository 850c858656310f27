// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A report as Markdown (CommonMark, with the tables of GitHub). Words from outside become code, in
 * which nothing has a meaning; a fence is longer than any that they could hold.
 */
#include "report/chart.h"

#include <string.h>

/* Returns the length of the longest run of backticks. */
static size_t markdown_backticks(const char *from, size_t length)
{
	size_t run = 0, longest = 0, i;

	for (i = 0; i < length; i++) {
		run = from[i] == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static void markdown_add_fence(struct buffer *out, size_t length)
{
	while (length--)
		buffer_add(out, "`");
}

/* Adds one byte; in a table a '|' would end the cell, even within code. */
static void markdown_add_byte(struct buffer *out, char c, int in_table)
{
	if (c == '|' && in_table)
		buffer_add(out, "\\|");
	else
		buffer_add_bytes(out, &c, 1);
}

static const char *markdown_add_code_span(struct buffer *out, const char *words, int in_table)
{
	size_t length = strcspn(words, MARK_END), fence = markdown_backticks(words, length) + 1, i;

	/* a backtick at either end must not touch the fence */
	int apart = length && (words[0] == '`' || words[length - 1] == '`');

	markdown_add_fence(out, fence);
	buffer_add(out, "%s", apart ? " " : "");
	for (i = 0; i < length; i++)
		markdown_add_byte(out, words[i], in_table);
	buffer_add(out, "%s", apart ? " " : "");
	markdown_add_fence(out, fence);
	return words + length + (words[length] == MARK_END_CHAR);
}

static void markdown_add_inline(struct buffer *out, const char *words, int in_table)
{
	while (*words) {
		char c = *words++;

		if (c == MARK_CODE_CHAR) {
			words = markdown_add_code_span(out, words, in_table);
			continue;
		}
		if (c == MARK_BREAK_CHAR) {
			buffer_add(out, "  \n  ");
			continue;
		}
		if (strchr("\\`*_[]<>|&~#", c))
			buffer_add(out, "\\");
		buffer_add_bytes(out, &c, 1);
	}
}

static void markdown_heading(struct document *document, int level, const char *words)
{
	buffer_add(document->out, "%.*s ", level, "######");
	markdown_add_inline(document->out, words, 0);
	buffer_add(document->out, "\n\n");
}

static void markdown_begin(struct document *document, const char *title)
{
	buffer_add(document->out, "# ");
	markdown_add_inline(document->out, title, 0);
	buffer_add(document->out, "\n\n");
}

static void markdown_highlights(struct document *document,
				const struct document_highlight *highlights, size_t count)
{
	(void)document; /* the summary says it all */
	(void)highlights;
	(void)count;
}

static void markdown_paragraph(struct document *document, const char *words)
{
	markdown_add_inline(document->out, words, 0);
	buffer_add(document->out, "\n\n");
}

static void markdown_item(struct document *document, const char *words)
{
	buffer_add(document->out, "- ");
	markdown_add_inline(document->out, words, 0);
	buffer_add(document->out, "\n");
}

static void markdown_list_end(struct document *document)
{
	buffer_add(document->out, "\n");
}

static void markdown_add_row(struct buffer *out, const struct document_table *table, size_t row)
{
	size_t column;

	buffer_add(out, "|");
	for (column = 0; column < table->columns; column++) {
		buffer_add(out, " ");
		markdown_add_inline(out, document_table_cell(table, row, column), 1);
		buffer_add(out, " |");
	}
	buffer_add(out, "\n");
}

/* Adds facts to fill in: a label, and a line of its own to write on. */
static void markdown_add_blanks(struct document *document, const struct document_table *table)
{
	size_t row;

	for (row = 0; row < table->rows; row++) {
		buffer_add(document->out, "- ");
		markdown_add_inline(document->out, document_table_cell(table, row, 0), 0);
		buffer_add(document->out, ": ...\n");
	}
	buffer_add(document->out, "\n");
}

static void markdown_table(struct document *document, const struct document_table *table)
{
	size_t row, column;

	if (table->blanks) {
		markdown_add_blanks(document, table);
		return;
	}
	if (table->facts) {
		buffer_add(document->out, "|");
		for (column = 0; column < table->columns; column++)
			buffer_add(document->out, "  |");
		buffer_add(document->out, "\n");
	} else {
		markdown_add_row(document->out, table, 0);
	}
	buffer_add(document->out, "|");
	for (column = 0; column < table->columns; column++)
		buffer_add(document->out, table->numbers && column ? " --: |" : " --- |");
	buffer_add(document->out, "\n");
	for (row = table->facts ? 0 : 1; row < table->rows; row++)
		markdown_add_row(document->out, table, row);
	buffer_add(document->out, "\n");
}

static void markdown_add_fenced(struct buffer *out, const char *lines)
{
	size_t fence = markdown_backticks(lines, strlen(lines)) + 1;

	fence = fence < 3 ? 3 : fence;
	markdown_add_fence(out, fence);
	buffer_add(out, "text\n%s", lines);
	markdown_add_fence(out, fence);
	buffer_add(out, "\n\n");
}

static void markdown_log(struct document *document, const char *lines)
{
	markdown_add_fenced(document->out, lines);
}

static void markdown_timeline(struct document *document, const struct incident *incident)
{
	struct buffer picture = {0}, caption = {0};

	chart_add_text(&picture, incident, document->source);
	markdown_add_fenced(document->out, picture.text ? picture.text : "");
	chart_add_caption(&caption, incident);
	markdown_paragraph(document, caption.text ? caption.text : "");
	document->failed |= picture.failed | caption.failed;
	buffer_free(&picture);
	buffer_free(&caption);
}

/* Leaves one line end at the end. */
static void markdown_end(struct document *document)
{
	struct buffer *out = document->out;

	while (out->used > 1 && out->text[out->used - 1] == '\n' &&
	       out->text[out->used - 2] == '\n')
		out->text[--out->used] = '\0';
}

const struct document_writer document_markdown = {
	.begin = markdown_begin,
	.heading = markdown_heading,
	.highlights = markdown_highlights,
	.paragraph = markdown_paragraph,
	.warning = markdown_paragraph,
	.item = markdown_item,
	.list_end = markdown_list_end,
	.table = markdown_table,
	.log = markdown_log,
	.timeline = markdown_timeline,
	.end = markdown_end,
};
