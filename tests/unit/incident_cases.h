/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The one scene of a test of incidents, from its beginning to its end. */
#ifndef TESTS_INCIDENT_CASES_H
#define TESTS_INCIDENT_CASES_H

#include "incident_scene.h"

/* Seconds in each of which so many are answered and time out. */
static void run(struct incident_scene *s, int seconds, unsigned int answered,
		unsigned int timed_out)
{
	while (seconds--) {
		second_of(s, 0, answered, timed_out);
		tick(s);
	}
}

static struct incident_scene the_scene;

static int begin(void **state)
{
	incidents_begin(&the_scene);
	*state = &the_scene;
	return 0;
}

static int end(void **state)
{
	incidents_end(*state);
	return 0;
}

#define IN_A_SCENE(test, beginning) cmocka_unit_test_setup_teardown(test, beginning, end)

#endif
