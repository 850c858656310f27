// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the daemon's JSON pages say of trends and incidents (docs/daemon.md), and that the status
 * page is whole in the program. The pages of a running daemon are tests/net/http.sh.
 */
#include "incident_scene.h"

#include "health/status.h"
#include "view/incident_json.h"
#include "view/sparklines_json.h"
#include "view/status_json.h"
#include "view/status_page.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *read_back(struct buffer *out)
{
	json_t *object;

	assert_int_equal(buffer_error(out), 0);
	assert_ptr_equal(strchr(out->text, '\n'), out->text + out->used - 1);
	object = json_loads(out->text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(object);
	buffer_free(out);
	return object;
}

static json_t *trends_page(const struct incident_scene *s, const struct sparklines *trends)
{
	struct buffer out = {0};

	assert_int_equal(sparklines_json_write(&out, &s->scene.status, trends), 0);
	return read_back(&out);
}

static json_t *incidents_page(const struct incident_scene *s)
{
	struct buffer out = {0};

	assert_int_equal(incidents_json_write(&out, &s->scene.status, s->incidents), 0);
	return read_back(&out);
}

static const char *string_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text)
		fail_msg("no string at \"%s\"", key);
	return text;
}

static json_int_t number_at(const json_t *array, size_t index)
{
	assert_true(json_is_integer(json_array_get(array, index)));
	return json_integer_value(json_array_get(array, index));
}

static void trends_as_json(void **state)
{
	struct sparklines *trends;
	struct incident_scene s;
	json_t *page, *resolvers, *first, *slot;

	(void)state;
	incidents_begin(&s);
	trends = sparklines_new(judge_resolvers(s.scene.judge));
	s.scene.resolvers[1].key = s.scene.resolvers[0].key;
	s.scene.resolvers[1].key.port = htons(5353);				/* never asked */
	memset(&s.scene.resolvers[2].key, 0, sizeof(s.scene.resolvers[2].key)); /* `other` */
	s.scene.snapshot.count = 3;
	second_of(&s, 0, 5, 2);
	second_of(&s, 2, 1, 0);
	tick(&s);
	scene_count_sparklines(trends, &s.scene.status);
	page = trends_page(&s, trends);
	assert_string_equal(string_at(page, "time"), "2023-11-14T22:30:01.000000Z");
	assert_int_equal(json_integer_value(json_object_get(page, "slot_s")), SPARKLINE_SLOT_S);
	resolvers = json_object_get(page, "resolvers");
	assert_int_equal(json_array_size(resolvers), 2);
	first = json_array_get(resolvers, 0);
	assert_string_equal(string_at(first, "address"), "192.0.2.1");
	assert_string_equal(string_at(first, "transport"), "udp");
	assert_int_equal(json_integer_value(json_object_get(first, "port")), 53);
	assert_int_equal(json_array_size(json_object_get(first, "slots")), SPARKLINE_SLOTS);
	slot = json_array_get(json_object_get(first, "slots"), SPARKLINE_SLOTS - 1);
	assert_int_equal(json_array_size(slot), 4);
	assert_int_equal(number_at(slot, 0), 7);
	assert_int_equal(number_at(slot, 1), 7);
	assert_int_equal(number_at(slot, 2), 2);
	assert_int_equal(number_at(slot, 3), 0);
	assert_string_equal(string_at(json_array_get(resolvers, 1), "address"), "other");
	assert_true(json_is_null(json_object_get(json_array_get(resolvers, 1), "port")));
	json_decref(page);
	sparklines_free(trends);
	incidents_end(&s);
}

static void before_anything_happened(void **state)
{
	struct sparklines *trends;
	struct incident_scene s;
	json_t *page;

	(void)state;
	incidents_begin(&s);
	trends = sparklines_new(judge_resolvers(s.scene.judge));
	tick(&s);
	page = incidents_page(&s);
	assert_int_equal(json_array_size(json_object_get(page, "open")), 0);
	assert_true(json_is_array(json_object_get(page, "closed")));
	json_decref(page);
	page = trends_page(&s, trends);
	assert_true(json_is_array(json_object_get(page, "resolvers")));
	assert_int_equal(json_array_size(json_object_get(page, "resolvers")), 0);
	json_decref(page);
	sparklines_free(trends);
	incidents_end(&s);
}

/* Fails for a while, then answers until it is healthy again. */
static void have_an_incident(struct incident_scene *s)
{
	size_t before = incident_count(s);
	int seconds;

	for (seconds = 0; incident_count(s) == before; seconds++) {
		assert_true(seconds < 60);
		second_of(s, 0, 0, 5);
		tick(s);
	}
}

static void recover(struct incident_scene *s)
{
	int seconds;

	for (seconds = 0; s->scene.out[0].state != STATE_HEALTHY; seconds++) {
		assert_true(seconds < 60);
		second_of(s, 0, 20, 0);
		tick(s);
	}
}

static void open_and_closed_incidents(void **state)
{
	struct incident_scene s;
	json_t *page, *open, *closed;
	int i;

	(void)state;
	incidents_begin(&s);
	for (i = 0; i < INCIDENTS_CLOSED_MAX + 3; i++) {
		have_an_incident(&s);
		recover(&s);
	}
	have_an_incident(&s);
	page = incidents_page(&s);
	open = json_object_get(page, "open");
	closed = json_object_get(page, "closed");
	assert_int_equal(json_array_size(open), 1);
	assert_true(json_is_null(json_object_get(json_array_get(open, 0), "closed")));
	assert_null(json_object_get(json_array_get(open, 0), "event"));
	assert_string_equal(string_at(json_array_get(open, 0), "state"), "degraded");
	assert_int_equal(json_array_size(closed), INCIDENTS_CLOSED_MAX);
	for (i = 0; i < INCIDENTS_CLOSED_MAX; i++) { /* the latest first */
		json_t *id = json_object_get(json_array_get(closed, (size_t)i), "id");

		assert_int_equal(json_integer_value(id), INCIDENTS_CLOSED_MAX + 3 - i);
		string_at(json_array_get(closed, (size_t)i), "closed");
	}
	json_decref(page);
	incidents_end(&s);
}

static void the_status_page_is_whole(void **state)
{
	struct buffer out = {0};
	unsigned int cause;

	(void)state;
	status_page_write(&out, "0.0-test");
	assert_int_equal(buffer_error(&out), 0);
	assert_ptr_equal(strstr(out.text, "<!DOCTYPE html>"), out.text);
	assert_non_null(strstr(out.text, "</html>\n"));
	assert_non_null(strstr(out.text, "dnsreach 0.0-test"));
	assert_null(strchr(out.text, '@'));
	for (cause = CAUSE_NONE + 1; cause < CAUSE_MAX; cause++) {
		assert_non_null(strstr(out.text, cause_name(cause)));
		assert_non_null(strstr(out.text, cause_meaning(cause)));
	}
	assert_null(strstr(out.text, "http://")); /* nothing from outside */
	assert_null(strstr(out.text, "https://"));
	assert_null(strstr(status_page_style, "url("));
	buffer_free(&out);
}

static int is_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "re");
	char *bytes = calloc(1, 1 << 20);
	int same;

	if (!file)
		fail_msg("%s: run the tests from the top of the tree", path);
	same = fread(bytes, 1, (1 << 20) - 1, file) > 0 && !strcmp(bytes, text);
	fclose(file);
	free(bytes);
	return same;
}

/* Byte for byte, quotes and backslashes too. */
static void its_files_are_as_they_were(void **state)
{
	(void)state;
	assert_true(is_file("user/view/status_page.js", status_page_script));
	assert_true(is_file("user/view/status_page.css", status_page_style));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trends_as_json),
		cmocka_unit_test(before_anything_happened),
		cmocka_unit_test(open_and_closed_incidents),
		cmocka_unit_test(the_status_page_is_whole),
		cmocka_unit_test(its_files_are_as_they_were),
	};

	return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
