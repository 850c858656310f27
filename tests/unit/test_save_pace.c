// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Saves of states and incidents come every 10 s, and less often when one takes long. */
#include "daemon/save_pace.h"
#include "util/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS(n) ((n)*NS_PER_S / 1000)

/* Returns the seconds until the next save, in ticks of one second. */
static unsigned int seconds_until_due(struct save_pace *pace)
{
	unsigned int seconds = 1;

	while (!save_pace_tick(pace, 1))
		seconds++;
	return seconds;
}

static unsigned int seconds_after(__u64 cost_ns)
{
	struct save_pace pace = {0};

	save_pace_saved(&pace, cost_ns);
	return seconds_until_due(&pace);
}

static void a_cheap_save_comes_every_10_seconds(void **state)
{
	struct save_pace pace = {0};

	(void)state;
	assert_int_equal(seconds_until_due(&pace), 10);
	assert_int_equal(seconds_after(0), 10);
	assert_int_equal(seconds_after(MS(40)), 10);
}

static void a_save_takes_at_most_a_share_of_a_cpu(void **state)
{
	(void)state;
	assert_int_equal(seconds_after(MS(44)), 11);
	assert_int_equal(seconds_after(MS(400)), 100);
}

static void a_crash_never_loses_more_than_5_minutes(void **state)
{
	(void)state;
	assert_int_equal(seconds_after(MS(1200)), 300);
	assert_int_equal(seconds_after(MS(60000)), 300);
}

/* A tick that comes late has several seconds; a cheaper save brings the next one nearer. */
static void the_pace_follows_the_last_save(void **state)
{
	struct save_pace pace = {0};

	(void)state;
	save_pace_saved(&pace, MS(400));
	assert_int_equal(save_pace_tick(&pace, 99), 0);
	assert_int_equal(save_pace_tick(&pace, 5), 1);
	save_pace_saved(&pace, MS(1));
	assert_int_equal(seconds_until_due(&pace), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cheap_save_comes_every_10_seconds),
		cmocka_unit_test(a_save_takes_at_most_a_share_of_a_cpu),
		cmocka_unit_test(a_crash_never_loses_more_than_5_minutes),
		cmocka_unit_test(the_pace_follows_the_last_save),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
