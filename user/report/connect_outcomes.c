// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The outcomes of connects by kind, their share, and what came late or matched none. */
#include "report/connect_outcomes.h"

#include "health/counters.h"
#include "report/phrase.h"
#include "view/cells.h"

#include <math.h>

#define N(number) ((unsigned long long)(number))

static void outcome_add(struct document_table *table, const struct resolver_counters *c,
			const char *name, enum counter first, enum counter last)
{
	__u64 settled = counters_settled(c), number = counters_sum(c, first, last);
	struct buffer parts = {0};
	char share[CELL_SIZE];

	if (!document_table_add_row(table))
		return;
	phrase_add_reasons(&parts, c, first,
			   first == COUNTER_UNSENT_HOST ? REASON_HOST : REASON_PORT);
	if (number && first != last)
		document_table_set_cell(table, 0, "%s (%s)", name, parts.text);
	else
		document_table_set_cell(table, 0, "%s", name);
	document_table_set_cell(table, 1, "%llu", N(number));
	document_table_set_cell(table, 2, "%s",
				cell_format_ratio(settled ? (double)number / (double)settled : NAN,
						  share));
	buffer_free(&parts);
}

static void outcome_add_total(struct document_table *table, const struct resolver_counters *c)
{
	char share[CELL_SIZE];

	document_table_add_row(table);
	document_table_set_cell(table, 0, "failed, of %llu settled", N(counters_settled(c)));
	document_table_set_cell(table, 1, "%llu", N(counters_failed(c)));
	document_table_set_cell(table, 2, "%s",
				cell_format_ratio(counters_failure_ratio(c), share));
}

static void connect_add_other_counts(struct document *document, const struct resolver_counters *c)
{
	struct document_table facts = {0};
	struct buffer late = {0}, other = {0};
	char number[PHRASE_SIZE];

	if (c->n[COUNTER_CONNECT_RETRANSMISSIONS])
		document_table_add_fact(&facts, "SYNs", "%llu, of which %s",
					N(c->n[COUNTER_CONNECT_ATTEMPTS]),
					phrase_count(c->n[COUNTER_CONNECT_RETRANSMISSIONS],
						     "retransmission", "retransmissions", number));
	phrase_add_count(&late, c->n[COUNTER_CONNECT_LATE], "SYN-ACK or RST", "SYN-ACKs or RSTs");
	phrase_add_count(&late, c->n[COUNTER_LATE_UNREACHABLES], "ICMP message", "ICMP messages");
	if (late.used)
		document_table_add_fact(&facts, "Late", "%s, after the timeout", late.text);
	phrase_add_count(&other, c->n[COUNTER_CONNECT_UNMATCHED], "SYN-ACK or RST",
			 "SYN-ACKs or RSTs");
	phrase_add_count(&other, c->n[COUNTER_UNMATCHED_UNREACHABLES], "ICMP message",
			 "ICMP messages");
	if (other.used)
		document_table_add_fact(&facts, "Unmatched", "%s: no open connect matched",
					other.text);
	if (c->n[COUNTER_CONNECT_UNTRACKED])
		document_table_add_fact(&facts, "Untracked", "%s not be followed",
					phrase_count(c->n[COUNTER_CONNECT_UNTRACKED], "SYN could",
						     "SYNs could", number));
	document_add_table(document, &facts);
	buffer_free(&late);
	buffer_free(&other);
}

void connect_add_outcomes(struct document *document, const struct resolver_counters *c)
{
	struct document_table table = {.numbers = 1, .total = 1};

	document_table_add_row(&table);
	document_table_set_cell(&table, 0, "Outcome");
	document_table_set_cell(&table, 1, "Connects");
	document_table_set_cell(&table, 2, "Share");
	outcome_add(&table, c, "established", COUNTER_CONNECT_ESTABLISHED,
		    COUNTER_CONNECT_ESTABLISHED);
	outcome_add(&table, c, "refused by an RST", COUNTER_CONNECT_REFUSED,
		    COUNTER_CONNECT_REFUSED);
	outcome_add(&table, c, "unreachable", COUNTER_CONNECT_UNREACHABLE_PORT,
		    COUNTER_CONNECT_UNREACHABLE_OTHER);
	outcome_add(&table, c, "timed out", COUNTER_CONNECT_TIMED_OUT, COUNTER_CONNECT_TIMED_OUT);
	if (counters_unsent(c))
		outcome_add(&table, c, "unsent", COUNTER_UNSENT_HOST, COUNTER_UNSENT_OTHER);
	outcome_add_total(&table, c);
	document_add_table(document, &table);
	connect_add_other_counts(document, c);
}
