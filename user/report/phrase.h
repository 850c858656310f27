/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Times, numbers and lists as words of a report. */
#ifndef REPORT_PHRASE_H
#define REPORT_PHRASE_H

#include "util/buffer.h"
#include "util/clock.h"
#include "report/report.h"

#define PHRASE_SIZE 80

/* "2026-01-31 13:24:32.192571 UTC"; without the date, and the zone, where it is not known. */
const char *phrase_moment(const struct report_source *source, __u64 wall_ns, char out[PHRASE_SIZE]);

/* "from 2026-01-31 13:24:32 to 13:28:50 UTC" */
const char *phrase_span(const struct report_source *source, const struct incident *incident,
			char out[2 * PHRASE_SIZE]);

/* "13:24:32" */
const char *phrase_clock(__u64 wall_ns, char out[PHRASE_SIZE]);

/* "27 us", "43.7 s", "4 min 18 s", "2 h 5 min", "3 d 4 h" */
const char *phrase_duration(__u64 ns, char out[PHRASE_SIZE]);

/* "1 message", "3 messages" */
const char *phrase_count(__u64 number, const char *one, const char *many, char out[PHRASE_SIZE]);

/* Adds the counters from `first` to `last` that are not zero: "NOERROR 3, SERVFAIL 1". */
void phrase_add_counters(struct buffer *out, const struct resolver_counters *counters,
			 enum counter first, enum counter last);

/* "203.0.113.2", "192.51.100.15, 192.51.100.16 and others" between CODE and END. */
void phrase_add_addresses(struct buffer *out, const struct ip_address *addresses, __u32 count,
			  int more);

/* Adds "203.0.113.2 (UDP port 53)". */
void phrase_add_resolver(struct buffer *out, const struct incident *incident);

/* Returns a name that a shell takes as one plain word, and its type; "" and "A": there is none. */
const char *phrase_shell_safe_name(const struct incident *incident, const char **type);

#endif
