/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Times, numbers and lists in a report's words. What is said with them is for others. */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include "util/buffer.h"
#include "util/clock.h"
#include "report/report.h"

#define WORDS_SIZE 80

/* "2026-01-31 13:24:32.192571 UTC"; without the date, and the zone, where it is not known. */
const char *words_moment(const struct report_origin *origin, __u64 wall_ns, char out[WORDS_SIZE]);

/* "from 2026-01-31 13:24:32 to 13:28:50 UTC" */
const char *words_span(const struct report_origin *origin, const struct incident *incident,
		       char out[2 * WORDS_SIZE]);

/* "13:24:32" */
const char *words_clock(__u64 wall_ns, char out[WORDS_SIZE]);

/* "27 us", "43.7 s", "4 min 18 s", "2 h 5 min", "3 d 4 h" */
const char *words_duration(__u64 ns, char out[WORDS_SIZE]);

/* "1 message", "3 messages" */
const char *words_number(__u64 number, const char *one, const char *many, char out[WORDS_SIZE]);

/* The counters of one kind that are not zero: "NOERROR 3, SERVFAIL 1". */
void add_parts(struct buffer *out, const struct resolver_counters *counters, enum counter first,
	       enum counter last);

/* "203.0.113.2", "192.51.100.15, 192.51.100.16 and others" between CODE and END. */
void add_addresses(struct buffer *out, const struct ip_address *addresses, __u32 count, int more);

/* "203.0.113.2 (UDP port 53)" */
void add_resolver(struct buffer *out, const struct incident *incident);

/* A name that a shell and a resolver may be given as it is; "" when there is none. */
const char *plain_name(const struct incident *incident, const char **type);

#endif
