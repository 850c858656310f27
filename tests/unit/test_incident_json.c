// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Incidents as lines of JSON (docs/reports.md) and back: the keys, the round trip, and a reader
 * that names what is wrong instead of guessing.
 */
#include "incident_scene.h"

#include "view/incident_lines.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

static char *line_of(const struct incident *incident, enum incident_event event)
{
	struct buffer out = {0};

	assert_int_equal(incident_json_write(&out, incident, event), 0);
	assert_int_equal(out.text[out.used - 1], '\n');
	assert_ptr_equal(strchr(out.text, '\n'), out.text + out.used - 1);
	return out.text;
}

static const char *string_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text)
		fail_msg("no string at \"%s\"", key);
	return text;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void the_reference_incident_has_its_keys(void **state)
{
	struct incident_scene s;
	char *line = line_of(reference_incident(&s), INCIDENT_UPDATED);
	json_t *o = json_loads(line, 0, NULL), *counts = json_object_get(o, "counts");

	(void)state;
	assert_non_null(o);
	assert_int_equal(json_integer_value(json_object_get(o, "id")), 1);
	assert_string_equal(string_at(o, "event"), "updated");
	assert_true(json_is_null(json_object_get(o, "host"))); /* of a recording */
	assert_string_equal(string_at(json_object_get(o, "resolver"), "address"), "203.0.113.2");
	assert_string_equal(string_at(o, "state"), "down");
	assert_string_equal(string_at(o, "cause"), "port-closed");
	assert_true(json_is_null(json_object_get(o, "suspicion")));
	assert_true(json_is_false(json_object_get(o, "fails_inside")));
	assert_true(json_is_null(json_object_get(o, "joined")));
	assert_true(json_is_false(json_object_get(o, "tcp_needed")));
	assert_string_equal(string_at(json_object_get(o, "resolver"), "origin"), "host");
	assert_string_equal(string_at(o, "start"), "1970-01-01T13:24:32.192571Z");
	assert_string_equal(string_at(o, "end"), "1970-01-01T13:28:50.022967Z");
	assert_true(json_is_null(json_object_get(o, "closed")));
	assert_near(json_number_value(json_object_get(o, "duration_s")), 257.830396);
	assert_near(json_number_value(json_object_get(o, "failure_ratio")), 1);
	assert_int_equal(json_integer_value(json_object_get(counts, "queries")), 3);
	assert_int_equal(json_integer_value(json_object_get(counts, "timed_out")), 2);
	counts = json_object_get(counts, "late");
	assert_int_equal(json_integer_value(json_object_get(counts, "unreachables")), 2);
	json_decref(o);
	free(line);
	incidents_end(&s);
}

static void a_message_says_what_came(void **state)
{
	struct incident_scene s;
	char *line = line_of(reference_incident(&s), INCIDENT_UPDATED);
	json_t *o = json_loads(line, 0, NULL);
	json_t *m = json_array_get(json_object_get(o, "messages"), 0);

	(void)state;
	assert_string_equal(string_at(m, "text"), "13:24:36.098564 IP 203.0.113.2 > "
						  "192.51.100.15: ICMP 203.0.113.2 udp port 53 "
						  "unreachable");
	assert_string_equal(string_at(m, "time"), "1970-01-01T13:24:36.098564Z");
	assert_string_equal(string_at(m, "reason"), "port");
	assert_string_equal(string_at(m, "name"), "yummyrecipesforme.com");
	assert_string_equal(string_at(m, "qtype"), "A");
	assert_int_equal(json_integer_value(json_object_get(m, "id")), 35084);
	assert_int_equal(json_integer_value(json_object_get(m, "client_port")), 52444);
	assert_int_equal(json_integer_value(json_object_get(m, "ttl")), 64);
	json_decref(o);
	free(line);
	incidents_end(&s);
}

/* ---- the round trip -------------------------------------------------------------------------- */

static void set_askers(struct incident *incident)
{
	cgroup_name_parse("/system.slice/nginx.service", &incident->askers[0].name);
	cgroup_name_parse(
		"/docker/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		&incident->askers[1].name);
	incident->askers[0].queries = 30;
	incident->askers[0].failed = 20;
	incident->askers[1].errors = 10;
	incident->asker_count = 2;
	incident->askers_more = 1;
}

/* The process of the first query is known, of the second its user alone. */
static void set_process(struct query_process *process, unsigned int i)
{
	if (i == 0) {
		strcpy(process->name, "d?g <b>|`");
		process->pid = 12345;
	}
	process->has_user_id = i < 2;
	process->user_id = i == 1 ? 1000 : 0;
}

/* An incident with something in every member, IPv6 and hostile names included. */
static struct incident *a_full_incident(struct incident_scene *s)
{
	static const unsigned char hostile[] = "\x12<script>\"'&\n\r\t\0|`*\x02\xff.\0\0\x1c\0\x01";
	struct incident *incident = malloc(sizeof(*incident));
	struct failed_query query;
	struct sample sample;
	unsigned int i;

	assert_non_null(incident);
	incidents_begin(s);
	s->scene.resolvers[0].key = scene_key("[2001:db8::53]:5353");
	for (i = 0; i < 8; i++) {
		second_of(s, 0, 1, 9);
		tick_at(s, i + 1);
		sample = sample_of(&s->scene.resolvers[0].key, "2001:db8::1", "plain.example");
		sample.version = 6;
		sample.type = 1;
		sample.code = 4;
		sample.reason = i % REASON_MAX;
		sample.ttl = (__u8)i;
		sample.unsent = i == 3;
		sample.matched = !sample.unsent;
		sample.key.id = i == 5 ? 0 : sample.key.id;
		sample.short_quote = i == 5;
		sample.question_length = i == 5 ? 0 : sample.question_length;
		if (i == 2) {
			memcpy(sample.question, hostile, sizeof(hostile) - 1);
			sample.question_length = sizeof(hostile) - 1;
		}
		send_sample(s, &sample, i + 1);
		query = failed_query_of(&s->scene.resolvers[0].key, "2001:db8::2", "lost.example",
					i + 1);
		query.outcome = i % FAILED_MAX;
		query.rcode = query.outcome == FAILED_ANSWERED ? i + 1 : 0;
		set_process(&query.process, i);
		if (i == 2) { /* of a short quote */
			query.has_id = query.question_length = 0;
			query.key.id = 0;
		}
		incidents_add_failed(s->incidents, &query);
	}
	*incident = *incident_number(s, 1);
	for (i = 0; i < COUNTER_RTT_COUNT; i++)
		incident->counters.n[i] = i + 1;
	for (i = COUNTER_EVIDENCE_PROHIBITED; i <= COUNTER_EVIDENCE_ON_PATH; i++)
		incident->counters.n[i] = i;
	incident->cause = CAUSE_NO_ROUTE;
	incident->rtt_ns = 1234567890;
	incident->healthy_rtt_ns = 1000;
	incident->forged = incident->names_more = incident->zone_unknown = 1;
	incident->closed_ns = incident->end_ns + NS_PER_S;
	incident->causes[0].cause = CAUSE_SILENT;
	incident->causes[0].from_ns = incident->start_ns;
	incident->causes[0].until_ns = incident->start_ns + 70 * NS_PER_S;
	incident->causes[1].cause = CAUSE_NO_ROUTE;
	incident->causes[1].from_ns = incident->start_ns + 80 * NS_PER_S;
	incident->cause_count = 2;
	incident->causes_more = 1;
	set_askers(incident);
	incidents_end(s);
	return incident;
}

/* What the lines do not hold. */
static void forget(struct incident *incident)
{
	__u32 i;

	for (i = 0; i < incident->message_count; i++) {
		struct sample *sample = &incident->messages[i].sample;

		sample->time_ns = 0;
		memset(sample->question + sample->question_length, 0,
		       QUESTION_MAX - sample->question_length);
	}
	for (i = 0; i < incident->failed_count; i++) {
		struct failed_query *query = &incident->failed[i].query;

		query->time_ns = 0;
		memset(query->question + query->question_length, 0,
		       QUESTION_MAX - query->question_length);
	}
}

static void failed_transactions_have_all_that_is_known(void **state)
{
	struct incident_scene s;
	struct incident *incident = a_full_incident(&s);
	char *line = line_of(incident, INCIDENT_UPDATED);
	json_t *o = json_loads(line, 0, NULL), *failed = json_object_get(o, "failed");
	json_t *first = json_array_get(failed, 0), *second = json_array_get(failed, 1);
	json_t *third = json_array_get(failed, 2), *process;
	char time[CLOCK_TEXT_SIZE];

	(void)state;
	assert_int_equal(json_array_size(failed), 8);
	assert_string_equal(string_at(first, "client"), "2001:db8::2");
	assert_int_equal(json_integer_value(json_object_get(first, "client_port")), 52444);
	assert_int_equal(json_integer_value(json_object_get(first, "id")), 35084);
	assert_string_equal(string_at(first, "name"), "lost.example");
	assert_string_equal(string_at(first, "qtype"), "A");
	assert_string_equal(string_at(first, "outcome"), "timed_out");
	assert_true(json_is_null(json_object_get(first, "rcode")));
	process = json_object_get(first, "process");
	assert_string_equal(string_at(process, "name"), "d?g <b>|`");
	assert_int_equal(json_integer_value(json_object_get(process, "pid")), 12345);
	assert_true(json_is_integer(json_object_get(first, "user_id")));
	assert_true(json_is_null(json_object_get(second, "process")));
	assert_int_equal(json_integer_value(json_object_get(second, "user_id")), 1000);
	assert_true(json_is_null(json_object_get(third, "process")));
	assert_true(json_is_null(json_object_get(third, "user_id")));
	assert_string_equal(string_at(first, "time"),
			    clock_rfc3339(incident->failed[0].wall_ns, time));
	assert_string_equal(string_at(second, "outcome"), "answered");
	assert_string_equal(string_at(second, "rcode"), "SERVFAIL");
	assert_string_equal(string_at(third, "outcome"), "unreachable");
	assert_true(json_is_null(json_object_get(third, "id")));
	assert_true(json_is_null(json_object_get(third, "name")));
	assert_string_equal(string_at(json_array_get(failed, 3), "outcome"), "unsent");
	json_decref(o);
	free(line);
	free(incident);
}

static void causes_have_their_times(void **state)
{
	struct incident_scene s;
	struct incident *incident = a_full_incident(&s);
	char *line = line_of(incident, INCIDENT_UPDATED);
	json_t *o = json_loads(line, 0, NULL), *causes = json_object_get(o, "causes");
	char from[CLOCK_TEXT_SIZE];

	(void)state;
	assert_int_equal(json_array_size(causes), 2);
	assert_string_equal(string_at(json_array_get(causes, 0), "cause"), "silent");
	assert_string_equal(string_at(json_array_get(causes, 0), "until"),
			    clock_rfc3339(incident->causes[0].until_ns, from));
	assert_string_equal(string_at(json_array_get(causes, 1), "cause"), "no-route");
	assert_string_equal(string_at(json_array_get(causes, 1), "from"),
			    clock_rfc3339(incident->causes[1].from_ns, from));
	assert_true(json_is_null(json_object_get(json_array_get(causes, 1), "until")));
	assert_true(json_is_true(json_object_get(o, "causes_more")));
	json_decref(o);
	free(line);
	free(incident);
}

/* Times are written in microseconds: the duration is of these, or a second writing differs. */
static void the_duration_is_between_the_written_times(void **state)
{
	struct incident_scene s;
	struct incident *incident = a_full_incident(&s), again;
	char error[JSON_ERROR_SIZE], *line, *second;
	json_t *o;

	(void)state;
	incident->start_ns += 999;
	incident->end_ns = incident->start_ns + 317830909901ULL;
	line = line_of(incident, INCIDENT_UPDATED);
	o = json_loads(line, 0, NULL);
	assert_true(json_real_value(json_object_get(o, "duration_s")) == 317.83091);
	assert_int_equal(incident_json_parse(line, strlen(line), &again, error), 0);
	second = line_of(&again, INCIDENT_UPDATED);
	assert_string_equal(line, second);
	json_decref(o);
	free(second);
	free(line);
	free(incident);
}

static void all_of_it_comes_back(void **state)
{
	struct incident_scene s;
	struct incident *incident = a_full_incident(&s), *again = malloc(sizeof(*again));
	char *line = line_of(incident, INCIDENT_CLOSED), *twice;
	char error[JSON_ERROR_SIZE];

	(void)state;
	if (incident_json_parse(line, strlen(line), again, error))
		fail_msg("%s\n%s", error, line);
	forget(incident);
	assert_memory_equal(again->messages, incident->messages, sizeof(incident->messages));
	assert_memory_equal(again->failed, incident->failed, sizeof(incident->failed));
	assert_memory_equal(&again->counters, &incident->counters, sizeof(incident->counters));
	assert_memory_equal(again->slots, incident->slots, sizeof(incident->slots));
	assert_memory_equal(again, incident, sizeof(*incident));
	twice = line_of(again, INCIDENT_CLOSED);
	assert_string_equal(twice, line);
	free(twice);
	free(line);
	free(incident);
	free(again);
}

static void the_reference_incident_comes_back(void **state)
{
	struct incident_scene s;
	struct incident *incident = malloc(sizeof(*incident)), *again = malloc(sizeof(*again));
	char error[JSON_ERROR_SIZE], *line;

	(void)state;
	*incident = *reference_incident(&s);
	line = line_of(incident, INCIDENT_UPDATED);
	assert_int_equal(incident_json_parse(line, strlen(line), again, error), 0);
	forget(incident);
	assert_memory_equal(again, incident, sizeof(*incident));
	free(line);
	free(incident);
	free(again);
	incidents_end(&s);
}

static void names_are_plain_text_in_the_line(void **state)
{
	struct incident_scene s;
	struct incident *incident = a_full_incident(&s);
	char *line = line_of(incident, INCIDENT_CLOSED), *c;

	(void)state;
	for (c = line; *c != '\n'; c++)
		assert_true(*c >= 0x20 && *c < 0x7f);
	assert_non_null(strstr(line, "<script>\\\"'&\\\\010\\\\013\\\\009\\\\000|`*.\\\\255\\\\."));
	free(line);
	free(incident);
}

/* ---- what the reader refuses ----------------------------------------------------------------- */

/* The line with `value` (JSON) at a path of up to 3 keys; NULL takes it away. */
static char *changed(const char *line, const char *const path[3], const char *value)
{
	json_t *root = json_loads(line, 0, NULL), *o = root;
	char *text;
	int i;

	for (i = 0; i < 2 && path[i + 1]; i++)
		o = json_is_array(json_object_get(o, path[i]))
			    ? json_array_get(json_object_get(o, path[i]), 0)
			    : json_object_get(o, path[i]);
	assert_non_null(o);
	assert_non_null(json_object_get(o, path[i]));
	if (value)
		json_object_set_new(o, path[i], json_loads(value, JSON_DECODE_ANY, NULL));
	else
		json_object_del(o, path[i]);
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}

static const struct {
	const char *path[3], *value, *said;
} wrong[] = {
	{{"id"}, "-1", "\"id\": expected a whole number"},
	{{"id"}, "1.5", "\"id\": expected a whole number"},
	{{"id"}, "\"1\"", "\"id\": expected a whole number"},
	{{"id"}, NULL, "\"id\": expected a whole number"},
	{{"host"}, "7", "\"host\": expected"},
	{{"host"}, "\"\"", "\"host\": expected a name of 1 to 199 bytes, or null"},
	{{"resolver"}, "[]", "\"resolver\": expected an object"},
	{{"resolver", "address"}, "\"nobody\"", "\"address\": expected an IP address"},
	{{"resolver", "port"}, "65536", "\"port\": expected a whole number from 0 to 65535"},
	{{"resolver", "transport"}, "\"quic\"", "\"transport\": expected \"udp\""},
	{{"state"}, "\"idle\"", "\"state\": expected \"degraded\" or \"down\""},
	{{"cause"}, "\"gremlins\"", "\"cause\": expected the name of a cause, or null"},
	{{"suspicion"}, "\"x\"", "\"suspicion\": expected \"forged\" or null"},
	{{"joined"}, "\"x\"", "\"joined\": expected the name of a joined verdict, or null"},
	{{"start"}, "null", "\"start\": expected a string"},
	{{"start"}, "\"yesterday\"", "\"start\": expected a time"},
	{{"start"}, "\"2026-02-30T00:00:00Z\"", "\"start\": expected a time"},
	{{"start"}, "\"2026-01-31T13:24:32+01:00\"", "\"start\": expected a time"},
	{{"end"}, "\"1970-01-01T00:00:00Z\"", "\"end\": expected a time that is not before"},
	{{"closed"}, "0", "\"closed\": expected a string"},
	{{"counts", "queries"}, "true", "\"queries\": expected a whole number"},
	{{"counts", "queries"}, "9223372036854775807", "\"queries\": expected a whole number"},
	{{"counts", "late"}, "3", "\"late\": expected an object"},
	{{"counts", "late", "responses"}, "{}", "\"responses\": expected a whole number"},
	{{"evidence", "port"}, NULL, "\"port\": expected a whole number"},
	{{"zone_known"}, "7", "\"zone_known\": expected true or false"},
	{{"rtt_p50_s"}, "-0.5", "\"rtt_p50_s\": expected seconds, or null"},
	{{"healthy_rtt_p50_s"}, "\"1\"", "\"healthy_rtt_p50_s\": expected seconds"},
	{{"reporters"}, "[1]", "\"reporters\": expected IP addresses"},
	{{"clients"}, "\"192.0.2.1\"", "\"clients\": expected an array"},
	{{"clients"},
	 "[\"::\",\"::\",\"::\",\"::\",\"::\",\"::\",\"::\",\"::\",\"::\"]",
	 "\"clients\": expected at most 8 elements"},
	{{"clients_more"}, "0", "\"clients_more\": expected true or false"},
	{{"names", "name"}, "\"a b\"", "\"name\": expected a domain name"},
	{{"names", "name"}, "\"a..b\"", "\"name\": expected a domain name"},
	{{"names", "type"}, "\"NOPE\"", "\"type\": expected a query type"},
	{{"messages", "ttl"}, "256", "\"ttl\": expected a whole number from 0 to 255"},
	{{"messages", "reason"}, "\"weather\"", "\"reason\": expected the name of a reason"},
	{{"messages", "id"}, "70000", "\"id\": expected a whole number from 0 to 65535"},
	{{"messages", "name"}, "7", "\"name\": expected a string"},
	{{"timeline", "slot_s"}, "0", "\"slot_s\": expected a number above 0"},
	{{"timeline", "slots"}, "[[1,2,3,4]]", "\"slots\": expected arrays of 5 whole numbers"},
	{{"timeline", "slots"}, "[[1,2,3,4,-5]]", "\"slots\": expected arrays of 5"},
	{{"timeline", "slots"}, "[7]", "\"slots\": expected arrays of 5 whole numbers"},
};

static void what_is_not_as_expected_is_named(void **state)
{
	struct incident_scene s;
	struct incident *incident = a_full_incident(&s);
	char *line = line_of(incident, INCIDENT_CLOSED), *bad, error[JSON_ERROR_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		bad = changed(line, wrong[i].path, wrong[i].value);
		if (incident_json_parse(bad, strlen(bad), incident, error) != -EINVAL)
			fail_msg("%s with %s was taken", wrong[i].path[0], wrong[i].value);
		if (strncmp(error, wrong[i].said, strlen(wrong[i].said)))
			fail_msg("said: %s\nnot: %s", error, wrong[i].said);
		free(bad);
	}
	free(line);
	free(incident);
}

static void what_is_no_object_is_refused(void **state)
{
	static const char *const bad[] = {"",
					  "{",
					  "[]",
					  "7",
					  "null",
					  "{}{}",
					  "{\"id\":1,\"id\":1}",
					  "{\"id\":1e999}",
					  "\xff\xfe",
					  "{\"id\":\"\\u0000\"}"};
	struct incident *incident = malloc(sizeof(*incident));
	char error[JSON_ERROR_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(incident_json_parse(bad[i], strlen(bad[i]), incident, error),
				 -EINVAL);
		assert_true(error[0] != '\0');
	}
	assert_int_equal(incident_json_parse("{}", 2, incident, error), -EINVAL);
	assert_string_equal(error, "\"id\": expected a whole number");
	free(incident);
}

/* Every cut of a line is refused: nothing is read past its end. */
static void a_line_that_is_cut_is_refused(void **state)
{
	struct incident_scene s;
	struct incident *incident = a_full_incident(&s);
	char *line = line_of(incident, INCIDENT_CLOSED), *copy, error[JSON_ERROR_SIZE];
	size_t length = strlen(line) - 1, cut;

	(void)state;
	for (cut = 0; cut < length; cut += 7) {
		copy = malloc(cut + 1);
		memcpy(copy, line, cut);
		assert_int_equal(incident_json_parse(copy, cut, incident, error), -EINVAL);
		free(copy);
	}
	free(line);
	free(incident);
}

/* ---- a whole file ---------------------------------------------------------------------------- */

static int add(struct incident_lines *lines, const struct incident *incident)
{
	char *line = line_of(incident, INCIDENT_UPDATED);
	int err = incident_lines_add(lines, line, strlen(line));

	free(line);
	return err;
}

static void a_later_line_replaces_an_earlier_one(void **state)
{
	struct incident_lines lines = {0};
	struct incident_scene s;
	struct incident *incident = a_full_incident(&s);

	(void)state;
	assert_int_equal(add(&lines, incident), 0);
	incident->id++;
	assert_int_equal(add(&lines, incident), 0);
	incident->id--;
	incident->counters.n[COUNTER_QUERIES] = 77;
	assert_int_equal(add(&lines, incident), 0);
	assert_int_equal(lines.count, 2);
	assert_int_equal(lines.incidents[0]->counters.n[COUNTER_QUERIES], 77);
	assert_true(incident_lines_date_known(&lines));
	incident_lines_free(&lines);
	free(incident);
}

/* A file with the lines of many hosts: each counts from 1, and one outage begins for all at once.
 */
static void the_same_id_of_another_host_is_another_incident(void **state)
{
	struct incident_lines lines = {0};
	struct incident_scene s;
	struct incident *incident = a_full_incident(&s);

	(void)state;
	strcpy(incident->host, "web1");
	assert_int_equal(add(&lines, incident), 0);
	strcpy(incident->host, "web2");
	assert_int_equal(add(&lines, incident), 0);
	assert_int_equal(add(&lines, incident), 0);
	assert_int_equal(lines.count, 2);
	assert_string_equal(lines.incidents[0]->host, "web1");
	assert_string_equal(lines.incidents[1]->host, "web2");
	incident_lines_free(&lines);
	free(incident);
}

/* A file that two runs have written to: each counts from 1. */
static void the_same_id_of_another_run_is_another_incident(void **state)
{
	struct incident_lines lines = {0};
	struct incident_scene s;
	struct incident *incident = a_full_incident(&s);

	(void)state;
	assert_int_equal(add(&lines, incident), 0);
	incident->start_ns += 1000;
	assert_int_equal(add(&lines, incident), 0);
	assert_int_equal(lines.count, 2);
	incident_lines_free(&lines);
	free(incident);
}

static void an_error_names_its_line(void **state)
{
	struct incident_lines lines = {0};
	struct incident_scene s;
	struct incident *incident = a_full_incident(&s);

	(void)state;
	assert_int_equal(add(&lines, incident), 0);
	assert_int_equal(incident_lines_add(&lines, "\r\n", 2), 0);
	assert_int_equal(incident_lines_add(&lines, "{\"id\":true}\n", 12), -EINVAL);
	assert_string_equal(lines.error, "line 3: \"id\": expected a whole number");
	incident_lines_free(&lines);
	free(incident);
}

static void without_a_date_it_says_so(void **state)
{
	struct incident_lines lines = {0};
	struct incident_scene s;

	(void)state;
	assert_int_equal(add(&lines, reference_incident(&s)), 0);
	assert_false(incident_lines_date_known(&lines));
	incident_lines_free(&lines);
	incidents_end(&s);
}

/* Beyond the most that a report can hold the oldest gives way, and is counted. */
static void the_latest_ones_are_kept(void **state)
{
	struct incident_lines lines = {0};
	struct incident_scene s;
	struct incident *incident = a_full_incident(&s);

	(void)state;
	for (incident->id = 1; incident->id <= INCIDENTS_PARSED_MAX + 3; incident->id++)
		assert_int_equal(add(&lines, incident), 0);
	assert_int_equal(lines.count, INCIDENTS_PARSED_MAX);
	assert_int_equal(lines.left_out, 3);
	assert_int_equal(lines.incidents[0]->id, 4);
	assert_int_equal(lines.incidents[lines.count - 1]->id, INCIDENTS_PARSED_MAX + 3);
	incident->id = 4;
	assert_int_equal(add(&lines, incident), 0);
	assert_int_equal(lines.left_out, 3);
	incident_lines_free(&lines);
	free(incident);
}

static char *closing_line(const struct incident *incident, unsigned int id)
{
	struct incident copy = *incident;
	struct buffer line = {0};

	copy.id = id;
	assert_int_equal(incident_json_write(&line, &copy, INCIDENT_CLOSED), 0);
	return line.text;
}

/* As after a crash or a full disk: half a line, alone, at the end, or with a whole one glued to it.
 */
static void a_torn_line_costs_itself_only(void **state)
{
	struct incident_lines lines = {0};
	struct incident_scene s;
	struct incident *incident = a_full_incident(&s);
	char *first = closing_line(incident, 1), *second = closing_line(incident, 2), *glued;

	(void)state;
	assert_int_equal(incident_lines_add(&lines, first, strlen(first)), 0);
	assert_int_equal(incident_lines_add(&lines, first, strlen(first) / 2), -EINVAL);
	assert_int_equal(strncmp(lines.error, "line 2: ", 8), 0);
	assert_true(asprintf(&glued, "%.*s%s", (int)(strlen(first) / 3), first, second) > 0);
	assert_int_equal(incident_lines_add(&lines, glued, strlen(glued)), -EINVAL);
	assert_int_equal(lines.count, 2);
	assert_int_equal(lines.incidents[1]->id, 2);
	free(second);
	second = closing_line(incident, 3);
	assert_int_equal(incident_lines_add(&lines, second, strlen(second)), 0);
	assert_int_equal(lines.count, 3);
	incident_lines_free(&lines);
	free(first);
	free(second);
	free(glued);
	free(incident);
}

/* A line with a word that this version does not know says so, and the lines around it are read. */
static void a_word_of_a_newer_version_costs_its_line_only(void **state)
{
	static const char *const words[][3] = {
		{"resolver", "transport"},
		{"resolver", "origin"},
		{"state"},
		{"cause"},
		{"causes", "cause"},
		{"suspicion"},
		{"joined"},
		{"names", "type"},
		{"messages", "reason"},
		{"failed", "outcome"},
		{"failed", "rcode"},
		{"failed", "what"},
	};
	struct incident_scene s;
	struct incident *incident = a_full_incident(&s);
	char *first = closing_line(incident, 1), *last = closing_line(incident, 3), *newer;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct incident_lines lines = {0};

		newer = changed(first, words[i], "\"gremlins\"");
		assert_int_equal(incident_lines_add(&lines, first, strlen(first)), 0);
		assert_int_equal(incident_lines_add(&lines, newer, strlen(newer)), -EINVAL);
		if (strncmp(lines.error, "line 2: ", 8) ||
		    !strstr(lines.error, "; \"gremlins\" is of a newer version"))
			fail_msg("%s %s: %s", words[i][0], words[i][1] ? words[i][1] : "",
				 lines.error);
		assert_int_equal(incident_lines_add(&lines, last, strlen(last)), 0);
		assert_int_equal(lines.count, 2);
		incident_lines_free(&lines);
		free(newer);
	}
	free(first);
	free(last);
	free(incident);
}

/* A state that is known, but in which no incident is. */
static void a_word_out_of_place_is_of_no_newer_version(void **state)
{
	static const char *const path[3] = {"state"};
	struct incident_scene s;
	struct incident *incident = a_full_incident(&s);
	char *line = line_of(incident, INCIDENT_CLOSED), error[JSON_ERROR_SIZE];
	char *idle = changed(line, path, "\"idle\"");

	(void)state;
	assert_int_equal(incident_json_parse(idle, strlen(idle), incident, error), -EINVAL);
	assert_string_equal(error, "\"state\": expected \"degraded\" or \"down\"");
	free(idle);
	free(line);
	free(incident);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reference_incident_has_its_keys),
		cmocka_unit_test(a_message_says_what_came),
		cmocka_unit_test(failed_transactions_have_all_that_is_known),
		cmocka_unit_test(causes_have_their_times),
		cmocka_unit_test(the_duration_is_between_the_written_times),
		cmocka_unit_test(all_of_it_comes_back),
		cmocka_unit_test(the_reference_incident_comes_back),
		cmocka_unit_test(names_are_plain_text_in_the_line),
		cmocka_unit_test(what_is_not_as_expected_is_named),
		cmocka_unit_test(what_is_no_object_is_refused),
		cmocka_unit_test(a_line_that_is_cut_is_refused),
		cmocka_unit_test(a_later_line_replaces_an_earlier_one),
		cmocka_unit_test(the_same_id_of_another_host_is_another_incident),
		cmocka_unit_test(the_same_id_of_another_run_is_another_incident),
		cmocka_unit_test(an_error_names_its_line),
		cmocka_unit_test(without_a_date_it_says_so),
		cmocka_unit_test(the_latest_ones_are_kept),
		cmocka_unit_test(a_torn_line_costs_itself_only),
		cmocka_unit_test(a_word_of_a_newer_version_costs_its_line_only),
		cmocka_unit_test(a_word_out_of_place_is_of_no_newer_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
