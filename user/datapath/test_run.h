/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs packets through the loaded programs by BPF_PROG_TEST_RUN, with the caller's clock, in a
 * network namespace of its own with a few devices that carry no packet.
 */
#ifndef DATAPATH_TEST_RUN_H
#define DATAPATH_TEST_RUN_H

#include "datapath/loader.h"

#define TESTRUN_LEAST_V4 34 /* bytes with the Ethernet header; shorter ones are refused */
#define TESTRUN_LEAST_V6 54
#define TESTRUN_MOST 3520 /* before Linux 7: a page less what the kernel puts around it */
#define TESTRUN_DEVICES 8

struct testrun;

/* Makes the namespace and its devices. Returns 0 and *ret, or -errno after a message. */
int testrun_open(struct loader *l, struct testrun **ret);

struct testrun_frame {
	const unsigned char *bytes; /* from the Ethernet header on */
	__u32 length, wire_length;  /* bytes that are here; that there were */
	__u16 protocol;		    /* EtherType, network order */
	__u32 ifindex; /* as recorded: 1 is `lo`, others stand for one of the devices */
};

/*
 * Runs one packet through count_queries (with `out`) or count_outcomes. A frame that the test run
 * does not accept counts the same without it: one that is too short has no whole IP header, and one
 * that is too long is cut, as by a snap length. Returns 0 or -errno.
 */
int testrun_packet(struct testrun *t, const struct testrun_frame *frame, int out, __u64 now);

/* Runs the sweep at this time. Returns 0 or -errno. */
int testrun_sweep(struct testrun *t, __u64 now);

void testrun_close(struct testrun *t); /* NULL is fine */

#endif
