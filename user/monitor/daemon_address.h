/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a daemon answers: URLs of its pages, the daemon of this host, and hints for a person whose
 * request failed.
 */
#ifndef MONITOR_DAEMON_ADDRESS_H
#define MONITOR_DAEMON_ADDRESS_H

#include "util/buffer.h"

#define DAEMON_STATUS_PAGE "/api/v1/status"
#define DAEMON_INCIDENTS_PAGE "/api/v1/incidents"
#define DAEMON_HINT_ADDRESS " (does dnsreach listen there?)"

/* Returns whether it is http://, https:// or unix:/PATH. */
int daemon_url_is_valid(const char *url);

/* Returns the path of the Unix socket; NULL: the daemon is asked by TCP. */
const char *daemon_unix_socket(const char *url);

/*
 * Appends the URL of a page of the daemon at `url`, which may be that of its status page already.
 * A request by a Unix socket has the host name localhost.
 */
void daemon_page_url(struct buffer *out, const char *url, const char *page);

/* Returns a hint for a failed connection; without quotes, which a plugin's line cannot have. */
const char *daemon_connect_hint(const char *url, int err);

/*
 * Returns where the daemon of this host answers: its Unix socket where this user may use it, else
 * its port. NULL, and the reason in `why`, when somebody listens there whose word is not to be
 * trusted: any user can take the port while no daemon has it. `option` asks that listener all the
 * same, and is named in the reason.
 */
const char *daemon_find(const char *option, struct buffer *why);

#endif
