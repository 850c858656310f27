// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A report as one HTML file that needs no other: no script, font or picture from outside (its
 * Content-Security-Policy forbids them). Its style is report.css, its picture is in chart.c.
 */
#include "report/chart.h"
#include "report/phrase.h"
#include "report_files.h"

#include <string.h>

#define CHART_TIMES 5

/* Adds one byte as text; control characters are dropped. */
static void html_add_escaped(struct buffer *out, char c)
{
	if (c == '&')
		buffer_add(out, "&amp;");
	else if (c == '<')
		buffer_add(out, "&lt;");
	else if (c == '>')
		buffer_add(out, "&gt;");
	else if (c == '"')
		buffer_add(out, "&quot;");
	else if (c == '\'')
		buffer_add(out, "&#39;");
	else if ((unsigned char)c >= 0x20 || c == '\n')
		buffer_add_bytes(out, &c, 1);
}

static void html_add_link(struct buffer *out, const char *id)
{
	buffer_add(out, "<a href=\"?id=%.*s\">", (int)strcspn(id, MARK_LINK_END), id);
}

static void html_add_inline(struct buffer *out, const char *words)
{
	for (; *words; words++) {
		if (*words == MARK_CODE_CHAR)
			buffer_add(out, "<code>");
		else if (*words == MARK_END_CHAR)
			buffer_add(out, "</code>");
		else if (*words == MARK_BREAK_CHAR)
			buffer_add(out, "<br>");
		else if (*words == MARK_LINK_CHAR)
			html_add_link(out, words + 1);
		else if (*words == MARK_LINK_END_CHAR)
			buffer_add(out, "</a>");
		else
			html_add_escaped(out, *words);
	}
}

static void html_add_element(struct buffer *out, const char *name, const char *words)
{
	buffer_add(out, "<%s>", name);
	html_add_inline(out, words);
	buffer_add(out, "</%s>\n", name);
}

static void html_begin(struct document *document, const char *title)
{
	buffer_add(document->out,
		   "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		   "<meta http-equiv=\"Content-Security-Policy\" "
		   "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		   "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
		   "<meta name=\"color-scheme\" content=\"light dark\">\n");
	html_add_element(document->out, "title", title);
	buffer_add(document->out, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", report_css);
	html_add_element(document->out, "h1", title);
}

static void html_heading(struct document *document, int level, const char *words)
{
	static const char *const names[] = {"h1", "h1", "h2", "h3", "h4"};

	html_add_element(document->out, names[level < 4 ? level : 4], words);
}

static void html_anchor(struct document *document, unsigned long long id)
{
	buffer_add(document->out, "<a id=\"incident-%llu\"></a>\n", id);
}

static void html_highlights(struct document *document, const struct document_highlight *highlights,
			    size_t count)
{
	size_t i;

	buffer_add(document->out, "<dl class=\"cards\">\n");
	for (i = 0; i < count; i++) {
		buffer_add(document->out, "<div>");
		html_add_element(document->out, "dt", highlights[i].label);
		html_add_element(document->out, "dd", highlights[i].value);
		buffer_add(document->out, "</div>\n");
	}
	buffer_add(document->out, "</dl>\n");
}

static void html_paragraph(struct document *document, const char *words)
{
	html_add_element(document->out, "p", words);
}

static void html_warning(struct document *document, const char *words)
{
	buffer_add(document->out, "<p class=\"warning\">");
	html_add_inline(document->out, words);
	buffer_add(document->out, "</p>\n");
}

static void html_item(struct document *document, const char *words)
{
	if (!document->in_list)
		buffer_add(document->out, "<ul>\n");
	html_add_element(document->out, "li", words);
}

static void html_list_end(struct document *document)
{
	buffer_add(document->out, "</ul>\n");
}

static void html_add_row(struct buffer *out, const struct document_table *table, size_t row)
{
	int heading = !row && !table->facts;
	size_t column;

	buffer_add(out, "<tr>");
	for (column = 0; column < table->columns; column++) {
		int names = heading || (table->facts && !column);

		if (names)
			buffer_add(out, "<th scope=\"%s\">", heading ? "col" : "row");
		else
			buffer_add(out, "<td>");
		html_add_inline(out, document_table_cell(table, row, column));
		buffer_add(out, names ? "</th>" : "</td>");
	}
	buffer_add(out, "</tr>\n");
}

static void html_table(struct document *document, const struct document_table *table)
{
	size_t row = 0;

	buffer_add(document->out, "<table class=\"%s%s\">\n",
		   table->blanks    ? "facts blanks"
		   : table->facts   ? "facts"
		   : table->numbers ? "numbers"
				    : "list",
		   table->total ? " total" : "");
	if (!table->facts) {
		buffer_add(document->out, "<thead>\n");
		html_add_row(document->out, table, row++);
		buffer_add(document->out, "</thead>\n");
	}
	buffer_add(document->out, "<tbody>\n");
	for (; row < table->rows; row++)
		html_add_row(document->out, table, row);
	buffer_add(document->out, "</tbody>\n</table>\n");
}

static void html_log(struct document *document, const char *lines)
{
	buffer_add(document->out, "<pre>");
	for (; *lines; lines++)
		html_add_escaped(document->out, *lines);
	buffer_add(document->out, "</pre>\n");
}

static void html_add_legend(struct buffer *out, const struct incident *incident)
{
	size_t kind;
	__u32 i;

	buffer_add(out, "<ul class=\"legend\">\n");
	for (kind = 0; kind < CHART_KINDS; kind++) {
		for (i = 0; i < incident->slot_count; i++)
			if (chart_value(&incident->slots[i], kind))
				break;
		if (i == incident->slot_count)
			continue;
		buffer_add(out,
			   "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\">"
			   "<path class=\"%s\" d=\"%s\"/></svg>%s</li>\n",
			   chart_kinds[kind].class,
			   kind == CHART_KINDS - 1 ? "M0 6h10v4H0z" : "M0 0h10v10H0z",
			   chart_kind_name(incident, kind));
	}
	buffer_add(out, "</ul>\n");
}

/* Adds the scale beside the bars: its text stays readable at any width. */
static void html_add_scale(struct buffer *out, const struct incident *incident)
{
	unsigned long long highest = chart_highest(incident);

	buffer_add(out, "<div class=\"scale\" aria-hidden=\"true\"><span>%llu</span>", highest);
	if (highest % 2 == 0)
		buffer_add(out, "<span>%llu</span>", highest / 2);
	buffer_add(out, "<span>0</span></div>\n");
}

/* Adds five times below the bars; the style hides two of them where it is narrow. */
static void html_add_times(struct document *document, const struct incident *incident)
{
	char clock[PHRASE_SIZE];
	__u64 i;

	buffer_add(document->out, "<div class=\"times\" aria-hidden=\"true\">");
	for (i = 0; i < CHART_TIMES; i++)
		buffer_add(document->out, "<span>%s</span>",
			   phrase_clock(document->source,
					incident->slot_start_ns + i * chart_slots_shown(incident) *
									  incident->slot_ns /
									  (CHART_TIMES - 1),
					clock));
	buffer_add(document->out, "</div>\n");
}

static void html_timeline(struct document *document, const struct incident *incident)
{
	struct buffer caption = {0};

	buffer_add(document->out, "<figure>\n<div class=\"chart\">\n");
	html_add_scale(document->out, incident);
	chart_add_svg(document->out, incident, document->source, document->pictures);
	html_add_times(document, incident);
	buffer_add(document->out, "</div>\n");
	html_add_legend(document->out, incident);
	chart_add_caption(&caption, incident);
	html_add_element(document->out, "figcaption", caption.text ? caption.text : "");
	buffer_add(document->out, "</figure>\n");
	document->failed |= caption.failed;
	buffer_free(&caption);
}

static void html_end(struct document *document)
{
	buffer_add(document->out, "</main>\n</body>\n</html>\n");
}

const struct document_writer document_html = {
	.begin = html_begin,
	.heading = html_heading,
	.anchor = html_anchor,
	.highlights = html_highlights,
	.paragraph = html_paragraph,
	.warning = html_warning,
	.item = html_item,
	.list_end = html_list_end,
	.table = html_table,
	.log = html_log,
	.timeline = html_timeline,
	.end = html_end,
};
