// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The sections of a report: what happened, how bad it was, the messages, likely cause, next checks,
 * the record, method and limits.
 */
#include "report/sections.h"

#include "health/counters.h"
#include "health/status.h"
#include "report/cause_text.h"
#include "report/incident_summary.h"
#include "report/outcomes.h"
#include "report/phrase.h"
#include "report/transport_words.h"
#include "util/dns.h"
#include "util/text.h"
#include "view/tcpdump_line.h"
#include "util/address.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define JUDGED_SHOWN 3 /* resolvers, in the short report */

/* ---- what happened --------------------------------------------------------------------------- */

static const struct incident_slot *section_first_bad_slot(const struct incident *incident,
							  __u64 *end_ns)
{
	__u32 i;

	for (i = 0; i < incident->slot_count; i++) {
		const struct incident_slot *slot = &incident->slots[i];

		*end_ns = incident->slot_start_ns + (i + 1) * incident->slot_ns;
		if (slot->unreachable || slot->timed_out || slot->unsent)
			return slot;
	}
	return NULL;
}

static void section_add_message_signal(struct document *document, struct document_table *facts,
				       const struct incident *incident)
{
	const struct incident_message *first = &incident->messages[0];
	char moment[PHRASE_SIZE], after[PHRASE_SIZE];
	__u64 delay_ns =
		first->wall_ns > incident->start_ns ? first->wall_ns - incident->start_ns : 0;

	document_table_add_fact(facts, "First failure", "%s: %s %s after it",
				phrase_moment(document->source, first->wall_ns, moment),
				first->sample.unsent ? "the client's own refusal to send"
						     : "ICMP unreachable,",
				phrase_duration(delay_ns, after));
}

/* Compares times: the first failure is in this slot, but the slot may hold several. */
static int section_message_was_first(const struct incident *incident,
				     const struct incident_slot *slot, __u64 slot_end_ns,
				     __u64 timeout_ns)
{
	__u64 at_ns = incident->messages[0].wall_ns, timed_out_ns = incident->start_ns + timeout_ns;

	if (!incident->message_count || (slot->timed_out && at_ns > slot_end_ns))
		return 0;
	return !slot->timed_out || !timeout_ns || timed_out_ns > slot_end_ns ||
	       at_ns <= timed_out_ns;
}

/* Names what a slot counts as timed out. */
static const char *lost_name(const struct incident *incident)
{
	if (!counters_closed(&incident->counters))
		return "a timeout";
	return counters_timed_out(&incident->counters)
		       ? "a timeout, or the end of a connection without an answer"
		       : "the end of a connection without an answer";
}

/* Adds the first failure's kind, and its time where that is known. */
static void section_add_first_signal(struct document *document, struct document_table *facts,
				     const struct incident *incident)
{
	__u64 timeout_ns = document->source->timeout_ns, slot_end_ns;
	const struct incident_slot *slot = section_first_bad_slot(incident, &slot_end_ns);
	char moment[PHRASE_SIZE], after[PHRASE_SIZE];

	if (!slot)
		document_table_add_fact(facts, "First failure", "%s",
					incident_is_sessions(incident)
						? "an answer that is no TLS handshake"
						: "answers with an error");
	else if (section_message_was_first(incident, slot, slot_end_ns, timeout_ns))
		section_add_message_signal(document, facts, incident);
	else if (slot->timed_out && timeout_ns && !counters_closed(&incident->counters) &&
		 incident->start_ns + timeout_ns <= incident->noticed_ns)
		document_table_add_fact(facts, "First failure", "%s: no answer %s after it",
					phrase_moment(document->source,
						      incident->start_ns + timeout_ns, moment),
					phrase_duration(timeout_ns, after));
	else
		document_table_add_fact(facts, "First failure", "%s",
					slot->timed_out ? lost_name(incident)
					: slot->unsent	? "the client's own refusal to send"
					: incident->counters.n[COUNTER_CONNECT_REFUSED]
						? "refused by an RST"
						: "ICMP unreachable,");
}

static int section_is_all_from_resolver(const struct incident *incident)
{
	__u32 i;

	for (i = 0; i < incident->reporter_count; i++)
		if (memcmp(&incident->reporters[i], &incident->resolver.address,
			   sizeof(incident->resolver.address)))
			return 0;
	return !incident->reporters_more;
}

static void section_add_names(struct buffer *out, const struct incident *incident)
{
	__u32 i;

	for (i = 0; i < incident->name_count; i++) {
		buffer_add(out, "%s", i ? ", " : "");
		phrase_add_question(out, incident->names[i], incident->types[i]);
	}
	if (incident->names_more)
		buffer_add(out, " and others");
}

/* Adds the services, containers and pods that suffered, where askers were counted. */
static void section_add_askers(struct document_table *facts, const struct incident *incident,
			       struct buffer *text)
{
	__u32 i;

	buffer_reset(text);
	for (i = 0; i < incident->asker_count; i++) {
		const struct incident_asker *asker = &incident->askers[i];

		buffer_add(text, "%s", i ? ", " : "");
		text_sanitize(text, asker->name.text);
		buffer_add(text, " (%llu failed, %llu errors of %llu %s)",
			   (unsigned long long)asker->failed, (unsigned long long)asker->errors,
			   (unsigned long long)asker->queries,
			   transport_sent_words(incident->resolver.transport));
	}
	if (incident->askers_more)
		buffer_add(text, " and others");
	if (incident->asker_count)
		document_table_add_fact(facts, "Asked by", "%s", text->text);
}

/* Tests whether the process, or without one the user, is that of an earlier failed query, too. */
static int section_has_process_before(const struct incident *incident, __u32 at)
{
	const struct query_process *process = &incident->failed[at].query.process;
	__u32 i;

	for (i = 0; i < at; i++)
		if (!memcmp(process, &incident->failed[i].query.process, sizeof(*process)))
			return 1;
	return 0;
}

/* Adds the processes of the failed queries that are known, and else their users. */
static void section_add_processes(struct document_table *facts, const struct incident *incident,
				  struct buffer *text)
{
	__u32 i;

	buffer_reset(text);
	for (i = 0; i < incident->failed_count; i++) {
		const struct query_process *process = &incident->failed[i].query.process;

		if ((!process->pid && !process->has_user_id) ||
		    section_has_process_before(incident, i))
			continue;
		buffer_add(text, "%s", text->used ? ", " : "");
		if (process->pid) {
			document_add_code(text, process->name);
			buffer_add(text, " (%u)", process->pid);
		} else {
			buffer_add(text, "one of user ID %u", process->user_id);
		}
	}
	if (text->used)
		document_table_add_fact(facts, "Process", "%s, best effort", text->text);
}

/* Adds the number that ?id= of the page takes. */
static void section_add_id(struct document *document, struct document_table *facts,
			   const struct incident *incident)
{
	struct buffer id = {0};

	if (!document_has_ids(document))
		return;
	document_add_id(document, &id, incident->id);
	document_table_add_fact(facts, "Incident", "%s", id.text ? id.text : "");
	document->failed |= id.failed;
	buffer_free(&id);
}

/* Adds who: the resolver, who reported, who asked for what. */
static void section_add_who(struct document *document, struct document_table *facts,
			    const struct incident *incident)
{
	char not_known[PHRASE_SIZE];
	struct buffer text = {0};

	snprintf(not_known, sizeof(not_known), "not known: no sample of a failed %s names any",
		 incident_noun(incident));

	if (*incident->host) {
		document_add_code(&text, incident->host);
		document_table_add_fact(facts, "Host", "%s, which counted it",
					text.text ? text.text : "");
		buffer_reset(&text);
	}
	phrase_add_resolver(&text, &incident->resolver);
	document_table_add_fact(facts, "Resolver", "%s, %s, %s", text.text ? text.text : "",
				state_name(incident->state),
				transport_meaning(incident->resolver.transport));
	buffer_reset(&text);
	phrase_add_addresses(&text, incident->clients, incident->client_count,
			     incident->clients_more);
	document_table_add_fact(facts, "Clients", "%s",
				incident->client_count ? text.text : not_known);
	buffer_reset(&text);
	section_add_names(&text, incident);
	if (!incident_is_connects(incident) && !incident_is_sessions(incident))
		document_table_add_fact(facts, "Names", "%s",
					incident->name_count ? text.text : not_known);
	section_add_askers(facts, incident, &text);
	section_add_processes(facts, incident, &text);
	buffer_reset(&text);
	phrase_add_addresses(&text, incident->reporters, incident->reporter_count,
			     incident->reporters_more);
	if (incident->reporter_count)
		document_table_add_fact(facts, "Reporter", "%s%s", text.text,
					section_is_all_from_resolver(incident)
						? " (the resolver itself)"
						: ", not the resolver alone");
	document->failed |= text.failed;
	buffer_free(&text);
}

void section_add_what(struct document *document, int level, const struct incident *incident)
{
	const struct report_source *source = document->source;
	struct document_table facts = {0};
	char text[PHRASE_SIZE];

	document_add_heading(document, level, "What happened");
	section_add_id(document, &facts, incident);
	section_add_who(document, &facts, incident);
	document_table_add_fact(&facts, "Start", "%s: the first %s that failed",
				phrase_moment(source, incident->start_ns, text),
				incident_noun(incident));
	section_add_first_signal(document, &facts, incident);
	if (document->style->full)
		document_table_add_fact(&facts, "Judged", "%s: enough outcomes were known",
					phrase_moment(source, incident->noticed_ns, text));
	document_table_add_fact(&facts, "End", "%s: the last failure%s",
				phrase_moment(source, incident->end_ns, text),
				counters_late(&incident->counters) ? " or late message" : "");
	if (incident->closed_ns)
		document_table_add_fact(&facts, "Over", "%s: the resolver was healthy again",
					phrase_moment(source, incident->closed_ns, text));
	else
		document_table_add_fact(&facts, "Over", "no");
	document_add_table(document, &facts);
}

/* ---- how bad --------------------------------------------------------------------------------- */

void section_add_how_bad(struct document *document, int level, const struct incident *incident)
{
	document_add_heading(document, level, "How bad");
	document_add_outcomes(document, &incident->counters, incident_is_connects(incident),
			      incident->resolver.transport);
	document_add_timeline(document, incident);
}

/* ---- the messages ---------------------------------------------------------------------------- */

static void section_add_ttls(struct buffer *out, const struct incident *incident)
{
	int seen[256] = {0};
	__u32 i;

	for (i = 0; i < incident->message_count; i++) {
		__u8 ttl = incident->messages[i].sample.ttl;

		if (ttl && !seen[ttl]++)
			buffer_add(out, "%s%u", out->used ? ", " : "", ttl);
	}
}

/* Adds the ICMP messages in numbers, as a sentence. */
static void section_add_message_counts(struct document *document, const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 icmp = counters_icmp_unreachables(c);
	__u64 unread = report_count_unread(document->source);
	struct buffer text = {0}, ttls = {0};
	char number[PHRASE_SIZE];

	if (icmp) {
		buffer_add(&text, "%s came in (",
			   phrase_count(icmp, "unreachable message", "unreachable messages",
					number));
		phrase_add_reasons(&text, c, COUNTER_ICMP_PORT, REASON_PORT);
		buffer_add(&text, ").");
	} else if (unread) {
		buffer_add(&text, "No unreachable message could be read, but %s.",
			   phrase_count(unread, "packet that could not be read may be one",
					"packets that could not be read may be some", number));
	} else {
		buffer_add(&text, "No unreachable message came in.");
	}
	if (c->n[COUNTER_ICMP_FROM_ELSEWHERE])
		buffer_add(&text, " %s not from the resolver's address.",
			   phrase_count(c->n[COUNTER_ICMP_FROM_ELSEWHERE], "of them is",
					"of them are", number));
	if (c->n[COUNTER_TOO_BIG])
		buffer_add(&text, " %s for smaller packets.",
			   phrase_count(c->n[COUNTER_TOO_BIG], "further ICMP message asks",
					"further ICMP messages ask", number));
	section_add_ttls(&ttls, incident);
	if (ttls.used && document->source->kind != REPORT_OF_TEXT)
		buffer_add(&text, " They arrived with TTL %s.", ttls.text);
	document_add_paragraph(document, "%s", text.text ? text.text : "");
	document->failed |= text.failed | ttls.failed;
	buffer_free(&text);
	buffer_free(&ttls);
}

static const char *question_meaning(__u16 type)
{
	switch (type) {
	case 1:
		return "asks for an IPv4 address";
	case 28:
		return "asks for an IPv6 address";
	case 12:
		return "asks for the name of an address";
	case 15:
		return "asks for mail servers";
	default:
		return "names the record type that is asked for";
	}
}

/* Explains the first pair of lines once, for readers who do not know tcpdump. */
static void section_explain_message(struct document *document,
				    const struct incident_message *message)
{
	const struct sample *sample = &message->sample;
	struct dns_question question;
	char type[DNS_TYPE_SIZE], id[PHRASE_SIZE] = "";
	int has_question =
		!dns_question_parse(sample->question, sample->question_length, &question);

	if (!sample->short_quote)
		snprintf(id, sizeof(id),
			 MARK_CODE "%u" MARK_END " the message ID (%u+: recursion desired), ",
			 ntohs(sample->key.id), ntohs(sample->key.id));
	document_add_paragraph(document,
			       MARK_CODE "%u" MARK_END " is the client's port, %s" MARK_CODE
					 "%s?" MARK_END " %s.",
			       ntohs(sample->key.client_port), id,
			       has_question && question.type ? dns_type_text(question.type, type)
							     : "A",
			       question_meaning(has_question && question.type ? question.type : 1));
}

static void section_add_lines(struct document *document, const struct incident *incident)
{
	struct buffer lines = {0}, quote = {0};
	__u32 count = document->style->full ? incident->message_count : 1, i;

	for (i = 0; i < count; i++) {
		tcpdump_line_write(&lines, &incident->messages[i]);
		buffer_add(&lines, "\n");
		buffer_reset(&quote);
		tcpdump_line_write_query(&quote, &incident->messages[i]);
		if (quote.used)
			buffer_add(&lines, "    %s\n", quote.text);
		if (!i)
			document->explains = quote.used > 0;
	}
	document_add_log(document, &lines);
	buffer_free(&lines);
	buffer_free(&quote);
}

void section_add_messages(struct document *document, int level, const struct incident *incident)
{
	int is_inferred = document->source->inferred_quotes ||
			  incident_is_recorded_of_text(incident, document->source);

	document_add_heading(document, level, "ICMP messages");
	section_add_message_counts(document, incident);
	if (!incident->message_count)
		return;
	if (incident_is_connects(incident)) {
		document_add_paragraph(document,
				       "%s:", document->style->full ? "Examples" : "The first");
		return section_add_lines(document, incident);
	}
	document_add_paragraph(document, "%s, and the query %s:",
			       document->style->full ? "Examples" : "The first",
			       is_inferred ? "that was matched with it" : "that it quotes");
	section_add_lines(document, incident);
	if (document->explains)
		section_explain_message(document, &incident->messages[0]);
}

/* ---- likely cause, next checks --------------------------------------------------------------- */

/* Adds the first `most` of a list; 0: all of them. */
static void section_add_sentences(struct document *document, int level, const char *heading,
				  const struct sentence_list *lines, size_t most)
{
	size_t i;

	if (!lines->count)
		return;
	document_add_heading(document, level, "%s", heading);
	for (i = 0; i < lines->count && (!most || i < most); i++)
		document_add_item(document, "%s", lines->line[i].text ? lines->line[i].text : "");
}

/* Adds the causes of the moments, where they changed. */
static void section_add_causes(struct document *document, int level,
			       const struct incident *incident)
{
	char from[PHRASE_SIZE], until[PHRASE_SIZE];
	__u32 i;

	if (incident->cause_count < 2)
		return;
	document_add_heading(document, level, "How the cause changed");
	for (i = 0; i < incident->cause_count; i++) {
		const struct cause_period *period = &incident->causes[i];

		document_add_item(document, MARK_CODE "%s" MARK_END " from %s %s%s",
				  cause_name(period->cause),
				  phrase_clock(document->source, period->from_ns, from),
				  period->until_ns ? "to " : "on",
				  period->until_ns
					  ? phrase_clock(document->source, period->until_ns, until)
					  : "");
	}
	if (incident->causes_more)
		document_add_item(document, "and others between these");
}

void section_add_cause(struct document *document, int level, const struct incident *incident,
		       const struct explanation *e)
{
	const char *name = cause_name(incident->cause);
	struct buffer attack = {0};

	document_add_heading(document, level, "%s cause: %s",
			     cause_is_nearest(incident) ? "Nearest" : "Likely",
			     name ? name : "not known");
	document_add_paragraph(document, "%s", e->meaning);
	section_add_causes(document, level + 1, incident);
	section_add_sentences(document, level + 1, "Evidence", &e->evidence, 0);
	section_add_sentences(document, level + 1, "What speaks against it", &e->against, 0);
	if (document->style->full)
		section_add_sentences(document, level + 1, "Alternatives", &e->alternatives, 0);
	section_add_sentences(document, level + 1, "What would confirm it", &e->confirmed_by,
			      document->style->full ? 0 : 1);
	document_add_heading(document, level + 1, "Could it be an attack?");
	incident_add_attack(&attack, incident);
	document_add_item(document, "%s", attack.text ? attack.text : "");
	document->failed |= attack.failed;
	buffer_free(&attack);
}

static void section_add_checks_on(struct document *document, const struct explanation *e,
				  int on_resolver)
{
	int any = 0;
	size_t i;

	for (i = 0; i < e->check_count; i++) {
		const struct report_check *check = &e->checks[i];

		if (check->on_resolver != on_resolver || !check->command.text ||
		    !(document->style->full || check->brief))
			continue;
		if (!any++)
			document_add_heading(document, document->section_level + 1, "%s",
					     on_resolver ? "On the resolver" : "On a client");
		document_add_item(document, MARK_CODE "%s" MARK_END MARK_BREAK "%s",
				  check->command.text, check->tells);
	}
}

void section_add_checks(struct document *document, int level, const struct explanation *e)
{
	document_add_heading(document, level, "Next checks");
	section_add_checks_on(document, e, 0);
	section_add_checks_on(document, e, 1);
}

/* ---- for the record -------------------------------------------------------------------------- */

void section_add_record(struct document *document, int level)
{
	static const char *const labels[] = {
		"How it was noticed",
		"What users saw",
		"Actions taken",
		"Root cause",
	};
	struct document_table blanks = {.blanks = 1};
	size_t i;

	if (document->style->format == REPORT_TEXT)
		return;
	document_add_heading(document, level, "For the record");
	for (i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		document_table_add_fact(&blanks, labels[i], "%s", "");
	document_add_table(document, &blanks);
}

/* ---- method and limits ----------------------------------------------------------------------- */

static void section_add_source(struct document *document)
{
	static const char *const kinds[] = {
		[REPORT_OF_TRAFFIC] = "traffic of this host, as it passed",
		[REPORT_OF_CAPTURE] = "a capture",
		[REPORT_OF_TEXT] = "text that tcpdump printed",
		[REPORT_OF_INCIDENTS] = "incidents that dnsreach has recorded",
	};
	const struct report_source *source = document->source;
	struct buffer text = {0};
	char packets[PHRASE_SIZE];

	if (source->file) {
		buffer_add(&text, ", ");
		document_add_code(&text, source->file);
	}
	if (source->packets)
		buffer_add(&text, ", %s",
			   phrase_count(source->packets, "packet", "packets", packets));
	if (source->engine && document->style->full)
		buffer_add(&text, ", %s engine", source->engine);
	document_add_item(document, "Source: %s%s.", kinds[source->kind],
			  text.text ? text.text : "");
	document->failed |= text.failed;
	buffer_free(&text);
}

static void section_add_times(struct document *document)
{
	const struct report_source *source = document->source;

	if (source->offsets)
		document_add_item(document, "Times are offsets since the first packet%s.",
				  source->offsets_summed
					  ? ", summed up from the differences in the text"
					  : "");
	else if (!source->date_known)
		document_add_item(document,
				  "Date and time zone not known: times are as in the source.");
	else if (!source->zone_known)
		document_add_item(document,
				  "Time zone not known: times are as in the source. " MARK_CODE
				  "--utc-offset" MARK_END " gives the zone.");
}

static void section_add_order(struct document *document)
{
	if (document->source->reordered)
		document_add_item(document, "The lines were put in the order of their times%s.",
				  document->source->newest_first ? "; the newest stood first" : "");
}

static void section_add_text_limits(struct document *document)
{
	const struct report_source *source = document->source;
	char lines[PHRASE_SIZE];

	if (source->quoted_again)
		document_add_item(document, "%s an earlier line, and %s not counted again.",
				  phrase_count(source->quoted_again, "line repeats", "lines repeat",
					       lines),
				  source->quoted_again == 1 ? "is" : "are");
	if (source->inferred_quotes && document->style->full)
		document_add_item(
			document,
			"%s no query. Each was matched with the oldest open query of that client "
			"to that resolver and port, or else with the latest that had timed out.",
			phrase_count(source->inferred_quotes, "ICMP line shows", "ICMP lines show",
				     lines));
	if (source->kind == REPORT_OF_TEXT && document->style->full)
		document_add_item(document, "Text holds less than packets do: lengths, TTLs and "
					    "the quotes of ICMP messages are not known.");
}

static void section_add_unreadable(struct document *document)
{
	const struct report_source *source = document->source;
	int is_capture = source->kind == REPORT_OF_CAPTURE;
	const char *what = is_capture ? "packet" : "line";
	struct buffer text = {0};
	char number[PHRASE_SIZE];
	size_t i;

	if (!source->unreadable)
		return;
	buffer_add(&text, "%s could not be read",
		   is_capture ? phrase_count(source->unreadable, "packet", "packets", number)
			      : phrase_count(source->unreadable, "line", "lines", number));
	for (i = 0; i < source->diagnostic_count; i++) {
		buffer_add(&text, "%s" MARK_BREAK "%s %llu: ", i ? "" : ":", what,
			   (unsigned long long)source->diagnostics[i].line);
		document_add_code(&text, source->diagnostics[i].what);
	}
	document_add_item(document, "%s", text.text ? text.text : "");
	document->failed |= text.failed;
	buffer_free(&text);
}

static void section_add_rules(struct document *document, int any)
{
	char timeout[PHRASE_SIZE];

	document_add_item(
		document,
		"Each query is followed to its outcome by addresses, ports and message ID: "
		"answered, unreachable (an ICMP message about it came in) or timed out.");
	document_add_item(document, "Each connect is followed likewise, by the sequence number of "
				    "its SYN: established, refused, unreachable or timed out.");
	document_add_item(document,
			  "A resolver is judged by its last outcomes, at least 3 of them.");
	if (document->source->timeout_ns)
		document_add_item(document,
				  "A query without outcome after %s has timed out; a later message "
				  "counts as late.",
				  phrase_duration(document->source->timeout_ns, timeout));
	if (any)
		document_add_item(document, "Counting starts at the last second before the "
					    "incident. Clients, names and messages are examples.");
	document_add_item(document, "Checksums are not verified. An answer that the client's own "
				    "firewall dropped later counts as answered.");
}

/* Adds the state of each resolver at the end, and the outcomes that it was judged by. */
static void section_add_judged_by(struct document *document)
{
	static const char *const outcomes[] = {
		[JUDGED_BY_10S] = "outcomes of 10 s",
		[JUDGED_BY_1M] = "outcomes of 1 min",
		[JUDGED_BY_5M] = "outcomes of 5 min",
		[JUDGED_BY_LAST_SETTLED] = "the last 3 outcomes",
	};
	const struct status *totals = document->source->totals;
	size_t most = document->style->full ? SIZE_MAX : JUDGED_SHOWN, shown = 0, i;
	struct buffer text = {0};

	for (i = 0; totals && i < totals->count && shown < most; i++) {
		const struct resolver_status *resolver = &totals->resolvers[i];

		if (!outcomes[resolver->judged_by])
			continue;
		buffer_add(&text, "%s", shown++ ? "; " : "");
		phrase_add_resolver(&text, &resolver->now->key);
		buffer_add(&text, " %s (by %s)", state_name(resolver->state),
			   outcomes[resolver->judged_by]);
	}
	if (shown)
		document_add_item(document, "State at the end: %s.", text.text);
	document->failed |= text.failed;
	buffer_free(&text);
}

static void section_add_made(struct document *document)
{
	const struct report_source utc = {.date_known = 1, .zone_known = 1};
	const struct report_style *style = document->style;
	char made[PHRASE_SIZE];
	struct buffer host = {0};

	if (!style->host)
		return;
	document_add_code(&host, style->host);
	document_add_item(document, "Made by dnsreach %s on %s at %s.%s",
			  style->version ? style->version : "", host.text ? host.text : "",
			  phrase_moment(&utc, style->made_ns / NS_PER_S * NS_PER_S, made),
			  style->full ? "" : " " MARK_CODE "--full" MARK_END " shows more.");
	document->failed |= host.failed;
	buffer_free(&host);
}

void section_add_method(struct document *document, int level, int any)
{
	document_add_heading(document, level, "Method and limits");
	section_add_source(document);
	section_add_times(document);
	section_add_order(document);
	section_add_text_limits(document);
	section_add_unreadable(document);
	section_add_judged_by(document);
	if (document->style->full)
		section_add_rules(document, any);
	if (any && document->style->full)
		document_add_item(
			document,
			"Senders limit ICMP: its messages give the reason, not the extent.");
	document_add_item(
		document,
		document->source->kind == REPORT_OF_TEXT
			? "Of a text DNS over UDP and connects are read, not messages over TCP."
			: "Of TLS only connects and first bytes are seen; DoH and DoQ are not.");
	section_add_made(document);
}
