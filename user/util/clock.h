/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The two clocks, and a moment as text. Only commands read the clocks: everything else is given
 * its time as an argument.
 */
#ifndef UTIL_CLOCK_H
#define UTIL_CLOCK_H

#include <linux/types.h>

#define NS_PER_S 1000000000ULL
#define CLOCK_TEXT_SIZE 40

/* What the kernel side ages transactions with (bpf_ktime_get_ns). */
__u64 clock_monotonic_ns(void);

/* Since 1970-01-01 UTC. */
__u64 clock_wall_ns(void);

/* Since boot, and running while the machine sleeps, as the wall clock does. */
__u64 clock_boottime_ns(void);

/* When something began, on both clocks. `follows`: moved when the wall clock is set. */
struct start_time {
	__u64 wall_ns, boot_ns;
	int follows;
};

/*
 * The same, since 1970, as it is to be told now. It stays while the wall clock is slewed, for
 * another time means another beginning; but it is never in the future: who gets it would refuse.
 */
__u64 start_time_wall_ns(struct start_time *begun, __u64 wall_ns, __u64 boot_ns);

/* 2026-01-31T13:24:32.192571Z. Returns `out`. */
const char *clock_rfc3339(__u64 wall_ns, char out[CLOCK_TEXT_SIZE]);

/* 13:24:32, in UTC. Returns `out`. */
const char *clock_time_of_day(__u64 wall_ns, char out[CLOCK_TEXT_SIZE]);

#endif
