// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The summary of an incident, how sure its cause is, and whether it could be an attack. */
#include "report/incident_summary.h"

#include "health/counters.h"
#include "health/status.h"
#include "report/cause_text.h"
#include "report/document.h"
#include "report/phrase.h"
#include "report/transport_words.h"
#include "view/cells.h"

#define N(number) ((unsigned long long)(number))

/* RTT this many times that of the healthy time means overload; below the other factor, loss. */
#define RTT_OVERLOAD_FACTOR 3.0
#define RTT_LOSS_FACTOR 1.5
#define RTT_OVERLOAD_LEAST_NS (NS_PER_S / 100) /* a small RTT grows for many reasons */
#define FLOOD_PER_S 1000.0		       /* queries: worth a look at who sends them */
#define UNMATCHED_MANY 10

int cause_is_of_icmp(enum cause cause)
{
	return cause >= CAUSE_PROHIBITED && cause <= CAUSE_REJECTED_ON_PATH;
}

/* A packet's TTL is never 0, and text holds none. */
int incident_is_recorded_of_text(const struct incident *incident,
				 const struct report_source *source)
{
	return source->kind == REPORT_OF_INCIDENTS && incident->message_count &&
	       !incident->messages[0].sample.ttl;
}

__u64 report_count_unread(const struct report_source *source)
{
	const struct self_counters *self;

	if (!source->totals)
		return 0;
	self = &source->totals->snapshot->self;
	return self->n[SELF_UNPARSED_SHORT] + self->n[SELF_UNPARSED_FRAGMENT] +
	       self->n[SELF_UNPARSED_EXTENSION] + self->n[SELF_UNPARSED_MAPPED] +
	       self->n[SELF_UNPARSED_MALFORMED];
}

/* Counts answers without an error, and late ones, whatever they say. */
static __u64 incident_good_answers(const struct resolver_counters *c)
{
	return counters_answered(c) - counters_answered_with_error(c) +
	       c->n[COUNTER_LATE_RESPONSES];
}

/* Returns 1 when messages came in that match no query. */
static int incident_has_unmatched(const struct resolver_counters *c)
{
	return c->n[COUNTER_UNMATCHED_RESPONSES] || c->n[COUNTER_UNMATCHED_UNREACHABLES] ||
	       c->n[COUNTER_CONNECT_UNMATCHED];
}

enum rtt_sign incident_rtt_sign(const struct incident *incident)
{
	double now = (double)incident->rtt_ns, before = (double)incident->healthy_rtt_ns;

	if (now == 0 || before == 0)
		return RTT_SIGN_NONE;
	if (now >= before * RTT_OVERLOAD_FACTOR && incident->rtt_ns >= RTT_OVERLOAD_LEAST_NS)
		return RTT_SIGN_OVERLOAD;
	return now <= before * RTT_LOSS_FACTOR ? RTT_SIGN_LOSS : RTT_SIGN_NONE;
}

const char *incident_brief(const struct incident *incident, const struct report_source *source)
{
	enum rtt_sign sign = incident_rtt_sign(incident);

	const struct resolver_counters *c = &incident->counters;

	if (incident->cause == CAUSE_SILENT && report_count_unread(source))
		return "nothing came back that could be read";
	if (incident->cause == CAUSE_SILENT && incident_has_unmatched(c))
		return incident_is_connects(incident) ? "nothing came back that matches a connect"
						      : "nothing came back that matches a query";
	if (incident_is_connects(incident))
		return cause_text_of(incident)->brief;
	if (incident->cause == CAUSE_PORT_CLOSED && c->n[COUNTER_EVIDENCE_PORT] &&
	    incident_good_answers(c))
		return "the resolver answered some queries, but for others its host says that "
		       "nothing listens on that port, or a firewall rejects them";
	if (incident->cause == CAUSE_INTERMITTENT && !incident_good_answers(c))
		return incident_is_sessions(incident)
			       ? "some sessions are answered by no TLS handshake, and others not "
				 "at all"
			       : "some queries are answered with an error, and others time out";
	if (incident->cause == CAUSE_TLS_REFUSED && incident_good_answers(c))
		return "the resolver answers, but not always by a TLS handshake";
	if (incident->cause == CAUSE_INTERMITTENT && sign == RTT_SIGN_OVERLOAD)
		return "some queries are answered, much later than before, and others time out, as "
		       "when the resolver is overloaded";
	if (incident->cause == CAUSE_INTERMITTENT && sign == RTT_SIGN_LOSS)
		return "some queries are answered as fast as before and others time out, as when "
		       "packets are lost on the path";
	return cause_text_of(incident)->brief;
}

int incident_is_blocked(const struct incident *incident)
{
	return incident->cause == CAUSE_SILENT && incident->joined.verdict > JOINED_SERVICE_DOWN;
}

const char *incident_next_step(const struct incident *incident)
{
	static const char *const of_blocked[JOINED_MAX] = {
		[JOINED_UDP_BLOCKED] = "find the firewall that drops UDP, on the path or on the "
				       "resolver.",
		[JOINED_TCP_BLOCKED] = "find the firewall that drops TCP, on the path or on the "
				       "resolver.",
		[JOINED_TLS_BLOCKED] = "find the firewall that drops port 853, on the path or on "
				       "the resolver.",
	};
	enum rtt_sign sign = incident_rtt_sign(incident);

	if (incident_is_blocked(incident))
		return of_blocked[incident->joined.verdict];
	if (incident->cause == CAUSE_INTERMITTENT && sign == RTT_SIGN_OVERLOAD)
		return "check the load of the resolver and the drops at its receive buffers.";
	if (incident->cause == CAUSE_INTERMITTENT && sign == RTT_SIGN_LOSS)
		return "measure the packet loss on the path to the resolver.";
	return cause_text_of(incident)->next;
}

/* ---- how sure -------------------------------------------------------------------------------- */

const char *confidence_name(enum confidence confidence)
{
	static const char *const names[] = {
		[CONFIDENCE_LOW] = "low",
		[CONFIDENCE_MEDIUM] = "medium",
		[CONFIDENCE_HIGH] = "high",
	};

	return names[confidence];
}

/* Returns 1 when messages that matched point to more than one cause. */
static int incident_has_mixed_evidence(const struct resolver_counters *c)
{
	return !!c->n[COUNTER_EVIDENCE_PROHIBITED] + !!c->n[COUNTER_EVIDENCE_PORT] +
		       !!c->n[COUNTER_EVIDENCE_NO_ROUTE] + !!c->n[COUNTER_EVIDENCE_ON_PATH] >
	       1;
}

static enum confidence confidence_of_icmp(const struct incident *incident,
					  const struct report_source *source, const char **why)
{
	if (cause_is_nearest(incident)) {
		*why = "the messages do not say that the port is closed";
		return CONFIDENCE_LOW;
	}
	*why = incident_is_connects(incident) ? "ICMP messages about these very SYNs say so"
					      : "ICMP messages about these very queries say so";
	if (incident->counters.n[COUNTER_CONNECT_REFUSED])
		*why = "RSTs that answer these very SYNs say so";
	if (incident_has_mixed_evidence(&incident->counters)) {
		*why = "other ICMP messages point to another cause";
		return CONFIDENCE_MEDIUM;
	}
	if (incident->forged) {
		*why = "somebody may be forging ICMP messages";
		return CONFIDENCE_MEDIUM;
	}
	if (source->inferred_quotes || incident_is_recorded_of_text(incident, source)) {
		*why = "the log does not show which query each ICMP message is about";
		return CONFIDENCE_MEDIUM;
	}
	if (incident_good_answers(&incident->counters)) {
		*why = incident_is_connects(incident) ? "other connects were established"
						      : "other answers came";
		return CONFIDENCE_MEDIUM;
	}
	return CONFIDENCE_HIGH;
}

enum confidence incident_confidence(const struct incident *incident,
				    const struct report_source *source, const char **why)
{
	static const char unread[] =
		"some packets were cut or could not be read, and ICMP messages may be among them";
	int has_unread = source->cut || report_count_unread(source);

	if (cause_is_of_icmp(incident->cause))
		return confidence_of_icmp(incident, source, why);
	switch (incident->cause) {
	case CAUSE_NOT_SENT:
		*why = "the client's own network stack says so";
		return CONFIDENCE_HIGH;
	case CAUSE_SERVER_ERROR:
		*why = "the answers carry the error codes";
		return CONFIDENCE_HIGH;
	case CAUSE_NOT_SERVED:
		*why = "the connections were established, and ended or stayed without an answer";
		return CONFIDENCE_HIGH;
	case CAUSE_TLS_REFUSED:
		*why = "the first bytes that came back are no TLS handshake";
		return CONFIDENCE_HIGH;
	case CAUSE_INTERMITTENT:
		*why = "the answer times point there";
		if (incident_rtt_sign(incident))
			return CONFIDENCE_MEDIUM;
		*why = has_unread ? unread : "overload and packet loss look alike";
		return CONFIDENCE_LOW;
	case CAUSE_SILENT:
		*why = unread;
		if (has_unread)
			return CONFIDENCE_LOW;
		*why = incident_is_connects(incident) ? "messages came in that match no connect"
						      : "messages came in that match no query";
		if (incident_has_unmatched(&incident->counters))
			return CONFIDENCE_LOW;
		*why = "the resolver answers over another transport, but what drops the packets "
		       "does not say so";
		if (incident_is_blocked(incident))
			return CONFIDENCE_MEDIUM;
		*why = "a dead host and a firewall that drops look alike";
		return CONFIDENCE_MEDIUM;
	default:
		*why = "nothing points to one cause";
		return CONFIDENCE_LOW;
	}
}

/* ---- an attack? ------------------------------------------------------------------------------ */

static double sent_per_s(const struct incident *incident)
{
	double seconds = (double)(incident->end_ns - incident->start_ns) / NS_PER_S;

	return (double)incident_sent_count(incident) / (seconds < 1 ? 1 : seconds);
}

void incident_add_attack(struct buffer *out, const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 responses = c->n[COUNTER_UNMATCHED_RESPONSES];
	double per_s = sent_per_s(incident);
	char rate[CELL_SIZE], number[PHRASE_SIZE];

	if (incident->forged)
		buffer_add(out,
			   "Possibly: %s no %s, so somebody may be forging them. They "
			   "changed no outcome. ",
			   phrase_count(c->n[COUNTER_UNMATCHED_UNREACHABLES],
					"ICMP message matches", "ICMP messages match", number),
			   incident_noun(incident));
	if (per_s >= FLOOD_PER_S)
		buffer_add(out,
			   "Possibly: %s %s a second is a high rate; look at which clients "
			   "send them. ",
			   cell_format_rate(per_s, rate), incident_sent_noun(incident, 2));
	if (responses >= UNMATCHED_MANY && responses > counters_settled(c) / 2)
		buffer_add(
			out,
			"Possibly: %llu responses match no query: duplicates, or forged answers. ",
			N(responses));
	if (!out->used)
		buffer_add(out,
			   "Nothing here points to one: no forged messages, no flood from these "
			   "clients (%s). ",
			   phrase_count(incident_sent_count(incident),
					incident_sent_noun(incident, 1),
					incident_sent_noun(incident, 2), number));
	buffer_add(out, "A flood from elsewhere would not show here.");
}

static int incident_has_attack_signs(const struct incident *incident)
{
	return incident->forged || sent_per_s(incident) >= FLOOD_PER_S;
}

/* ---- the summary ----------------------------------------------------------------------------- */

void incident_add_outcome(struct buffer *out, const struct incident *incident)
{
	const struct resolver_counters *counters = &incident->counters;
	unsigned long long failed = counters_failed(counters);
	unsigned long long errors = counters_answered_with_error(counters);

	buffer_add(out, "%llu of %llu", failed ? failed : errors, N(counters_settled(counters)));
}

/* "DNS resolver R failed for client C from A to B (4 min 18 s)." */
static void summary_add_what(struct buffer *out, const struct incident *incident,
			     const struct report_source *source)
{
	__u64 failed = counters_failed(&incident->counters);
	char span[2 * PHRASE_SIZE], duration[PHRASE_SIZE];

	buffer_add(out, "DNS resolver ");
	phrase_add_resolver(out, &incident->resolver);
	if (!failed)
		buffer_add(out, " answered with errors");
	else
		buffer_add(out, " failed%s", incident->state == STATE_DOWN ? "" : " in part");
	if (incident->client_count == 1 && !incident->clients_more) {
		buffer_add(out, " for client ");
		phrase_add_addresses(out, incident->clients, 1, 0);
	} else if (incident->client_count) {
		buffer_add(out, " for %s%u clients", incident->clients_more ? "more than " : "",
			   incident->client_count);
	}
	buffer_add(out, " %s (%s%s).", phrase_span(source, incident, span),
		   phrase_duration(incident->end_ns - incident->start_ns, duration),
		   source->offsets	? "; times since the first packet"
		   : source->zone_known ? ""
					: "; time zone not known");
}

static void summary_add_how_bad(struct buffer *out, const struct incident *incident)
{
	const struct resolver_counters *counters = &incident->counters;
	__u64 failed = counters_failed(counters), errors = counters_answered_with_error(counters);
	char share[CELL_SIZE];

	buffer_add(out, " ");
	incident_add_outcome(out, incident);
	buffer_add(out, " %s", incident_settled_noun(incident, counters_settled(counters)));
	if (failed || !errors)
		buffer_add(out, " failed (%s)",
			   cell_format_ratio(counters_failure_ratio(counters), share));
	if (failed && errors)
		buffer_add(out, ", and %llu", N(errors));
	if (errors) {
		buffer_add(out, " %s answered with an error (", errors == 1 ? "was" : "were");
		phrase_add_errors(out, counters);
		buffer_add(out, ")");
	}
	buffer_add(out, ".");
}

static void summary_add_end(struct buffer *out, const struct incident *incident,
			    const struct report_source *source)
{
	char clock[PHRASE_SIZE];

	if (incident->closed_ns)
		buffer_add(out, " It is over: the resolver was healthy again at %s.",
			   phrase_clock(source, incident->closed_ns, clock));
	else
		buffer_add(out, " No recovery was seen.");
}

static void summary_add_cause(struct buffer *out, const struct incident *incident,
			      const struct report_source *source)
{
	const char *why;
	enum confidence confidence = incident_confidence(incident, source, &why);

	if (incident->cause == CAUSE_NONE)
		buffer_add(out, " The cause is not known: %s.", why);
	else
		buffer_add(out,
			   " The %s cause is " MARK_CODE "%s" MARK_END
			   ": %s. Confidence is %s, because %s.",
			   cause_is_nearest(incident) ? "nearest" : "likely",
			   cause_name(incident->cause), incident_brief(incident, source),
			   confidence_name(confidence), why);
}

void incident_add_summary(struct buffer *out, const struct incident *incident,
			  const struct report_source *source)
{
	summary_add_what(out, incident, source);
	summary_add_how_bad(out, incident);
	summary_add_end(out, incident, source);
	summary_add_cause(out, incident, source);
	buffer_add(out, "%s Next step: %s",
		   incident_has_attack_signs(incident) ? " It may be an attack; see below."
						       : " Nothing here points to an attack.",
		   incident_next_step(incident));
}
