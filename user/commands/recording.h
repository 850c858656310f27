/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A recording, played through an engine from its first packet to its last and judged second by
 * second of its own time: what `replay` shows and `report` writes about.
 */
#ifndef RECORDING_H
#define RECORDING_H

#include "base/options.h"
#include "capture/source.h"
#include "judge/incident.h"
#include "judge/report.h"
#include "judge/verdict.h"

struct recording_options {
	struct option_list ports, local;
	const char *engine; /* "native" (NULL) or "kernel" */
	const char *date;   /* of a text without dates: YYYY-MM-DD */
	double timeout_s;
	unsigned long long max_resolvers, max_in_flight;
	double failure_threshold, error_threshold;
	int no_short_quotes;
};

extern const struct recording_options recording_default;

#define RECORDING_ROWS(type, at)                                                                   \
	{"engine",                                                                                 \
	 0,                                                                                        \
	 OPTION_TEXT,                                                                              \
	 "ENGINE",                                                                                 \
	 "native (default; needs no privilege) or kernel: the BPF object by test run",             \
	 offsetof(type, at.engine),                                                                \
	 0,                                                                                        \
	 0},                                                                                       \
		{"local",                                                                          \
		 'l',                                                                              \
		 OPTION_LIST,                                                                      \
		 "PREFIX",                                                                         \
		 "only clients in this prefix, where the capture was taken on a router or "        \
		 "resolver",                                                                       \
		 offsetof(type, at.local),                                                         \
		 0,                                                                                \
		 0},                                                                               \
		{"date",                                                                           \
		 0,                                                                                \
		 OPTION_TEXT,                                                                      \
		 "DATE",                                                                           \
		 "of a text that has none, YYYY-MM-DD",                                            \
		 offsetof(type, at.date),                                                          \
		 0,                                                                                \
		 0},                                                                               \
		{"port",                                                                           \
		 'p',                                                                              \
		 OPTION_LIST,                                                                      \
		 "P[,P...]",                                                                       \
		 "DNS ports, at most 8; default: 53",                                              \
		 offsetof(type, at.ports),                                                         \
		 0,                                                                                \
		 0},                                                                               \
		{"timeout",                                                                        \
		 't',                                                                              \
		 OPTION_SECONDS,                                                                   \
		 "S",                                                                              \
		 "no outcome by then is timed out; default: 5",                                    \
		 offsetof(type, at.timeout_s),                                                     \
		 0.01,                                                                             \
		 60},                                                                              \
		{"max-resolvers",                                                                  \
		 0,                                                                                \
		 OPTION_WHOLE,                                                                     \
		 "N",                                                                              \
		 "further ones count as `other`; default: 256",                                    \
		 offsetof(type, at.max_resolvers),                                                 \
		 1,                                                                                \
		 65536},                                                                           \
		{"max-in-flight",                                                                  \
		 0,                                                                                \
		 OPTION_WHOLE,                                                                     \
		 "N",                                                                              \
		 "transactions open at a time; default: 65536",                                    \
		 offsetof(type, at.max_in_flight),                                                 \
		 1,                                                                                \
		 4194304},                                                                         \
		{"failure-threshold",                                                              \
		 0,                                                                                \
		 OPTION_PERCENT,                                                                   \
		 "PERCENT",                                                                        \
		 "degraded from this share of failures on; default: 5",                            \
		 offsetof(type, at.failure_threshold),                                             \
		 0.0001,                                                                           \
		 1},                                                                               \
		{"error-threshold",                                                                \
		 0,                                                                                \
		 OPTION_PERCENT,                                                                   \
		 "PERCENT",                                                                        \
		 "degraded from this share of error answers on; default: 50",                      \
		 offsetof(type, at.error_threshold),                                               \
		 0.0001,                                                                           \
		 1},                                                                               \
	{                                                                                          \
		"no-short-quotes", 0, OPTION_FLAG, NULL,                                           \
			"ICMP that quotes no message ID ends nothing",                             \
			offsetof(type, at.no_short_quotes), 0, 0                                   \
	}

struct recording;

/*
 * Play FILE ("-": standard input). With the native engine every privilege is dropped before it is
 * opened. `f` (or NULL) hears of incidents as they happen. Returns 0 and *ret, to be freed with
 * recording_close(); or -errno after a message, -EINVAL for options that make no sense.
 */
int recording_play(const char *file, const struct recording_options *options, incident_fn *f,
		   void *context, struct recording **ret);

const struct report *recording_report(const struct recording *r);
const struct source_stats *recording_stats(const struct recording *r);
const struct incidents *recording_incidents(const struct recording *r);
const char *recording_engine(const struct recording *r); /* "native", "kernel" */
__u64 recording_not_taken(const struct recording *r);	 /* by the kernel's test run */

void recording_close(struct recording *r); /* NULL is fine */

#endif
