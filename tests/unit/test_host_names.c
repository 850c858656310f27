// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The full name of this host, from a file like /etc/hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "util/host_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/dnsreach-hosts-XXXXXX";

static void hosts_are(const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void assert_full_name(const char *hosts, const char *expected)
{
	char full[HOST_NAME_SIZE];

	hosts_are(hosts);
	host_full_name(path, "web7", full);
	assert_string_equal(full, expected);
}

static void the_full_name_stands_beside_the_short_one(void **state)
{
	(void)state;
	assert_full_name("127.0.0.1\tlocalhost\n127.0.1.1\tweb7.dc1.example\tweb7\n",
			 "web7.dc1.example");
	assert_full_name("192.0.2.7 web7 www.example web7.dc1.example\n", "web7.dc1.example");
	assert_full_name("::1 WEB7.dc1.example web7", "WEB7.dc1.example");
	assert_full_name(
		"# web7.evil.example web7\n127.0.1.1 web7.a.example web7 # web7.b.example\n",
		"web7.a.example");
}

/* A list of names to block, or of other hosts, is none of this host's names. */
static void other_names_are_not_this_hosts(void **state)
{
	(void)state;
	assert_full_name("", "");
	assert_full_name("127.0.1.1 web7\n", "");
	assert_full_name("0.0.0.0 web7.evil.example\n127.0.1.1 web7\n", "");
	assert_full_name("127.0.1.1 web70.dc1.example web7\n", "");
	assert_full_name("127.0.1.1 web7. web7\n", "");
	assert_full_name("web7.dc1.example web7\n", "");
}

static void without_a_file_or_a_name_there_is_none(void **state)
{
	char full[HOST_NAME_SIZE] = "x";

	(void)state;
	host_full_name("/nonexistent/hosts", "web7", full);
	assert_string_equal(full, "");
	hosts_are("127.0.1.1 .dc1.example\n");
	host_full_name(path, "", full);
	assert_string_equal(full, "");
}

static void the_short_name_is_that_of_the_kernel(void **state)
{
	char host[HOST_NAME_SIZE] = "", line[2 * HOST_NAME_SIZE + 64], full[HOST_NAME_SIZE + 16];
	struct host_names names;

	(void)state;
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	snprintf(full, sizeof(full), "%s.dc1.example", host);
	snprintf(line, sizeof(line), "127.0.1.1 %s %s\n", full, host);
	hosts_are(line);
	host_names_read(path, &names);
	assert_string_equal(names.host, host);
	assert_string_equal(names.full, full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_full_name_stands_beside_the_short_one),
		cmocka_unit_test(other_names_are_not_this_hosts),
		cmocka_unit_test(without_a_file_or_a_name_there_is_none),
		cmocka_unit_test(the_short_name_is_that_of_the_kernel),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
