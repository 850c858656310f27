// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The sections of a report: when, what, who, how much, likely cause, next checks, method and
 * limits.
 */
#include "report/sections.h"

#include "util/address.h"
#include "health/counters.h"
#include "health/status.h"
#include "util/dns.h"
#include "report/explain.h"
#include "report/phrase.h"
#include "view/tcpdump_line.h"
#include "view/cells.h"

#include <arpa/inet.h>
#include <math.h>
#include <string.h>

/* ---- when ------------------------------------------------------------------------------------ */

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

	document_table_add_fact(facts, "First signal", "%s, %s %s after that query",
				phrase_moment(document->source, first->wall_ns, moment),
				first->sample.unsent ? "the client's own refusal to send,"
						     : "an ICMP unreachable message,",
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

/* Adds the first failure's kind, and its time where that is known. */
static void section_add_first_signal(struct document *document, struct document_table *facts,
				     const struct incident *incident)
{
	__u64 timeout_ns = document->source->timeout_ns, slot_end_ns;
	const struct incident_slot *slot = section_first_bad_slot(incident, &slot_end_ns);
	char moment[PHRASE_SIZE], after[PHRASE_SIZE];

	if (!slot)
		document_table_add_fact(facts, "First signal", "answers with an error");
	else if (section_message_was_first(incident, slot, slot_end_ns, timeout_ns))
		section_add_message_signal(document, facts, incident);
	else if (slot->timed_out && timeout_ns &&
		 incident->start_ns + timeout_ns <= incident->noticed_ns)
		document_table_add_fact(facts, "First signal",
					"%s, a timeout: no answer %s after that query",
					phrase_moment(document->source,
						      incident->start_ns + timeout_ns, moment),
					phrase_duration(timeout_ns, after));
	else
		document_table_add_fact(facts, "First signal", "%s",
					slot->timed_out ? "a timeout"
					: slot->unsent	? "the client's own refusal to send"
							: "an ICMP unreachable message");
}

void section_add_when(struct document *document, int level, const struct incident *incident)
{
	struct document_table facts = {0};
	char text[PHRASE_SIZE];

	document_add_heading(document, level, "When");
	document_table_add_fact(&facts, "Start", "%s, the first query of the failing run",
				phrase_moment(document->source, incident->start_ns, text));
	section_add_first_signal(document, &facts, incident);
	document_table_add_fact(&facts, "Judged",
				"%s, with enough outcomes in to tell that something is wrong",
				phrase_moment(document->source, incident->noticed_ns, text));
	document_table_add_fact(&facts, "End", "%s, the last message or timeout that belongs to it",
				phrase_moment(document->source, incident->end_ns, text));
	document_table_add_fact(&facts, "Duration", "%s",
				phrase_duration(incident->end_ns - incident->start_ns, text));
	if (incident->closed_ns)
		document_table_add_fact(&facts, "Closed", "%s, when the resolver was healthy again",
					phrase_moment(document->source, incident->closed_ns, text));
	else
		document_table_add_fact(&facts, "Closed",
					"no: not healthy again by the end of what was observed");
	document_add_table(document, &facts);
}

/* ---- what was seen --------------------------------------------------------------------------- */

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

static void section_add_message_facts(const struct document *document, struct document_table *facts,
				      const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 icmp = counters_icmp_unreachables(c);
	struct buffer parts = {0}, ttls = {0};

	phrase_add_counters(&parts, c, COUNTER_ICMP_PORT, COUNTER_ICMP_OTHER);
	if (icmp)
		document_table_add_fact(facts, "ICMP", "%llu unreachable message%s, by reason: %s",
					(unsigned long long)icmp, icmp == 1 ? "" : "s", parts.text);
	else
		document_table_add_fact(facts, "ICMP", "no unreachable message came in");
	if (c->n[COUNTER_ICMP_FROM_ELSEWHERE])
		document_table_add_fact(facts, "From elsewhere",
					"%llu of them not from the resolver's address",
					(unsigned long long)c->n[COUNTER_ICMP_FROM_ELSEWHERE]);
	if (c->n[COUNTER_TOO_BIG])
		document_table_add_fact(facts, "Too big",
					"%llu ICMP messages that ask for smaller packets",
					(unsigned long long)c->n[COUNTER_TOO_BIG]);
	section_add_ttls(&ttls, incident);
	if (ttls.used && document->source->kind != REPORT_OF_TEXT)
		document_table_add_fact(facts, "TTL", "%s, as the messages arrived", ttls.text);
	buffer_free(&parts);
	buffer_free(&ttls);
}

static void section_add_messages(struct document *document, const struct incident *incident)
{
	struct buffer lines = {0}, quote = {0};
	int matched = document->source->inferred_quotes ||
		      explanation_is_recorded_of_text(incident, document->source);
	__u32 i;

	for (i = 0; i < incident->message_count; i++) {
		tcpdump_line_write(&lines, &incident->messages[i]);
		buffer_add(&lines, "\n");
		buffer_reset(&quote);
		tcpdump_line_write_query(&quote, &incident->messages[i]);
		if (quote.used)
			buffer_add(&lines, "    %s\n", quote.text);
	}
	document_add_paragraph(document,
			       "%s, in tcpdump's own form; below each the query that it %s:",
			       incident->message_count > 1 ? "Messages" : "A message",
			       matched ? "was matched with" : "quotes");
	document_add_log(document, &lines);
	buffer_free(&lines);
	buffer_free(&quote);
}

void section_add_seen(struct document *document, int level, const struct incident *incident)
{
	struct document_table facts = {0};

	document_add_heading(document, level, "What was seen");
	document_table_add_fact(&facts, "Protocol", "DNS over UDP, port %u",
				ntohs(incident->resolver.port));
	section_add_message_facts(document, &facts, incident);
	document_add_table(document, &facts);
	if (incident->message_count)
		section_add_messages(document, incident);
}

/* ---- who ------------------------------------------------------------------------------------- */

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
	char type[DNS_TYPE_SIZE];
	__u32 i;

	for (i = 0; i < incident->name_count; i++) {
		buffer_add(out, "%s", i ? ", " : "");
		document_add_code(out, incident->names[i]);
		if (incident->types[i])
			buffer_add(out, " (%s)", dns_type_text(incident->types[i], type));
	}
	if (incident->names_more)
		buffer_add(out, " and others");
}

void section_add_who(struct document *document, int level, const struct incident *incident)
{
	const char *not_known =
		counters_icmp_unreachables(&incident->counters)
			? "not recorded: no ICMP message was kept that names them"
			: "not recorded: only ICMP messages name them, and none came in";
	struct document_table facts = {0};
	struct buffer text = {0};

	document_add_heading(document, level, "Who");
	phrase_add_resolver(&text, incident);
	document_table_add_fact(&facts, "Resolver", "%s", text.text ? text.text : "");
	buffer_reset(&text);
	phrase_add_addresses(&text, incident->reporters, incident->reporter_count,
			     incident->reporters_more);
	if (incident->reporter_count)
		document_table_add_fact(&facts, "Reporter", "%s%s", text.text,
					section_is_all_from_resolver(incident)
						? " (the resolver itself)"
						: "");
	buffer_reset(&text);
	phrase_add_addresses(&text, incident->clients, incident->client_count,
			     incident->clients_more);
	document_table_add_fact(&facts, "Clients", "%s",
				incident->client_count ? text.text : not_known);
	buffer_reset(&text);
	section_add_names(&text, incident);
	document_table_add_fact(&facts, "Names", "%s",
				incident->name_count ? text.text : not_known);
	document->failed |= text.failed;
	buffer_free(&text);
	document_add_table(document, &facts);
}

/* ---- how much -------------------------------------------------------------------------------- */

static void section_add_outcome(struct document_table *table, const struct resolver_counters *c,
				const char *name, enum counter first, enum counter last)
{
	__u64 settled = counters_settled(c), number = counters_sum(c, first, last);
	struct buffer parts = {0};
	char share[CELL_SIZE];

	if (!document_table_add_row(table))
		return;
	phrase_add_counters(&parts, c, first, last);
	if (number && first != last)
		document_table_set_cell(table, 0, "%s (%s)", name, parts.text);
	else
		document_table_set_cell(table, 0, "%s", name);
	document_table_set_cell(table, 1, "%llu", (unsigned long long)number);
	document_table_set_cell(table, 2, "%s",
				cell_format_ratio(settled ? (double)number / (double)settled : NAN,
						  share));
	buffer_free(&parts);
}

static void section_add_outcomes(struct document *document, const struct resolver_counters *c)
{
	struct document_table table = {.numbers = 1, .total = 1};
	char share[CELL_SIZE];

	document_table_add_row(&table);
	document_table_set_cell(&table, 0, "Outcome");
	document_table_set_cell(&table, 1, "Transactions");
	document_table_set_cell(&table, 2, "Share");
	section_add_outcome(&table, c, "answered", COUNTER_ANSWERED_NOERROR,
			    COUNTER_ANSWERED_OTHER);
	section_add_outcome(&table, c, "unreachable", COUNTER_UNREACHABLE_PORT,
			    COUNTER_UNREACHABLE_OTHER);
	section_add_outcome(&table, c, "timed out", COUNTER_TIMED_OUT, COUNTER_TIMED_OUT);
	if (counters_unsent(c))
		section_add_outcome(&table, c, "unsent", COUNTER_UNSENT_HOST, COUNTER_UNSENT_OTHER);
	document_table_add_row(&table);
	document_table_set_cell(&table, 0, "failed, of %llu settled",
				(unsigned long long)counters_settled(c));
	document_table_set_cell(&table, 1, "%llu", (unsigned long long)counters_failed(c));
	document_table_set_cell(&table, 2, "%s",
				cell_format_ratio(counters_failure_ratio(c), share));
	document_add_table(document, &table);
}

void section_add_how_much(struct document *document, int level, const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 unmatched =
		counters_sum(c, COUNTER_UNMATCHED_RESPONSES, COUNTER_UNMATCHED_UNREACHABLES);
	struct buffer late = {0}, other = {0};
	struct document_table facts = {0};

	document_add_heading(document, level, "How much");
	section_add_outcomes(document, c);
	document_table_add_fact(&facts, "Queries", "%llu, of which %llu retransmissions",
				(unsigned long long)c->n[COUNTER_QUERIES],
				(unsigned long long)c->n[COUNTER_RETRANSMISSIONS]);
	phrase_add_counters(&late, c, COUNTER_LATE_RESPONSES, COUNTER_LATE_UNREACHABLES);
	if (counters_late(c))
		document_table_add_fact(&facts, "Late",
					"%s (came after the timeout; counted as timed out)",
					late.text);
	phrase_add_counters(&other, c, COUNTER_UNMATCHED_RESPONSES, COUNTER_UNMATCHED_UNREACHABLES);
	if (unmatched)
		document_table_add_fact(&facts, "Unmatched", "%s (fitted no open transaction)",
					other.text);
	if (c->n[COUNTER_UNTRACKED])
		document_table_add_fact(&facts, "Untracked", "%llu queries could not be followed",
					(unsigned long long)c->n[COUNTER_UNTRACKED]);
	document_add_table(document, &facts);
	buffer_free(&late);
	buffer_free(&other);
	document_add_heading(document, level, "Timeline");
	document_add_timeline(document, incident);
}

/* ---- likely cause, next checks -------------------------------------------------------- */

static void section_add_sentences(struct document *document, int level, const char *heading,
				  const struct sentence_list *lines)
{
	size_t i;

	if (!lines->count)
		return;
	document_add_heading(document, level, "%s", heading);
	for (i = 0; i < lines->count; i++)
		document_add_item(document, "%s", lines->line[i].text ? lines->line[i].text : "");
}

void section_add_cause(struct document *document, int level, const struct incident *incident,
		       const struct explanation *e)
{
	const char *name = cause_name(incident->cause);

	document_add_heading(document, level, "Likely cause: %s", name ? name : "not known");
	document_add_paragraph(document, "%s", e->meaning);
	section_add_sentences(document, level + 1, "Evidence", &e->evidence);
	section_add_sentences(document, level + 1, "What speaks against it", &e->against);
	section_add_sentences(document, level + 1, "Alternatives", &e->alternatives);
	section_add_sentences(document, level + 1, "What would confirm it", &e->confirmed_by);
}

static void section_add_checks_on(struct document *document, const struct explanation *e,
				  int on_resolver)
{
	size_t i;

	for (i = 0; i < e->check_count; i++) {
		const struct report_check *check = &e->checks[i];

		if (check->on_resolver == on_resolver && check->command.text)
			document_add_item(document, MARK_CODE "%s" MARK_END MARK_BREAK "%s",
					  check->command.text, check->tells);
	}
}

void section_add_checks(struct document *document, int level, const struct explanation *e)
{
	int on_resolver = 0;
	size_t i;

	document_add_heading(document, level, "Next checks");
	document_add_heading(document, level + 1, "On a client");
	section_add_checks_on(document, e, 0);
	for (i = 0; i < e->check_count; i++)
		on_resolver |= e->checks[i].on_resolver;
	if (!on_resolver)
		return;
	document_add_heading(document, level + 1, "On the resolver");
	section_add_checks_on(document, e, 1);
}

/* ---- method and limits ----------------------------------------------------------------------- */

static void section_add_source(struct document *document)
{
	static const char *const kinds[] = {
		[REPORT_OF_TRAFFIC] = "traffic of this host, as it passed",
		[REPORT_OF_CAPTURE] = "packets of a capture",
		[REPORT_OF_TEXT] = "text that tcpdump printed",
		[REPORT_OF_INCIDENTS] = "incidents that dnsreach has recorded",
	};
	const struct report_source *source = document->source;
	struct buffer text = {0};

	if (source->file) {
		buffer_add(&text, ", from ");
		document_add_code(&text, source->file);
	}
	if (source->packets)
		buffer_add(&text, ", %llu packets", (unsigned long long)source->packets);
	if (source->engine)
		buffer_add(&text, ", %s engine", source->engine);
	document_add_item(document, "Source: %s%s.", kinds[source->kind],
			  text.text ? text.text : "");
	document->failed |= text.failed;
	buffer_free(&text);
	if (!source->date_known)
		document_add_item(document,
				  "The source gives no date and no time zone: times are as it has "
				  "them.");
	if (source->kind == REPORT_OF_TEXT)
		document_add_item(
			document,
			"Text holds less than packets do: lengths, TTLs and what the ICMP "
			"messages quote are not known.");
	if (source->inferred_quotes)
		document_add_item(
			document,
			"%llu ICMP lines name no client port and no message ID: each was matched "
			"with the oldest open query of that client to that resolver and port, or "
			"else with the latest that had timed out.",
			(unsigned long long)source->inferred_quotes);
}

void section_add_lost(struct document *document)
{
	const struct report_source *source = document->source;

	if (!source->dns_lost)
		return;
	document_add_paragraph(
		document,
		"%llu line%s about DNS or ICMP could not be read and %s not counted: "
		"the numbers below are too low. The last section says why.",
		(unsigned long long)source->dns_lost, source->dns_lost == 1 ? "" : "s",
		source->dns_lost == 1 ? "is" : "are");
}

static void section_add_unreadable(struct document *document)
{
	const struct report_source *source = document->source;
	const char *what = source->kind == REPORT_OF_CAPTURE ? "packet" : "line";
	struct buffer text = {0};
	size_t i;

	if (source->cut)
		document_add_item(document,
				  "%llu packets were cut by the snap length of the capture.",
				  (unsigned long long)source->cut);
	buffer_add(&text, "%llu %s%s could not be read", (unsigned long long)source->unreadable,
		   what, source->unreadable == 1 ? "" : "s");
	for (i = 0; i < source->diagnostic_count; i++) {
		buffer_add(&text, "%s" MARK_BREAK "%s %llu: ", i ? "" : ":", what,
			   (unsigned long long)source->diagnostics[i].line);
		document_add_code(&text, source->diagnostics[i].what);
	}
	if (source->unreadable)
		document_add_item(document, "%s", text.text ? text.text : "");
	document->failed |= text.failed;
	buffer_free(&text);
}

void section_add_method(struct document *document, int level, int any)
{
	char timeout[PHRASE_SIZE];

	document_add_heading(document, level, "Method and limits");
	section_add_source(document);
	section_add_unreadable(document);
	document_add_item(
		document,
		"Each query was followed to its outcome by addresses, ports and message ID: "
		"answered, unreachable (an ICMP message about it came in) or timed out.");
	if (document->source->timeout_ns)
		document_add_item(document,
				  "A transaction with no outcome %s after its first query is timed "
				  "out; what comes later is counted as late.",
				  phrase_duration(document->source->timeout_ns, timeout));
	document_add_item(document,
			  "A resolver is judged by its last outcomes, at least 3 of them.");
	if (any) {
		document_add_item(
			document,
			"ICMP is rate-limited by who sends it, so that its messages are a "
			"lower bound: they tell the reason, not the extent. Shares are of "
			"settled transactions.");
		document_add_item(
			document,
			"Counting starts at the last second before the incident; clients, "
			"names and messages are samples.");
	}
	document_add_item(
		document,
		"Only DNS over UDP is seen: no TCP, DoT, DoH or DoQ. Checksums are not "
		"verified, and an answer that the client's own firewall dropped later counts "
		"as answered.");
}
