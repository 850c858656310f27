// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Numbers for people, and text that grows. */
#include "scene.h"

#include "util/buffer.h"
#include "view/cells.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void counts_take_five_characters_at_most(void **state)
{
	char text[CELL_SIZE];
	__u64 count;

	(void)state;
	assert_string_equal(cell_format_count(0, text), "0");
	assert_string_equal(cell_format_count(99999, text), "99999");
	assert_string_equal(cell_format_count(100000, text), "100k");
	assert_string_equal(cell_format_count(999999, text), "999k");
	assert_string_equal(cell_format_count(1000000, text), "1.0M");
	assert_string_equal(cell_format_count(12345678, text), "12M");
	assert_string_equal(cell_format_count(3456789012ULL, text), "3.4G");
	for (count = 1; count < ~0ULL / 3; count *= 3)
		assert_true(strlen(cell_format_count(count, text)) <= 5);
	assert_string_equal(cell_format_count(~0ULL, text), "18E");
}

static void a_share_is_0_or_100_only_when_it_is(void **state)
{
	char text[CELL_SIZE];

	(void)state;
	assert_string_equal(cell_format_ratio(NAN, text), "-");
	assert_string_equal(cell_format_ratio(0, text), "0%");
	assert_string_equal(cell_format_ratio(0.00001, text), "<0.1%");
	assert_string_equal(cell_format_ratio(0.025, text), "2.5%");
	assert_string_equal(cell_format_ratio(0.0994, text), "9.9%");
	assert_string_equal(cell_format_ratio(0.0996, text), "10%");
	assert_string_equal(cell_format_ratio(0.666, text), "67%");
	assert_string_equal(cell_format_ratio(0.9999, text), "99%");
	assert_string_equal(cell_format_ratio(1, text), "100%");
}

static void rates_keep_what_matters(void **state)
{
	char text[CELL_SIZE];
	double rate;

	(void)state;
	assert_string_equal(cell_format_rate(NAN, text), "-");
	assert_string_equal(cell_format_rate(0, text), "0");
	assert_string_equal(cell_format_rate(0.003, text), "<0.01");
	assert_string_equal(cell_format_rate(0.0333, text), "0.03");
	assert_string_equal(cell_format_rate(9.999, text), "10.0");
	assert_string_equal(cell_format_rate(99.96, text), "100");
	assert_string_equal(cell_format_rate(1234.4, text), "1234");
	for (rate = 0.001; rate < 1e12; rate *= 1.3)
		assert_true(strlen(cell_format_rate(rate, text)) <= 5);
}

static void seconds_take_five_characters_at_most(void **state)
{
	char text[CELL_SIZE];
	double seconds;

	(void)state;
	assert_string_equal(cell_format_seconds(NAN, text), "-");
	assert_string_equal(cell_format_seconds(0.5e-6, text), "<1us");
	assert_string_equal(cell_format_seconds(850e-6, text), "850us");
	assert_string_equal(cell_format_seconds(0.9999e-3, text), "1.0ms");
	assert_string_equal(cell_format_seconds(0.0123, text), "12ms");
	assert_string_equal(cell_format_seconds(0.9999, text), "1.00s");
	assert_string_equal(cell_format_seconds(9.999, text), "10.0s");
	assert_string_equal(cell_format_seconds(3.9, text), "3.90s");
	for (seconds = 1e-7; seconds < 200; seconds *= 1.01)
		assert_true(strlen(cell_format_seconds(seconds, text)) <= 5);
}

static void a_buffer_grows_and_is_emptied(void **state)
{
	struct buffer buffer = {0};
	int i;

	(void)state;
	for (i = 0; i < 10000; i++)
		buffer_add(&buffer, "%d,", i % 10);
	assert_int_equal(buffer.used, 20000);
	assert_int_equal(strlen(buffer.text), 20000);
	assert_memory_equal(buffer.text + 19990, "5,6,7,8,9,", 11);
	buffer_reset(&buffer);
	buffer_add_bytes(&buffer, "a\0b", 3);
	assert_int_equal(buffer.used, 3);
	assert_memory_equal(buffer.text, "a\0b", 4);
	assert_int_equal(buffer_error(&buffer), 0);
	buffer_free(&buffer);
	assert_null(buffer.text);
}

static void a_buffer_that_lacks_something_is_not_written(void **state)
{
	struct buffer buffer = {.failed = 1};
	int pipe_ends[2];

	(void)state;
	assert_int_equal(pipe(pipe_ends), 0);
	buffer_add(&buffer, "half of it");
	assert_int_equal(buffer_error(&buffer), -ENOMEM);
	assert_int_equal(buffer_write(&buffer, pipe_ends[1]), -ENOMEM);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	buffer_free(&buffer);
}

static void a_write_that_fails_says_why(void **state)
{
	struct buffer buffer = {0};

	(void)state;
	buffer_add(&buffer, "text");
	assert_int_equal(buffer_write(&buffer, -1), -EBADF);
	buffer_free(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_take_five_characters_at_most),
		cmocka_unit_test(a_share_is_0_or_100_only_when_it_is),
		cmocka_unit_test(rates_keep_what_matters),
		cmocka_unit_test(seconds_take_five_characters_at_most),
		cmocka_unit_test(a_buffer_grows_and_is_emptied),
		cmocka_unit_test(a_buffer_that_lacks_something_is_not_written),
		cmocka_unit_test(a_write_that_fails_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
