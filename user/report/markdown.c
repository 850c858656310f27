// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A report as Markdown (CommonMark, with the tables of GitHub). Words from outside become code, in
 * which nothing has a meaning; a fence is longer than any that they could hold.
 */
#include "report/chart.h"

#include <string.h>

/* The longest run of backticks. */
static size_t longest_run(const char *from, size_t length)
{
	size_t run = 0, longest = 0, i;

	for (i = 0; i < length; i++) {
		run = from[i] == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static void add_fence(struct buffer *out, size_t length)
{
	while (length--)
		buffer_add(out, "`");
}

/* In a table a '|' ends the cell, even within code. */
static void add_byte(struct buffer *out, char c, int in_table)
{
	if (c == '|' && in_table)
		buffer_add(out, "\\|");
	else
		buffer_add_bytes(out, &c, 1);
}

static const char *add_code_span(struct buffer *out, const char *words, int in_table)
{
	size_t length = strcspn(words, END), fence = longest_run(words, length) + 1, i;

	/* a backtick at either end must not touch the fence */
	int apart = length && (words[0] == '`' || words[length - 1] == '`');

	add_fence(out, fence);
	buffer_add(out, "%s", apart ? " " : "");
	for (i = 0; i < length; i++)
		add_byte(out, words[i], in_table);
	buffer_add(out, "%s", apart ? " " : "");
	add_fence(out, fence);
	return words + length + (words[length] == END_CHAR);
}

static void add_inline(struct buffer *out, const char *words, int in_table)
{
	while (*words) {
		char c = *words++;

		if (c == CODE_CHAR) {
			words = add_code_span(out, words, in_table);
			continue;
		}
		if (c == BREAK_CHAR) {
			buffer_add(out, "  \n  ");
			continue;
		}
		if (strchr("\\`*_[]<>|&~#", c))
			buffer_add(out, "\\");
		buffer_add_bytes(out, &c, 1);
	}
}

static void markdown_heading(struct page *page, int level, const char *words)
{
	buffer_add(page->out, "%.*s ", level, "######");
	add_inline(page->out, words, 0);
	buffer_add(page->out, "\n\n");
}

static void markdown_begin(struct page *page, const char *title)
{
	buffer_add(page->out, "# ");
	add_inline(page->out, title, 0);
	buffer_add(page->out, "\n\n");
}

static void markdown_highlights(struct page *page, const struct highlight *highlights, size_t count)
{
	(void)page; /* the summary says it all */
	(void)highlights;
	(void)count;
}

static void markdown_paragraph(struct page *page, const char *words)
{
	add_inline(page->out, words, 0);
	buffer_add(page->out, "\n\n");
}

static void markdown_item(struct page *page, const char *words)
{
	buffer_add(page->out, "- ");
	add_inline(page->out, words, 0);
	buffer_add(page->out, "\n");
}

static void markdown_list_end(struct page *page)
{
	buffer_add(page->out, "\n");
}

static void add_row(struct buffer *out, const struct grid *grid, size_t row)
{
	size_t column;

	buffer_add(out, "|");
	for (column = 0; column < grid->columns; column++) {
		buffer_add(out, " ");
		add_inline(out, grid_text(grid, row, column), 1);
		buffer_add(out, " |");
	}
	buffer_add(out, "\n");
}

static void markdown_grid(struct page *page, const struct grid *grid)
{
	size_t row, column;

	if (grid->facts) {
		buffer_add(page->out, "|");
		for (column = 0; column < grid->columns; column++)
			buffer_add(page->out, "  |");
		buffer_add(page->out, "\n");
	} else {
		add_row(page->out, grid, 0);
	}
	buffer_add(page->out, "|");
	for (column = 0; column < grid->columns; column++)
		buffer_add(page->out, grid->numbers && column ? " --: |" : " --- |");
	buffer_add(page->out, "\n");
	for (row = grid->facts ? 0 : 1; row < grid->rows; row++)
		add_row(page->out, grid, row);
	buffer_add(page->out, "\n");
}

static void add_fenced(struct buffer *out, const char *lines)
{
	size_t fence = longest_run(lines, strlen(lines)) + 1;

	fence = fence < 3 ? 3 : fence;
	add_fence(out, fence);
	buffer_add(out, "text\n%s", lines);
	add_fence(out, fence);
	buffer_add(out, "\n\n");
}

static void markdown_log(struct page *page, const char *lines)
{
	add_fenced(page->out, lines);
}

static void markdown_timeline(struct page *page, const struct incident *incident)
{
	struct buffer picture = {0}, caption = {0};

	chart_text(&picture, incident);
	add_fenced(page->out, picture.text ? picture.text : "");
	chart_caption(&caption, incident);
	markdown_paragraph(page, caption.text ? caption.text : "");
	page->failed |= picture.failed | caption.failed;
	buffer_free(&picture);
	buffer_free(&caption);
}

/* One line end at the end, not two. */
static void markdown_end(struct page *page)
{
	struct buffer *out = page->out;

	while (out->used > 1 && out->text[out->used - 1] == '\n' &&
	       out->text[out->used - 2] == '\n')
		out->text[--out->used] = '\0';
}

const struct page_style page_markdown = {
	.begin = markdown_begin,
	.heading = markdown_heading,
	.highlights = markdown_highlights,
	.paragraph = markdown_paragraph,
	.item = markdown_item,
	.list_end = markdown_list_end,
	.grid = markdown_grid,
	.log = markdown_log,
	.timeline = markdown_timeline,
	.end = markdown_end,
};
