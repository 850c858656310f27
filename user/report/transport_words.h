/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words for what failed: queries, or connects over TCP and over TLS. */
#ifndef REPORT_TRANSPORT_WORDS_H
#define REPORT_TRANSPORT_WORDS_H

#include "health/incident.h"

/* Returns whether the incident is about connects. */
int incident_is_connects(const struct incident *incident);

/* Returns 1 when most of what failed were sessions of DNS over TLS. */
int incident_is_sessions(const struct incident *incident);

/* Returns "query", "connect" or "session"; the second one for this number of them. */
const char *incident_noun(const struct incident *incident);
const char *incident_noun_for(const struct incident *incident, __u64 number);

/* Returns how many of these were sent: queries, SYNs, or first bytes of sessions. */
__u64 incident_sent_count(const struct incident *incident);

/* Returns "query", "SYN" or "session", for this number of them. */
const char *incident_sent_noun(const struct incident *incident, __u64 number);

/*
 * Returns how transactions failed that a slot of the timeline counts as timed out: there those
 * whose connection ended are among them.
 */
const char *incident_timed_out_words(const struct incident *incident);

/* Returns what clients send to a resolver over this transport, for sums of all of it. */
const char *transport_sent_words(__u8 transport);

/* Returns "DNS transactions", "connects" or "sessions"; for one, the singular. */
const char *incident_settled_noun(const struct incident *incident, __u64 number);

/* Returns "DNS over UDP", "DNS over TCP" or "DNS over TLS". */
const char *transport_meaning(__u8 transport);

#endif
