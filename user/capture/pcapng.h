/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Watches the bytes of a pcapng file on their way to libpcap. libpcap takes one link type and one
 * snap length a file and tells no interface (1.10), so the descriptions of interfaces are altered
 * on the way to be alike, and the real ones are handed out here for each packet.
 */
#ifndef CAPTURE_PCAPNG_H
#define CAPTURE_PCAPNG_H

#include <linux/types.h>
#include <stddef.h>

struct pcapng;

struct pcapng_packet {
	__u32 ifindex;	   /* as source.h numbers them */
	int type;	   /* libpcap's DLT_; -1: none */
	__u32 wire_length; /* 0: as libpcap tells it */
};

struct pcapng *pcapng_new(void); /* NULL: out of memory */
void pcapng_free(struct pcapng *p);

/* Read the next bytes of the file, and alter those that describe an interface. */
void pcapng_pass(struct pcapng *p, unsigned char *bytes, size_t count);

/* Return what is known of the next packet that libpcap hands out. */
struct pcapng_packet pcapng_next_packet(struct pcapng *p);

#endif
