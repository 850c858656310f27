/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Ranges of -w and -c: every form of the guidelines, every boundary, and what is refused. */
#include "check/check.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
	const char *text;
	double fine[4], alerts[4];
	unsigned int fine_count, alert_count;
} forms[] = {
	{"10", {0, 10, 5, -0.0}, {-0.001, 10.001, -1, 1e300}, 4, 4},
	{"10:", {10, 10.001, 1e300}, {9.999, 0, -1}, 3, 3},
	{"~:10", {10, 0, -1e300}, {10.001, 1e300}, 3, 2},
	{"10:20", {10, 20, 15}, {9.999, 20.001, 0, -15}, 3, 4},
	{"@10:20", {9.999, 20.001, 0, -15}, {10, 20, 15}, 4, 3},
	{"@10", {-0.001, 10.001}, {0, 10, 5}, 2, 3},
	{"@~:10", {10.001}, {10, -1e300}, 1, 2},
	{"@10:", {9.999}, {10, 1e300}, 1, 2},
	{":10", {0, 10}, {-0.001, 10.001}, 2, 2},
	{"-20:-10", {-20, -10, -15}, {-20.001, -9.999, 0}, 3, 3},
	{"0.5:1.25", {0.5, 1.25}, {0.499, 1.251}, 2, 2},
	{".5", {0, 0.5}, {0.501}, 2, 1},
	{"5.", {5}, {5.001}, 1, 1},
	{"+5", {5}, {5.001}, 1, 1},
	{"10:10", {10}, {9.999, 10.001}, 1, 2},
	{"0", {0}, {0.001, -0.001}, 1, 2},
	{"~:", {-1e300, 1e300}, {0}, 2, 0},
	{"@~:", {0}, {-1e300, 1e300}, 0, 2},
};

static void every_form_and_its_boundaries(void **state)
{
	struct plugin_range range;
	unsigned int i, n;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		assert_int_equal(range_parse(forms[i].text, &range), 0);
		for (n = 0; n < forms[i].fine_count; n++)
			if (range_alerts(&range, forms[i].fine[n]))
				fail_msg("%s alerts on %g", forms[i].text, forms[i].fine[n]);
		for (n = 0; n < forms[i].alert_count; n++)
			if (!range_alerts(&range, forms[i].alerts[n]))
				fail_msg("%s does not alert on %g", forms[i].text,
					 forms[i].alerts[n]);
	}
}

static void what_is_no_range_is_refused(void **state)
{
	static const char *const bad[] = {"",	   "@",	   "~",	   "10:5",   "a",
					  "10a",   "10:a", "a:10", "10:20:", "10:20:30",
					  "::",	   "nan",  "inf",  "inf:",   "0x10",
					  "1e3",   " 10",  "10 ",  "10 :20", "5%",
					  "@@10",  "~10",  "10:~", "-",	     ".",
					  "1.2.3", "--1",  "10,5", "1:inf",  "nan:1"};
	struct plugin_range range;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (range_parse(bad[i], &range) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
}

/* WARNING and CRITICAL in the wrong order: nothing would ever be a warning. */
static void ranges_in_the_wrong_order_are_found(void **state)
{
	static const struct {
		const char *warning, *critical;
		int hides;
	} pairs[] = {
		{"50", "5", 1},		{"5", "50", 0},	       {"5", "5", 0},
		{"5:", "10:", 1},	{"10:", "5:", 0},      {"0.01:", "50", 0},
		{"10:20", "15:18", 1},	{"15:18", "10:20", 0}, {"@10:20", "@5:30", 1},
		{"@5:30", "@10:20", 0}, {"@30:40", "20", 1},   {"@10:20", "30", 0},
		{"20", "@10:", 1},	{"20", "@30:", 0},     {"20", "@30:40", 0},
		{"~:50", "5", 1},	{"5", "~:50", 0},      {"~:", "5", 0},
		{"0:", "5", 0},		{"10:20", "@0:", 1},   {"@0:5", "@3:10", 0},
	};
	struct plugin_range warning, critical;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		assert_int_equal(range_parse(pairs[i].warning, &warning), 0);
		assert_int_equal(range_parse(pairs[i].critical, &critical), 0);
		if (range_hides_warning(&warning, &critical) != pairs[i].hides)
			fail_msg("-w %s -c %s", pairs[i].warning, pairs[i].critical);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_and_its_boundaries),
		cmocka_unit_test(what_is_no_range_is_refused),
		cmocka_unit_test(ranges_in_the_wrong_order_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
