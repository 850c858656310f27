// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Sockets and processes of queries: looked up in the kernel and in /proc, with sockets of this
 * test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "monitor/process_names.h"
#include "util/socket_owner.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sockaddr_in ipv4_of(__u32 address, __u16 port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(address),
				    .sin_port = htons(port)};
}

/* Opens a socket that asks 127.0.0.53, port 9. Returns it, and its own address. */
static int open_asking(int is_connected, struct sockaddr_in *local)
{
	struct sockaddr_in remote = ipv4_of(0x7f000035, 9);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t length = sizeof(*local);

	assert_true(fd >= 0);
	*local = ipv4_of(INADDR_ANY, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)local, sizeof(*local)), 0);
	if (is_connected)
		assert_int_equal(connect(fd, (struct sockaddr *)&remote, sizeof(remote)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)local, &length), 0);
	local->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return fd;
}

static __u32 inode_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (__u32)st.st_ino;
}

static int lookup(const struct sockaddr_in *local, struct socket_identity *ret)
{
	struct sockaddr_in remote = ipv4_of(0x7f000035, 9);

	return socket_lookup_udp((const struct sockaddr *)local, (const struct sockaddr *)&remote,
				 ret);
}

static void a_socket_is_found_by_its_addresses(void **state)
{
	struct socket_identity found;
	struct sockaddr_in local;
	int is_connected, fd;

	(void)state;
	for (is_connected = 0; is_connected < 2; is_connected++) {
		fd = open_asking(is_connected, &local);
		memset(&found, 0, sizeof(found));
		assert_int_equal(lookup(&local, &found), 0);
		assert_int_equal(found.inode, inode_of(fd));
		assert_int_equal(found.user_id, geteuid());
		close(fd);
	}
}

static void a_mapped_address_is_one_of_ipv4(void **state)
{
	struct sockaddr_in6 local = {.sin6_family = AF_INET6}, remote = local;
	struct socket_identity found;
	struct sockaddr_in ipv4;
	int fd = open_asking(1, &ipv4);

	(void)state;
	local.sin6_port = ipv4.sin_port;
	remote.sin6_port = htons(9);
	local.sin6_addr.s6_addr32[2] = remote.sin6_addr.s6_addr32[2] = htonl(0xffff);
	local.sin6_addr.s6_addr32[3] = ipv4.sin_addr.s_addr;
	remote.sin6_addr.s6_addr32[3] = htonl(0x7f000035);
	assert_int_equal(socket_lookup_udp((struct sockaddr *)&local, (struct sockaddr *)&remote,
					   &found),
			 0);
	assert_int_equal(found.inode, inode_of(fd));
	close(fd);
}

static void a_socket_of_ipv6_is_found(void **state)
{
	struct sockaddr_in6 local = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in6 remote = local;
	struct socket_identity found = {0};
	socklen_t length = sizeof(local);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	if (fd < 0 || bind(fd, (struct sockaddr *)&local, sizeof(local)))
		skip(); /* a host without IPv6 */
	remote.sin6_port = htons(9);
	assert_int_equal(connect(fd, (struct sockaddr *)&remote, sizeof(remote)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&local, &length), 0);
	assert_int_equal(socket_lookup_udp((struct sockaddr *)&local, (struct sockaddr *)&remote,
					   &found),
			 0);
	assert_int_equal(found.inode, inode_of(fd));
	close(fd);
}

static void a_closed_socket_is_not_found(void **state)
{
	struct socket_identity found;
	struct sockaddr_in local;

	(void)state;
	close(open_asking(1, &local));
	assert_int_equal(lookup(&local, &found), -ENOENT);
}

/* A query that is forwarded may have the port of a socket of this host by chance. */
static void an_address_of_another_host_has_no_socket_here(void **state)
{
	struct socket_identity found;
	struct sockaddr_in local;
	int fd = open_asking(0, &local);

	(void)state;
	local.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1, RFC 5737 */
	assert_int_equal(lookup(&local, &found), -EADDRNOTAVAIL);
	close(fd);
}

static void a_process_is_found_by_its_socket(void **state)
{
	struct process_socket sockets[2] = {{0}};
	struct sockaddr_in local;
	int fd = open_asking(1, &local);
	char name[PROCESS_NAME_SIZE];

	(void)state;
	assert_int_equal(prctl(PR_GET_NAME, name), 0);
	assert_int_equal(prctl(PR_SET_NAME, "a\x1b[1m\xff\n"), 0);
	sockets[0].inode = inode_of(fd);
	sockets[1].inode = UINT32_MAX; /* of no process */
	process_sockets_find("/proc", sockets, 2);
	assert_int_equal(sockets[0].pid, getpid());
	assert_string_equal(sockets[0].name, "a?[1m??");
	assert_int_equal(sockets[1].pid, 0);
	prctl(PR_SET_NAME, name);
	close(fd);
}

static void without_proc_no_process_is_found(void **state)
{
	struct process_socket socket_of_none = {.inode = 1};

	(void)state;
	process_sockets_find("/nowhere", &socket_of_none, 1);
	assert_int_equal(socket_of_none.pid, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_socket_is_found_by_its_addresses),
		cmocka_unit_test(a_mapped_address_is_one_of_ipv4),
		cmocka_unit_test(a_socket_of_ipv6_is_found),
		cmocka_unit_test(a_closed_socket_is_not_found),
		cmocka_unit_test(an_address_of_another_host_has_no_socket_here),
		cmocka_unit_test(a_process_is_found_by_its_socket),
		cmocka_unit_test(without_proc_no_process_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
