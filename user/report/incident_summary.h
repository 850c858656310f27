/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The summary of an incident: at most 120 words that can be read aloud to a manager. */
#ifndef REPORT_INCIDENT_SUMMARY_H
#define REPORT_INCIDENT_SUMMARY_H

#include "report/report_source.h"

enum confidence { CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH };

/* Why some are answered and some time out: RTT in the incident against that of the healthy time. */
enum rtt_sign { RTT_SIGN_NONE, RTT_SIGN_OVERLOAD, RTT_SIGN_LOSS };

enum rtt_sign incident_rtt_sign(const struct incident *incident);

/* Returns how sure the likely cause is; *why: a clause that follows "because ". */
enum confidence incident_confidence(const struct incident *incident,
				    const struct report_source *source, const char **why);
const char *confidence_name(enum confidence confidence); /* "low", "medium", "high" */

/* Returns what follows "The likely cause is X: ", with the sign of the RTT. */
const char *incident_brief(const struct incident *incident, const struct report_source *source);

/*
 * Returns 1 when nothing came back over this transport while another one was healthy: the joined
 * verdict says that a firewall drops.
 */
int incident_is_blocked(const struct incident *incident);

/* Returns the one thing to do next, as a sentence. */
const char *incident_next_step(const struct incident *incident);

/* Adds whether it could be an attack, with what speaks for it: a sentence or two. */
void incident_add_attack(struct buffer *out, const struct incident *incident);

/* Adds "3 of 3": the failed transactions, else the errors, of the settled ones. */
void incident_add_outcome(struct buffer *out, const struct incident *incident);

void incident_add_summary(struct buffer *out, const struct incident *incident,
			  const struct report_source *source);

/*
 * Returns 1 when the incident was recorded of text: then the queries that its messages quote may
 * have been inferred. Lines of JSON do not say so themselves.
 */
int incident_is_recorded_of_text(const struct incident *incident,
				 const struct report_source *source);

/* Counts the packets that could not be parsed: responses and ICMP messages may be among them. */
__u64 report_count_unread(const struct report_source *source);

/* Returns 1 for the causes that ICMP messages show. */
int cause_is_of_icmp(enum cause cause);

#endif
