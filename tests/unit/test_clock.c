/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When something began, told by a wall clock that is slewed and set. */
#include "util/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define S(n) ((n)*NS_PER_S)

/* After `age` seconds, on a wall clock that is `ahead` nanoseconds further than it should be. */
static void expect(struct start_time *b, __u64 age, long long ahead, __u64 wall_ns)
{
	assert_int_equal(start_time_wall_ns(b, S(1000 + age) + (__u64)ahead, S(50 + age)), wall_ns);
}

static void it_stays_while_the_clock_is_right_or_slewed(void **state)
{
	struct start_time sums = {S(1000), S(50), 0}, process = {S(1000), S(50), 1};

	(void)state;
	expect(&sums, 0, 0, S(1000));
	expect(&sums, 100, 0, S(1000));
	expect(&sums, 100, 900000000, S(1000));
	expect(&process, 100, -900000000, S(1000));
	expect(&process, 100, 900000000, S(1000));
}

static void it_is_never_in_the_future(void **state)
{
	struct start_time sums = {S(1000), S(50), 0};

	(void)state;
	expect(&sums, 100, -(long long)S(500), S(500));
	expect(&sums, 110, -(long long)S(500), S(500));
	/* Set right again: it began then, as far as anybody was told. */
	expect(&sums, 120, 0, S(500));
}

/* Another start of sums would mean that they begin anew. */
static void sums_stay_when_the_clock_goes_forward(void **state)
{
	struct start_time sums = {S(1000), S(50), 0}, process = {S(1000), S(50), 1};

	(void)state;
	expect(&sums, 10, (long long)S(3600), S(1000));
	expect(&process, 10, (long long)S(3600), S(4600));
	expect(&process, 20, (long long)S(3600), S(4600));
	expect(&process, 30, 0, S(1000));
}

static void before_1970_is_1970(void **state)
{
	struct start_time sums = {S(1000), S(50), 0};

	(void)state;
	assert_int_equal(start_time_wall_ns(&sums, S(5), S(60)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_stays_while_the_clock_is_right_or_slewed),
		cmocka_unit_test(it_is_never_in_the_future),
		cmocka_unit_test(sums_stay_when_the_clock_goes_forward),
		cmocka_unit_test(before_1970_is_1970),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
