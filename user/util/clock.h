/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Clocks, and times as text. Only commands and monitor/ read a clock; other code gets the time as
 * an argument.
 */
#ifndef UTIL_CLOCK_H
#define UTIL_CLOCK_H

#include <linux/types.h>

#define NS_PER_S 1000000000ULL
#define CLOCK_TEXT_SIZE 40

/* Returns CLOCK_MONOTONIC in ns, the clock of the BPF programs (bpf_ktime_get_ns()). */
__u64 clock_monotonic_ns(void);

/* Returns CLOCK_REALTIME in ns since 1970-01-01 UTC. */
__u64 clock_wall_ns(void);

/* Returns CLOCK_BOOTTIME in ns since boot; it runs while the machine sleeps, as the wall clock
 * does. */
__u64 clock_boottime_ns(void);

/* Returns the time that this thread has spent on a CPU, in ns. */
__u64 clock_cpu_ns(void);

/* A start on both clocks. `follows`: it moves when the wall clock is set. */
struct start_time {
	__u64 wall_ns, boot_ns;
	int follows;
};

/*
 * Returns the start in ns since 1970. It does not change while the wall clock is slewed: to a
 * receiver another start means a reset. It is never in the future, which receivers refuse.
 */
__u64 start_time_wall_ns(struct start_time *begun, __u64 wall_ns, __u64 boot_ns);

/* Writes 2026-01-31T13:24:32.192571Z. Returns `out`. */
const char *clock_rfc3339(__u64 wall_ns, char out[CLOCK_TEXT_SIZE]);

/* Writes 13:24:32, in UTC. Returns `out`. */
const char *clock_time_of_day(__u64 wall_ns, char out[CLOCK_TEXT_SIZE]);

#endif
