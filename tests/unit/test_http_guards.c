/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What keeps a browser's other pages out: on every kind of loopback address a Host header that
 * could be a rebound name is refused (421), elsewhere any name is answered; and no site may frame a
 * page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http_rig.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>

#define EVIL "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
#define LOCAL "GET / HTTP/1.1\r\nHost: localhost:9753\r\nConnection: close\r\n\r\n"

static struct sockaddr_storage address_of(const char *text, socklen_t *length)
{
	struct sockaddr_storage ret = {0};
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)&ret;
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&ret;

	*length = sizeof(*ipv4);
	ret.ss_family = AF_INET;
	if (inet_pton(AF_INET, text, &ipv4->sin_addr) == 1)
		return ret;
	*length = sizeof(*ipv6);
	ret.ss_family = AF_INET6;
	assert_int_equal(inet_pton(AF_INET6, text, &ipv6->sin6_addr), 1);
	return ret;
}

/* Returns a socket that listens at a port of this address; -1 where this host has none such. */
static int listen_at(const char *text, __be16 *port)
{
	socklen_t length;
	struct sockaddr_storage address = address_of(text, &length);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), off = 0;

	if (fd < 0)
		return -1;
	if (address.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (struct sockaddr *)&address, length) || listen(fd, 8)) {
		close(fd);
		return -1;
	}
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*port = ((const struct sockaddr_in *)&address)->sin_port; /* sin6_port lies there, too */
	return fd;
}

static int connect_at(const char *text, __be16 port)
{
	socklen_t length;
	struct sockaddr_storage address = address_of(text, &length);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	((struct sockaddr_in *)&address)->sin_port = port;
	assert_int_equal(connect(fd, (struct sockaddr *)&address, length), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* Listens at `own`, and asks at `to`: a name of somebody else is refused there. */
static void assert_guarded(const char *own, const char *to)
{
	struct rig rig = {0};
	__be16 port = 0;
	int fd = listen_at(own, &port);

	if (fd < 0)
		skip();
	snprintf(rig.listen, sizeof(rig.listen), "fd:%d", fd);
	assert_int_equal(http_server_open(rig.listen, handler, &rig, &rig.server), 0);
	assert_status(exchange_bytes(&rig, connect_at(to, port), EVIL, strlen(EVIL)), "421");
	assert_int_equal(rig.asked, 0);
	assert_status(exchange_bytes(&rig, connect_at(to, port), LOCAL, strlen(LOCAL)), "200");
	http_server_close(rig.server);
}

static void on_loopback_of_ipv4(void **state)
{
	(void)state;
	assert_guarded("127.0.0.1", "127.0.0.1");
}

static void on_any_other_loopback_of_ipv4(void **state)
{
	(void)state;
	assert_guarded("127.9.8.7", "127.9.8.7");
}

static void on_loopback_of_ipv6(void **state)
{
	(void)state;
	assert_guarded("::1", "::1");
}

static void on_loopback_of_ipv4_in_ipv6(void **state)
{
	(void)state;
	assert_guarded("::", "127.0.0.1");
}

/* Whatever net.ipv6.bindv6only says. */
static void any_address_of_ipv6_takes_ipv4(void **state)
{
	struct rig rig = {0};
	__be16 port = 0;
	int fd = listen_at("::", &port);

	(void)state;
	if (fd < 0)
		skip();
	close(fd); /* a port that is free */
	snprintf(rig.listen, sizeof(rig.listen), "[::]:%u", ntohs(port));
	assert_int_equal(http_server_open(rig.listen, handler, &rig, &rig.server), 0);
	assert_status(exchange_bytes(&rig, connect_at("127.0.0.1", port), LOCAL, strlen(LOCAL)),
		      "200");
	http_server_close(rig.server);
}

static void elsewhere_any_name_is_answered(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	assert_status(exchange(&rig, EVIL), "200");
	rig_end(&rig);
}

static void no_site_frames_a_page_that_says_nothing_of_it(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	assert_has(exchange(&rig, LOCAL),
		   "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n");
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_loopback_of_ipv4),
		cmocka_unit_test(on_any_other_loopback_of_ipv4),
		cmocka_unit_test(on_loopback_of_ipv6),
		cmocka_unit_test(on_loopback_of_ipv4_in_ipv6),
		cmocka_unit_test(any_address_of_ipv6_takes_ipv4),
		cmocka_unit_test(elsewhere_any_name_is_answered),
		cmocka_unit_test(no_site_frames_a_page_that_says_nothing_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
