// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The OTLP request, read back with jansson by a reader that knows every key of the messages in use
 * and refuses any other: opentelemetry/proto/metrics/v1 in its JSON encoding.
 */
#include "metrics_scene.h"

#include "util/buffer.h"
#include "metrics/otlp.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define WALL_NS 1700000123456789012ULL

static const struct otlp_resource resource = {"host.example", "one"};

/* ---- a strict reader --------------------------------------------------------------------- */

/* "a b c?": exactly these keys; one with '?' may be missing. */
static void check_keys(json_t *object, const char *keys)
{
	char copy[256], *rest = copy, *key;
	size_t known = 0;

	assert_true(json_is_object(object));
	snprintf(copy, sizeof(copy), "%s", keys);
	while ((key = strsep(&rest, " "))) {
		size_t last = strlen(key) - 1;
		int may_be_missing = key[last] == '?';

		if (may_be_missing)
			key[last] = '\0';
		if (json_object_get(object, key))
			known++;
		else if (!may_be_missing)
			fail_msg("no key %s", key);
	}
	if (json_object_size(object) != known)
		fail_msg("other keys than %s in %s", keys, json_dumps(object, JSON_COMPACT));
}

static const char *string(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	assert_true(json_is_string(value));
	return json_string_value(value);
}

/* Decimal digits in a string: a 64-bit integer. */
static __u64 whole_of(json_t *value)
{
	const char *text = json_string_value(value);

	assert_non_null(text);
	assert_true(*text && !text[strspn(text, "0123456789")]);
	return strtoull(text, NULL, 10);
}

static __u64 whole(json_t *object, const char *key)
{
	return whole_of(json_object_get(object, key));
}

static json_t *array(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	assert_true(json_is_array(value));
	return value;
}

/* The only element. */
static json_t *single(json_t *object, const char *key)
{
	assert_int_equal(json_array_size(array(object, key)), 1);
	return json_array_get(array(object, key), 0);
}

/* Keys are unique (the specification demands it). Adds "key=value," to `line`. */
static void check_attributes(json_t *attributes, struct buffer *line)
{
	json_t *seen = json_object(), *attribute;
	size_t i;

	assert_true(json_is_array(attributes));
	json_array_foreach(attributes, i, attribute)
	{
		json_t *value = json_object_get(attribute, "value");

		check_keys(attribute, "key value");
		check_keys(value, "stringValue");
		assert_true(*string(attribute, "key"));
		assert_null(json_object_get(seen, string(attribute, "key")));
		json_object_set_new(seen, string(attribute, "key"), json_true());
		buffer_add(line, "%s=%s,", string(attribute, "key"), string(value, "stringValue"));
	}
	json_decref(seen);
}

static void check_histogram_point(json_t *point)
{
	json_t *counts = array(point, "bucketCounts"), *bounds = array(point, "explicitBounds");
	json_t *value;
	__u64 total = 0;
	double before = -INFINITY;
	size_t i;

	assert_int_equal(json_array_size(counts), json_array_size(bounds) + 1);
	json_array_foreach(counts, i, value) total += whole_of(value);
	assert_int_equal(total, whole(point, "count"));
	json_array_foreach(bounds, i, value)
	{
		assert_true(json_is_number(value) && json_number_value(value) > before);
		before = json_number_value(value);
	}
	assert_true(json_is_number(json_object_get(point, "sum")));
}

static void check_number_point(json_t *point)
{
	json_t *real = json_object_get(point, "asDouble");

	assert_int_equal(!real, json_object_get(point, "asInt") != NULL);
	if (real)
		assert_true(json_is_number(real));
	else
		whole(point, "asInt");
}

/* Returns the message that holds the points. */
static json_t *check_data(json_t *metric)
{
	json_t *sum = json_object_get(metric, "sum");
	json_t *histogram = json_object_get(metric, "histogram");
	json_t *gauge = json_object_get(metric, "gauge");

	assert_int_equal(!sum + !histogram + !gauge, 2); /* a oneof */
	if (gauge) {
		check_keys(gauge, "dataPoints");
		return gauge;
	}
	if (sum) {
		check_keys(sum, "dataPoints aggregationTemporality isMonotonic");
		assert_true(json_is_true(json_object_get(sum, "isMonotonic")));
	} else {
		check_keys(histogram, "dataPoints aggregationTemporality");
	}
	assert_int_equal(json_integer_value(
				 json_object_get(sum ? sum : histogram, "aggregationTemporality")),
			 2);
	return sum ? sum : histogram;
}

static const char *keys_of_point(json_t *metric)
{
	if (json_object_get(metric, "gauge"))
		return "attributes timeUnixNano asInt? asDouble?";
	if (json_object_get(metric, "sum"))
		return "attributes startTimeUnixNano timeUnixNano asInt? asDouble?";
	return "attributes startTimeUnixNano timeUnixNano count sum bucketCounts explicitBounds";
}

static void check_point(json_t *metric, json_t *point, json_t *seen)
{
	struct buffer line = {0};

	check_keys(point, keys_of_point(metric));
	assert_int_equal(whole(point, "timeUnixNano"), WALL_NS);
	if (!json_object_get(metric, "gauge"))
		assert_true(whole(point, "startTimeUnixNano") <= WALL_NS &&
			    whole(point, "startTimeUnixNano") > 0);
	if (json_object_get(metric, "histogram"))
		check_histogram_point(point);
	else
		check_number_point(point);
	buffer_add(&line, "%s ", string(metric, "name"));
	check_attributes(json_object_get(point, "attributes"), &line);
	assert_int_equal(buffer_error(&line), 0);
	assert_null(json_object_get(seen, line.text)); /* one point for one set of attributes */
	json_object_set_new(seen, line.text, json_true());
	buffer_free(&line);
}

static void check_metric(json_t *metric, json_t *seen)
{
	json_t *points, *point;
	size_t i;

	check_keys(metric, "name description unit? sum? gauge? histogram?");
	assert_null(strstr(string(metric, "name"), "_total"));
	assert_null(json_object_get(seen, string(metric, "name")));
	json_object_set_new(seen, string(metric, "name"), json_true());
	assert_true(strlen(string(metric, "description")) > 10);
	if (json_object_get(metric, "unit"))
		assert_true(!strcmp(string(metric, "unit"), "s") ||
			    !strcmp(string(metric, "unit"), "By"));
	points = array(check_data(metric), "dataPoints");
	assert_true(json_array_size(points) > 0);
	json_array_foreach(points, i, point) check_point(metric, point, seen);
}

/* The whole request; returns its metrics. */
static json_t *check_request(json_t *request, const char *resource_line)
{
	json_t *whole_resource, *scope, *metric, *metrics, *seen = json_object();
	struct buffer line = {0};
	size_t i;

	check_keys(request, "resourceMetrics");
	whole_resource = single(request, "resourceMetrics");
	check_keys(whole_resource, "resource scopeMetrics");
	check_keys(json_object_get(whole_resource, "resource"), "attributes");
	check_attributes(array(json_object_get(whole_resource, "resource"), "attributes"), &line);
	assert_string_equal(line.text, resource_line);
	buffer_free(&line);
	scope = single(whole_resource, "scopeMetrics");
	check_keys(scope, "scope metrics");
	check_keys(json_object_get(scope, "scope"), "name version");
	assert_string_equal(string(json_object_get(scope, "scope"), "name"), "dnsreach");
	assert_string_equal(string(json_object_get(scope, "scope"), "version"), "9.8.7");
	metrics = array(scope, "metrics");
	json_array_foreach(metrics, i, metric) check_metric(metric, seen);
	json_decref(seen);
	return metrics;
}

/* ---- a scene and its request ------------------------------------------------------------- */

struct otlp_scene {
	struct metrics_scene scene;
	json_t *request; /* freed at the end */
};

static int begin(void **state)
{
	static struct otlp_scene exported;

	metrics_full(&exported.scene);
	exported.request = NULL;
	*state = &exported;
	return 0;
}

static int end(void **state)
{
	struct otlp_scene *e = *state;

	json_decref(e->request);
	return 0;
}

static json_t *request_of(struct otlp_scene *e, const struct otlp_resource *of)
{
	struct buffer out = {0};
	json_error_t error;

	assert_int_equal(otlp_write(&out, &e->scene.source, of, WALL_NS), 0);
	e->request = json_loads(out.text, JSON_REJECT_DUPLICATES, &error);
	if (!e->request)
		fail_msg("%s at %d: %.80s", error.text, error.position,
			 out.text + (error.position > 40 ? error.position - 40 : 0));
	buffer_free(&out);
	return e->request;
}

#define RESOURCE                                                                                   \
	"service.name=dnsreach,service.version=9.8.7,host.name=host.example,"                      \
	"service.instance.id=one,"

/* Of the scene as it is now, checked. */
static json_t *metrics_of(struct otlp_scene *e)
{
	return check_request(request_of(e, &resource), RESOURCE);
}

static json_t *metric_named(json_t *metrics, const char *name)
{
	json_t *metric;
	size_t i;

	json_array_foreach(metrics, i,
			   metric) if (!strcmp(string(metric, "name"), name)) return metric;
	return NULL;
}

/* The point of the metric with these attributes, as check_attributes() writes them. */
static json_t *point_of(json_t *metrics, const char *name, const char *attributes)
{
	json_t *metric = metric_named(metrics, name), *point;
	size_t i;

	assert_non_null(metric);
	json_array_foreach(array(check_data(metric), "dataPoints"), i, point)
	{
		struct buffer line = {0};
		int found;

		buffer_add(&line, "%s", "");
		check_attributes(json_object_get(point, "attributes"), &line);
		found = !strcmp(line.text, attributes);
		buffer_free(&line);
		if (found)
			return point;
	}
	fail_msg("%s has no point %s", name, attributes);
	return NULL;
}

/* ---- tests ------------------------------------------------------------------------------- */

static void the_request_is_what_the_protocol_says(void **state)
{
	struct otlp_scene *e = *state;

	assert_int_equal(json_array_size(metrics_of(e)), 53);
}

#define UDP "resolver=192.0.2.1,port=53,transport=udp,origin=host,"

static void values_are_under_their_names(void **state)
{
	struct otlp_scene *e = *state;
	json_t *metrics;

	e->scene.resolvers[1].counters.n[COUNTER_QUERIES] = 9007199254740993ULL;
	metrics = metrics_of(e);
	assert_int_equal(whole(point_of(metrics, "dnsreach_queries", UDP), "asInt"),
			 9007199254740993ULL);
	assert_int_equal(whole(point_of(metrics, "dnsreach_transactions_ended",
					UDP "outcome=timed_out,"),
			       "asInt"),
			 3);
	assert_int_equal(whole(point_of(metrics, "dnsreach_queries",
					"resolver=other,port=,transport=,origin=,"),
			       "asInt"),
			 7);
	assert_int_equal(whole(point_of(metrics, "dnsreach_resolver_state", UDP "state=down,"),
			       "asInt"),
			 1);
	assert_near(json_real_value(json_object_get(point_of(metrics, "process_cpu_seconds", ""),
						    "asDouble")),
		    1.5);
	assert_non_null(json_object_get(metric_named(metrics, "dnsreach_queries"), "sum"));
	assert_non_null(
		json_object_get(metric_named(metrics, "dnsreach_transactions_in_flight"), "gauge"));
}

static void sums_say_since_when(void **state)
{
	struct otlp_scene *e = *state;
	json_t *metrics = metrics_of(e);

	assert_int_equal(whole(point_of(metrics, "dnsreach_queries", UDP), "startTimeUnixNano"),
			 1700000000250000000ULL);
	assert_int_equal(whole(point_of(metrics, "dnsreach_rtt_seconds", UDP), "startTimeUnixNano"),
			 1700000000250000000ULL);
	assert_int_equal(whole(point_of(metrics, "process_cpu_seconds", ""), "startTimeUnixNano"),
			 1700000000125000000ULL);
}

/* As after the clock was set back: a receiver refuses what ends before it began. */
static void nothing_begins_after_its_time(void **state)
{
	struct otlp_scene *e = *state;
	json_t *point;

	e->scene.self.started_s = (double)(WALL_NS / NS_PER_S) + 3600;
	point = point_of(metrics_of(e), "dnsreach_queries", UDP);
	assert_int_equal(whole(point, "startTimeUnixNano"), WALL_NS);
	assert_int_equal(whole(point, "timeUnixNano"), WALL_NS);
}

static void the_histogram_is_not_cumulative(void **state)
{
	struct resolver_counters *counters;
	struct otlp_scene *e = *state;
	json_t *point, *counts;
	size_t i;

	counters = &e->scene.resolvers[1].counters;
	counters->rtt[scene_bucket(200000)] = 1;
	counters->rtt[scene_bucket(1000000)] = 2;
	counters->rtt[scene_bucket(20000000000ULL)] = 4;
	point = point_of(metrics_of(e), "dnsreach_rtt_seconds", UDP);
	counts = array(point, "bucketCounts");
	assert_int_equal(whole(point, "count"), 7);
	assert_int_equal(json_array_size(counts), 17);
	for (i = 0; i < 17; i++)
		assert_int_equal(whole_of(json_array_get(counts, i)), i == 0	? 1
								      : i == 2	? 2
								      : i == 16 ? 4
										: 0);
	assert_near(json_number_value(json_array_get(array(point, "explicitBounds"), 0)), 0.000256);
	assert_near(json_number_value(json_array_get(array(point, "explicitBounds"), 15)),
		    8.388608);
	assert_near(json_number_value(json_object_get(point, "sum")), 0.002);
}

static void units_are_those_of_otlp(void **state)
{
	struct otlp_scene *e = *state;
	json_t *metrics = metrics_of(e);

	assert_string_equal(string(metric_named(metrics, "dnsreach_rtt_seconds"), "unit"), "s");
	assert_string_equal(string(metric_named(metrics, "process_resident_memory_bytes"), "unit"),
			    "By");
	assert_null(json_object_get(metric_named(metrics, "dnsreach_queries"), "unit"));
}

/* An empty list of points would be a metric that says nothing. */
static void a_metric_without_points_is_left_out(void **state)
{
	struct otlp_scene *e = *state;
	json_t *metrics;

	metrics_begin(&e->scene);
	metrics = metrics_of(e);
	assert_null(metric_named(metrics, "dnsreach_queries"));
	assert_null(metric_named(metrics, "dnsreach_interface_attached"));
	assert_non_null(metric_named(metrics, "dnsreach_self_busy"));
}

static void hostile_words_stay_words(void **state)
{
	static const struct otlp_resource hostile = {"h\"\\\n\x01\xff\xc3\xa4", NULL};
	struct otlp_scene *e = *state;

	point_of(check_request(request_of(e, &hostile),
			       "service.name=dnsreach,service.version=9.8.7,"
			       "host.name=h\"\\\n\x01\xef\xbf\xbd\xc3\xa4,"),
		 "dnsreach_interface_attached", "interface=e\"\\\n\xef\xbf\xbd,hook=clsact,");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_request_is_what_the_protocol_says, begin, end),
		cmocka_unit_test_setup_teardown(values_are_under_their_names, begin, end),
		cmocka_unit_test_setup_teardown(sums_say_since_when, begin, end),
		cmocka_unit_test_setup_teardown(nothing_begins_after_its_time, begin, end),
		cmocka_unit_test_setup_teardown(the_histogram_is_not_cumulative, begin, end),
		cmocka_unit_test_setup_teardown(units_are_those_of_otlp, begin, end),
		cmocka_unit_test_setup_teardown(a_metric_without_points_is_left_out, begin, end),
		cmocka_unit_test_setup_teardown(hostile_words_stay_words, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
