/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Samples of nanoseconds, and how they are taken: floor, program, floor, with the same packet on
 * one CPU; the sample is the program less the mean of the two, kept when both floors were quiet.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include "../packet/frames.h"

#define SAMPLES_MOST 400
#define QUIET 1.12 /* a floor of more than this times the least one seen is a noisy moment */

struct samples {
	double v[SAMPLES_MOST];
	int count, tried;
	double floor; /* the least one */
};

/* ns for each of `repeat` runs of a program. */
double measure_run(int program, const struct frame *f, int repeat);
/* One sample into *s, unless it was noisy. */
void measure_over(struct samples *s, double floor_before, double value, double floor_after);
double samples_median(struct samples *s); /* sorts them */
double samples_least(struct samples *s);
double samples_most(struct samples *s);

/*
 * One line of JSON on stdout: a row of the table. `goal` < 0: there is none; more than the goal is
 * a miss.
 */
void row(const char *part, const char *what, const char *unit, double goal, struct samples *s);
void row_value(const char *part, const char *what, const char *unit, double goal, double value);

void on_cpu(int cpu);
double now_ns(void);
void fail(const char *what);

#endif
