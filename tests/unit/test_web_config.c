// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The web configuration file: what is understood, and that all else is refused by its name; Basic
 * authentication against published hashes. TLS itself: tests/net/web.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/basic_auth.h"
#include "http/web_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of the tests of crypt_blowfish (openwall.com/crypt): "U*U", "U*U*". */
#define HASH_UU "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
#define HASH_UUU "$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"

struct web_file {
	char path[64], error[WEB_CONFIG_ERROR_SIZE];
	struct web_config config;
	int err;
};

static void file_read(struct web_file *file, const char *text)
{
	int fd;

	strcpy(file->path, "/tmp/dnsreach-web-XXXXXX");
	fd = mkstemp(file->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	file->err = web_config_read(file->path, &file->config, file->error);
	unlink(file->path);
}

static void refuses(const char *text, const char *why)
{
	struct web_file file;
	char wanted[WEB_CONFIG_ERROR_SIZE];

	file_read(&file, text);
	snprintf(wanted, sizeof(wanted), "%s:%s", file.path, why);
	assert_int_equal(file.err, -EINVAL);
	assert_string_equal(file.error, wanted);
	assert_int_equal(file.config.user_count, 0);
	assert_null(file.config.key);
}

static void users_are_read(void **state)
{
	struct web_file file;

	file_read(&file, "# ours\nbasic_auth_users:\n  prometheus: " HASH_UU
			 "\n  'a b': \"" HASH_UUU "\"\ntls_server_config:\n");
	assert_int_equal(file.err, -EINVAL); /* a section of TLS, without a certificate */
	file_read(&file, "basic_auth_users:\n  prometheus: " HASH_UU "\n  'a b': " HASH_UUU "\n");
	assert_int_equal(file.err, 0);
	assert_string_equal(file.error, "");
	assert_int_equal(file.config.user_count, 2);
	assert_string_equal(file.config.users[0].name, "prometheus");
	assert_string_equal(file.config.users[0].hash, HASH_UU);
	assert_string_equal(file.config.users[1].name, "a b");
	assert_null(file.config.cert);
	web_config_free(&file.config);
}

static void what_is_not_supported_is_named(void **state)
{
	refuses("http_server_config:\n  http2: false\n",
		"1: 'http_server_config' is not supported; remove it. dnsreach knows "
		"tls_server_config and basic_auth_users");
	refuses("basic_auth_users:\n  a: " HASH_UU "\nrate_limit:\n  burst: 1\n",
		"3: 'rate_limit' is not supported; remove it. dnsreach knows tls_server_config "
		"and basic_auth_users");
	refuses("tls_server_config:\n  cipher_suites: [a]\n",
		"2: tls_server_config: 'cipher_suites' is not supported; remove it. dnsreach "
		"knows cert_file, key_file, client_ca_file, client_auth_type and min_version");
	refuses("tls_server_config:\n  client_auth_type: RequestClientCert\n",
		"2: client_auth_type 'RequestClientCert' is not supported; use "
		"RequireAndVerifyClientCert or NoClientCert");
	refuses("tls_server_config:\n  min_version: TLS10\n",
		"2: min_version 'TLS10' is not supported; use TLS12 or TLS13");
	refuses("tls_server_config:\n  min_version: [TLS12]\n", "2: min_version needs one value");
}

static void a_file_that_protects_nothing_is_refused(void **state)
{
	struct web_file file;

	refuses("basic_auth_users: {}\n",
		"1: it sets neither tls_server_config nor basic_auth_users: the pages would stay "
		"open to all");
	refuses("", " it is empty");
	refuses("just words\n", "1: the file must be a list of 'key: value'");
	refuses("[a: b\n", "2: it is no YAML: did not find expected ',' or ']'");
	refuses("basic_auth_users:\n  a: " HASH_UU "\n  a: " HASH_UUU "\n",
		"3: 'a' is given twice");
	refuses("? [a]\n: b\n", "1: a key must be one word");
	file.err = web_config_read("/nonexistent/web.yml", &file.config, file.error);
	assert_int_equal(file.err, -ENOENT);
	assert_string_equal(file.error,
			    "cannot read /nonexistent/web.yml: No such file or directory");
}

static void half_of_tls_is_refused(void **state)
{
	struct web_file file;

	refuses("tls_server_config:\n  min_version: TLS13\n",
		"1: tls_server_config needs cert_file and key_file");
	refuses("tls_server_config:\n  cert_file: /etc/hostname\n",
		"1: tls_server_config needs cert_file and key_file");
	file_read(&file, "tls_server_config:\n  cert_file: /dev/null\n  key_file: /dev/null\n");
	assert_int_equal(file.err, -EINVAL);
	assert_non_null(strstr(file.error, ":1: cannot use cert_file with key_file: "));
	refuses("tls_server_config:\n  cert_file: /dev/null\n  key_file: /dev/null\n"
		"  client_auth_type: RequireAndVerifyClientCert\n",
		"1: RequireAndVerifyClientCert needs client_ca_file");
	refuses("tls_server_config:\n  cert_file: /dev/null\n  key_file: /dev/null\n"
		"  client_ca_file: /dev/null\n",
		"1: client_ca_file has no effect without client_auth_type: "
		"RequireAndVerifyClientCert");
}

static void files_are_beside_it(void **state)
{
	struct web_file file;

	file_read(&file, "tls_server_config:\n  cert_file: not-there.pem\n");
	assert_int_equal(file.err, -ENOENT);
	assert_non_null(strstr(file.error, ":2: cannot read not-there.pem: No such file"));
}

/* No message may show a hash, or what was meant to be one. */
static void passwords_must_be_bcrypt(void **state)
{
	refuses("basic_auth_users:\n  a: secret\n",
		"2: the password of 'a' is no bcrypt hash; make one with: htpasswd -nBC 10 a");
	refuses("basic_auth_users:\n  a: $6$salt$longer\n",
		"2: the password of 'a' is no bcrypt hash; make one with: htpasswd -nBC 10 a");
	refuses("basic_auth_users:\n  a: " HASH_UU "x\n",
		"2: the password of 'a' is no bcrypt hash; make one with: htpasswd -nBC 10 a");
	refuses("basic_auth_users:\n"
		"  a: $2a$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n",
		"2: the hash of 'a' has cost 15; dnsreach allows 14, because each step doubles "
		"the time of a check");
	refuses("basic_auth_users:\n  'a:b': " HASH_UU "\n",
		"2: a user's name must not be empty, nor have a colon");
}

/* ---- Basic authentication ----------------------------------------------------------------- */

static enum auth_result sign_in(struct basic_auth *auth, const char *name, const char *password)
{
	enum auth_result result;

	do {
		result = basic_auth_check(auth, name, password);
	} while (result == AUTH_LATER);
	return result;
}

static struct basic_auth *two_users(struct web_config *config)
{
	struct basic_auth *auth;

	*config = (struct web_config){.user_count = 2,
				      .users = {{"one", HASH_UU}, {"two", HASH_UUU}}};
	assert_int_equal(basic_auth_open(config, &auth), 0);
	return auth;
}

static void passwords_are_those_of_the_hashes(void **state)
{
	struct web_config config;
	struct basic_auth *auth = two_users(&config);

	assert_int_equal(sign_in(auth, "one", "U*U"), AUTH_ACCEPTED);
	assert_int_equal(sign_in(auth, "two", "U*U*"), AUTH_ACCEPTED);
	assert_int_equal(sign_in(auth, "one", "U*U*"), AUTH_REFUSED);
	assert_int_equal(sign_in(auth, "two", "U*U"), AUTH_REFUSED);
	assert_int_equal(sign_in(auth, "one", ""), AUTH_REFUSED);
	assert_int_equal(sign_in(auth, "nobody", "U*U"), AUTH_REFUSED);
	assert_int_equal(sign_in(auth, NULL, NULL), AUTH_REFUSED);
	assert_int_equal(sign_in(auth, "one", NULL), AUTH_REFUSED);
	assert_int_equal(sign_in(auth, "one", "U*U"), AUTH_ACCEPTED);
	basic_auth_close(auth);
}

/* Wrong ones may not take the time of the counting; a known user does not suffer from them. */
static void wrong_passwords_have_to_wait(void **state)
{
	struct web_config config;
	struct basic_auth *auth = two_users(&config);
	unsigned int i;

	assert_int_equal(sign_in(auth, "one", "U*U"), AUTH_ACCEPTED);
	assert_int_equal(basic_auth_check(auth, "one", "wrong"), AUTH_REFUSED);
	/* The rest is three times the check: this call comes earlier, or the machine stood still.
	 */
	for (i = 0; basic_auth_check(auth, "two", "wrong") != AUTH_LATER; i++)
		assert_true(i < 1000);
	assert_int_equal(basic_auth_check(auth, "one", "U*U"), AUTH_ACCEPTED);
	assert_int_equal(sign_in(auth, "two", "U*U*"), AUTH_ACCEPTED);
	basic_auth_close(auth);
}

static void without_users_all_may_read(void **state)
{
	struct web_config config = {0};
	struct basic_auth *auth;

	assert_int_equal(basic_auth_open(&config, &auth), 0);
	assert_int_equal(basic_auth_check(auth, NULL, NULL), AUTH_ACCEPTED);
	basic_auth_close(auth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_read),
		cmocka_unit_test(what_is_not_supported_is_named),
		cmocka_unit_test(a_file_that_protects_nothing_is_refused),
		cmocka_unit_test(half_of_tls_is_refused),
		cmocka_unit_test(files_are_beside_it),
		cmocka_unit_test(passwords_must_be_bcrypt),
		cmocka_unit_test(passwords_are_those_of_the_hashes),
		cmocka_unit_test(wrong_passwords_have_to_wait),
		cmocka_unit_test(without_users_all_may_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
