// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Askers in incidents: those with failures since it began, and no failure from before. */
#include "health/incident_askers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define WALL_NS 1000000000000000ULL /* of the wall clock over that of the counters */

static struct cgroup_name names[10];
static struct asker_snapshot counted[10];
static struct resolver_snapshot resolvers[2];
static struct snapshot snapshot = {.resolvers = resolvers, .count = 2, .askers = counted};
static struct incident_askers *askers;
static struct incident incident;

static int begin(void **state)
{
	unsigned int i;

	(void)state;
	memset(counted, 0, sizeof(counted));
	memset(&incident, 0, sizeof(incident));
	snapshot.asker_count = 0;
	resolvers[1].key.port = 53;
	for (i = 0; i < 10; i++)
		snprintf(names[i].text, sizeof(names[i].text), "unit%u.service", i);
	incident.id = 1;
	incident.resolver = resolvers[1].key;
	askers = incident_askers_new();
	assert_non_null(askers);
	return 0;
}

static int end(void **state)
{
	(void)state;
	incident_askers_free(askers);
	return 0;
}

static void count(unsigned int unit, size_t resolver, __u64 queries, __u64 failed, __u64 errors)
{
	if (snapshot.asker_count <= unit)
		snapshot.asker_count = unit + 1;
	counted[unit].resolver = resolvers[resolver].key;
	counted[unit].number = unit + 1;
	counted[unit].cgroup = unit + 100;
	counted[unit].name = &names[unit];
	counted[unit].queries += queries;
	counted[unit].failed += failed;
	counted[unit].errors += errors;
}

static void tick_at(double second)
{
	snapshot.at_ns = (__u64)(second * 1e9);
	snapshot.wall_ns = snapshot.at_ns + WALL_NS;
	incident_askers_tick(askers, &snapshot);
}

static void fill(double start)
{
	incident.start_ns = (__u64)(start * 1e9) + WALL_NS;
	incident_askers_fill(&incident, askers);
}

static void those_that_failed_since_it_began(void **state)
{
	(void)state;
	count(0, 1, 100, 50, 0); /* long ago */
	count(1, 1, 100, 0, 0);
	tick_at(1000);
	tick_at(1010);
	count(0, 1, 10, 0, 0);
	count(1, 1, 5, 3, 0);
	count(2, 1, 4, 1, 2); /* asks for the first time */
	count(3, 0, 4, 4, 0); /* of another resolver */
	tick_at(1015);
	fill(1012);
	assert_int_equal(incident.asker_count, 2);
	assert_string_equal(incident.askers[0].name.text, "unit1.service");
	assert_int_equal(incident.askers[0].queries, 5);
	assert_int_equal(incident.askers[0].failed, 3);
	assert_string_equal(incident.askers[1].name.text, "unit2.service");
	assert_int_equal(incident.askers[1].errors, 2);
	assert_false(incident.askers_more);
}

/* It is noticed some time after it began. */
static void an_incident_that_began_before(void **state)
{
	(void)state;
	count(0, 1, 10, 0, 0);
	tick_at(1000);
	count(0, 1, 10, 10, 0);
	tick_at(1010);
	count(0, 1, 10, 10, 0);
	tick_at(1020);
	count(0, 1, 10, 10, 0);
	tick_at(1030);
	fill(1005);
	assert_int_equal(incident.askers[0].failed, 30);
	count(0, 1, 7, 7, 0); /* it lasts */
	tick_at(5000);
	fill(1005);
	assert_int_equal(incident.askers[0].failed, 37);
	assert_int_equal(incident.askers[0].queries, 37);
}

static void the_five_worst(void **state)
{
	unsigned int i;

	(void)state;
	tick_at(1000);
	for (i = 0; i < 8; i++)
		count(i, 1, 10, i + 1, 0);
	tick_at(1010);
	fill(1005);
	assert_int_equal(incident.asker_count, INCIDENT_ASKERS);
	assert_string_equal(incident.askers[0].name.text, "unit7.service");
	assert_string_equal(incident.askers[4].name.text, "unit3.service");
	assert_true(incident.askers_more);
}

static void what_is_closed_is_forgotten(void **state)
{
	(void)state;
	tick_at(1000);
	count(0, 1, 10, 5, 0);
	tick_at(1010);
	incident.closed_ns = 1;
	fill(1005);
	assert_int_equal(incident.askers[0].failed, 5);
	fill(1005); /* the base is made anew, of the same points */
	assert_int_equal(incident.askers[0].failed, 5);
}

/* Another asker has the number: what it failed is its own from the first query on. */
static void a_number_that_is_used_again(void **state)
{
	(void)state;
	count(0, 1, 100, 50, 0);
	counted[0].born = 1;
	tick_at(1000);
	counted[0].born = 9;
	counted[0].queries = 7;
	counted[0].failed = 2;
	tick_at(1010);
	fill(1005);
	assert_int_equal(incident.asker_count, 1);
	assert_int_equal(incident.askers[0].queries, 7);
	assert_int_equal(incident.askers[0].failed, 2);
}

/* Counts that go from one asker to another of its name are no failures of this incident. */
static void counts_that_are_moved(void **state)
{
	struct asker_choice move = {.command = {.number = 1, .is_move = 1, .to = 4}, .born = 1};

	(void)state;
	count(0, 1, 100, 50, 0);
	counted[0].born = 1;
	tick_at(1000);
	count(3, 1, 10, 4, 0); /* began after the first point */
	counted[3].born = move.to_born = 9;
	tick_at(1010);
	fill(1005);
	assert_int_equal(incident.askers[0].failed, 4);
	incident_askers_move(askers, &move);
	count(0, 1, -100, -50, 0);
	count(3, 1, 100, 50, 0);
	tick_at(1020);
	fill(1005);
	assert_int_equal(incident.asker_count, 1);
	assert_int_equal(incident.askers[0].queries, 10);
	assert_int_equal(incident.askers[0].failed, 4);
	incident.id = 2; /* of the points, too */
	fill(1005);
	assert_int_equal(incident.askers[0].failed, 4);
}

/* Those of former askers are of nobody who suffers now. */
static void former_askers_do_not_suffer(void **state)
{
	(void)state;
	count(0, 1, 10, 5, 0);
	tick_at(1000);
	count(1, 1, 10, 5, 0);
	counted[1].number = 0;
	counted[1].is_former = 1;
	tick_at(1010);
	fill(1005);
	assert_int_equal(incident.asker_count, 0);
	assert_false(incident.askers_more);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(those_that_failed_since_it_began, begin, end),
		cmocka_unit_test_setup_teardown(an_incident_that_began_before, begin, end),
		cmocka_unit_test_setup_teardown(the_five_worst, begin, end),
		cmocka_unit_test_setup_teardown(what_is_closed_is_forgotten, begin, end),
		cmocka_unit_test_setup_teardown(a_number_that_is_used_again, begin, end),
		cmocka_unit_test_setup_teardown(counts_that_are_moved, begin, end),
		cmocka_unit_test_setup_teardown(former_askers_do_not_suffer, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
