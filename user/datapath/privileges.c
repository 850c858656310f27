/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Capabilities by the system calls themselves: two calls need no library. */
#include "datapath/privileges.h"

#include "util/log.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

#define BIT(capability) (1ULL << (capability))
#define LOADING (BIT(CAP_BPF) | BIT(CAP_NET_ADMIN) | BIT(CAP_PERFMON))
#define RUNNING (BIT(CAP_BPF) | BIT(CAP_NET_ADMIN))
#define READING_PROCESSES (BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH))

static int read_capabilities(uint64_t *effective)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	if (syscall(SYS_capget, &header, data))
		return -errno;
	*effective = data[0].effective | (uint64_t)data[1].effective << 32;
	return 0;
}

/*
 * Nothing is inheritable: so the kernel clears the ambient set, too, which holds only what is both
 * permitted and inheritable (capabilities(7)).
 */
static int write_capabilities(uint64_t set)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.effective = set, .permitted = set},
		{.effective = set >> 32, .permitted = set >> 32},
	};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

int privileges_check_loading(void)
{
	static const struct {
		int number;
		const char *name;
	} needed[] = {{CAP_BPF, "CAP_BPF"},
		      {CAP_NET_ADMIN, "CAP_NET_ADMIN"},
		      {CAP_PERFMON, "CAP_PERFMON"}};
	char missing[64] = ""; /* the three names, with a space before each */
	uint64_t have = 0;
	size_t used = 0;
	unsigned i;

	/* CAP_SYS_ADMIN includes the other two, which were split from it in Linux 5.8. */
	if (read_capabilities(&have) || (have & LOADING) == LOADING ||
	    (have & BIT(CAP_SYS_ADMIN) && have & BIT(CAP_NET_ADMIN)))
		return 0; /* where it cannot be read, loading fails with its own message */
	for (i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		if (!(have & BIT(needed[i].number)))
			used += (size_t)sprintf(missing + used, " %s", needed[i].name);
	}
	log_error("not enough privilege, missing:%s; run it as root (sudo), or give the user these "
		  "three capabilities",
		  missing);
	return -EPERM;
}

int privileges_keep_running(void)
{
	uint64_t have = 0;
	int err = read_capabilities(&have);
	uint64_t keep = have & RUNNING;

	if (err)
		return err;
	if (!(keep & BIT(CAP_BPF))) /* CAP_SYS_ADMIN includes it */
		keep |= have & BIT(CAP_SYS_ADMIN);
	return write_capabilities(keep);
}

int privileges_keep_reading_processes(void)
{
	uint64_t have = 0;
	int err = read_capabilities(&have);

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return err ? err : write_capabilities(have & READING_PROCESSES);
}

int privileges_can_read_processes(void)
{
	uint64_t have = 0;

	return !read_capabilities(&have) && have & BIT(CAP_SYS_PTRACE);
}

#define NOBODY 65534 /* also the overflow user ID of the kernel; it has no files of its own */

/*
 * Becomes nobody. In a user namespace without that user it stays what it is: there root has no
 * files of the host either.
 */
static int become_nobody(void)
{
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		return errno == EINVAL || errno == EPERM ? 0 : -errno;
	return 0;
}

int privileges_drop_capabilities(void)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return write_capabilities(0);
}

int privileges_drop_all(void)
{
	int err = geteuid() ? 0 : become_nobody();

	if (!err)
		err = privileges_drop_capabilities();
	if (err)
		log_error("cannot drop privileges: %s", strerror(-err));
	return err;
}

int privileges_become_user(unsigned uid)
{
	if (prctl(PR_SET_KEEPCAPS, 1) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		return -errno;
	return write_capabilities(LOADING);
}
