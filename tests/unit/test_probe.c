/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The probe's messages, reasons and causes. What real hosts send back is tests/net/check.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/address.h"
#include "check/check.h"
#include "probe/query.h"

#include <errno.h>
#include <string.h>

static const struct dns_question root = {".", 2, 1};

/* A query for example.com A, and its bytes turned into a response. */
static size_t response(__u8 query[QUERY_MESSAGE_SIZE], __u8 bytes[600])
{
	static const struct dns_question question = {"Example.com", 1, 1};
	int length = query_message_write(&question, 0xbeef, query);

	assert_int_equal(length, 12 + 13 + 4);
	memset(bytes, 0, 600);
	memcpy(bytes, query, (size_t)length);
	bytes[2] = 0x81;
	bytes[3] = 0x80;
	return (size_t)length;
}

static int answers(const __u8 *query, const __u8 *bytes, size_t length,
		   struct response_info *answer)
{
	return query_message_parse_response(query, 12 + 13 + 4, bytes, length, answer);
}

static void a_query_as_on_the_wire(void **state)
{
	static const __u8 expected[] = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1};
	struct dns_question bad = {"a..b", 1, 1};
	__u8 bytes[QUERY_MESSAGE_SIZE];

	(void)state;
	assert_int_equal(query_message_write(&root, 0x1234, bytes), sizeof(expected));
	assert_memory_equal(bytes, expected, sizeof(expected));
	assert_int_equal(query_message_write(&bad, 0, bytes), -EINVAL);
}

static void the_longest_name_fits(void **state)
{
	struct dns_question question = {.type = 1, .class = 1};
	__u8 bytes[QUERY_MESSAGE_SIZE];
	unsigned int i;

	(void)state;
	for (i = 0; i < 253; i++)
		question.name[i] = i % 64 == 63 ? '.' : 'a';
	assert_int_equal(query_message_write(&question, 0, bytes), QUERY_MESSAGE_SIZE);
}

static void a_response_answers(void **state)
{
	__u8 query[QUERY_MESSAGE_SIZE], bytes[600];
	struct response_info answer;
	size_t length;
	__u8 rcode;

	(void)state;
	length = response(query, bytes);
	for (rcode = 0; rcode < 16; rcode++) {
		bytes[3] = 0x80 | rcode;
		assert_int_equal(answers(query, bytes, length, &answer), 0);
		assert_int_equal(answer.rcode, rcode);
		assert_int_equal(answer.truncated, 0);
	}
	bytes[2] |= 2;
	assert_int_equal(answers(query, bytes, 600, &answer), 0);
	assert_int_equal(answer.truncated, 1);
	bytes[13] = 'e'; /* was E */
	assert_int_equal(answers(query, bytes, length, &answer), 0);
}

static void an_error_may_come_without_the_question(void **state)
{
	__u8 query[QUERY_MESSAGE_SIZE], bytes[600];
	struct response_info answer;

	(void)state;
	response(query, bytes);
	bytes[3] = 1;
	bytes[5] = 0;
	assert_int_equal(answers(query, bytes, 12, &answer), 0);
	assert_int_equal(answer.rcode, 1);
	bytes[3] = 0;
	assert_int_equal(answers(query, bytes, 12, &answer), -EINVAL);
}

static void whatever_does_not_fit_is_none(void **state)
{
	/* byte, value */
	static const __u8 changes[][2] = {{0, 0xbf},  {1, 0xee}, {2, 0x01}, {2, 0xa1}, {5, 0},
					  {5, 2},     {4, 1},	 {13, 'x'}, {12, 8},   {26, 28},
					  {26, 0x21}, {28, 3},	 {25, 1}};
	__u8 query[QUERY_MESSAGE_SIZE], bytes[600];
	struct response_info answer;
	size_t length, i;

	(void)state;
	for (i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		length = response(query, bytes);
		assert_int_equal(answers(query, bytes, length, &answer), 0);
		bytes[changes[i][0]] = changes[i][1];
		if (answers(query, bytes, length, &answer) != -EINVAL)
			fail_msg("byte %u as %02x was taken", changes[i][0], changes[i][1]);
	}
	for (i = 0; i < length; i++) {
		response(query, bytes);
		assert_int_equal(answers(query, bytes, i, &answer), -EINVAL);
	}
}

/* Every type and code against the table of docs/counters.md, written down once more. */
static void reasons_of_icmp(void **state)
{
	static const struct {
		int is_ipv4;
		__u8 type, code;
		enum reason reason;
	} known[] = {
		{1, 3, 3, REASON_PORT},	       {1, 3, 1, REASON_HOST},
		{1, 3, 7, REASON_HOST},	       {1, 3, 12, REASON_HOST},
		{1, 3, 0, REASON_NETWORK},     {1, 3, 6, REASON_NETWORK},
		{1, 3, 11, REASON_NETWORK},    {1, 3, 9, REASON_PROHIBITED},
		{1, 3, 10, REASON_PROHIBITED}, {1, 3, 13, REASON_PROHIBITED},
		{1, 3, 4, REASON_MAX},	       {1, 3, 2, REASON_OTHER},
		{1, 3, 5, REASON_OTHER},       {1, 3, 255, REASON_OTHER},
		{1, 11, 0, REASON_OTHER},      {1, 12, 0, REASON_OTHER},
		{1, 5, 0, REASON_MAX},	       {1, 8, 0, REASON_MAX},
		{1, 1, 4, REASON_MAX},	       {0, 1, 4, REASON_PORT},
		{0, 1, 3, REASON_HOST},	       {0, 1, 0, REASON_NETWORK},
		{0, 1, 1, REASON_PROHIBITED},  {0, 1, 5, REASON_PROHIBITED},
		{0, 1, 6, REASON_PROHIBITED},  {0, 1, 2, REASON_OTHER},
		{0, 1, 7, REASON_OTHER},       {0, 2, 0, REASON_MAX},
		{0, 3, 0, REASON_OTHER},       {0, 4, 0, REASON_OTHER},
		{0, 128, 0, REASON_MAX},       {0, 5, 3, REASON_MAX},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		assert_int_equal(reason_of_icmp(known[i].is_ipv4, known[i].type, known[i].code),
				 known[i].reason);
	assert_int_equal(reason_of_errno(ECONNREFUSED), REASON_PORT);
	assert_int_equal(reason_of_errno(EHOSTUNREACH), REASON_HOST);
	assert_int_equal(reason_of_errno(ENETUNREACH), REASON_NETWORK);
	assert_int_equal(reason_of_errno(EPERM), REASON_PROHIBITED);
	assert_int_equal(reason_of_errno(EACCES), REASON_PROHIBITED);
	assert_int_equal(reason_of_errno(ENOBUFS), REASON_OTHER);
}

static void causes_and_status(void **state)
{
	struct probe_result r = {.outcome = PROBE_UNREACHABLE, .has_icmp = 1};

	(void)state;
	assert_int_equal(resolver_parse("192.0.2.1", &r.resolver), 0);
	r.reporter = r.resolver.address;
	r.reason = REASON_PORT;
	assert_int_equal(check_probe_cause(&r), CAUSE_PORT_CLOSED);
	assert_int_equal(check_probe_status(&r), PLUGIN_CRITICAL);
	r.reporter.w[3] ^= 1;
	assert_int_equal(check_probe_cause(&r), CAUSE_REJECTED_ON_PATH);
	r.reason = REASON_HOST;
	assert_int_equal(check_probe_cause(&r), CAUSE_NO_ROUTE);
	r.reason = REASON_PROHIBITED;
	assert_int_equal(check_probe_cause(&r), CAUSE_PROHIBITED);
	r.outcome = PROBE_NOT_SENT;
	assert_int_equal(check_probe_cause(&r), CAUSE_NOT_SENT);
	/* Silent takes all tries, and nothing at all: ICMP is rate-limited. */
	r.outcome = PROBE_TIMED_OUT;
	r.tries = PROBE_TRIES - 1;
	assert_int_equal(check_probe_cause(&r), CAUSE_NONE);
	r.tries = PROBE_TRIES;
	assert_int_equal(check_probe_cause(&r), CAUSE_SILENT);
	r.ignored = 1;
	assert_int_equal(check_probe_cause(&r), CAUSE_NONE);
	r.ignored = 0;
	r.outcome = PROBE_ANSWERED;
	assert_int_equal(check_probe_status(&r), PLUGIN_OK);
	r.rcode = 3;
	assert_int_equal(check_probe_status(&r), PLUGIN_OK);
	assert_int_equal(check_probe_cause(&r), CAUSE_NONE);
	r.rcode = 5;
	assert_int_equal(check_probe_status(&r), PLUGIN_WARNING);
	assert_int_equal(check_probe_cause(&r), CAUSE_SERVER_ERROR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_as_on_the_wire),
		cmocka_unit_test(the_longest_name_fits),
		cmocka_unit_test(a_response_answers),
		cmocka_unit_test(an_error_may_come_without_the_question),
		cmocka_unit_test(whatever_does_not_fit_is_none),
		cmocka_unit_test(reasons_of_icmp),
		cmocka_unit_test(causes_and_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
