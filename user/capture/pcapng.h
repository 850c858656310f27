/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Watches the bytes of a pcapng file pass by, and tells the interface of each packet, which
 * libpcap keeps to itself. Reading the packets is libpcap's.
 */
#ifndef CAPTURE_PCAPNG_H
#define CAPTURE_PCAPNG_H

#include <linux/types.h>
#include <stddef.h>

struct pcapng;

struct pcapng *pcapng_new(void); /* NULL: out of memory */
void pcapng_free(struct pcapng *p);

/* The next bytes of the file, as they come. */
void pcapng_watch(struct pcapng *p, const unsigned char *bytes, size_t count);

/* The interface of the next packet, as source.h numbers it. */
__u32 pcapng_interface(struct pcapng *p);

#endif
