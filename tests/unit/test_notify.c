/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the service manager says in the environment, and to which process (sd_listen_fds(3)). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/notify.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PASSED_FD 3

static void set_pid(const char *variable, int pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	setenv(variable, text, 1);
}

static void the_watchdog_is_that_of_this_process(void **state)
{
	(void)state;
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	assert_true(notify_watchdog_s() == 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_true(notify_watchdog_s() == 30);
	set_pid("WATCHDOG_PID", getpid());
	assert_true(notify_watchdog_s() == 30);
	set_pid("WATCHDOG_PID", getpid() + 1);
	assert_true(notify_watchdog_s() == 0);
}

static void receive(int fd, const char *name, void *context)
{
	assert_int_equal(fd, PASSED_FD);
	snprintf(context, 64, "%s", name);
}

/* Passes one descriptor to the process of this number. Returns its name, or "". */
static const char *receive_from(int pid)
{
	static char name[64];
	int fd = open("/dev/null", O_RDONLY);

	if (fd != PASSED_FD)
		dup2(fd, PASSED_FD);
	name[0] = '\0';
	set_pid("LISTEN_PID", pid);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_FDNAMES", "page", 1);
	notify_receive_fds(receive, name);
	return name;
}

static void descriptors_for_another_process_are_not_ours(void **state)
{
	(void)state;
	assert_string_equal(receive_from(getpid() + 1), "");
	assert_string_equal(receive_from(getpid()), "page");
}

static void no_child_gets_what_was_passed(void **state)
{
	(void)state;
	receive_from(getpid());
	assert_int_equal(fcntl(PASSED_FD, F_GETFD), FD_CLOEXEC);
	assert_null(getenv("LISTEN_FDS"));
	assert_null(getenv("LISTEN_PID"));
	assert_null(getenv("LISTEN_FDNAMES"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_watchdog_is_that_of_this_process),
		cmocka_unit_test(descriptors_for_another_process_are_not_ours),
		cmocka_unit_test(no_child_gets_what_was_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
