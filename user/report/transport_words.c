// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Words that depend on the transport. */
#include "report/transport_words.h"

#include "health/counters.h"
#include "util/address.h"

int incident_is_connects(const struct incident *incident)
{
	const struct resolver_counters *c = &incident->counters;
	__u64 of_messages = c->n[COUNTER_TIMED_OUT] + counters_closed(c);

	if (!resolver_is_connects(&incident->resolver))
		return 0;
	return counters_failed(c) ? 2 * of_messages < counters_failed(c)
				  : !counters_answered_with_error(c);
}

int incident_is_sessions(const struct incident *incident)
{
	return incident->resolver.transport == TRANSPORT_DOT && !incident_is_connects(incident);
}

const char *incident_noun(const struct incident *incident)
{
	if (incident_is_connects(incident))
		return "connect";
	return incident_is_sessions(incident) ? "session" : "query";
}

const char *incident_noun_for(const struct incident *incident, __u64 number)
{
	if (number == 1)
		return incident_noun(incident);
	if (incident_is_connects(incident))
		return "connects";
	return incident_is_sessions(incident) ? "sessions" : "queries";
}

__u64 incident_sent_count(const struct incident *incident)
{
	const __u64 *n = incident->counters.n;

	if (incident_is_connects(incident))
		return n[COUNTER_CONNECT_ATTEMPTS];
	return n[incident_is_sessions(incident) ? COUNTER_TRANSACTIONS : COUNTER_QUERIES];
}

const char *incident_sent_noun(const struct incident *incident, __u64 number)
{
	if (incident_is_connects(incident))
		return number == 1 ? "SYN" : "SYNs";
	return incident_noun_for(incident, number);
}

const char *incident_timed_out_words(const struct incident *incident)
{
	if (!counters_closed(&incident->counters))
		return "timed out";
	return counters_timed_out(&incident->counters) ? "timed out or closed"
						       : "closed without an answer";
}

const char *transport_sent_words(__u8 transport)
{
	if (transport == TRANSPORT_TCP)
		return "connects and queries";
	return transport == TRANSPORT_DOT ? "connects and sessions" : "queries";
}

const char *incident_settled_noun(const struct incident *incident, __u64 number)
{
	if (incident_is_connects(incident))
		return number == 1 ? "connect" : "connects";
	if (incident_is_sessions(incident))
		return number == 1 ? "session" : "sessions";
	return number == 1 ? "DNS transaction" : "DNS transactions";
}

const char *transport_meaning(__u8 transport)
{
	if (transport == TRANSPORT_TCP)
		return "DNS over TCP";
	return transport == TRANSPORT_DOT ? "DNS over TLS" : "DNS over UDP";
}
