/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an ICMP message, or an errno, is a reason of. The kernel side has its own in bpf/parse.h. */
#ifndef PROBE_REASON_H
#define PROBE_REASON_H

#include <dnsreach.h>

/* REASON_MAX: it is no unreachable (fragmentation needed, packet too big, anything else). */
enum reason reason_of_icmp(int is_ipv4, __u8 type, __u8 code);

/* Where the stack says no more than an errno. */
enum reason reason_of_errno(int error);

#endif
