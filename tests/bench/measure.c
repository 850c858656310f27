/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See measure.h. */
#include "measure.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void fail(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

void refuse(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("cannot stay on one CPU");
}

__u32 measure_ifindex = 1;

void measure_make_link(void)
{
	if (unshare(CLONE_NEWNET) || system("ip link add bench0 type veth peer name bench1") != 0)
		fail("no interface of its own");
	measure_ifindex = if_nametoindex("bench0");
}

double measure_run(int program, const struct frame *f, int repeat)
{
	struct __sk_buff context = {.ifindex = measure_ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, o, .data_in = f->bytes, .data_size_in = f->length,
		    .repeat = repeat, .ctx_in = &context, .ctx_size_in = sizeof(context));
	double start = now_ns();

	if (bpf_prog_test_run_opts(program, &o))
		fail("test run");
	return (now_ns() - start) / repeat; /* finer than the kernel's own whole ns */
}

void measure_over(struct samples *s, double floor_before, double value, double floor_after)
{
	double least = floor_before < floor_after ? floor_before : floor_after;

	if (!s->floor || least < s->floor)
		s->floor = least;
	s->tried++;
	if (s->count == SAMPLES_MOST || floor_before > s->floor * QUIET ||
	    floor_after > s->floor * QUIET)
		return;
	s->v[s->count++] = value - (floor_before + floor_after) / 2;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double samples_median(struct samples *s)
{
	qsort(s->v, s->count, sizeof(*s->v), by_value);
	return s->count ? s->v[s->count / 2] : 0;
}

double samples_least(struct samples *s)
{
	samples_median(s);
	return s->v[0];
}

double samples_most(struct samples *s)
{
	samples_median(s);
	return s->v[s->count ? s->count - 1 : 0];
}

static const struct row_calls not_counted = {.made = CALLS_NOT_COUNTED, .goal = -1};

static void print_calls(struct row_calls calls)
{
	if (calls.made == CALLS_UNKNOWN)
		printf("\"calls\":null,");
	else if (calls.made != CALLS_NOT_COUNTED)
		printf("\"calls\":%d,", calls.made);
	if (calls.goal >= 0)
		printf("\"calls_goal\":%d,", calls.goal);
}

/* With calls that nobody knows the time alone decides. */
static void print_row(const char *part, const char *what, const char *unit, double goal,
		      const double v[3], const struct samples *s, struct row_calls calls)
{
	int met = (goal < 0 || v[1] <= goal) && (calls.goal < 0 || calls.made <= calls.goal);

	printf("{\"part\":\"%s\",\"what\":\"%s\",\"unit\":\"%s\",", part, what, unit);
	if (goal >= 0)
		printf("\"goal\":%g,", goal);
	print_calls(calls);
	if (goal >= 0 || calls.goal >= 0)
		printf("\"met\":%s,", met ? "true" : "false");
	printf("\"min\":%.4g,\"median\":%.4g,\"max\":%.4g,\"samples\":%d,\"tried\":%d}\n", v[0],
	       v[1], v[2], s->count, s->tried);
	fflush(stdout);
}

void row_with_calls(const char *part, const char *what, const char *unit, double goal,
		    struct samples *s, struct row_calls calls)
{
	double v[3] = {samples_least(s), samples_median(s), samples_most(s)};

	print_row(part, what, unit, goal, v, s, calls);
}

void row(const char *part, const char *what, const char *unit, double goal, struct samples *s)
{
	row_with_calls(part, what, unit, goal, s, not_counted);
}

void row_value(const char *part, const char *what, const char *unit, double goal, double value)
{
	const struct samples one = {.count = 1, .tried = 1};
	double v[3] = {value, value, value};

	print_row(part, what, unit, goal, v, &one, not_counted);
}
