// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Walks the blocks of a pcapng file (draft-ietf-opsawg-pcapng) as far as the interface of each
 * packet needs it. Believes nothing: what does not fit ends the watch, and libpcap complains.
 */
#include "capture/pcapng.h"

#include "capture/reader.h"

#include <stdlib.h>
#include <string.h>

#define SECTION 0x0a0d0d0a
#define INTERFACE 1
#define PACKET 2 /* obsolete */
#define SIMPLE_PACKET 3
#define ENHANCED_PACKET 6
#define SECTION_ORDER 0x1a2b3c4d

#define HEAD 12		   /* type, length, and the four bytes that every block has after them */
#define KEPT 2048	   /* of an interface's description; its name stands early */
#define INTERFACES 65536   /* of which it is known whether they are `lo` */
#define QUEUE INPUT_BUFFER /* more packets cannot be in what libpcap has read ahead */
#define OPTION_NAME 2

struct pcapng {
	unsigned char block[KEPT]; /* the current one, from its type on */
	size_t kept;
	__u32 length; /* of the block; 0: not known yet */
	__u32 seen;
	int swapped, broken;
	__u32 interfaces; /* described in this section so far */
	__u32 first, count;
	unsigned char loopback[INTERFACES];
	__u32 queue[QUEUE];
};

struct pcapng *pcapng_new(void)
{
	return calloc(1, sizeof(struct pcapng));
}

void pcapng_free(struct pcapng *p)
{
	free(p);
}

static __u32 long_at(const struct pcapng *p, size_t at)
{
	__u32 n;

	memcpy(&n, p->block + at, sizeof(n));
	return p->swapped ? __builtin_bswap32(n) : n;
}

static __u16 short_at(const struct pcapng *p, size_t at)
{
	__u16 n;

	memcpy(&n, p->block + at, sizeof(n));
	return p->swapped ? __builtin_bswap16(n) : n;
}

/* if_name among the options behind link type and snap length. */
static int is_loopback(const struct pcapng *p)
{
	size_t at = 16, end = p->kept - 4, length;

	if (p->kept < at + 4)
		return 0;
	if (p->kept < p->length)
		end = p->kept;
	for (; at + 4 <= end; at += 4 + ((length + 3) & ~(size_t)3)) {
		length = short_at(p, at + 2);
		if (short_at(p, at) == OPTION_NAME)
			return length == 2 && at + 6 <= end && !memcmp(p->block + at + 4, "lo", 2);
		if (!short_at(p, at))
			break;
	}
	return 0;
}

static void add_interface(struct pcapng *p)
{
	if (p->interfaces < INTERFACES)
		p->loopback[p->interfaces] = (unsigned char)is_loopback(p);
	p->interfaces++;
}

static void add_packet(struct pcapng *p, __u32 interface)
{
	__u32 ifindex = INTERFACE_UNKNOWN;

	if (interface < p->interfaces)
		ifindex += interface;
	if (interface < p->interfaces && interface < INTERFACES && p->loopback[interface])
		ifindex = LOOPBACK_IFINDEX;
	if (p->count == QUEUE) {
		p->broken = 1;
		return;
	}
	p->queue[(p->first + p->count++) % QUEUE] = ifindex;
}

static void end_block(struct pcapng *p)
{
	switch (long_at(p, 0)) {
	case SECTION:
		p->interfaces = 0;
		break;
	case INTERFACE:
		add_interface(p);
		break;
	case PACKET:
		add_packet(p, short_at(p, 8));
		break;
	case SIMPLE_PACKET:
		add_packet(p, 0);
		break;
	case ENHANCED_PACKET:
		add_packet(p, long_at(p, 8));
		break;
	default:
		break;
	}
	p->kept = 0;
	p->seen = p->length = 0;
}

/* The block's head is there. A section says its own byte order. */
static void begin_block(struct pcapng *p)
{
	if (long_at(p, 0) == SECTION) {
		p->swapped = 0;
		p->swapped = long_at(p, 8) != SECTION_ORDER;
		p->broken |= long_at(p, 8) != SECTION_ORDER;
	}
	p->length = (long_at(p, 4) + 3) & ~3u;
	p->broken |= p->length < HEAD;
}

void pcapng_watch(struct pcapng *p, const unsigned char *bytes, size_t count)
{
	size_t n, keep;

	while (count && !p->broken) {
		n = (p->length ? p->length : HEAD) - p->seen;
		if (n > count)
			n = count;
		keep = n < KEPT - p->kept ? n : KEPT - p->kept;
		memcpy(p->block + p->kept, bytes, keep);
		p->kept += keep;
		p->seen += (__u32)n;
		bytes += n;
		count -= n;
		if (p->seen == HEAD && !p->length)
			begin_block(p);
		if (p->length && p->seen == p->length)
			end_block(p);
	}
}

__u32 pcapng_interface(struct pcapng *p)
{
	__u32 ifindex;

	if (!p->count)
		return INTERFACE_UNKNOWN;
	ifindex = p->queue[p->first];
	p->first = (p->first + 1) % QUEUE;
	p->count--;
	return ifindex;
}
