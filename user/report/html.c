// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A report as one HTML file that needs nothing else: no script, no font, no picture from outside
 * (its own policy forbids them). Light and dark, and on paper. The picture is
 * incident_report_svg.c.
 */
#include "report/chart.h"

#include <string.h>

static const char style[] =
	":root{color-scheme:light dark;--paper:#fff;--ink:#1c2430;--soft:#5a6575;--line:#dde2e9;"
	"--card:#f5f7fa;--mark:#b3261e;--unreachable:#d1480f;--timed-out:#eba417;--unsent:#a34a92;"
	"--answered:#2f8f7a;--late:#1c2430}\n"
	"@media(prefers-color-scheme:dark){:root{--paper:#14181f;--ink:#e4e8ee;--soft:#9aa5b4;"
	"--line:#303844;--card:#1d232c;--mark:#ff8a7a;--unreachable:#f0703a;--timed-out:#f2bd4b;"
	"--unsent:#cf86c1;--answered:#4fb8a1;--late:#e4e8ee}}\n"
	"@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;"
	"--card:#fff;--mark:#8c1d18;--unreachable:#d1480f;--timed-out:#eba417;--unsent:#a34a92;"
	"--answered:#2f8f7a;--late:#000}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--paper);color:var(--ink);"
	"font:16px/1.55 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",\"DejaVu Sans\","
	"sans-serif}\n"
	"main{max-width:54rem;margin:0 auto;padding:2.5rem 1.5rem 4rem}\n"
	"h1{font-size:1.7rem;line-height:1.25;margin:0 0 1rem}\n"
	"h2{font-size:1.2rem;margin:2.4rem 0 .7rem;padding-top:1.1rem;border-top:1px solid "
	"var(--line)}\n"
	"h3{font-size:1rem;margin:1.4rem 0 .4rem}\n"
	"h4{font-size:.95rem;margin:1.2rem 0 .3rem;color:var(--soft)}\n"
	"p{margin:.6rem 0}h1+p{font-size:1.1rem}\n"
	"ul{margin:.3rem 0 .8rem;padding-left:1.3rem}li{margin:.3rem 0}\n"
	"code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\","
	"monospace;font-size:.88em}\n"
	"code{background:var(--card);border:1px solid var(--line);border-radius:4px;"
	"padding:.05em .35em;overflow-wrap:anywhere}\n"
	"pre{background:var(--card);border:1px solid var(--line);border-radius:8px;"
	"padding:.8rem 1rem;overflow-x:auto;line-height:1.5}\n"
	"table{border-collapse:collapse;width:100%;margin:.6rem 0}\n"
	"th,td{text-align:left;vertical-align:top;padding:.42rem .8rem .42rem 0;"
	"border-bottom:1px solid var(--line)}\n"
	"th{font-weight:600}.facts th{width:9.5rem;color:var(--soft);font-weight:500}"
	".facts tr:last-child>*{border-bottom:0}\n"
	".numbers{max-width:38rem}.numbers th:nth-child(n+2),.numbers td:nth-child(n+2)"
	"{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n"
	".total tr:last-child td{font-weight:700;border-bottom:0}\n"
	".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.8rem;"
	"margin:1.4rem 0 0}\n"
	".cards div{background:var(--card);border:1px solid var(--line);border-radius:8px;"
	"padding:.7rem 1rem}\n"
	".cards dt{font-size:.85rem;color:var(--soft)}.cards dd{margin:0;font-size:1.3rem;"
	"font-weight:650;overflow-wrap:anywhere}\n"
	".cards div:first-child dd{color:var(--mark)}\n"
	"figure{margin:1rem 0}svg{display:block;width:100%;height:auto}\n"
	"figcaption{font-size:.9rem;color:var(--soft)}\n"
	".legend{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;list-style:none;margin:.4rem 0;"
	"padding:0}.legend li{margin:0}\n"
	".legend svg{display:inline-block;width:.8em;height:.8em;margin-right:.45em}\n"
	"svg text{fill:var(--soft);font-size:12px}svg .grid{stroke:var(--line)}"
	"svg .axis{stroke:var(--soft)}\n"
	".unreachable{fill:var(--unreachable)}.timed-out{fill:var(--timed-out)}"
	".unsent{fill:var(--unsent)}.answered{fill:var(--answered)}.late{fill:var(--late)}\n"
	".list td:first-child{white-space:nowrap}\n"
	"@media print{@page{margin:16mm}body{font-size:10pt;line-height:1.4}"
	"main{max-width:none;padding:0}h2{margin:1.3rem 0 .4rem;padding-top:.7rem}"
	"h3,h4{margin:.8rem 0 .2rem}th,td{padding:.22rem .8rem .22rem 0}li{margin:.15rem 0}"
	"h1,h2,h3,h4,h1+p,p:has(+pre){break-after:avoid}figure,pre,tr,.facts,.cards,li{break-"
	"inside:avoid}"
	"pre{white-space:pre-wrap;overflow-wrap:anywhere}"
	"svg *,.cards dd{print-color-adjust:exact;-webkit-print-color-adjust:exact}}\n";

/* Whatever it is, it stays text. */
static void add_escaped(struct buffer *out, char c)
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

static void add_inline(struct buffer *out, const char *words)
{
	for (; *words; words++) {
		if (*words == CODE_CHAR)
			buffer_add(out, "<code>");
		else if (*words == END_CHAR)
			buffer_add(out, "</code>");
		else if (*words == BREAK_CHAR)
			buffer_add(out, "<br>");
		else
			add_escaped(out, *words);
	}
}

static void add_element(struct buffer *out, const char *name, const char *words)
{
	buffer_add(out, "<%s>", name);
	add_inline(out, words);
	buffer_add(out, "</%s>\n", name);
}

static void html_begin(struct page *page, const char *title)
{
	buffer_add(page->out,
		   "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		   "<meta http-equiv=\"Content-Security-Policy\" "
		   "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		   "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
		   "<meta name=\"color-scheme\" content=\"light dark\">\n");
	add_element(page->out, "title", title);
	buffer_add(page->out, "<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
	add_element(page->out, "h1", title);
}

static void html_heading(struct page *page, int level, const char *words)
{
	static const char *const names[] = {"h1", "h1", "h2", "h3", "h4"};

	add_element(page->out, names[level < 4 ? level : 4], words);
}

static void html_highlights(struct page *page, const struct highlight *highlights, size_t count)
{
	size_t i;

	buffer_add(page->out, "<dl class=\"cards\">\n");
	for (i = 0; i < count; i++) {
		buffer_add(page->out, "<div>");
		add_element(page->out, "dt", highlights[i].label);
		add_element(page->out, "dd", highlights[i].value);
		buffer_add(page->out, "</div>\n");
	}
	buffer_add(page->out, "</dl>\n");
}

static void html_paragraph(struct page *page, const char *words)
{
	add_element(page->out, "p", words);
}

static void html_item(struct page *page, const char *words)
{
	if (!page->in_list)
		buffer_add(page->out, "<ul>\n");
	add_element(page->out, "li", words);
}

static void html_list_end(struct page *page)
{
	buffer_add(page->out, "</ul>\n");
}

static void add_row(struct buffer *out, const struct grid *grid, size_t row)
{
	int heading = !row && !grid->facts;
	size_t column;

	buffer_add(out, "<tr>");
	for (column = 0; column < grid->columns; column++) {
		int names = heading || (grid->facts && !column);

		if (names)
			buffer_add(out, "<th scope=\"%s\">", heading ? "col" : "row");
		else
			buffer_add(out, "<td>");
		add_inline(out, grid_text(grid, row, column));
		buffer_add(out, names ? "</th>" : "</td>");
	}
	buffer_add(out, "</tr>\n");
}

static void html_grid(struct page *page, const struct grid *grid)
{
	size_t row = 0;

	buffer_add(page->out, "<table class=\"%s%s\">\n",
		   grid->facts	   ? "facts"
		   : grid->numbers ? "numbers"
				   : "list",
		   grid->total ? " total" : "");
	if (!grid->facts) {
		buffer_add(page->out, "<thead>\n");
		add_row(page->out, grid, row++);
		buffer_add(page->out, "</thead>\n");
	}
	buffer_add(page->out, "<tbody>\n");
	for (; row < grid->rows; row++)
		add_row(page->out, grid, row);
	buffer_add(page->out, "</tbody>\n</table>\n");
}

static void html_log(struct page *page, const char *lines)
{
	buffer_add(page->out, "<pre>");
	for (; *lines; lines++)
		add_escaped(page->out, *lines);
	buffer_add(page->out, "</pre>\n");
}

static void add_legend(struct buffer *out, const struct incident *incident)
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
			   kind == CHART_KINDS - 1 ? "M5 0l5 5-5 5-5-5z" : "M0 0h10v10H0z",
			   chart_kinds[kind].name);
	}
	buffer_add(out, "</ul>\n");
}

static void html_timeline(struct page *page, const struct incident *incident)
{
	struct buffer caption = {0};

	buffer_add(page->out, "<figure>\n");
	chart_svg(page->out, incident, page->pictures);
	add_legend(page->out, incident);
	chart_caption(&caption, incident);
	add_element(page->out, "figcaption", caption.text ? caption.text : "");
	buffer_add(page->out, "</figure>\n");
	page->failed |= caption.failed;
	buffer_free(&caption);
}

static void html_end(struct page *page)
{
	buffer_add(page->out, "</main>\n</body>\n</html>\n");
}

const struct page_style page_html = {
	.begin = html_begin,
	.heading = html_heading,
	.highlights = html_highlights,
	.paragraph = html_paragraph,
	.item = html_item,
	.list_end = html_list_end,
	.grid = html_grid,
	.log = html_log,
	.timeline = html_timeline,
	.end = html_end,
};
