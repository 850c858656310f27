// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See basic_auth.h. */
#include "http/basic_auth.h"

#include "util/clock.h"

#include <crypt.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define REST 3 /* after a check there is none for this many times its duration */

struct basic_auth {
	const struct web_config *config;
	unsigned char key[PASSWORD_MAC_SIZE]; /* random: the MACs are of no use elsewhere */
	struct {
		int known;
		unsigned char mac[PASSWORD_MAC_SIZE]; /* of the password that was right */
	} users[WEB_USERS_MAX];
	__u64 next_ns; /* the earliest time of the next check */
	struct crypt_data crypt;
};

int basic_auth_open(const struct web_config *config, struct basic_auth **ret)
{
	struct basic_auth *auth = calloc(1, sizeof(*auth));

	if (!auth)
		return -ENOMEM;
	auth->config = config;
	if (getrandom(auth->key, sizeof(auth->key), 0) != (ssize_t)sizeof(auth->key)) {
		free(auth);
		return -EIO;
	}
	*ret = auth;
	return 0;
}

void basic_auth_close(struct basic_auth *auth)
{
	if (!auth)
		return;
	explicit_bzero(auth, sizeof(*auth));
	free(auth);
}

static int password_mac(struct basic_auth *auth, const char *password,
			unsigned char mac[PASSWORD_MAC_SIZE])
{
	return gnutls_hmac_fast(GNUTLS_MAC_SHA256, auth->key, sizeof(auth->key), password,
				strlen(password), mac);
}

/* Returns whether the password has this hash, and sets when the next check may be. */
static int password_has_hash(struct basic_auth *auth, const char *password, const char *hash)
{
	__u64 from = clock_monotonic_ns(), until;
	const char *made = crypt_r(password, hash, &auth->crypt);
	int same = made && strlen(made) == strlen(hash) && !gnutls_memcmp(made, hash, strlen(hash));

	until = clock_monotonic_ns();
	auth->next_ns = same ? 0 : until + REST * (until - from);
	explicit_bzero(&auth->crypt, sizeof(auth->crypt));
	return same;
}

/* Checks against the hash of user `i`; where there is no such user, for the time alone. */
static enum auth_result check_hash(struct basic_auth *auth, size_t i, const char *password)
{
	const struct web_config *config = auth->config;
	size_t any = i < config->user_count ? i : 0;

	if (clock_monotonic_ns() < auth->next_ns)
		return AUTH_LATER;
	if (!password_has_hash(auth, password, config->users[any].hash) || i == config->user_count)
		return AUTH_REFUSED;
	auth->users[i].known = !password_mac(auth, password, auth->users[i].mac);
	return AUTH_ACCEPTED;
}

enum auth_result basic_auth_check(struct basic_auth *auth, const char *name, const char *password)
{
	unsigned char mac[PASSWORD_MAC_SIZE];
	size_t i;

	if (!auth->config->user_count)
		return AUTH_ACCEPTED;
	if (!name || !password)
		return AUTH_REFUSED;
	for (i = 0; i < auth->config->user_count; i++)
		if (!strcmp(auth->config->users[i].name, name))
			break;
	if (i < auth->config->user_count && auth->users[i].known &&
	    !password_mac(auth, password, mac) &&
	    !gnutls_memcmp(mac, auth->users[i].mac, sizeof(mac)))
		return AUTH_ACCEPTED;
	return check_hash(auth, i, password);
}
