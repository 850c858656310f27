/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Basic authentication (RFC 7617) against bcrypt hashes. One check takes a tenth of a second or
 * more, in the thread that counts. So a password that was right once is not checked again, and
 * wrong ones take a quarter of the time at most.
 */
#ifndef HTTP_BASIC_AUTH_H
#define HTTP_BASIC_AUTH_H

#include "http/web_config.h"

#include <linux/types.h>

#define PASSWORD_MAC_SIZE 32

struct basic_auth;

enum auth_result {
	AUTH_ACCEPTED,
	AUTH_REFUSED,
	AUTH_LATER, /* wrong ones have used up the time: nothing was checked */
};

/* Uses the users of `config`, which must outlive it. Returns 0 and *ret, or -errno. */
int basic_auth_open(const struct web_config *config, struct basic_auth **ret);
void basic_auth_close(struct basic_auth *auth); /* NULL is fine */

enum auth_result basic_auth_check(struct basic_auth *auth, const char *name, const char *password);

#endif
