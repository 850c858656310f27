/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Values of listen, textfile, otlp and otlp-header: which are taken, and what is said of others. */
#include "commands/exports.h"
#include "commands/exports_check.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Each: what looks at it, a value, and what is said of it; NULL: it is fine. */
static const struct {
	option_check *check;
	const char *text, *words;
} values[] = {
	{check_listen, "none", NULL},
	{check_listen, "127.0.0.1:9753", NULL},
	{check_listen, "unix:/run/dnsreach/http.sock", NULL},
	{check_listen, "none:9753", "cannot listen at 'none:9753'"},
	{check_listen, "unix:http.sock", "or unix:/PATH"},
	{check_listen, "127.0.0.1", "use ADDRESS:PORT"},
	{check_listen, "localhost:9753", "numbers, no name"},
	{check_textfile, "/var/lib/dnsreach/dnsreach.prom", NULL},
	{check_textfile, "a.prom", NULL},
	{check_textfile, "/var/lib/dnsreach/dnsreach.txt", "does not end in .prom"},
	{check_textfile, ".prom", "does not end in .prom"},
	{check_textfile, "a.prom.tmp", "does not end in .prom"},
	{check_otlp, "http://collector:4318/v1/metrics", NULL},
	{check_otlp, "https://[2001:db8::1]/v1/metrics", NULL},
	{check_otlp, "collector:4318", "is not an http:// or https:// URL"},
	{check_otlp, "ftp://collector/", "is not an http:// or https:// URL"},
	{check_otlp, "http://", "is not an http:// or https:// URL"},
	{check_otlp_header, "Authorization: Bearer x", NULL},
	{check_otlp_header, "Bearer x", "is not a header of the form 'Name: value'"},
};

static void a_value_is_taken_or_refused_with_words(void **state)
{
	char why[OPTION_WHY_SIZE];
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(*values); i++) {
		why[0] = '\0';
		err = values[i].check(values[i].text, why);
		if (err != (values[i].words ? -EINVAL : 0) ||
		    (err && !strstr(why, values[i].words)))
			fail_msg("%s: %d, '%s'", values[i].text, err, why);
	}
}

/* However long a value is, its words fit, and end. */
static void a_long_value_is_cut(void **state)
{
	option_check *const checks[] = {check_listen, check_textfile, check_otlp,
					check_otlp_header};
	char text[4000], why[OPTION_WHY_SIZE];
	size_t i;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		memset(why, 'y', sizeof(why));
		assert_int_equal(checks[i](text, why), -EINVAL);
		assert_non_null(memchr(why, '\0', sizeof(why)));
		assert_non_null(strstr(why, "xxx'"));
	}
}

static void none_stands_alone(void **state)
{
	struct export_options o = {.listen = {{"127.0.0.1:1", "none"}, 2}};

	(void)state;
	assert_int_equal(exports_check(&o), -EINVAL);
	o.listen.count = 1;
	assert_int_equal(exports_check(&o), 0);
	o.listen.items[0] = "none";
	assert_int_equal(exports_check(&o), 0);
	o.listen.count = 0;
	assert_int_equal(exports_check(&o), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_taken_or_refused_with_words),
		cmocka_unit_test(a_long_value_is_cut),
		cmocka_unit_test(none_stands_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
