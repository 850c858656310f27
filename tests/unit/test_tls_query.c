// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The probe over TLS, against a server of plain sockets on loopback that ends the handshake at
 * once. What real servers of TLS do is tests/net/probe_tls.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/check.h"
#include "probe/stream_query.h"
#include "util/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LONG_MS 20000 /* for what comes: a slow machine has time */

static const __u8 fatal_alert[] = {0x15, 3, 3, 0, 2, 2, 70};

static int listen_on_loopback(struct resolver_key *key)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 4), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
	assert_int_equal(resolver_parse("127.0.0.1", key), 0);
	key->port = address.sin_port;
	key->transport = TRANSPORT_DOT;
	return listener;
}

/* Sends the bytes, and ends the connection by RST or FIN. */
static void serve(int listener, const __u8 *bytes, size_t length, int resets)
{
	struct linger linger = {.l_onoff = resets, .l_linger = 0};
	int connection = accept(listener, NULL, NULL);

	assert_true(connection >= 0);
	assert_int_equal(send(connection, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
	setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(connection);
	close(listener);
}

static struct tls_trust *trust_nobody(void)
{
	char why[TLS_WHY_SIZE];
	struct tls_trust *trust = tls_trust_open(NULL, NULL, why);

	assert_non_null(trust);
	return trust;
}

/* Probes a server that has sent all this before the probe looks at its connection. */
static struct probe_result probe_of(const __u8 *bytes, size_t length, int resets)
{
	struct tls_trust *trust = trust_nobody();
	struct probe_result result = {0};
	struct tls_query *tls = tls_query_open(trust, result.tls.why);
	struct dns_question question;
	struct probe_query query;
	int listener, turns = 100;

	assert_non_null(tls);
	listener = listen_on_loopback(&result.resolver);
	assert_int_equal(query_question_make(NULL, &question), 0);
	stream_query_send(&query, &question, &result);
	serve(listener, bytes, length, resets);
	assert_int_equal(poll(&(struct pollfd){query.fd, resets ? 0 : POLLRDHUP, 0}, 1, LONG_MS),
			 1);
	while (query.fd >= 0 && turns--)
		tls_query_receive(tls, &query, &result);
	assert_int_equal(query.fd, -1);
	tls_query_close(tls);
	tls_trust_close(trust);
	return result;
}

static void a_reset_at_once_is_no_refusal(void **state)
{
	struct probe_result result = probe_of(fatal_alert, 0, 1);

	(void)state;
	assert_int_equal(result.outcome, PROBE_CLOSED);
	assert_int_equal(result.error, ECONNRESET);
	assert_int_equal(result.connected, 1);
	assert_int_equal(check_probe_cause(&result), CAUSE_NOT_SERVED);
}

static void an_alert_before_a_reset_is_seen(void **state)
{
	struct probe_result result = probe_of(fatal_alert, sizeof(fatal_alert), 1);

	(void)state;
	assert_int_equal(result.outcome, PROBE_TLS_FAILED);
	assert_int_equal(result.tls.failure, TLS_FAILURE_ALERT);
	assert_int_equal(result.tls.alert, 70);
	assert_string_equal(result.tls.why, "protocol_version");
	assert_int_equal(check_probe_cause(&result), CAUSE_TLS_REFUSED);
}

static void assert_alert(const struct probe_result *result, int alert, const char *name)
{
	assert_int_equal(result->outcome, PROBE_TLS_FAILED);
	assert_int_equal(result->tls.failure, TLS_FAILURE_ALERT);
	assert_int_equal(result->tls.alert, alert);
	assert_string_equal(result->tls.why, name);
	assert_int_equal(check_probe_cause(result), CAUSE_TLS_REFUSED);
}

static void an_end_by_close_notify_refuses(void **state)
{
	static const __u8 close_notify[] = {0x15, 3, 3, 0, 2, 1, 0};
	struct probe_result result = probe_of(close_notify, sizeof(close_notify), 0);

	(void)state;
	assert_alert(&result, 0, "close_notify");
}

/* More warnings than GnuTLS takes. */
static void a_flood_of_warnings_refuses(void **state)
{
	static __u8 flood[7 * 2000];
	struct probe_result result;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(flood); i += 7)
		memcpy(flood + i, "\x15\3\3\0\2\1\x5a", 7); /* user_canceled */
	result = probe_of(flood, sizeof(flood), 0);
	assert_alert(&result, 90, "user_canceled");
}

/* What is no alert, and no right handshake, is told by GnuTLS, without its full stop. */
static void a_wrong_handshake_is_told(void **state)
{
	static const __u8 wrong[] = {0x16, 3, 3, 0, 4, 99, 0, 0, 0};
	struct probe_result result = probe_of(wrong, sizeof(wrong), 0);

	(void)state;
	assert_int_equal(result.outcome, PROBE_TLS_FAILED);
	assert_int_equal(result.tls.failure, TLS_FAILURE_OTHER);
	assert_int_equal(check_probe_cause(&result), CAUSE_NONE);
	assert_true(strlen(result.tls.why) > 5);
	assert_int_not_equal(result.tls.why[strlen(result.tls.why) - 1], '.');
}

/* ---- names ---------------------------------------------------------------------------------- */

static void names_of_the_option(void **state)
{
	static const char *const good[] = {
		"a",	      "dns.example",  "DNS-1.example.",	 "1.example",
		"192.0.2.53", "2001:db8::11", "::ffff:192.0.2.1"};
	static const char *const bad[] = {"",
					  " ",
					  ".",
					  "..",
					  "a..b",
					  ".a",
					  "a.b..",
					  "dns.example:853",
					  "[2001:db8::11]",
					  "fe80::1%lo",
					  "a b",
					  "a_b",
					  "*.example",
					  "b\xc3\xbc.example",
					  "\xff\xfe",
					  "192.0.2.256",
					  "192.0.2.53."};
	char why[OPTION_WHY_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(check_tls_name_option(good[i], why), 0);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(check_tls_name_option(bad[i], why), -EINVAL);
}

static void the_longest_name_of_the_option(void **state)
{
	char name[300] = "", why[OPTION_WHY_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < 253; i++)
		name[i] = i % 64 == 63 ? '.' : 'a';
	assert_int_equal(check_tls_name_option(name, why), 0);
	name[253] = '.';
	assert_int_equal(check_tls_name_option(name, why), 0);
	name[253] = 'a';
	assert_int_equal(check_tls_name_option(name, why), -EINVAL);
	memset(name, 'a', 63);
	name[63] = '\0';
	assert_int_equal(check_tls_name_option(name, why), 0);
	strcpy(name + 63, "a");
	assert_int_equal(check_tls_name_option(name, why), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reset_at_once_is_no_refusal),
		cmocka_unit_test(an_alert_before_a_reset_is_seen),
		cmocka_unit_test(an_end_by_close_notify_refuses),
		cmocka_unit_test(a_flood_of_warnings_refuses),
		cmocka_unit_test(a_wrong_handshake_is_told),
		cmocka_unit_test(names_of_the_option),
		cmocka_unit_test(the_longest_name_of_the_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
