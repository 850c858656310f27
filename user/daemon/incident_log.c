/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See incident_log.h. */
#include "daemon/incident_log.h"

#include "health/counters.h"
#include "report/incident_summary.h"
#include "report/phrase.h"
#include "report/transport_words.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/log.h"

#include <string.h>

static const struct report_source utc = {.kind = REPORT_OF_TRAFFIC,
					 .date_known = 1,
					 .zone_known = 1};

static void add_cause(struct buffer *out, const struct incident *incident)
{
	const char *cause = cause_name(incident->cause);

	buffer_add(out, cause ? ", likely cause %s" : ", cause not known yet", cause);
}

/* Returns the report's words for what was answered wrongly. */
static const char *error_answer_words(const struct incident *incident)
{
	return incident_is_sessions(incident) ? " answered, but not by a TLS handshake"
					      : " with an error answer";
}

/* Adds "; 3 of 3 failed since ...". */
static void add_numbers(struct buffer *out, const struct incident *incident)
{
	char since[PHRASE_SIZE];

	buffer_add(out, "; ");
	incident_add_outcome(out, incident);
	buffer_add(out, "%s",
		   counters_failed(&incident->counters) ? " failed" : error_answer_words(incident));
	buffer_add(out, " since %s", phrase_moment(&utc, incident->start_ns, since));
}

static void add_last_message(struct buffer *out, const struct incident *incident)
{
	char address[ADDRESS_TEXT_SIZE], when[PHRASE_SIZE];
	const struct incident_message *last;

	if (!incident->message_count)
		return;
	last = &incident->messages[incident->message_count - 1];
	buffer_add(out, "; last ICMP message from %s at %s",
		   address_text(&last->sample.reporter, 0, address),
		   phrase_moment(&utc, last->wall_ns, when));
}

void incident_sentence(struct buffer *out, const struct incident *incident,
		       enum incident_event event)
{
	char resolver[RESOLVER_TEXT_SIZE], duration[PHRASE_SIZE];

	buffer_add_bytes(out, "", 0);
	if (event == INCIDENT_UPDATED)
		return;
	buffer_add(out, "%s", resolver_text(&incident->resolver, resolver));
	if (event == INCIDENT_CLOSED)
		buffer_add(out, " is healthy again after %s: it was %s",
			   phrase_duration(incident->closed_ns - incident->start_ns, duration),
			   state_name(incident->state));
	else
		buffer_add(out, event == INCIDENT_OPENED ? " is %s" : " is still failing: %s",
			   state_name(incident->state));
	add_cause(out, incident);
	add_numbers(out, incident);
	if (event != INCIDENT_CLOSED)
		add_last_message(out, incident);
}

void incident_log(const struct incident *incident, enum incident_event event)
{
	struct buffer sentence = {0};

	incident_sentence(&sentence, incident, event);
	if (!buffer_error(&sentence) && sentence.used) {
		if (event == INCIDENT_CLOSED)
			log_info("%s", sentence.text);
		else
			log_warn("%s", sentence.text);
	}
	buffer_free(&sentence);
}
