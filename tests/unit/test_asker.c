// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Askers of a resolver: the worst ones, the first ones, one name for several cgroups, the rest. */
#include "health/asker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct cgroup_name names[64];
static struct asker_snapshot askers[64];
static struct resolver_snapshot resolvers[2];
static struct snapshot snapshot = {.resolvers = resolvers, .count = 2, .askers = askers};

static void add(size_t resolver, const char *name, __u64 queries, __u64 failed, __u64 errors)
{
	size_t i = snapshot.asker_count++;

	snprintf(names[i].text, sizeof(names[i].text), "%s", name);
	askers[i] = (struct asker_snapshot){.resolver = resolvers[resolver].key,
					    .cgroup = i + 1,
					    .first = i + 1,
					    .is_other = !strcmp(name, "other"),
					    .queries = queries,
					    .failed = failed,
					    .errors = errors,
					    .name = &names[i]};
}

static int begin(void **state)
{
	(void)state;
	resolvers[1].key.port = 53;
	snapshot.asker_count = 0;
	return 0;
}

static void the_worst_come_first(void **state)
{
	struct asker_sum worst[3], rest;

	(void)state;
	add(0, "quiet.service", 10, 0, 0);
	add(0, "errors.service", 5, 0, 3);
	add(0, "failed.service", 4, 2, 0);
	add(0, "busy.service", 1000, 1, 0);
	add(0, "other", 7, 1, 1);
	add(1, "elsewhere.service", 9, 9, 9);
	assert_int_equal(askers_select(&snapshot, &resolvers[0].key, ASKERS_WORST, worst, 3, &rest),
			 3);
	assert_string_equal(worst[0].name->text, "failed.service");
	assert_string_equal(worst[1].name->text, "busy.service");
	assert_string_equal(worst[2].name->text, "errors.service");
	assert_string_equal(rest.name->text, "other");
	assert_int_equal(rest.queries, 17);
	assert_int_equal(rest.failed, 1);
	assert_int_equal(rest.errors, 1);
}

static void the_first_stay_the_first(void **state)
{
	struct asker_sum first[2], rest;

	(void)state;
	add(0, "z.service", 1, 0, 0);
	add(0, "b.service", 1, 0, 0);
	add(0, "a.service", 100, 50, 0);
	assert_int_equal(askers_select(&snapshot, &resolvers[0].key, ASKERS_FIRST, first, 2, &rest),
			 2);
	assert_string_equal(first[0].name->text, "z.service");
	assert_string_equal(first[1].name->text, "b.service");
	assert_int_equal(rest.queries, 100);
}

/* A service that was restarted has a cgroup with another ID. */
static void cgroups_of_one_name_are_one_asker(void **state)
{
	struct asker_sum worst[5], rest;

	(void)state;
	add(0, "nginx.service", 10, 1, 2);
	add(0, "cron.service", 1, 0, 0);
	add(0, "nginx.service", 20, 3, 4);
	assert_int_equal(askers_select(&snapshot, &resolvers[0].key, ASKERS_WORST, worst, 5, &rest),
			 2);
	assert_string_equal(worst[0].name->text, "nginx.service");
	assert_int_equal(worst[0].queries, 30);
	assert_int_equal(worst[0].failed, 4);
	assert_int_equal(worst[0].errors, 6);
	assert_int_equal(rest.queries, 0);
}

static void without_a_name_it_is_not_known(void **state)
{
	struct asker_sum worst[5], rest;

	(void)state;
	assert_int_equal(askers_select(&snapshot, &resolvers[0].key, ASKERS_WORST, worst, 5, &rest),
			 0);
	assert_int_equal(rest.queries, 0);
	add(0, "x", 1, 0, 0);
	askers[0].name = NULL;
	assert_int_equal(askers_select(&snapshot, &resolvers[0].key, ASKERS_WORST, worst, 5, &rest),
			 1);
	assert_string_equal(worst[0].name->text, "not known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_worst_come_first, begin),
		cmocka_unit_test_setup(the_first_stay_the_first, begin),
		cmocka_unit_test_setup(cgroups_of_one_name_are_one_asker, begin),
		cmocka_unit_test_setup(without_a_name_it_is_not_known, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
