// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The question to Prometheus, its answers - untrusted ones too - and what is printed of them. */
#include "fleet_scene.h"
#include "printed.h"

#include "fleet/query.h"
#include "fleet/output.h"

#include <errno.h>

static struct fleet_answer answer;

static int reads(long status, const char *body)
{
	fleet_answer_free(&answer);
	return fleet_answer_parse(status, body, strlen(body), &answer);
}

#define SAMPLE(labels, value) "{\"metric\":{" labels "},\"value\":" value "}"
#define VECTOR(samples)                                                                            \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[" samples "]}}"

/* ---- the question ---------------------------------------------------------------------------- */

static const char *url_for(const char *base, const char *match)
{
	struct buffer url = {0};

	assert_int_equal(fleet_query_write(&url, &(struct fleet_query){base, match, 300, 2.5}), 0);
	return printed(&url);
}

static void the_url_is_of_the_api(void **state)
{
	const char *url = url_for("https://u:p@prometheus.example:9090/path//", NULL);

	assert_int_equal(strncmp(url,
				 "https://u:p@prometheus.example:9090/path/api/v1/"
				 "query?timeout=2500ms&query=label_replace%28",
				 strlen("https://u:p@prometheus.example:9090/path/api/v1/"
					"query?timeout=2500ms&query=label_replace%28")),
			 0);
	assert_says(url, "%5B300000ms%5D");
	assert_int_equal(strcspn(url, " \"{}[]<>+\n"), strlen(url));
}

static void matchers_go_into_every_selector(void **state)
{
	const char *url = url_for("http://x", "dc=\"a&b\"");
	unsigned int count = 0;

	for (; (url = strstr(url, "%2Cdc%3D%22a%26b%22")); url++)
		count++;
	assert_int_equal(count, 19);
}

static void a_url_with_a_query_is_refused(void **state)
{
	struct buffer url = {0};

	assert_int_equal(fleet_query_write(&url, &(struct fleet_query){"http://x/?a", NULL, 1, 1}),
			 -EINVAL);
	assert_int_equal(fleet_query_write(&url, &(struct fleet_query){"http://x/#a", NULL, 1, 1}),
			 -EINVAL);
	assert_int_equal(fleet_query_write(&url, &(struct fleet_query){"ftp://x", NULL, 1, 1}),
			 -EINVAL);
	assert_int_equal(fleet_query_write(&url, &(struct fleet_query){"http://", NULL, 1, 1}),
			 -EINVAL);
	assert_int_equal(fleet_query_write(&url, &(struct fleet_query){"https:///a", NULL, 1, 1}),
			 -EINVAL);
	buffer_free(&url);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void a_good_answer_is_read(void **state)
{
	assert_int_equal(
		reads(200,
		      VECTOR(SAMPLE(
			      "\"dnsreach_fleet\":\"state\",\"job\":\"j\","
			      "\"instance\":\"a:1\",\"resolver\":\"192.0.2.53\","
			      "\"port\":\"53\",\"transport\":\"udp\",\"state\":\"down\"",
			      "[1763630000.5,\"1\"]") "," SAMPLE("\"dnsreach_fleet\":\"settled\"",
								 "[1763630000,\"0.25\"]"))),
		0);
	assert_int_equal(answer.count, 2);
	assert_int_equal(answer.rows[0].kind, FLEET_STATE);
	assert_string_equal(answer.rows[0].instance, "a:1");
	assert_string_equal(answer.rows[0].word, "down");
	assert_int_equal(answer.rows[1].kind, FLEET_SETTLED);
	assert_string_equal(answer.rows[1].job, "");
	assert_true(answer.rows[1].value == 0.25);
	assert_true(answer.time_s == 1763630000);
	assert_string_equal(answer.why, "");
}

static void nothing_is_an_answer_too(void **state)
{
	assert_int_equal(reads(200, VECTOR("")), 0);
	assert_int_equal(answer.count, 0);
}

static void a_warning_is_kept(void **state)
{
	assert_int_equal(reads(200,
			       "{\"status\":\"success\",\"warnings\":[\"one \\u001b[2Jstore is "
			       "down\"],\"data\":{\"resultType\":\"vector\",\"result\":[]}}"),
			 0);
	assert_string_equal(answer.why, "warning: one ?[2Jstore is down");
}

static void an_error_is_told_in_its_words(void **state)
{
	assert_int_equal(reads(400, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":"
				    "\"1:7: parse\\u001b[31m\\nerror\"}"),
			 -EPROTO);
	assert_string_equal(answer.why, "error: 1:7: parse?[31m?error (bad_data, HTTP 400)");
}

static void an_error_without_end_is_cut(void **state)
{
	char body[8192] = "{\"status\":\"error\",\"error\":\"";

	memset(body + strlen(body), 'x', 6000);
	strcat(body, "\"}");
	assert_int_equal(reads(503, body), -EPROTO);
	assert_true(strlen(answer.why) < FLEET_WHY_SIZE);
}

static void other_statuses_are_explained(void **state)
{
	assert_int_equal(reads(401, "no"), -EPROTO);
	assert_says(answer.why, "--header-file");
	assert_int_equal(reads(404, "<html>"), -EPROTO);
	assert_says(answer.why, "HTTP 404");
	assert_int_equal(reads(302, ""), -EPROTO);
	assert_says(answer.why, "base URL");
}

static void rubbish_is_not_understood(void **state)
{
	static const char *const bodies[] = {
		"",
		"hello",
		"null",
		"[]",
		"{}",
		"{\"status\":1}",
		"{\"status\":\"success\"}",
		"{\"status\":\"success\",\"data\":[]}",
		"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":{}}}",
		"{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}",
		VECTOR("") "x",
		VECTOR("1"),
		VECTOR("{}"),
		VECTOR(SAMPLE("", "[1,\"1\"]")),
		VECTOR(SAMPLE("\"dnsreach_fleet\":\"stat\"", "[1,\"1\"]")),
		VECTOR(SAMPLE("\"dnsreach_fleet\":7", "[1,\"1\"]")),
		VECTOR(SAMPLE("\"dnsreach_fleet\":\"state\"", "[1]")),
		VECTOR(SAMPLE("\"dnsreach_fleet\":\"state\"", "[1,1]")),
		VECTOR(SAMPLE("\"dnsreach_fleet\":\"state\"", "[1,\"\"]")),
		VECTOR(SAMPLE("\"dnsreach_fleet\":\"state\"", "[1,\"1x\"]")),
		VECTOR(SAMPLE("\"dnsreach_fleet\":\"state\"", "[\"1\",\"1\"]")),
		VECTOR(SAMPLE("\"dnsreach_fleet\":\"state\"", "null")),
		"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[\"\xff\"]}"
		"}",
	};
	size_t i;

	for (i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		if (reads(200, bodies[i]) != -EPROTO)
			fail_msg("understood: %s", bodies[i]);
		assert_true(answer.why[0]);
	}
}

static void depth_without_end_is_not_understood(void **state)
{
	static char body[200001];

	memset(body, '[', sizeof(body) - 1);
	assert_int_equal(reads(200, body), -EPROTO);
}

/* ---- what is printed ------------------------------------------------------------------------- */

static const char *shown(int (*add)(struct buffer *, const struct fleet_output *))
{
	struct buffer out = {0};

	fleet_ranked();
	assert_int_equal(add(&out, &(struct fleet_output){&fleet, 1763630000.25, 300}), 0);
	return printed(&out);
}

static void people_are_told(void **state)
{
	const char *out;

	fleet_see(0, 7, "192.0.2.53", "down", "port-closed");
	fleet_see(7, 1, "192.0.2.53", "healthy", NULL);
	fleet_see(0, 7, "2001:db8::53", "down", "silent");
	fleet_see(7, 93, "2001:db8::53", "healthy", NULL);
	fleet_rows[fleet_row_count - 1].port = "5353";
	fleet_see(7, 93, "192.0.2.55", "healthy", NULL);
	fleet_sums("192.0.2.53", 50, 100);
	fleet_add(FLEET_MISSING, "lost:1", "", "");
	fleet_add(FLEET_HOST, "host00", "", "");
	out = shown(fleet_text_write);
	assert_says(out, "DNS FLEET CRITICAL - 1 of 4 resolvers fails for the fleet, 1 for single "
			 "hosts; 7 hosts have "
			 "no working resolver; 1 host does not answer\n1 host;");
	assert_says(out,
		    "192.0.2.53           fleet          7 of 8         50%  port-closed       "
		    "not: host07\n");
	assert_says(out,
		    "\n2001:db8::53         hosts          7 of 99          -  silent            "
		    "host00, host01, host02, host03, host04 and 2 more\n");
	assert_says(out,
		    "\n[2001:db8::53]:5353  nobody         0 of 1           -  -                 "
		    "-\n");
	assert_says(out, "\n  host00  2 of 2 fail  port-closed\n");
	assert_says(out, "\n  lost:1\n");
}

static void names_from_outside_do_no_harm(void **state)
{
	static char longest[3000];
	const char *out;

	memset(longest, 'x', sizeof(longest) - 1);
	fleet_add(FLEET_STATE, "\x1b[2Jhost\n", "\x1b]0;r\a", "down")->port = "\r";
	fleet_add(FLEET_STATE, longest, "\x1b]0;r\a", "down")->port = "\r";
	fleet_add(FLEET_CAUSE, longest, "\x1b]0;r\a", "\x1b[5m\xe2\x80\xae")->port = "\r";
	fleet_add(FLEET_STATE, "", "", "")->transport = "\n";
	fleet_add(FLEET_MISSING, "\b\b", "", "");
	out = shown(fleet_text_write);
	assert_null(strpbrk(out, "\x1b\a\r\b"));
	assert_says_not(out, "\xe2\x80\xae");
	assert_says(out, "?]0;r?:?");
	assert_true(strlen(out) < 1000);
}

static void the_json_is_what_the_docs_say(void **state)
{
	const json_t *resolver, *host;
	json_error_t error;
	json_t *object;

	fleet_see(0, 2, "192.0.2.53", "down", "silent");
	fleet_see(2, 1, "192.0.2.53", "healthy", NULL);
	fleet_see(3, 1, "127.0.0.1", "degraded", NULL);
	fleet_sums("192.0.2.53", 1, 4);
	object = json_loads(shown(fleet_json_write), 0, &error);
	assert_non_null(object);
	assert_string_equal(json_string_value(json_object_get(object, "status")), "CRITICAL");
	assert_string_equal(json_string_value(json_object_get(object, "time")),
			    "2025-11-20T09:13:20.250000Z");
	resolver = json_array_get(json_object_get(object, "resolvers"), 0);
	assert_string_equal(json_string_value(json_object_get(resolver, "fails_for")), "fleet");
	assert_int_equal(json_integer_value(json_object_get(resolver, "port")), 53);
	assert_int_equal(json_integer_value(json_object_get(resolver, "hosts_asking")), 3);
	assert_int_equal(json_integer_value(json_object_get(resolver, "hosts_failing")), 2);
	assert_true(json_real_value(json_object_get(resolver, "failure_ratio")) == 0.25);
	assert_int_equal(json_array_size(json_object_get(resolver, "failing_hosts")), 2);
	host = json_array_get(json_object_get(object, "odd_hosts"), 0);
	assert_string_equal(json_string_value(json_object_get(host, "instance")), "host03");
	assert_true(json_is_null(json_object_get(host, "cause")));
	json_decref(object);
}

/* Each member of each kind of object, with values that tell them apart. */
static void the_json_is_this_to_the_letter(void **state)
{
	char expected[] = /* with ' for " */
		"{'time':'2025-11-20T09:13:20.250000Z','window_s':300.0,'status':'CRITICAL','hosts'"
		":1,"
		"'resolvers':[{'job':'j','address':'192.0.2.53','port':53,'transport':'udp','"
		"origin':'host',"
		"'fails_for':'fleet','hosts_asking':3,'hosts_failing':2,"
		"'cause':'silent','cause_hosts':2,'failure_ratio':0.25,"
		"'failing_hosts':[{'instance':'host00','state':'down','cause':'silent'},"
		"{'instance':'host01','state':'down','cause':'silent'}]},"
		"{'job':'j','address':'192.0.2.54','port':null,'transport':'udp','origin':'host',"
		"'fails_for':'hosts','hosts_asking':1,'hosts_failing':1,"
		"'cause':null,'cause_hosts':0,'failure_ratio':null,"
		"'failing_hosts':[{'instance':'host03','state':'degraded','cause':null}]},"
		"{'job':'j','address':'2001:db8::53','port':53,'transport':'udp','origin':'host',"
		"'fails_for':null,'hosts_asking':1,'hosts_failing':0,"
		"'cause':null,'cause_hosts':0,'failure_ratio':null,"
		"'failing_hosts':[]}],"
		"'odd_hosts':[{'job':'j','instance':'host03',"
		"'resolvers':1,'cause':null}],"
		"'missing_hosts':[{'job':'j','instance':'lost:1'}]}\n";
	char *c;

	for (c = expected; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	fleet_see(0, 2, "192.0.2.53", "down", "silent");
	fleet_see(2, 1, "192.0.2.53", "healthy", NULL);
	fleet_sums("192.0.2.53", 1, 4);
	fleet_see(3, 1, "192.0.2.54", "degraded", NULL);
	fleet_rows[fleet_row_count - 1].port = "65536";
	fleet_see(4, 1, "2001:db8::53", "healthy", NULL);
	fleet_add(FLEET_HOST, "host00", "", "");
	fleet_add(FLEET_MISSING, "lost:1", "", "");
	assert_string_equal(shown(fleet_json_write), expected);
}

static int end(void **state)
{
	fleet_answer_free(&answer);
	return fleet_end(state);
}

#define answer_test(f) cmocka_unit_test_setup_teardown(f, fleet_begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		answer_test(the_url_is_of_the_api),
		answer_test(matchers_go_into_every_selector),
		answer_test(a_url_with_a_query_is_refused),
		answer_test(a_good_answer_is_read),
		answer_test(nothing_is_an_answer_too),
		answer_test(a_warning_is_kept),
		answer_test(an_error_is_told_in_its_words),
		answer_test(an_error_without_end_is_cut),
		answer_test(other_statuses_are_explained),
		answer_test(rubbish_is_not_understood),
		answer_test(depth_without_end_is_not_understood),
		answer_test(people_are_told),
		answer_test(names_from_outside_do_no_harm),
		answer_test(the_json_is_what_the_docs_say),
		answer_test(the_json_is_this_to_the_letter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
