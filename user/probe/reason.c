// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reasons by ICMP type and code (RFC 792, RFC 1812, RFC 4443), and by errno. */
#include "probe/reason.h"

#include <errno.h>

static enum reason reason_of_icmp4(__u8 type, __u8 code)
{
	if (type == 11 || type == 12)
		return REASON_OTHER;
	if (type != 3)
		return REASON_MAX;
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
	case 4:
		return REASON_MAX;
	}
	return REASON_OTHER;
}

static enum reason reason_of_icmp6(__u8 type, __u8 code)
{
	if (type == 3 || type == 4)
		return REASON_OTHER;
	if (type != 1)
		return REASON_MAX;
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
	}
	return REASON_OTHER;
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
