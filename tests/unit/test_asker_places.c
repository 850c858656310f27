// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Which askers lose their rows: idle ones, only where most rows are in use, and never their counts.
 */
#include "health/asker_places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define TIMEOUT_NS 5000000000ULL

static struct cgroup_name names[ASKERS_MAX];
static struct asker_snapshot askers[ASKERS_MAX + 4];
static struct resolver_key resolvers[2];
static struct snapshot snapshot = {.askers = askers};
static struct asker_places *places;
static struct asker_choice choices[ASKER_COMMANDS];

static int begin(void **state)
{
	(void)state;
	resolvers[1].port = 53;
	snapshot.asker_count = 0;
	places = asker_places_new(TIMEOUT_NS, 0);
	assert_non_null(places);
	return 0;
}

static int end(void **state)
{
	(void)state;
	asker_places_free(places);
	return 0;
}

/* Adds askers with one query each, up to this number of a row. */
static void askers_up_to(unsigned int number)
{
	unsigned int i;

	for (i = (unsigned int)snapshot.asker_count + 1; i <= number; i++) {
		snprintf(names[i - 1].text, sizeof(names[0].text), "unit%u.service", i);
		askers[snapshot.asker_count++] = (struct asker_snapshot){.resolver = resolvers[0],
									 .cgroup = i,
									 .number = i,
									 .born = i,
									 .first = i,
									 .queries = 1,
									 .name = &names[i - 1]};
	}
}

static size_t choose_at(unsigned int second)
{
	snapshot.at_ns = second * 1000000000ULL;
	return asker_places_choose(places, &snapshot, choices);
}

static void none_while_there_is_room(void **state)
{
	(void)state;
	askers_up_to(ASKERS_WANTED);
	assert_int_equal(choose_at(1000), 0);
	assert_int_equal(choose_at(9000), 0);
}

static void none_that_asked_within_a_minute(void **state)
{
	(void)state;
	askers_up_to(ASKERS_MAX);
	assert_int_equal(choose_at(1000), 0);
	assert_int_equal(choose_at(1059), 0);
	assert_int_equal(choose_at(1060), ASKER_COMMANDS);
	assert_false(choices[0].command.is_move);
}

/* A failure is a sign of life, too: its transaction was open. */
static void the_longest_idle_first(void **state)
{
	(void)state;
	askers_up_to(ASKERS_WANTED + 3);
	choose_at(1000);
	askers[0].queries++;
	askers[1].failed++;
	askers[2].errors++;
	choose_at(1030);
	assert_int_equal(choose_at(1070), 3);
	assert_int_equal(choices[0].command.number, 4);
	assert_int_equal(choices[1].command.number, 5);
	assert_int_equal(choices[2].command.number, 6);
}

static void a_long_timeout_is_waited_for(void **state)
{
	(void)state;
	asker_places_free(places);
	places = asker_places_new(100 * 1000000000ULL, 0);
	askers_up_to(ASKERS_MAX);
	choose_at(1000);
	assert_int_equal(choose_at(1109), 0);
	assert_int_equal(choose_at(1110), ASKER_COMMANDS);
}

static void counts_are_moved_when_no_transaction_can_be_open(void **state)
{
	(void)state;
	askers_up_to(ASKERS_WANTED + 1);
	choose_at(1000);
	assert_int_equal(choose_at(1100), 1);
	assert_int_equal(choices[0].command.number, 1);
	askers[0].is_unlinked = 1;
	assert_int_equal(choose_at(1101), 0);
	askers[0].queries++; /* one that was under way */
	assert_int_equal(choose_at(1105), 0);
	askers[0].failed++;
	assert_int_equal(choose_at(1110), 0);
	assert_int_equal(choose_at(1124), 0);
	assert_int_equal(choose_at(1125), 1);
	assert_true(choices[0].command.is_move);
	assert_int_equal(choices[0].command.number, 1);
	assert_int_equal(choices[0].command.to, 0); /* former askers */
	assert_int_equal(choices[0].command.counts.queries, 2);
	assert_int_equal(choices[0].command.counts.failed, 1);
	assert_int_equal(choices[0].born, 1);
}

/* A service that was started again has another cgroup, and one name. */
static void counts_go_to_an_asker_of_the_same_name(void **state)
{
	(void)state;
	askers_up_to(ASKERS_WANTED + 1);
	choose_at(1000);
	strcpy(names[8].text, "unit1.service");
	strcpy(names[7].text, "unit1.service");
	askers[7].resolver = resolvers[1];
	assert_int_equal(choose_at(1100), 1);
	askers[0].is_unlinked = 1;
	choose_at(1101);
	assert_int_equal(choose_at(1120), 1);
	assert_int_equal(choices[0].command.number, 1);
	assert_int_equal(choices[0].command.to, 9);
	assert_int_equal(choices[0].to_born, 9);
}

/* Of one name, the idle ones go to those that still ask. */
static void counts_go_to_one_that_stays(void **state)
{
	size_t count, i;

	(void)state;
	askers_up_to(ASKERS_MAX);
	for (i = 0; i < 20; i++)
		strcpy(names[i].text, "cron.service");
	choose_at(1000);
	askers[17].queries++;
	choose_at(1099);
	count = choose_at(1100);
	assert_int_equal(count, ASKER_COMMANDS);
	for (i = 0; i < count; i++)
		askers[choices[i].command.number - 1].is_unlinked = 1;
	choose_at(1101);
	count = choose_at(1120);
	assert_int_equal(count, ASKER_COMMANDS);
	for (i = 0; i < count; i++) {
		assert_true(choices[i].command.is_move);
		assert_int_equal(choices[i].command.to, 18);
	}
}

/* No series of a metric may fall: the first 20 askers of a resolver have them. */
static void askers_with_metrics_stay(void **state)
{
	size_t count, i;

	(void)state;
	asker_places_free(places);
	places = asker_places_new(TIMEOUT_NS, 1);
	askers_up_to(ASKERS_MAX);
	strcpy(names[30].text, "unit2.service"); /* started again: unit2 may go */
	choose_at(1000);
	count = choose_at(1100);
	assert_int_equal(count, ASKER_COMMANDS);
	assert_int_equal(choices[0].command.number, 2);
	for (i = 1; i < count; i++)
		assert_true(choices[i].command.number > 20);
}

/* A number that another asker has now is no idle one. */
static void a_new_asker_of_an_old_number(void **state)
{
	(void)state;
	askers_up_to(ASKERS_WANTED + 1);
	choose_at(1000);
	askers[0].born = 5000;
	choose_at(1050);
	assert_int_equal(choose_at(1100), 1);
	assert_int_equal(choices[0].command.number, 2);
}

static void sums_are_no_askers(void **state)
{
	(void)state;
	askers_up_to(ASKERS_WANTED);
	askers[snapshot.asker_count++] = (struct asker_snapshot){.is_other = 1, .queries = 5};
	askers[snapshot.asker_count++] = (struct asker_snapshot){.is_former = 1, .queries = 5};
	choose_at(1000);
	assert_int_equal(choose_at(9000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(none_while_there_is_room, begin, end),
		cmocka_unit_test_setup_teardown(none_that_asked_within_a_minute, begin, end),
		cmocka_unit_test_setup_teardown(the_longest_idle_first, begin, end),
		cmocka_unit_test_setup_teardown(a_long_timeout_is_waited_for, begin, end),
		cmocka_unit_test_setup_teardown(counts_are_moved_when_no_transaction_can_be_open,
						begin, end),
		cmocka_unit_test_setup_teardown(counts_go_to_an_asker_of_the_same_name, begin, end),
		cmocka_unit_test_setup_teardown(counts_go_to_one_that_stays, begin, end),
		cmocka_unit_test_setup_teardown(askers_with_metrics_stay, begin, end),
		cmocka_unit_test_setup_teardown(a_new_asker_of_an_old_number, begin, end),
		cmocka_unit_test_setup_teardown(sums_are_no_askers, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
