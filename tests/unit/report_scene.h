/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inputs of reports, reports as text, and incidents of each cause. After cmocka.h. */
#ifndef REPORT_SCENE_H
#define REPORT_SCENE_H

#include "incident_scene.h"
#include "says.h"

#include "report/report.h"

static const struct report_source a_text = {.kind = REPORT_OF_TEXT,
					    .file = "tcpdump.txt",
					    .engine = "native",
					    .packets = 6,
					    .inferred_quotes = 3,
					    .timeout_ns = TIMEOUT_DEFAULT_NS};

static const struct report_source a_capture = {.kind = REPORT_OF_CAPTURE,
					       .file = "a.pcap",
					       .engine = "native",
					       .packets = 6,
					       .date_known = 1,
					       .zone_known = 1,
					       .timeout_ns = TIMEOUT_DEFAULT_NS};

static inline char *report_in(const struct report_style *style,
			      const struct incident *const *incidents, size_t count,
			      const struct report_source *source)
{
	struct buffer out = {0};

	assert_int_equal(report_add(&out, style, incidents, count, source), 0);
	assert_non_null(out.text);
	assert_int_equal(strlen(out.text), out.used);
	return out.text;
}

/* The text may be folded anywhere between these words, which have one blank between them. */
static inline void assert_words(const char *text, const char *words)
{
	char *flat = strdup(text), *to = flat;
	const char *from;

	for (from = text; *from; from++)
		if (!strchr(" \n", *from))
			*to++ = *from;
		else if (to > flat && to[-1] != ' ')
			*to++ = ' ';
	*to = '\0';
	assert_says(flat, words);
	free(flat);
}

/* The full report: all that is known. */
static inline char *report_of(enum report_format format, const struct incident *const *incidents,
			      size_t count, const struct report_source *source)
{
	struct report_style style = {.format = format, .full = 1};

	return report_in(&style, incidents, count, source);
}

static inline char *report_of_one(enum report_format format, const struct incident *incident,
				  const struct report_source *source)
{
	return report_of(format, &incident, 1, source);
}

static inline struct incident of_cause(enum cause cause)
{
	struct incident incident = {.id = 1, .state = STATE_DOWN, .cause = cause};

	incident.resolver = scene_key("[2001:db8::53]:5353");
	incident.start_ns = 1769817600 * NS_PER_S;
	incident.end_ns = incident.start_ns + 100 * NS_PER_S;
	incident.noticed_ns = incident.start_ns + 10 * NS_PER_S;
	incident.counters.n[COUNTER_QUERIES] = 10;
	incident.counters.n[COUNTER_TRANSACTIONS] = 10;
	incident.counters.n[COUNTER_TIMED_OUT] = 10;
	incident.slot_start_ns = incident.start_ns;
	incident.slot_ns = 2 * NS_PER_S;
	incident.slot_count = 4;
	incident.slots[2].timed_out = 10;
	return incident;
}

#endif
