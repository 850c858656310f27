// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The parts of a report, put together before a format writes them. */
#include "report/document.h"

#include "util/text_sanitize.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void add_values(struct buffer *out, const char *format, va_list values)
{
	char *words;

	if (vasprintf(&words, format, values) < 0) {
		out->failed = 1;
		return;
	}
	buffer_add(out, "%s", words);
	free(words);
}

void add_code(struct buffer *out, const char *words)
{
	buffer_add(out, CODE);
	text_sanitize(out, words);
	buffer_add(out, END);
}

/* The words for the next part: "" rather than none. */
static const char *take(struct page *page, const char *format, va_list values)
{
	buffer_reset(&page->words);
	add_values(&page->words, format, values);
	page->failed |= page->words.failed;
	return page->words.text ? page->words.text : "";
}

static void end_list(struct page *page)
{
	if (page->in_list)
		page->style->list_end(page);
	page->in_list = 0;
}

void page_heading(struct page *page, int level, const char *format, ...)
{
	va_list values;

	end_list(page);
	va_start(values, format);
	page->style->heading(page, level, take(page, format, values));
	va_end(values);
}

void page_paragraph(struct page *page, const char *format, ...)
{
	va_list values;

	end_list(page);
	va_start(values, format);
	page->style->paragraph(page, take(page, format, values));
	va_end(values);
}

void page_item(struct page *page, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	page->style->item(page, take(page, format, values));
	va_end(values);
	page->in_list = 1;
}

void page_log(struct page *page, const struct buffer *lines)
{
	end_list(page);
	page->failed |= lines->failed;
	page->style->log(page, lines->text ? lines->text : "");
}

void page_timeline(struct page *page, const struct incident *incident)
{
	end_list(page);
	page->pictures++;
	page->style->timeline(page, incident);
}

void page_end(struct page *page)
{
	end_list(page);
	page->style->end(page);
}

/* ---- tables --------------------------------------------------------------------------------- */

int grid_row(struct grid *grid)
{
	if (grid->rows == GRID_ROWS)
		return 0;
	grid->rows++;
	return 1;
}

void grid_cell(struct grid *grid, size_t column, const char *format, ...)
{
	va_list values;

	if (column >= grid->columns)
		grid->columns = column + 1;
	va_start(values, format);
	add_values(&grid->cells[grid->rows - 1][column], format, values);
	va_end(values);
}

void grid_fact(struct grid *grid, const char *label, const char *format, ...)
{
	va_list values;

	grid->facts = 1;
	if (!grid_row(grid))
		return;
	grid_cell(grid, 0, "%s", label);
	grid_cell(grid, 1, "%s", "");
	va_start(values, format);
	add_values(&grid->cells[grid->rows - 1][1], format, values);
	va_end(values);
}

const char *grid_text(const struct grid *grid, size_t row, size_t column)
{
	const char *text = grid->cells[row][column].text;

	return text ? text : "";
}

void page_grid(struct page *page, struct grid *grid)
{
	size_t row, column;

	end_list(page);
	if (grid->rows)
		page->style->grid(page, grid);
	for (row = 0; row < GRID_ROWS; row++)
		for (column = 0; column < GRID_COLUMNS; column++) {
			page->failed |= grid->cells[row][column].failed;
			buffer_free(&grid->cells[row][column]);
		}
	grid->rows = grid->columns = 0;
	grid->facts = grid->numbers = grid->total = 0;
}
