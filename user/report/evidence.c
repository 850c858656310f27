// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What an incident's numbers say for its cause and against it. */
#include "report/explain.h"

#include "health/counters.h"
#include "health/names.h"
#include "report/words.h"

#define N(number) ((unsigned long long)(number))

/* Transactions that timed out and of which nothing came later either. */
static __u64 without_a_word(const struct resolver_counters *c)
{
	__u64 late = counters_late(c), timed_out = c->n[COUNTER_TIMED_OUT];

	return timed_out > late ? timed_out - late : 0;
}

static const struct {
	enum cause cause;
	enum counter counter;
	const char *what;
} told_by_icmp[] = {
	{CAUSE_PROHIBITED, COUNTER_EVIDENCE_PROHIBITED,
	 "of reason " CODE "prohibited" END " matched a transaction, in time or late."},
	{CAUSE_PORT_CLOSED, COUNTER_EVIDENCE_PORT,
	 "of reason " CODE "port" END
	 " from the resolver's own address matched a transaction, in time or late."},
	{CAUSE_NO_ROUTE, COUNTER_EVIDENCE_NO_ROUTE,
	 "of reason " CODE "host" END " or " CODE "network" END
	 " matched a transaction, in time or late."},
	{CAUSE_REJECTED_ON_PATH, COUNTER_EVIDENCE_ON_PATH,
	 "from an address that is not the resolver matched a transaction, in time or late."},
};

#define TOLD_BY_ICMP (sizeof(told_by_icmp) / sizeof(*told_by_icmp))

static int is_told_by_icmp(enum cause cause)
{
	return cause >= CAUSE_PROHIBITED && cause <= CAUSE_REJECTED_ON_PATH;
}

static void icmp_evidence(struct explanation *e, const struct incident *incident)
{
	char number[WORDS_SIZE];
	size_t i;

	for (i = 0; i < TOLD_BY_ICMP; i++)
		if (incident->cause == told_by_icmp[i].cause)
			lines_add(&e->evidence, "%s %s",
				  words_number(incident->counters.n[told_by_icmp[i].counter],
					       "ICMP message", "ICMP messages", number),
				  told_by_icmp[i].what);
}

/* Messages that would tell another cause by themselves. */
static void other_causes_against(struct explanation *e, const struct incident *incident)
{
	char number[WORDS_SIZE];
	__u64 count;
	size_t i;

	for (i = 0; i < TOLD_BY_ICMP; i++) {
		count = incident->counters.n[told_by_icmp[i].counter];
		if (!count || incident->cause == told_by_icmp[i].cause)
			continue;
		lines_add(&e->against, "%s to " CODE "%s" END " instead.",
			  words_number(count, "ICMP message points", "ICMP messages point", number),
			  cause_name(told_by_icmp[i].cause));
	}
}

static void outcome_evidence(struct explanation *e, const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 answered = counters_answered(c), errors = counters_answered_with_error(c);

	if (!answered)
		lines_add(&e->evidence, "None of the %llu transactions was answered.",
			  N(counters_settled(c)));
	if (incident->cause == CAUSE_NOT_SENT)
		lines_add(&e->evidence,
			  "%llu of the %llu failures are queries that the client's "
			  "own stack refused to send.",
			  N(counters_unsent(c)), N(counters_failed(c)));
	if (incident->cause == CAUSE_SERVER_ERROR)
		lines_add(&e->evidence, "%llu of %llu answers carry an error code.", N(errors),
			  N(answered));
	if (incident->cause == CAUSE_OVERLOADED)
		lines_add(&e->evidence, "%llu were answered in time, and %llu timed out.",
			  N(answered), N(c->n[COUNTER_TIMED_OUT]));
	if (incident->cause == CAUSE_OVERLOADED && c->n[COUNTER_LATE_RESPONSES])
		lines_add(&e->evidence, "%llu answers came after the timeout.",
			  N(c->n[COUNTER_LATE_RESPONSES]));
	if (incident->cause == CAUSE_SILENT)
		lines_add(&e->evidence,
			  "%llu transactions timed out, and no ICMP message about "
			  "them came in.",
			  N(c->n[COUNTER_TIMED_OUT]));
}

/* Of a packet the TTL is known. */
int is_recorded_of_text(const struct incident *incident, const struct report_origin *origin)
{
	return origin->kind == ORIGIN_INCIDENTS && incident->message_count &&
	       !incident->messages[0].sample.ttl;
}

/* Why the messages are hard to forge; a text says less than packets do. */
static void match_evidence(struct explanation *e, const struct incident *incident,
			   const struct report_origin *origin)
{
	if (!is_told_by_icmp(incident->cause))
		return;
	if (origin->inferred_quotes)
		lines_add(&e->evidence,
			  "The log's ICMP lines name no client port and no message "
			  "ID. Each was matched with the latest query of that client to that "
			  "resolver.");
	else if (is_recorded_of_text(incident, origin))
		lines_add(&e->evidence,
			  "It was recorded of text that tcpdump had printed. A message whose quote "
			  "the text did not show was matched with the latest query of that client "
			  "to that resolver.");
	else if (incident->counters.n[COUNTER_ICMP_SHORT_QUOTES])
		lines_add(&e->evidence,
			  "The messages match by addresses and ports; those that "
			  "quote a whole DNS header, by message ID too. To forge one, somebody off "
			  "the path would have to guess these.");
	else
		lines_add(&e->evidence,
			  "The messages match by addresses, ports and message ID: "
			  "to forge one, somebody off the path would have to guess these.");
}

void explain_evidence(struct explanation *e, const struct incident *incident,
		      const struct report_origin *origin)
{
	icmp_evidence(e, incident);
	outcome_evidence(e, incident);
	match_evidence(e, incident, origin);
}

static void answers_against(struct explanation *e, const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 good = counters_answered(c) - counters_answered_with_error(c);

	if (!good || incident->cause == CAUSE_OVERLOADED)
		return;
	lines_add(&e->against,
		  "Answered without an error: %llu of %llu. It did not hold all the time, or not "
		  "for every query.",
		  N(good), N(counters_settled(c)));
}

static void late_against(struct explanation *e, const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 late = c->n[COUNTER_LATE_UNREACHABLES];
	char number[WORDS_SIZE];

	if (!late || !is_told_by_icmp(incident->cause))
		return;
	lines_add(
		&e->against,
		"%s came late, after the timeout. Such a message as a rule comes within a second: "
		"the delay points to a slow or congested way, or to an overloaded host.",
		words_number(late, "ICMP message", "ICMP messages", number));
}

static void silence_against(struct explanation *e, const struct incident *incident)
{
	__u64 silent = without_a_word(&incident->counters);

	if (!silent || !is_told_by_icmp(incident->cause))
		return;
	lines_add(&e->against,
		  "%llu timed out without any message about them. This is usual where "
		  "ICMP is rate-limited (Linux sends about one such message a second to a "
		  "destination), but loss or a second trouble would look the same.",
		  N(silent));
}

void explain_against(struct explanation *e, const struct incident *incident,
		     const struct report_origin *origin)
{
	const struct resolver_counters *c = &incident->counters;

	answers_against(e, incident);
	other_causes_against(e, incident);
	late_against(e, incident);
	silence_against(e, incident);
	if (incident->forged)
		lines_add(&e->against,
			  "Unreachables that fit no query kept coming (%llu in all): "
			  "somebody may be forging them. They changed no outcome.",
			  N(c->n[COUNTER_UNMATCHED_UNREACHABLES]));
	if (origin->inferred_quotes && is_told_by_icmp(incident->cause))
		lines_add(&e->against, "Since the log gives no client port and no ID, it cannot "
				       "show that the messages answer these very queries.");
	if (!e->against.count)
		lines_add(&e->against, "Nothing that was seen.");
}
