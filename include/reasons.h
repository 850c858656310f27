/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The reason of an unreachable by its ICMP code, for the engine and for the probe. */
#ifndef REASONS_H
#define REASONS_H

#include <dnsreach.h>

#define REASON_INLINE inline __attribute__((always_inline))

/* Maps codes of type 3, destination unreachable (RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1). */
static REASON_INLINE __u32 reason_v4(__u32 code)
{
	switch (code) {
	case 3:
		return REASON_PORT;
	case 1:
	case 7:
	case 12:
		return REASON_HOST;
	case 0:
	case 6:
	case 11:
		return REASON_NETWORK;
	case 9:
	case 10:
	case 13:
		return REASON_PROHIBITED;
	default:
		return REASON_OTHER;
	}
}

/* Maps codes of type 1, destination unreachable (RFC 4443, 3.1). */
static REASON_INLINE __u32 reason_v6(__u32 code)
{
	switch (code) {
	case 4:
		return REASON_PORT;
	case 3:
		return REASON_HOST;
	case 0:
		return REASON_NETWORK;
	case 1:
	case 5:
	case 6:
		return REASON_PROHIBITED;
	default:
		return REASON_OTHER;
	}
}

#endif
