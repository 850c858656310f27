// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See clock.h. */
#include "util/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static __u64 clock_read(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (__u64)now.tv_sec * NS_PER_S + (__u64)now.tv_nsec;
}

__u64 clock_monotonic_ns(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

__u64 clock_wall_ns(void)
{
	return clock_read(CLOCK_REALTIME);
}

__u64 clock_boottime_ns(void)
{
	return clock_read(CLOCK_BOOTTIME);
}

__u64 clock_cpu_ns(void)
{
	return clock_read(CLOCK_THREAD_CPUTIME_ID);
}

__u64 start_time_wall_ns(struct start_time *begun, __u64 wall_ns, __u64 boot_ns)
{
	__u64 age = boot_ns - begun->boot_ns;
	__u64 moved = age < wall_ns ? wall_ns - age : 0;
	__u64 by = moved > begun->wall_ns ? moved - begun->wall_ns : begun->wall_ns - moved;

	if (begun->wall_ns > wall_ns || (begun->follows && by > NS_PER_S))
		begun->wall_ns = moved;
	return begun->wall_ns < wall_ns ? begun->wall_ns : wall_ns;
}

static void utc_format(__u64 wall_ns, const char *format, char out[CLOCK_TEXT_SIZE])
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm utc;

	gmtime_r(&seconds, &utc);
	if (!strftime(out, CLOCK_TEXT_SIZE, format, &utc))
		out[0] = '\0';
}

const char *clock_rfc3339(__u64 wall_ns, char out[CLOCK_TEXT_SIZE])
{
	size_t length;

	utc_format(wall_ns, "%Y-%m-%dT%H:%M:%S", out);
	length = strlen(out);
	snprintf(out + length, CLOCK_TEXT_SIZE - length, ".%06uZ",
		 (unsigned int)(wall_ns % NS_PER_S / 1000));
	return out;
}

const char *clock_time_of_day(__u64 wall_ns, char out[CLOCK_TEXT_SIZE])
{
	utc_format(wall_ns, "%H:%M:%S", out);
	return out;
}
