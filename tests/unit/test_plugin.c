/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The plugin's line: perfdata by a strict parser, quoting, and the 4 KB that all must fit in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "view/plugin.h"

#include "perfdata.h"

#include <math.h>

static char output[8192];
static struct perfdata data;

/* Prints and frees; fails when it is not what plugins may print. */
static const char *printed(struct plugin_output *plugin)
{
	struct buffer out = {0};

	assert_int_equal(plugin_write(&out, plugin), 0);
	assert_true(out.used < sizeof(output));
	memcpy(output, out.text, out.used + 1);
	buffer_free(&out);
	plugin_free(plugin);
	read_perfdata(output, &data);
	return output;
}

#define DATUM(n, v, from, to, ...)                                                                 \
	((struct plugin_datum){.name = n, .value = v, .least = from, .most = to, __VA_ARGS__})

static void one_line_with_perfdata(void **state)
{
	struct plugin_output plugin = {.status = PLUGIN_CRITICAL};
	struct plugin_datum both[] = {
		DATUM("ratio", 12.5, 0, 100, .unit = "%", .warning = "5", .critical = "~:50"),
		DATUM("rtt_s", 0.0025, 0, NAN, .unit = "s"),
	};

	(void)state;
	buffer_add(&plugin.text, "words");
	plugin_add_data(&plugin, "192.0.2.1", both, 2);
	assert_string_equal(printed(&plugin), "DNSREACH CRITICAL - words | "
					      "'192.0.2.1_ratio'=12.5%;5;~:50;0;100 "
					      "'192.0.2.1_rtt_s'=0.0025s;;;0\n");
}

static void nothing_to_measure_is_no_bar(void **state)
{
	struct plugin_output plugin = {.status = PLUGIN_UNKNOWN};
	struct plugin_datum datum = DATUM("x", NAN, NAN, NAN, .unit = "");

	(void)state;
	buffer_add(&plugin.text, "words");
	plugin_add_data(&plugin, "a", &datum, 1);
	assert_string_equal(printed(&plugin), "DNSREACH UNKNOWN - words\n");
}

static void numbers_have_digits_only(void **state)
{
	static const struct {
		double value;
		const char *text;
	} numbers[] = {{0, "0"},
		       {-0.0, "0"},
		       {100, "100"},
		       {0.5, "0.5"},
		       {1e-9, "0"},
		       {-1e-9, "0"},
		       {1e15, "1000000000000000"},
		       {1.0 / 3, "0.333333"},
		       {10, "10"}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct plugin_output plugin = {0};
		struct plugin_datum datum = DATUM("x", numbers[i].value, NAN, NAN, .unit = "");

		plugin_add_data(&plugin, "a", &datum, 1);
		printed(&plugin);
		assert_string_equal(datum_of(&data, "a_x"), numbers[i].text);
	}
}

static void labels_are_quoted_and_unique(void **state)
{
	static const char *const whose[] = {"fe80::1%it's", "fe80::1%a=b;c|d",
					    "two words\n",  "fe80::1%\303\244",
					    "192.0.2.1",    "192.0.2.1",
					    "192.0.2.1",    "'"};
	static const char *const labels[] = {"fe80::1%it's_x", "fe80::1%a_b_c_d_x",
					     "two_words__x",   "fe80::1%___x",
					     "192.0.2.1_x",    "192.0.2.1#2_x",
					     "192.0.2.1#3_x",  "'_x"};
	struct plugin_output plugin = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(whose) / sizeof(*whose); i++) {
		struct plugin_datum datum = DATUM("x", (double)i, NAN, NAN, .unit = "");

		plugin_add_data(&plugin, whose[i], &datum, 1);
	}
	printed(&plugin);
	assert_int_equal(data.count, sizeof(labels) / sizeof(*labels));
	for (i = 0; i < data.count; i++)
		assert_string_equal(data.labels[i], labels[i]);
}

/* `text` bytes of words, `many` resolvers with two data each, `lines` of detail. */
static void fill(struct plugin_output *plugin, size_t text, unsigned int many, unsigned int lines)
{
	struct plugin_datum both[] = {
		DATUM("failure_ratio", 99.123456, NAN, NAN, .unit = "%", .warning = "5"),
		DATUM("rtt_p95_s", 0.123456, 0, NAN, .unit = "s"),
	};
	char whose[64];
	unsigned int i;

	while (plugin->text.used < text)
		buffer_add_bytes(&plugin->text, "w", 1);
	for (i = 0; i < many; i++) {
		snprintf(whose, sizeof(whose), "[2001:db8:1111:2222:3333:4444:5555:%x]:5353", i);
		plugin_add_data(plugin, whose, both, 2);
	}
	for (i = 0; i < lines; i++)
		plugin_add_line(plugin, "line %u: %s", i, "some words | and more");
}

static void all_fits_into_4_kb(void **state)
{
	static const size_t texts[] = {0, 1, 100, 1199, 1200, 1201, 5000, 100000};
	size_t i, n, line;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		for (n = 0; n <= 300; n += 50)
			for (line = 0; line <= 600; line += 200) {
				struct plugin_output plugin = {.detail = line != 0};

				fill(&plugin, texts[i], (unsigned int)n, (unsigned int)line);
				printed(&plugin);
				assert_true(strlen(output) < 4096);
				assert_int_equal(data.count % 2, 0);
				assert_true(!n || data.count > 0);
				if (n == 300)
					assert_non_null(strstr(output, "more did not fit)"));
				if (line == 600)
					assert_non_null(
						strstr(output, "more lines did not fit)\n"));
			}
}

static void how_many_were_left_out_is_said(void **state)
{
	struct plugin_output plugin = {0};
	char words[64];

	(void)state;
	fill(&plugin, 10, 300, 0);
	printed(&plugin);
	snprintf(words, sizeof(words), "(perfdata of %zu more did not fit)", 300 - data.count / 2);
	assert_non_null(strstr(output, words));
	assert_true(data.count / 2 > 20);
	/* The first ones, that is the worst ones, are those that are in. */
	assert_string_equal(data.labels[0],
			    "[2001:db8:1111:2222:3333:4444:5555:0]:5353_failure_ratio");
	assert_string_equal(data.labels[2],
			    "[2001:db8:1111:2222:3333:4444:5555:1]:5353_failure_ratio");
}

static void words_cannot_pass_for_perfdata_or_lines(void **state)
{
	struct plugin_output plugin = {.detail = 1};

	(void)state;
	buffer_add(&plugin.text, "a|b\nc\033d\377");
	plugin_add_line(&plugin, "%s", "e|f\ng");
	assert_string_equal(printed(&plugin), "DNSREACH OK - a/b?c?d?\ne/f?g\n");
}

static void unknown_is_worse_than_ok_only(void **state)
{
	(void)state;
	assert_int_equal(plugin_status_worse(PLUGIN_OK, PLUGIN_UNKNOWN), PLUGIN_UNKNOWN);
	assert_int_equal(plugin_status_worse(PLUGIN_UNKNOWN, PLUGIN_WARNING), PLUGIN_WARNING);
	assert_int_equal(plugin_status_worse(PLUGIN_CRITICAL, PLUGIN_UNKNOWN), PLUGIN_CRITICAL);
	assert_int_equal(plugin_status_worse(PLUGIN_WARNING, PLUGIN_CRITICAL), PLUGIN_CRITICAL);
	assert_int_equal(plugin_status_worse(PLUGIN_OK, PLUGIN_OK), PLUGIN_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_with_perfdata),
		cmocka_unit_test(nothing_to_measure_is_no_bar),
		cmocka_unit_test(numbers_have_digits_only),
		cmocka_unit_test(labels_are_quoted_and_unique),
		cmocka_unit_test(all_fits_into_4_kb),
		cmocka_unit_test(how_many_were_left_out_is_said),
		cmocka_unit_test(words_cannot_pass_for_perfdata_or_lines),
		cmocka_unit_test(unknown_is_worse_than_ok_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
