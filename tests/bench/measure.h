/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Samples of nanoseconds, and how they are taken: floor, program, floor, with the same packet on
 * one CPU; the sample is the program less the mean of the two, kept when both floors were quiet.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include "../packet/frames.h"

#include <linux/types.h>

#define SAMPLES_MOST 400
#define QUIET 1.12 /* a floor of more than this times the least one seen is a noisy moment */

struct samples {
	double v[SAMPLES_MOST];
	int count, tried;
	double floor; /* the least one */
};

/* The interface that packets are on: `lo`, or one of a namespace of its own. As root, before
 * others. */
extern __u32 measure_ifindex;
void measure_make_link(void);

/* ns for each of `repeat` runs of a program. */
double measure_run(int program, const struct frame *f, int repeat);
/* One sample into *s, unless it was noisy. */
void measure_over(struct samples *s, double floor_before, double value, double floor_after);
double samples_median(struct samples *s); /* sorts them */
double samples_least(struct samples *s);
double samples_most(struct samples *s);

/* Calls that a packet makes (calls.h), and at most how many there should be. */
enum { CALLS_UNKNOWN = -1, CALLS_NOT_COUNTED = -2 };
struct row_calls {
	int made; /* or one of the above */
	int goal; /* below 0: none */
};

/*
 * One line of JSON on stdout: a row of the table. `goal` < 0: there is none; more than the goal is
 * a miss. With calls, more than their goal is a miss too.
 */
void row(const char *part, const char *what, const char *unit, double goal, struct samples *s);
void row_with_calls(const char *part, const char *what, const char *unit, double goal,
		    struct samples *s, struct row_calls calls);
void row_value(const char *part, const char *what, const char *unit, double goal, double value);

void on_cpu(int cpu);
double now_ns(void);
void fail(const char *what) __attribute__((noreturn)); /* with errno's words */
void refuse(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
