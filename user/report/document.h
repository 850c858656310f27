/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a report is made of (headings, paragraphs, lists, tables, lines of a log, a timeline), and
 * the formats that write it down. What it says is incident_report_*.c.
 *
 * All words are UTF-8 without line ends. Those from outside, and what is to be typed, stand between
 * CODE and END: each format shows them its way, and escapes everything.
 */
#ifndef REPORT_DOCUMENT_H
#define REPORT_DOCUMENT_H

#include "report/report.h"

#define CODE "\001"
#define END "\002"
#define BREAK "\003" /* a line end within an item */
#define CODE_CHAR '\001'
#define END_CHAR '\002'
#define BREAK_CHAR '\003'

#define GRID_COLUMNS 3
#define GRID_ROWS 64

/* A table; the first row is its heading unless it is a list of facts. Zeroed is empty. */
struct grid {
	struct buffer cells[GRID_ROWS][GRID_COLUMNS];
	size_t rows, columns;
	int facts;   /* no heading; the first column names what the second one says */
	int numbers; /* all but the first column hold numbers */
	int total;   /* the last row sums up */
};

/* A figure that a reader should see first. */
struct highlight {
	char label[32], value[64];
};

struct page;

struct page_style {
	void (*begin)(struct page *page, const char *title);
	void (*heading)(struct page *page, int level, const char *words);
	void (*highlights)(struct page *page, const struct highlight *highlights, size_t count);
	void (*paragraph)(struct page *page, const char *words);
	void (*item)(struct page *page, const char *words); /* of a list */
	void (*list_end)(struct page *page);
	void (*grid)(struct page *page, const struct grid *grid);
	void (*log)(struct page *page, const char *lines); /* '\n' after each */
	void (*timeline)(struct page *page, const struct incident *incident);
	void (*end)(struct page *page);
};

struct page {
	const struct page_style *style;
	struct buffer *out;
	const struct report_origin *origin;
	struct buffer words; /* being put together */
	int section_level;   /* of the headings of sections; deeper ones head a list */
	int in_list;
	unsigned int pictures; /* drawn so far */
	int failed;
};

extern const struct page_style page_text, page_markdown, page_html;

/* Put together as by printf, then written. */
void page_heading(struct page *page, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void page_paragraph(struct page *page, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void page_item(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
void page_log(struct page *page, const struct buffer *lines);
void page_timeline(struct page *page, const struct incident *incident);
void page_end(struct page *page);

/* Adds a row of `columns` cells, to be filled by grid_cell(); 0 when there is no room. */
int grid_row(struct grid *grid);
void grid_cell(struct grid *grid, size_t column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* label, value: a row of facts */
void grid_fact(struct grid *grid, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes it, and empties it. */
void page_grid(struct page *page, struct grid *grid);

/* Words from outside, between CODE and END. */
void add_code(struct buffer *out, const char *words);

/* What grid->cells[row][column] says; "" when nothing. */
const char *grid_text(const struct grid *grid, size_t row, size_t column);

#endif
