// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See web_access.h. */
#include "daemon/web_access.h"

#include "util/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int web_access_read(struct web_access *access, const char *path)
{
	struct web_access read = {.config = calloc(1, sizeof(*read.config))};
	char error[WEB_CONFIG_ERROR_SIZE];
	int err;

	if (!read.config)
		return -ENOMEM;
	err = web_config_read(path, read.config, error);
	if (err) {
		log_error("--web-config: %s", error);
		free(read.config);
		return err;
	}
	err = basic_auth_open(read.config, &read.auth);
	if (err) {
		log_error("--web-config: %s", strerror(-err));
		web_access_free(&read);
		return err;
	}
	*access = read;
	return 0;
}

int web_access_check(const char *path)
{
	struct web_access access = {0};
	int err = web_access_read(&access, path);

	web_access_free(&access);
	return err ? -EINVAL : 0;
}

int web_access_protect(const struct web_access *access, struct http_server *server)
{
	int err = access->config ? http_server_protect(server, access->config, access->auth) : 0;

	if (err)
		log_error("--web-config: cannot serve by it: %s", strerror(-err));
	return err;
}

void web_access_free(struct web_access *access)
{
	basic_auth_close(access->auth);
	if (access->config)
		web_config_free(access->config);
	free(access->config);
	*access = (struct web_access){0};
}
