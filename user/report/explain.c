// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What each cause means, what else it could be and what would tell: the sentences that do not
 * depend on numbers. Those that do are in incident_report_evidence.c.
 */
#include "report/explain.h"

#include "health/counters.h"
#include "health/names.h"
#include "report/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SENTENCES_MAX 4

static const struct {
	const char *brief, *meaning;
	const char *alternatives[SENTENCES_MAX], *confirmed_by[SENTENCES_MAX];
} causes[] = {
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
			 "A rule of the client rejects: reason " CODE "prohibited" END " or " CODE
			 "other" END " points "
			 "there, reason " CODE "host" END " to the neighbour."},
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
			 "A routing loop: then the reason is " CODE "other" END
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
	[CAUSE_OVERLOADED] =
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

_Static_assert(sizeof(causes) / sizeof(*causes) == CAUSE_MAX, "a cause has no explanation");

void lines_add(struct lines *lines, const char *format, ...)
{
	va_list values;
	char *words;

	if (lines->count == LINES_MAX)
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

static void add_all(struct lines *lines, const char *const sentences[SENTENCES_MAX])
{
	size_t i;

	for (i = 0; i < SENTENCES_MAX && sentences[i]; i++)
		lines_add(lines, "%s", sentences[i]);
}

void explain(struct explanation *e, const struct incident *incident,
	     const struct report_origin *origin)
{
	e->brief = causes[incident->cause].brief;
	e->meaning = causes[incident->cause].meaning;
	explain_evidence(e, incident, origin);
	explain_against(e, incident, origin);
	add_all(&e->alternatives, causes[incident->cause].alternatives);
	add_all(&e->confirmed_by, causes[incident->cause].confirmed_by);
	explain_checks(e, incident);
}

static struct lines *each_list(struct explanation *e, size_t i)
{
	struct lines *all[] = {&e->evidence, &e->against, &e->alternatives, &e->confirmed_by};

	return i < sizeof(all) / sizeof(*all) ? all[i] : NULL;
}

void explanation_free(struct explanation *e)
{
	struct lines *lines;
	size_t list, i;

	for (list = 0; (lines = each_list(e, list)); list++)
		for (i = 0; i < LINES_MAX; i++)
			buffer_free(&lines->line[i]);
	for (i = 0; i < CHECKS_MAX; i++)
		buffer_free(&e->checks[i].command);
}

int explanation_failed(const struct explanation *e)
{
	const struct lines *all[] = {&e->evidence, &e->against, &e->alternatives, &e->confirmed_by};
	size_t list, i;
	int failed = 0;

	for (list = 0; list < sizeof(all) / sizeof(*all); list++)
		for (i = 0; i < LINES_MAX; i++)
			failed |= all[list]->line[i].failed;
	for (i = 0; i < CHECKS_MAX; i++)
		failed |= e->checks[i].command.failed;
	return failed;
}

/* ---- the summary ---------------------------------------------------------------------------- */

static void add_errors(struct buffer *out, const struct resolver_counters *counters)
{
	buffer_add(out, " answered with an error (");
	add_parts(out, counters, COUNTER_ANSWERED_FORMERR, COUNTER_ANSWERED_SERVFAIL);
	if (counters_sum(counters, COUNTER_ANSWERED_FORMERR, COUNTER_ANSWERED_SERVFAIL) &&
	    counters_sum(counters, COUNTER_ANSWERED_NOTIMP, COUNTER_ANSWERED_OTHER))
		buffer_add(out, ", ");
	add_parts(out, counters, COUNTER_ANSWERED_NOTIMP, COUNTER_ANSWERED_OTHER);
	buffer_add(out, ")");
}

void add_outcome(struct buffer *out, const struct incident *incident)
{
	const struct resolver_counters *counters = &incident->counters;
	unsigned long long failed = counters_failed(counters);
	unsigned long long errors = counters_answered_with_error(counters);

	buffer_add(out, "%llu of %llu", failed ? failed : errors,
		   (unsigned long long)counters_settled(counters));
}

static void add_between(struct buffer *out, const struct incident *incident)
{
	buffer_add(out, " DNS transactions ");
	if (incident->client_count == 1 && !incident->clients_more) {
		buffer_add(out, "between client ");
		add_addresses(out, incident->clients, 1, 0);
		buffer_add(out, " and resolver ");
	} else {
		buffer_add(out, "with resolver ");
	}
	add_resolver(out, incident);
}

void add_summary(struct buffer *out, const struct incident *incident,
		 const struct report_origin *origin)
{
	const struct resolver_counters *counters = &incident->counters;
	__u64 failed = counters_failed(counters), errors = counters_answered_with_error(counters);
	char span[2 * WORDS_SIZE];

	add_outcome(out, incident);
	add_between(out, incident);
	buffer_add(out, "%s", failed || !errors ? " failed" : " were");
	if (failed && errors)
		buffer_add(out, ", and %llu were", (unsigned long long)errors);
	if (errors)
		add_errors(out, counters);
	buffer_add(out, " %s.", words_span(origin, incident, span));
	if (incident->cause == CAUSE_NONE)
		buffer_add(out, " The cause is not known");
	else
		buffer_add(out, " The likely cause is " CODE "%s" END ": %s",
			   cause_name(incident->cause), causes[incident->cause].brief);
	buffer_add(out, "%s.", incident->closed_ns ? "" : "; no recovery was seen");
}
