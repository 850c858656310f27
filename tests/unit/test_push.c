// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Deliveries to the strict OTLP receiver and to worse ones: order, retries, bounds, an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "http/push.h"

#include "pushing.h"
#include "raw_server.h"

#include <dirent.h>

#define JSON "application/json"

static struct push_options options_to(const char *url)
{
	return (struct push_options){.url = url,
				     .content_type = JSON,
				     .timeout_s = 20,
				     .most_bytes = 1 << 20,
				     .is_otlp = 1,
				     .retry_first_s = 0.01,
				     .retry_most_s = 0.1};
}

/* Options for a receiver that was begun for them. */
static struct push_options options_to_new(struct receiver *r, const char *answers)
{
	receiver_begin(r, answers);
	return options_to(r->url);
}

static void begin(struct receiver *r, struct pushing *p, const char *answers)
{
	struct push_options options = options_to_new(r, answers);

	pushing_begin(p, &options);
}

static void end(struct receiver *r, struct pushing *p)
{
	pushing_end(p, 0);
	assert_int_equal(receiver_end(r), 0);
}

/* Sends the sums `from` to `to`; what is said until nothing waits is in `talk`. Returns its lines.
 */
static size_t lines_said_of(struct pushing *p, struct talk *talk, __u64 from, __u64 to)
{
	talk_begin(talk);
	for (; from <= to; from++)
		send_sum(p, from, 0);
	drive_until(p, !p->stats.waiting);
	return talk_end(talk);
}

/* ---- delivery and retries -------------------------------------------------------------------- */

static void bodies_arrive_in_their_order(void **state)
{
	struct receiver r = {0};
	struct pushing p;
	__u64 i;

	(void)state;
	begin(&r, &p, "");
	for (i = 1; i <= 20; i++)
		send_sum(&p, i, 0);
	assert_int_equal(p.stats.waiting, 20);
	drive_until(&p, !p.stats.waiting);
	assert_int_equal(p.stats.delivered, 20);
	assert_int_equal(p.stats.attempts, 20);
	assert_int_equal(p.stats.failed, 0);
	assert_int_equal(p.stats.waiting_bytes, 0);
	assert_int_equal(verdicts(&r, " ok 200"), 20);
	assert_int_equal((int)latest(&r, "test.sum{}"), 20);
	end(&r, &p);
}

static void passing_failures_are_tried_again(void **state)
{
	struct receiver r = {0};
	struct pushing p;
	struct talk talk;

	(void)state;
	begin(&r, &p, "reset,503,502,429,504"); /* a reset later on libcurl itself tries again */
	talk_begin(&talk);
	send_sum(&p, 1, 0);
	send_sum(&p, 2, 0);
	drive_until(&p, p.stats.attempts >= 3);
	assert_says(p.stats.last_error, ": as the script says");
	drive_until(&p, p.stats.delivered == 2);
	assert_int_equal(talk_end(&talk), 2);
	assert_says(talk.text, "dnsreach: OTLP push failed: 127.0.0.1:");
	assert_says(talk.text, " again\n");
	assert_int_equal(p.stats.attempts, 7);
	assert_int_equal(p.stats.failed, 0);
	assert_string_equal(p.stats.last_error, "");
	assert_int_equal(verdicts(&r, " ok "), 7);
	assert_int_equal((int)latest(&r, "test.sum{}"), 2);
	end(&r, &p);
}

/* Pauses of our own would be far too long for the patience of this test. */
static void an_early_retry_after_is_kept(void **state)
{
	struct push_options options;
	struct receiver r = {0};
	struct pushing p;

	(void)state;
	options = options_to_new(&r, "503:retry-after=1,429:retry-date=2");
	options.retry_first_s = 10000;
	options.retry_most_s = 10000;
	pushing_begin(&p, &options);
	send_sum(&p, 1, 0);
	drive_until(&p, p.stats.delivered == 1);
	assert_int_equal(p.stats.attempts, 3);
	end(&r, &p);
}

/* And here they would be over at once. */
static void a_late_retry_after_is_kept(void **state)
{
	struct receiver r = {0};
	struct pushing p;
	int i;

	(void)state;
	begin(&r, &p, "503:retry-after=1000");
	send_sum(&p, 1, 0);
	drive_until(&p, p.stats.last_error[0]);
	for (i = 0; i < 10; i++)
		turn(&p, 50);
	assert_int_equal(p.stats.attempts, 1);
	assert_true(p.wakeups < 50); /* and nothing spins meanwhile */
	pushing_end(&p, 1);	     /* nothing can be done within that: it ends */
	assert_int_equal(receiver_end(&r), 0);
}

static void a_refusal_is_not_tried_again(void **state)
{
	struct receiver r = {0};
	struct pushing p;
	struct talk talk;

	(void)state;
	begin(&r, &p, "400,200,404,500,301,413");
	assert_int_equal(lines_said_of(&p, &talk, 1, 2), 2);
	assert_says(talk.text, " answers 400: as the script says; this request is dropped");
	assert_says(talk.text, " works again; requests dropped in between: 1\n");
	assert_int_equal(p.stats.delivered, 1);
	assert_int_equal(p.stats.failed, 1);
	assert_int_equal(p.stats.attempts, 2);
	assert_int_equal(lines_said_of(&p, &talk, 3, 6), 0); /* it was told just now */
	assert_int_equal(p.stats.failed, 5);
	assert_int_equal(p.stats.attempts, 6);
	end(&r, &p);
}

static void no_answer_ends_by_the_timeout(void **state)
{
	struct push_options options;
	struct receiver r = {0};
	struct pushing p;

	(void)state;
	options = options_to_new(&r, "hang");
	options.timeout_s = 2; /* what a busy receiver has taken must not come again */
	pushing_begin(&p, &options);
	send_sum(&p, 1, 0);
	drive_until(&p, p.stats.last_error[0]);
	assert_says(p.stats.last_error, "no response from 127.0.0.1:");
	assert_true(p.wakeups < 100);
	drive_until(&p, p.stats.delivered == 1);
	assert_true(p.stats.attempts >= 2);
	end(&r, &p);
}

static void a_receiver_goes_and_comes_back(void **state)
{
	struct receiver r = {0};
	struct pushing p;
	struct talk talk;

	(void)state;
	begin(&r, &p, "");
	send_sum(&p, 1, 0);
	drive_until(&p, p.stats.delivered == 1);
	assert_int_equal(receiver_stop(&r), 0);
	talk_begin(&talk);
	send_sum(&p, 2, 0);
	send_sum(&p, 3, 0);
	drive_until(&p, p.stats.attempts >= 5);
	assert_says(p.stats.last_error, "Connection refused");
	receiver_begin(&r, "");
	drive_until(&p, p.stats.delivered == 3);
	assert_int_equal(talk_end(&talk), 2);
	assert_int_equal(p.stats.failed, 0);
	assert_int_equal((int)latest(&r, "test.sum{}"), 3);
	end(&r, &p);
}

/* ---- bounds ---------------------------------------------------------------------------------- */

/* Bodies of some 1,300 bytes; three fit. */
static struct push_options room_for_three(struct receiver *r, const char *answers)
{
	struct push_options options = options_to_new(r, answers);

	options.most_bytes = 4096;
	return options;
}

static void the_oldest_gives_way(void **state)
{
	struct push_options options;
	struct receiver r = {0};
	struct pushing p;
	__u64 i;

	(void)state;
	options = room_for_three(&r, "");
	assert_int_equal(receiver_stop(&r), 0);
	pushing_begin(&p, &options);
	for (i = 1; i <= 10; i++) {
		send_sum(&p, i, 1000);
		drive_until(&p, p.stats.attempts >= i);
		assert_true(p.stats.waiting <= 4);
	}
	drive_until(&p, p.stats.last_error[0]);
	receiver_begin(&r, "");
	drive_until(&p, !p.stats.waiting);
	assert_true(p.stats.delivered == 3 || p.stats.delivered == 4);
	assert_int_equal(p.stats.failed, 10 - p.stats.delivered);
	assert_int_equal(verdicts(&r, " ok 200"), p.stats.delivered);
	assert_int_equal((int)latest(&r, "test.sum{}"), 10);
	end(&r, &p);
}

static void the_one_under_way_does_not_give_way(void **state)
{
	struct push_options options;
	struct receiver r = {0};
	struct pushing p;
	__u64 i;

	(void)state;
	options = room_for_three(&r, "hang");
	options.timeout_s = 2;
	pushing_begin(&p, &options);
	send_sum(&p, 1, 1000);
	for (i = 2; i <= 20; i++)
		send_sum(&p, i, 1000);
	assert_int_equal(p.stats.waiting, 4);
	assert_int_equal(p.stats.failed, 16);
	drive_until(&p, !p.stats.waiting);
	assert_int_equal(p.stats.delivered, 4);
	assert_int_equal((int)latest(&r, "test.sum{}"), 20);
	end(&r, &p);
}

static void what_is_too_large_alone_is_given_up(void **state)
{
	struct push_options options;
	struct receiver r = {0};
	struct pushing p;
	struct talk talk;

	(void)state;
	options = room_for_three(&r, "");
	pushing_begin(&p, &options);
	talk_begin(&talk);
	send_sum(&p, 1, 5000);
	send_sum(&p, 2, 5000);
	assert_int_equal(p.stats.failed, 2);
	assert_int_equal(p.stats.waiting, 0);
	assert_says(p.stats.last_error, "is larger than the queue");
	send_sum(&p, 3, 1000);
	drive_until(&p, p.stats.delivered == 1);
	assert_int_equal(talk_end(&talk), 2);
	end(&r, &p);
}

static size_t open_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static long resident_pages(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long pages = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%*d %ld", &pages), 1);
	fclose(f);
	return pages;
}

#ifdef __SANITIZE_ADDRESS__ /* keeps what was freed, on purpose */
#define MOST_PAGES 100000
#else
#define MOST_PAGES 64
#endif

static void thousands_leave_nothing_behind(void **state)
{
	struct receiver r = {0};
	size_t fds = 0;
	struct pushing p;
	long pages = 0;
	__u64 i;

	(void)state;
	begin(&r, &p, "200*1000,503,200*1000,reset,200*1000,partial,200*1000,long,200*500");
	for (i = 1; i <= 5000; i++) {
		send_sum(&p, i, 3000);
		if (i % 5 == 0)
			drive_until(&p, !p.stats.waiting);
		if (i == 3100) { /* every kind of answer was there */
			fds = open_fds();
			pages = resident_pages();
		}
	}
	assert_int_equal(p.stats.delivered, 5000);
	assert_in_range(p.stats.attempts, 5001, 5002); /* libcurl repeats the reset one itself */
	assert_int_equal(open_fds(), fds);
	assert_in_range(resident_pages(), 1, pages + MOST_PAGES);
	assert_int_equal((int)latest(&r, "test.sum{}"), 5000);
	end(&r, &p);
}

/* ---- answers that are not what they should be ------------------------------------------------ */

static void a_partial_success_is_told_once(void **state)
{
	struct receiver r = {0};
	struct pushing p;
	struct talk talk;

	(void)state;
	begin(&r, &p, "partial*3");
	assert_int_equal(lines_said_of(&p, &talk, 1, 3), 1);
	assert_says(talk.text,
		    "rejects a part of the metrics (2 data points): two?[31m are too many");
	assert_int_equal(p.stats.delivered, 3);
	end(&r, &p);
}

static void a_200_of_something_else_is_told_once(void **state)
{
	struct receiver r = {0};
	struct pushing p;
	struct talk talk;

	(void)state;
	begin(&r, &p, "odd,long,odd");
	assert_int_equal(lines_said_of(&p, &talk, 1, 3), 1);
	assert_says(talk.text, "its response is not OTLP's");
	assert_int_equal(p.stats.delivered, 3);
	assert_int_equal(p.stats.attempts, 3);
	end(&r, &p);
}

static void what_is_not_http_is_not_tried_again(void **state)
{
	struct raw_server s = {.answer = "220 mail.example ESMTP\r\n"};
	struct push_options options;
	struct pushing p;
	struct talk talk;

	(void)state;
	raw_listen(&s);
	options = options_to(s.url);
	pushing_begin(&p, &options);
	assert_int_equal(lines_said_of(&p, &talk, 1, 2), 1);
	assert_says(talk.text, "does not speak HTTP");
	assert_int_equal(p.stats.failed, 2);
	assert_int_equal(p.stats.attempts, 2);
	pushing_end(&p, 0);
	raw_end(&s);
}

/* ---- what is sent, and with what ------------------------------------------------------------- */

static void the_headers_are_sent(void **state)
{
	static const char *const headers[] = {"Authorization: Bearer abc", "X-Scope: a b", NULL};
	struct raw_server s = {.answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}"};
	struct push_options options;
	struct pushing p;

	(void)state;
	raw_listen(&s);
	options = options_to(s.url);
	options.headers = headers;
	options.most_bytes = 4 << 20;
	pushing_begin(&p, &options);
	send_sum(&p, 1, 3 << 20);
	drive_until(&p, p.stats.attempts && (p.stats.delivered || p.stats.last_error[0]));
	pushing_end(&p, 0);
	raw_end(&s);
	assert_says(s.head, "POST / HTTP/1.1\r\n");
	assert_says(s.head, "\r\nContent-Type: application/json\r\n");
	assert_says(s.head, "\r\nAuthorization: Bearer abc\r\n");
	assert_says(s.head, "\r\nX-Scope: a b\r\n");
	assert_null(strstr(s.head, "Expect"));
}

static void a_wrong_url_or_header_is_refused(void **state)
{
	static const char *const wrong[][2] = {{"no colon", NULL},
					       {": no name", NULL},
					       {"a b: c", NULL},
					       {"A: b\r\nC: d", NULL},
					       {"A: b\n", NULL}};
	struct push_options options = options_to("localhost:4318");
	struct push *push = NULL;
	struct talk talk;
	size_t i;

	(void)state;
	talk_begin(&talk);
	assert_int_equal(push_open(&options, &push), -EINVAL);
	options.url = "http://localhost:4318/";
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		options.headers = wrong[i];
		assert_int_equal(push_open(&options, &push), -EINVAL);
	}
	talk_end(&talk);
	assert_says(talk.text, "dnsreach: 'localhost:4318' is not an http:// or https:// URL\n");
	assert_says(talk.text,
		    "dnsreach: the text given is not a header of the form 'Name: value'\n");
	assert_null(strstr(talk.text, "no colon")); /* it may be a secret */
	assert_null(push);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void what_waits_is_sent_before_the_end(void **state)
{
	struct receiver r = {0};
	struct pushing p;
	__u64 i;

	(void)state;
	begin(&r, &p, "503");
	for (i = 1; i <= 5; i++)
		send_sum(&p, i, 0);
	pushing_end(&p, 60);
	assert_int_equal(verdicts(&r, " ok 200"), 5);
	assert_int_equal(receiver_end(&r), 0);
}

/* However long the pause still is, unless it is the receiver that wants it. */
static void a_last_attempt_is_made_at_the_end(void **state)
{
	struct push_options options;
	struct receiver r = {0};
	struct pushing p;

	(void)state;
	options = options_to_new(&r, "503");
	options.retry_first_s = 10000;
	options.retry_most_s = 10000;
	pushing_begin(&p, &options);
	send_sum(&p, 1, 0);
	drive_until(&p, p.stats.last_error[0]);
	pushing_end(&p, 60);
	assert_int_equal(verdicts(&r, " ok 200"), 1);
	assert_int_equal(receiver_end(&r), 0);
}

static void the_end_does_not_wait_for_ever(void **state)
{
	struct push_options options;
	struct receiver r = {0};
	struct pushing p;
	struct talk talk;

	(void)state;
	options = options_to_new(&r, "hang");
	options.timeout_s = 10000;
	pushing_begin(&p, &options);
	send_sum(&p, 1, 0);
	while (!verdicts(&r, " hang"))
		turn(&p, 100);
	talk_begin(&talk);
	pushing_end(&p, 0.2);
	assert_int_equal(talk_end(&talk), 1);
	assert_says(talk.text, "ended before 127.0.0.1:");
	assert_int_equal(receiver_end(&r), 0);
	push_close(NULL, 1);
}

/* ---- the pauses ------------------------------------------------------------------------------ */

static void pauses_double_up_to_a_limit(void **state)
{
	struct push_backoff b = {.first_s = 1, .most_s = 60};
	static const double delays[] = {1, 2, 4, 8, 16, 32, 60, 60, 60};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(delays) / sizeof(*delays); i++)
		assert_true(push_backoff_next(&b, 0, UINT32_MAX) == delays[i]);
	push_backoff_reset(&b);
	for (i = 0; i < sizeof(delays) / sizeof(*delays); i++)
		assert_true(push_backoff_next(&b, -5, 0) == delays[i] / 2);
	push_backoff_reset(&b);
	assert_true(push_backoff_next(&b, 7, 0) == 7);
	assert_true(push_backoff_next(&b, 7, UINT32_MAX) > 7 &&
		    push_backoff_next(&b, 7, UINT32_MAX) < 8);
	assert_true(push_backoff_next(&b, 1e18, 0) == RETRY_AFTER_MOST_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_arrive_in_their_order),
		cmocka_unit_test(passing_failures_are_tried_again),
		cmocka_unit_test(an_early_retry_after_is_kept),
		cmocka_unit_test(a_late_retry_after_is_kept),
		cmocka_unit_test(a_refusal_is_not_tried_again),
		cmocka_unit_test(no_answer_ends_by_the_timeout),
		cmocka_unit_test(a_receiver_goes_and_comes_back),
		cmocka_unit_test(the_oldest_gives_way),
		cmocka_unit_test(the_one_under_way_does_not_give_way),
		cmocka_unit_test(what_is_too_large_alone_is_given_up),
		cmocka_unit_test(thousands_leave_nothing_behind),
		cmocka_unit_test(a_partial_success_is_told_once),
		cmocka_unit_test(a_200_of_something_else_is_told_once),
		cmocka_unit_test(what_is_not_http_is_not_tried_again),
		cmocka_unit_test(the_headers_are_sent),
		cmocka_unit_test(a_wrong_url_or_header_is_refused),
		cmocka_unit_test(what_waits_is_sent_before_the_end),
		cmocka_unit_test(a_last_attempt_is_made_at_the_end),
		cmocka_unit_test(the_end_does_not_wait_for_ever),
		cmocka_unit_test(pauses_double_up_to_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
