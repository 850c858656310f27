/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Times, numbers and lists as words of a report. */
#ifndef REPORT_PHRASE_H
#define REPORT_PHRASE_H

#include "report/report_source.h"
#include "util/buffer.h"
#include "util/clock.h"
#include "util/dns.h"

#define PHRASE_SIZE 80

/*
 * Writes "2026-01-31 13:24:32.192571 UTC"; without date or zone where they are not known, and as
 * "+00:00:05.192571" where times are offsets.
 */
const char *phrase_moment(const struct report_source *source, __u64 wall_ns, char out[PHRASE_SIZE]);

/* Writes "from 2026-01-31 13:24:32 to 13:28:50 UTC"; as above. */
const char *phrase_span(const struct report_source *source, const struct incident *incident,
			char out[2 * PHRASE_SIZE]);

/* Writes "13:24:32"; "+00:00:05" where times are offsets. */
const char *phrase_clock(const struct report_source *source, __u64 wall_ns, char out[PHRASE_SIZE]);

/* Writes "27 us", "43.7 s", "4 min 18 s", "2 h 5 min", "3 d 4 h". */
const char *phrase_duration(__u64 ns, char out[PHRASE_SIZE]);

/* Writes "1 message", "3 messages". */
const char *phrase_count(__u64 number, const char *one, const char *many, char out[PHRASE_SIZE]);

/* Adds "3 timed out", behind a comma when something stands there; nothing for 0. */
void phrase_add_part(struct buffer *out, __u64 number, const char *what);

/* Adds the counters from `first` to `last` that are not zero: "NOERROR 3, SERVFAIL 1". */
void phrase_add_counters(struct buffer *out, const struct resolver_counters *counters,
			 enum counter first, enum counter last);

/*
 * Adds the reasons of unreachables that are not zero: "port unreachable: 3, prohibited: 1".
 * `first`: the counter of the reason `from`, and of those behind it.
 */
void phrase_add_reasons(struct buffer *out, const struct resolver_counters *counters,
			enum counter first, enum reason from);

/* Adds "3 late answers", "1 late answer", behind a comma when something stands there; nothing for
 * 0. */
void phrase_add_count(struct buffer *out, __u64 number, const char *one, const char *many);

/* Adds the RCODEs of answers with an error: "SERVFAIL 7, REFUSED 1". */
void phrase_add_errors(struct buffer *out, const struct resolver_counters *counters);

/* Adds "203.0.113.2", "192.51.100.15, 192.51.100.16 and others", each as code. */
void phrase_add_addresses(struct buffer *out, const struct ip_address *addresses, __u32 count,
			  int more);

/* Adds "203.0.113.2", with the port where it is not 53, as code. */
void phrase_add_resolver(struct buffer *out, const struct resolver_key *key);

/* Adds "www.example.com A" as code; nothing without a name. */
void phrase_add_question(struct buffer *out, const char *name, __u16 type);

/* Returns a name that a shell takes as one plain word, and its type; "" and "A": there is none. */
const char *phrase_shell_safe_name(const struct incident *incident, char type[DNS_TYPE_SIZE]);

#endif
