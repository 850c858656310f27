/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From JSON, as a daemon serves it, to the plugin's line: reading what the printer writes,
 * refusing rubbish, judging by state and by ranges.
 */
#include "printed.h"

#include "check/check.h"
#include "view/status_json.h"

#include "perfdata.h"

#include <errno.h>
#include <stdlib.h>

static const struct check_origin daemon_origin = {.url = "http://127.0.0.1:9753"};
static struct perfdata data;
static char output[8192];

/* The scene through JSON and back. */
static void through_json(const struct status *report, struct parsed_status *status)
{
	char error[JSON_ERROR_SIZE];
	struct buffer json = {0};

	assert_int_equal(status_json_write(&json, report, NULL), 0);
	if (status_json_parse(json.text, json.used, status, error))
		fail_msg("%s", error);
	buffer_free(&json);
}

/* Judged and printed; returns the status. */
static int checked(const struct status *report, const struct check_rules *rules, int detail)
{
	struct plugin_output plugin = {.detail = detail};
	struct check_verdict verdict;
	struct buffer out = {0};
	int status;

	assert_int_equal(check_judge(report, rules, &verdict), 0);
	check_write_text(&verdict, rules, &daemon_origin, &plugin);
	assert_int_equal(plugin_write(&out, &plugin), 0);
	assert_true(out.used < sizeof(output));
	memcpy(output, out.text, out.used + 1);
	read_perfdata(output, &data);
	status = plugin.status;
	free(verdict.items);
	buffer_free(&out);
	plugin_free(&plugin);
	return status;
}

static struct check_rules rules_of(const char *metric, const char *warning, const char *critical)
{
	struct check_rules rules = {.window = WINDOW_1M,
				    .metric = metric ? check_metric(metric) : NULL,
				    .warning_text = warning,
				    .critical_text = critical};

	if (warning)
		assert_int_equal(range_parse(warning, &rules.warning), 0);
	if (critical)
		assert_int_equal(range_parse(critical, &rules.critical), 0);
	return rules;
}

/* ---- reading ------------------------------------------------------------------------------ */

static void what_was_printed_is_read(void **state)
{
	struct scene scene;
	struct parsed_status status;
	unsigned int i, n;

	(void)state;
	scene_of_four(&scene);
	scene.snapshot.wall_ns = 1709212472192571000ULL;
	through_json(&scene.status, &status);
	assert_int_equal(status.status.count, 4);
	assert_int_equal(status.status.interface_count, 2);
	assert_true(status.snapshot.wall_ns == scene.snapshot.wall_ns);
	for (i = 0; i < 4; i++) {
		const struct resolver_status *a = &scene.out[i], *b = &status.status.resolvers[i];

		assert_memory_equal(&a->now->key, &b->now->key, sizeof(a->now->key));
		assert_int_equal(a->state, b->state);
		assert_int_equal(a->cause, b->cause);
		assert_int_equal(a->forged, b->forged);
		assert_true(a->now->in_flight == b->now->in_flight);
		for (n = 0; n <= COUNTER_TRUNCATED; n++)
			assert_true(a->now->counters.n[n] == b->now->counters.n[n]);
		for (n = 0; n < WINDOW_MAX; n++) {
			assert_true(a->windows[n].settled == b->windows[n].settled);
			assert_true(isnan(a->windows[n].failure_ratio) ==
				    isnan(b->windows[n].failure_ratio));
			if (!isnan(a->windows[n].failure_ratio))
				assert_near(a->windows[n].failure_ratio,
					    b->windows[n].failure_ratio);
		}
	}
	parsed_status_free(&status);
	scene_end(&scene);
}

static const char *refused(const char *page)
{
	static char error[JSON_ERROR_SIZE];
	struct parsed_status status;

	if (status_json_parse(page, strlen(page), &status, error) != -EINVAL)
		fail_msg("taken: %.200s", page);
	assert_true(error[0]);
	return error;
}

static void rubbish_is_refused_in_words(void **state)
{
	static const char *const rubbish[] = {
		"",
		" ",
		"null",
		"[]",
		"{",
		"\"x\"",
		"<html>busy</html>",
		"{}",
		"{\"time\":1}",
		"{\"time\":\"yesterday\"}",
		"{\"time\":\"2026-13-01T00:00:00Z\"}",
		"{\"time\":\"2026-01-01T00:00:00Z\"}",
		"{\"time\":\"2026-01-01T00:00:00Z\",\"interval_s\":1,\"interfaces\":[]}",
		"{\"time\":\"2026-01-01T00:00:00Z\",\"interval_s\":1,\"interfaces\":[],"
		"\"resolvers\":{}}",
		"{\"time\":\"2026-01-01T00:00:00Z\",\"interval_s\":-1,\"interfaces\":[],"
		"\"resolvers\":[]}",
		"{\"time\":\"2026-01-01T00:00:00Z\",\"interval_s\":1,\"interfaces\":[],"
		"\"resolvers\":[1]}",
		"{\"time\":\"2026-01-01T00:00:00Z\",\"interval_s\":1,\"interfaces\":[],"
		"\"resolvers\":[null]}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rubbish) / sizeof(*rubbish); i++)
		refused(rubbish[i]);
}

/* One thing of a good line changed. */
static void each_wrong_value_is_named(void **state)
{
	static const char *const changes[][3] = {
		{"\"state\":\"down\"", "\"state\":\"asleep\"", "state"},
		{"\"state\":\"down\"", "\"state\":null", "state"},
		{"\"cause\":\"", "\"cause\":\"x", "cause"},
		{"\"suspicion\":null", "\"suspicion\":\"x\"", "suspicion"},
		{"\"address\":\"192.0.2.1\"", "\"address\":\"192.0.2\"", "address"},
		{"\"address\":\"192.0.2.1\"", "\"address\":7", "address"},
		{"\"port\":53", "\"port\":65536", "port"},
		{"\"port\":53", "\"port\":null", "port"},
		{"\"transport\":\"udp\"", "\"transport\":\"quic\"", "transport"},
		{"\"queries\":12345678", "\"queries\":-1", "queries"},
		{"\"queries\":12345678", "\"queries\":1e300", "queries"},
		{"\"in_flight\":65536", "\"in_flight\":\"x\"", "in_flight"},
		{"\"windows\":{", "\"windows\":7,\"x\":{", "windows"},
		{"\"1m\":{", "\"1min\":{", "1m"},
		{"\"failure_ratio\":1.0", "\"failure_ratio\":1.5", "failure_ratio"},
		{"\"failure_ratio\":1.0", "\"failure_ratio\":true", "failure_ratio"},
		{"\"error_ratio\":0.0", "\"error_ratio\":-0.1", "error_ratio"},
	};
	struct buffer json = {0}, changed = {0};
	struct scene scene;
	size_t i;

	(void)state;
	scene_of_four(&scene);
	assert_int_equal(status_json_write(&json, &scene.status, NULL), 0);
	for (i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		const char *at = strstr(json.text, changes[i][0]);

		if (!at)
			fail_msg("%s is not in the line", changes[i][0]);
		buffer_reset(&changed);
		buffer_add(&changed, "%.*s%s%s", (int)(at - json.text), json.text, changes[i][1],
			   at + strlen(changes[i][0]));
		assert_says(refused(changed.text), changes[i][2]);
	}
	buffer_free(&changed);
	buffer_free(&json);
	scene_end(&scene);
}

/* Cut off anywhere: an error, and no crash. */
static void a_page_that_ends_early_is_refused(void **state)
{
	char error[JSON_ERROR_SIZE];
	struct buffer json = {0};
	struct parsed_status status;
	struct scene scene;
	size_t length;

	(void)state;
	scene_of_four(&scene);
	assert_int_equal(status_json_write(&json, &scene.status, NULL), 0);
	for (length = 0; length + 2 < json.used; length += 7)
		assert_int_equal(status_json_parse(json.text, length, &status, error), -EINVAL);
	buffer_free(&json);
	scene_end(&scene);
}

/* ---- judging by state --------------------------------------------------------------------- */

static void the_worst_state_decides(void **state)
{
	struct check_rules rules = rules_of(NULL, NULL, NULL);
	struct scene scene;
	struct parsed_status status;

	(void)state;
	scene_of_four(&scene);
	through_json(&scene.status, &status);
	assert_int_equal(checked(&status.status, &rules, 0), PLUGIN_CRITICAL);
	assert_says(output, "DNSREACH CRITICAL - 255.255.255.255:65535 is down "
			    "(rejected-on-path: a box on the way rejects), 100% of 99999999 failed "
			    "in 10s; 4 resolvers: 1 down, 1 degraded, 1 healthy, 1 idle | "
			    "'255.255.255.255:65535_failure_ratio'=100%;;;0;100 ");
	assert_string_equal(datum_of(&data, "192.0.2.1_failure_ratio"), "0%;;;0;100");
	assert_string_equal(datum_of(&data, "255.255.255.255:65535_in_flight"), "65536;;;0");
	assert_non_null(datum_of(&data, "192.0.2.1_rtt_p95_s"));
	/* Never asked: there is no share, and none is made up. */
	assert_null(datum_of(&data, "198.51.100.100_failure_ratio"));
	assert_non_null(datum_of(&data, "198.51.100.100_queries_per_s"));
	parsed_status_free(&status);
	scene_end(&scene);
}

static void name(struct check_rules *rules, const char *address)
{
	rules->named[rules->named_count++] = scene_key(address);
}

static void those_named_decide(void **state)
{
	static const struct {
		const char *name;
		int status;
		const char *says;
	} cases[] = {
		{"192.0.2.1", PLUGIN_OK, "1 resolver: 1 healthy | "},
		{"203.0.113.2", PLUGIN_WARNING, "203.0.113.2 is degraded (intermittent: "},
		{"198.51.100.100", PLUGIN_OK, "1 resolver: 1 idle (too few queries to judge)"},
		{"192.0.2.99", PLUGIN_UNKNOWN, "192.0.2.99 is not known: no query was sent to it"},
		{"192.0.2.1:5353", PLUGIN_UNKNOWN, "192.0.2.1:5353 is not known"},
	};
	struct check_rules rules;
	struct scene scene;
	size_t i;

	(void)state;
	scene_of_four(&scene);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		rules = rules_of(NULL, NULL, NULL);
		name(&rules, cases[i].name);
		assert_int_equal(checked(&scene.status, &rules, 0), cases[i].status);
		assert_says(output, cases[i].says);
	}
	/* One that is down is worse than one that is not known; both are said. */
	name(&rules, "255.255.255.255:65535");
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_CRITICAL);
	assert_says(output, "; 192.0.2.1:5353 is not known");
	scene_end(&scene);
}

/* A named address is healthy over UDP for the host, and degraded in another row. */
static void a_name_is_of_each_transport_and_origin(void **state)
{
	static const struct {
		const char *row;
		__u8 transport, origin;
		const char *named, *says;
	} rows[] = {
		{"192.0.2.1", TRANSPORT_TCP, ORIGIN_HOST, "192.0.2.1", "192.0.2.1/tcp is degraded"},
		{"192.0.2.1", TRANSPORT_DOT, ORIGIN_HOST, "192.0.2.1",
		 "192.0.2.1:53/dot is degraded"},
		{"192.0.2.1", TRANSPORT_UDP, ORIGIN_GUEST, "192.0.2.1",
		 "192.0.2.1 (guests) is degraded"},
		/* Port 53 stands for 853 of TLS, and no other port does. */
		{"192.0.2.1:853", TRANSPORT_DOT, ORIGIN_HOST, "192.0.2.1",
		 "192.0.2.1/dot is degraded"},
		{"192.0.2.1:853", TRANSPORT_DOT, ORIGIN_GUEST, "192.0.2.1:853",
		 "192.0.2.1/dot (guests) is degraded"},
		{"192.0.2.1:853", TRANSPORT_TCP, ORIGIN_HOST, "192.0.2.1", NULL},
		{"192.0.2.1:853", TRANSPORT_DOT, ORIGIN_HOST, "192.0.2.1:5353", NULL},
		{"192.0.2.2:853", TRANSPORT_DOT, ORIGIN_HOST, "192.0.2.1", NULL},
	};
	struct resolver_key degraded = scene_key("203.0.113.2"), *key = NULL;
	struct check_rules rules;
	struct scene scene;
	size_t i;

	(void)state;
	scene_of_four(&scene);
	for (i = 0; i < 4; i++)
		if (!memcmp(&scene.resolvers[i].key, &degraded, sizeof(degraded)))
			key = &scene.resolvers[i].key;
	assert_non_null(key);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		*key = scene_key(rows[i].row);
		key->transport = rows[i].transport;
		key->origin = rows[i].origin;
		rules = rules_of(NULL, NULL, NULL);
		name(&rules, rows[i].named);
		if (!rows[i].says) {
			assert_int_not_equal(checked(&scene.status, &rules, 0), PLUGIN_WARNING);
			continue;
		}
		assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_WARNING);
		assert_says(output, rows[i].says);
	}
	scene_end(&scene);
}

/* Fine for most of a minute, then down: the share that is told is the one that it was judged by. */
static void the_share_fits_the_state(void **state)
{
	struct check_rules rules = rules_of(NULL, NULL, NULL);
	struct scene scene;
	unsigned int i;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 80, 0);
	scene_run_until(&scene, 30);
	for (i = 0; i < 4; i++)
		scene_second(&scene, 0, 5);
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_CRITICAL);
	assert_says(output, "192.0.2.1 is down (silent: ");
	assert_says(output, "), 100% of 20 failed in 10s | ");
	assert_string_equal(datum_of(&data, "192.0.2.1_failure_ratio"), "20%;;;0;100");
	rules.window_is_given = 1;
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_CRITICAL);
	assert_says(output, "), 20% of 100 failed in 1m | ");
	scene_end(&scene);
}

static void unclear_is_a_warning(void **state)
{
	struct check_rules rules = rules_of(NULL, NULL, NULL);
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_counters(&scene)[COUNTER_RESPONSES] = 5;
	scene_counters(&scene)[COUNTER_UNMATCHED_RESPONSES] = 5;
	scene_second(&scene, 0, 5);
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_WARNING);
	assert_says(output, "192.0.2.1 is unclear (rewritten: ");
	scene_end(&scene);
}

static void nobody_known_is_unknown(void **state)
{
	struct check_rules rules = rules_of(NULL, NULL, NULL);
	struct scene scene;

	(void)state;
	scene_of_four(&scene);
	scene.status.count = 0;
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_UNKNOWN);
	assert_says(output, "no resolver is known");
	scene_end(&scene);
}

static void forged_is_a_warning_unless_told(void **state)
{
	struct check_rules rules = rules_of(NULL, NULL, NULL);
	struct scene scene;

	(void)state;
	scene_of_four(&scene);
	name(&rules, "192.0.2.1");
	scene.out[0].forged = 1;
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_WARNING);
	assert_says(output, "192.0.2.1 is healthy, 0% of 10000 failed in 10s, and ICMP messages "
			    "that match no query keep coming (forged?)");
	rules.forged_is_fine = 1;
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_OK);
	scene_end(&scene);
}

/* ---- judging by ranges -------------------------------------------------------------------- */

static void ranges_decide_when_they_are_given(void **state)
{
	static const struct {
		const char *metric, *warning, *critical;
		int status;
	} cases[] = {
		{"failure_ratio", "5", "50", PLUGIN_CRITICAL},
		{"failure_ratio", "5", "100", PLUGIN_WARNING},
		{"failure_ratio", "100", "100", PLUGIN_OK},
		{"failure_ratio", NULL, "99", PLUGIN_CRITICAL},
		{"failure_ratio", "@0:0", NULL, PLUGIN_WARNING},
		{"error_ratio", "0", "0", PLUGIN_OK},
		{"rtt_p95_s", "0.001", "1", PLUGIN_CRITICAL}, /* by state: no RTT, and down */
		{"bad_ratio", "5", "50", PLUGIN_CRITICAL},
		{"rtt_p95_s", "1", "0.001", PLUGIN_CRITICAL},
		{"in_flight", "65535", "65536", PLUGIN_WARNING},
		{"queries_per_s", "~:1000000000", NULL, PLUGIN_OK},
	};
	struct scene scene;
	size_t i;

	(void)state;
	scene_of_four(&scene);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct check_rules rules =
			rules_of(cases[i].metric, cases[i].warning, cases[i].critical);

		if (checked(&scene.status, &rules, 0) != cases[i].status)
			fail_msg("case %zu: %s", i, output);
		assert_says(output, cases[i].metric);
	}
	scene_end(&scene);
}

/* SERVFAIL alone is no failure to reach a resolver, and still none of its answers is of use. */
static void error_answers_are_bad(void **state)
{
	struct check_rules rules = rules_of("bad_ratio", "5", "50");
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_counters(&scene)[COUNTER_ANSWERED_SERVFAIL] += 20;
	scene_second(&scene, 0, 0);
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_CRITICAL);
	assert_says(output, "192.0.2.1: bad_ratio 100% in 1m is critical; the resolver is degraded "
			    "(server-error: ");
	assert_string_equal(datum_of(&data, "192.0.2.1_bad_ratio"), "100%;5;50;0;100");
	/* One in four failed, one in four was an error. */
	scene_counters(&scene)[COUNTER_ANSWERED_SERVFAIL] += 20;
	scene_second(&scene, 80, 40);
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_WARNING);
	assert_says(output, "192.0.2.1: bad_ratio 50% in 1m is a warning");
	scene_end(&scene);
}

/* Down and without traffic in the window: the ratio has no value, and the resolver is not OK. */
static void no_value_leaves_the_state(void **state)
{
	struct check_rules rules = rules_of("bad_ratio", "5", "50");
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 0, 5);
	scene_run_until(&scene, 90);
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_CRITICAL);
	assert_says(output, "192.0.2.1 is down (silent: ");
	assert_says(output, "100% of 5 failed in 5m; bad_ratio has no value in 1m");
	scene_end(&scene);
}

/* Two queries, both failed: too few for a state, and nothing that could be called OK. */
static void too_few_and_all_failed_is_a_warning(void **state)
{
	struct check_rules rules = rules_of(NULL, NULL, NULL);
	struct scene scene;

	(void)state;
	scene_begin(&scene, NULL);
	scene_second(&scene, 0, 2);
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_WARNING);
	assert_says(output, "192.0.2.1 is pending, 100% of 2 failed in 1m (too few to judge)");
	scene_end(&scene);
	scene_begin(&scene, NULL);
	scene_second(&scene, 1, 1);
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_OK);
	assert_says(output, "1 resolver: 1 pending (too few queries to judge)");
	scene_end(&scene);
}

/* The first seconds of a daemon that starts in an outage; a sample may end within any RTT. */
static void asked_without_an_answer_is_a_warning_of_a_daemon(void **state)
{
	struct check_rules rules = rules_of(NULL, NULL, NULL);
	struct scene scene;
	struct parsed_status status;

	(void)state;
	scene_begin(&scene, NULL);
	scene_counters(&scene)[COUNTER_QUERIES]++;
	scene_tick(&scene);
	through_json(&scene.status, &status);
	assert_int_equal(checked(&status.status, &rules, 0), PLUGIN_WARNING);
	assert_says(output, "192.0.2.1 is pending, nothing settled in 5m (too few to judge; no "
			    "answer yet)");
	rules.is_sample = 1;
	assert_int_equal(checked(&status.status, &rules, 0), PLUGIN_OK);
	parsed_status_free(&status);
	scene_end(&scene);
}

/* Without -v too: each resolver that fails has its line, the worst first; others have none. */
static void all_that_fail_are_named(void **state)
{
	struct check_rules rules = rules_of(NULL, NULL, NULL);
	struct scene scene;
	const char *down, *degraded;

	(void)state;
	scene_of_four(&scene);
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_CRITICAL);
	down = strstr(output, "\n255.255.255.255:65535: down, rejected-on-path; in 1m 99M settled");
	degraded = strstr(output, "\n203.0.113.2: degraded, intermittent; in 1m ");
	assert_true(down && degraded && down < degraded);
	assert_null(strstr(output, "\n192.0.2.1: "));
	assert_null(strstr(output, "since start"));
	scene_end(&scene);
}

/* Of two that are down, the one with more failures is the first one. */
static void the_one_that_fails_most_is_first(void **state)
{
	struct check_rules rules = rules_of(NULL, NULL, NULL);
	struct resolver_status judged[2];
	struct resolver_snapshot other;
	struct scene scene;

	(void)state;
	scene_of_four(&scene);
	judged[0] = judged[1] = scene.out[1];
	other = *judged[1].now;
	other.key = scene_key("192.0.2.9");
	judged[0].now = &other;
	judged[0].windows[WINDOW_5M].settled = 5;
	judged[0].windows[WINDOW_5M].failure_ratio = 1;
	judged[1].windows[WINDOW_5M].settled = 500;
	judged[1].windows[WINDOW_5M].failure_ratio = 1;
	scene.status.resolvers = judged;
	scene.status.count = 2;
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_CRITICAL);
	assert_says(output, "DNSREACH CRITICAL - 255.255.255.255:65535 is down");
	scene_end(&scene);
}

static void limits_stand_beside_the_value(void **state)
{
	struct check_rules rules = rules_of("rtt_p99_s", "0.5", "@~:1");
	struct scene scene;

	(void)state;
	scene_of_four(&scene);
	name(&rules, "192.0.2.1");
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_CRITICAL);
	assert_says(datum_of(&data, "192.0.2.1_rtt_p99_s"), "s;0.5;@~:1;0");
	assert_string_equal(datum_of(&data, "192.0.2.1_failure_ratio"), "0%;;;0;100");
	scene_end(&scene);
}

static void nothing_settled_is_not_judged(void **state)
{
	struct check_rules rules = rules_of("failure_ratio", "@0:100", "@0:100");
	struct scene scene;

	(void)state;
	scene_of_four(&scene);
	name(&rules, "198.51.100.100");
	assert_int_equal(checked(&scene.status, &rules, 0), PLUGIN_OK);
	assert_says(output, "failure_ratio: no value in 1m");
	scene_end(&scene);
}

/* ---- size --------------------------------------------------------------------------------- */

#define MANY 300

/* 300 resolvers, of which one is down: it is the first one in the perfdata. */
static void three_hundred_resolvers_fit(void **state)
{
	static struct resolver_snapshot resolvers[MANY];
	static struct resolver_status judged[MANY];
	struct check_rules rules = rules_of(NULL, NULL, NULL);
	struct scene scene;
	unsigned int i;

	(void)state;
	scene_of_four(&scene);
	for (i = 0; i < MANY; i++) {
		char key[64];

		snprintf(key, sizeof(key), "[2001:db8:1111:2222:3333:4444:5555:%x]:5353", i + 1);
		resolvers[i] = scene.resolvers[0];
		resolvers[i].key = scene_key(key);
		judged[i] = scene.out[i == MANY / 2 ? 1 : 0];
		judged[i].now = &resolvers[i];
	}
	scene.status.resolvers = judged;
	scene.status.count = MANY;
	for (i = 0; i < 2; i++) {
		assert_int_equal(checked(&scene.status, &rules, (int)i), PLUGIN_CRITICAL);
		assert_true(strlen(output) < 4096);
		assert_says(output, "300 resolvers: 1 down, 299 healthy (perfdata of ");
		assert_string_equal(data.labels[0],
				    "[2001:db8:1111:2222:3333:4444:5555:97]:5353_failure_ratio");
	}
	assert_says(output, "more lines did not fit)\n");
	scene_end(&scene);
}

static void detail_has_the_evidence(void **state)
{
	struct check_rules rules = rules_of(NULL, NULL, NULL);
	struct scene scene;

	(void)state;
	scene_of_four(&scene);
	checked(&scene.status, &rules, 1);
	assert_says(output, "\n255.255.255.255:65535: down, rejected-on-path; in 1m 99M settled, "
			    "100% failed");
	assert_says(output, "\n  since start: 12345678 queries, 0 answered, 12345678 unreachable, "
			    "87654321 timed out, 0 not sent; ICMP port 0");
	assert_says(output, "\n198.51.100.100: idle; in 1m 0 settled, - failed");
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_printed_is_read),
		cmocka_unit_test(rubbish_is_refused_in_words),
		cmocka_unit_test(each_wrong_value_is_named),
		cmocka_unit_test(a_page_that_ends_early_is_refused),
		cmocka_unit_test(the_worst_state_decides),
		cmocka_unit_test(those_named_decide),
		cmocka_unit_test(a_name_is_of_each_transport_and_origin),
		cmocka_unit_test(unclear_is_a_warning),
		cmocka_unit_test(the_share_fits_the_state),
		cmocka_unit_test(nobody_known_is_unknown),
		cmocka_unit_test(forged_is_a_warning_unless_told),
		cmocka_unit_test(ranges_decide_when_they_are_given),
		cmocka_unit_test(error_answers_are_bad),
		cmocka_unit_test(no_value_leaves_the_state),
		cmocka_unit_test(too_few_and_all_failed_is_a_warning),
		cmocka_unit_test(asked_without_an_answer_is_a_warning_of_a_daemon),
		cmocka_unit_test(all_that_fail_are_named),
		cmocka_unit_test(the_one_that_fails_most_is_first),
		cmocka_unit_test(limits_stand_beside_the_value),
		cmocka_unit_test(nothing_settled_is_not_judged),
		cmocka_unit_test(three_hundred_resolvers_fit),
		cmocka_unit_test(detail_has_the_evidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
