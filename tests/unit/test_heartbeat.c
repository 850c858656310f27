/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Queries of our own, to sockets on loopback: what is sent when, and what is said of a refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/heartbeat.h"
#include "says.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define START_NS (1000 * NS_PER_S)

struct resolver {
	int fd;
	struct resolver_key key;
};

/* A socket of a resolver, on a port of its own. */
static struct resolver resolver_open(void)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(own);
	struct resolver resolver;

	assert_int_equal(resolver_parse("127.0.0.1", &resolver.key), 0);
	resolver.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(resolver.fd >= 0);
	assert_int_equal(bind(resolver.fd, (struct sockaddr *)&own, sizeof(own)), 0);
	assert_int_equal(getsockname(resolver.fd, (struct sockaddr *)&own, &length), 0);
	resolver.key.port = own.sin_port;
	return resolver;
}

/* Returns how many queries have come; the last one's bytes and sender go to the two others. */
static unsigned int received(const struct resolver *resolver, __u8 bytes[64],
			     struct sockaddr_in *from)
{
	socklen_t length = sizeof(*from);
	unsigned int count = 0;

	while (recvfrom(resolver->fd, bytes, 64, 0, (struct sockaddr *)from, &length) > 0)
		count++;
	return count;
}

static unsigned int received_count(const struct resolver *resolver)
{
	struct sockaddr_in from;
	__u8 bytes[64];

	return received(resolver, bytes, &from);
}

static struct heartbeat *opened(double interval_s, double timeout_s)
{
	struct heartbeat *h;

	assert_int_equal(heartbeat_open(interval_s, timeout_s, NULL, &h), 0);
	return h;
}

static void each_resolver_gets_one_question_at_a_time(void **state)
{
	struct resolver a = resolver_open(), b = resolver_open();
	const struct resolver_key keys[] = {a.key, b.key};
	struct heartbeat *h = opened(60, 5);
	unsigned int second, sent = 0;

	(void)state;
	for (second = 0; second < 120; second++)
		sent += heartbeat_tick(h, keys, 2, START_NS + second * NS_PER_S);
	assert_int_equal(sent, 4);
	assert_int_equal(received_count(&a), 2);
	assert_int_equal(received_count(&b), 2);
	heartbeat_close(h);
	close(a.fd);
	close(b.fd);
}

/* The root's name servers: in the cache of every resolver. */
static void the_question_is_an_ordinary_one(void **state)
{
	static const __u8 expected[] = {1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1};
	struct resolver a = resolver_open();
	struct heartbeat *h = opened(60, 5);
	struct sockaddr_in from;
	__u8 bytes[64];

	(void)state;
	assert_int_equal(heartbeat_tick(h, &a.key, 1, START_NS), 1);
	assert_int_equal(received(&a, bytes, &from), 1);
	assert_memory_equal(bytes + 2, expected, sizeof(expected));
	heartbeat_close(h);
	close(a.fd);
}

static void the_name_is_an_option(void **state)
{
	static const __u8 expected[] = {2, 'o', 'k', 4, 't', 'e', 's', 't', 0, 0, 1, 0, 1};
	struct resolver a = resolver_open();
	char why[OPTION_WHY_SIZE];
	struct sockaddr_in from;
	struct heartbeat *h;
	__u8 bytes[64];

	(void)state;
	assert_int_equal(heartbeat_open(60, 5, "ok.test.", &h), 0);
	assert_int_equal(heartbeat_tick(h, &a.key, 1, START_NS), 1);
	assert_int_equal(received(&a, bytes, &from), 1);
	assert_memory_equal(bytes + 12, expected, sizeof(expected));
	assert_int_equal(check_heartbeat_name("ok.test.", why), 0);
	assert_int_equal(check_heartbeat_name("..", why), -EINVAL);
	assert_int_equal(check_heartbeat_name("ok..test", why), -EINVAL);
	assert_says(why, "'ok..test' is not a domain name");
	heartbeat_close(h);
	close(a.fd);
}

/* Returns 0 when a response finds an open socket; else the errno of the ICMP message. */
static int answer_error(const struct resolver *resolver, const struct sockaddr_in *to)
{
	int on = 1;

	assert_int_equal(setsockopt(resolver->fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on)), 0);
	if (sendto(resolver->fd, "x", 1, 0, (const struct sockaddr *)to, sizeof(*to)) < 0)
		return errno;
	return recv(resolver->fd, &on, sizeof(on), 0) < 0 && errno != EAGAIN ? errno : 0;
}

/* A response that comes within the timeout must not bring the resolver an ICMP message. */
static void a_socket_waits_for_the_timeout(void **state)
{
	struct resolver a = resolver_open();
	struct heartbeat *h = opened(60, 5);
	struct sockaddr_in from;
	__u64 sent_ns = clock_monotonic_ns();
	__u8 bytes[64];

	(void)state;
	assert_int_equal(heartbeat_tick(h, &a.key, 1, sent_ns), 1);
	assert_int_equal(received(&a, bytes, &from), 1);
	heartbeat_tick(h, &a.key, 1, sent_ns + 4 * NS_PER_S);
	assert_int_equal(answer_error(&a, &from), 0);
	heartbeat_tick(h, &a.key, 1, sent_ns + 60 * NS_PER_S - NS_PER_S);
	assert_int_equal(answer_error(&a, &from), ECONNREFUSED);
	heartbeat_close(h);
	close(a.fd);
}

static void the_list_may_change(void **state)
{
	struct resolver a = resolver_open(), b = resolver_open();
	struct heartbeat *h = opened(5, 5);

	(void)state;
	assert_int_equal(heartbeat_tick(h, &a.key, 1, START_NS), 1);
	assert_int_equal(heartbeat_tick(h, &b.key, 1, START_NS + 5 * NS_PER_S), 1);
	assert_int_equal(heartbeat_tick(h, &b.key, 0, START_NS + 10 * NS_PER_S), 0);
	assert_int_equal(received_count(&a), 1);
	assert_int_equal(received_count(&b), 1);
	heartbeat_close(h);
	close(a.fd);
	close(b.fd);
}

/* More than there is room for: those that fit are asked. */
static void the_list_is_bounded(void **state)
{
	struct resolver_key keys[CONFIGURED_MAX + 5];
	struct resolver a = resolver_open();
	struct heartbeat *h = opened(5, 5);
	size_t i;

	(void)state;
	for (i = 0; i < CONFIGURED_MAX + 5; i++) {
		keys[i] = a.key;
		keys[i].address.w[3] = htonl(INADDR_LOOPBACK + (__u32)i);
	}
	assert_int_equal(heartbeat_tick(h, keys, CONFIGURED_MAX + 5, START_NS), CONFIGURED_MAX);
	heartbeat_close(h);
	close(a.fd);
}

/* This host refuses to send to a broadcast address: EACCES. That of lo needs no route. */
static void a_refusal_is_logged_once(void **state)
{
	struct heartbeat *h = opened(5, 5);
	struct resolver_key key;
	struct buffer said = {0};

	(void)state;
	assert_int_equal(resolver_parse("127.255.255.255", &key), 0);
	log_set_sink(log_sink_buffer, &said);
	assert_int_equal(heartbeat_tick(h, &key, 1, START_NS), 0);
	assert_says(said.text, "--heartbeat: cannot ask 127.255.255.255: Permission denied; allow "
			       "it in IPAddressAllow= of the unit (systemctl edit dnsreach)");
	buffer_reset(&said);
	assert_int_equal(heartbeat_tick(h, &key, 1, START_NS + 5 * NS_PER_S), 0);
	assert_int_equal(said.used, 0);
	log_set_sink(NULL, NULL);
	buffer_free(&said);
	heartbeat_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_resolver_gets_one_question_at_a_time),
		cmocka_unit_test(the_question_is_an_ordinary_one),
		cmocka_unit_test(the_name_is_an_option),
		cmocka_unit_test(a_socket_waits_for_the_timeout),
		cmocka_unit_test(the_list_may_change),
		cmocka_unit_test(the_list_is_bounded),
		cmocka_unit_test(a_refusal_is_logged_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
