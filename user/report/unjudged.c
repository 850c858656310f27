// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Totals, and the transactions of resolvers that have too few to be judged. */
#include "report/unjudged.h"

#include "health/counters.h"
#include "health/status.h"
#include "report/phrase.h"
#include "util/address.h"
#include "util/dns.h"
#include "view/table.h"
#include "view/tcpdump_line.h"

#include <arpa/inet.h>
#include <string.h>

#define RESOLVERS_SHOWN 8 /* with their transactions, in the short report */
#define UNMATCHED_MANY 10 /* messages: told even where nothing failed */
#define MESSAGES_SHOWN 3  /* likewise */
#define N(number) ((unsigned long long)(number))

struct judged_count judged_count_of(const struct status *totals)
{
	struct judged_count count = {0};
	size_t i;

	for (i = 0; totals && i < totals->count; i++) {
		const struct resolver_status *resolver = &totals->resolvers[i];
		const struct resolver_counters *c = &resolver->now->counters;

		if (!resolver_was_queried(resolver))
			continue;
		count.asked++;
		if (resolver->is_judged) {
			count.judged++;
			continue;
		}
		count.queries += counters_asked(c);
		count.answered += counters_answered(c);
		count.failed += counters_failed(c);
		count.errors += counters_answered_with_error(c);
		count.open += resolver->now->in_flight + resolver->now->messages_in_flight;
	}
	return count;
}

const struct excerpt *report_find_excerpt(const struct report_source *source,
					  const struct resolver_key *resolver)
{
	size_t i;

	for (i = 0; i < source->excerpt_count; i++)
		if (!memcmp(&source->excerpts[i]->resolver, resolver, sizeof(*resolver)))
			return source->excerpts[i];
	return NULL;
}

/* ---- totals ---------------------------------------------------------------------------------- */

/* Adds "3 answered (SERVFAIL 1), 2 timed out, 1 still open". */
static void unjudged_add_counts(struct buffer *out, const struct resolver_status *resolver)
{
	const struct resolver_counters *c = &resolver->now->counters;
	struct buffer errors = {0};

	phrase_add_part(out, c->n[COUNTER_CONNECT_ESTABLISHED], "established");
	phrase_add_part(out, c->n[COUNTER_CONNECT_REFUSED], "refused");
	phrase_add_part(out, counters_sum(c, COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_OTHER),
			"answered");
	phrase_add_errors(&errors, c);
	if (errors.used)
		buffer_add(out, " (%s)", errors.text);
	buffer_free(&errors);
	phrase_add_part(out, counters_unreachable(c), "unreachable");
	phrase_add_part(out, counters_timed_out(c), "timed out");
	phrase_add_part(out, counters_closed(c), "closed without an answer");
	phrase_add_part(out, counters_unsent(c), "unsent");
	phrase_add_part(out, resolver->now->in_flight + resolver->now->messages_in_flight,
			"still open");
	phrase_add_count(out, c->n[COUNTER_UNMATCHED_RESPONSES], "unmatched response",
			 "unmatched responses");
	phrase_add_count(out, c->n[COUNTER_UNMATCHED_UNREACHABLES], "unmatched ICMP message",
			 "unmatched ICMP messages");
}

static void add_total(struct document *document, struct document_table *table,
		      const struct resolver_status *resolver)
{
	struct buffer text = {0};

	if (!resolver_was_queried(resolver) || !document_table_add_row(table))
		return;
	phrase_add_resolver(&text, &resolver->now->key);
	document_table_set_cell(table, 0, "%s", text.text ? text.text : "");
	document_table_set_cell(table, 1, "%s",
				resolver->is_judged ? state_name(resolver->state)
						    : "too few to judge");
	buffer_reset(&text);
	unjudged_add_counts(&text, resolver);
	document_table_set_cell(table, 2, "%s", text.text ? text.text : "");
	document->failed |= text.failed;
	buffer_free(&text);
}

void unjudged_add_totals(struct document *document, int level)
{
	const struct status *totals = document->source->totals;
	struct document_table table = {0};
	size_t i;

	if (!totals || !judged_count_of(totals).asked)
		return;
	document_add_heading(document, level, "Totals");
	document_table_add_row(&table);
	document_table_set_cell(&table, 0, "Resolver");
	document_table_set_cell(&table, 1, "State");
	document_table_set_cell(&table, 2, "Transactions");
	for (i = 0; i < totals->count; i++)
		add_total(document, &table, &totals->resolvers[i]);
	document_add_table(document, &table);
}

/* Adds the resolvers about which messages came that match no query, as many as a forger sends. */
void unjudged_add_suspicion(struct document *document)
{
	const struct status *totals = document->source->totals;
	char icmp[PHRASE_SIZE], responses[PHRASE_SIZE];
	struct buffer text = {0};
	size_t i;

	for (i = 0; totals && i < totals->count; i++) {
		const struct resolver_counters *c = &totals->resolvers[i].now->counters;

		if (c->n[COUNTER_UNMATCHED_UNREACHABLES] < UNMATCHED_MANY &&
		    c->n[COUNTER_UNMATCHED_RESPONSES] < UNMATCHED_MANY)
			continue;
		buffer_reset(&text);
		phrase_add_resolver(&text, &totals->resolvers[i].now->key);
		document_add_paragraph(document,
				       "%s and %s about %s match no query. They are duplicates, or "
				       "somebody may be "
				       "forging them. They changed no outcome.",
				       phrase_count(c->n[COUNTER_UNMATCHED_UNREACHABLES],
						    "ICMP message", "ICMP messages", icmp),
				       phrase_count(c->n[COUNTER_UNMATCHED_RESPONSES], "response",
						    "responses", responses),
				       text.text ? text.text : "");
	}
	document->failed |= text.failed;
	buffer_free(&text);
}

/* ---- transactions ---------------------------------------------------------------------------- */

static const char *rcode_text(__u8 rcode)
{
	const char *name = dns_rcode_name(rcode);

	return name ? name : "with an unknown RCODE";
}

void unjudged_add_outcome(struct buffer *out, const struct excerpt_transaction *transaction,
			  const struct report_source *source)
{
	__u64 end_ns = transaction->late_ns ? transaction->late_ns : transaction->outcome_ns;
	char after[PHRASE_SIZE], timeout[PHRASE_SIZE];

	phrase_duration(end_ns > transaction->sent_ns ? end_ns - transaction->sent_ns : 0, after);
	if (transaction->queries > 1)
		buffer_add(out, "sent %llu times; ", N(transaction->queries));
	switch (transaction->outcome) {
	case EXCERPT_OPEN:
		buffer_add(out, "no answer; still open at the end");
		return;
	case EXCERPT_ANSWERED:
		buffer_add(out, "answered %s after %s", rcode_text(transaction->rcode), after);
		return;
	case EXCERPT_UNREACHABLE:
		buffer_add(out, "unreachable: an ICMP message after %s", after);
		return;
	case EXCERPT_UNSENT:
		buffer_add(out, "not sent: refused by the client's own network stack");
		return;
	case EXCERPT_TIMED_OUT:
		buffer_add(out, "no answer within %s",
			   phrase_duration(source->timeout_ns, timeout));
		break;
	}
	if (transaction->late_ns)
		buffer_add(out, "; late, %s after %s",
			   transaction->message.wall_ns ? "an ICMP message"
							: rcode_text(transaction->rcode),
			   after);
}

static void add_transaction(struct document *document, struct document_table *table,
			    const struct excerpt_transaction *transaction)
{
	char moment[PHRASE_SIZE], client[ADDRESS_TEXT_SIZE];
	struct buffer query = {0}, outcome = {0};

	if (!document_table_add_row(table))
		return;
	document_add_code(&query, address_text(&transaction->client, 0, client));
	if (*transaction->name) {
		buffer_add(&query, " asks for ");
		phrase_add_question(&query, transaction->name, transaction->type);
	}
	unjudged_add_outcome(&outcome, transaction, document->source);
	document_table_set_cell(table, 0, "%s",
				phrase_moment(document->source, transaction->sent_ns, moment));
	document_table_set_cell(table, 1, "%s", query.text ? query.text : "");
	document_table_set_cell(table, 2, "%s", outcome.text ? outcome.text : "");
	document->failed |= query.failed | outcome.failed;
	buffer_free(&query);
	buffer_free(&outcome);
}

/* Adds a message as tcpdump prints it, with the query that it quotes. */
static void add_message(struct buffer *lines, const struct incident_message *message)
{
	struct buffer query = {0};

	tcpdump_line_write(lines, message);
	buffer_add(lines, "\n");
	tcpdump_line_write_query(&query, message);
	if (query.used)
		buffer_add(lines, "    %s\n", query.text);
	lines->failed |= query.failed;
	buffer_free(&query);
}

/* Adds the ICMP messages of an excerpt. */
static void add_messages(struct document *document, const struct excerpt *excerpt)
{
	struct buffer lines = {0};
	size_t i;

	for (i = 0; i < excerpt->count; i++)
		if (excerpt->transactions[i].message.wall_ns)
			add_message(&lines, &excerpt->transactions[i].message);
	if (lines.used)
		document_add_log(document, &lines);
	buffer_free(&lines);
}

/* Returns 1 for a message about a resolver that was not asked. */
static int is_about_nobody(const struct status *totals, const struct incident_message *message)
{
	size_t i;

	for (i = 0; i < totals->count; i++)
		if (!memcmp(&totals->resolvers[i].now->key.address, &message->sample.key.resolver,
			    sizeof(struct ip_address)))
			return 0;
	return 1;
}

void unjudged_add_unmatched(struct document *document, int level)
{
	const struct report_source *source = document->source;
	size_t most = document->style->full ? source->unmatched_count : MESSAGES_SHOWN, shown = 0,
	       i;
	struct buffer lines = {0};
	char number[PHRASE_SIZE];
	__u64 count;

	count = source->totals ? source->totals->snapshot->self.n[SELF_UNMATCHED_UNREACHABLES] : 0;
	if (!count)
		return;
	document_add_heading(document, level, "ICMP messages without their queries");
	document_add_paragraph(
		document,
		"%s of failed DNS queries that the recording does not show. So it is "
		"not known how many queries were sent, and how many were answered. A "
		"recording that shows both: " MARK_CODE
		"tcpdump -ni any 'udp port 53 or icmp or icmp6'" MARK_END ".",
		phrase_count(count, "ICMP message tells", "ICMP messages tell", number));
	for (i = 0; i < source->unmatched_count && shown < most; i++) {
		if (!is_about_nobody(source->totals, &source->unmatched[i]))
			continue;
		add_message(&lines, &source->unmatched[i]);
		shown++;
	}
	if (lines.used)
		document_add_log(document, &lines);
	buffer_free(&lines);
}

static void add_excerpt(struct document *document, int level,
			const struct resolver_status *resolver, const struct excerpt *excerpt)
{
	struct document_table table = {0};
	struct buffer text = {0};
	size_t i;

	phrase_add_resolver(&text, &resolver->now->key);
	document_add_heading(document, level, "Too few to judge: %s", text.text ? text.text : "");
	buffer_free(&text);
	document_table_add_row(&table);
	document_table_set_cell(&table, 0, "Time");
	document_table_set_cell(&table, 1, "Query");
	document_table_set_cell(&table, 2, "Outcome");
	for (i = 0; i < excerpt->count; i++)
		add_transaction(document, &table, &excerpt->transactions[i]);
	document_add_table(document, &table);
	add_messages(document, excerpt);
	if (excerpt->more)
		document_add_paragraph(document, "The first %d transactions are shown.",
				       EXCERPT_TRANSACTIONS);
}

static int has_trouble(const struct resolver_status *resolver)
{
	const struct resolver_counters *c = &resolver->now->counters;

	return counters_failed(c) || counters_answered_with_error(c) || resolver->now->in_flight ||
	       resolver->now->messages_in_flight;
}

void unjudged_add_transactions(struct document *document, int level)
{
	const struct report_source *source = document->source;
	size_t most = document->style->full ? source->excerpt_count : RESOLVERS_SHOWN, shown = 0, i;
	int trouble;

	for (trouble = 1; source->totals && trouble >= 0; trouble--)
		for (i = 0; i < source->totals->count && shown < most; i++) {
			const struct resolver_status *resolver = &source->totals->resolvers[i];
			const struct excerpt *excerpt =
				report_find_excerpt(source, &resolver->now->key);

			if (resolver->is_judged || !excerpt || has_trouble(resolver) != trouble)
				continue;
			add_excerpt(document, level, resolver, excerpt);
			shown++;
		}
}
