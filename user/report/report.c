// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The incident report from its title to its last section. What the sections say is in
 * incident_report_facts.c and incident_report_method.c, how it looks in the format's own file.
 */
#include "report/report.h"

#include "util/address.h"
#include "health/counters.h"
#include "util/text_sanitize.h"
#include "health/names.h"
#include "report/report_json.h"
#include "report/sections.h"
#include "report/words.h"
#include "view/order.h"
#include "view/cells.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DETAILED_MAX 32 /* incidents that a person is shown; JSON has all */
#define SETTLED_LEAST 3 /* to be judged */

int report_format_parse(const char *text, enum report_format *format)
{
	static const char *const names[] = {
		[REPORT_TEXT] = "text",
		[REPORT_MARKDOWN] = "markdown",
		[REPORT_HTML] = "html",
		[REPORT_JSON] = "json",
	};
	unsigned int i;

	for (i = 0; i < REPORT_FORMAT_MAX; i++) {
		if (!strcmp(names[i], text)) {
			*format = i;
			return 0;
		}
	}
	return -EINVAL;
}

/* ---- one incident ---------------------------------------------------------------------------- */

static void show_highlights(struct page *page, const struct incident *incident)
{
	struct highlight all[4] = {0};
	struct buffer outcome = {0};
	char share[CELL_SIZE], duration[WORDS_SIZE];

	add_outcome(&outcome, incident);
	strcpy(all[0].label, counters_failed(&incident->counters) ? "Failed" : "With an error");
	snprintf(all[0].value, sizeof(all[0].value), "%s", outcome.text ? outcome.text : "");
	strcpy(all[1].label, "Failure share");
	strcpy(all[1].value, text_share(counters_failure_ratio(&incident->counters), share));
	strcpy(all[2].label, "Duration");
	snprintf(all[2].value, sizeof(all[2].value), "%s",
		 words_duration(incident->end_ns - incident->start_ns, duration));
	strcpy(all[3].label, "Likely cause");
	strcpy(all[3].value, incident->cause ? cause_name(incident->cause) : "not known");
	buffer_free(&outcome);
	page->style->highlights(page, all, 4);
}

/* `level`: of its sections' headings */
static void show_incident(struct page *page, int level, const struct incident *incident)
{
	struct explanation *e = calloc(1, sizeof(*e));
	struct buffer summary = {0};

	if (!e) {
		page->failed = 1;
		return;
	}
	explain(e, incident, page->origin);
	add_summary(&summary, incident, page->origin);
	page_paragraph(page, "%s", summary.text ? summary.text : "");
	show_highlights(page, incident);
	section_when(page, level, incident);
	section_seen(page, level, incident);
	section_who(page, level, incident);
	section_how_much(page, level, incident);
	section_cause(page, level, incident, e);
	section_checks(page, level, e);
	page->failed |= explanation_failed(e) | summary.failed;
	explanation_free(e);
	free(e);
	buffer_free(&summary);
}

/* The name of an interface may be part of it, and that may be anything. */
static void add_plain_resolver(struct buffer *out, const struct incident *incident)
{
	char resolver[RESOLVER_TEXT_SIZE];

	text_sanitize(out, resolver_text(&incident->resolver, resolver));
}

static void show_one(struct page *page, const struct incident *incident)
{
	struct buffer title = {0};

	buffer_add(&title, "DNS incident report: ");
	add_plain_resolver(&title, incident);
	page->failed |= title.failed;
	page->style->begin(page, title.text ? title.text : "");
	buffer_free(&title);
	show_incident(page, 2, incident);
	section_method(page, 2, 1);
}

/* ---- several --------------------------------------------------------------------------------- */

static void show_overview(struct page *page, const struct incident *const *incidents, size_t count)
{
	char span[2 * WORDS_SIZE];
	struct grid grid = {0};
	struct buffer text = {0};
	size_t i;

	grid_row(&grid);
	grid_cell(&grid, 0, "Incident");
	grid_cell(&grid, 1, "What");
	grid_cell(&grid, 2, "When");
	for (i = 0; i < count && grid_row(&grid); i++) {
		const char *cause = cause_name(incidents[i]->cause);

		buffer_reset(&text);
		add_plain_resolver(&text, incidents[i]);
		grid_cell(&grid, 0, "%zu: " CODE "%s" END, i + 1, text.text ? text.text : "");
		buffer_reset(&text);
		add_outcome(&text, incidents[i]);
		buffer_add(&text, "%s",
			   counters_failed(&incidents[i]->counters) ? " failed" : " with an error");
		grid_cell(&grid, 1, "%s, %s, %s", state_name(incidents[i]->state),
			  cause ? cause : "cause not known", text.text ? text.text : "");
		grid_cell(&grid, 2, "%s%s", words_span(page->origin, incidents[i], span),
			  incidents[i]->closed_ns ? "" : ", not closed");
	}
	page->failed |= text.failed;
	buffer_free(&text);
	page_grid(page, &grid);
}

static void show_several(struct page *page, const struct incident *const *incidents, size_t count)
{
	size_t left_out = count > DETAILED_MAX ? count - DETAILED_MAX : 0, i;
	struct buffer resolver = {0};
	char title[64];

	snprintf(title, sizeof(title), "DNS incident report: %zu incidents", count);
	page->style->begin(page, title);
	if (left_out)
		page_paragraph(
			page,
			"The latest %d of the %zu incidents that were kept. The JSON of this "
			"report has these %zu, a file of --incidents all that ever were.",
			DETAILED_MAX, count, count);
	incidents += left_out;
	count -= left_out;
	show_overview(page, incidents, count);
	for (i = 0; i < count; i++) {
		buffer_reset(&resolver);
		add_plain_resolver(&resolver, incidents[i]);
		page_heading(page, 2, "Incident %zu: %s", i + 1,
			     resolver.text ? resolver.text : "");
		show_incident(page, 3, incidents[i]);
	}
	page->failed |= resolver.failed;
	buffer_free(&resolver);
	section_method(page, 2, 1);
}

/* ---- none ------------------------------------------------------------------------------------ */

static void show_total(struct grid *grid, const struct resolver_status *resolver, __u64 *few)
{
	const struct resolver_counters *c = &resolver->now->counters;
	char name[RESOLVER_TEXT_SIZE], share[CELL_SIZE];
	__u64 settled = counters_settled(c), failed = counters_failed(c);
	struct buffer text = {0};

	if (!was_asked(resolver) || !grid_row(grid))
		return;
	add_code(&text, resolver_text(&resolver->now->key, name));
	grid_cell(grid, 0, "%s", text.text ? text.text : "");
	buffer_free(&text);
	grid_cell(grid, 1, "%llu of %llu", (unsigned long long)failed, (unsigned long long)settled);
	grid_cell(grid, 2, "%s", text_share(counters_failure_ratio(c), share));
	*few += failed && settled < SETTLED_LEAST;
}

static void show_totals(struct page *page, const struct status *totals)
{
	struct grid grid = {.numbers = 1};
	__u64 few = 0;
	size_t i;

	grid_row(&grid);
	grid_cell(&grid, 0, "Resolver");
	grid_cell(&grid, 1, "Failed, of settled");
	grid_cell(&grid, 2, "Share");
	for (i = 0; i < totals->count; i++)
		show_total(&grid, &totals->resolvers[i], &few);
	page_heading(page, 2, "Totals");
	if (grid.rows == 1)
		page_paragraph(page, "No DNS query was seen.");
	else
		page_grid(page, &grid);
	if (few)
		page_paragraph(page,
			       "Some failed, but a resolver is judged only once at least %d "
			       "of its transactions have settled.",
			       SETTLED_LEAST);
}

static void show_none(struct page *page)
{
	page->style->begin(page, "DNS incident report: no incident");
	page_paragraph(page, "No resolver was degraded or down in what was observed.");
	if (page->origin->totals)
		show_totals(page, page->origin->totals);
	section_method(page, 2, 0);
}

int incident_report_add(struct buffer *out, enum report_format format,
			const struct incident *const *incidents, size_t count,
			const struct report_origin *origin)
{
	static const struct page_style *const styles[] = {
		[REPORT_TEXT] = &page_text,
		[REPORT_MARKDOWN] = &page_markdown,
		[REPORT_HTML] = &page_html,
	};
	struct page page = {.out = out, .origin = origin, .section_level = count > 1 ? 3 : 2};

	if (format == REPORT_JSON)
		return incident_report_json(out, incidents, count, origin);
	page.style = styles[format];
	if (!count)
		show_none(&page);
	else if (count == 1)
		show_one(&page, incidents[0]);
	else
		show_several(&page, incidents, count);
	page_end(&page);
	buffer_free(&page.words);
	return page.failed ? -ENOMEM : buffer_error(out);
}
