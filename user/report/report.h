/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The incident report, for a person to send on: when, what, who, how much, the likely cause with
 * what speaks for and against it, what to run next, and the limits of the numbers.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "util/buffer.h"
#include "health/incident.h"

enum report_format { REPORT_TEXT, REPORT_MARKDOWN, REPORT_HTML, REPORT_JSON, REPORT_FORMAT_MAX };

/* The kind of input that the incidents come from. */
enum report_source_kind {
	REPORT_OF_TRAFFIC,  /* counted on this host */
	REPORT_OF_CAPTURE,  /* pcap, pcapng */
	REPORT_OF_TEXT,	    /* what tcpdump printed */
	REPORT_OF_INCIDENTS /* lines of JSON; counted elsewhere, at another time */
};

struct report_diagnostic {
	__u64 line; /* of a capture: the packet's number */
	const char *what;
};

/* Facts about the input; those not known stay zero. The strings may hold any bytes. */
struct report_source {
	enum report_source_kind kind;
	const char *file;   /* as it was named; NULL: this host */
	const char *engine; /* "native", "kernel"; NULL: not known */
	__u64 packets;
	__u64 cut; /* of the packets, by the snap length */
	int date_known;
	__u64 inferred_quotes;
	__u64 unreadable; /* lines or packets */
	__u64 dns_lost;	  /* of the lines, those about DNS or ICMP */
	const struct report_diagnostic *diagnostics;
	size_t diagnostic_count;
	__u64 timeout_ns;
	const struct status *totals; /* at the end; NULL: not known */
};

/* Parses "text", "markdown", "html" or "json". Returns 0 or -EINVAL. */
int report_format_parse(const char *text, enum report_format *format);

/* Adds the whole report of `count` incidents, 0 too. Returns 0 or -ENOMEM. */
int report_add(struct buffer *out, enum report_format format,
	       const struct incident *const *incidents, size_t count,
	       const struct report_source *source);

#endif
