/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* pcap and pcapng files, written field by field in either byte order. */
#ifndef CAPTURES_H
#define CAPTURES_H

#include "recorded.h"

struct file {
	unsigned char bytes[16384];
	size_t length;
	int swapped;
};

/* A query for a.example, 192.0.2.1:40000 to 192.0.2.53:53, ID 4660; and the same over IPv6. */
static const unsigned char query_v4[] = {0x45, 0,   0,	 55,  0,   0,	0x40, 0,    64,	 17,   0,
					 0,    192, 0,	 2,   1,   192, 0,    2,    53,	 0x9c, 0x40,
					 0,    53,  0,	 35,  0,   0,	0x12, 0x34, 1,	 0,    0,
					 1,    0,   0,	 0,   0,   0,	0,    1,    'a', 7,    'e',
					 'x',  'a', 'm', 'p', 'l', 'e', 0,    0,    1,	 0,    1};
static const unsigned char query_v6[] = {
	0x60, 0,    0,	  0,	0,   35,   17,	64,  0x20, 1,	0xd,  0xb8, 0,	 0, 0, 0, 0, 0, 0,
	0,    0,    0,	  0,	1,   0x20, 1,	0xd, 0xb8, 0,	0,    0,    0,	 0, 0, 0, 0, 0, 0,
	0,    0x53, 0x9c, 0x40, 0,   53,   0,	35,  0,	   0,	0x12, 0x34, 1,	 0, 0, 1, 0, 0, 0,
	0,    0,    0,	  1,	'a', 7,	   'e', 'x', 'a',  'm', 'p',  'l',  'e', 0, 0, 1, 0, 1};

static inline void put(struct file *f, const void *bytes, size_t length)
{
	assert_true(f->length + length <= sizeof(f->bytes));
	memcpy(f->bytes + f->length, bytes, length);
	f->length += length;
}

static inline void put_u16(struct file *f, unsigned int n)
{
	__u16 word = (__u16)n;

	word = f->swapped ? __builtin_bswap16(word) : word;
	put(f, &word, sizeof(word));
}

static inline void put_u32(struct file *f, __u64 n)
{
	__u32 word = (__u32)n;

	word = f->swapped ? __builtin_bswap32(word) : word;
	put(f, &word, sizeof(word));
}

/* ---- pcap ------------------------------------------------------------------------------- */

static inline void begin_pcap(struct file *f, int swapped, int nanoseconds, unsigned int link)
{
	f->length = 0;
	f->swapped = swapped;
	put_u32(f, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
	put_u16(f, 2);
	put_u16(f, 4);
	put_u32(f, 0);
	put_u32(f, 0);
	put_u32(f, 65535);
	put_u32(f, link);
}

static inline void put_record(struct file *f, __u64 seconds, __u64 fraction, size_t captured,
			      size_t wire)
{
	put_u32(f, seconds);
	put_u32(f, fraction);
	put_u32(f, captured);
	put_u32(f, wire);
}

/* `header` and then a packet, at a time of its own. */
static inline void put_packet(struct file *f, const void *header, size_t header_length,
			      const void *packet, size_t length)
{
	put_record(f, 1709212472, 192571, header_length + length, header_length + length);
	put(f, header, header_length);
	put(f, packet, length);
}

/* ---- pcapng ----------------------------------------------------------------------------- */

static inline void put_section(struct file *f, int swapped)
{
	f->swapped = swapped;
	put_u32(f, 0x0a0d0d0a);
	put_u32(f, 28);
	put_u32(f, 0x1a2b3c4d);
	put_u16(f, 1);
	put_u16(f, 0);
	put_u32(f, 0xffffffff);
	put_u32(f, 0xffffffff);
	put_u32(f, 28);
}

/* Named, behind a comment of three bytes; no name: NULL. */
static inline void put_snapped_interface(struct file *f, unsigned int link, const char *name,
					 __u32 snap_length)
{
	size_t padded = name ? (strlen(name) + 3) & ~(size_t)3 : 0;
	__u32 length = (__u32)(20 + (name ? 8 + 4 + padded + 4 : 0));

	put_u32(f, 1);
	put_u32(f, length);
	put_u16(f, link);
	put_u16(f, 0);
	put_u32(f, snap_length);
	if (name) {
		put_u16(f, 1);
		put_u16(f, 3);
		put(f, "why", 4);
		put_u16(f, 2);
		put_u16(f, (unsigned int)strlen(name));
		put(f, name, strlen(name));
		put(f, "\0\0\0", padded - strlen(name));
		put_u32(f, 0);
	}
	put_u32(f, length);
}

static inline void put_interface(struct file *f, unsigned int link, const char *name)
{
	put_snapped_interface(f, link, name, 65535);
}

#define ETHERNET "\0\0\x5e\0\x53\1\0\0\x5e\0\x53\2"

enum block { BLOCK_PACKET = 2, BLOCK_SIMPLE = 3, BLOCK_ENHANCED = 6 };

/* A packet of these bytes behind `header`, from this interface. */
static inline void put_enhanced(struct file *f, unsigned int interface, const void *header,
				__u32 header_length, const void *packet, __u32 length)
{
	const __u32 whole = header_length + length, padded = (whole + 3) & ~3u;

	put_u32(f, BLOCK_ENHANCED);
	put_u32(f, padded + 32);
	put_u32(f, interface);
	put_u32(f, 1709212472192571ULL >> 32);
	put_u32(f, 1709212472192571ULL);
	put_u32(f, whole);
	put_u32(f, whole);
	put(f, header, header_length);
	put(f, packet, length);
	put(f, "\0\0\0", padded - whole);
	put_u32(f, padded + 32);
}

/* query_v4 in an Ethernet frame, from this interface. */
static inline void put_block(struct file *f, enum block block, unsigned int interface)
{
	const __u32 length = 14 + sizeof(query_v4), padded = (length + 3) & ~3u;
	const __u32 total = padded + (block == BLOCK_SIMPLE ? 16 : 32);

	put_u32(f, block);
	put_u32(f, total);
	if (block == BLOCK_PACKET) {
		put_u16(f, interface);
		put_u16(f, 0);
	} else if (block == BLOCK_ENHANCED) {
		put_u32(f, interface);
	}
	if (block != BLOCK_SIMPLE) {
		put_u32(f, 1709212472192571ULL >> 32);
		put_u32(f, 1709212472192571ULL);
		put_u32(f, length);
	}
	put_u32(f, length);
	put(f, ETHERNET "\x08\0", 14);
	put(f, query_v4, sizeof(query_v4));
	put(f, "\0\0\0", padded - length);
	put_u32(f, total);
}

#endif
