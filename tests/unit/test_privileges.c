// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Privileges that are dropped are gone: tried in a child process of root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "datapath/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Returns the capabilities of this line of /proc/self/status ("CapEff", ...). */
static unsigned long long capabilities(const char *name)
{
	unsigned long long set = ~0ULL;
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			sscanf(line + strlen(name), ": %llx", &set);
	if (f)
		fclose(f);
	return set;
}

/* Runs `f` in a child of its own. Returns its exit code. */
static int in_a_child(int (*f)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid)
		_exit(f());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

/* Gives a child of ours, too, what we have: as a unit file with AmbientCapabilities= does. */
static int raise_ambient(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -1;
	data[0].inheritable = data[0].permitted;
	data[1].inheritable = data[1].permitted;
	if (syscall(SYS_capset, &header, data))
		return -1;
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0);
}

/* Returns 1 when a child would inherit capabilities, or this process can take some again. */
static int keeps_for_children(void)
{
	return capabilities("CapAmb") || capabilities("CapInh");
}

static int drop_all(void)
{
	const gid_t groups[] = {0, 4};

	if (setgroups(2, groups) || raise_ambient() || privileges_drop_all())
		return 1;
	if (capabilities("CapEff") || capabilities("CapPrm") || keeps_for_children())
		return 2;
	if (getuid() == 0 || geteuid() == 0 || getgid() == 0 || getegid() == 0)
		return 3;
	if (getgroups(0, NULL))
		return 4;
	if (open("/etc/shadow", O_WRONLY) >= 0 || open("/etc/shadow", O_RDONLY) >= 0)
		return 5;
	if (open("/etc/dnsreach-test", O_WRONLY | O_CREAT, 0600) >= 0)
		return 6;
	if (!setresuid(0, 0, 0) || !seteuid(0) || !setegid(0))
		return 7;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 8;
}

/* The parser of an untrusted file that somebody has taken over must not be root. */
static void all_dropped_is_nobody_without_any_right(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(in_a_child(drop_all), 0);
}

#define RUNNING ((1ULL << 39) | (1ULL << 12)) /* CAP_BPF, CAP_NET_ADMIN */

static int keep_running(void)
{
	if (raise_ambient() || privileges_keep_running())
		return 1;
	if (capabilities("CapEff") != RUNNING || capabilities("CapPrm") != RUNNING)
		return 2;
	return keeps_for_children() ? 3 : 0;
}

static void what_runs_keeps_two_capabilities(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(in_a_child(keep_running), 0);
}

#define READING_PROCESSES ((1ULL << 19) | (1ULL << 2)) /* CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH */

static int keep_reading_processes(void)
{
	if (raise_ambient() || !privileges_can_read_processes() ||
	    privileges_keep_reading_processes())
		return 1;
	if (capabilities("CapEff") != READING_PROCESSES ||
	    capabilities("CapPrm") != READING_PROCESSES)
		return 2;
	if (!privileges_can_read_processes() || privileges_keep_running())
		return 3;
	if (capabilities("CapPrm") || privileges_can_read_processes())
		return 4;
	if (keeps_for_children())
		return 5;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 6;
}

static void the_reader_of_processes_keeps_two_others(void **state)
{
	(void)state;
	if (geteuid() || !(capabilities("CapEff") & 1ULL << 19))
		skip();
	assert_int_equal(in_a_child(keep_reading_processes), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_dropped_is_nobody_without_any_right),
		cmocka_unit_test(what_runs_keeps_two_capabilities),
		cmocka_unit_test(the_reader_of_processes_keeps_two_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
