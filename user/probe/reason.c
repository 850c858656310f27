// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reasons by ICMP type and code (RFC 792, RFC 1812, RFC 4443), and by errno. */
#include "probe/reason.h"

#include <errno.h>
#include <reasons.h>

/* REASON_MAX: no unreachable, and so no outcome. */
static enum reason reason_of_icmp4(__u8 type, __u8 code)
{
	if (type == 11 || type == 12)
		return REASON_OTHER;
	return type == 3 && code != 4 ? (enum reason)reason_v4(code) : REASON_MAX;
}

static enum reason reason_of_icmp6(__u8 type, __u8 code)
{
	if (type == 3 || type == 4)
		return REASON_OTHER;
	return type == 1 ? (enum reason)reason_v6(code) : REASON_MAX;
}

enum reason reason_of_icmp(int is_ipv4, __u8 type, __u8 code)
{
	return is_ipv4 ? reason_of_icmp4(type, code) : reason_of_icmp6(type, code);
}

enum reason reason_of_errno(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return REASON_PORT;
	case EHOSTUNREACH:
	case EHOSTDOWN:
		return REASON_HOST;
	case ENETUNREACH:
	case ENETDOWN:
		return REASON_NETWORK;
	case EACCES:
	case EPERM:
		return REASON_PROHIBITED;
	}
	return REASON_OTHER;
}
