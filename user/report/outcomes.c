// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The outcomes of transactions or connects by kind, their share, and what came late or matched
 * none.
 */
#include "report/outcomes.h"

#include "health/counters.h"
#include "report/phrase.h"
#include "view/cells.h"

#include <math.h>

#define N(number) ((unsigned long long)(number))
#define OUTCOMES 4

/* The counters of a kind of row, and their words. */
struct outcome_words {
	const char *title, *open;
	struct {
		const char *name;
		enum counter first, last;
	} outcomes[OUTCOMES];
	enum counter sent, retransmissions, untracked, late, unmatched;
	const char *sent_label;
	const char *arrival, *arrivals;		/* of late and unmatched */
	const char *could_not, *could_not_many; /* of untracked */
};

/* Those over UDP and over TCP differ in what ends them without an answer: a range of counters. */
#define WORDS_OF_MESSAGES(without_answer, first, last)                                             \
	{                                                                                          \
		.title = "Transactions", .open = "transaction",                                    \
		.outcomes = {{"answered", COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_OTHER},       \
			     {without_answer, first, last},                                        \
			     {"timed out", COUNTER_TIMED_OUT, COUNTER_TIMED_OUT}},                 \
		.sent = COUNTER_QUERIES, .retransmissions = COUNTER_RETRANSMISSIONS,               \
		.untracked = COUNTER_UNTRACKED, .late = COUNTER_LATE_RESPONSES,                    \
		.unmatched = COUNTER_UNMATCHED_RESPONSES, .sent_label = "Queries",                 \
		.arrival = "response", .arrivals = "responses", .could_not = "query could",        \
		.could_not_many = "queries could",                                                 \
	}

static const struct outcome_words of_messages =
	WORDS_OF_MESSAGES("unreachable", COUNTER_UNREACHABLE_PORT, COUNTER_UNREACHABLE_OTHER);

static const struct outcome_words of_messages_over_tcp =
	WORDS_OF_MESSAGES("closed without an answer", COUNTER_CLOSED_FIN, COUNTER_CLOSED_RST);

static const struct outcome_words of_sessions = {
	.title = "Sessions",
	.open = "session",
	.outcomes = {{"answered", COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_NOERROR},
		     {"answered, but not by a TLS handshake", COUNTER_ANSWERED_REFUSED,
		      COUNTER_ANSWERED_REFUSED},
		     {"closed without an answer", COUNTER_CLOSED_FIN, COUNTER_CLOSED_RST},
		     {"timed out", COUNTER_TIMED_OUT, COUNTER_TIMED_OUT}},
	/* A session is not sent again, and nothing is late for it: these are 0. */
	.sent = COUNTER_TRANSACTIONS,
	.retransmissions = COUNTER_RETRANSMISSIONS,
	.untracked = COUNTER_UNTRACKED,
	.late = COUNTER_LATE_RESPONSES,
	.unmatched = COUNTER_UNMATCHED_RESPONSES,
	.sent_label = "Sessions",
	.arrival = "answer",
	.arrivals = "answers",
	.could_not = "session could",
	.could_not_many = "sessions could",
};

static const struct outcome_words of_connects = {
	.title = "Connects",
	.open = "connect",
	.outcomes = {{"established", COUNTER_CONNECT_ESTABLISHED, COUNTER_CONNECT_ESTABLISHED},
		     {"refused by an RST", COUNTER_CONNECT_REFUSED, COUNTER_CONNECT_REFUSED},
		     {"unreachable", COUNTER_CONNECT_UNREACHABLE_PORT,
		      COUNTER_CONNECT_UNREACHABLE_OTHER},
		     {"timed out", COUNTER_CONNECT_TIMED_OUT, COUNTER_CONNECT_TIMED_OUT}},
	.sent = COUNTER_CONNECT_ATTEMPTS,
	.retransmissions = COUNTER_CONNECT_RETRANSMISSIONS,
	.untracked = COUNTER_CONNECT_UNTRACKED,
	.late = COUNTER_CONNECT_LATE,
	.unmatched = COUNTER_CONNECT_UNMATCHED,
	.sent_label = "SYNs",
	.arrival = "SYN-ACK or RST",
	.arrivals = "SYN-ACKs or RSTs",
	.could_not = "SYN could",
	.could_not_many = "SYNs could",
};

static void outcome_add(struct document_table *table, const struct resolver_counters *c,
			const char *name, enum counter first, enum counter last)
{
	__u64 settled = counters_settled(c), number = counters_sum(c, first, last);
	struct buffer parts = {0};
	char share[CELL_SIZE];

	if (!document_table_add_row(table))
		return;
	if (first == COUNTER_UNREACHABLE_PORT || first == COUNTER_CONNECT_UNREACHABLE_PORT)
		phrase_add_reasons(&parts, c, first, REASON_PORT);
	else if (first == COUNTER_UNSENT_HOST)
		phrase_add_reasons(&parts, c, first, REASON_HOST);
	else if (first != COUNTER_CLOSED_FIN || c->n[COUNTER_QUERIES])
		phrase_add_counters(&parts, c, first, last);
	if (parts.used && first != last)
		document_table_set_cell(table, 0, "%s (%s)", name, parts.text);
	else
		document_table_set_cell(table, 0, "%s", name);
	document_table_set_cell(table, 1, "%llu", N(number));
	document_table_set_cell(table, 2, "%s",
				cell_format_ratio(settled ? (double)number / (double)settled : NAN,
						  share));
	buffer_free(&parts);
}

/* Adds the failures of all that settled; or the error answers, when nothing but these went wrong.
 */
static void outcome_add_total(struct document_table *table, const struct resolver_counters *c)
{
	__u64 failed = counters_failed(c), errors = counters_answered_with_error(c);
	__u64 settled = counters_settled(c);
	int is_failed = failed || !errors;
	double ratio = counters_failure_ratio(c);
	char share[CELL_SIZE];

	if (!is_failed)
		ratio = settled ? (double)errors / (double)settled : NAN;
	document_table_add_row(table);
	document_table_set_cell(table, 0, "%s, of %llu settled",
				is_failed ? "failed" : "with an error", N(settled));
	document_table_set_cell(table, 1, "%llu", N(is_failed ? failed : errors));
	document_table_set_cell(table, 2, "%s", cell_format_ratio(ratio, share));
}

static void outcome_add_other_counts(struct document *document, const struct resolver_counters *c,
				     const struct outcome_words *words)
{
	struct document_table facts = {0};
	struct buffer late = {0}, other = {0};
	char number[PHRASE_SIZE];

	if (c->n[words->retransmissions])
		document_table_add_fact(&facts, words->sent_label, "%llu, of which %s",
					N(c->n[words->sent]),
					phrase_count(c->n[words->retransmissions], "retransmission",
						     "retransmissions", number));
	phrase_add_count(&late, c->n[words->late], words->arrival, words->arrivals);
	phrase_add_count(&late, c->n[COUNTER_LATE_UNREACHABLES], "ICMP message", "ICMP messages");
	if (late.used)
		document_table_add_fact(&facts, "Late", "%s, after the timeout", late.text);
	phrase_add_count(&other, c->n[words->unmatched], words->arrival, words->arrivals);
	phrase_add_count(&other, c->n[COUNTER_UNMATCHED_UNREACHABLES], "ICMP message",
			 "ICMP messages");
	if (other.used)
		document_table_add_fact(&facts, "Unmatched", "%s: no open %s matched", other.text,
					words->open);
	if (c->n[words->untracked])
		document_table_add_fact(&facts, "Untracked", "%s not be followed",
					phrase_count(c->n[words->untracked], words->could_not,
						     words->could_not_many, number));
	document_add_table(document, &facts);
	buffer_free(&late);
	buffer_free(&other);
}

void document_add_outcomes(struct document *document, const struct resolver_counters *counters,
			   int is_connects, __u8 transport)
{
	static const struct outcome_words *const by_transport[TRANSPORT_MAX] = {
		&of_messages, &of_messages, &of_messages_over_tcp, &of_sessions};
	const struct outcome_words *words = is_connects ? &of_connects : by_transport[transport];
	struct document_table table = {.numbers = 1, .total = 1};
	size_t i;

	document_table_add_row(&table);
	document_table_set_cell(&table, 0, "Outcome");
	document_table_set_cell(&table, 1, "%s", words->title);
	document_table_set_cell(&table, 2, "Share");
	for (i = 0; i < OUTCOMES && words->outcomes[i].name; i++)
		outcome_add(&table, counters, words->outcomes[i].name, words->outcomes[i].first,
			    words->outcomes[i].last);
	if (counters_unsent(counters))
		outcome_add(&table, counters, "unsent", COUNTER_UNSENT_HOST, COUNTER_UNSENT_OTHER);
	outcome_add_total(&table, counters);
	document_add_table(document, &table);
	outcome_add_other_counts(document, counters, words);
}
