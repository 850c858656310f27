// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The summary at exit: totals by kind, in words. */
#include "printed.h"

#include "view/summary.h"

static const char *summed_up(const struct scene *scene)
{
	struct buffer out = {0};

	assert_int_equal(summary_write(&out, &scene->status, NULL), 0);
	return printed(&out);
}

static void the_summary_shows_a_suspicion_and_no_colour(void **state)
{
	struct scene scene;

	(void)state;
	scene_of_four(&scene);
	assert_says_not(summed_up(&scene), "suspicion");
	scene.out[0].forged = 1;
	assert_says(summed_up(&scene), "  suspicion forged: ");
	assert_null(strchr(text, '\033'));
	scene_end(&scene);
}

static void the_summary_has_the_totals_by_kind(void **state)
{
	struct scene scene;

	(void)state;
	scene_of_four(&scene);
	scene.resolvers[3].counters.n[COUNTER_ANSWERED_SERVFAIL] = 4;
	scene.resolvers[3].counters.n[COUNTER_ANSWERED_OTHER] = 1;
	scene.resolvers[3].counters.n[COUNTER_LATE_RESPONSES] = 3;
	scene.resolvers[3].counters.n[COUNTER_UNMATCHED_UNREACHABLES] = 2;
	scene.resolvers[3].counters.n[COUNTER_UNSENT_HOST] = 5;
	scene.resolvers[3].counters.n[COUNTER_TRANSACTIONS] = 28;
	scene.resolvers[3].counters.n[COUNTER_RETRANSMISSIONS] = 2;
	scene.resolvers[3].in_flight = 6;
	summed_up(&scene);
	assert_says(text, "203.0.113.2  degraded, likely cause intermittent: ");
	assert_says(text, "  failed             38%  15 of 40 settled\n");
	assert_says(text, "  queries             30  transactions 28, retransmissions 2\n");
	assert_says(text, "  answered            25  NOERROR 20, SERVFAIL 4, other 1\n");
	assert_says(text, "  timed out           10\n");
	assert_says(text, "  unsent               5  host 5\n");
	assert_says(text, "  in flight            6\n");
	assert_says(text, "  late                 3  responses 3\n");
	assert_says(text, "  unmatched            2  unreachables 2\n");
	assert_says(text, "  RTT p50           11ms  p95 11ms\n");
	assert_says(text, "\nNever queried: 198.51.100.100\n");
	assert_says(text, "  unreachable   12345678  port 12345678\n");
	assert_says_not(text, "dnsreach itself");
	scene_end(&scene);
}

static void the_summary_ends_with_the_tool_itself(void **state)
{
	struct scene scene;

	(void)state;
	scene_of_four(&scene);
	scene.snapshot.self.n[SELF_UNPARSED_MAPPED] = 2;
	scene.snapshot.self.n[SELF_BUSY] = 1;
	assert_says(summed_up(&scene), "\ndnsreach itself: unparsed mapped 2, busy 1\n");
	scene.status.count = 0;
	assert_says(summed_up(&scene), "No DNS query was seen.");
	scene_end(&scene);
}

static const char *summed_up_of(const struct scene *scene, int date_known, int zone_known)
{
	struct replay_info origin = {.source = "ticket.txt",
				     .date_known = date_known,
				     .zone_known = zone_known};
	struct buffer out = {0};

	assert_int_equal(summary_write(&out, &scene->status, &origin), 0);
	return printed(&out);
}

static void a_day_that_is_not_known_is_not_shown(void **state)
{
	struct scene scene;

	(void)state;
	scene_of_four(&scene);
	scene.snapshot.wall_ns = 48510022967000ull; /* 13:28:30.022967 */
	assert_says(summed_up_of(&scene, 1, 1), "Totals at 1970-01-01T13:28:30.022967Z\n");
	assert_says(summed_up_of(&scene, 1, 0),
		    "Totals at 1970-01-01T13:28:30.022967; the time zone is "
		    "unknown (set it with --utc-offset)\n");
	assert_says(summed_up_of(&scene, 0, 0),
		    "Totals at 13:28:30.022967; the date is unknown (set it with --date)\n");
	scene.snapshot.wall_ns += 86400000000000ull;
	assert_says(summed_up_of(&scene, 0, 0),
		    "Totals at 13:28:30.022967 on day 2 of the log; the date is unknown");
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_summary_shows_a_suspicion_and_no_colour),
		cmocka_unit_test(the_summary_has_the_totals_by_kind),
		cmocka_unit_test(the_summary_ends_with_the_tool_itself),
		cmocka_unit_test(a_day_that_is_not_known_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
