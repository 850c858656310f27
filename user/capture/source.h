/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets from a recording: a pcap or pcapng file (libpcap), or tcpdump's text. Says what a packet
 * is made of (where its network header stands), not what it means.
 */
#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H

#include "capture/captured.h"

struct input;

struct source_options {
	struct input *opened; /* looked into already: taken over, and closed with the source */
	__u64 date_ns;	      /* text without dates: midnight of its first day; 0: not given */
	const __u16 *ports;   /* text: DNS ports, host order, for names such as `domain` */
	size_t port_count;
	__u64 timeout_ns; /* text: an older query has timed out; 0: 5 s */
};

struct source;

/*
 * Open FILE, or standard input for "-", unless it is `opened`; pcap, pcapng or text is found out by
 * its first bytes. Returns 0 and *ret, to be freed with source_close(); or -errno after one message
 * on stderr.
 */
int source_open(const char *path, const struct source_options *options, struct source **ret);

/*
 * Read the next packet. Returns 1; 0 at the end, or where the file is damaged (after a message, and
 * `damaged` is set); or -errno after a message when no packet of the file can be read.
 */
int source_next(struct source *s, struct captured *ret);

const struct source_stats *source_stats(const struct source *s);

/* Bytes read so far, and in all (0: not known, as of a pipe). For a progress bar. */
void source_progress(const struct source *s, __u64 *done, __u64 *all);

void source_close(struct source *s); /* NULL is fine */

#endif
