// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who fails for whom, and who is the odd one out: the same rules as deploy/prometheus/tests. */
#include "fleet_scene.h"

#define R1 "192.0.2.53"
#define R2 "192.0.2.54"

static void half_of_the_hosts_is_the_fleet(void **state)
{
	fleet_see(0, 2, R1, "down", "port-closed");
	fleet_see(2, 2, R1, "healthy", NULL);
	fleet_see(0, 2, R2, "healthy", NULL);
	fleet_sums(R1, 30, 120);
	fleet_ranked();
	assert_int_equal(fleet.resolver_count, 2);
	assert_string_equal(fleet.resolvers[0].resolver, R1);
	assert_int_equal(fleet.resolvers[0].scope, FAILS_FOR_FLEET);
	assert_int_equal(fleet.resolvers[0].asked, 4);
	assert_int_equal(fleet.resolvers[0].failing, 2);
	assert_string_equal(fleet.resolvers[0].cause, "port-closed");
	assert_true(fleet.resolvers[0].failed == 30 && fleet.resolvers[0].settled == 120);
	assert_int_equal(fleet.resolvers[1].scope, FAILS_FOR_NONE);
	assert_true(fleet.resolvers[1].settled == 0);
	assert_int_equal(fleet.odd_count, 0);
	assert_int_equal(fleet_verdict(&fleet), FLEET_CRITICAL);
}

static void less_than_half_is_not(void **state)
{
	fleet_see(0, 2, R1, "down", "silent");
	fleet_see(2, 3, R1, "healthy", NULL);
	fleet_see(0, 2, R2, "healthy", NULL);
	fleet_ranked();
	assert_int_equal(fleet.resolvers[0].scope, FAILS_FOR_HOSTS);
	assert_int_equal(fleet_verdict(&fleet), FLEET_WARNING);
}

static void one_host_is_no_fleet(void **state)
{
	fleet_see(0, 1, R1, "down", "silent");
	fleet_see(1, 1, R1, "healthy", NULL);
	fleet_ranked();
	assert_int_equal(fleet.resolvers[0].scope, FAILS_FOR_HOSTS);
	assert_int_equal(fleet.odd_count, 1);
	assert_int_equal(fleet_verdict(&fleet), FLEET_WARNING);
}

static void a_tenth_is_a_part(void **state)
{
	fleet_see(0, 3, R1, "degraded", "intermittent");
	fleet_see(3, 27, R1, "healthy", NULL);
	fleet_see(0, 3, R2, "healthy", NULL);
	fleet_ranked();
	assert_int_equal(fleet.resolvers[0].scope, FAILS_FOR_PART);
	assert_int_equal(fleet_verdict(&fleet), FLEET_WARNING);
}

static void less_than_a_tenth_is_not(void **state)
{
	fleet_see(0, 3, R1, "down", NULL);
	fleet_see(3, 28, R1, "healthy", NULL);
	fleet_see(0, 3, R2, "healthy", NULL);
	fleet_ranked();
	assert_int_equal(fleet.resolvers[0].scope, FAILS_FOR_HOSTS);
	assert_int_equal(fleet_verdict(&fleet), FLEET_WARNING);
}

static void one_host_with_nothing_that_works_is_odd(void **state)
{
	fleet_see(0, 1, R1, "down", "not-sent");
	fleet_see(0, 1, R2, "degraded", "not-sent");
	fleet_see(1, 9, R1, "healthy", NULL);
	fleet_see(1, 9, R2, "healthy", NULL);
	fleet_ranked();
	assert_int_equal(fleet.odd_count, 1);
	assert_string_equal(fleet.odd[0].instance, "host00");
	assert_int_equal(fleet.odd[0].asked, 2);
	assert_string_equal(fleet.odd[0].cause, "not-sent");
	assert_int_equal(fleet_verdict(&fleet), FLEET_WARNING);
}

static void a_host_that_the_fleet_explains_is_not(void **state)
{
	fleet_see(0, 2, R1, "down", "silent");
	fleet_see(0, 2, "127.0.0.53", "degraded", "server-error"); /* a stub before it */
	fleet_see(2, 1, R1, "healthy", NULL);
	fleet_ranked();
	assert_int_equal(fleet.resolvers[0].scope, FAILS_FOR_FLEET);
	assert_int_equal(fleet.odd_count, 0);
}

static void one_more_failing_than_the_fleet_explains_is_odd(void **state)
{
	fleet_see(0, 2, R1, "down", "silent");
	fleet_see(0, 1, R2, "down", "silent");
	fleet_see(1, 3, R2, "healthy", NULL);
	fleet_ranked();
	assert_int_equal(fleet.odd_count, 1);
	assert_string_equal(fleet.odd[0].instance, "host00");
}

static void a_local_resolver_is_no_fleet_but_its_host_is_odd(void **state)
{
	fleet_see(0, 3, "127.0.0.1", "down", "port-closed");
	fleet_ranked();
	assert_int_equal(fleet.resolver_count, 0);
	assert_int_equal(fleet.odd_count, 3);
}

static void local_ones_are_those_of_the_rules(void **state)
{
	static const char *const local[] = {"127.0.0.1",       "127.0.0.53",	   "::1",
					    "169.254.169.253", "fe80::1%eth0",	   "fe80::1",
					    "febf::1",	       "2001:db8::1%eth0", "other"};
	static const char *const shared[] = {"12.7.0.1",   "128.0.0.1", "::11",
					     "169.25.4.1", "fec0::1",	"fe8::1",
					     "fe",	   "",		"2001:db8::1"};
	size_t i;

	for (i = 0; i < sizeof(local) / sizeof(*local); i++)
		assert_true(fleet_is_local(local[i]));
	for (i = 0; i < sizeof(shared) / sizeof(*shared); i++)
		assert_false(fleet_is_local(shared[i]));
}

static void ports_and_jobs_are_told_apart(void **state)
{
	fleet_add(FLEET_STATE, "a", R1, "down");
	fleet_add(FLEET_STATE, "b", R1, "down")->port = "5353";
	fleet_add(FLEET_STATE, "c", R1, "down")->job = "k";
	fleet_add(FLEET_STATE, "d", R1, "down")->transport = "tcp";
	fleet_ranked();
	assert_int_equal(fleet.resolver_count, 4);
	assert_int_equal(fleet.resolvers[0].scope, FAILS_FOR_HOSTS);
	assert_true(fleet.jobs_differ);
}

static void the_commonest_cause_is_named(void **state)
{
	fleet_see(0, 2, R1, "down", "silent");
	fleet_see(2, 3, R1, "down", "port-closed");
	fleet_see(5, 1, R1, "healthy", "prohibited"); /* a cause that is left over does not count */
	fleet_ranked();
	assert_string_equal(fleet.resolvers[0].cause, "port-closed");
	assert_int_equal(fleet.resolvers[0].cause_hosts, 3);
}

static void more_causes_than_are_told_apart_do_no_harm(void **state)
{
	static char causes[40][8];
	unsigned int i;

	for (i = 0; i < 40; i++) {
		snprintf(causes[i], sizeof(causes[i]), "c%u", i);
		fleet_see(i, 1, R1, "down", causes[i]);
	}
	fleet_ranked();
	assert_int_equal(fleet.resolvers[0].failing, 40);
	assert_int_equal(fleet.resolvers[0].cause_hosts, 1);
}

static void what_is_seen_twice_counts_once(void **state)
{
	fleet_see(0, 2, R1, "healthy", NULL);
	fleet_see(0, 1, R1, "down", NULL);
	fleet_ranked();
	assert_int_equal(fleet.resolvers[0].asked, 2);
	assert_int_equal(fleet.resolvers[0].failing, 1);
}

static void worst_come_first(void **state)
{
	fleet_see(0, 9, "192.0.2.1", "healthy", NULL);
	fleet_see(0, 1, "192.0.2.2", "down", NULL);
	fleet_see(1, 9, "192.0.2.2", "healthy", NULL);
	fleet_see(0, 2, "192.0.2.3", "down", NULL);
	fleet_see(0, 5, "192.0.2.4", "down", NULL);
	fleet_see(5, 9, "192.0.2.4", "healthy", NULL);
	fleet_ranked();
	assert_string_equal(fleet.resolvers[0].resolver, "192.0.2.3");
	assert_string_equal(fleet.resolvers[1].resolver, "192.0.2.4");
	assert_string_equal(fleet.resolvers[2].resolver, "192.0.2.2");
	assert_string_equal(fleet.resolvers[3].resolver, "192.0.2.1");
}

static void a_missing_host_is_a_warning(void **state)
{
	fleet_see(0, 2, R1, "healthy", NULL);
	fleet_add(FLEET_HOST, "host00", "", "");
	fleet_add(FLEET_HOST, "host01", "", "");
	fleet_add(FLEET_MISSING, "host02", "", "");
	fleet_ranked();
	assert_int_equal(fleet.hosts, 2);
	assert_int_equal(fleet.missing_count, 1);
	assert_false(fleet.jobs_differ);
	assert_int_equal(fleet_verdict(&fleet), FLEET_WARNING);
}

/* One host, alone: there is no fleet to compare with, and nothing works. */
static void all_that_is_asked_fails(void **state)
{
	fleet_add(FLEET_HOST, "host00", "", "");
	fleet_see(0, 1, R1, "down", "silent");
	fleet_see(0, 1, R2, "degraded", "server-error");
	fleet_ranked();
	assert_int_equal(fleet_verdict(&fleet), FLEET_CRITICAL);
}

/* The host's other resolver works; the fleet knows nothing of a local one. */
static void a_local_resolver_that_fails_is_a_warning(void **state)
{
	fleet_see(0, 1, "127.0.0.53", "down", "silent");
	fleet_see(0, 3, R1, "healthy", NULL);
	fleet_ranked();
	assert_int_equal(fleet.odd_count, 0);
	assert_int_equal(fleet_verdict(&fleet), FLEET_WARNING);
}

static void nobody_asks_anything(void **state)
{
	fleet_add(FLEET_HOST, "host00", "", "");
	fleet_sums(R1, 0, 0);
	fleet_ranked();
	assert_int_equal(fleet.resolver_count, 0);
	assert_int_equal(fleet_verdict(&fleet), FLEET_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fleet_test(half_of_the_hosts_is_the_fleet),
		fleet_test(less_than_half_is_not),
		fleet_test(one_host_is_no_fleet),
		fleet_test(a_tenth_is_a_part),
		fleet_test(less_than_a_tenth_is_not),
		fleet_test(one_host_with_nothing_that_works_is_odd),
		fleet_test(a_host_that_the_fleet_explains_is_not),
		fleet_test(one_more_failing_than_the_fleet_explains_is_odd),
		fleet_test(a_local_resolver_is_no_fleet_but_its_host_is_odd),
		fleet_test(local_ones_are_those_of_the_rules),
		fleet_test(ports_and_jobs_are_told_apart),
		fleet_test(the_commonest_cause_is_named),
		fleet_test(more_causes_than_are_told_apart_do_no_harm),
		fleet_test(what_is_seen_twice_counts_once),
		fleet_test(worst_come_first),
		fleet_test(a_missing_host_is_a_warning),
		fleet_test(all_that_is_asked_fails),
		fleet_test(a_local_resolver_that_fails_is_a_warning),
		fleet_test(nobody_asks_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
