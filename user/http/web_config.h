/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who may read the pages, and by which certificate they are served: the web configuration file of
 * Prometheus and its exporters, in YAML (github.com/prometheus/exporter-toolkit documents it). A
 * key that is not supported is refused by its name.
 */
#ifndef HTTP_WEB_CONFIG_H
#define HTTP_WEB_CONFIG_H

#include <stddef.h>

#define WEB_USERS_MAX 32
#define WEB_CONFIG_ERROR_SIZE 512
#define BCRYPT_COST_MAX 14 /* one check takes about a second; each step doubles that */

struct web_user {
	char *name, *hash; /* bcrypt, as crypt(5) writes it */
};

struct web_config {
	/* Texts in PEM; NULL: not set. Without `cert` there is no TLS. */
	char *cert, *key, *client_ca;
	int needs_client_cert; /* of `client_ca` */
	int tls13_only;
	struct web_user users[WEB_USERS_MAX];
	size_t user_count;
};

/*
 * Reads the file and those that it names, relative to its own directory, and checks that they fit
 * together. Returns 0; or -errno with `error`, one sentence without any secret; -EINVAL: for what
 * the file says.
 */
int web_config_read(const char *path, struct web_config *ret, char error[WEB_CONFIG_ERROR_SIZE]);

/* Wipes the secrets. Zeroed is fine. */
void web_config_free(struct web_config *config);

#endif
