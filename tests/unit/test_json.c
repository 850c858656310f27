// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The shape of `--json`: read back by another parser than the printer, key by key. */
#include "scene.h"

#include "view/status_json.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* "a,b,c": the object's keys in their order. */
static void assert_keys(json_t *object, const char *expected)
{
	char keys[1024] = "";
	const char *key;
	json_t *value;

	assert_true(json_is_object(object));
	json_object_foreach(object, key, value)
	{
		if (keys[0])
			strcat(keys, ",");
		strcat(keys, key);
	}
	assert_string_equal(keys, expected);
}

static json_t *at(json_t *object, const char *path)
{
	char copy[128], *name, *rest = copy;

	snprintf(copy, sizeof(copy), "%s", path);
	while ((name = strsep(&rest, "."))) {
		object = json_object_get(object, name);
		assert_non_null(object);
	}
	return object;
}

static json_int_t integer(json_t *object, const char *path)
{
	assert_true(json_is_integer(at(object, path)));
	return json_integer_value(at(object, path));
}

static double number(json_t *object, const char *path)
{
	assert_true(json_is_number(at(object, path)));
	return json_number_value(at(object, path));
}

static const char *string(json_t *object, const char *path)
{
	assert_true(json_is_string(at(object, path)));
	return json_string_value(at(object, path));
}

static json_t *printed(const struct status *report, const struct replay_info *origin)
{
	struct buffer out = {0};
	json_error_t error;
	json_t *object;

	assert_int_equal(status_json_write(&out, report, origin), 0);
	assert_ptr_equal(strchr(out.text, '\n'), out.text + out.used - 1);
	object = json_loads(out.text, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(object);
	buffer_free(&out);
	return object;
}

static const struct status_interface interfaces[] = {{"eth0", "tcx", 1U << ORIGIN_HOST},
						     {"lo", "clsact", 1U << ORIGIN_HOST}};

/* 192.0.2.1 with every counter at a value of its own: 1000 + its number. */
static void scene_full(struct scene *scene)
{
	unsigned int i;

	scene_begin(scene, NULL);
	for (i = 0; i < COUNTER_MAX; i++)
		scene_counters(scene)[i] = 1000 + i;
	for (i = 0; i < SELF_MAX; i++)
		scene->snapshot.self.n[i] = 2000 + i;
	scene->resolvers[0].in_flight = 17;
	scene_tick(scene);
	scene->snapshot.wall_ns = 1709212472192571000ULL;
	scene->status.interfaces = interfaces;
	scene->status.interface_count = 2;
}

static void the_keys_are_exactly_the_contracts(void **state)
{
	static const char rates[] = "queries_per_s,settled,failure_ratio,error_ratio,"
				    "port_unreachables_per_query,rtt_p50_s,rtt_p95_s,rtt_p99_s";
	static const char reasons[] = "port,host,network,prohibited,other";
	struct scene scene;
	json_t *object, *resolver;

	(void)state;
	scene_full(&scene);
	object = printed(&scene.status, NULL);
	assert_keys(object, "time,interval_s,host,interfaces,resolvers,self");
	assert_keys(json_array_get(at(object, "interfaces"), 0), "name,hook,origins");
	resolver = json_array_get(at(object, "resolvers"), 0);
	assert_keys(
		resolver,
		"address,port,transport,origin,state,cause,judged_by,suspicion,fails_inside,joined,"
		"tcp_needed,"
		"queries,"
		"responses,"
		"icmp_unreachables,icmp_from_elsewhere,icmp_short_quotes,too_big,transactions,"
		"answered,unreachable,timed_out,retransmissions,untracked,late,unmatched,unsent,"
		"truncated,forwarded_queries,rtt,in_flight,windows");
	assert_keys(at(resolver, "icmp_unreachables"), reasons);
	assert_keys(at(resolver, "answered"),
		    "noerror,formerr,servfail,nxdomain,notimp,refused,other");
	assert_keys(at(resolver, "unreachable"), reasons);
	assert_keys(at(resolver, "late"), "responses,unreachables");
	assert_keys(at(resolver, "unmatched"), "responses,unreachables");
	assert_keys(at(resolver, "unsent"), "host,network,prohibited,other");
	assert_keys(at(resolver, "rtt"), "count,sum_s,buckets");
	assert_keys(at(resolver, "windows"), "1s,10s,1m,5m");
	assert_keys(at(resolver, "windows.1s"), rates);
	assert_keys(at(resolver, "windows.5m"), rates);
	assert_keys(at(object, "self"),
		    "unparsed,unmatched,forgotten,busy,heartbeats,in_flight_capacity,"
		    "resolvers,resolvers_capacity,guests_bypassed");
	assert_keys(at(object, "self.unparsed"),
		    "short,fragment,extension,mapped,segments,malformed,tunnel,stream");
	assert_keys(at(object, "self.unmatched"), "responses,unreachables");
	json_decref(object);
	scene_end(&scene);
}

/* A row of TCP has what UDP's has, but for ICMP about queries; and what counts its connects. */
static void a_row_of_tcp_has_messages_and_connects(void **state)
{
	struct scene scene;
	json_t *object, *resolver;

	(void)state;
	scene_full(&scene);
	scene.resolvers[0].key.transport = TRANSPORT_TCP;
	scene.resolvers[0].messages_in_flight = 5;
	object = printed(&scene.status, NULL);
	resolver = json_array_get(at(object, "resolvers"), 0);
	assert_keys(
		resolver,
		"address,port,transport,origin,state,cause,judged_by,suspicion,fails_inside,joined,"
		"tcp_needed,"
		"queries,responses,icmp_unreachables,icmp_from_elsewhere,transactions,answered,"
		"timed_out,retransmissions,untracked,late,unmatched,unsent,truncated,"
		"forwarded_queries,connects,closed,unfollowed,further,rtt,in_flight,connect_rtt,"
		"windows");
	assert_keys(at(resolver, "connects"),
		    "attempts,opened,retransmissions,untracked,established,unfollowed,refused,"
		    "unreachable,timed_out,late,unmatched,in_flight");
	assert_keys(at(resolver, "closed"), "fin,rst");
	assert_keys(at(resolver, "windows.10s"),
		    "queries_per_s,connects_per_s,settled,failure_ratio,error_ratio,"
		    "port_unreachables_per_connect,rtt_p50_s,rtt_p95_s,rtt_p99_s,"
		    "connect_rtt_p50_s,connect_rtt_p95_s,connect_rtt_p99_s");
	assert_int_equal(json_integer_value(at(resolver, "in_flight")), 5);
	assert_int_equal(json_integer_value(at(resolver, "connects.in_flight")), 17);
	assert_int_equal(json_integer_value(at(resolver, "rtt.count")), 1000 + COUNTER_RTT_COUNT);
	assert_int_equal(json_integer_value(at(resolver, "connect_rtt.count")),
			 1000 + COUNTER_CONNECT_RTT_COUNT);
	json_decref(object);
	scene_end(&scene);
}

/* As the readers of the engine's tables give them: answered is 6 + 3. */
static void set_sessions(__u64 *n)
{
	unsigned int i;

	for (i = COUNTER_ANSWERED_NOERROR; i <= COUNTER_ANSWERED_OTHER; i++)
		n[i] = 0;
	n[COUNTER_TRANSACTIONS] = 5;
	n[COUNTER_ANSWERED_NOERROR] = 6;
	n[COUNTER_ANSWERED_REFUSED] = n[COUNTER_SESSION_REFUSED] = 3;
	n[COUNTER_CLOSED_FIN] = 10;
	n[COUNTER_CLOSED_RST] = 20;
	n[COUNTER_TIMED_OUT] = 40;
}

/* The messages of TLS are not readable: its row has connects and sessions. */
static void a_row_of_tls_has_connects_and_sessions(void **state)
{
	struct scene scene;
	json_t *object, *resolver;

	(void)state;
	scene_full(&scene);
	scene.resolvers[0].key.transport = TRANSPORT_DOT;
	scene.resolvers[0].messages_in_flight = 5;
	set_sessions(scene.resolvers[0].counters.n);
	object = printed(&scene.status, NULL);
	resolver = json_array_get(at(object, "resolvers"), 0);
	assert_null(json_object_get(resolver, "queries"));
	assert_null(json_object_get(resolver, "closed"));
	assert_null(json_object_get(resolver, "rtt"));
	assert_null(json_object_get(resolver, "in_flight"));
	assert_keys(at(resolver, "windows.10s"),
		    "connects_per_s,sessions_per_s,settled,failure_ratio,error_ratio,"
		    "port_unreachables_per_connect,"
		    "connect_rtt_p50_s,connect_rtt_p95_s,connect_rtt_p99_s");
	assert_int_equal(json_integer_value(at(resolver, "connects.in_flight")), 17);
	assert_null(json_object_get(resolver, "transactions"));
	assert_null(json_object_get(resolver, "answered"));
	assert_keys(at(resolver, "sessions"),
		    "started,refused,answered,closed,timed_out,in_flight");
	assert_int_equal(json_integer_value(at(resolver, "sessions.started")), 5);
	assert_int_equal(json_integer_value(at(resolver, "sessions.answered")), 9);
	assert_int_equal(json_integer_value(at(resolver, "sessions.refused")), 3);
	assert_int_equal(json_integer_value(at(resolver, "sessions.closed")), 30);
	assert_int_equal(json_integer_value(at(resolver, "sessions.timed_out")), 40);
	assert_int_equal(json_integer_value(at(resolver, "sessions.in_flight")), 5);
	json_decref(object);
	scene_end(&scene);
}

static const struct {
	const char *path;
	enum counter counter;
} rows[] = {
	{"queries", COUNTER_QUERIES},
	{"responses", COUNTER_RESPONSES},
	{"icmp_unreachables.port", COUNTER_ICMP_PORT},
	{"icmp_unreachables.other", COUNTER_ICMP_OTHER},
	{"icmp_from_elsewhere", COUNTER_ICMP_FROM_ELSEWHERE},
	{"icmp_short_quotes", COUNTER_ICMP_SHORT_QUOTES},
	{"too_big", COUNTER_TOO_BIG},
	{"transactions", COUNTER_TRANSACTIONS},
	{"answered.noerror", COUNTER_ANSWERED_NOERROR},
	{"answered.servfail", COUNTER_ANSWERED_SERVFAIL},
	{"answered.other", COUNTER_ANSWERED_OTHER},
	{"unreachable.port", COUNTER_UNREACHABLE_PORT},
	{"unreachable.other", COUNTER_UNREACHABLE_OTHER},
	{"timed_out", COUNTER_TIMED_OUT},
	{"retransmissions", COUNTER_RETRANSMISSIONS},
	{"untracked", COUNTER_UNTRACKED},
	{"late.responses", COUNTER_LATE_RESPONSES},
	{"late.unreachables", COUNTER_LATE_UNREACHABLES},
	{"unmatched.responses", COUNTER_UNMATCHED_RESPONSES},
	{"unmatched.unreachables", COUNTER_UNMATCHED_UNREACHABLES},
	{"unsent.host", COUNTER_UNSENT_HOST},
	{"unsent.other", COUNTER_UNSENT_OTHER},
	{"truncated", COUNTER_TRUNCATED},
	{"forwarded_queries", COUNTER_FORWARDED},
	{"rtt.count", COUNTER_RTT_COUNT},
};

static void every_value_is_under_its_own_key(void **state)
{
	struct scene scene;
	json_t *object, *resolver;
	size_t i;

	(void)state;
	scene_full(&scene);
	object = printed(&scene.status, NULL);
	resolver = json_array_get(at(object, "resolvers"), 0);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(integer(resolver, rows[i].path), 1000 + rows[i].counter);
	assert_int_equal(integer(resolver, "in_flight"), 17);
	assert_int_equal(integer(resolver, "port"), 53);
	assert_string_equal(string(resolver, "address"), "192.0.2.1");
	assert_string_equal(string(resolver, "transport"), "udp");
	assert_string_equal(string(resolver, "state"), "degraded");
	assert_string_equal(string(resolver, "cause"), "prohibited");
	assert_string_equal(string(object, "time"), "2024-02-29T13:14:32.192571Z");
	assert_near(number(object, "interval_s"), 1);
	assert_string_equal(string(json_array_get(at(object, "interfaces"), 1), "hook"), "clsact");
	assert_int_equal(integer(object, "self.unparsed.short"), 2000 + SELF_UNPARSED_SHORT);
	assert_int_equal(integer(object, "self.unmatched.unreachables"),
			 2000 + SELF_UNMATCHED_UNREACHABLES);
	assert_int_equal(integer(object, "self.forgotten"), 2000 + SELF_FORGOTTEN);
	assert_int_equal(integer(object, "self.busy"), 2000 + SELF_BUSY);
	assert_int_equal(integer(object, "self.in_flight_capacity"), 65536);
	assert_int_equal(integer(object, "self.resolvers"), 1);
	assert_int_equal(integer(object, "self.resolvers_capacity"), 289);
	json_decref(object);
	scene_end(&scene);
}

static void undefined_is_null_never_zero(void **state)
{
	struct scene scene;
	json_t *object, *resolver;

	(void)state;
	scene_begin(&scene, NULL);
	scene_tick(&scene);
	object = printed(&scene.status, NULL);
	resolver = json_array_get(at(object, "resolvers"), 0);
	assert_true(json_is_null(at(resolver, "windows.10s.failure_ratio")));
	assert_true(json_is_null(at(resolver, "windows.10s.error_ratio")));
	assert_true(json_is_null(at(resolver, "windows.10s.port_unreachables_per_query")));
	assert_true(json_is_null(at(resolver, "windows.10s.rtt_p99_s")));
	assert_near(number(resolver, "windows.10s.queries_per_s"), 0);
	assert_int_equal(integer(resolver, "windows.10s.settled"), 0);
	assert_string_equal(string(resolver, "state"), "idle");
	assert_true(json_is_null(at(resolver, "cause")));
	assert_true(json_is_null(at(resolver, "suspicion")));
	assert_int_equal(json_array_size(at(object, "interfaces")), 0);
	json_decref(object);
	scene_end(&scene);
}

static void buckets_are_cumulative_and_edges_exact(void **state)
{
	struct scene scene;
	json_t *object, *resolver, *buckets;
	size_t i;

	(void)state;
	scene_begin(&scene, NULL);
	scene_rtt(&scene, 256000, 1);
	scene_rtt(&scene, 256001, 1);
	scene_rtt(&scene, 20000000000ULL, 1); /* above the last edge: in the count alone */
	scene_tick(&scene);
	object = printed(&scene.status, NULL);
	resolver = json_array_get(at(object, "resolvers"), 0);
	buckets = at(resolver, "rtt.buckets");
	assert_int_equal(json_array_size(buckets), 16);
	for (i = 0; i < 16; i++) {
		json_t *bucket = json_array_get(buckets, i);

		assert_int_equal(json_array_size(bucket), 2);
		assert_near(json_real_value(json_array_get(bucket, 0)), 0.000256 * (1 << i));
		assert_int_equal(json_integer_value(json_array_get(bucket, 1)), i ? 2 : 1);
	}
	assert_int_equal(integer(resolver, "rtt.count"), 3);
	assert_near(number(resolver, "rtt.sum_s"), 20.000512001);
	json_decref(object);
	scene_end(&scene);
}

static void edges_are_printed_as_people_write_them(void **state)
{
	struct buffer out = {0};
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_tick(&scene);
	assert_int_equal(status_json_write(&out, &scene.status, NULL), 0);
	assert_non_null(strstr(out.text, "[[0.000256,0],[0.000512,0],"));
	assert_non_null(strstr(out.text, ",[8.388608,0]]"));
	buffer_free(&out);
	scene_end(&scene);
}

static void other_has_no_port_state_or_cause(void **state)
{
	struct scene scene;
	json_t *object, *resolver;

	(void)state;
	scene_begin(&scene, NULL);
	memset(&scene.resolvers[0].key, 0, sizeof(scene.resolvers[0].key));
	scene_settle(&scene, COUNTER_TIMED_OUT, 10);
	scene_tick(&scene);
	object = printed(&scene.status, NULL);
	resolver = json_array_get(at(object, "resolvers"), 0);
	assert_string_equal(string(resolver, "address"), "other");
	assert_string_equal(string(resolver, "transport"), "udp");
	assert_true(json_is_null(at(resolver, "port")));
	assert_true(json_is_null(at(resolver, "state")));
	assert_true(json_is_null(at(resolver, "cause")));
	assert_int_equal(integer(resolver, "timed_out"), 10);
	assert_int_equal(integer(object, "self.resolvers"), 0);
	json_decref(object);
	scene_end(&scene);
}

static void suspicion_is_forged(void **state)
{
	struct scene scene;
	json_t *object;

	(void)state;
	scene_begin(&scene, NULL);
	scene_counters(&scene)[COUNTER_UNMATCHED_UNREACHABLES] = 10;
	scene_tick(&scene);
	object = printed(&scene.status, NULL);
	assert_string_equal(string(json_array_get(at(object, "resolvers"), 0), "suspicion"),
			    "forged");
	json_decref(object);
	scene_end(&scene);
}

static void a_replay_says_where_it_is_from(void **state)
{
	const struct replay_info origin = {"a.pcap", 42, "native", 1, 1, 2};
	struct scene scene;
	json_t *object;

	(void)state;
	scene_full(&scene);
	object = printed(&scene.status, &origin);
	assert_keys(
		object,
		"time,interval_s,source,packets,engine,date_known,odd_times,zone_known,interfaces,"
		"resolvers,self");
	assert_string_equal(string(object, "source"), "a.pcap");
	assert_int_equal(integer(object, "packets"), 42);
	assert_string_equal(string(object, "engine"), "native");
	assert_true(json_is_true(at(object, "date_known")));
	assert_true(json_is_true(at(object, "zone_known")));
	assert_int_equal(integer(object, "odd_times"), 2);
	json_decref(object);
	scene_end(&scene);
}

static void names_that_are_no_utf_8_do_not_stop_it(void **state)
{
	static const struct status_interface odd[] = {{"e\xff\"\n", "tcx", 1U << ORIGIN_HOST}};
	struct scene scene;
	json_t *object;

	(void)state;
	scene_full(&scene);
	scene.status.interfaces = odd;
	scene.status.interface_count = 1;
	object = printed(&scene.status, NULL);
	assert_string_equal(string(json_array_get(at(object, "interfaces"), 0), "name"), "e?\"?");
	json_decref(object);
	scene_end(&scene);
}

static void each_print_is_one_line(void **state)
{
	FILE *file = tmpfile();
	struct scene scene;
	json_t *object;
	int lines = 0;

	(void)state;
	assert_non_null(file);
	scene_full(&scene);
	assert_int_equal(status_json_print(fileno(file), &scene.status, NULL), 0);
	assert_int_equal(status_json_print(fileno(file), &scene.status, NULL), 0);
	rewind(file);
	while ((object = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL))) {
		assert_int_equal(fgetc(file), '\n');
		json_decref(object);
		lines++;
	}
	assert_int_equal(lines, 2);
	fclose(file);
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_keys_are_exactly_the_contracts),
		cmocka_unit_test(a_row_of_tcp_has_messages_and_connects),
		cmocka_unit_test(a_row_of_tls_has_connects_and_sessions),
		cmocka_unit_test(every_value_is_under_its_own_key),
		cmocka_unit_test(undefined_is_null_never_zero),
		cmocka_unit_test(buckets_are_cumulative_and_edges_exact),
		cmocka_unit_test(edges_are_printed_as_people_write_them),
		cmocka_unit_test(other_has_no_port_state_or_cause),
		cmocka_unit_test(suspicion_is_forged),
		cmocka_unit_test(a_replay_says_where_it_is_from),
		cmocka_unit_test(names_that_are_no_utf_8_do_not_stop_it),
		cmocka_unit_test(each_print_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
