// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The explanation of an incident: the sentences of each cause, the evidence that its numbers give
 * for it and against it, and the commands to run next. A command holds nothing from a packet that a
 * shell could take for more than a word.
 */
#include "report/explain.h"

#include "health/counters.h"
#include "health/status.h"
#include "util/address.h"
#include "report/phrase.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENTENCES_MAX 4

static const struct {
	const char *brief, *meaning;
	const char *alternatives[SENTENCES_MAX], *confirmed_by[SENTENCES_MAX];
} cause_texts[] = {
	[CAUSE_NONE] =
		{
			"not known",
			"What was seen does not point to one cause.",
			{NULL},
			{NULL},
		},
	[CAUSE_NOT_SENT] =
		{
			"the queries did not leave the client",
			"The client's own stack refused to send. Either the resolver (or the "
			"router "
			"to it) "
			"is on the link and does not answer ARP or neighbour discovery, or a "
			"firewall rule "
			"of the client rejects DNS on output.",
			{"The resolver is down, or was moved to another address on the link.",
			 "The interface, the VLAN or the cable to it is down or wrong.",
			 "A rule of the client rejects: reason " MARK_CODE "prohibited" MARK_END
			 " or " MARK_CODE "other" MARK_END " points "
			 "there, reason " MARK_CODE "host" MARK_END " to the neighbour."},
			{"The neighbour table shows the resolver, or the router to it, as FAILED "
			 "or "
			 "INCOMPLETE: it does not answer.",
			 "A reject rule for port 53 in the output chains of the client."},
		},
	[CAUSE_PROHIBITED] =
		{
			"a firewall prohibits it and says so",
			"A firewall answered with \"administratively prohibited\". It acts by a "
			"rule, so "
			"somebody's configuration has to change; the DNS service itself may be "
			"well.",
			{"The rule is on the resolver itself, where the reporter is the resolver's "
			 "address.",
			 "The rule is on a router or firewall on the way, where it is another one.",
			 "A resolver that serves only some networks may be protected by such a "
			 "rule."},
			{"The firewall's log or counters of the reporter show the rule at work.",
			 "A query from a host in another network is answered."},
		},
	[CAUSE_PORT_CLOSED] =
		{
			"the resolver's address is reachable, but nothing takes DNS queries on "
			"that port",
			"The resolver's own address answered that nothing is there, so its host is "
			"up and the way to it works. The DNS service is not running, or it listens "
			"on another "
			"address "
			"or port.",
			{"The resolver's own firewall rejects the queries. On the wire this looks "
			 "the same "
			 "as a closed port.",
			 "A box on the way answers in the resolver's name. Its messages as a rule "
			 "arrive "
			 "with a TTL that differs from that of the resolver's other packets.",
			 "The DNS service restarts again and again, and is down part of the time."},
			{"On the resolver no socket is bound to the port: nothing listens.",
			 "One is bound: then look at its address, and at the resolver's own "
			 "firewall.",
			 "TCP to the same port is refused too: the service is down. It connects: "
			 "only UDP "
			 "is affected, which points to a firewall."},
		},
	[CAUSE_NO_ROUTE] =
		{
			"there is no way to the resolver, says a router",
			"A router answered that it cannot reach the resolver's host or network. "
			"Queries "
			"leave the client and get lost at that router.",
			{"The resolver's host is down: the last router then says \"host "
			 "unreachable\".",
			 "A route is missing or was withdrawn on the way: \"network unreachable\".",
			 "The resolver's address is mistyped where the client is configured."},
			{"Traceroute ends at the reporter.",
			 "Other addresses in the resolver's network are reachable, or are not."},
		},
	[CAUSE_REJECTED_ON_PATH] =
		{
			"a box on the way rejects, in its own name",
			"The messages come from an address that is not the resolver: a firewall, a "
			"router "
			"or a translator (NAT) on the way turns the queries down.",
			{"The reporter is another address of the resolver's own host.",
			 "A translator (NAT) or load balancer has lost the resolver behind it.",
			 "A routing loop: then the reason is " MARK_CODE "other" MARK_END
			 ", and the message says \"time "
			 "exceeded\"."},
			{"Who owns the reporter's address, and its rules for UDP port 53.",
			 "A query from a place that does not pass the reporter is answered."},
		},
	[CAUSE_SERVER_ERROR] =
		{
			"the resolver answers, but with errors",
			"The way to the resolver works and its service runs. It answers with an "
			"error "
			"instead of what was asked for.",
			{"SERVFAIL: it cannot reach the authoritative servers, or DNSSEC "
			 "validation fails.",
			 "REFUSED: its access rules do not allow this client.",
			 "FORMERR or NOTIMP: a client, or a box on the way, sends what it does not "
			 "understand."},
			{"The same question with checking disabled (+cd) is answered: DNSSEC "
			 "validation.",
			 "Other names are answered: the trouble is with one zone.",
			 "The resolver's own log."},
		},
	[CAUSE_INTERMITTENT] =
		{
			"some queries are answered and others time out, as under overload or loss",
			"The resolver works, but not for every query. It cannot keep up, or "
			"packets get lost "
			"on the way.",
			{"Packet loss on the way: then other traffic to that host suffers too.",
			 "The resolver limits the rate of each client.",
			 "Only some names time out: their authoritative servers are slow or dead, "
			 "and the "
			 "resolver waits for them.",
			 "One of several hosts behind the same address is dead."},
			{"The resolver's host shows drops at the socket's receive buffer.",
			 "Ping loses packets as well: loss on the way.",
			 "The queries that time out are for a few names only."},
		},
	[CAUSE_SILENT] =
		{
			"in the end nothing came back at all",
			"When it was last judged, no answer and no ICMP message came back. The "
			"resolver's host is down, or "
			"a firewall "
			"drops queries or answers without a word.",
			{"A firewall on the way or on the resolver drops (instead of rejects) port "
			 "53.",
			 "The answers are lost on their way back: a route, or the client's own "
			 "network.",
			 "The resolver is flooded, and gets to no query at all.",
			 "ICMP is filtered on the way: what would have said why did not arrive."},
			{"Ping, or TCP to another port, reaches the host: then it is up, and "
			 "something drops "
			 "DNS.",
			 "A capture on the resolver shows whether the queries arrive there."},
		},
};

_Static_assert(sizeof(cause_texts) / sizeof(*cause_texts) == CAUSE_MAX,
	       "a cause has no explanation");

__attribute__((format(printf, 2, 3))) static void sentence_list_add(struct sentence_list *lines,
								    const char *format, ...)
{
	va_list values;
	char *words;

	if (lines->count == SENTENCES_MAX_IN_LIST)
		return;
	va_start(values, format);
	if (vasprintf(&words, format, values) < 0) {
		lines->line[lines->count].failed = 1;
	} else {
		buffer_add(&lines->line[lines->count++], "%s", words);
		free(words);
	}
	va_end(values);
}

static void sentence_list_add_all(struct sentence_list *lines,
				  const char *const sentences[SENTENCES_MAX])
{
	size_t i;

	for (i = 0; i < SENTENCES_MAX && sentences[i]; i++)
		sentence_list_add(lines, "%s", sentences[i]);
}

/* ---- evidence ------------------------------------------------------------------------- */

#define N(number) ((unsigned long long)(number))

/* Counts the transactions that timed out and of which nothing came later either. */
static __u64 evidence_silent_timeouts(const struct resolver_counters *c)
{
	__u64 late = counters_late(c), timed_out = c->n[COUNTER_TIMED_OUT];

	return timed_out > late ? timed_out - late : 0;
}

static const struct {
	enum cause cause;
	enum counter counter;
	const char *what;
} icmp_causes[] = {
	{CAUSE_PROHIBITED, COUNTER_EVIDENCE_PROHIBITED,
	 "of reason " MARK_CODE "prohibited" MARK_END " matched a transaction, in time or late."},
	{CAUSE_PORT_CLOSED, COUNTER_EVIDENCE_PORT,
	 "of reason " MARK_CODE "port" MARK_END
	 " from the resolver's own address matched a transaction, in time or late."},
	{CAUSE_NO_ROUTE, COUNTER_EVIDENCE_NO_ROUTE,
	 "of reason " MARK_CODE "host" MARK_END " or " MARK_CODE "network" MARK_END
	 " matched a transaction, in time or late."},
	{CAUSE_REJECTED_ON_PATH, COUNTER_EVIDENCE_ON_PATH,
	 "from an address that is not the resolver matched a transaction, in time or late."},
};

#define ICMP_CAUSES (sizeof(icmp_causes) / sizeof(*icmp_causes))

static int evidence_is_icmp_cause(enum cause cause)
{
	return cause >= CAUSE_PROHIBITED && cause <= CAUSE_REJECTED_ON_PATH;
}

static void evidence_add_icmp(struct explanation *e, const struct incident *incident)
{
	char number[PHRASE_SIZE];
	size_t i;

	for (i = 0; i < ICMP_CAUSES; i++)
		if (incident->cause == icmp_causes[i].cause)
			sentence_list_add(&e->evidence, "%s %s",
					  phrase_count(incident->counters.n[icmp_causes[i].counter],
						       "ICMP message", "ICMP messages", number),
					  icmp_causes[i].what);
}

/* Adds the messages that point to another cause. */
static void evidence_add_other_causes(struct explanation *e, const struct incident *incident)
{
	char number[PHRASE_SIZE];
	__u64 count;
	size_t i;

	for (i = 0; i < ICMP_CAUSES; i++) {
		count = incident->counters.n[icmp_causes[i].counter];
		if (!count || incident->cause == icmp_causes[i].cause)
			continue;
		sentence_list_add(&e->against, "%s to " MARK_CODE "%s" MARK_END " instead.",
				  phrase_count(count, "ICMP message points", "ICMP messages point",
					       number),
				  cause_name(icmp_causes[i].cause));
	}
}

static void evidence_add_outcomes(struct explanation *e, const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 answered = counters_answered(c), errors = counters_answered_with_error(c);

	if (!answered)
		sentence_list_add(&e->evidence, "None of the %llu transactions was answered.",
				  N(counters_settled(c)));
	if (incident->cause == CAUSE_NOT_SENT)
		sentence_list_add(&e->evidence,
				  "%llu of the %llu failures are queries that the client's "
				  "own stack refused to send.",
				  N(counters_unsent(c)), N(counters_failed(c)));
	if (incident->cause == CAUSE_SERVER_ERROR)
		sentence_list_add(&e->evidence, "%llu of %llu answers carry an error code.",
				  N(errors), N(answered));
	if (incident->cause == CAUSE_INTERMITTENT)
		sentence_list_add(&e->evidence, "%llu were answered in time, and %llu timed out.",
				  N(answered), N(c->n[COUNTER_TIMED_OUT]));
	if (incident->cause == CAUSE_INTERMITTENT && c->n[COUNTER_LATE_RESPONSES])
		sentence_list_add(&e->evidence, "%llu answers came after the timeout.",
				  N(c->n[COUNTER_LATE_RESPONSES]));
	if (incident->cause == CAUSE_SILENT)
		sentence_list_add(&e->evidence,
				  "%llu transactions timed out, and no ICMP message about "
				  "them came in.",
				  N(c->n[COUNTER_TIMED_OUT]));
}

/* A packet's TTL is never 0, and text holds none. */
int explanation_is_recorded_of_text(const struct incident *incident,
				    const struct report_source *source)
{
	return source->kind == REPORT_OF_INCIDENTS && incident->message_count &&
	       !incident->messages[0].sample.ttl;
}

/* Adds how the messages were matched: from packets a forger would have to guess it. */
static void evidence_add_match(struct explanation *e, const struct incident *incident,
			       const struct report_source *source)
{
	if (!evidence_is_icmp_cause(incident->cause))
		return;
	if (source->inferred_quotes)
		sentence_list_add(&e->evidence,
				  "The log's ICMP lines name no client port and no message "
				  "ID. Each was matched with an open query of that client to that "
				  "resolver, or with one that had timed out.");
	else if (explanation_is_recorded_of_text(incident, source))
		sentence_list_add(
			&e->evidence,
			"It was recorded of text that tcpdump had printed. A message whose quote "
			"the text did not show was matched with an open query of that client to "
			"that resolver, or with one that had timed out.");
	else if (incident->counters.n[COUNTER_ICMP_SHORT_QUOTES])
		sentence_list_add(
			&e->evidence,
			"The messages match by addresses and ports; those that "
			"quote a whole DNS header, by message ID too. To forge one, somebody off "
			"the path would have to guess these.");
	else
		sentence_list_add(&e->evidence,
				  "The messages match by addresses, ports and message ID: "
				  "to forge one, somebody off the path would have to guess these.");
}

static void explanation_fill_evidence(struct explanation *e, const struct incident *incident,
				      const struct report_source *source)
{
	evidence_add_icmp(e, incident);
	evidence_add_outcomes(e, incident);
	evidence_add_match(e, incident, source);
}

static void evidence_add_answers(struct explanation *e, const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 good = counters_answered(c) - counters_answered_with_error(c);

	if (!good || incident->cause == CAUSE_INTERMITTENT)
		return;
	sentence_list_add(
		&e->against,
		"Answered without an error: %llu of %llu. It did not hold all the time, or not "
		"for every query.",
		N(good), N(counters_settled(c)));
}

static void evidence_add_late(struct explanation *e, const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 late = c->n[COUNTER_LATE_UNREACHABLES];
	char number[PHRASE_SIZE];

	if (!late || !evidence_is_icmp_cause(incident->cause))
		return;
	sentence_list_add(
		&e->against,
		"%s came late, after the timeout. Such a message as a rule comes within a second: "
		"the delay points to a slow or congested way, or to an overloaded host.",
		phrase_count(late, "ICMP message", "ICMP messages", number));
}

static void evidence_add_silence(struct explanation *e, const struct incident *incident)
{
	__u64 silent = evidence_silent_timeouts(&incident->counters);

	if (!silent || !evidence_is_icmp_cause(incident->cause))
		return;
	sentence_list_add(&e->against,
			  "%llu timed out without any message about them. This is usual where "
			  "ICMP is rate-limited (Linux sends about one such message a second to a "
			  "destination), but loss or a second trouble would look the same.",
			  N(silent));
}

static void explanation_fill_against(struct explanation *e, const struct incident *incident,
				     const struct report_source *source)
{
	const struct resolver_counters *c = &incident->counters;

	evidence_add_answers(e, incident);
	evidence_add_other_causes(e, incident);
	evidence_add_late(e, incident);
	evidence_add_silence(e, incident);
	if (incident->forged)
		sentence_list_add(&e->against,
				  "Unreachables that fit no query kept coming (%llu in all): "
				  "somebody may be forging them. They changed no outcome.",
				  N(c->n[COUNTER_UNMATCHED_UNREACHABLES]));
	if (source->inferred_quotes && evidence_is_icmp_cause(incident->cause))
		sentence_list_add(&e->against,
				  "Since the log gives no client port and no ID, it cannot "
				  "show that the messages answer these very queries.");
	if (!e->against.count)
		sentence_list_add(&e->against, "Nothing that was seen.");
}

/* ---- checks --------------------------------------------------------------------------- */

#define CAUSE_BIT(cause) (1U << (cause))
#define CAUSES_ALL (~0U)
#define CAUSES_NOT_HEARD                                                                           \
	(CAUSE_BIT(CAUSE_PROHIBITED) | CAUSE_BIT(CAUSE_PORT_CLOSED) | CAUSE_BIT(CAUSE_NO_ROUTE) |  \
	 CAUSE_BIT(CAUSE_REJECTED_ON_PATH) | CAUSE_BIT(CAUSE_SILENT) | CAUSE_BIT(CAUSE_NONE))
#define CAUSES_NOT_REACHED                                                                         \
	(CAUSE_BIT(CAUSE_NOT_SENT) | CAUSE_BIT(CAUSE_NO_ROUTE) | CAUSE_BIT(CAUSE_SILENT) |         \
	 CAUSE_BIT(CAUSE_REJECTED_ON_PATH) | CAUSE_BIT(CAUSE_PROHIBITED))
#define CAUSES_RESOLVER_UP                                                                         \
	(CAUSE_BIT(CAUSE_PORT_CLOSED) | CAUSE_BIT(CAUSE_SERVER_ERROR) |                            \
	 CAUSE_BIT(CAUSE_INTERMITTENT))

/* @: the resolver's address; #: its port; *: dig's option for the port where it takes one; ?: a
 * name and its type; &: the filter of a capture. */
static const struct {
	unsigned int causes;
	int on_resolver;
	const char *command, *tells;
} check_rows[] = {
	{CAUSES_ALL, 0, "dig *+tries=1 +time=3 @@ ?", "one query over UDP: is it still so?"},
	{CAUSES_ALL & ~CAUSE_BIT(CAUSE_NOT_SENT), 0, "dig *+tcp +tries=1 +time=3 @@ ?",
	 "the same over TCP: tells a dead service from trouble with UDP alone"},
	{CAUSE_BIT(CAUSE_SERVER_ERROR), 0, "dig *+cd +tries=1 +time=3 @@ ?",
	 "the same without DNSSEC validation"},
	{CAUSE_BIT(CAUSE_SERVER_ERROR), 0, "dig *+tries=1 +time=3 @@ . NS",
	 "the root: does it resolve anything at all?"},
	{CAUSES_NOT_HEARD, 0, "nc -vzu -w 2 @ #",
	 "UDP: \"refused\" means that an ICMP message came back; \"succeeded\" only that none did"},
	{CAUSES_NOT_HEARD, 0, "nc -vz -w 2 @ #", "TCP: refused, silent or open?"},
	{CAUSES_NOT_REACHED | CAUSE_BIT(CAUSE_INTERMITTENT), 0, "ping -c 5 @",
	 "is the host up, is there loss?"},
	{CAUSES_NOT_REACHED, 0, "ip route get @",
	 "the way out of the client: interface, router, own address"},
	{CAUSE_BIT(CAUSE_NOT_SENT) | CAUSE_BIT(CAUSE_SILENT) | CAUSE_BIT(CAUSE_NO_ROUTE), 0,
	 "ip neigh show", "FAILED or INCOMPLETE: a neighbour does not answer"},
	{CAUSES_NOT_REACHED & ~CAUSE_BIT(CAUSE_NOT_SENT), 0, "traceroute -n -U -p # @",
	 "where on the way it ends"},
	{CAUSE_BIT(CAUSE_NOT_SENT) | CAUSE_BIT(CAUSE_SILENT), 0, "nft list ruleset",
	 "rules of the client that drop or reject DNS"},
	{CAUSES_ALL, 0, "tcpdump -ni any '&'", "the exchange itself, with TTLs (-v)"},
	{CAUSES_RESOLVER_UP | CAUSE_BIT(CAUSE_SILENT), 1, "ss -lnup 'sport = :#'",
	 "does anything listen, and on which address?"},
	{CAUSES_RESOLVER_UP | CAUSE_BIT(CAUSE_SILENT), 1,
	 "systemctl status named unbound dnsmasq pdns-recursor systemd-resolved",
	 "the DNS service, whichever it is: running, failed, restarting?"},
	{CAUSE_BIT(CAUSE_PORT_CLOSED) | CAUSE_BIT(CAUSE_PROHIBITED) | CAUSE_BIT(CAUSE_SILENT), 1,
	 "nft list ruleset", "its own rules for DNS"},
	{CAUSE_BIT(CAUSE_INTERMITTENT) | CAUSE_BIT(CAUSE_SILENT), 1,
	 "nstat -az UdpRcvbufErrors UdpInErrors", "above 0 and growing: it does not keep up"},
};

#define CHECK_ROWS (sizeof(check_rows) / sizeof(*check_rows))

/* Adds the address; without its scope where the interface's name could mean more to a shell. */
static void check_add_target(struct buffer *out, const struct incident *incident)
{
	const struct resolver_key *key = &incident->resolver;
	char address[ADDRESS_TEXT_SIZE];

	address_text(&key->address, key->scope, address);
	if (address[strspn(address, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789.:%_-")])
		address_text(&key->address, 0, address);
	buffer_add(out, "%s", address);
}

static void check_add_filter(struct buffer *out, const struct incident *incident)
{
	char address[ADDRESS_TEXT_SIZE];

	buffer_add(out, "(host %s and udp port %u) or %s",
		   address_text(&incident->resolver.address, 0, address),
		   ntohs(incident->resolver.port),
		   address_is_ipv4(&incident->resolver.address) ? "icmp" : "icmp6");
}

static void check_add_question(struct buffer *out, const struct incident *incident)
{
	const char *type, *name = phrase_shell_safe_name(incident, &type);

	buffer_add(out, "%s %s", *name ? name : "example.com", type);
}

static void check_add_port_option(struct buffer *out, const struct incident *incident)
{
	if (incident->resolver.port != htons(DNS_PORT))
		buffer_add(out, "-p %u ", ntohs(incident->resolver.port));
}

/* "@@" is dig's own at sign and the address. */
static void check_add_command(struct buffer *out, const char *from, const struct incident *incident)
{
	for (; *from; from++) {
		if (from[0] == '@' && from[1] == '@')
			buffer_add(out, "@");
		else if (*from == '@')
			check_add_target(out, incident);
		else if (*from == '*')
			check_add_port_option(out, incident);
		else if (*from == '#')
			buffer_add(out, "%u", ntohs(incident->resolver.port));
		else if (*from == '?')
			check_add_question(out, incident);
		else if (*from == '&')
			check_add_filter(out, incident);
		else
			buffer_add(out, "%c", *from);
	}
}

static void explanation_fill_checks(struct explanation *e, const struct incident *incident)
{
	size_t i;

	for (i = 0; i < CHECK_ROWS && e->check_count < REPORT_CHECKS_MAX; i++) {
		struct report_check *check = &e->checks[e->check_count];

		if (!(check_rows[i].causes & CAUSE_BIT(incident->cause)))
			continue;
		check_add_command(&check->command, check_rows[i].command, incident);
		check->tells = check_rows[i].tells;
		check->on_resolver = check_rows[i].on_resolver;
		e->check_count++;
	}
}

/* ---- the explanation ------------------------------------------------------------------ */

void explanation_fill(struct explanation *e, const struct incident *incident,
		      const struct report_source *source)
{
	e->brief = cause_texts[incident->cause].brief;
	e->meaning = cause_texts[incident->cause].meaning;
	explanation_fill_evidence(e, incident, source);
	explanation_fill_against(e, incident, source);
	sentence_list_add_all(&e->alternatives, cause_texts[incident->cause].alternatives);
	sentence_list_add_all(&e->confirmed_by, cause_texts[incident->cause].confirmed_by);
	explanation_fill_checks(e, incident);
}

static struct sentence_list *explanation_list(struct explanation *e, size_t i)
{
	struct sentence_list *all[] = {&e->evidence, &e->against, &e->alternatives,
				       &e->confirmed_by};

	return i < sizeof(all) / sizeof(*all) ? all[i] : NULL;
}

void explanation_free(struct explanation *e)
{
	struct sentence_list *lines;
	size_t list, i;

	for (list = 0; (lines = explanation_list(e, list)); list++)
		for (i = 0; i < SENTENCES_MAX_IN_LIST; i++)
			buffer_free(&lines->line[i]);
	for (i = 0; i < REPORT_CHECKS_MAX; i++)
		buffer_free(&e->checks[i].command);
}

int explanation_has_failed(const struct explanation *e)
{
	const struct sentence_list *all[] = {&e->evidence, &e->against, &e->alternatives,
					     &e->confirmed_by};
	size_t list, i;
	int failed = 0;

	for (list = 0; list < sizeof(all) / sizeof(*all); list++)
		for (i = 0; i < SENTENCES_MAX_IN_LIST; i++)
			failed |= all[list]->line[i].failed;
	for (i = 0; i < REPORT_CHECKS_MAX; i++)
		failed |= e->checks[i].command.failed;
	return failed;
}

/* ---- the summary ---------------------------------------------------------------------------- */

static void explanation_add_errors(struct buffer *out, const struct resolver_counters *counters)
{
	buffer_add(out, " answered with an error (");
	phrase_add_counters(out, counters, COUNTER_ANSWERED_FORMERR, COUNTER_ANSWERED_SERVFAIL);
	if (counters_sum(counters, COUNTER_ANSWERED_FORMERR, COUNTER_ANSWERED_SERVFAIL) &&
	    counters_sum(counters, COUNTER_ANSWERED_NOTIMP, COUNTER_ANSWERED_OTHER))
		buffer_add(out, ", ");
	phrase_add_counters(out, counters, COUNTER_ANSWERED_NOTIMP, COUNTER_ANSWERED_OTHER);
	buffer_add(out, ")");
}

void explanation_add_outcome(struct buffer *out, const struct incident *incident)
{
	const struct resolver_counters *counters = &incident->counters;
	unsigned long long failed = counters_failed(counters);
	unsigned long long errors = counters_answered_with_error(counters);

	buffer_add(out, "%llu of %llu", failed ? failed : errors,
		   (unsigned long long)counters_settled(counters));
}

static void explanation_add_between(struct buffer *out, const struct incident *incident)
{
	buffer_add(out, " DNS transactions ");
	if (incident->client_count == 1 && !incident->clients_more) {
		buffer_add(out, "between client ");
		phrase_add_addresses(out, incident->clients, 1, 0);
		buffer_add(out, " and resolver ");
	} else {
		buffer_add(out, "with resolver ");
	}
	phrase_add_resolver(out, incident);
}

void explanation_add_summary(struct buffer *out, const struct incident *incident,
			     const struct report_source *source)
{
	const struct resolver_counters *counters = &incident->counters;
	__u64 failed = counters_failed(counters), errors = counters_answered_with_error(counters);
	char span[2 * PHRASE_SIZE];

	explanation_add_outcome(out, incident);
	explanation_add_between(out, incident);
	buffer_add(out, "%s", failed || !errors ? " failed" : " were");
	if (failed && errors)
		buffer_add(out, ", and %llu were", (unsigned long long)errors);
	if (errors)
		explanation_add_errors(out, counters);
	buffer_add(out, " %s.", phrase_span(source, incident, span));
	if (incident->cause == CAUSE_NONE)
		buffer_add(out, " The cause is not known");
	else
		buffer_add(out, " The likely cause is " MARK_CODE "%s" MARK_END ": %s",
			   cause_name(incident->cause), cause_texts[incident->cause].brief);
	buffer_add(out, "%s.", incident->closed_ns ? "" : "; no recovery was seen");
}
