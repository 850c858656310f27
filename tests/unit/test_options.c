/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The option table: each kind of value, its bounds, and what is refused. */
#include "util/options.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct option_values {
	int flag;
	unsigned long long whole;
	double seconds, percent;
	const char *text;
	struct option_list list, implied, ports;
};

static const struct option_row rows[] = {
	OPTION_FLAG_ROW("flag", 'f', "a flag", struct option_values, flag),
	OPTION_WHOLE_ROW("whole", 'w', "N", "a number", struct option_values, whole, 1, 100),
	OPTION_SECONDS_ROW("seconds", 0, "S", "a time", struct option_values, seconds, 0.01, 60),
	OPTION_PERCENT_ROW("percent", 0, "P", "a share", struct option_values, percent, 0.01, 1),
	OPTION_TEXT_ROW("text", 0, "T", "words", struct option_values, text, NULL),
	OPTION_LIST_ROW("list", 'l', "L", "a list", struct option_values, list, 0, NULL),
	OPTION_IMPLIED_LIST_ROW("some", "S", "all", "some or all", struct option_values, implied,
				NULL),
	OPTION_PORTS_ROW("port", 'p', "PORTS", "ports", struct option_values, ports, 8),
};

/* The words, read with stderr and stdout away. */
static int read_words(struct option_values *t, const char **operand, int count,
		      const char *const *words)
{
	static char copies[16][64];
	char *argv[17] = {"test"};
	int i, err, out = dup(1), errors = dup(2);

	memset(t, 0, sizeof(*t));
	for (i = 0; i < count; i++)
		argv[i + 1] = strcpy(copies[i], words[i]);
	assert_non_null(freopen("/dev/null", "w", stderr));
	assert_non_null(freopen("/dev/null", "w", stdout));
	err = options_read(rows, sizeof(rows) / sizeof(*rows), "Usage: test", count + 1, argv, t,
			   operand);
	fflush(stdout);
	dup2(out, 1);
	dup2(errors, 2);
	close(out);
	close(errors);
	return err;
}

#define READ(t, operand, ...)                                                                      \
	read_words(t, operand, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *),             \
		   (const char *const[]){__VA_ARGS__})

static void each_kind_is_read(void **state)
{
	struct option_values t;

	(void)state;
	assert_int_equal(READ(&t, NULL, "-f", "--whole", "7", "--seconds", "0.5", "--percent=25%",
			      "--text", "a b", "-l", "x,y", "--list=z"),
			 0);
	assert_int_equal(t.flag, 1);
	assert_int_equal(t.whole, 7);
	assert_true(t.seconds == 0.5);
	assert_true(t.percent == 0.25);
	assert_string_equal(t.text, "a b");
	assert_int_equal(t.list.count, 3);
	assert_string_equal(t.list.items[0], "x");
	assert_string_equal(t.list.items[2], "z");
}

static void bounds_are_inclusive(void **state)
{
	struct option_values t;

	(void)state;
	assert_int_equal(READ(&t, NULL, "-w", "1"), 0);
	assert_int_equal(READ(&t, NULL, "-w", "100"), 0);
	assert_int_equal(READ(&t, NULL, "-w", "0"), -EINVAL);
	assert_int_equal(READ(&t, NULL, "-w", "101"), -EINVAL);
	assert_int_equal(READ(&t, NULL, "--seconds", "60"), 0);
	assert_int_equal(READ(&t, NULL, "--seconds", "60.1"), -EINVAL);
	assert_int_equal(READ(&t, NULL, "--percent", "100"), 0);
	assert_int_equal(READ(&t, NULL, "--percent", "0.5"), -EINVAL);
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const bad[] = {"",	 "x",	"7x",
					  "-1",	 "+1",	" 7",
					  "1e2", "0x7", "99999999999999999999999"};
	struct option_values t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(READ(&t, NULL, "-w", bad[i]), -EINVAL);
	assert_int_equal(READ(&t, NULL, "--seconds", "nan"), -EINVAL);
	assert_int_equal(READ(&t, NULL, "--seconds", "inf"), -EINVAL);
	assert_int_equal(READ(&t, NULL, "--seconds", "5s"), -EINVAL);
	assert_int_equal(READ(&t, NULL, "--percent", "%"), -EINVAL);
}

static void ports_are_from_1_to_65535(void **state)
{
	static const char *const bad[] = {"0",	 "65536", "+53",  "-53",
					  "53x", "x",	  "53,0", "99999999999999999999"};
	struct option_values t;
	size_t i;

	(void)state;
	assert_int_equal(READ(&t, NULL, "-p", "1,53", "--port=65535"), 0);
	assert_int_equal(t.ports.count, 3);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (READ(&t, NULL, "-p", bad[i]) != -EINVAL)
			fail_msg("'%s' is a port", bad[i]);
}

static void unknown_options_and_words_are_refused(void **state)
{
	struct option_values t;

	(void)state;
	assert_int_equal(READ(&t, NULL, "--colour"), -EINVAL);
	assert_int_equal(READ(&t, NULL, "-x"), -EINVAL);
	assert_int_equal(READ(&t, NULL, "word"), -EINVAL);
	assert_int_equal(READ(&t, NULL, "--whole"), -EINVAL);
	assert_int_equal(READ(&t, NULL, "-l", ""), -EINVAL);
	assert_int_equal(READ(&t, NULL, "-l", ","), -EINVAL);
}

static void one_operand_where_one_is_wanted(void **state)
{
	const char *file = NULL;
	struct option_values t;

	(void)state;
	assert_int_equal(READ(&t, &file, "a.pcap", "-f"), 0);
	assert_string_equal(file, "a.pcap");
	assert_int_equal(t.flag, 1);
	assert_int_equal(READ(&t, &file, "-"), 0);
	assert_string_equal(file, "-");
	assert_int_equal(READ(&t, &file, "-f"), -EINVAL);
	assert_int_equal(READ(&t, &file, "a", "b"), -EINVAL);
}

static void a_list_may_stand_without_a_value(void **state)
{
	struct option_values t;

	(void)state;
	assert_int_equal(READ(&t, NULL, "--some"), 0);
	assert_int_equal(t.implied.count, 1);
	assert_string_equal(t.implied.items[0], "all");
	assert_int_equal(READ(&t, NULL, "--some=a,b", "--some=c"), 0);
	assert_int_equal(t.implied.count, 3);
	assert_string_equal(t.implied.items[2], "c");
	assert_int_equal(READ(&t, NULL, "--some", "-f"), 0);
	assert_int_equal(t.flag, 1);
	assert_int_equal(READ(&t, NULL, "--some="), -EINVAL);
}

static void a_value_that_may_be_missing_needs_its_sign(void **state)
{
	struct option_values t;
	const char *operand;

	(void)state;
	assert_int_equal(READ(&t, NULL, "--some", "a"), -EINVAL);
	assert_int_equal(READ(&t, &operand, "--some", "a"), 0);
	assert_string_equal(operand, "a");
}

static void help_is_no_error(void **state)
{
	struct option_values t;

	(void)state;
	assert_int_equal(READ(&t, NULL, "--help"), 1);
	assert_int_equal(READ(&t, NULL, "-h"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_is_read),
		cmocka_unit_test(bounds_are_inclusive),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(ports_are_from_1_to_65535),
		cmocka_unit_test(unknown_options_and_words_are_refused),
		cmocka_unit_test(one_operand_where_one_is_wanted),
		cmocka_unit_test(a_list_may_stand_without_a_value),
		cmocka_unit_test(a_value_that_may_be_missing_needs_its_sign),
		cmocka_unit_test(help_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
