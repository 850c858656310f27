/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * To be preloaded: a wall clock that somebody sets. CLOCK_REALTIME is as many seconds off as the
 * file of $CLOCK_OFFSET says, read anew each time; other clocks are left alone. (Time namespaces of
 * the kernel have monotonic and boot time only.)
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *t)
{
	const char *path = getenv("CLOCK_OFFSET");
	int err = syscall(SYS_clock_gettime, id, t);
	long offset = 0;
	FILE *f;

	if (err || id != CLOCK_REALTIME || !path)
		return err;
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%ld", &offset) == 1)
		t->tv_sec += offset;
	fclose(f);
	return 0;
}
