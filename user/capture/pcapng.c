// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Walks the blocks of a pcapng file (draft-ietf-opsawg-pcapng) as far as the interface of each
 * packet needs it. The lengths come from outside: one that does not fit ends the walk, and libpcap
 * reports the damage.
 */
#include "capture/pcapng.h"

#include "capture/link.h"
#include "capture/reader.h"
#include "util/address.h"

#include <net/if.h>
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

/* In the description of an interface: offsets, and what libpcap is shown there. */
#define TYPE_AT 8
#define SNAP_LENGTH_AT 12
#define TYPE_SHOWN 1	    /* LINKTYPE_ETHERNET: libpcap alters no byte of its packets */
#define SNAP_LENGTH_SHOWN 0 /* no limit */
#define ALTERED_END 16
/* In a simple packet: the length on the wire; what of the block is no packet. */
#define SIMPLE_LENGTH_AT 8
#define SIMPLE_OVERHEAD 16

struct pcapng {
	unsigned char block[KEPT]; /* the current one, from its type on */
	size_t kept;
	__u32 length; /* of the block; 0: not known yet */
	__u32 seen;
	int swapped, broken;
	__u32 interfaces; /* described in this section so far */
	__u32 first, count;
	struct pcapng_packet interface[INTERFACES];
	struct pcapng_packet queue[QUEUE];
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

/* Copies if_name, among the options behind link type and snap length; "": there is none. */
static void read_name(const struct pcapng *p, char name[IF_NAMESIZE])
{
	size_t at = 16, end = p->kept - 4, length;

	*name = '\0';
	if (p->kept < at + 4)
		return;
	if (p->kept < p->length)
		end = p->kept;
	for (; at + 4 <= end; at += 4 + ((length + 3) & ~(size_t)3)) {
		length = short_at(p, at + 2);
		if (!short_at(p, at))
			return;
		if (short_at(p, at) != OPTION_NAME)
			continue;
		if (length < IF_NAMESIZE && at + 4 + length <= end) {
			memcpy(name, p->block + at + 4, length);
			name[length] = '\0';
		}
		return;
	}
}

static void pcapng_add_interface(struct pcapng *p)
{
	struct pcapng_packet *interface;
	char name[IF_NAMESIZE];

	if (p->interfaces < INTERFACES) {
		interface = &p->interface[p->interfaces];
		interface->ifindex = INTERFACE_UNKNOWN + p->interfaces;
		read_name(p, name);
		if (!strcmp(name, "lo"))
			interface->ifindex = LOOPBACK_IFINDEX;
		else if (*name)
			address_set_scope_name(interface->ifindex, name);
		interface->type = link_type_of_file(short_at(p, TYPE_AT));
	}
	p->interfaces++;
}

/* `wire_length` 0: libpcap knows it. */
static void pcapng_add_packet(struct pcapng *p, __u32 interface, __u32 wire_length)
{
	struct pcapng_packet packet = {INTERFACE_UNKNOWN, -1, 0};

	if (p->count == QUEUE) {
		p->broken = 1;
		return;
	}
	if (interface < p->interfaces && interface < INTERFACES)
		packet = p->interface[interface];
	packet.wire_length = wire_length;
	p->queue[(p->first + p->count++) % QUEUE] = packet;
}

static void pcapng_end_block(struct pcapng *p)
{
	switch (long_at(p, 0)) {
	case SECTION:
		p->interfaces = 0;
		break;
	case INTERFACE:
		pcapng_add_interface(p);
		break;
	case PACKET:
		pcapng_add_packet(p, short_at(p, 8), 0);
		break;
	case SIMPLE_PACKET:
		pcapng_add_packet(p, 0, long_at(p, SIMPLE_LENGTH_AT));
		break;
	case ENHANCED_PACKET:
		pcapng_add_packet(p, long_at(p, 8), 0);
		break;
	default:
		break;
	}
	p->kept = 0;
	p->seen = p->length = 0;
}

/* The block's head is there. A section says its own byte order. */
static void pcapng_begin_block(struct pcapng *p)
{
	if (long_at(p, 0) == SECTION) {
		p->swapped = 0;
		p->swapped = long_at(p, 8) != SECTION_ORDER;
		p->broken |= long_at(p, 8) != SECTION_ORDER;
	}
	p->length = (long_at(p, 4) + 3) & ~3u;
	p->broken |= p->length < HEAD;
}

/* Return the byte at `place` of a number of `size` bytes, in the file's byte order. */
static unsigned char pcapng_byte_of(const struct pcapng *p, __u32 value, __u32 size, __u32 place)
{
	int little = p->swapped != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

	return (unsigned char)(value >> 8 * (little ? place : size - 1 - place));
}

/*
 * Alter the byte at `at` of the block. A simple packet has no length of its own (its interface's
 * snap length limits it): it is shown with what fits into the block, up to three bytes of padding
 * included.
 */
static void pcapng_alter_byte(const struct pcapng *p, __u32 block, __u32 at, unsigned char *byte)
{
	if (block == INTERFACE && (at == TYPE_AT || at == TYPE_AT + 1))
		*byte = pcapng_byte_of(p, TYPE_SHOWN, 2, at - TYPE_AT);
	else if (block == INTERFACE && at >= SNAP_LENGTH_AT && at < SNAP_LENGTH_AT + 4)
		*byte = pcapng_byte_of(p, SNAP_LENGTH_SHOWN, 4, at - SNAP_LENGTH_AT);
	else if (block == SIMPLE_PACKET && at >= SIMPLE_LENGTH_AT && at < SIMPLE_LENGTH_AT + 4)
		*byte = pcapng_byte_of(p, long_at(p, 4) - SIMPLE_OVERHEAD, 4,
				       at - SIMPLE_LENGTH_AT);
}

/* The bytes at `from` and behind are in p->block already, as they were. */
static void pcapng_alter(const struct pcapng *p, __u32 from, unsigned char *bytes, size_t count)
{
	__u32 block;
	size_t i;

	if (from < TYPE_AT)
		return;
	block = long_at(p, 0);
	for (i = 0; i < count && from + i < ALTERED_END; i++)
		pcapng_alter_byte(p, block, from + (__u32)i, bytes + i);
}

/* How many bytes to look at next: type and length, the rest of the head, the rest of the block. */
static size_t pcapng_wanted(const struct pcapng *p)
{
	if (p->seen < TYPE_AT)
		return TYPE_AT - p->seen;
	return (p->length ? p->length : HEAD) - p->seen;
}

void pcapng_pass(struct pcapng *p, unsigned char *bytes, size_t count)
{
	size_t n, keep;
	__u32 from;

	while (count && !p->broken) {
		n = pcapng_wanted(p);
		if (n > count)
			n = count;
		keep = n < KEPT - p->kept ? n : KEPT - p->kept;
		memcpy(p->block + p->kept, bytes, keep);
		from = p->seen;
		p->kept += keep;
		p->seen += (__u32)n;
		pcapng_alter(p, from, bytes, n);
		bytes += n;
		count -= n;
		if (p->seen == HEAD && !p->length)
			pcapng_begin_block(p);
		if (p->length && p->seen == p->length)
			pcapng_end_block(p);
	}
}

struct pcapng_packet pcapng_next_packet(struct pcapng *p)
{
	struct pcapng_packet packet = {INTERFACE_UNKNOWN, -1, 0};

	if (!p->count)
		return packet;
	packet = p->queue[p->first];
	p->first = (p->first + 1) % QUEUE;
	p->count--;
	return packet;
}
