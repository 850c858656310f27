/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One engine under comparison, whatever its maps look like. The plain engine has an ABI header of
 * its own, so nothing here is of either one's types.
 */
#ifndef SIDE_H
#define SIDE_H

#include "../packet/frames.h"

#include <stddef.h>
#include <stdint.h>

#define SIDE_NUMBERS 160 /* at least COUNTER_MAX + RTT_BUCKETS + MOMENT_MAX */
#define SIDE_RESOLVERS 512
#define SIDE_SELF 16
/*
 * What is remembered gives way by buckets in the fast engine and when all is full in the plain one:
 * with so many times the room neither has to.
 */
#define SIDE_ROOM 16

struct side_config {
	uint64_t timeout_ns;
	uint32_t max_resolvers, max_in_flight;
	int short_quotes;
};

/*
 * Not compared, and 0 here: when a failing run began. It depends on the order in which the sweep
 * meets those that have timed out, which is a table's own.
 */
struct side_resolver {
	uint8_t key[24];
	uint64_t in_flight;
	uint64_t n[SIDE_NUMBERS]; /* counters, then the RTT buckets, then the moments */
};

struct side_totals {
	struct side_resolver resolvers[SIDE_RESOLVERS]; /* sorted by key */
	size_t count;
	uint64_t self[SIDE_SELF];
	uint64_t in_flight;
};

struct side {
	const char *name;
	void (*start)(const struct side_config *config);
	void (*set_clock)(uint64_t now); /* of the packets that follow, on all CPUs */
	void (*packet)(const struct frame *f, uint32_t ifindex, int out);
	void (*sweep)(void);
	void (*read)(struct side_totals *ret);
	void (*stop)(void);
};

extern const struct side plain_native, plain_kernel, fast_native, fast_kernel;

/* What fails here is the test's own: says so and ends it. */
void side_fail(const char *what);
void side_sort(struct side_totals *t);

/* For those that run in the kernel. */
void side_test_run(int program, const struct frame *f, uint32_t ifindex);
#define side_takes(f) (!(f)->native_only && !(f)->tagged && (f)->length >= 60)

#endif
