/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The file of --web-config: read, and used by the servers. */
#ifndef DAEMON_WEB_ACCESS_H
#define DAEMON_WEB_ACCESS_H

#include "http/basic_auth.h"
#include "http/server.h"
#include "http/web_config.h"

/* Zeroed: the pages are open to all. */
struct web_access {
	struct web_config *config;
	struct basic_auth *auth;
};

/* Checks the file and those that it names. 0, or -EINVAL after a message */
int web_access_check(const char *path);

/* Reads the file. 0, or -errno after a message; then `access` is as it was. */
int web_access_read(struct web_access *access, const char *path);

/* Has the server use it; does nothing when nothing was read. 0, or -errno after a message */
int web_access_protect(const struct web_access *access, struct http_server *server);

void web_access_free(struct web_access *access);

#endif
