/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers as few bytes: in groups of 7 bits, the lowest first (LEB128). */
#ifndef HEALTH_SHORT_NUMBER_H
#define HEALTH_SHORT_NUMBER_H

#include <errno.h>
#include <dnsreach.h>

#define SHORT_NUMBER_MAX 10 /* bytes of one */

/* Writes a number. Returns where the next one goes. */
static inline __u8 *number_write(__u8 *to, __u64 number)
{
	for (; number >= 0x80; number >>= 7)
		*to++ = (__u8)(number | 0x80);
	*to++ = (__u8)number;
	return to;
}

/* Reads a number that begins at *at. Returns 0, or -EINVAL: it does not end by `end`. */
static inline int number_read(const __u8 **at, const __u8 *end, __u64 *ret)
{
	unsigned int shift;

	*ret = 0;
	for (shift = 0; shift < 64 && *at < end; shift += 7) {
		__u8 byte = *(*at)++;

		*ret |= (__u64)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return 0;
	}
	return -EINVAL;
}

/* Moments can move back, counters cannot: a sign in the lowest bit keeps both short. */
static inline __u64 sign_fold(__u64 by)
{
	return by << 1 ^ (by >> 63 ? ~0ULL : 0);
}

static inline __u64 sign_unfold(__u64 folded)
{
	return folded >> 1 ^ (folded & 1 ? ~0ULL : 0);
}

#endif
