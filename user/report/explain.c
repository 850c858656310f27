// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The explanation of an incident: the evidence that its numbers give for the likely cause and
 * against it, and the commands to run next. A command holds nothing from a packet that a shell
 * could take for more than a word.
 */
#include "report/explain.h"

#include "health/counters.h"
#include "health/status.h"
#include "report/cause_text.h"
#include "report/incident_summary.h"
#include "report/phrase.h"
#include "report/transport_words.h"
#include "util/address.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(number) ((unsigned long long)(number))

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
				  const char *const sentences[CAUSE_SENTENCES_MAX])
{
	size_t i;

	for (i = 0; i < CAUSE_SENTENCES_MAX && sentences[i]; i++)
		sentence_list_add(lines, "%s", sentences[i]);
}

/* ---- evidence -------------------------------------------------------------------------------- */

/* Counts the transactions that timed out and of which nothing came later either. */
static __u64 evidence_silent_timeouts(const struct resolver_counters *c)
{
	__u64 late = counters_late(c), timed_out = counters_timed_out(c);

	return timed_out > late ? timed_out - late : 0;
}

static const struct {
	enum cause cause;
	enum counter counter;
	const char *one, *many, *what; /* "1 ICMP message says" and what it says */
} icmp_causes[] = {
	{CAUSE_PROHIBITED, COUNTER_EVIDENCE_PROHIBITED, "ICMP message says", "ICMP messages say",
	 "that a firewall prohibits the queries"},
	{CAUSE_PORT_CLOSED, COUNTER_EVIDENCE_PORT, "ICMP message from the resolver's address says",
	 "ICMP messages from the resolver's own address say", "that the port is unreachable"},
	{CAUSE_NO_ROUTE, COUNTER_EVIDENCE_NO_ROUTE, "ICMP message says", "ICMP messages say",
	 "that the resolver's host or network is unreachable"},
	{CAUSE_REJECTED_ON_PATH, COUNTER_EVIDENCE_ON_PATH, "ICMP message comes",
	 "ICMP messages come", "from an address that is not the resolver"},
};

#define ICMP_CAUSES (sizeof(icmp_causes) / sizeof(*icmp_causes))

/* Returns what the messages say: of connects in their words. */
static const char *evidence_says(const struct incident *incident, const char *what)
{
	if (incident_is_connects(incident) && incident->cause == CAUSE_PROHIBITED)
		return "that a firewall prohibits the connections";
	return what;
}

static void evidence_add_icmp(struct explanation *e, const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	char number[PHRASE_SIZE];
	size_t i;

	if (cause_is_nearest(incident)) {
		sentence_list_add(&e->evidence,
				  "%s from the resolver's own address, and says neither that the "
				  "port, host or network is unreachable nor that it is prohibited.",
				  phrase_count(c->n[COUNTER_UNREACHABLE_OTHER] +
						       c->n[COUNTER_CONNECT_UNREACHABLE_OTHER] +
						       c->n[COUNTER_LATE_UNREACHABLES],
					       "ICMP message comes", "ICMP messages come", number));
		return;
	}
	for (i = 0; i < ICMP_CAUSES; i++)
		if (incident->cause == icmp_causes[i].cause &&
		    (c->n[icmp_causes[i].counter] || !incident_is_connects(incident)))
			sentence_list_add(&e->evidence, "%s %s.",
					  phrase_count(c->n[icmp_causes[i].counter],
						       icmp_causes[i].one, icmp_causes[i].many,
						       number),
					  evidence_says(incident, icmp_causes[i].what));
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

/* Adds what the RTT says about answers and timeouts that are mixed. */
static void evidence_add_rtt(struct explanation *e, const struct incident *incident)
{
	static const char *const signs[] = {
		[RTT_SIGN_NONE] = "This points neither to overload nor to loss.",
		[RTT_SIGN_OVERLOAD] = "Much slower answers point to overload of the resolver.",
		[RTT_SIGN_LOSS] = "Answers as fast as before point to loss on the path.",
	};
	char now[PHRASE_SIZE], before[PHRASE_SIZE];

	if (incident->rtt_ns && incident->healthy_rtt_ns)
		sentence_list_add(&e->evidence,
				  "The median answer took %s; %s in the healthy time before. %s",
				  phrase_duration(incident->rtt_ns, now),
				  phrase_duration(incident->healthy_rtt_ns, before),
				  signs[incident_rtt_sign(incident)]);
	else
		sentence_list_add(&e->evidence, "Answer times cannot tell overload from loss: too "
						"few answers in or before the incident.");
}

/* Adds the outcomes of sessions, by the kinds of the table. */
static void evidence_add_mixed_sessions(struct explanation *e, const struct resolver_counters *c)
{
	__u64 answered = counters_answered(c), refused = c->n[COUNTER_SESSION_REFUSED];
	struct buffer ends = {0};
	char number[PHRASE_SIZE];

	phrase_add_part(&ends, answered - refused, "answered by a TLS handshake");
	phrase_add_part(&ends, refused, "answered by none");
	phrase_add_part(&ends, counters_closed(c), "closed without an answer");
	phrase_add_part(&ends, c->n[COUNTER_TIMED_OUT], "timed out");
	sentence_list_add(&e->evidence, "%s: %s.",
			  phrase_count(answered + counters_closed(c) + c->n[COUNTER_TIMED_OUT],
				       "session", "sessions", number),
			  ends.text ? ends.text : "");
	buffer_free(&ends);
}

static void evidence_add_mixed(struct explanation *e, const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	char number[PHRASE_SIZE], closed[PHRASE_SIZE];

	if (incident_is_sessions(incident))
		return evidence_add_mixed_sessions(e, c); /* their answer times are not measured */
	snprintf(closed, sizeof(closed), ", %llu closed without an answer", N(counters_closed(c)));
	sentence_list_add(&e->evidence, "%s answered in time%s, and %llu timed out.",
			  phrase_count(counters_answered(c), "was", "were", number),
			  counters_closed(c) ? closed : "", N(c->n[COUNTER_TIMED_OUT]));
	if (c->n[COUNTER_LATE_RESPONSES])
		sentence_list_add(&e->evidence, "%s after the timeout.",
				  phrase_count(c->n[COUNTER_LATE_RESPONSES], "answer came",
					       "answers came", number));
	evidence_add_rtt(e, incident);
}

static void evidence_add_outcomes(struct explanation *e, const struct incident *incident,
				  const struct report_source *source)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 answered = counters_answered(c);
	struct buffer errors = {0};
	char number[PHRASE_SIZE];

	if (!answered)
		sentence_list_add(&e->evidence, "No %s was answered.",
				  incident_is_sessions(incident) ? "session" : "transaction");
	if (incident->cause == CAUSE_NOT_SENT)
		sentence_list_add(&e->evidence,
				  "The client's own network stack refused to send %llu of the %llu "
				  "that failed.",
				  N(counters_unsent(c)), N(counters_failed(c)));
	phrase_add_errors(&errors, c);
	if (incident->cause == CAUSE_SERVER_ERROR)
		sentence_list_add(&e->evidence, "%llu of %s: %s.",
				  N(counters_answered_with_error(c)),
				  phrase_count(answered, "answer carries an error code",
					       "answers carry an error code", number),
				  errors.text ? errors.text : "none");
	buffer_free(&errors);
	if (incident->cause == CAUSE_NOT_SERVED)
		sentence_list_add(&e->evidence,
				  "%s established. %llu of their %s %s open when the "
				  "connection ended, and %llu timed out.",
				  phrase_count(c->n[COUNTER_CONNECT_ESTABLISHED], "connect was",
					       "connects were", number),
				  N(counters_closed(c)),
				  incident_is_sessions(incident) ? "sessions" : "queries",
				  counters_closed(c) == 1 ? "was" : "were",
				  N(c->n[COUNTER_TIMED_OUT]));
	if (incident->cause == CAUSE_TLS_REFUSED)
		sentence_list_add(&e->evidence,
				  "The first bytes that came back were no TLS handshake in %llu of "
				  "%llu answered sessions.",
				  N(c->n[COUNTER_SESSION_REFUSED]), N(answered));
	if (incident->cause == CAUSE_INTERMITTENT)
		evidence_add_mixed(e, incident);
	if (incident->cause == CAUSE_SILENT)
		sentence_list_add(&e->evidence,
				  "%s timed out, and no ICMP message that matches %s.",
				  phrase_count(c->n[COUNTER_TIMED_OUT], "transaction",
					       "transactions", number),
				  report_count_unread(source) ? "could be read" : "came in");
}

/* Adds how the messages were matched: from packets a forger would have to guess it. */
static void evidence_add_match(struct explanation *e, const struct incident *incident,
			       const struct report_source *source)
{
	if (!cause_is_of_icmp(incident->cause) || source->inferred_quotes)
		return;
	if (incident_is_recorded_of_text(incident, source))
		sentence_list_add(&e->evidence,
				  "It was recorded of text that tcpdump had printed. Where the "
				  "text does not show the quoted query, dnsreach inferred it.");
	else if (incident->counters.n[COUNTER_ICMP_SHORT_QUOTES])
		sentence_list_add(
			&e->evidence,
			"The messages match by addresses and ports, and by message ID where they "
			"quote it. A forger off the path would have to guess these.");
	else
		sentence_list_add(&e->evidence,
				  "The messages match by addresses, ports and message ID. A forger "
				  "off the path would have to guess these.");
}

static void connect_add_refused(struct explanation *e, const struct resolver_counters *c)
{
	char number[PHRASE_SIZE];

	if (c->n[COUNTER_CONNECT_REFUSED])
		sentence_list_add(&e->evidence, "%s by an RST.",
				  phrase_count(c->n[COUNTER_CONNECT_REFUSED], "connect was refused",
					       "connects were refused", number));
	if (!c->n[COUNTER_CONNECT_ESTABLISHED])
		sentence_list_add(&e->evidence, "No connect was established.");
}

static void connect_add_timeouts(struct explanation *e, const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	char number[PHRASE_SIZE];

	if (incident->cause == CAUSE_INTERMITTENT)
		sentence_list_add(&e->evidence, "%s established in time, and %llu timed out.",
				  phrase_count(c->n[COUNTER_CONNECT_ESTABLISHED], "connect was",
					       "connects were", number),
				  N(c->n[COUNTER_CONNECT_TIMED_OUT]));
	if (incident->cause == CAUSE_SILENT)
		sentence_list_add(&e->evidence,
				  "%s timed out, and no RST or ICMP message that matches came in.",
				  phrase_count(c->n[COUNTER_CONNECT_TIMED_OUT], "connect",
					       "connects", number));
}

static void connect_add_evidence(struct explanation *e, const struct incident *incident,
				 const struct report_source *source)
{
	const struct resolver_counters *c = &incident->counters;

	connect_add_refused(e, c);
	if (incident->cause == CAUSE_NOT_SENT)
		sentence_list_add(&e->evidence,
				  "The client's own network stack refused to send %llu of the %llu "
				  "that failed.",
				  N(counters_unsent(c)), N(counters_failed(c)));
	connect_add_timeouts(e, incident);
	if (cause_is_of_icmp(incident->cause) && !source->inferred_quotes)
		sentence_list_add(&e->evidence,
				  "The messages match by addresses, ports and the SYN's sequence "
				  "number. A forger off the path would have to guess these.");
}

static void connect_add_against(struct explanation *e, const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 good = c->n[COUNTER_CONNECT_ESTABLISHED], refused = c->n[COUNTER_CONNECT_REFUSED];
	char number[PHRASE_SIZE];

	if (good && incident->cause != CAUSE_INTERMITTENT)
		sentence_list_add(&e->against,
				  "%llu of %llu %s established. So the cause did not last all the "
				  "time, or not for every connect.",
				  N(good), N(good + counters_failed(c)),
				  good == 1 ? "was" : "were");
	if (refused && incident->cause != CAUSE_PORT_CLOSED)
		sentence_list_add(&e->against,
				  "%s to " MARK_CODE "port-closed" MARK_END " instead.",
				  phrase_count(refused, "RST points", "RSTs point", number));
}

/* Adds what the other rows of the address tell, over other transports. */
static void evidence_add_joined(struct explanation *e, const struct joined *joined)
{
	if (joined->verdict)
		sentence_list_add(&e->evidence,
				  MARK_CODE "%s" MARK_END
					    ", by the rows of all its transports: it %s.",
				  joined_name(joined->verdict), joined_meaning(joined->verdict));
	if (joined->tcp_needed)
		sentence_list_add(&e->evidence,
				  MARK_CODE "tcp-needed" MARK_END ": " TCP_NEEDED ".");
}

static void explanation_fill_evidence(struct explanation *e, const struct incident *incident,
				      const struct report_source *source)
{
	evidence_add_icmp(e, incident);
	evidence_add_joined(e, &incident->joined);
	if (incident_is_connects(incident))
		return connect_add_evidence(e, incident, source);
	evidence_add_outcomes(e, incident, source);
	evidence_add_match(e, incident, source);
	if (incident->fails_inside)
		sentence_list_add(&e->evidence,
				  "It fails inside this host: guests asked, and meanwhile nothing "
				  "failed that this host itself sends or forwards.");
}

static void evidence_add_answers(struct explanation *e, const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 good = counters_answered(c) - counters_answered_with_error(c);

	if (!good || incident->cause == CAUSE_INTERMITTENT)
		return;
	sentence_list_add(&e->against,
			  "%llu of %llu %s answered %s. So the cause did not last all the time, "
			  "or not for every %s.",
			  N(good), N(counters_settled(c)), good == 1 ? "was" : "were",
			  incident_is_sessions(incident) ? "by a TLS handshake"
							 : "without an error",
			  incident_noun(incident));
}

static int counters_has_only_errors(const struct resolver_counters *c)
{
	return counters_answered(c) == counters_answered_with_error(c) &&
	       !c->n[COUNTER_LATE_RESPONSES];
}

static void evidence_add_late(struct explanation *e, const struct incident *incident)
{
	__u64 late = incident->counters.n[COUNTER_LATE_UNREACHABLES];
	__u64 answers = incident->counters.n[COUNTER_LATE_RESPONSES];
	char number[PHRASE_SIZE];

	if (!cause_is_of_icmp(incident->cause))
		return;
	if (answers)
		sentence_list_add(&e->against, "%s after the timeout: the resolver does answer.",
				  phrase_count(answers, "answer came", "answers came", number));
	if (!late)
		return;
	sentence_list_add(&e->against,
			  "%s came after the timeout, as on a slow path or from an overloaded "
			  "host.",
			  phrase_count(late, "ICMP message", "ICMP messages", number));
}

static void evidence_add_silence(struct explanation *e, const struct incident *incident)
{
	__u64 silent = evidence_silent_timeouts(&incident->counters);

	if (!silent || !cause_is_of_icmp(incident->cause))
		return;
	sentence_list_add(
		&e->against,
		"%llu timed out without any message about them. Senders limit ICMP (Linux sends "
		"about one a second to a destination); loss would look the same.",
		N(silent));
}

static void explanation_fill_against(struct explanation *e, const struct incident *incident,
				     const struct report_source *source)
{
	const struct resolver_counters *c = &incident->counters;
	char number[PHRASE_SIZE];

	if (incident_is_connects(incident))
		connect_add_against(e, incident);
	else
		evidence_add_answers(e, incident);
	evidence_add_other_causes(e, incident);
	evidence_add_late(e, incident);
	evidence_add_silence(e, incident);
	if (incident->forged)
		sentence_list_add(&e->against,
				  "%s no %s: somebody may be forging them. They changed no "
				  "outcome.",
				  phrase_count(c->n[COUNTER_UNMATCHED_UNREACHABLES],
					       "unreachable message matches",
					       "unreachable messages match", number),
				  incident_noun(incident));
	if (source->inferred_quotes && cause_is_of_icmp(incident->cause))
		sentence_list_add(&e->against, "%s no quoted query, and may be about others.",
				  phrase_count(source->inferred_quotes, "ICMP line shows",
					       "ICMP lines show", number));
	if (source->cut &&
	    (incident->cause == CAUSE_SILENT || incident->cause == CAUSE_INTERMITTENT))
		sentence_list_add(&e->against,
				  "The snap length cut %s: ICMP messages may be among those that "
				  "could not be read.",
				  phrase_count(source->cut, "packet", "packets", number));
	if (source->cut && incident->counters.n[COUNTER_ICMP_SHORT_QUOTES])
		sentence_list_add(&e->against,
				  "The snap length cut %s: ICMP messages without a message ID were "
				  "matched by their ports alone.",
				  phrase_count(source->cut, "packet", "packets", number));
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
#define ON_UDP (1U << TRANSPORT_UDP)
#define ON_TCP (1U << TRANSPORT_TCP)
#define ON_DOT (1U << TRANSPORT_DOT)
#define CAUSES_RESOLVER_UP                                                                         \
	(CAUSE_BIT(CAUSE_PORT_CLOSED) | CAUSE_BIT(CAUSE_SERVER_ERROR) |                            \
	 CAUSE_BIT(CAUSE_NOT_SERVED) | CAUSE_BIT(CAUSE_TLS_REFUSED) |                              \
	 CAUSE_BIT(CAUSE_INTERMITTENT))

/* @: the resolver's address; #: its port; *: dig's option for the port where it takes one; ?: a
 * name and its type; &: the filter of a capture. */
static const struct {
	unsigned int transports, causes;
	int on_resolver;
	int brief; /* in the short report too */
	const char *command, *tells;
} check_rows[] = {
	{ON_TCP, CAUSES_ALL, 0, 1, "dig *+tcp +tries=1 +time=3 @@ ?",
	 "over TCP: does it still fail?"},
	{ON_DOT, CAUSES_ALL, 0, 1, "dig *+tls +tries=1 +time=3 @@ ?",
	 "over TLS: does it still fail?"},
	{ON_TCP, CAUSES_ALL & ~CAUSE_BIT(CAUSE_NOT_SENT), 0, 1, "dig *+tries=1 +time=3 @@ ?",
	 "over UDP: if this works, only TCP is affected"},
	{ON_DOT, CAUSES_ALL & ~CAUSE_BIT(CAUSE_NOT_SENT), 0, 1, "dig +tries=1 +time=3 @@ ?",
	 "over UDP port 53: if this works, only TLS is affected"},
	{ON_TCP | ON_DOT, CAUSES_ALL & ~CAUSE_BIT(CAUSE_NOT_SENT), 0, 0, "nc -vz -w 2 @ #",
	 "TCP: refused, silent or open?"},
	{ON_TCP | ON_DOT, CAUSES_NOT_REACHED & ~CAUSE_BIT(CAUSE_NOT_SENT), 0, 0,
	 "traceroute -n -T -p # @", "where on the path it ends"},
	{ON_TCP | ON_DOT, CAUSES_RESOLVER_UP | CAUSE_BIT(CAUSE_SILENT), 1, 1,
	 "ss -lntp 'sport = :#'", "does anything listen, and where?"},
	{ON_TCP | ON_DOT, CAUSE_BIT(CAUSE_INTERMITTENT) | CAUSE_BIT(CAUSE_SILENT), 1, 1,
	 "nstat -az TcpExtListenOverflows TcpExtListenDrops",
	 "above 0 and growing: it does not keep up"},
	{ON_UDP, CAUSES_ALL, 0, 1, "dig *+tries=1 +time=3 @@ ?", "over UDP: does it still fail?"},
	{ON_UDP, CAUSES_ALL & ~CAUSE_BIT(CAUSE_NOT_SENT), 0, 1, "dig *+tcp +tries=1 +time=3 @@ ?",
	 "over TCP: if this works, only UDP is affected"},
	{ON_UDP, CAUSE_BIT(CAUSE_SERVER_ERROR), 0, 1, "dig *+cd +tries=1 +time=3 @@ ?",
	 "the same without DNSSEC validation"},
	{ON_UDP, CAUSE_BIT(CAUSE_SERVER_ERROR), 0, 0, "dig *+tries=1 +time=3 @@ . NS",
	 "the root: does it resolve anything at all?"},
	{ON_UDP, CAUSES_NOT_HEARD, 0, 0, "nc -vzu -w 2 @ #",
	 "UDP: \"refused\" means that an ICMP message came back; \"succeeded\" only that none did"},
	{ON_UDP, CAUSES_NOT_HEARD, 0, 0, "nc -vz -w 2 @ #", "TCP: refused, silent or open?"},
	{ON_UDP | ON_TCP | ON_DOT, CAUSES_NOT_REACHED | CAUSE_BIT(CAUSE_INTERMITTENT), 0, 1,
	 "ping -c 5 @", "is the host up, are packets lost?"},
	{ON_UDP | ON_TCP | ON_DOT, CAUSES_NOT_REACHED, 0, 0, "ip route get @",
	 "the route from the client: interface, router, own address"},
	{ON_UDP | ON_TCP | ON_DOT,
	 CAUSE_BIT(CAUSE_NOT_SENT) | CAUSE_BIT(CAUSE_SILENT) | CAUSE_BIT(CAUSE_NO_ROUTE), 0, 0,
	 "ip neigh show", "FAILED or INCOMPLETE: a neighbour does not answer"},
	{ON_UDP, CAUSES_NOT_REACHED & ~CAUSE_BIT(CAUSE_NOT_SENT), 0, 0, "traceroute -n -U -p # @",
	 "where on the path it ends"},
	{ON_UDP | ON_TCP | ON_DOT, CAUSE_BIT(CAUSE_NOT_SENT) | CAUSE_BIT(CAUSE_SILENT), 0, 0,
	 "nft list ruleset", "rules of the client that drop or reject DNS"},
	{ON_UDP | ON_TCP | ON_DOT, CAUSES_ALL, 0, 0, "tcpdump -ni any '&'",
	 "the packets themselves; with TTLs: -v"},
	{ON_UDP, CAUSES_RESOLVER_UP | CAUSE_BIT(CAUSE_SILENT), 1, 1, "ss -lnup 'sport = :#'",
	 "does anything listen, and where?"},
	{ON_UDP | ON_TCP | ON_DOT, CAUSES_RESOLVER_UP | CAUSE_BIT(CAUSE_SILENT), 1, 0,
	 "systemctl status named unbound dnsmasq pdns-recursor systemd-resolved",
	 "the DNS service, whichever it is: running, failed, restarting?"},
	{ON_UDP | ON_TCP | ON_DOT,
	 CAUSE_BIT(CAUSE_PORT_CLOSED) | CAUSE_BIT(CAUSE_PROHIBITED) | CAUSE_BIT(CAUSE_SILENT), 1, 0,
	 "nft list ruleset", "its own rules for DNS"},
	{ON_UDP, CAUSE_BIT(CAUSE_INTERMITTENT) | CAUSE_BIT(CAUSE_SILENT), 1, 1,
	 "nstat -az UdpRcvbufErrors UdpInErrors", "above 0 and growing: it does not keep up"},
};

#define CHECK_ROWS (sizeof(check_rows) / sizeof(*check_rows))

/* Adds the address; without its scope where the interface's name could mean more to a shell. */
static void check_add_target(struct buffer *out, const struct incident *incident)
{
	const struct resolver_key *key = &incident->resolver;
	char address[ADDRESS_TEXT_SIZE];

	address_text(&key->address, key->scope, address);
	if (address[strspn(address,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:%_-")])
		address_text(&key->address, 0, address);
	buffer_add(out, "%s", address);
}

static void check_add_filter(struct buffer *out, const struct incident *incident)
{
	char address[ADDRESS_TEXT_SIZE];

	buffer_add(out, "(host %s and %s port %u) or %s",
		   address_text(&incident->resolver.address, 0, address),
		   resolver_is_connects(&incident->resolver) ? "tcp" : "udp",
		   ntohs(incident->resolver.port),
		   address_is_ipv4(&incident->resolver.address) ? "icmp" : "icmp6");
}

static void check_add_question(struct buffer *out, const struct incident *incident)
{
	char type[DNS_TYPE_SIZE];
	const char *name = phrase_shell_safe_name(incident, type);

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

		if (!(check_rows[i].transports & 1U << incident->resolver.transport) ||
		    !(check_rows[i].causes & CAUSE_BIT(incident->cause)))
			continue;
		check_add_command(&check->command, check_rows[i].command, incident);
		check->tells = check_rows[i].tells;
		check->on_resolver = check_rows[i].on_resolver;
		check->brief = check_rows[i].brief;
		e->check_count++;
	}
}

/* ---- the explanation --------------------------------------------------------------------------
 */

/* Returns what the cause means, in the words of an incident that is mixed or joined. */
static const char *explanation_meaning(const struct incident *incident,
				       const struct cause_text *text)
{
	const struct resolver_counters *c = &incident->counters;

	if (incident_is_blocked(incident))
		return "Nothing came back over this transport, but the resolver answers over "
		       "another. So its host is up, and a firewall drops these packets without a "
		       "message.";
	if (incident->cause == CAUSE_TLS_REFUSED && !counters_has_only_errors(c))
		return "Connections were established, and the client sent its first bytes. To "
		       "some of them a TLS alert came back in clear, or bytes that are no TLS. "
		       "Other sessions were answered by a TLS handshake.";
	if (incident->cause != CAUSE_INTERMITTENT || !counters_has_only_errors(c))
		return text->meaning;
	if (incident_is_sessions(incident))
		return "Each answer in time is no TLS handshake, and other sessions end without "
		       "an answer. The TLS service does not take these clients, or another "
		       "service listens on that port.";
	return "Each answer in time carries an error code, and other queries time out. The "
	       "resolver is overloaded, packets are lost on the path, or the servers that it asks "
	       "do not answer.";
}

void explanation_fill(struct explanation *e, const struct incident *incident,
		      const struct report_source *source)
{
	const struct cause_text *text = cause_text_of(incident);

	e->meaning = explanation_meaning(incident, text);
	explanation_fill_evidence(e, incident, source);
	explanation_fill_against(e, incident, source);
	sentence_list_add_all(&e->alternatives, text->alternatives);
	sentence_list_add_all(&e->confirmed_by, text->confirmed_by);
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
