// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The names of all counters, their sums, and the RTT histogram. The kernel side counts, user/view/
 * prints.
 *
 * Each row takes a number from __COUNTER__, so that the assertion below counts rows, not the
 * highest index: a gap in the middle does not compile either (nor does a row twice: -Wextra).
 */
#include "health/counters.h"

#include <connects.h>
#include <math.h>
#include <stddef.h>

#define ROW(counter) [(counter) + 0 * __COUNTER__]

#define PLAIN(counter, name, metric, help)                                                         \
	ROW(counter) = {EXPORTED_COUNTER, NULL, NULL, name, metric, NULL, NULL, help}
#define LABELLED(counter, group, metric, label, value, help)                                       \
	ROW(counter) = {EXPORTED_COUNTER, NULL, group, value, metric, label, value, help}

#define ICMP(counter, reason)                                                                      \
	LABELLED(counter, "icmp_unreachables", "dnsreach_icmp_unreachables_total", "reason",       \
		 reason,                                                                           \
		 "ICMP unreachable messages received that quote a query (packets, rate-limited "   \
		 "by who sends them: a lower bound).")
#define ANSWERED(counter, rcode)                                                                   \
	LABELLED(counter, "answered", "dnsreach_transactions_answered_total", "rcode", rcode,      \
		 "Transactions that ended by a response.")
#define UNREACHABLE(counter, reason)                                                               \
	LABELLED(counter, "unreachable", "dnsreach_transactions_unreachable_total", "reason",      \
		 reason, "Transactions that ended by an ICMP unreachable message.")
#define LATE(counter, kind)                                                                        \
	LABELLED(counter, "late", "dnsreach_late_messages_total", "kind", kind,                    \
		 "First arrivals for transactions that had timed out less than 60 s before.")
#define UNMATCHED(counter, kind)                                                                   \
	LABELLED(counter, "unmatched", "dnsreach_unmatched_messages_total", "kind", kind,          \
		 "Other arrivals that fit no open transaction: duplicates, or forged.")
#define UNSENT(counter, reason)                                                                    \
	LABELLED(counter, "unsent", "dnsreach_unsent_queries_total", "reason", reason,             \
		 "Queries that this host's own stack refused to send.")
#define HISTOGRAM(counter, name)                                                                   \
	ROW(counter) = {EXPORTED_HISTOGRAM,                                                        \
			NULL,                                                                      \
			"rtt",                                                                     \
			name,                                                                      \
			"dnsreach_rtt_seconds",                                                    \
			NULL,                                                                      \
			NULL,                                                                      \
			"Time from the first query to the response, of transactions that were "    \
			"not retransmitted."}
#define CONNECT_HISTOGRAM(counter, name)                                                           \
	ROW(counter) = {EXPORTED_HISTOGRAM,                                                        \
			NULL,                                                                      \
			"connect_rtt",                                                             \
			name,                                                                      \
			"dnsreach_connect_seconds",                                                \
			NULL,                                                                      \
			NULL,                                                                      \
			"Time from the SYN to the SYN-ACK, of connects that were not "             \
			"retransmitted."}
#define CLOSED(counter, by)                                                                        \
	LABELLED(counter, "closed", "dnsreach_transactions_closed_total", "by", by,                \
		 "Transactions open when their TCP connection ended without their answer.")
/* A member of the object `connects`; without a metric of its own it is in that of outcomes. */
#define CONNECT(counter, name, metric, help)                                                       \
	ROW(counter) = {EXPORTED_COUNTER, "connects", NULL, name, metric, NULL, NULL, help}
#define CONNECT_UNREACHABLE(which, reason)                                                         \
	ROW(COUNTER_CONNECT_UNREACHABLE_##which) = {                                               \
		EXPORTED_COUNTER,                                                                  \
		"connects",                                                                        \
		"unreachable",                                                                     \
		reason,                                                                            \
		"dnsreach_connects_unreachable_total",                                             \
		"reason",                                                                          \
		reason,                                                                            \
		"Connects that ended by an ICMP unreachable message."}
#define EVIDENCE(counter, meaning)                                                                 \
	ROW(counter) = {EXPORTED_NOT, NULL, NULL, NULL, NULL, NULL, NULL, meaning}

enum { COUNTER_ROWS_FROM = __COUNTER__ };

const struct counter_row counter_rows[COUNTER_MAX] = {
	PLAIN(COUNTER_QUERIES, "queries", "dnsreach_queries_total",
	      "Query messages sent, retransmissions included."),
	PLAIN(COUNTER_RESPONSES, "responses", "dnsreach_responses_total",
	      "Response messages received."),
	ICMP(COUNTER_ICMP_PORT, "port"),
	ICMP(COUNTER_ICMP_HOST, "host"),
	ICMP(COUNTER_ICMP_NETWORK, "network"),
	ICMP(COUNTER_ICMP_PROHIBITED, "prohibited"),
	ICMP(COUNTER_ICMP_OTHER, "other"),
	PLAIN(COUNTER_ICMP_FROM_ELSEWHERE, "icmp_from_elsewhere",
	      "dnsreach_icmp_from_elsewhere_total",
	      "ICMP unreachable messages whose reporter is not the resolver."),
	PLAIN(COUNTER_ICMP_SHORT_QUOTES, "icmp_short_quotes", "dnsreach_icmp_short_quotes_total",
	      "ICMP unreachable messages that quote no message ID."),
	PLAIN(COUNTER_TOO_BIG, "too_big", "dnsreach_icmp_too_big_total",
	      "ICMP fragmentation needed or packet too big messages about a query."),
	PLAIN(COUNTER_TRANSACTIONS, "transactions", "dnsreach_transactions_total",
	      "Transactions opened."),
	ANSWERED(COUNTER_ANSWERED_NOERROR, "noerror"),
	ANSWERED(COUNTER_ANSWERED_FORMERR, "formerr"),
	ANSWERED(COUNTER_ANSWERED_SERVFAIL, "servfail"),
	ANSWERED(COUNTER_ANSWERED_NXDOMAIN, "nxdomain"),
	ANSWERED(COUNTER_ANSWERED_NOTIMP, "notimp"),
	ANSWERED(COUNTER_ANSWERED_REFUSED, "refused"),
	ANSWERED(COUNTER_ANSWERED_OTHER, "other"),
	UNREACHABLE(COUNTER_UNREACHABLE_PORT, "port"),
	UNREACHABLE(COUNTER_UNREACHABLE_HOST, "host"),
	UNREACHABLE(COUNTER_UNREACHABLE_NETWORK, "network"),
	UNREACHABLE(COUNTER_UNREACHABLE_PROHIBITED, "prohibited"),
	UNREACHABLE(COUNTER_UNREACHABLE_OTHER, "other"),
	PLAIN(COUNTER_TIMED_OUT, "timed_out", "dnsreach_transactions_timed_out_total",
	      "Transactions with no outcome within the timeout."),
	PLAIN(COUNTER_RETRANSMISSIONS, "retransmissions", "dnsreach_retransmissions_total",
	      "Further queries of an open transaction."),
	PLAIN(COUNTER_UNTRACKED, "untracked", "dnsreach_untracked_queries_total",
	      "Queries that found no room in the in-flight table."),
	LATE(COUNTER_LATE_RESPONSES, "responses"),
	LATE(COUNTER_LATE_UNREACHABLES, "unreachables"),
	UNMATCHED(COUNTER_UNMATCHED_RESPONSES, "responses"),
	UNMATCHED(COUNTER_UNMATCHED_UNREACHABLES, "unreachables"),
	UNSENT(COUNTER_UNSENT_HOST, "host"),
	UNSENT(COUNTER_UNSENT_NETWORK, "network"),
	UNSENT(COUNTER_UNSENT_PROHIBITED, "prohibited"),
	UNSENT(COUNTER_UNSENT_OTHER, "other"),
	PLAIN(COUNTER_TRUNCATED, "truncated", "dnsreach_truncated_responses_total",
	      "Transactions answered with TC=1."),
	PLAIN(COUNTER_FORWARDED, "forwarded_queries", "dnsreach_forwarded_queries_total",
	      "Queries that came in by another interface and were forwarded."),
	HISTOGRAM(COUNTER_RTT_COUNT, "count"),
	HISTOGRAM(COUNTER_RTT_SUM_NS, "sum_s"),
	EVIDENCE(COUNTER_EVIDENCE_PROHIBITED, "reason prohibited"),
	EVIDENCE(COUNTER_EVIDENCE_PORT, "reason port, from the resolver itself"),
	EVIDENCE(COUNTER_EVIDENCE_NO_ROUTE, "reasons host and network"),
	EVIDENCE(COUNTER_EVIDENCE_ON_PATH, "reasons port and other, from elsewhere"),
	CONNECT(COUNTER_CONNECT_ATTEMPTS, "attempts", "dnsreach_connect_attempts_total",
		"SYNs sent, retransmissions included."),
	CONNECT(COUNTER_CONNECT_OPENED, "opened", "dnsreach_connects_total",
		"Connects opened: the first SYN of each."),
	CONNECT(COUNTER_CONNECT_RETRANSMISSIONS, "retransmissions",
		"dnsreach_connect_retransmissions_total", "Further SYNs of an open connect."),
	CONNECT(COUNTER_CONNECT_UNTRACKED, "untracked", "dnsreach_untracked_connects_total",
		"SYNs that found no room in the in-flight table."),
	CONNECT(COUNTER_CONNECT_ESTABLISHED, "established", NULL,
		"Connects that ended by a SYN-ACK."),
	CONNECT(COUNTER_CONNECT_UNFOLLOWED, "unfollowed", "dnsreach_unfollowed_connects_total",
		"Established connects that are not followed."),
	CONNECT(COUNTER_CONNECT_REFUSED, "refused", NULL, "Connects that ended by an RST."),
	CONNECT_UNREACHABLE(PORT, "port"),
	CONNECT_UNREACHABLE(HOST, "host"),
	CONNECT_UNREACHABLE(NETWORK, "network"),
	CONNECT_UNREACHABLE(PROHIBITED, "prohibited"),
	CONNECT_UNREACHABLE(OTHER, "other"),
	CONNECT(COUNTER_CONNECT_TIMED_OUT, "timed_out", NULL,
		"Connects with no outcome within the timeout."),
	CONNECT(COUNTER_CONNECT_LATE, "late", "dnsreach_late_connects_total",
		"First SYN-ACKs or RSTs for connects that had timed out less than 60 s before."),
	CONNECT(COUNTER_CONNECT_UNMATCHED, "unmatched", "dnsreach_unmatched_connects_total",
		"Other SYN-ACKs, and RSTs that answer a SYN, that fit no open connect."),
	EVIDENCE(COUNTER_CONNECT_ARRIVALS, "SYN-ACKs, and RSTs that answer a SYN"),
	CONNECT_HISTOGRAM(COUNTER_CONNECT_RTT_COUNT, "count"),
	CONNECT_HISTOGRAM(COUNTER_CONNECT_RTT_SUM_NS, "sum_s"),
	CLOSED(COUNTER_CLOSED_FIN, "fin"),
	CLOSED(COUNTER_CLOSED_RST, "rst"),
	PLAIN(COUNTER_UNFOLLOWED, "unfollowed", "dnsreach_transactions_unfollowed_total",
	      "Transactions open when their TCP connection could not be followed any more."),
	PLAIN(COUNTER_FURTHER, "further", "dnsreach_further_responses_total",
	      "Responses after the first of one transaction over TCP, as of a zone transfer."),
	EVIDENCE(COUNTER_SESSION_REFUSED, "sessions refused: see session_rows"),
};

_Static_assert(__COUNTER__ - COUNTER_ROWS_FROM - 1 == COUNTER_MAX, "a counter has no row");

#define ENDED(outcome, first, last)                                                                \
	{                                                                                          \
		{EXPORTED_COUNTER,                                                                 \
		 NULL,                                                                             \
		 NULL,                                                                             \
		 outcome,                                                                          \
		 "dnsreach_transactions_ended_total",                                              \
		 "outcome",                                                                        \
		 outcome,                                                                          \
		 "Transactions that got their outcome."},                                          \
			first, last                                                                \
	}
#define CONNECT_ENDED(outcome, first, last)                                                        \
	{                                                                                          \
		{EXPORTED_COUNTER,                                                                 \
		 NULL,                                                                             \
		 NULL,                                                                             \
		 outcome,                                                                          \
		 "dnsreach_connects_ended_total",                                                  \
		 "outcome",                                                                        \
		 outcome,                                                                          \
		 "Connects that got their outcome."},                                              \
			first, last                                                                \
	}

const struct sum_row ended_rows[OUTCOME_MAX] = {
	ENDED("answered", COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_OTHER),
	ENDED("unreachable", COUNTER_UNREACHABLE_PORT, COUNTER_UNREACHABLE_OTHER),
	ENDED("timed_out", COUNTER_TIMED_OUT, COUNTER_TIMED_OUT),
	ENDED("closed", COUNTER_CLOSED_FIN, COUNTER_CLOSED_RST),
};

const struct sum_row connect_ended_rows[CONNECT_OUTCOME_MAX] = {
	CONNECT_ENDED("established", COUNTER_CONNECT_ESTABLISHED, COUNTER_CONNECT_ESTABLISHED),
	CONNECT_ENDED("refused", COUNTER_CONNECT_REFUSED, COUNTER_CONNECT_REFUSED),
	CONNECT_ENDED("unreachable", COUNTER_CONNECT_UNREACHABLE_PORT,
		      COUNTER_CONNECT_UNREACHABLE_OTHER),
	CONNECT_ENDED("timed_out", COUNTER_CONNECT_TIMED_OUT, COUNTER_CONNECT_TIMED_OUT),
};

#define SESSIONS(name, metric, label, help, first, last)                                           \
	{                                                                                          \
		{EXPORTED_COUNTER,    "sessions", NULL, name, metric, label,                       \
		 label ? name : NULL, help},                                                       \
			first, last                                                                \
	}
#define SESSION_ENDED(outcome, first, last)                                                        \
	SESSIONS(outcome, "dnsreach_sessions_ended_total", "outcome",                              \
		 "Sessions over TLS that got their outcome.", first, last)

const struct sum_row session_rows[SESSION_ROWS] = {
	SESSIONS("started", "dnsreach_sessions_total", NULL,
		 "Sessions over TLS: connections on which the client has sent bytes.",
		 COUNTER_TRANSACTIONS, COUNTER_TRANSACTIONS),
	SESSIONS("refused", "dnsreach_sessions_refused_total", NULL,
		 "Answered sessions whose first bytes are no TLS handshake: an alert, or no TLS.",
		 COUNTER_ANSWERED_REFUSED, COUNTER_ANSWERED_REFUSED),
	SESSION_ENDED("answered", COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_OTHER),
	SESSION_ENDED("closed", COUNTER_CLOSED_FIN, COUNTER_CLOSED_RST),
	SESSION_ENDED("timed_out", COUNTER_TIMED_OUT, COUNTER_TIMED_OUT),
};

#define UNPARSED(counter, reason)                                                                  \
	LABELLED(counter, "unparsed", "dnsreach_self_unparsed_total", "reason", reason,            \
		 "Packets, or segments of one, that dnsreach could not follow.")
#define SELF_UNMATCHED(counter, kind)                                                              \
	LABELLED(counter, "unmatched", "dnsreach_self_unmatched_total", "kind", kind,              \
		 "Arrivals that fit no transaction and are about no known resolver.")

enum { SELF_ROWS_FROM = __COUNTER__ };

const struct counter_row self_rows[SELF_MAX] = {
	UNPARSED(SELF_UNPARSED_SHORT, "short"),
	UNPARSED(SELF_UNPARSED_FRAGMENT, "fragment"),
	UNPARSED(SELF_UNPARSED_EXTENSION, "extension"),
	UNPARSED(SELF_UNPARSED_MAPPED, "mapped"),
	UNPARSED(SELF_UNPARSED_SEGMENTS, "segments"),
	UNPARSED(SELF_UNPARSED_MALFORMED, "malformed"),
	UNPARSED(SELF_UNPARSED_TUNNEL, "tunnel"),
	UNPARSED(SELF_UNPARSED_STREAM, "stream"),
	SELF_UNMATCHED(SELF_UNMATCHED_RESPONSES, "responses"),
	SELF_UNMATCHED(SELF_UNMATCHED_UNREACHABLES, "unreachables"),
	PLAIN(SELF_FORGOTTEN, "forgotten", "dnsreach_self_forgotten_total",
	      "Timed-out transactions forgotten before their 60 s were over."),
	PLAIN(SELF_BUSY, "busy", "dnsreach_self_busy_total",
	      "Map operations that stayed busy after two more tries."),
};

_Static_assert(__COUNTER__ - SELF_ROWS_FROM - 1 == SELF_MAX, "a self counter has no row");

int counter_is_shown(unsigned int counter, __u8 transport)
{
	return counter_rows[counter].exported == EXPORTED_COUNTER &&
	       transport_has_counter(transport, counter) &&
	       !(transport == TRANSPORT_DOT && is_session_counter(counter));
}

__u64 counters_sum(const struct resolver_counters *counters, enum counter first, enum counter last)
{
	__u64 total = 0;
	unsigned int i;

	for (i = first; i <= last; i++)
		total += counters->n[i];
	return total;
}

__u64 counters_icmp_unreachables(const struct resolver_counters *counters)
{
	return counters_sum(counters, COUNTER_ICMP_PORT, COUNTER_ICMP_OTHER);
}

/* Returns the transactions that ended by a response; without connects, unlike the sum below. */
static __u64 messages_answered(const struct resolver_counters *counters)
{
	return counters_sum(counters, COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_OTHER);
}

__u64 counters_asked(const struct resolver_counters *counters)
{
	return counters->n[COUNTER_QUERIES] + counters->n[COUNTER_CONNECT_ATTEMPTS];
}

__u64 counters_opened(const struct resolver_counters *counters)
{
	return counters->n[COUNTER_TRANSACTIONS] + counters->n[COUNTER_CONNECT_OPENED];
}

__u64 counters_answered(const struct resolver_counters *counters)
{
	return messages_answered(counters) + counters->n[COUNTER_CONNECT_UNFOLLOWED];
}

__u64 counters_unreachable(const struct resolver_counters *counters)
{
	return counters_sum(counters, COUNTER_UNREACHABLE_PORT, COUNTER_UNREACHABLE_OTHER) +
	       counters_sum(counters, COUNTER_CONNECT_UNREACHABLE_PORT,
			    COUNTER_CONNECT_UNREACHABLE_OTHER);
}

__u64 counters_timed_out(const struct resolver_counters *counters)
{
	return counters->n[COUNTER_TIMED_OUT] + counters->n[COUNTER_CONNECT_TIMED_OUT];
}

__u64 counters_closed(const struct resolver_counters *counters)
{
	return counters_sum(counters, COUNTER_CLOSED_FIN, COUNTER_CLOSED_RST);
}

__u64 counters_unsent(const struct resolver_counters *counters)
{
	return counters_sum(counters, COUNTER_UNSENT_HOST, COUNTER_UNSENT_OTHER);
}

__u64 counters_unmatched_answers(const struct resolver_counters *counters)
{
	return counters->n[COUNTER_UNMATCHED_RESPONSES] + counters->n[COUNTER_CONNECT_UNMATCHED];
}

__u64 counters_late_answers(const struct resolver_counters *counters)
{
	return counters->n[COUNTER_LATE_RESPONSES] + counters->n[COUNTER_CONNECT_LATE];
}

__u64 counters_late(const struct resolver_counters *counters)
{
	return counters_late_answers(counters) + counters->n[COUNTER_LATE_UNREACHABLES];
}

__u64 counters_answered_with_error(const struct resolver_counters *counters)
{
	return messages_answered(counters) - counters->n[COUNTER_ANSWERED_NOERROR] -
	       counters->n[COUNTER_ANSWERED_NXDOMAIN];
}

__u64 counters_failed(const struct resolver_counters *counters)
{
	return counters_unreachable(counters) + counters_timed_out(counters) +
	       counters->n[COUNTER_CONNECT_REFUSED] + counters_closed(counters) +
	       counters_unsent(counters);
}

__u64 counters_settled(const struct resolver_counters *counters)
{
	return counters_answered(counters) + counters_failed(counters);
}

double counters_failure_ratio(const struct resolver_counters *counters)
{
	__u64 settled = counters_settled(counters);

	return settled ? (double)counters_failed(counters) / (double)settled : NAN;
}

double counters_error_ratio(const struct resolver_counters *counters)
{
	__u64 settled = counters_settled(counters);

	return settled ? (double)counters_answered_with_error(counters) / (double)settled : NAN;
}

struct resolver_counters counters_since(const struct resolver_counters *before,
					const struct resolver_counters *now)
{
	struct resolver_counters since = {0};
	unsigned int i;

	for (i = 0; i < COUNTER_MAX; i++)
		since.n[i] = now->n[i] - before->n[i];
	for (i = 0; i < RTT_BUCKETS; i++)
		since.rtt[i] = now->rtt[i] - before->rtt[i];
	for (i = 0; i < RTT_BUCKETS; i++)
		since.connect_rtt[i] = now->connect_rtt[i] - before->connect_rtt[i];
	return since;
}

__u64 self_sum(const struct self_counters *self, enum self_counter first, enum self_counter last)
{
	__u64 total = 0;
	unsigned int i;

	for (i = first; i <= last; i++)
		total += self->n[i];
	return total;
}

/* ---- RTT histogram ----------------------------------------------------------------------- */

#define RTT_LINEAR (1U << RTT_OCTAVE_FIRST) /* buckets of one microsecond each */

static __u64 rtt_sum(const __u64 *buckets, unsigned int count)
{
	__u64 total = 0;

	while (count--)
		total += buckets[count];
	return total;
}

__u64 rtt_lower_edge_us(unsigned int bucket)
{
	unsigned int octave;

	if (bucket < RTT_LINEAR)
		return bucket;
	octave = RTT_OCTAVE_FIRST + (bucket - RTT_LINEAR) / 4;
	return (4ULL + (bucket - RTT_LINEAR) % 4) << (octave - 2);
}

double rtt_middle_s(unsigned int bucket)
{
	__u64 twice = rtt_lower_edge_us(bucket) + rtt_lower_edge_us(bucket + 1);

	return (double)twice / 2e6;
}

double rtt_edge_s(unsigned int edge)
{
	return (double)(1ULL << edge) / 1e6;
}

__u64 rtt_at_most(const __u64 buckets[RTT_BUCKETS], unsigned int edge)
{
	return rtt_sum(buckets, RTT_LINEAR + 4 * (edge - RTT_OCTAVE_FIRST));
}

double rtt_percentile_s(const __u64 buckets[RTT_BUCKETS], double share)
{
	__u64 count = rtt_sum(buckets, RTT_BUCKETS);
	__u64 seen = 0, rank;
	unsigned int i;

	if (!count)
		return NAN;
	rank = (__u64)ceil(share * (double)count);
	if (rank < 1)
		rank = 1;
	for (i = 0; i < RTT_BUCKETS - 1; i++) {
		seen += buckets[i];
		if (seen >= rank)
			break;
	}
	return rtt_middle_s(i);
}
