/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A recording, played through an engine from its first packet to its last and judged second by
 * second of its own time: what `replay` shows and `report` writes about.
 */
#ifndef MONITOR_REPLAY_H
#define MONITOR_REPLAY_H

#include "capture/source.h"
#include "monitor/settings.h"
#include "health/incident.h"
#include "health/status.h"

struct recording_options {
	struct settings counting;
	struct option_list local;
	const char *engine;   /* "native" (NULL) or "kernel" */
	const char *date;     /* of a text without dates: YYYY-MM-DD */
	struct input *opened; /* FILE, looked into already: taken over; or NULL */
};

#define RECORDING_ROWS(type, at)                                                                   \
	{"engine",                                                                                 \
	 0,                                                                                        \
	 OPTION_TEXT,                                                                              \
	 "ENGINE",                                                                                 \
	 "native (default; needs no privilege) or kernel: the BPF object by test run",             \
	 offsetof(type, at.engine),                                                                \
	 0,                                                                                        \
	 0,                                                                                        \
	 NULL},                                                                                    \
		{"local",                                                                          \
		 'l',                                                                              \
		 OPTION_LIST,                                                                      \
		 "PREFIX",                                                                         \
		 "only clients in this prefix, where the capture was taken on a router or "        \
		 "resolver",                                                                       \
		 offsetof(type, at.local),                                                         \
		 0,                                                                                \
		 0,                                                                                \
		 NULL},                                                                            \
		{"date",                                                                           \
		 0,                                                                                \
		 OPTION_TEXT,                                                                      \
		 "DATE",                                                                           \
		 "of a text that has none, YYYY-MM-DD",                                            \
		 offsetof(type, at.date),                                                          \
		 0,                                                                                \
		 0,                                                                                \
		 NULL},                                                                            \
		COUNTING_ROWS(type, at.counting)

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
