/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The replay driver: a recording, played through an engine from its first packet to its last and
 * judged second by second of its own time. `replay` shows the result, `report` writes about it.
 */
#ifndef MONITOR_REPLAY_H
#define MONITOR_REPLAY_H

#include "capture/source.h"
#include "monitor/settings.h"
#include "health/excerpt.h"
#include "health/status.h"

struct replay_settings {
	struct settings counting;
	struct option_list local;
	const char *engine;	/* "native" (NULL) or "kernel" */
	const char *date;	/* of a text without dates: YYYY-MM-DD */
	const char *utc_offset; /* of a text without time zone: [+-]HH:MM; NULL: not known */
	struct input *opened;	/* FILE, opened already, owned by the replay; or NULL */
};

#define REPLAY_ROWS(type, at)                                                                      \
	OPTION_TEXT_ROW("engine", 0, "ENGINE",                                                     \
			"native: in this process, without privileges; kernel: the BPF programs "   \
			"by test run, as root (default native)",                                   \
			type, at.engine, NULL),                                                    \
		OPTION_LIST_ROW("local", 'l', "PREFIX",                                            \
				"count only clients in PREFIX, for a capture from a router or "    \
				"resolver (default: all clients)",                                 \
				type, at.local, 0, NULL),                                          \
		OPTION_TEXT_ROW("date", 0, "DATE",                                                 \
				"day of a text without dates, as YYYY-MM-DD (default 1970-01-01)", \
				type, at.date, NULL),                                              \
		OPTION_TEXT_ROW("utc-offset", 0, "OFFSET",                                         \
				"UTC offset of the times of a text, as +01:00 or -0500 "           \
				"(default: time zone not known)",                                  \
				type, at.utc_offset, NULL),                                        \
		COUNTING_ROWS(type, at.counting)

struct replay;

/*
 * Plays FILE ("-": standard input). With the native engine every privilege is dropped before it is
 * opened. `f` (or NULL) is called for incidents as they happen. Returns 0 and *ret, to be freed
 * with replay_close(); or -errno after a message, -EINVAL for wrong options.
 */
int replay_open(const char *file, const struct replay_settings *options, incident_fn *f,
		void *context, struct replay **ret);

const struct status *replay_status(const struct replay *r);
const struct source_stats *replay_stats(const struct replay *r);
const struct incidents *replay_incidents(const struct replay *r);

/* Returns the first transactions of each resolver, sorted by resolver. */
const struct excerpt *const *replay_excerpts(const struct replay *r, size_t *ret_count);

/* Returns the first ICMP messages that match no query. */
const struct incident_message *replay_unmatched(const struct replay *r, size_t *ret_count);

const char *replay_engine_name(const struct replay *r); /* "native", "kernel" */
__u64 replay_odd_times(const struct replay *r);		/* packets whose clock was wrong */

void replay_close(struct replay *r); /* NULL is fine */

#endif
