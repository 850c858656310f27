// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A report as plain text, for a terminal, a ticket or a mail: 78 columns. */
#include "report/chart.h"

#include <string.h>

#define WIDTH 78

/* The columns that bytes take: those of UTF-8 that go on a character take none. */
static size_t columns_of(const char *from, size_t bytes)
{
	size_t columns = 0, i;

	for (i = 0; i < bytes; i++)
		columns += (from[i] & 0xc0) != 0x80 && from[i] != CODE_CHAR && from[i] != END_CHAR;
	return columns;
}

static void add_word(struct buffer *out, const char *word, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (word[i] != CODE_CHAR && word[i] != END_CHAR)
			buffer_add_bytes(out, &word[i], 1);
}

static void new_line(struct buffer *out, size_t indent)
{
	buffer_add(out, "\n%*s", (int)indent, "");
}

/* Words from column `at` on, folded at the width; further lines begin at `indent`. */
static void fold(struct buffer *out, const char *words, size_t at, size_t indent)
{
	int first = 1;

	while (*words) {
		size_t length = strcspn(words, " " BREAK);
		size_t columns = columns_of(words, length);

		if (!first && at + 1 + columns > WIDTH) {
			new_line(out, indent);
			at = indent;
		} else if (!first) {
			buffer_add(out, " ");
			at++;
		}
		add_word(out, words, length);
		at += columns;
		words += length;
		first = 0;
		if (*words == BREAK_CHAR) {
			new_line(out, indent);
			at = indent;
			first = 1;
		}
		words += *words != '\0';
	}
	buffer_add(out, "\n");
}

static void underlined(struct page *page, const char *words, char with)
{
	size_t columns = columns_of(words, strlen(words)), i;

	add_word(page->out, words, strlen(words));
	buffer_add(page->out, "\n");
	for (i = 0; i < columns; i++)
		buffer_add(page->out, "%c", with);
	buffer_add(page->out, "\n");
}

/* One blank line. */
static void gap(struct buffer *out)
{
	if (out->used > 1 && out->text[out->used - 2] != '\n')
		buffer_add(out, "\n");
}

static void text_begin(struct page *page, const char *title)
{
	underlined(page, title, '=');
}

static void text_heading(struct page *page, int level, const char *words)
{
	gap(page->out);
	if (level > page->section_level) {
		buffer_add(page->out, "%s:\n", words);
		return;
	}
	underlined(page, words, level == 2 ? '-' : '~');
	buffer_add(page->out, "\n");
}

static void text_highlights(struct page *page, const struct highlight *highlights, size_t count)
{
	(void)page; /* the summary says it all */
	(void)highlights;
	(void)count;
}

static void text_paragraph(struct page *page, const char *words)
{
	gap(page->out);
	fold(page->out, words, 0, 0);
}

static void text_item(struct page *page, const char *words)
{
	struct buffer *out = page->out;

	/* not behind the heading of a list, which ends with a colon */
	if (!page->in_list && out->used > 1 && out->text[out->used - 2] != ':')
		gap(out);
	buffer_add(out, "  - ");
	fold(page->out, words, 4, 4);
}

static void text_list_end(struct page *page)
{
	(void)page;
}

static size_t widest(const struct grid *grid, size_t column)
{
	size_t row, width = 0, columns;

	for (row = 0; row < grid->rows; row++) {
		const char *text = grid_text(grid, row, column);

		columns = columns_of(text, strlen(text));
		width = columns > width ? columns : width;
	}
	return width;
}

static void pad(struct buffer *out, size_t columns)
{
	buffer_add(out, "%*s", (int)columns, "");
}

static void add_cell(struct buffer *out, const char *text, size_t width, int right)
{
	size_t columns = columns_of(text, strlen(text));
	size_t blank = width > columns ? width - columns : 0;

	if (right)
		pad(out, blank);
	add_word(out, text, strlen(text));
	if (!right)
		pad(out, blank);
}

/* The last column is folded. */
static void text_grid(struct page *page, const struct grid *grid)
{
	size_t row, column, last = grid->columns - 1, at;

	gap(page->out);
	for (row = 0; row < grid->rows; row++) {
		at = 2;
		pad(page->out, 2);
		for (column = 0; column < last; column++) {
			size_t width = widest(grid, column);

			add_cell(page->out, grid_text(grid, row, column), width,
				 grid->numbers && column == 1);
			pad(page->out, 2);
			at += width + 2;
		}
		if (grid->numbers)
			add_cell(page->out, grid_text(grid, row, last), widest(grid, last), 1);
		if (grid->numbers)
			buffer_add(page->out, "\n");
		else
			fold(page->out, grid_text(grid, row, last), at, at);
	}
}

/* Lines as they are, set in. */
static void text_log(struct page *page, const char *lines)
{
	size_t length;

	gap(page->out);
	for (; *lines; lines += length + (lines[length] != '\0')) {
		length = strcspn(lines, "\n");
		buffer_add(page->out, "  ");
		buffer_add_bytes(page->out, lines, length);
		buffer_add(page->out, "\n");
	}
}

static void text_timeline(struct page *page, const struct incident *incident)
{
	struct buffer caption = {0};

	gap(page->out);
	chart_text(page->out, incident);
	chart_caption(&caption, incident);
	text_paragraph(page, caption.text ? caption.text : "");
	page->failed |= caption.failed;
	buffer_free(&caption);
}

static void text_end(struct page *page)
{
	(void)page;
}

const struct page_style page_text = {
	.begin = text_begin,
	.heading = text_heading,
	.highlights = text_highlights,
	.paragraph = text_paragraph,
	.item = text_item,
	.list_end = text_list_end,
	.grid = text_grid,
	.log = text_log,
	.timeline = text_timeline,
	.end = text_end,
};
