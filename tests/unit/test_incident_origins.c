// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Incidents of rows of two origins: where the failure lies, and that each row has its own. */
#include "incident_scene.h"

/* Row 0 is what the host sends to an address, row 1 what guests ask of it. */
static void begin(struct incident_scene *s)
{
	incidents_begin(s);
	s->scene.resolvers[1].key = s->scene.resolvers[0].key;
	s->scene.resolvers[1].key.origin = ORIGIN_GUEST;
	s->scene.snapshot.count = 2;
}

static void run(struct incident_scene *s, unsigned int seconds, unsigned int host_failed,
		unsigned int guest_failed)
{
	while (seconds--) {
		second_of(s, 0, host_failed ? 0 : 5, host_failed);
		second_of(s, 1, guest_failed ? 0 : 5, guest_failed);
		tick(s);
	}
}

static void what_fails_inside_is_kept(void **state)
{
	struct incident_scene s;

	(void)state;
	begin(&s);
	run(&s, 5, 0, 0);
	run(&s, 12, 0, 5);
	assert_int_equal(incident_count(&s), 1);
	assert_int_equal(incident_number(&s, 1)->resolver.origin, ORIGIN_GUEST);
	assert_int_equal(incident_number(&s, 1)->fails_inside, 1);
	run(&s, 20, 0, 0);
	assert_true(incident_number(&s, 1)->closed_ns > 0);
	assert_int_equal(incident_number(&s, 1)->fails_inside, 1);
	incidents_end(&s);
}

static void what_fails_behind_the_host_too_is_not_inside(void **state)
{
	struct incident_scene s;
	size_t i;

	(void)state;
	begin(&s);
	run(&s, 5, 0, 0);
	run(&s, 12, 5, 5);
	assert_int_equal(incident_count(&s), 2);
	run(&s, 20, 0, 0);
	for (i = 1; i <= 2; i++)
		assert_int_equal(incident_number(&s, i)->fails_inside, 0);
	incidents_end(&s);
}

/* Guests notice it first; a moment later it fails for the host as well. */
static void a_later_failure_of_the_host_decides(void **state)
{
	struct incident_scene s;

	(void)state;
	begin(&s);
	run(&s, 5, 0, 0);
	run(&s, 11, 0, 5);
	assert_int_equal(incident_number(&s, 1)->fails_inside, 1);
	run(&s, 12, 5, 5);
	assert_int_equal(incident_number(&s, 1)->fails_inside, 0);
	incidents_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fails_inside_is_kept),
		cmocka_unit_test(what_fails_behind_the_host_too_is_not_inside),
		cmocka_unit_test(a_later_failure_of_the_host_decides),
	};

	return cmocka_run_group_tests_name("incidents of origins", tests, NULL, NULL);
}
