// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The live table: layout, order, and what it says. */
#include "printed.h"

#include "health/status.h"
#include "view/table.h"

#include <arpa/inet.h>

static const char *drawn(struct table *table, const struct scene *scene)
{
	struct buffer out = {0};

	assert_int_equal(table_write(table, &out, &scene->status), 0);
	return printed(&out);
}

static const char *drawn_once(const struct scene *scene, struct table_options options)
{
	struct table table = {.options = options};

	return drawn(&table, scene);
}

static unsigned int count_of(const char *in, const char *what)
{
	unsigned int count = 0;

	for (; (in = strstr(in, what)); in++)
		count++;
	return count;
}

static size_t longest_line(const char *from)
{
	size_t longest = 0;

	while (*from) {
		size_t length = strcspn(from, "\n");

		longest = length > longest ? length : longest;
		from += length + !!from[length];
	}
	return longest;
}

/* As a terminal has it: what is appended goes to files and pipes, which have no width. */
static const struct table_options on_a_narrow_terminal = {.redraw = 1, .columns = 80};

static void ipv4_fits_80_columns(void **state)
{
	struct scene scene;
	const char *out;

	(void)state;
	scene_of_four(&scene);
	/* lines are cut at the width: so look for what would be cut, and that it ends there */
	out = drawn_once(&scene, on_a_narrow_terminal);
	assert_true(longest_line(out) <= 80 + strlen("\033[K"));
	assert_says(out, " FLIGHT\033[K\n");
	assert_says(out, " 65536\033[K\n");
	assert_says(out, "degraded");
	assert_says(out, "  rejected-on-path - a box on the way rejects\033[K\n");
	scene_end(&scene);
}

static void every_cause_is_explained_within_80_columns(void **state)
{
	struct scene scene;
	char line[128];
	unsigned int i;

	(void)state;
	scene_of_four(&scene);
	for (i = 1; i < CAUSE_MAX; i++) {
		scene.out[1].cause = i;
		snprintf(line, sizeof(line), "  %s - %s\n", cause_name(i), cause_meaning(i));
		assert_says(drawn_once(&scene, (struct table_options){.columns = 80}), line);
	}
	scene_end(&scene);
}

static void a_wide_terminal_has_the_cause_in_its_column(void **state)
{
	struct scene scene;
	const char *out;

	(void)state;
	scene_of_four(&scene);
	out = drawn_once(&scene, (struct table_options){.columns = 132});
	assert_says(
		out,
		"RESOLVER              STATE    CAUSE            QUERIES/S FAILED ERRORS UNREACH "
		"TIMED OUT RTT P50 RTT P95 IN FLIGHT\n");
	assert_says(out, "255.255.255.255:65535 down     rejected-on-path");
	assert_says(
		out,
		"192.0.2.1             healthy  -                    10000     0%     0%       0 "
		"        0    11ms    11ms         0\n");
	scene_end(&scene);
}

/* They are no failures: without a column, `degraded` would stand beside 0 % of them. */
static void answers_with_an_error_have_their_own_share(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 20);
	scene_settle(&scene, COUNTER_ANSWERED_NXDOMAIN, 20);
	scene_settle(&scene, COUNTER_ANSWERED_SERVFAIL, 40);
	scene_settle(&scene, COUNTER_ANSWERED_REFUSED, 20);
	scene_tick(&scene);
	assert_says(drawn_once(&scene, on_a_narrow_terminal),
		    "\n192.0.2.1       degraded   100     0%    60%     0     0     -     -      0"
		    "\033[K\n");
	assert_says(drawn_once(&scene, (struct table_options){0}),
		    " degraded server-error           100     0%    60%       0         0 ");
	scene_end(&scene);
}

/* The same query can be in a row of each origin: the two are never added. */
static void queries_of_guests_are_not_added_to_those_of_the_host(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene.resolvers[1].key = scene.resolvers[0].key;
	scene.resolvers[1].key.origin = ORIGIN_GUEST;
	scene.snapshot.count = 2;
	scene.resolvers[0].counters.n[COUNTER_QUERIES] = 7;
	scene.resolvers[0].counters.n[COUNTER_UNTRACKED] = 7;
	scene.resolvers[1].counters.n[COUNTER_QUERIES] = 5;
	scene.resolvers[1].counters.n[COUNTER_UNTRACKED] = 5;
	scene_tick(&scene);
	assert_says(drawn_once(&scene, (struct table_options){0}),
		    "warning: 7 queries and 5 of guests not tracked: in-flight table full (65536)");
	scene_end(&scene);
}

static void what_fails_inside_this_host_is_said(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene.resolvers[0].key.origin = ORIGIN_GUEST;
	scene_settle(&scene, COUNTER_TIMED_OUT, 20);
	scene_tick(&scene);
	status_set_fails_inside(scene.out, 1);
	assert_says(drawn_once(&scene, on_a_narrow_terminal), "192.0.2.1 (guests) down");
	assert_says(drawn_once(&scene, on_a_narrow_terminal),
		    "\n  fails inside this host: behind it nothing fails\033[K\n");
	scene.snapshot.guests_bypassed = 1;
	assert_says(drawn_once(&scene, (struct table_options){0}),
		    "warning: answers to guests bypass this hook (bpf_redirect_peer)");
	scene_end(&scene);
}

/* The longest address that public resolvers are known by, and a port behind an IPv4 address. */
static void common_resolvers_stay_in_their_line(void **state)
{
	static const char *const keys[] = {"2606:4700:4700::1111", "192.168.100.100:5353"};
	struct scene scene;
	char row[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		scene_begin(&scene, NULL);
		scene.resolvers[0].key = scene_key(keys[i]);
		scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 1);
		scene_tick(&scene);
		snprintf(row, sizeof(row), "\n%s pending ", keys[i]);
		assert_says(drawn_once(&scene, on_a_narrow_terminal), row);
		scene_end(&scene);
	}
}

static void a_long_resolver_cuts_no_number_off(void **state)
{
	struct scene scene;
	const char *out;

	(void)state;
	scene_of_four(&scene);
	scene.resolvers[1].key = scene_key("[2001:db8:1111:2222:3333:4444:5555:6666]:5353");
	out = drawn_once(&scene, on_a_narrow_terminal);
	assert_true(longest_line(out) <= 80 + strlen("\033[K"));
	assert_says(out, "[2001:db8:1111:2222:3333:4444:5555:6666]:5353\033[K\n");
	assert_says(out, " 65536\033[K\n");
	scene_end(&scene);
}

static void worst_state_first_then_most_queries(void **state)
{
	struct scene scene;
	const char *out, *down, *degraded, *healthy, *idle;

	(void)state;
	scene_of_four(&scene);
	out = drawn_once(&scene, (struct table_options){.redraw = 1, .columns = 80});
	down = strstr(out, "255.255.255.255");
	degraded = strstr(out, "203.0.113.2");
	healthy = strstr(out, "192.0.2.1 ");
	idle = strstr(out, "198.51.100.100");
	assert_true(down && degraded && healthy && idle);
	assert_true(down < degraded && degraded < healthy && healthy < idle);
	scene.out[2].state = STATE_HEALTHY;
	scene.out[2].windows[WINDOW_10S].settled = 1;
	scene.out[2].windows[WINDOW_10S].queries_per_s = 10001;
	out = drawn_once(&scene, (struct table_options){.redraw = 1, .columns = 80});
	assert_true(strstr(out, "198.51.100.100") < strstr(out, "192.0.2.1 "));
	scene_end(&scene);
}

/* Turns a row of scene_of_four() into one of DNS over TLS with ten sessions, three of them closed.
 */
static void make_sessions(struct scene *scene)
{
	__u64 *n = scene->resolvers[0].counters.n;

	scene->resolvers[0].key.transport = TRANSPORT_DOT;
	scene->resolvers[0].key.port = htons(853);
	memset(n, 0, COUNTER_MAX * sizeof(*n));
	n[COUNTER_CONNECT_ATTEMPTS] = n[COUNTER_CONNECT_ESTABLISHED] = 12;
	n[COUNTER_TRANSACTIONS] = 10;
	n[COUNTER_ANSWERED_NOERROR] = 7;
	n[COUNTER_CLOSED_RST] = 3;
	scene->out[0].windows[WINDOW_10S].settled = 10;
	scene->out[0].windows[WINDOW_10S].connects_per_s = 1.25;
	scene->out[0].windows[WINDOW_10S].sessions_per_s = 7.75;
}

static void a_row_over_tls_shows_its_sessions(void **state)
{
	struct scene scene;
	const char *out;

	(void)state;
	scene_of_four(&scene);
	assert_int_equal(resolver_shown_as(&scene.out[0]), SHOWN_QUERIES);
	make_sessions(&scene);
	assert_int_equal(resolver_shown_as(&scene.out[0]), SHOWN_SESSIONS);
	out = drawn_once(&scene, (struct table_options){.redraw = 1, .columns = 140});
	assert_says(out, " 7.75 ");
	assert_null(strstr(out, " 1.25 "));
	scene.resolvers[0].counters.n[COUNTER_TRANSACTIONS] = 0;
	assert_int_equal(resolver_shown_as(&scene.out[0]), SHOWN_CONNECTS);
	out = drawn_once(&scene, (struct table_options){.redraw = 1, .columns = 140});
	assert_says(out, " 1.25 ");
	scene_end(&scene);
}

static void what_was_closed_has_a_column_when_there_is_any(void **state)
{
	struct scene scene;
	const char *out;

	(void)state;
	scene_of_four(&scene);
	assert_null(strstr(drawn_once(&scene, on_a_narrow_terminal), "CLOSED"));
	make_sessions(&scene);
	out = drawn_once(&scene, on_a_narrow_terminal);
	assert_says(out, " CLOSED ");
	assert_says(out, "      3 ");
	assert_says(out, " FLIGHT\033[K\n");
	assert_true(longest_line(out) <= 80 + strlen("\033[K"));
	out = drawn_once(&scene, (struct table_options){.redraw = 1, .columns = 140});
	assert_says(out, " TIMED OUT CLOSED RTT P50 ");
	scene_end(&scene);
}

static void other_comes_last_without_a_state(void **state)
{
	struct scene scene;
	const char *out;

	(void)state;
	scene_of_four(&scene);
	memset(&scene.resolvers[1].key, 0, sizeof(scene.resolvers[1].key));
	scene.out[1].state = STATE_IDLE;
	scene.out[1].cause = CAUSE_NONE;
	out = drawn_once(&scene, (struct table_options){.redraw = 1, .columns = 120});
	assert_says(out, "\nother           -        -    ");
	assert_true(strstr(out, "\nother") > strstr(out, "198.51.100.100"));
	assert_says(out, "warning: more resolvers than fit (289)");
	scene_end(&scene);
}

static void colour_only_if_asked_and_only_the_state(void **state)
{
	struct scene scene;
	const char *out;

	(void)state;
	scene_of_four(&scene);
	assert_null(strchr(drawn_once(&scene, (struct table_options){0}), '\033'));
	out = drawn_once(&scene, (struct table_options){.redraw = 1, .columns = 80});
	assert_int_equal(count_of(out, "\033"), count_of(out, "\033[K") + 2); /* home, clear */
	out = drawn_once(&scene, (struct table_options){.redraw = 1, .columns = 80, .colour = 1});
	assert_says(out, "\033[1;31mdown\033[0m ");
	assert_says(out, "\033[33mdegraded\033[0m ");
	assert_says(out, "\033[32mhealthy\033[0m ");
	assert_int_equal(count_of(out, "\033[0m"), 4);
	scene_end(&scene);
}

static void redraw_goes_home_and_clears_what_is_left(void **state)
{
	struct scene scene;
	const char *out;

	(void)state;
	scene_of_four(&scene);
	out = drawn_once(&scene, (struct table_options){.redraw = 1, .columns = 80});
	assert_ptr_equal(strstr(out,
				"\033[Hdnsreach 00:16:41 UTC on eth0 (tcx), lo (clsact)\033[K\n"),
			 out);
	assert_string_equal(out + strlen(out) - 3, "\033[J");
	assert_int_equal(count_of(out, "\n"), count_of(out, "\033[K\n"));
	assert_says_not(out, "\033[?"); /* no other screen, no hidden cursor: nothing to undo */
	assert_says_not(out, "\033[2J");
	scene_end(&scene);
}

static void no_more_lines_than_the_terminal_has(void **state)
{
	struct scene scene;
	unsigned int rows;

	(void)state;
	scene_of_four(&scene);
	for (rows = 1; rows < 20; rows++) {
		drawn_once(&scene,
			   (struct table_options){.redraw = 1, .columns = 80, .rows = rows});
		assert_true(count_of(text, "\n") <= rows - 1);
	}
	/* title, two headings, down in a line of its own with row and cause, "more" */
	drawn_once(&scene, (struct table_options){.redraw = 1, .columns = 80, .rows = 8});
	assert_says(text, "255.255.255.255");
	assert_says(text, "... 3 more\033[K\n");
	assert_says_not(text, "203.0.113.2");
	/* degraded and its cause would fit, but then "more" would not */
	drawn_once(&scene, (struct table_options){.redraw = 1, .columns = 80, .rows = 9});
	assert_says(text, "... 3 more\033[K\n");
	drawn_once(&scene, (struct table_options){.redraw = 1, .columns = 80, .rows = 11});
	assert_says_not(text, "more");
	scene_end(&scene);
}

static void undefined_is_a_dash(void **state)
{
	struct scene scene;
	const char *out;

	(void)state;
	scene_begin(&scene, NULL);
	scene_counters(&scene)[COUNTER_QUERIES] = 1;
	scene_tick(&scene);
	out = drawn_once(&scene, on_a_narrow_terminal);
	assert_says(out,
		    "\n192.0.2.1       pending   1.00      -      -     0     0     -     -      0"
		    "\033[K\n");
	scene_end(&scene);
}

static void a_minute_is_shown_when_nothing_settled_in_ten_seconds(void **state)
{
	struct scene scene;
	const char *out;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_TIMED_OUT, 60);
	scene_run_until(&scene, 60);
	out = drawn_once(&scene, on_a_narrow_terminal);
	assert_says(out,
		    "\n192.0.2.1       down      1.00   100%     0%     0    60     -     -      0"
		    "\033[K\n");
	scene_end(&scene);
}

static void no_traffic_says_what_is_watched_and_what_to_try(void **state)
{
	struct scene scene;
	const char *out;

	(void)state;
	scene_begin(&scene, NULL);
	scene.status.interfaces = interfaces;
	scene.status.interface_count = 2;
	scene_tick(&scene);
	out = drawn_once(&scene, (struct table_options){.redraw = 1,
							.columns = 80,
							.rows = 24,
							.ports = "53, 5353"});
	assert_says(out, "eth0 (tcx), lo (clsact)");
	assert_says(out, "No DNS query seen yet; watching port 53, 5353 (UDP, TCP) and 853 (TLS).");
	assert_says(out, "getent hosts example.org");
	assert_true(longest_line(out) <= 83);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 1);
	scene_tick(&scene);
	out = drawn_once(&scene, (struct table_options){.redraw = 1, .columns = 80, .rows = 24});
	assert_says_not(out, "No DNS query");
	scene_end(&scene);
}

static void appended_lines_bear_the_time_and_repeat_the_header(void **state)
{
	struct table table = {{0}, 0, 0};
	struct scene scene;
	unsigned int headers = 0;
	int i;

	(void)state;
	scene_begin(&scene, NULL);
	scene_tick(&scene);
	assert_says(drawn(&table, &scene), "00:16:41 No DNS query seen yet");
	scene_tick(&scene);
	assert_string_equal(drawn(&table, &scene), "");
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 1);
	scene_tick(&scene);
	assert_says(drawn(&table, &scene), "00:16:43 RESOLVER ");
	assert_says(text, "\n00:16:43 192.0.2.1 ");
	for (i = 0; i < 60; i++) {
		scene_tick(&scene);
		headers += count_of(drawn(&table, &scene), "RESOLVER");
		assert_int_equal(count_of(text, "192.0.2.1 "), 1);
	}
	assert_int_equal(headers, 3);
	scene_end(&scene);
}

static void warnings_are_in_plain_words(void **state)
{
	struct scene scene;
	const char *out;

	(void)state;
	scene_begin(&scene, NULL);
	scene_settle(&scene, COUNTER_ANSWERED_NOERROR, 1);
	scene_tick(&scene);
	assert_says_not(drawn_once(&scene, (struct table_options){.columns = 80}), "warning");
	scene_counters(&scene)[COUNTER_UNTRACKED] = 12;
	scene.snapshot.self.n[SELF_UNPARSED_SHORT] = 2;
	scene.snapshot.self.n[SELF_UNPARSED_FRAGMENT] = 1;
	scene.snapshot.self.n[SELF_FORGOTTEN] = 5;
	scene.snapshot.self.n[SELF_BUSY] = 7;
	scene.snapshot.self.n[SELF_UNMATCHED_RESPONSES] = 99; /* nothing to warn of */
	out = drawn_once(&scene, (struct table_options){.columns = 80});
	assert_says(out, "warning: 12 queries not tracked: in-flight table full (65536)\n");
	assert_says(out, "warning: 3 packets not counted: short 2, fragment 1\n");
	assert_says(out, "warning: 5 timed-out transactions forgotten early (late is too low)\n");
	assert_says(out, "warning: 7 map operations failed as busy: counts may be off by that\n");
	assert_int_equal(count_of(out, "warning"), 4);
	scene_end(&scene);
}

static void suspicion_is_shown(void **state)
{
	struct scene scene;
	const char *out;

	(void)state;
	scene_of_four(&scene);
	assert_says_not(drawn_once(&scene, (struct table_options){.columns = 80}), "forged");
	scene.out[0].forged = 1;
	out = drawn_once(&scene, (struct table_options){.columns = 80});
	assert_says(out, "forged? ICMP unreachables that match no query keep arriving\n");
	scene_end(&scene);
}

static void a_terminal_does_not_obey_an_interfaces_name(void **state)
{
	static const struct status_interface odd[] = {{"e\033[2J\a", "tcx", 1U << ORIGIN_HOST}};
	struct scene scene;
	const char *out;

	(void)state;
	scene_of_four(&scene);
	scene.status.interfaces = odd;
	scene.status.interface_count = 1;
	out = drawn_once(&scene, (struct table_options){.columns = 80});
	assert_says(out, "e?[2J? (tcx)");
	scene_end(&scene);
}

static void many_interfaces_do_not_overflow_the_title(void **state)
{
	struct status_interface many[50];
	struct scene scene;
	unsigned int i;

	(void)state;
	scene_of_four(&scene);
	for (i = 0; i < 50; i++) {
		snprintf(many[i].name, sizeof(many[i].name), "interface-%u", i);
		many[i].hook = "tcx";
	}
	scene.status.interfaces = many;
	scene.status.interface_count = 50;
	drawn_once(&scene, (struct table_options){.redraw = 1, .columns = 80});
	assert_says(text, "interface-0 (tcx), interface-1 (tcx) and 48 more\033[K\n");
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_fits_80_columns),
		cmocka_unit_test(every_cause_is_explained_within_80_columns),
		cmocka_unit_test(a_wide_terminal_has_the_cause_in_its_column),
		cmocka_unit_test(answers_with_an_error_have_their_own_share),
		cmocka_unit_test(queries_of_guests_are_not_added_to_those_of_the_host),
		cmocka_unit_test(what_fails_inside_this_host_is_said),
		cmocka_unit_test(common_resolvers_stay_in_their_line),
		cmocka_unit_test(a_long_resolver_cuts_no_number_off),
		cmocka_unit_test(worst_state_first_then_most_queries),
		cmocka_unit_test(a_row_over_tls_shows_its_sessions),
		cmocka_unit_test(what_was_closed_has_a_column_when_there_is_any),
		cmocka_unit_test(other_comes_last_without_a_state),
		cmocka_unit_test(colour_only_if_asked_and_only_the_state),
		cmocka_unit_test(redraw_goes_home_and_clears_what_is_left),
		cmocka_unit_test(no_more_lines_than_the_terminal_has),
		cmocka_unit_test(undefined_is_a_dash),
		cmocka_unit_test(a_minute_is_shown_when_nothing_settled_in_ten_seconds),
		cmocka_unit_test(no_traffic_says_what_is_watched_and_what_to_try),
		cmocka_unit_test(appended_lines_bear_the_time_and_repeat_the_header),
		cmocka_unit_test(warnings_are_in_plain_words),
		cmocka_unit_test(suspicion_is_shown),
		cmocka_unit_test(a_terminal_does_not_obey_an_interfaces_name),
		cmocka_unit_test(many_interfaces_do_not_overflow_the_title),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
