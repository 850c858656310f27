/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The ports that the engine watches, and the resolvers of --resolver at them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "says.h"

#include "monitor/settings.h"
#include "util/buffer.h"
#include "util/log.h"

#include <arpa/inet.h>
#include <errno.h>

static struct settings settings_of(const char *port, const char *resolver)
{
	struct settings s = settings_default;

	if (port)
		s.ports = (struct option_list){.items = {port}, .count = 1};
	if (resolver)
		s.resolvers = (struct option_list){.items = {resolver}, .count = 1};
	return s;
}

static void port_53_unless_told(void **state)
{
	struct settings s = settings_of(NULL, NULL);
	struct engine_config config;

	(void)state;
	assert_int_equal(settings_config(&s, &config), 0);
	assert_int_equal(config.port_count, 1);
	assert_int_equal(config.ports[0], htons(53));
}

static void a_port_is_as_on_the_wire(void **state)
{
	struct settings s = settings_of("1053", NULL);
	struct engine_config config;

	(void)state;
	assert_int_equal(settings_config(&s, &config), 0);
	assert_int_equal(config.port_count, 1);
	assert_int_equal(config.ports[0], htons(1053));
}

/* An address without a port means the first one that is watched. */
static void a_resolver_is_at_the_watched_port(void **state)
{
	struct settings s = settings_of("1053", "192.0.2.53");
	struct resolver_key keys[OPTION_LIST_MAX];
	struct engine_config config;

	(void)state;
	assert_int_equal(settings_config(&s, &config), 0);
	assert_int_equal(settings_resolvers(&s, &config, keys), 1);
	assert_int_equal(keys[0].port, htons(1053));
}

static void a_resolver_at_another_port_is_refused(void **state)
{
	struct settings s = settings_of("1053", "192.0.2.53:5353");
	struct resolver_key keys[OPTION_LIST_MAX];
	struct engine_config config;
	struct buffer said = {0};

	(void)state;
	assert_int_equal(settings_config(&s, &config), 0);
	log_set_sink(log_sink_buffer, &said);
	assert_int_equal(settings_resolvers(&s, &config, keys), -EINVAL);
	log_set_sink(NULL, NULL);
	assert_says(said.text, "port 5353 of '192.0.2.53:5353' is not watched; add --port 5353");
	buffer_free(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(port_53_unless_told),
		cmocka_unit_test(a_port_is_as_on_the_wire),
		cmocka_unit_test(a_resolver_is_at_the_watched_port),
		cmocka_unit_test(a_resolver_at_another_port_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
