// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The receiver that the other tests trust: it takes a right request, and refuses each of these
 * wrong ones for the right reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pushing.h"

/* START and TIME stand for times. */
static const char right[] =
	"{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"
	"{\"stringValue\":\"s\"}}]},\"scopeMetrics\":[{\"scope\":{\"name\":\"n\",\"version\":\"1\"}"
	","
	"\"metrics\":["
	"{\"name\":\"a.sum\",\"description\":\"d\",\"unit\":\"s\",\"sum\":{"
	"\"aggregationTemporality\":2,\"isMonotonic\":true,\"dataPoints\":["
	"{\"attributes\":[{\"key\":\"k\",\"value\":{\"stringValue\":\"1\"}}],"
	"\"startTimeUnixNano\":\"START\",\"timeUnixNano\":\"TIME\",\"asInt\":\"77\"},"
	"{\"attributes\":[{\"key\":\"k\",\"value\":{\"intValue\":\"2\"}}],"
	"\"startTimeUnixNano\":\"START\",\"timeUnixNano\":\"TIME\",\"asDouble\":1.5}]}},"
	"{\"name\":\"a.gauge\",\"gauge\":{\"dataPoints\":[{\"timeUnixNano\":\"TIME\","
	"\"asDouble\":0.25}]}},"
	"{\"name\":\"a.histogram\",\"histogram\":{\"aggregationTemporality\":2,\"dataPoints\":[{"
	"\"attributes\":[{\"key\":\"r\",\"value\":{\"stringValue\":\"x\"}}],"
	"\"startTimeUnixNano\":\"START\",\"timeUnixNano\":\"TIME\",\"count\":\"6\",\"sum\":2.5,"
	"\"bucketCounts\":[\"1\",\"2\",\"3\"],\"explicitBounds\":[0.5,1]}]}}]}]}]}";

struct payload_change {
	const char *from, *to, *reason;
};

/* The first `from` in `text` becomes `to`. To be freed. */
static char *changed(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *ret;

	if (!at)
		fail_msg("%s is not in the request", from);
	assert_true(asprintf(&ret, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
	return ret;
}

/* Until none is left. */
static char *with_times(const struct pushing *p, const char *text)
{
	char *ret = strdup(text), start[32], now[32], *next;

	snprintf(start, sizeof(start), "%llu", p->start_ns);
	snprintf(now, sizeof(now), "%llu", clock_wall_ns());
	while (strstr(ret, "START") || strstr(ret, "TIME")) {
		int is_start = strstr(ret, "START") != NULL;

		next = changed(ret, is_start ? "START" : "TIME", is_start ? start : now);
		free(ret);
		ret = next;
	}
	return ret;
}

static void deliver(struct pushing *p, const char *text)
{
	char *whole = with_times(p, text);
	struct buffer body = {0};

	buffer_add(&body, "%s", whole);
	free(whole);
	assert_int_equal(push_send(p->push, &body), 0);
	drive_until(p, !p->stats.waiting);
}

static void refused(struct pushing *p, const struct payload_change *change)
{
	__u64 before = p->stats.failed;
	char *text = changed(right, change->from, change->to);

	deliver(p, text);
	free(text);
	if (p->stats.failed != before + 1 || !strstr(p->stats.last_error, change->reason))
		fail_msg("'%s' for '%s': '%s', not '%s'", change->to, change->from,
			 p->stats.last_error, change->reason);
}

static void begin(struct receiver *r, struct pushing *p)
{
	struct push_options options = {.content_type = "application/json",
				       .timeout_s = 20,
				       .most_bytes = 1 << 20,
				       .is_otlp = 1};

	receiver_begin(r, "");
	options.url = r->url;
	pushing_begin(p, &options);
}

/* ---------------------------------------------------------------------------------------------- */

static const struct payload_change wrong[] = {
	{"{", "", "no JSON"},
	{"]}]}", "]}]}}", "no JSON"},
	{"\"resourceMetrics\"", "\"resource_metrics\"", "'resource_metrics' is unknown"},
	{"\"unit\":\"s\"", "\"units\":\"s\"", "'units' is unknown"},
	{"\"unit\":\"s\"", "\"unit\":1", "unit is no string"},
	{"\"unit\":\"s\"", "\"unit\":null", "'unit' is null"},
	{"\"description\":\"d\"", "\"name\":\"twice\"", "duplicate"},
	{"service.name", "service", "no service.name"},
	{"\"name\":\"a.gauge\"", "\"name\":\"a.sum\"", "there twice"},
	{"\"name\":\"a.gauge\"", "\"name\":\"\"", "without a name"},
	{"\"gauge\":{", "\"summary\":{", "'summary' is unknown"},
	{"\"aggregationTemporality\":2", "\"aggregationTemporality\":1", "Temporality is not 2"},
	{"\"aggregationTemporality\":2",
	 "\"aggregationTemporality\":\"AGGREGATION_TEMPORALITY_CUMULATIVE\"",
	 "Temporality is not 2"},
	{"\"isMonotonic\":true,", "", "isMonotonic"},
	{"\"isMonotonic\":true", "\"isMonotonic\":false", "isMonotonic"},
	{"\"asInt\":\"77\"", "\"asInt\":77", "asInt is no decimal string"},
	{"\"asInt\":\"77\"", "\"asInt\":\"077\"", "asInt is '077'"},
	{"\"asInt\":\"77\"", "\"asInt\":\"-7\"", "asInt is '-7'"},
	{"\"asInt\":\"77\"", "\"asInt\":\"7.5\"", "asInt is '7.5'"},
	{"\"asInt\":\"77\"", "\"asInt\":\"9223372036854775808\"", "asInt is 9223372036854775808"},
	{"\"asInt\":\"77\"", "\"asInt\":\"77\",\"asDouble\":77", "just one of"},
	{",\"asInt\":\"77\"", "", "just one of"},
	{"\"asDouble\":0.25", "\"asDouble\":\"NaN\"", "asDouble is no number"},
	{"\"startTimeUnixNano\":\"START\",", "", "startTimeUnixNano is missing"},
	{"\"startTimeUnixNano\":\"START\"", "\"startTimeUnixNano\":\"0\"", "is no time"},
	{"\"startTimeUnixNano\":\"START\"", "\"startTimeUnixNano\":START", "no decimal string"},
	{"\"START\"", "\"9999999999999999999\"", "after its time"},
	{"\"TIME\"", "\"12345\"", "not about now"},
	{"\"timeUnixNano\":\"TIME\",", "", "timeUnixNano is missing"},
	{"{\"intValue\":\"2\"}", "{\"stringValue\":\"1\"}", "twice in one request"},
	{"{\"intValue\":\"2\"}", "{\"intValue\":2}", "intValue is no decimal string"},
	{"{\"intValue\":\"2\"}", "{}", "an attribute has 0 values"},
	{"\"key\":\"k\"", "\"key\":\"\"", "without key"},
	{"{\"key\":\"k\"", "{\"key\":\"k\",\"value\":{\"stringValue\":\"1\"}},{\"key\":\"k\"",
	 "k is there twice"},
	{"\"count\":\"6\"", "\"count\":\"7\"", "buckets of 6, but the count is 7"},
	{"\"count\":\"6\"", "\"count\":6", "count is no decimal string"},
	{"[\"1\",\"2\",\"3\"]", "[1,2,3]", "no decimal string"},
	{"[\"1\",\"2\",\"3\"]", "[\"1\",\"5\"]", "2 bucketCounts for 2 explicitBounds"},
	{"[0.5,1]", "[1,0.5]", "do not ascend"},
	{"[0.5,1]", "[1,1]", "do not ascend"},
	{"\"sum\":2.5", "\"sum\":\"2.5\"", "sum is no number"},
	{"\"sum\":2.5,", "", "sum is no number"},
};

static void each_wrong_request_is_refused(void **state)
{
	struct receiver r = {0};
	struct pushing p;
	size_t i;

	(void)state;
	begin(&r, &p);
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		refused(&p, &wrong[i]);
	assert_int_equal(verdicts(&r, " bad "), i);
	pushing_end(&p, 0);
	assert_int_equal(receiver_end(&r), 1);
}

/* Right by themselves, but not after the right one. */
static const struct payload_change later[] = {
	{"\"asInt\":\"77\"", "\"asInt\":\"76\"", "goes back from 77 to 76"},
	{"\"asDouble\":1.5", "\"asDouble\":1.25", "goes back from 1.5 to 1.25"},
	{"[\"1\",\"2\",\"3\"]", "[\"0\",\"3\",\"3\"]", "bucket 0 goes back"},
	{"\"sum\":2.5", "\"sum\":2.25", "the sum goes back"},
	{"[0.5,1]", "[0.5,2]", "other explicitBounds"},
	{"\"START\"", "\"TIME\"", "the start time moved"},
	{"\"gauge\":{", "\"sum\":{\"aggregationTemporality\":2,\"isMonotonic\":true,",
	 "startTimeUnixNano is missing"},
};

static void what_does_not_follow_is_refused(void **state)
{
	struct receiver r = {0};
	struct pushing p;
	size_t i;

	(void)state;
	begin(&r, &p);
	deliver(&p, right);
	assert_int_equal(p.stats.delivered, 1);
	for (i = 0; i < sizeof(later) / sizeof(*later); i++)
		refused(&p, &later[i]);
	deliver(&p, right);
	assert_int_equal(p.stats.delivered, 2);
	assert_int_equal(verdicts(&r, " ok "), 2);
	pushing_end(&p, 0);
	assert_int_equal(receiver_end(&r), 1);
}

static void the_same_time_again_is_refused(void **state)
{
	struct receiver r = {0};
	struct pushing p;
	char *once;

	(void)state;
	begin(&r, &p);
	once = with_times(&p, right);
	deliver(&p, once);
	deliver(&p, once);
	free(once);
	assert_int_equal(p.stats.delivered, 1);
	assert_says(p.stats.last_error, "not later than what came before");
	pushing_end(&p, 0);
	assert_int_equal(receiver_end(&r), 1);
}

static void another_path_or_type_is_refused(void **state)
{
	struct push_options options = {.timeout_s = 20, .most_bytes = 1 << 20, .is_otlp = 1};
	struct receiver r = {0};
	struct pushing p;
	char url[200];

	(void)state;
	receiver_begin(&r, "");
	snprintf(url, sizeof(url), "%.*s", (int)strlen(r.url) - (int)strlen("/v1/metrics"), r.url);
	options.url = url;
	options.content_type = "application/json";
	pushing_begin(&p, &options);
	deliver(&p, right);
	assert_says(p.stats.last_error, " answers 404: path /");
	pushing_end(&p, 0);
	options.url = r.url;
	options.content_type = "application/x-protobuf";
	pushing_begin(&p, &options);
	deliver(&p, right);
	assert_says(p.stats.last_error, " answers 415: content type application/x-protobuf");
	pushing_end(&p, 0);
	assert_int_equal(receiver_end(&r), 1);
}

static void the_latest_values_are_written(void **state)
{
	struct receiver r = {0};
	struct pushing p;

	(void)state;
	begin(&r, &p);
	deliver(&p, right);
	assert_true(latest(&r, "a.sum{k=1}") == 77);
	assert_true(latest(&r, "a.sum{k=2}") == 1.5);
	assert_true(latest(&r, "a.gauge{}") == 0.25);
	assert_true(latest(&r, "a.histogram_count{r=x}") == 6);
	assert_true(latest(&r, "a.histogram_sum{r=x}") == 2.5);
	assert_true(latest(&r, "a.histogram_bucket{r=x,le=0.5}") == 1);
	assert_true(latest(&r, "a.histogram_bucket{r=x,le=1}") == 3);
	assert_true(latest(&r, "a.histogram_bucket{r=x,le=+Inf}") == 6);
	pushing_end(&p, 0);
	assert_int_equal(receiver_end(&r), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wrong_request_is_refused),
		cmocka_unit_test(what_does_not_follow_is_refused),
		cmocka_unit_test(the_same_time_again_is_refused),
		cmocka_unit_test(another_path_or_type_is_refused),
		cmocka_unit_test(the_latest_values_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
