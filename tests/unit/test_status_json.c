// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The status as JSON, parsed again: what a daemon of this, an earlier or a later version says. */
#include "says.h"
#include "scene.h"

#include "health/asker.h"
#include "health/counters.h"
#include "util/buffer.h"
#include "view/status_json.h"

#include <stdio.h>

#include <errno.h>

#define HEAD "{\"time\":\"2026-01-01T00:00:00Z\",\"interval_s\":1,\"interfaces\":[],\"resolvers\":["
#define WINDOW                                                                                     \
	"{\"queries_per_s\":null,\"settled\":0,\"failure_ratio\":null,\"error_ratio\":null,"       \
	"\"port_unreachables_per_query\":null,\"rtt_p50_s\":null,\"rtt_p95_s\":null,"              \
	"\"rtt_p99_s\":null}"
/* A resolver, with further members in front. */
#define RESOLVER(more)                                                                             \
	"{" more "\"address\":\"192.0.2.1\",\"port\":53,\"transport\":\"udp\",\"state\":\"down\"," \
	"\"cause\":\"silent\",\"suspicion\":null,\"in_flight\":0,\"windows\":{\"1s\":" WINDOW      \
	",\"10s\":" WINDOW ",\"1m\":" WINDOW ",\"5m\":" WINDOW "}}"

static char error[JSON_ERROR_SIZE];

static int parse(const char *text, struct parsed_status *ret)
{
	return status_json_parse(text, strlen(text), ret, error);
}

/* Writes a scene, and parses that. */
static void parse_scene(const struct scene *scene, struct parsed_status *ret)
{
	struct buffer out = {0};

	assert_int_equal(status_json_write(&out, &scene->status, NULL), 0);
	assert_int_equal(status_json_parse(out.text, out.used, ret, error), 0);
	buffer_free(&out);
}

static void the_histogram_has_the_same_numbers_at_each_edge(void **state)
{
	const struct resolver_counters *from, *to;
	struct parsed_status parsed;
	struct scene scene;
	unsigned int edge;

	(void)state;
	scene_begin(&scene, NULL);
	scene_rtt(&scene, 1000, 1);
	scene_rtt(&scene, 256000, 10);
	scene_rtt(&scene, 256001, 100);
	scene_rtt(&scene, 12000000, 1000);
	scene_rtt(&scene, 8388608000ULL, 10000);
	scene_rtt(&scene, 8388609000ULL, 100000);
	scene_tick(&scene);
	parse_scene(&scene, &parsed);
	from = &scene.resolvers[0].counters;
	to = &parsed.snapshot.resolvers[0].counters;
	for (edge = RTT_EDGE_FIRST; edge <= RTT_EDGE_LAST; edge++)
		assert_int_equal(rtt_at_most(to->rtt, edge), rtt_at_most(from->rtt, edge));
	assert_int_equal(to->n[COUNTER_RTT_COUNT], 111111);
	parsed_status_free(&parsed);
	scene_end(&scene);
}

/* A row over TCP has two histograms, and a row over TLS a rate of sessions. */
static void rows_over_connections_are_read(void **state)
{
	const struct resolver_counters *to;
	struct parsed_status parsed;
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene.resolvers[0].key.transport = TRANSPORT_TCP;
	scene_rtt(&scene, 256000, 10);
	scene.resolvers[0].counters.connect_rtt[scene_bucket(3000000)] = 4;
	scene_counters(&scene)[COUNTER_CONNECT_RTT_COUNT] = 4;
	scene_tick(&scene);
	parse_scene(&scene, &parsed);
	to = &parsed.snapshot.resolvers[0].counters;
	assert_int_equal(to->n[COUNTER_RTT_COUNT], 10);
	assert_int_equal(to->n[COUNTER_CONNECT_RTT_COUNT], 4);
	assert_int_equal(rtt_at_most(to->rtt, RTT_EDGE_FIRST), 10);
	assert_int_equal(rtt_at_most(to->connect_rtt, RTT_EDGE_FIRST), 0);
	assert_int_equal(rtt_at_most(to->connect_rtt, RTT_EDGE_LAST), 4);
	parsed_status_free(&parsed);
	scene.resolvers[0].key.transport = TRANSPORT_DOT;
	scene.out[0].windows[WINDOW_1M].sessions_per_s = 2.5;
	parse_scene(&scene, &parsed);
	assert_true(parsed.judged[0].windows[WINDOW_1M].sessions_per_s == 2.5);
	parsed_status_free(&parsed);
	scene_end(&scene);
}

static void a_histogram_that_cannot_be_is_refused(void **state)
{
	static const char *const wrong[] = {
		HEAD RESOLVER("\"rtt\":{\"count\":1,\"buckets\":[]},") "]}",
		HEAD RESOLVER("\"rtt\":{\"count\":1,\"buckets\":7},") "]}",
		HEAD RESOLVER("\"rtt\":{\"count\":1,\"buckets\":[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6]}"
			      ",") "]}",
		HEAD RESOLVER("\"rtt\":{\"count\":1,\"buckets\":[[0.000256,2],[0.000512,1],0,0,0,0,"
			      "0,0,0,0,0,0,0,0,0,0]},") "]}",
		HEAD RESOLVER("\"rtt\":{\"count\":1,\"buckets\":[[0.5,0],0,0,0,0,0,0,0,0,0,0,0,0,"
			      "0,0,0]},") "]}",
	};
	struct parsed_status parsed;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(parse(wrong[i], &parsed), -EINVAL);
		assert_says(error, "buckets");
	}
}

static void what_dnsreach_says_of_itself_is_read(void **state)
{
	struct parsed_status parsed;
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene.status.host = "web7";
	scene.snapshot.self.n[SELF_BUSY] = 7;
	scene.snapshot.self.n[SELF_UNPARSED_SHORT] = 3;
	scene.snapshot.guests_bypassed = 1;
	scene_tick(&scene);
	parse_scene(&scene, &parsed);
	assert_string_equal(parsed.status.host, "web7");
	assert_int_equal(parsed.snapshot.self.n[SELF_BUSY], 7);
	assert_int_equal(parsed.snapshot.self.n[SELF_UNPARSED_SHORT], 3);
	assert_int_equal(parsed.snapshot.in_flight_capacity, 65536);
	assert_int_equal(parsed.snapshot.resolvers_capacity, 289);
	assert_true(parsed.snapshot.guests_bypassed);
	parsed_status_free(&parsed);
	scene_end(&scene);
}

static void an_earlier_version_lacks_keys(void **state)
{
	struct parsed_status parsed;

	(void)state;
	assert_int_equal(parse(HEAD RESOLVER("") "]}", &parsed), 0);
	assert_null(parsed.status.host);
	assert_int_equal(parsed.snapshot.counts_askers, 0);
	assert_int_equal(parsed.snapshot.resolvers[0].key.origin, ORIGIN_HOST);
	assert_int_equal(parsed.snapshot.resolvers[0].counters.n[COUNTER_RTT_COUNT], 0);
	assert_int_equal(parsed.judged[0].state, STATE_DOWN);
	parsed_status_free(&parsed);
}

#define ASKER(name, failed)                                                                        \
	"{\"asker\":\"" name "\",\"unit\":null,\"container\":null,\"pod\":null,\"queries\":9,"     \
	"\"failed\":" failed ",\"errors\":0}"

/* A later version may show more; a second row of the same resolver counts nothing twice. */
static void askers_are_read_in_their_order(void **state)
{
	static const char text[] = HEAD RESOLVER(
		"\"askers\":[" ASKER("a", "5") "," ASKER("b\\u0007", "4") "," ASKER("c", "3") "," ASKER(
			"d",
			"2") "," ASKER("e",
				       "1") "," ASKER("f",
						      "1") "," ASKER("other",
								     "1") "],") "," RESOLVER("\"ask"
											     "ers\""
											     ":"
											     "[" ASKER(
												     "g",
												     "99") "],") "]}";
	struct asker_sum askers[ASKERS_SHOWN], rest;
	struct parsed_status parsed, moved;

	(void)state;
	assert_int_equal(parse(text, &parsed), 0);
	parsed_status_move(&moved, &parsed);
	assert_ptr_equal(moved.status.snapshot, &moved.snapshot);
	assert_true(moved.snapshot.counts_askers);
	assert_int_equal(askers_select(&moved.snapshot, &moved.snapshot.resolvers[0].key,
				       ASKERS_WORST, askers, ASKERS_SHOWN, &rest),
			 ASKERS_SHOWN);
	assert_string_equal(askers[0].name->text, "a");
	assert_string_equal(askers[1].name->text, "b?");
	assert_int_equal(askers[1].failed, 4);
	assert_int_equal(rest.queries, 18);
	parsed_status_free(&moved);
	parsed_status_free(&parsed);
}

static void a_later_version_has_an_unknown_state(void **state)
{
	struct parsed_status parsed;
	char text[sizeof(HEAD RESOLVER("") "]}")];
	char *at;

	(void)state;
	strcpy(text, HEAD RESOLVER("") "]}");
	at = strstr(text, "\"down\"");
	memcpy(at, "\"numb\"", 6);
	assert_int_equal(parse(text, &parsed), -EINVAL);
	assert_says(error, "state");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_histogram_has_the_same_numbers_at_each_edge),
		cmocka_unit_test(rows_over_connections_are_read),
		cmocka_unit_test(a_histogram_that_cannot_be_is_refused),
		cmocka_unit_test(what_dnsreach_says_of_itself_is_read),
		cmocka_unit_test(an_earlier_version_lacks_keys),
		cmocka_unit_test(askers_are_read_in_their_order),
		cmocka_unit_test(a_later_version_has_an_unknown_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
