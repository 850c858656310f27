/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The reason of an unreachable, by ICMP type and code (include/reasons.h), or by an errno. */
#ifndef PROBE_REASON_H
#define PROBE_REASON_H

#include <dnsreach.h>

/* REASON_MAX: it is no unreachable (fragmentation needed, packet too big, anything else). */
enum reason reason_of_icmp(int is_ipv4, __u8 type, __u8 code);

/* Where the stack says no more than an errno. */
enum reason reason_of_errno(int error);

#endif
