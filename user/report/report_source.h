/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The input that a report is about, and how the report is written. */
#ifndef REPORT_REPORT_SOURCE_H
#define REPORT_REPORT_SOURCE_H

#include "health/excerpt.h"
#include "health/incident.h"
#include "util/buffer.h"

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
	__u64 cut;	 /* of the packets, by the snap length */
	__u64 odd_times; /* of the packets, those with the time of a wrong clock */
	int damaged;	 /* it was read up to where it is damaged */
	int date_known;
	int zone_known;	     /* times are UTC; else they are as the source has them */
	int local_time;	     /* show known times in the reader's time zone */
	int offsets;	     /* times are offsets since the first packet, */
	int offsets_summed;  /* summed up of the differences of tcpdump -ttt; */
	int times_uncertain; /* they may be those of tcpdump -ttt, but are read as another kind */
	int reordered;	     /* lines were put in the order of their times; */
	int newest_first;    /* before that, the newest stood first */
	__u64 quoted_again;  /* lines that repeat an earlier one, and are not counted */
	__u64 inferred_quotes;
	__u64 unreadable; /* lines or packets */
	__u64 left_out;	  /* incidents older than those that a report can hold */
	__u64 dns_lost;	  /* of the lines, those about DNS or ICMP */
	const struct report_diagnostic *diagnostics;
	size_t diagnostic_count;
	__u64 timeout_ns;
	const struct status *totals;	       /* at the end; NULL: not known */
	const struct excerpt *const *excerpts; /* the first transactions of each resolver */
	size_t excerpt_count;
	const struct incident_message *unmatched; /* the first messages that match no query */
	size_t unmatched_count;
};

/* How the report is written, by whom and when. Zero: the short text, and nobody. */
struct report_style {
	enum report_format format;
	int full;	     /* everything that is known, not what fits on two pages */
	const char *host;    /* where it was made; NULL: left out */
	const char *version; /* of dnsreach */
	__u64 made_ns;	     /* since 1970-01-01 */
};

#endif
