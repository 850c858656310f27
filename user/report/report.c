// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The incident report from its title to its last section, for one incident, several or none. The
 * sections are in sections.c, each format in a file of its own.
 */
#include "report/report.h"

#include "health/counters.h"
#include "health/status.h"
#include "report/cause_text.h"
#include "report/incident_summary.h"
#include "report/phrase.h"
#include "report/report_json.h"
#include "report/sections.h"
#include "report/unjudged.h"
#include "util/address.h"
#include "util/text.h"
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

static void report_add_highlights(struct document *document, const struct incident *incident)
{
	struct document_highlight all[3] = {0};
	struct buffer outcome = {0};
	char duration[PHRASE_SIZE];

	incident_add_outcome(&outcome, incident);
	strcpy(all[0].label, counters_failed(&incident->counters) ? "Failed" : "With an error");
	snprintf(all[0].value, sizeof(all[0].value), "%s", outcome.text ? outcome.text : "");
	strcpy(all[1].label, "Duration");
	snprintf(all[1].value, sizeof(all[1].value), "%s",
		 phrase_duration(incident->end_ns - incident->start_ns, duration));
	strcpy(all[2].label, cause_is_nearest(incident) ? "Nearest cause" : "Likely cause");
	strcpy(all[2].value, incident->cause ? cause_name(incident->cause) : "not known");
	buffer_free(&outcome);
	document->writer->highlights(document, all, 3);
}

/* `level`: of its sections' headings */
static void report_add_incident(struct document *document, int level,
				const struct incident *incident)
{
	struct explanation *e = calloc(1, sizeof(*e));
	struct buffer summary = {0};

	if (!e) {
		document->failed = 1;
		return;
	}
	explanation_fill(e, incident, document->source);
	incident_add_summary(&summary, incident, document->source);
	document_add_paragraph(document, "%s", summary.text ? summary.text : "");
	report_add_highlights(document, incident);
	section_add_what(document, level, incident);
	section_add_how_bad(document, level, incident);
	section_add_messages(document, level, incident);
	section_add_cause(document, level, incident, e);
	section_add_checks(document, level, e);
	document->failed |= explanation_has_failed(e) | summary.failed;
	explanation_free(e);
	free(e);
	buffer_free(&summary);
}

/*
 * Adds the resolver's name and, of lines that may come from several hosts, the host's. Both are
 * sanitized: an interface and a host may be named with anything.
 */
static void report_add_resolver(struct buffer *out, const struct report_source *source,
				const struct incident *incident)
{
	char resolver[RESOLVER_TEXT_SIZE];

	text_sanitize(out, resolver_text(&incident->resolver, resolver));
	if (source->kind != REPORT_OF_INCIDENTS || !*incident->host)
		return;
	buffer_add(out, " on ");
	text_sanitize(out, incident->host);
}

/* Adds what is known beside the incidents, and the last sections. */
static void report_add_rest(struct document *document, int any)
{
	struct judged_count count = judged_count_of(document->source->totals);

	char resolvers[PHRASE_SIZE];

	if (any && count.asked > count.judged)
		document_add_paragraph(document,
				       "%s had too few transactions to judge; " MARK_CODE
				       "--full" MARK_END " shows them.",
				       phrase_count(count.asked - count.judged, "more resolver",
						    "more resolvers", resolvers));
	unjudged_add_unmatched(document, 2);
	if (document->style->full || !any)
		unjudged_add_totals(document, 2);
	if (document->style->full || !any)
		unjudged_add_transactions(document, 2);
	section_add_record(document, 2);
	section_add_method(document, 2, any);
}

static void report_add_anchor(struct document *document, const struct incident *incident)
{
	if (document_has_ids(document))
		document_add_anchor(document, incident->id);
}

static void report_add_one(struct document *document, const struct incident *incident)
{
	struct buffer title = {0};

	buffer_add(&title, "DNS incident report: ");
	report_add_resolver(&title, document->source, incident);
	document->failed |= title.failed;
	document->writer->begin(document, title.text ? title.text : "");
	buffer_free(&title);
	report_add_anchor(document, incident);
	section_add_warnings(document);
	report_add_incident(document, 2, incident);
	report_add_rest(document, 1);
}

/* ---- several --------------------------------------------------------------------------------- */

/* Sets "7: ": the incident's id, or without one its place, which counts from 0. */
static void report_set_number(struct buffer *out, const struct document *document,
			      const struct incident *incident, size_t place)
{
	buffer_reset(out);
	if (document_has_ids(document))
		document_add_id(document, out, incident->id);
	else
		buffer_add(out, "%zu", place + 1);
	buffer_add(out, ": ");
}

static void report_add_overview(struct document *document, const struct incident *const *incidents,
				size_t count)
{
	char span[2 * PHRASE_SIZE];
	struct document_table table = {0};
	struct buffer text = {0};
	size_t i;

	document_table_add_row(&table);
	document_table_set_cell(&table, 0, "Incident");
	document_table_set_cell(&table, 1, "What");
	document_table_set_cell(&table, 2, "When");
	for (i = 0; i < count && document_table_add_row(&table); i++) {
		const char *cause = cause_name(incidents[i]->cause);

		report_set_number(&text, document, incidents[i], i);
		buffer_add(&text, MARK_CODE);
		report_add_resolver(&text, document->source, incidents[i]);
		document_table_set_cell(&table, 0, "%s" MARK_END, text.text ? text.text : "");
		buffer_reset(&text);
		incident_add_outcome(&text, incidents[i]);
		buffer_add(&text, "%s",
			   counters_failed(&incidents[i]->counters) ? " failed" : " with an error");
		document_table_set_cell(&table, 1, "%s, %s, %s", state_name(incidents[i]->state),
					cause ? cause : "cause not known",
					text.text ? text.text : "");
		document_table_set_cell(&table, 2, "%s%s",
					phrase_span(document->source, incidents[i], span),
					incidents[i]->closed_ns ? "" : ", no recovery seen");
	}
	document->failed |= text.failed;
	buffer_free(&text);
	document_add_table(document, &table);
}

static void report_add_several(struct document *document, const struct incident *const *incidents,
			       size_t count)
{
	size_t left_out = count > DETAILED_MAX ? count - DETAILED_MAX : 0, i;
	struct buffer resolver = {0};
	char title[64];

	snprintf(title, sizeof(title), "DNS incident report: %zu incidents", count);
	document->writer->begin(document, title);
	section_add_warnings(document);
	if (left_out)
		document_add_paragraph(document,
				       "The latest %d of the %zu incidents that were kept. %s "
				       "these %zu, a file of "
				       "--incidents all that ever were.",
				       DETAILED_MAX, count,
				       document->source->kind == REPORT_OF_TRAFFIC
					       ? "incidents.html?id=NUMBER has each of"
					       : "The JSON of this report has",
				       count);
	incidents += left_out;
	count -= left_out;
	report_add_overview(document, incidents, count);
	for (i = 0; i < count; i++) {
		report_set_number(&resolver, document, incidents[i], i);
		report_add_resolver(&resolver, document->source, incidents[i]);
		report_add_anchor(document, incidents[i]);
		document_add_heading(document, 2, "Incident %s",
				     resolver.text ? resolver.text : "");
		report_add_incident(document, 3, incidents[i]);
	}
	document->failed |= resolver.failed;
	buffer_free(&resolver);
	report_add_rest(document, 1);
}

static __u64 unmatched_count(const struct report_source *source)
{
	return source->totals->snapshot->self.n[SELF_UNMATCHED_UNREACHABLES];
}

/* ---- none ------------------------------------------------------------------------------------ */

static const char *report_title_of_none(const struct report_source *source,
					const struct judged_count *count)
{
	if (source->totals && !count->asked && unmatched_count(source))
		return "DNS incident report: ICMP messages about queries that were not recorded";
	if (source->totals && !count->asked)
		return "DNS incident report: no DNS query";
	if (source->totals && !count->judged)
		return "DNS incident report: too few transactions to judge";
	if (count->asked > count->judged)
		return "DNS incident report: no incident, but some resolvers could not be judged";
	return "DNS incident report: no incident";
}

static void report_add_few(struct document *document, const struct judged_count *count)
{
	char queries[PHRASE_SIZE], resolvers[PHRASE_SIZE];
	struct buffer outcomes = {0};

	phrase_add_part(&outcomes, count->answered, "answered");
	phrase_add_part(&outcomes, count->errors, "of them with an error");
	phrase_add_part(&outcomes, count->failed, "failed");
	phrase_add_part(&outcomes, count->open, "still open at the end");
	document_add_paragraph(document,
			       "Too few transactions to judge: %s to %s. %s: %s. A resolver is "
			       "judged once %d of its "
			       "transactions have an outcome. This is no all-clear.",
			       phrase_count(count->queries, "query", "queries", queries),
			       phrase_count(count->asked - count->judged, "resolver", "resolvers",
					    resolvers),
			       count->answered ? "The outcomes" : "No query was answered",
			       outcomes.text ? outcomes.text : "nothing came in", SETTLED_LEAST);
	document->failed |= outcomes.failed;
	buffer_free(&outcomes);
}

static void report_add_none(struct document *document)
{
	struct judged_count count = judged_count_of(document->source->totals);
	char resolvers[PHRASE_SIZE];

	document->writer->begin(document, report_title_of_none(document->source, &count));
	section_add_warnings(document);
	if (document->source->totals && !count.asked)
		document_add_paragraph(document, "No DNS query was seen.%s",
				       unmatched_count(document->source)
					       ? " But ICMP messages tell of queries that failed."
					       : "");
	else if (!document->source->totals)
		document_add_paragraph(document, "No incident was recorded.");
	if (count.judged)
		document_add_paragraph(document,
				       "No incident: of the %s that could be judged, none was "
				       "degraded or down.",
				       phrase_count(count.judged, "resolver", "resolvers",
						    resolvers));
	if (count.asked > count.judged)
		report_add_few(document, &count);
	unjudged_add_suspicion(document);
	report_add_rest(document, 0);
}

int report_add(struct buffer *out, const struct report_style *style,
	       const struct incident *const *incidents, size_t count,
	       const struct report_source *source)
{
	static const struct document_writer *const writers[] = {
		[REPORT_TEXT] = &document_text,
		[REPORT_MARKDOWN] = &document_markdown,
		[REPORT_HTML] = &document_html,
	};
	struct document document = {.out = out,
				    .source = source,
				    .style = style,
				    .section_level = count > 1 ? 3 : 2};

	if (style->format == REPORT_JSON)
		return report_json_add(out, style, incidents, count, source);
	document.writer = writers[style->format];
	if (!count)
		report_add_none(&document);
	else if (count == 1)
		report_add_one(&document, incidents[0]);
	else
		report_add_several(&document, incidents, count);
	document_end(&document);
	buffer_free(&document.words);
	return document.failed ? -ENOMEM : buffer_error(out);
}
