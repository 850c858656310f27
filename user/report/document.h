/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The document model of a report: headings, paragraphs, lists, tables, lines of a log and a
 * timeline, and the formats that write them.
 *
 * All words are UTF-8 without line ends. Words from outside, and commands, stand between MARK_CODE
 * and MARK_END. Each format shows these in its own form, and escapes everything. The id of an
 * incident that has a page of its own stands between MARK_LINK and MARK_LINK_END, in HTML alone.
 */
#ifndef REPORT_DOCUMENT_H
#define REPORT_DOCUMENT_H

#include "report/report_source.h"

#define MARK_CODE "\001"
#define MARK_END "\002"
#define MARK_BREAK "\003" /* a line end within an item */
#define MARK_LINK "\004"  /* to "?id=" and the digits up to MARK_LINK_END */
#define MARK_LINK_END "\005"
#define MARK_CODE_CHAR '\001'
#define MARK_END_CHAR '\002'
#define MARK_BREAK_CHAR '\003'
#define MARK_LINK_CHAR '\004'
#define MARK_LINK_END_CHAR '\005'

#define TABLE_COLUMNS 3
#define TABLE_ROWS 64

/* A table; its first row is a heading unless it is a list of facts. Zeroed is empty. */
struct document_table {
	struct buffer cells[TABLE_ROWS][TABLE_COLUMNS];
	size_t rows, columns;
	int facts;   /* no heading; the first column is a label, the second its value */
	int numbers; /* all but the first column hold numbers */
	int total;   /* the last row sums up */
	int blanks;  /* facts to be filled in by hand */
};

/* A figure to show above everything else. */
struct document_highlight {
	char label[32], value[64];
};

struct document;

struct document_writer {
	void (*begin)(struct document *document, const char *title);
	void (*heading)(struct document *document, int level, const char *words);
	void (*anchor)(struct document *document, unsigned long long id); /* NULL: no links */
	void (*highlights)(struct document *document, const struct document_highlight *highlights,
			   size_t count);
	void (*paragraph)(struct document *document, const char *words);
	void (*warning)(struct document *document, const char *words); /* "Warning: ..." */
	void (*item)(struct document *document, const char *words);    /* of a list */
	void (*list_end)(struct document *document);
	void (*table)(struct document *document, const struct document_table *table);
	void (*log)(struct document *document, const char *lines); /* '\n' after each */
	void (*timeline)(struct document *document, const struct incident *incident);
	void (*end)(struct document *document);
};

struct document {
	const struct document_writer *writer;
	struct buffer *out;
	const struct report_source *source;
	const struct report_style *style;
	struct buffer words; /* of the part that is being added */
	int section_level;   /* of the headings of sections; deeper ones head a list */
	int in_list;
	int explains;	       /* the lines of a log hold a query that is to be explained */
	unsigned int pictures; /* drawn so far */
	int failed;
};

extern const struct document_writer document_text, document_markdown, document_html;

/* Add a part; `format` and what follows are printf()'s. `level` is 2 to 4. */
void document_add_heading(struct document *document, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Returns 1 when "?id=" of an incident's id leads to its report: on the pages of a run. */
int document_has_ids(const struct document *document);

/* Adds an incident's id, as a link to the report of it alone where the format has links. */
void document_add_id(const struct document *document, struct buffer *out, unsigned long long id);

/* Adds a place that "#incident-ID" leads to, where the format has links. */
void document_add_anchor(struct document *document, unsigned long long id);
void document_add_paragraph(struct document *document, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void document_add_warning(struct document *document, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void document_add_item(struct document *document, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void document_add_log(struct document *document, const struct buffer *lines);
void document_add_timeline(struct document *document, const struct incident *incident);
void document_end(struct document *document);

/* Adds an empty row, for document_table_set_cell(); returns 0 when there is no room. */
int document_table_add_row(struct document_table *table);
void document_table_set_cell(struct document_table *table, size_t column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds a row of facts: label and value. */
void document_table_add_fact(struct document_table *table, const char *label, const char *format,
			     ...) __attribute__((format(printf, 3, 4)));

/* Adds the table, and empties it. */
void document_add_table(struct document *document, struct document_table *table);

/* Adds words from outside, sanitized, between MARK_CODE and MARK_END. */
void document_add_code(struct buffer *out, const char *words);

/* Returns the text of a cell; "" when it is empty. */
const char *document_table_cell(const struct document_table *table, size_t row, size_t column);

#endif
