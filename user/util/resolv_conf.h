/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The resolvers that this host is configured with: resolv.conf(5), and systemd-resolved's list.
 */
#ifndef UTIL_RESOLV_CONF_H
#define UTIL_RESOLV_CONF_H

#include <dnsreach.h>
#include <stddef.h>

/*
 * Reads the `nameserver` lines of a file, as UDP resolvers on `port` (host order), at most `room`.
 * Returns how many; 0 also when there is no such file. A line without an address is skipped.
 */
size_t resolv_conf_read(const char *path, __u16 port, struct resolver_key *to, size_t room);

/* The files that name resolvers, ending in NULL. */
extern const char *const resolv_conf_files[];

#endif
