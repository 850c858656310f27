// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The totals since the start as text for people. */
#include "view/summary.h"

#include "util/address.h"
#include "util/clock.h"
#include "health/counters.h"
#include "health/status.h"
#include "view/table.h"
#include "view/cells.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400ULL

static void write_label(struct buffer *out, const char *name, const char *value)
{
	buffer_add(out, "  %-13s %8s", name, value);
}

static void write_count(struct buffer *out, const char *name, __u64 count)
{
	buffer_add(out, "  %-13s %8llu", name, (unsigned long long)count);
}

/* Writes RCODEs in capitals (RFC 1035), reasons and kinds as they are. */
static void write_name(struct buffer *out, const struct counter_row *row)
{
	int capitals = row->label && !strcmp(row->label, "rcode") && strcmp(row->name, "other");
	const char *c;

	for (c = row->name; *c; c++)
		buffer_add(out, "%c", capitals ? toupper((unsigned char)*c) : *c);
}

/* Writes the non-zero parts of a total: "  NOERROR 3, SERVFAIL 1". */
static void write_parts(struct buffer *out, const struct resolver_counters *counters,
			enum counter first, enum counter last)
{
	const char *separator = "  ";
	unsigned int i;

	for (i = first; i <= last; i++) {
		if (!counters->n[i])
			continue;
		buffer_add(out, "%s", separator);
		write_name(out, &counter_rows[i]);
		buffer_add(out, " %llu", (unsigned long long)counters->n[i]);
		separator = ", ";
	}
}

/* Writes a line with a total and its parts; none when it is zero, unless `always`. */
static void write_total(struct buffer *out, const char *name,
			const struct resolver_counters *counters, enum counter first,
			enum counter last, int always)
{
	__u64 total = counters_sum(counters, first, last);

	if (!total && !always)
		return;
	write_count(out, name, total);
	if (first != last)
		write_parts(out, counters, first, last);
	buffer_add(out, "\n");
}

static void write_title(struct buffer *out, const struct resolver_status *resolver)
{
	const struct resolver_key *key = &resolver->now->key;
	char name[RESOLVER_TEXT_SIZE];

	buffer_add(out, "\n%s", resolver_text(key, name));
	if (resolver_is_other(key)) {
		buffer_add(out, "  (resolvers beyond the capacity, counted together)\n");
		return;
	}
	buffer_add(out, "  %s", state_name(resolver->state));
	if (resolver->cause)
		buffer_add(out, ", likely cause %s: %s", cause_name(resolver->cause),
			   cause_meaning(resolver->cause));
	buffer_add(out, "\n");
	if (resolver->fails_inside)
		buffer_add(out, "  " FAILS_INSIDE ": behind it nothing fails\n");
	if (resolver->joined.verdict)
		buffer_add(out, "  %s: %s\n", joined_name(resolver->joined.verdict),
			   joined_meaning(resolver->joined.verdict));
	if (resolver->joined.tcp_needed)
		buffer_add(out, "  tcp-needed: " TCP_NEEDED "\n");
	if (resolver->forged)
		buffer_add(
			out,
			"  suspicion forged: ICMP unreachables that match no query of this host\n");
}

static void write_failed(struct buffer *out, const struct resolver_counters *counters)
{
	char share[CELL_SIZE];

	write_label(out, "failed", cell_format_ratio(counters_failure_ratio(counters), share));
	buffer_add(out, "  %llu of %llu settled\n", (unsigned long long)counters_failed(counters),
		   (unsigned long long)counters_settled(counters));
}

/* Writes a line with what was sent, and what became of it: opened, retransmitted, untracked. */
static void write_sent(struct buffer *out, const struct resolver_counters *counters,
		       const char *name, const char *opened, const enum counter which[4])
{
	write_count(out, name, counters->n[which[0]]);
	buffer_add(out, "  %s %llu", opened, (unsigned long long)counters->n[which[1]]);
	if (counters->n[which[2]])
		buffer_add(out, ", retransmissions %llu",
			   (unsigned long long)counters->n[which[2]]);
	if (counters->n[which[3]])
		buffer_add(out, ", untracked %llu", (unsigned long long)counters->n[which[3]]);
	buffer_add(out, "\n");
}

static void write_rtt(struct buffer *out, __u64 samples, const __u64 buckets[RTT_BUCKETS],
		      const char *name)
{
	char p50[CELL_SIZE], p95[CELL_SIZE];

	if (!samples)
		return;
	write_label(out, name, cell_format_seconds(rtt_percentile_s(buckets, 0.50), p50));
	buffer_add(out, "  p95 %s\n", cell_format_seconds(rtt_percentile_s(buckets, 0.95), p95));
}

/* Writes what ICMP says about messages: of rows without connects, where it says it about SYNs. */
static void write_messages(struct buffer *out, const struct resolver_counters *counters,
			   int is_connects)
{
	static const enum counter sent[4] = {COUNTER_QUERIES, COUNTER_TRANSACTIONS,
					     COUNTER_RETRANSMISSIONS, COUNTER_UNTRACKED};

	write_sent(out, counters, "queries", "transactions", sent);
	write_total(out, "answered", counters, COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_OTHER, 1);
	if (!is_connects)
		write_total(out, "unreachable", counters, COUNTER_UNREACHABLE_PORT,
			    COUNTER_UNREACHABLE_OTHER, 1);
	else
		write_total(out, "closed", counters, COUNTER_CLOSED_FIN, COUNTER_CLOSED_RST, 0);
	write_total(out, "timed out", counters, COUNTER_TIMED_OUT, COUNTER_TIMED_OUT, 1);
	write_total(out, "unfollowed", counters, COUNTER_UNFOLLOWED, COUNTER_UNFOLLOWED, 0);
}

/* Writes the sessions of DNS over TLS. */
static void write_sessions(struct buffer *out, const struct resolver_counters *counters)
{
	write_total(out, "sessions", counters, COUNTER_TRANSACTIONS, COUNTER_TRANSACTIONS, 1);
	write_count(out, "answered",
		    counters_sum(counters, COUNTER_ANSWERED_NOERROR, COUNTER_ANSWERED_OTHER));
	if (counters->n[COUNTER_SESSION_REFUSED])
		buffer_add(out, "  by no TLS handshake %llu",
			   (unsigned long long)counters->n[COUNTER_SESSION_REFUSED]);
	buffer_add(out, "\n");
	write_total(out, "closed", counters, COUNTER_CLOSED_FIN, COUNTER_CLOSED_RST, 0);
	write_total(out, "timed out", counters, COUNTER_TIMED_OUT, COUNTER_TIMED_OUT, 1);
}

static void write_late_messages(struct buffer *out, const struct resolver_counters *counters,
				int is_connects)
{
	write_total(out, "late", counters, COUNTER_LATE_RESPONSES,
		    is_connects ? COUNTER_LATE_RESPONSES : COUNTER_LATE_UNREACHABLES, 0);
	write_total(out, "unmatched", counters, COUNTER_UNMATCHED_RESPONSES,
		    is_connects ? COUNTER_UNMATCHED_RESPONSES : COUNTER_UNMATCHED_UNREACHABLES, 0);
	write_total(out, "further", counters, COUNTER_FURTHER, COUNTER_FURTHER, 0);
}

static void write_connects(struct buffer *out, const struct resolver_counters *counters)
{
	static const enum counter sent[4] = {COUNTER_CONNECT_ATTEMPTS, COUNTER_CONNECT_OPENED,
					     COUNTER_CONNECT_RETRANSMISSIONS,
					     COUNTER_CONNECT_UNTRACKED};

	write_sent(out, counters, "SYNs", "connects", sent);
	write_total(out, "established", counters, COUNTER_CONNECT_ESTABLISHED,
		    COUNTER_CONNECT_ESTABLISHED, 1);
	write_total(out, "refused", counters, COUNTER_CONNECT_REFUSED, COUNTER_CONNECT_REFUSED, 1);
	write_total(out, "unreachable", counters, COUNTER_CONNECT_UNREACHABLE_PORT,
		    COUNTER_CONNECT_UNREACHABLE_OTHER, 1);
	write_total(out, "timed out", counters, COUNTER_CONNECT_TIMED_OUT,
		    COUNTER_CONNECT_TIMED_OUT, 1);
}

static void write_late_connects(struct buffer *out, const struct resolver_counters *counters)
{
	write_total(out, "late", counters, COUNTER_CONNECT_LATE, COUNTER_CONNECT_LATE, 0);
	write_total(out, "late ICMP", counters, COUNTER_LATE_UNREACHABLES,
		    COUNTER_LATE_UNREACHABLES, 0);
	write_total(out, "unmatched", counters, COUNTER_CONNECT_UNMATCHED,
		    COUNTER_CONNECT_UNMATCHED, 0);
	write_total(out, "unmatched ICMP", counters, COUNTER_UNMATCHED_UNREACHABLES,
		    COUNTER_UNMATCHED_UNREACHABLES, 0);
}

static void write_in_flight(struct buffer *out, __u64 open, const char *name)
{
	if (open)
		buffer_add(out, "  %-13s %8llu\n", name, (unsigned long long)open);
}

static void write_resolver(struct buffer *out, const struct resolver_status *resolver)
{
	const struct resolver_snapshot *now = resolver->now;
	const struct resolver_counters *counters = &now->counters;
	int is_connects = resolver_is_connects(&now->key);

	write_title(out, resolver);
	write_failed(out, counters);
	if (is_connects) {
		write_connects(out, counters);
		write_in_flight(out, now->in_flight, "connecting");
		write_late_connects(out, counters);
	}
	if (now->key.transport == TRANSPORT_DOT && counters->n[COUNTER_TRANSACTIONS])
		write_sessions(out, counters);
	if (!is_connects || counters->n[COUNTER_QUERIES] || counters->n[COUNTER_RESPONSES])
		write_messages(out, counters, is_connects);
	write_total(out, "unsent", counters, COUNTER_UNSENT_HOST, COUNTER_UNSENT_OTHER, 0);
	write_in_flight(out, is_connects ? now->messages_in_flight : now->in_flight, "in flight");
	write_late_messages(out, counters, is_connects);
	write_total(out, "ICMP messages", counters, COUNTER_ICMP_PORT, COUNTER_ICMP_OTHER, 0);
	write_rtt(out, counters->n[COUNTER_CONNECT_RTT_COUNT], counters->connect_rtt,
		  "connect p50");
	write_rtt(out, counters->n[COUNTER_RTT_COUNT], counters->rtt, "RTT p50");
}

/* Writes one line with the configured resolvers that were never queried. */
static void write_never_asked(struct buffer *out, const struct resolver_status **sorted,
			      size_t count)
{
	const char *separator = "\nNever queried: ";
	char name[RESOLVER_TEXT_SIZE];
	size_t i;

	for (i = 0; i < count; i++) {
		if (resolver_was_queried(sorted[i]))
			continue;
		buffer_add(out, "%s%s", separator, resolver_text(&sorted[i]->now->key, name));
		separator = ", ";
	}
	if (*separator == ',')
		buffer_add(out, "\n");
}

/* Writes one line with the non-zero counters about dnsreach itself. */
static void write_self(struct buffer *out, const struct self_counters *self)
{
	const char *separator = "\ndnsreach itself: ";
	unsigned int i;

	if (!self_sum(self, 0, SELF_MAX - 1))
		return;
	for (i = 0; i < SELF_MAX; i++) {
		const struct counter_row *row = &self_rows[i];

		if (!self->n[i])
			continue;
		buffer_add(out, "%s%s%s%s %llu", separator, row->group ? row->group : "",
			   row->group ? " " : "", row->name, (unsigned long long)self->n[i]);
		separator = ", ";
	}
	buffer_add(out, "\n");
}

/* Writes the time. The packets of a log without dates have those of 1970-01-01. */
static void write_time(struct buffer *out, __u64 wall_ns, const struct replay_info *info)
{
	char time[CLOCK_TEXT_SIZE];
	__u64 day = wall_ns / NS_PER_S / DAY_S;

	clock_rfc3339(wall_ns, time);
	if (!info || (info->date_known && info->zone_known)) {
		buffer_add(out, "Totals at %s\n", time);
		return;
	}
	if (info->date_known) {
		buffer_add(out,
			   "Totals at %.*s; the time zone is unknown (set it with --utc-offset)\n",
			   (int)strcspn(time, "Z"), time);
		return;
	}
	buffer_add(out, "Totals at %.15s", time + strlen("1970-01-01T"));
	if (day)
		buffer_add(out, " on day %llu of the log", (unsigned long long)day + 1);
	buffer_add(out, "; the date is unknown (set it with --date)\n");
}

int summary_write(struct buffer *out, const struct status *status, const struct replay_info *info)
{
	size_t count, asked = 0, i;
	const struct resolver_status **sorted = status_sort_worst_first(status, &count);

	if (!sorted)
		return -ENOMEM;
	write_time(out, status->snapshot->wall_ns, info);
	for (i = 0; i < count; i++) {
		asked += resolver_was_queried(sorted[i]);
		if (resolver_was_queried(sorted[i]))
			write_resolver(out, sorted[i]);
	}
	if (!asked)
		buffer_add(out, "\nNo DNS query was seen.\n");
	write_never_asked(out, sorted, count);
	write_self(out, &status->snapshot->self);
	if (status->snapshot->samples_dropped)
		buffer_add(
			out,
			"\nFailure samples missing from incidents: %llu (no counter is affected)\n",
			(unsigned long long)status->snapshot->samples_dropped);
	free(sorted);
	return buffer_error(out);
}

int summary_print(int fd, const struct status *status, const struct replay_info *info)
{
	struct buffer out = {0};
	int err;

	err = summary_write(&out, status, info);
	if (!err)
		err = buffer_write(&out, fd);
	buffer_free(&out);
	return err;
}
