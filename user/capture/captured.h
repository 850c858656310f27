/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One packet of a recording, and the account of all that was read and could not be read. */
#ifndef CAPTURE_CAPTURED_H
#define CAPTURE_CAPTURED_H

#include <linux/types.h>
#include <stddef.h>

struct captured {
	const unsigned char *bytes; /* from its first header on; valid until the next one is read */
	__u32 length;		    /* bytes that are here */
	__u32 wire_length;	    /* bytes that there were */
	__u16 protocol; /* EtherType, network order; 0: neither IPv4 nor IPv6 nor VLAN */
	__u32 network;	/* offset of the network header (of the outer tag: 14) */
	__u32 ethernet; /* 1: bytes start with an Ethernet header */
	__u32 ifindex;	/* never 0; 1: `lo`. The same for all where none is recorded */
	__u64 time_ns;	/* since 1970-01-01 UTC */
};

#define DIAGNOSTICS_KEPT 5
#define REASONS_KEPT 16

/* How much a line that cannot be read says: those that say most are kept. */
enum diagnostic_weight {
	WEIGHT_LOW,    /* prose */
	WEIGHT_MIDDLE, /* it has a time, two sides or a word of DNS or ICMP; a packet */
	WEIGHT_LOST,   /* it is about DNS or ICMP, and is lost */
};

struct source_stats {
	__u64 packets;	       /* handed out */
	__u64 cut;	       /* of them, shorter than they were on the wire */
	__u64 unreadable;      /* lines or records that could not be read */
	__u64 dns_lost;	       /* of them, lines about DNS or ICMP */
	__u64 quoted_again;    /* text: lines that are equal to an earlier one, and not counted */
	__u64 unquoted_icmp;   /* text: ICMP messages handed out that show no quote */
	__u64 inferred_quotes; /* of them, matched with a query by its client and resolver */
	int damaged;	       /* the file is damaged: what comes behind that is not known */
	int date_known;
	int zone_known; /* times are UTC; else of a time zone that the text does not name */
	int is_text;
	int times_are_offsets;	/* text: of tcpdump -ttt or -ttttt; */
	int differences_summed; /* of the first, that is */
	int times_uncertain;	/* text: read as times of a clock, but they may be those of -ttt */
	int reordered;		/* text: the lines were put in the order of their times */
	int newest_first;	/* text: before that, the newest line stood first */
	struct source_diagnostic {
		__u64 line; /* of the text; of a capture, the packet's number */
		enum diagnostic_weight weight;
		char what[120];
	} diagnostics[DIAGNOSTICS_KEPT]; /* those of `unreadable` that say most, by line */
	size_t diagnostic_count;
	struct {
		const char *what;
		__u64 count;
	} reasons[REASONS_KEPT]; /* text: `unreadable` by reason */
	size_t reason_count;
};

#endif
