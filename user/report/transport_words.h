/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words for what failed: queries, or connects over TCP and over TLS. */
#ifndef REPORT_TRANSPORT_WORDS_H
#define REPORT_TRANSPORT_WORDS_H

#include "health/incident.h"

/* Returns whether the incident is about connects. */
int incident_is_connects(const struct incident *incident);

/* Returns 1 when most of what failed were sessions of DNS over TLS. */
int incident_is_sessions(const struct incident *incident);

/* Returns "query" or "connect". */
const char *incident_noun(const struct incident *incident);

/* Returns "DNS transactions" or "connects"; for one, the singular. */
const char *incident_settled_noun(const struct incident *incident, __u64 number);

/* Returns "DNS over UDP", "DNS over TCP" or "DNS over TLS: its connects". */
const char *transport_meaning(__u8 transport);

#endif
