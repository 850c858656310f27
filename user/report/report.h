/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The incident report: what a person can send on. When, what, who, how much, the likely cause with
 * what speaks for and against it, what to run next, and how far the numbers can be trusted. Where
 * incidents come from, and where the report goes, is for others.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "util/buffer.h"
#include "health/incident.h"

enum report_format { REPORT_TEXT, REPORT_MARKDOWN, REPORT_HTML, REPORT_JSON, REPORT_FORMAT_MAX };

/* Where the incidents come from. */
enum origin_kind {
	ORIGIN_LIVE,	 /* counted on this host */
	ORIGIN_CAPTURE,	 /* pcap, pcapng */
	ORIGIN_TEXT,	 /* what tcpdump printed */
	ORIGIN_INCIDENTS /* lines of JSON; counted elsewhere, at another time */
};

struct origin_diagnostic {
	__u64 line; /* of a capture: the packet's number */
	const char *what;
};

/* What is not known stays zero. The words may be anything: they are escaped. */
struct report_origin {
	enum origin_kind kind;
	const char *source; /* the file; NULL: this host */
	const char *engine; /* "native", "kernel"; NULL: not known */
	__u64 packets;
	__u64 cut; /* of the packets, by the snap length */
	int date_known;
	__u64 inferred_quotes;
	__u64 unreadable; /* lines or packets */
	const struct origin_diagnostic *diagnostics;
	size_t diagnostic_count;
	__u64 timeout_ns;
	const struct status *totals; /* at the end; NULL: not known */
};

/* "text", "markdown", "html", "json". 0 or -EINVAL */
int report_format_parse(const char *text, enum report_format *format);

/* Adds the whole report; without any incident it says so. 0 or -ENOMEM */
int incident_report_add(struct buffer *out, enum report_format format,
			const struct incident *const *incidents, size_t count,
			const struct report_origin *origin);

#endif
