/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Values of listen, textfile, otlp, otlp-header, interface and resolver: which are taken, alone and
 * together, and what is said of others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "daemon/exports.h"
#include "monitor/settings.h"

#include "pushing.h" /* talk */

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
	option_check *const checks[] = {check_listen, check_textfile, check_otlp};
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

/* A message goes to a journal that others read. */
static void a_secret_is_in_no_message(void **state)
{
	char why[OPTION_WHY_SIZE];

	(void)state;
	assert_int_equal(check_otlp_header("Bearer s3cret", why), -EINVAL);
	assert_null(strstr(why, "s3cret"));
}

/* Each: places to listen at, and what is said of them together; NULL: they are fine. */
static const struct {
	struct option_list listen;
	const char *words;
} together[] = {
	{{.count = 0}, NULL},
	{{.items = {"none"}, .count = 1}, NULL},
	{{.items = {"127.0.0.1:1"}, .count = 1}, NULL},
	{{.items = {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.2:1", "[::1]:1"}, .count = 4}, NULL},
	{{.items = {"unix:/a", "unix:/b"}, .count = 2}, NULL},
	{{.items = {"127.0.0.1:1", "none"}, .count = 2},
	 "--listen: 'none' cannot stand beside an address"},
	{{.items = {"none", "127.0.0.1:1"}, .count = 2, .where = {"f:1:2", "f:1:2"}},
	 "dnsreach: f:1:2: listen: 'none' cannot stand beside an address"},
	{{.items = {"127.0.0.1:1", "127.0.0.1:1"}, .count = 2},
	 "dnsreach: --listen: '127.0.0.1:1' is given twice"},
	{{.items = {"[::1]:1", "127.0.0.1:1", "[0::0:1]:01"},
	  .count = 3,
	  .where = {"f:1:2", "f:2:2", "f:3:2"}},
	 "dnsreach: f:3:2: listen: '[0::0:1]:01' is given twice"},
	{{.items = {"unix:/a", "unix:/a"}, .count = 2}, "'unix:/a' is given twice"},
	{{.items = {"none", "none"}, .count = 2}, "'none' is given twice"},
};

static void places_make_sense_together_or_not(void **state)
{
	struct talk talk;
	size_t i, lines;
	int err;

	(void)state;
	for (i = 0; i < sizeof(together) / sizeof(*together); i++) {
		struct export_options o = {.listen = together[i].listen};

		talk_begin(&talk);
		err = exports_check(&o);
		lines = talk_end(&talk);
		if (err != (together[i].words ? -EINVAL : 0) || lines != (err ? 1 : 0) ||
		    (err && !strstr(talk.text, together[i].words)))
			fail_msg("%zu: %d, '%s'", i, err, talk.text);
	}
}

static void a_header_needs_a_push(void **state)
{
	struct export_options o = {.otlp_header = "a: b"};
	struct talk talk;

	(void)state;
	talk_begin(&talk);
	assert_int_equal(exports_check(&o), -EINVAL);
	assert_int_equal(talk_end(&talk), 1);
	assert_says(talk.text,
		    "dnsreach: --otlp-header: needs otlp: there is no push to send it with");
	o.otlp = "http://127.0.0.1/";
	assert_int_equal(exports_check(&o), 0);
}

static void names_of_interfaces(void **state)
{
	static const char *const good[] = {"eth0", "a", "fifteen-letters", "wlan0.7@x", "..."};
	static const char *const bad[] = {"sixteen--letters", "a/b", "eth0:1", ".", ".."};
	char why[OPTION_WHY_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(interface_option_check(good[i], why), 0);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(interface_option_check(bad[i], why), -EINVAL);
		assert_says(why, "is not the name of an interface: at most 15 characters");
	}
}

/* A port that is not watched: told where the resolver was named. */
static void a_resolver_is_on_a_watched_port(void **state)
{
	struct settings s = settings_default;
	struct resolver_key keys[OPTION_LIST_MAX];
	struct engine_config config;
	struct talk talk;

	(void)state;
	s.resolvers = (struct option_list){.items = {"192.0.2.1", "192.0.2.1:54"}, .count = 2};
	assert_int_equal(settings_config(&s, &config), 0);
	talk_begin(&talk);
	assert_int_equal(settings_resolvers(&s, &config, keys), -EINVAL);
	assert_int_equal(talk_end(&talk), 1);
	assert_says(talk.text, "dnsreach: --resolver: port 54 of '192.0.2.1:54' is not watched; "
			       "add --port 54");
	s.resolvers.where[1] = "f:7:1";
	talk_begin(&talk);
	assert_int_equal(settings_resolvers(&s, &config, keys), -EINVAL);
	assert_int_equal(talk_end(&talk), 1);
	assert_says(talk.text,
		    "dnsreach: f:7:1: resolver: port 54 of '192.0.2.1:54' is not watched; "
		    "add port 54");
	s.ports = (struct option_list){.items = {"53", "54"}, .count = 2};
	assert_int_equal(settings_config(&s, &config), 0);
	assert_int_equal(settings_resolvers(&s, &config, keys), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_taken_or_refused_with_words),
		cmocka_unit_test(a_long_value_is_cut),
		cmocka_unit_test(a_secret_is_in_no_message),
		cmocka_unit_test(places_make_sense_together_or_not),
		cmocka_unit_test(a_header_needs_a_push),
		cmocka_unit_test(names_of_interfaces),
		cmocka_unit_test(a_resolver_is_on_a_watched_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
