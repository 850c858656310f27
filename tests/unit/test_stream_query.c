// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The probe over TCP, against a server of plain sockets on loopback that does what each case says.
 * What routers and firewalls send back is tests/net/check.sh.
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
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LONG_S 20   /* for what comes: a slow machine has time */
#define SHORT_S 0.3 /* for what never comes */

/* Answers a connection from which the query `message`, without its length, was read. */
typedef void serve_fn(int connection, __u8 *message, size_t length);

static struct {
	int listener;
	serve_fn *serve;
	pthread_t thread;
	struct resolver_key key;
} server;

static void put(int connection, const void *bytes, size_t length)
{
	if (send(connection, bytes, length, MSG_NOSIGNAL) < 0)
		return; /* the probe has ended: the case looks at its result */
}

static void put_message(int connection, const __u8 *message, size_t length)
{
	__u8 prefix[2] = {(__u8)(length >> 8), (__u8)length};

	put(connection, prefix, 2);
	put(connection, message, length);
}

static void *serve_one(void *unused)
{
	int connection = accept(server.listener, NULL, NULL);
	__u8 bytes[512];
	ssize_t length;

	(void)unused;
	if (connection < 0)
		return NULL;
	length = recv(connection, bytes, 2, MSG_WAITALL);
	if (length == 2)
		length = recv(connection, bytes + 2, (size_t)(bytes[0] << 8 | bytes[1]),
			      MSG_WAITALL);
	if (length > 12)
		server.serve(connection, bytes + 2, (size_t)length);
	close(connection);
	return NULL;
}

static void server_listen(serve_fn *serve)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(address);

	server.serve = serve;
	server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server.listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server.listener, 4), 0);
	assert_int_equal(getsockname(server.listener, (struct sockaddr *)&address, &length), 0);
	assert_int_equal(resolver_parse("127.0.0.1", &server.key), 0);
	server.key.port = address.sin_port;
	server.key.transport = TRANSPORT_TCP;
}

static struct probe_result probe_for(double timeout_s)
{
	struct probe_options options = {.retry_s = 1, .timeout_s = timeout_s};
	struct probe_result result = {.resolver = server.key};

	assert_int_equal(query_question_make("Example.com", &options.question), 0);
	assert_int_equal(probe_all(&options, &result, 1), 0);
	return result;
}

static struct probe_result probe_of(serve_fn *serve, double timeout_s)
{
	struct probe_result result;

	server_listen(serve);
	assert_int_equal(pthread_create(&server.thread, NULL, serve_one, NULL), 0);
	result = probe_for(timeout_s);
	shutdown(server.listener, SHUT_RDWR);
	pthread_join(server.thread, NULL);
	close(server.listener);
	return result;
}

/* ---- answers -------------------------------------------------------------------------------- */

static void answer(int connection, __u8 *message, size_t length)
{
	message[2] = 0x83; /* truncated, though it is TCP: it is said */
	message[3] = 0x82; /* SERVFAIL */
	put_message(connection, message, length);
}

static void an_answer_ends_it(void **state)
{
	struct probe_result result = probe_of(answer, LONG_S);

	(void)state;
	assert_int_equal(result.outcome, PROBE_ANSWERED);
	assert_int_equal(result.rcode, 2);
	assert_int_equal(result.truncated, 1);
	assert_int_equal(result.tries, 1);
	assert_int_equal(result.answered_try, 1);
	assert_int_equal(result.connected, 1);
	assert_int_equal(result.ignored, 0);
	assert_true(result.rtt_s > 0);
	assert_int_equal(check_probe_cause(&result), CAUSE_SERVER_ERROR);
}

static void answer_by_bytes(int connection, __u8 *message, size_t length)
{
	__u8 prefix[2] = {(__u8)(length >> 8), (__u8)length};
	int on = 1;
	size_t i;

	setsockopt(connection, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof(on));
	message[2] = 0x81;
	put(connection, prefix, 1);
	usleep(20000);
	put(connection, prefix + 1, 1);
	for (i = 0; i < length; i++) {
		if (i < 4)
			usleep(20000);
		put(connection, message + i, 1);
	}
}

static void an_answer_may_come_byte_by_byte(void **state)
{
	struct probe_result result = probe_of(answer_by_bytes, LONG_S);

	(void)state;
	assert_int_equal(result.outcome, PROBE_ANSWERED);
	assert_int_equal(result.rcode, 0);
}

/* An empty message, one with another ID, and the longest one that there is; then the answer. */
static void answer_after_others(int connection, __u8 *message, size_t length)
{
	static __u8 longest[65535];

	message[2] = 0x81;
	put_message(connection, message, 0);
	message[0] ^= 1;
	put_message(connection, message, length);
	put_message(connection, longest, sizeof(longest));
	message[0] ^= 1;
	put_message(connection, message, length);
}

static void other_messages_are_passed_over(void **state)
{
	struct probe_result result = probe_of(answer_after_others, LONG_S);

	(void)state;
	assert_int_equal(result.outcome, PROBE_ANSWERED);
	assert_int_equal(result.ignored, 3);
}

/* More than the question: what is behind it does not matter, and is waited for. */
static void answer_long(int connection, __u8 *message, size_t length)
{
	static __u8 long_one[65535];

	memcpy(long_one, message, length);
	long_one[2] = 0x81;
	put_message(connection, long_one, sizeof(long_one));
}

static void the_longest_answer_is_one(void **state)
{
	(void)state;
	assert_int_equal(probe_of(answer_long, LONG_S).outcome, PROBE_ANSWERED);
}

/* ---- none ----------------------------------------------------------------------------------- */

static void half_an_answer(int connection, __u8 *message, size_t length)
{
	__u8 prefix[2] = {0, (__u8)length};

	message[2] = 0x81;
	put(connection, prefix, 2);
	put(connection, message, length / 2);
}

static void a_connection_that_is_closed_is_not_served(void **state)
{
	struct probe_result result = probe_of(half_an_answer, LONG_S);

	(void)state;
	assert_int_equal(result.outcome, PROBE_CLOSED);
	assert_int_equal(result.error, 0);
	assert_int_equal(check_probe_cause(&result), CAUSE_NOT_SERVED);
	assert_int_equal(check_probe_status(&result), PLUGIN_CRITICAL);
}

static void reset(int connection, __u8 *message, size_t length)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	(void)message;
	(void)length;
	setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

static void a_connection_that_is_reset_is_not_served(void **state)
{
	struct probe_result result = probe_of(reset, LONG_S);

	(void)state;
	assert_int_equal(result.outcome, PROBE_CLOSED);
	assert_int_equal(result.error, ECONNRESET);
	assert_int_equal(check_probe_cause(&result), CAUSE_NOT_SERVED);
}

/* The RST is there before the probe has looked whether it is connected. */
static void a_reset_at_once_is_no_refusal(void **state)
{
	struct probe_result result;
	struct probe_query query;
	struct dns_question question;
	int connection;

	(void)state;
	server_listen(NULL);
	result = (struct probe_result){.resolver = server.key};
	assert_int_equal(query_question_make(NULL, &question), 0);
	stream_query_send(&query, &question, &result);
	connection = accept(server.listener, NULL, NULL);
	assert_true(connection >= 0);
	reset(connection, NULL, 0);
	close(connection);
	close(server.listener);
	/* POLLERR and POLLHUP alone */
	assert_int_equal(poll(&(struct pollfd){.fd = query.fd}, 1, LONG_S * 1000), 1);
	stream_query_receive(&query, &result);
	assert_int_equal(query.fd, -1);
	assert_int_equal(result.outcome, PROBE_CLOSED);
	assert_int_equal(result.error, ECONNRESET);
	assert_int_equal(result.connected, 1);
	assert_int_equal(check_probe_cause(&result), CAUSE_NOT_SERVED);
}

/* The kernel accepts, and no server takes the connection. */
static void one_that_stays_without_an_answer_is_not_served(void **state)
{
	struct probe_result result;

	(void)state;
	server_listen(NULL);
	result = probe_for(SHORT_S);
	close(server.listener);
	assert_int_equal(result.outcome, PROBE_TIMED_OUT);
	assert_int_equal(result.connected, 1);
	assert_int_equal(result.tries, 1);
	assert_int_equal(check_probe_cause(&result), CAUSE_NOT_SERVED);
}

static void a_closed_port_refuses(void **state)
{
	struct probe_result result;

	(void)state;
	server_listen(NULL);
	close(server.listener);
	result = probe_for(LONG_S);
	assert_int_equal(result.outcome, PROBE_UNREACHABLE);
	assert_int_equal(result.error, ECONNREFUSED);
	assert_int_equal(result.has_icmp, 0);
	assert_int_equal(result.connected, 0);
	assert_int_equal(check_probe_cause(&result), CAUSE_PORT_CLOSED);
}

/* ---- with UDP ------------------------------------------------------------------------------- */

static struct probe_result result_of(__u8 transport, enum probe_outcome outcome)
{
	struct probe_result result = {.outcome = outcome, .tries = PROBE_TRIES};

	assert_int_equal(resolver_parse("192.0.2.1", &result.resolver), 0);
	result.resolver.transport = transport;
	return result;
}

static void both_transports_are_joined(void **state)
{
	struct probe_result both[2] = {result_of(TRANSPORT_UDP, PROBE_ANSWERED),
				       result_of(TRANSPORT_TCP, PROBE_TIMED_OUT)};

	(void)state;
	both[0].truncated = 1;
	assert_int_equal(check_probe_joined(&both[1], both, 2).verdict, JOINED_TCP_BLOCKED);
	assert_int_equal(check_probe_joined(&both[1], both, 2).tcp_needed, 1);
	assert_int_equal(check_probe_joined(&both[0], both, 2).verdict, JOINED_NONE);
	both[0] = result_of(TRANSPORT_UDP, PROBE_UNREACHABLE);
	both[0].reason = REASON_PORT;
	both[1] = result_of(TRANSPORT_TCP, PROBE_UNREACHABLE);
	both[1].reason = REASON_PORT;
	both[1].error = ECONNREFUSED;
	assert_int_equal(check_probe_joined(&both[0], both, 2).verdict, JOINED_SERVICE_DOWN);
	assert_int_equal(check_probe_joined(&both[1], both, 2).verdict, JOINED_SERVICE_DOWN);
	both[1].has_icmp = 1; /* a firewall rejects by ICMP, which is no RST */
	both[1].reporter = both[1].resolver.address;
	assert_int_equal(check_probe_joined(&both[0], both, 2).verdict, JOINED_NONE);
}

static void transports_of_the_option(void **state)
{
	char why[OPTION_WHY_SIZE];

	(void)state;
	assert_int_equal(check_transport_option("udp", why), 0);
	assert_int_equal(check_transport_option("tcp", why), 0);
	assert_int_equal(check_transport_option("dot", why), 0);
	assert_int_equal(check_transport_option("doh", why), -EINVAL);
	assert_string_equal(why, "'doh' is none of udp, tcp and dot");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_ends_it),
		cmocka_unit_test(an_answer_may_come_byte_by_byte),
		cmocka_unit_test(other_messages_are_passed_over),
		cmocka_unit_test(the_longest_answer_is_one),
		cmocka_unit_test(a_connection_that_is_closed_is_not_served),
		cmocka_unit_test(a_connection_that_is_reset_is_not_served),
		cmocka_unit_test(a_reset_at_once_is_no_refusal),
		cmocka_unit_test(one_that_stays_without_an_answer_is_not_served),
		cmocka_unit_test(a_closed_port_refuses),
		cmocka_unit_test(both_transports_are_joined),
		cmocka_unit_test(transports_of_the_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
