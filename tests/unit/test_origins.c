// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rows of two origins: what each is called, what fails inside this host, and what is not judged. */
#include "scene.h"

#include "health/judge.h"
#include "util/address.h"
#include "view/status_json.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S 1000000000ULL

static struct resolver_snapshot row(unsigned int last_byte, __u8 origin)
{
	struct resolver_snapshot r = {.key = {.address = {{0, 0, htonl(0xffff), 0}},
					      .port = htons(53),
					      .transport = TRANSPORT_UDP,
					      .origin = origin}};

	r.key.address.w[3] = htonl(0xc0000200 + last_byte);
	return r;
}

/* Rows sorted by key, as in a snapshot: the caller gives them so. */
static void mark(struct resolver_status *status, struct resolver_snapshot *rows,
		 const enum state *states, size_t count)
{
	size_t i;

	memset(status, 0, count * sizeof(*status));
	for (i = 0; i < count; i++) {
		status[i].now = &rows[i];
		status[i].state = states[i];
	}
	status_set_fails_inside(status, count);
}

static void the_row_of_the_same_address_decides(void **state)
{
	struct resolver_snapshot rows[] = {row(1, ORIGIN_HOST), row(1, ORIGIN_GUEST),
					   row(2, ORIGIN_HOST)};
	struct resolver_status status[3];

	(void)state;
	mark(status, rows, (enum state[]){STATE_HEALTHY, STATE_DEGRADED, STATE_DOWN}, 3);
	assert_int_equal(status[1].fails_inside, 1);
	mark(status, rows, (enum state[]){STATE_DOWN, STATE_DOWN, STATE_HEALTHY}, 3);
	assert_int_equal(status[1].fails_inside, 0);
	mark(status, rows, (enum state[]){STATE_HEALTHY, STATE_HEALTHY, STATE_HEALTHY}, 3);
	assert_int_equal(status[1].fails_inside, 0);
}

static void for_a_service_no_row_of_the_host_may_fail(void **state)
{
	struct resolver_snapshot rows[] = {row(1, ORIGIN_GUEST), row(2, ORIGIN_HOST),
					   row(3, ORIGIN_HOST)};
	struct resolver_status status[3];

	(void)state;
	mark(status, rows, (enum state[]){STATE_DOWN, STATE_HEALTHY, STATE_IDLE}, 3);
	assert_int_equal(status[0].fails_inside, 1);
	mark(status, rows, (enum state[]){STATE_DOWN, STATE_HEALTHY, STATE_DEGRADED}, 3);
	assert_int_equal(status[0].fails_inside, 0);
	mark(status, rows, (enum state[]){STATE_DOWN, STATE_IDLE, STATE_IDLE}, 3);
	assert_int_equal(status[0].fails_inside, 1);
}

static void an_idle_row_of_the_same_address_explains_nothing(void **state)
{
	struct resolver_snapshot rows[] = {row(1, ORIGIN_HOST), row(1, ORIGIN_GUEST)};
	struct resolver_status status[2];

	(void)state;
	mark(status, rows, (enum state[]){STATE_IDLE, STATE_DOWN}, 2);
	assert_int_equal(status[1].fails_inside, 1);
}

/* Whether it fails behind the host, too, is not known yet. */
static void a_pending_row_of_the_same_address_leaves_it_open(void **state)
{
	struct resolver_snapshot rows[] = {row(1, ORIGIN_HOST), row(1, ORIGIN_GUEST)};
	struct resolver_status status[2];

	(void)state;
	mark(status, rows, (enum state[]){STATE_PENDING, STATE_DOWN}, 2);
	assert_int_equal(status[1].fails_inside, 0);
}

static void rows_of_the_host_never_fail_inside(void **state)
{
	struct resolver_snapshot rows[] = {row(1, ORIGIN_HOST), row(1, ORIGIN_GUEST)};
	struct resolver_status status[2];

	(void)state;
	mark(status, rows, (enum state[]){STATE_DOWN, STATE_HEALTHY}, 2);
	assert_int_equal(status[0].fails_inside, 0);
	assert_int_equal(status[1].fails_inside, 0);
}

static void rows_of_guests_are_named(void **state)
{
	struct resolver_snapshot host = row(1, ORIGIN_HOST), guest = row(1, ORIGIN_GUEST);
	char text[RESOLVER_TEXT_SIZE];
	__u8 origin = 7;

	(void)state;
	assert_string_equal(resolver_text(&host.key, text), "192.0.2.1");
	assert_string_equal(resolver_text(&guest.key, text), "192.0.2.1 (guests)");
	guest.key.port = htons(5353);
	assert_string_equal(resolver_text(&guest.key, text), "192.0.2.1:5353 (guests)");
	assert_string_equal(origin_text(ORIGIN_HOST), "host");
	assert_int_equal(origin_parse("guest", &origin), 0);
	assert_int_equal(origin, ORIGIN_GUEST);
	assert_int_equal(origin_parse("guests", &origin), -22);
}

/* A guest's resolver with timeouts alone, and the host's with answers. */
static void judge_unanswered(int bypassed, __u64 icmp, __u64 host_responses, enum state *ret)
{
	struct resolver_snapshot rows[] = {row(1, ORIGIN_HOST), row(1, ORIGIN_GUEST)};
	struct snapshot snapshot = {.at_ns = 20 * S,
				    .resolvers = rows,
				    .count = 2,
				    .guests_bypassed = bypassed};
	struct resolver_status status[2];
	struct judge *judge = judge_new(10 * S, NULL);

	assert_non_null(judge);
	rows[0].counters.n[COUNTER_RESPONSES] = host_responses;
	rows[1].counters.n[COUNTER_QUERIES] = 5;
	rows[1].counters.n[COUNTER_TRANSACTIONS] = 5;
	rows[1].counters.n[COUNTER_TIMED_OUT] = 5 - icmp;
	rows[1].counters.n[COUNTER_UNREACHABLE_PORT] = icmp;
	rows[1].counters.n[COUNTER_ICMP_PORT] = icmp;
	scene_judge(judge, NULL, &snapshot, status);
	*ret = status[1].state;
	judge_free(judge);
}

static void guests_whose_answers_pass_by_are_not_judged(void **state)
{
	enum state got;

	(void)state;
	judge_unanswered(1, 0, 5, &got);
	assert_int_equal(got, STATE_IDLE);
	judge_unanswered(0, 0, 5, &got);
	assert_int_equal(got, STATE_DOWN);
}

static void guests_that_get_an_answer_are_judged(void **state)
{
	enum state got;

	(void)state;
	judge_unanswered(1, 1, 5, &got);
	assert_int_equal(got, STATE_DOWN);
}

static void guests_are_judged_when_the_host_gets_no_answer_either(void **state)
{
	enum state got;

	(void)state;
	judge_unanswered(1, 0, 0, &got);
	assert_int_equal(got, STATE_DOWN);
}

static void json_holds_the_origin_and_reads_it(void **state)
{
	struct resolver_snapshot rows[] = {row(1, ORIGIN_HOST), row(1, ORIGIN_GUEST)};
	struct snapshot snapshot = {.wall_ns = 1700000000 * S, .resolvers = rows, .count = 2};
	struct resolver_status judged[2] = {{.now = &rows[0], .state = STATE_HEALTHY},
					    {.now = &rows[1], .state = STATE_DOWN}};
	struct status status = {.snapshot = &snapshot,
				.interval_s = 1,
				.resolvers = judged,
				.count = 2};
	char error[JSON_ERROR_SIZE];
	struct parsed_status parsed;
	struct buffer out = {0};

	(void)state;
	judged[1].fails_inside = 1;
	assert_int_equal(status_json_write(&out, &status, NULL), 0);
	assert_int_equal(status_json_parse(out.text, out.used, &parsed, error), 0);
	assert_int_equal(parsed.status.resolvers[0].now->key.origin, ORIGIN_HOST);
	assert_int_equal(parsed.status.resolvers[1].now->key.origin, ORIGIN_GUEST);
	assert_int_equal(parsed.status.resolvers[0].fails_inside, 0);
	assert_int_equal(parsed.status.resolvers[1].fails_inside, 1);
	parsed_status_free(&parsed);
	memcpy(strstr(out.text, "\"guest\""), "\"gues!\"", 7);
	assert_int_equal(status_json_parse(out.text, out.used, &parsed, error), -22);
	assert_non_null(strstr(error, "origin"));
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_row_of_the_same_address_decides),
		cmocka_unit_test(for_a_service_no_row_of_the_host_may_fail),
		cmocka_unit_test(an_idle_row_of_the_same_address_explains_nothing),
		cmocka_unit_test(a_pending_row_of_the_same_address_leaves_it_open),
		cmocka_unit_test(rows_of_the_host_never_fail_inside),
		cmocka_unit_test(rows_of_guests_are_named),
		cmocka_unit_test(guests_whose_answers_pass_by_are_not_judged),
		cmocka_unit_test(guests_that_get_an_answer_are_judged),
		cmocka_unit_test(guests_are_judged_when_the_host_gets_no_answer_either),
		cmocka_unit_test(json_holds_the_origin_and_reads_it),
	};

	return cmocka_run_group_tests_name("origins", tests, NULL, NULL);
}
