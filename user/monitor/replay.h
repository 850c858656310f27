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

struct replay_settings {
	struct settings counting;
	struct option_list local;
	const char *engine;   /* "native" (NULL) or "kernel" */
	const char *date;     /* of a text without dates: YYYY-MM-DD */
	struct input *opened; /* FILE, looked into already: taken over; or NULL */
};

#define REPLAY_ROWS(type, at)                                                                      \
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

struct replay;

/*
 * Play FILE ("-": standard input). With the native engine every privilege is dropped before it is
 * opened. `f` (or NULL) hears of incidents as they happen. Returns 0 and *ret, to be freed with
 * replay_close(); or -errno after a message, -EINVAL for options that make no sense.
 */
int replay_play(const char *file, const struct replay_settings *options, incident_fn *f,
		void *context, struct replay **ret);

const struct status *replay_report(const struct replay *r);
const struct source_stats *replay_stats(const struct replay *r);
const struct incidents *replay_incidents(const struct replay *r);
const char *replay_engine(const struct replay *r); /* "native", "kernel" */
__u64 replay_not_taken(const struct replay *r);	   /* by the kernel's test run */

void replay_close(struct replay *r); /* NULL is fine */

#endif
