// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The state of the screen, without a terminal: order, filter, selection, pause, keys. */
#include "scene.h"

#include "health/status.h"
#include "screen/model.h"

#include <stdio.h>

struct model_rig {
	struct scene scene;
	struct screen_model model;
};

/* 192.0.2.1 healthy and busy, 192.0.2.2 down, 192.0.2.3 idle, 192.0.2.4 degraded. */
static void rig_open(struct model_rig *rig)
{
	static const struct model_source source = {.from_zero = 1};
	struct scene *scene = &rig->scene;
	unsigned int i;
	char text[32];

	scene_begin(scene, NULL);
	for (i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "192.0.2.%u", i + 1);
		scene->resolvers[i].key = scene_key(text);
	}
	scene->snapshot.count = 4;
	scene_settle(scene, COUNTER_ANSWERED_NOERROR, 1000);
	scene->resolvers[1].counters.n[COUNTER_QUERIES] = 40;
	scene->resolvers[1].counters.n[COUNTER_UNREACHABLE_PORT] = 40;
	scene->resolvers[1].counters.n[COUNTER_EVIDENCE_PORT] = 40;
	scene->resolvers[3].counters.n[COUNTER_QUERIES] = 30;
	scene->resolvers[3].counters.n[COUNTER_ANSWERED_NOERROR] = 20;
	scene->resolvers[3].counters.n[COUNTER_TIMED_OUT] = 10;
	scene_tick(scene);
	model_init(&rig->model, &source);
	assert_int_equal(model_update(&rig->model, &scene->status, NULL, 0), 0);
}

static void rig_close(struct model_rig *rig)
{
	model_free(&rig->model);
	scene_end(&rig->scene);
}

static void rig_tick(struct model_rig *rig)
{
	scene_tick(&rig->scene);
	assert_int_equal(model_update(&rig->model, &rig->scene.status, NULL, 0), 0);
}

static void press(struct model_rig *rig, const char *keys)
{
	for (; *keys; keys++)
		model_key(&rig->model, (unsigned char)*keys);
}

/* The last digits of the addresses in the list, in order. */
static const char *order(const struct model_rig *rig)
{
	static char digits[8];
	char text[RESOLVER_TEXT_SIZE];
	size_t i;

	for (i = 0; i < rig->model.row_count; i++) {
		resolver_text(&rig->model.rows[i].resolver->now->key, text);
		digits[i] = text[strlen(text) - 1];
	}
	digits[i] = '\0';
	return digits;
}

static char selected(const struct model_rig *rig)
{
	const struct screen_row *row = model_selected(&rig->model);
	char text[RESOLVER_TEXT_SIZE];

	if (!row)
		return '-';
	resolver_text(&row->resolver->now->key, text);
	return text[strlen(text) - 1];
}

static void the_worst_is_above(void **state)
{
	struct model_rig rig;

	(void)state;
	rig_open(&rig);
	assert_string_equal(order(&rig), "2413");
	press(&rig, "r");
	assert_string_equal(order(&rig), "3142");
	rig_close(&rig);
}

static void the_list_is_sorted_by_the_next_column(void **state)
{
	struct model_rig rig;

	(void)state;
	rig_open(&rig);
	while (rig.model.sort != COLUMN_QUERIES_RATE)
		press(&rig, "s");
	assert_string_equal(order(&rig), "1243");
	press(&rig, "s"); /* share that failed: none is known of the idle one */
	assert_int_equal(rig.model.sort, COLUMN_FAILED_RATIO);
	assert_string_equal(order(&rig), "2413");
	press(&rig, "r");
	assert_string_equal(order(&rig), "1423");
	press(&rig, "S");
	assert_int_equal(rig.model.sort, COLUMN_QUERIES_RATE);
	assert_false(rig.model.reversed);
	while (rig.model.sort != COLUMN_RESOLVER)
		press(&rig, "s");
	assert_string_equal(order(&rig), "1234");
	rig_close(&rig);
}

/* Rates change each second: rows that are otherwise alike stay where they are. */
static void rows_that_are_alike_keep_their_places(void **state)
{
	struct resolver_counters *first, *last;
	struct model_rig rig;
	int i;

	(void)state;
	rig_open(&rig);
	first = &rig.scene.resolvers[0].counters;
	last = &rig.scene.resolvers[3].counters;
	for (i = 0; i < 20; i++) { /* the fourth gets healthy, too, and is asked as much */
		last->n[COUNTER_QUERIES] += 100;
		last->n[COUNTER_ANSWERED_NOERROR] += 100;
		rig_tick(&rig);
	}
	assert_string_equal(order(&rig), "2413"); /* 2,030 queries to 1,000 */
	first->n[COUNTER_QUERIES] += 2000;
	first->n[COUNTER_ANSWERED_NOERROR] += 2000;
	last->n[COUNTER_QUERIES] += 1000;
	last->n[COUNTER_ANSWERED_NOERROR] += 1000;
	rig_tick(&rig); /* 3,000 and 3,030 */
	for (i = 0; i < 10; i++) {
		first->n[COUNTER_QUERIES] += i % 2 ? 3 : 7;
		first->n[COUNTER_ANSWERED_NOERROR] += i % 2 ? 3 : 7;
		last->n[COUNTER_QUERIES] += i % 2 ? 7 : 3;
		last->n[COUNTER_ANSWERED_NOERROR] += i % 2 ? 7 : 3;
		rig_tick(&rig);
		press(&rig, "w"); /* over any window */
		assert_string_equal(order(&rig), "2143");
	}
	rig_close(&rig);
}

/* A list shows rates or totals, and is sorted by what it shows. */
static void rates_and_totals_have_no_column_in_common(void **state)
{
	struct model_rig rig;
	int i;

	(void)state;
	rig_open(&rig);
	for (i = 0; i < COLUMN_MAX; i++)
		if (screen_columns[i].list != COLUMN_IN_BOTH)
			assert_true(column_is_in(i, 0) != column_is_in(i, 1));
	while (rig.model.sort != COLUMN_P95)
		press(&rig, "s");
	press(&rig, "t");
	assert_true(rig.model.totals);
	assert_int_equal(rig.model.sort, COLUMN_STATE);
	for (i = 0; i < COLUMN_MAX; i++) {
		press(&rig, "s");
		assert_true(column_is_in(rig.model.sort, 1));
	}
	rig_close(&rig);
}

static void the_selection_follows_its_resolver(void **state)
{
	struct model_rig rig;

	(void)state;
	rig_open(&rig);
	assert_int_equal(selected(&rig), '2');
	press(&rig, "j");
	assert_int_equal(selected(&rig), '4');
	press(&rig, "r");
	assert_int_equal(selected(&rig), '4');
	/* The first one fails now, too: the order changes. */
	rig.scene.resolvers[0].counters.n[COUNTER_TIMED_OUT] += 100000;
	rig_tick(&rig);
	assert_int_equal(selected(&rig), '4');
	press(&rig, "kkkkkkkk");
	assert_int_equal(rig.model.selected, 0);
	press(&rig, "jjjjjjjjj");
	assert_int_equal(rig.model.selected, 3);
	rig_close(&rig);
}

static void without_a_choice_the_first_row_is_selected(void **state)
{
	struct model_rig rig;

	(void)state;
	rig_open(&rig);
	press(&rig, "r");
	assert_int_equal(rig.model.selected, 0);
	assert_int_equal(selected(&rig), '3');
	rig_close(&rig);
}

static void a_filter_has_words_of_address_state_and_cause(void **state)
{
	struct model_rig rig;

	(void)state;
	rig_open(&rig);
	press(&rig, "/DOWN");
	assert_string_equal(order(&rig), "2");
	model_key(&rig.model, KEY_CODE_BACKSPACE);
	press(&rig, "n port");
	assert_string_equal(order(&rig), "2");
	press(&rig, "q"); /* a letter of the filter, and not the end */
	assert_false(rig.model.ended);
	assert_string_equal(order(&rig), "");
	assert_int_equal(selected(&rig), '-');
	model_key(&rig.model, KEY_CODE_ESCAPE);
	assert_string_equal(order(&rig), "2413");
	press(&rig, "/2.4");
	model_key(&rig.model, KEY_CODE_ENTER);
	assert_string_equal(order(&rig), "4");
	rig_tick(&rig);
	assert_string_equal(order(&rig), "4");
	model_key(&rig.model, KEY_CODE_ESCAPE);
	assert_string_equal(order(&rig), "2413");
	rig_close(&rig);
}

static void a_filter_that_is_too_long_stays_within_its_room(void **state)
{
	struct model_rig rig;
	int i;

	(void)state;
	rig_open(&rig);
	press(&rig, "/");
	for (i = 0; i < 3 * FILTER_SIZE; i++)
		press(&rig, "a");
	assert_int_equal(strlen(rig.model.filter), FILTER_SIZE - 1);
	model_key(&rig.model, 0xe4);
	model_key(&rig.model, KEY_CODE_OTHER);
	for (i = 0; i < 3 * FILTER_SIZE; i++)
		model_key(&rig.model, KEY_CODE_BACKSPACE);
	assert_string_equal(rig.model.filter, "");
	assert_string_equal(order(&rig), "2413");
	rig_close(&rig);
}

static void a_pause_keeps_the_numbers_and_counts_on(void **state)
{
	struct model_rig rig;
	__u64 before;

	(void)state;
	rig_open(&rig);
	before = rig.model.picture.snapshot.wall_ns;
	press(&rig, "p");
	scene_settle(&rig.scene, COUNTER_ANSWERED_NOERROR, 5);
	rig_tick(&rig);
	assert_int_equal(rig.model.picture.snapshot.wall_ns, before);
	assert_int_equal(rig.model.picture.resolvers[0].counters.n[COUNTER_QUERIES], 1000);
	press(&rig, "jr"); /* what is shown can be sorted */
	assert_string_equal(order(&rig), "3142");
	press(&rig, "p");
	rig_tick(&rig);
	assert_int_equal(rig.model.picture.resolvers[0].counters.n[COUNTER_QUERIES], 1005);
	assert_int_equal(model_selected(&rig.model)->seen->key.port,
			 rig.scene.resolvers[0].key.port);
	assert_int_equal(minute_history_ago(minute_history_find(&rig.model.history,
								&rig.scene.resolvers[0].key),
					    rig.scene.snapshot.wall_ns, 0)
				 .answered,
			 1005);
	rig_close(&rig);
}

static void a_row_opens_into_a_pane(void **state)
{
	struct model_rig rig;

	(void)state;
	rig_open(&rig);
	assert_false(model_has_pane(&rig.model));
	model_key(&rig.model, KEY_CODE_ENTER);
	assert_true(model_has_pane(&rig.model));
	rig.model.pane_page = 10;
	rig.model.pane_lines = 25;
	model_key(&rig.model, KEY_CODE_PAGE_DOWN);
	assert_int_equal(rig.model.pane_top, 10);
	model_key(&rig.model, KEY_CODE_PAGE_DOWN);
	assert_int_equal(rig.model.pane_top, 15);
	press(&rig, "?");
	assert_true(model_has_pane(&rig.model));
	press(&rig, "x"); /* any other key leaves the help */
	assert_int_equal(rig.model.focus, FOCUS_PANE);
	assert_int_equal(rig.model.pane_top, 15);
	press(&rig, "j"); /* the next resolver, from its first line */
	assert_int_equal(selected(&rig), '4');
	assert_int_equal(rig.model.pane_top, 0);
	model_key(&rig.model, KEY_CODE_ESCAPE);
	assert_false(model_has_pane(&rig.model));
	press(&rig, "q");
	assert_true(rig.model.ended);
	rig_close(&rig);
}

static void an_empty_list_has_no_pane(void **state)
{
	static const struct model_source source = {.from_zero = 1};
	struct screen_model model;
	const char *keys;

	(void)state;
	model_init(&model, &source);
	for (keys = "jkgG rtwsSpbp"; *keys; keys++)
		model_key(&model, (unsigned char)*keys);
	model_key(&model, KEY_CODE_ENTER);
	model_key(&model, KEY_CODE_PAGE_DOWN);
	assert_false(model_has_pane(&model));
	assert_null(model_selected(&model));
	model_free(&model);
}

static void the_selection_is_scrolled_to(void **state)
{
	struct model_rig rig;

	(void)state;
	rig_open(&rig);
	press(&rig, "jj");
	model_scroll_list(&rig.model, 2);
	assert_int_equal(rig.model.top, 1);
	model_key(&rig.model, KEY_CODE_PAGE_UP);
	assert_int_equal(rig.model.selected, 0);
	model_scroll_list(&rig.model, 2);
	assert_int_equal(rig.model.top, 0);
	model_key(&rig.model, KEY_CODE_END);
	model_scroll_list(&rig.model, 2);
	assert_int_equal(rig.model.top, 2);
	model_scroll_list(&rig.model, 100);
	assert_int_equal(rig.model.top, 0);
	model_scroll_list(&rig.model, 0);
	rig_close(&rig);
}

static void an_open_incident_says_since_when(void **state)
{
	struct open_incident open[2] = {{.start_ns = 1}, {.start_ns = 2}};
	char text[COLUMN_TEXT_SIZE];
	struct model_rig rig;

	(void)state;
	rig_open(&rig);
	open[0].resolver = rig.scene.resolvers[3].key;
	open[1].resolver = rig.scene.resolvers[1].key;
	open[1].start_ns = rig.scene.snapshot.wall_ns - 700 * NS_PER_S;
	assert_int_equal(model_update(&rig.model, &rig.scene.status, open, 2), 0);
	assert_int_equal(model_selected(&rig.model)->incident_ns, open[1].start_ns);
	screen_columns[COLUMN_SINCE].text(model_selected(&rig.model), text);
	assert_string_equal(text, "11m");
	screen_columns[COLUMN_SINCE].text(&rig.model.rows[2], text); /* no incident: at least */
	assert_string_equal(text, ">0s");
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worst_is_above),
		cmocka_unit_test(the_list_is_sorted_by_the_next_column),
		cmocka_unit_test(rows_that_are_alike_keep_their_places),
		cmocka_unit_test(rates_and_totals_have_no_column_in_common),
		cmocka_unit_test(the_selection_follows_its_resolver),
		cmocka_unit_test(without_a_choice_the_first_row_is_selected),
		cmocka_unit_test(a_filter_has_words_of_address_state_and_cause),
		cmocka_unit_test(a_filter_that_is_too_long_stays_within_its_room),
		cmocka_unit_test(a_pause_keeps_the_numbers_and_counts_on),
		cmocka_unit_test(a_row_opens_into_a_pane),
		cmocka_unit_test(an_empty_list_has_no_pane),
		cmocka_unit_test(the_selection_is_scrolled_to),
		cmocka_unit_test(an_open_incident_says_since_when),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
