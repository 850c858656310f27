/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * See push.h. What is here: what follows from an answer. Sockets and timers are in multi.h, one
 * attempt in transfer.h, the pauses in backoff.h, the words on stderr in push_log.h.
 */
#include "http/push.h"

#include "util/log.h"
#include "util/clock.h"
#include "http/backoff.h"
#include "http/multi.h"
#include "http/otlp_answer.h"
#include "http/push_log.h"
#include "http/queue.h"
#include "http/transfer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define MOST_ANSWER_BYTES (64u << 10)

struct push {
	struct multi multi;
	struct transfer transfer;
	struct curl_slist *headers;
	struct queue queue;
	int under_way; /* the first of the queue is */
	size_t most_bytes;
	int is_otlp;
	struct backoff backoff;
	__u64 not_before_ns; /* the next attempt; 0: at once */
	int pause_was_asked; /* by the receiver */
	struct push_stats stats;
	struct push_log talk;
};

/* The oldest gives way, but not the one under way. */
static void make_room(struct push *push, size_t length)
{
	struct queued *kept = push->under_way ? push->queue.first : NULL;
	size_t beside = kept ? kept->length : 0;

	while (push->queue.bytes - beside + length > push->most_bytes) {
		queue_drop(&push->queue, kept);
		push->stats.failed++;
	}
}

/* ---- one attempt ----------------------------------------------------------------------------- */

static __u32 chance(void)
{
	__u32 number;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		number = (__u32)clock_monotonic_ns();
	return number;
}

static void wait_then(struct push *push, double retry_after_s)
{
	double pause_s = backoff_next(&push->backoff, retry_after_s, chance());

	push->not_before_ns = clock_monotonic_ns() + (__u64)(pause_s * NS_PER_S);
	push->pause_was_asked = retry_after_s > 0;
}

/* Nothing to do, or not now: then a timer wakes us. */
static void begin_next(struct push *push)
{
	CURL *easy = push->transfer.easy;

	if (push->under_way || !push->queue.first)
		return;
	if (clock_monotonic_ns() >= push->not_before_ns) {
		transfer_reset(&push->transfer);
		push->stats.attempts++;
		push->not_before_ns = 0;
		if (!curl_easy_setopt(easy, CURLOPT_POSTFIELDS, push->queue.first->text) &&
		    !curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				      (curl_off_t)push->queue.first->length) &&
		    !multi_begin(&push->multi, easy)) {
			push->under_way = 1;
			return;
		}
		wait_then(push, 0);
	}
	multi_wake_at(&push->multi, push->not_before_ns);
}

static void delivered(struct push *push, const struct otlp_answer *answer, int understood)
{
	backoff_reset(&push->backoff);
	push->stats.delivered++;
	push->stats.last_error[0] = '\0';
	queue_drop(&push->queue, NULL);
	push_log_delivered(&push->talk, push->transfer.peer, push->stats.failed,
			   clock_monotonic_ns());
	if (!understood)
		push_log_not_otlp(&push->talk, push->transfer.peer);
	else if (answer->rejected)
		push_log_partial(&push->talk, push->transfer.peer, answer);
}

static void failed(struct push *push, int again, double retry_after_s)
{
	push_log_failed(&push->talk, push->stats.last_error, again, push->stats.failed,
			clock_monotonic_ns());
	if (again) {
		wait_then(push, retry_after_s);
		return;
	}
	push->stats.failed++;
	queue_drop(&push->queue, NULL);
}

static int status_is_passing(long status)
{
	return status == 429 || status == 502 || status == 503 || status == 504;
}

static const char *hint(long status)
{
	switch (status) {
	case 301:
	case 302:
	case 307:
	case 308:
		return ": it sends us elsewhere; give the URL that it means";
	case 401:
	case 403:
		return ": not allowed; does it want other headers?";
	case 404:
	case 405:
		return ": is the path of the URL right?";
	default:
		return "";
	}
}

/* Any HTTP status came. */
static void take_answer(struct push *push, long status)
{
	struct transfer *t = &push->transfer;
	struct otlp_answer answer = {0};
	curl_off_t retry_after_s = 0;
	int understood = 1;

	if (push->is_otlp)
		understood = !t->too_big && !otlp_answer_read(t->body.text, t->body.used, &answer);
	if (status >= 200 && status < 300) {
		delivered(push, &answer, understood);
		return;
	}
	snprintf(push->stats.last_error, sizeof(push->stats.last_error), "%s answers %ld%s%s",
		 t->peer, status, answer.message[0] ? ": " : "",
		 answer.message[0] ? answer.message : hint(status));
	curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
	failed(push, status_is_passing(status), (double)retry_after_s);
}

/* A connection that fails may be there the next time; an answer that is no HTTP stays one. */
static int failure_is_passing(CURLcode code)
{
	return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
	       code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_OPERATION_TIMEDOUT ||
	       code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
	       code == CURLE_PARTIAL_FILE || code == CURLE_SSL_CONNECT_ERROR ||
	       code == CURLE_OUT_OF_MEMORY;
}

static void end_attempt(struct push *push, CURLcode code)
{
	long status = 0;
	int err = transfer_result(&push->transfer, code, push->stats.last_error);

	curl_easy_getinfo(push->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
	multi_end(&push->multi, push->transfer.easy);
	push->under_way = 0;
	if (!err || err == -E2BIG) /* the status came first, however long the rest */
		take_answer(push, status);
	else
		failed(push, failure_is_passing(code), 0);
	transfer_reset(&push->transfer);
}

/* ---- what the caller calls ------------------------------------------------------------------- */

static int add_header(struct push *push, const char *name, const char *value)
{
	struct curl_slist *more;
	char *line;

	if (asprintf(&line, "%s%s", name, value) < 0)
		return -ENOMEM;
	more = curl_slist_append(push->headers, line);
	free(line);
	if (!more)
		return -ENOMEM;
	push->headers = more;
	return 0;
}

/* A name, a colon, a value, all on one line: nothing may be smuggled into the request. */
int push_check_header(const char *header, char why[PUSH_WHY_SIZE])
{
	size_t name = strcspn(header, ":");

	if (name > 0 && header[name] == ':' && strcspn(header, " \t\r\n") >= name &&
	    !strpbrk(header, "\r\n"))
		return 0;
	snprintf(why, PUSH_WHY_SIZE, "'%.150s' is not a header of the form 'Name: value'", header);
	return -EINVAL;
}

_Static_assert(PUSH_WHY_SIZE >= TRANSFER_WHY_SIZE, "room for transfer_check()");

int push_check_url(const char *url, char why[PUSH_WHY_SIZE])
{
	return transfer_check(url, why);
}

static int add_headers(struct push *push, const struct push_options *options)
{
	const char *const *header = options->headers;
	char why[PUSH_WHY_SIZE];
	/* "Expect: 100-continue" before large bodies would cost a second where nobody answers it.
	 */
	int err = add_header(push, "Expect:", "");

	if (!err)
		err = add_header(push, "Content-Type: ", options->content_type);
	for (; !err && header && *header; header++) {
		if (push_check_header(*header, why)) {
			log_error("%s", why);
			return -EINVAL;
		}
		err = add_header(push, *header, "");
	}
	if (err)
		log_error("out of memory");
	return err;
}

static int set_up(struct push *push, const struct push_options *options)
{
	char why[TRANSFER_WHY_SIZE];
	CURL *easy;
	int err;

	push->most_bytes = options->most_bytes;
	push->is_otlp = options->partial_is_told;
	push->backoff.first_s = options->retry_first_s > 0 ? options->retry_first_s : 1;
	push->backoff.most_s = options->retry_most_s > 0 ? options->retry_most_s : 60;
	err = transfer_open(&push->transfer, options->url, NULL, options->timeout_s,
			    MOST_ANSWER_BYTES, why);
	if (err) {
		log_error("%s", why);
		return err;
	}
	easy = push->transfer.easy;
	err = add_headers(push, options);
	if (err)
		return err;
	if (curl_easy_setopt(easy, CURLOPT_POST, 1L) ||
	    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, push->headers)) {
		log_error("out of memory");
		return -ENOMEM;
	}
	return 0;
}

int push_open(const struct push_options *options, struct push **ret)
{
	struct push *push = calloc(1, sizeof(*push));
	int err;

	if (!push) {
		log_error("out of memory");
		return -ENOMEM;
	}
	err = multi_open(&push->multi);
	if (err) {
		log_error("cannot prepare for HTTP: %s", strerror(-err));
		goto free_push;
	}
	err = set_up(push, options);
	if (err)
		goto close_transfer;
	*ret = push;
	return 0;
close_transfer:
	transfer_close(&push->transfer);
	curl_slist_free_all(push->headers);
	multi_close(&push->multi);
free_push:
	free(push);
	return err;
}

int push_fd(const struct push *push)
{
	return push->multi.epoll;
}

void push_run(struct push *push)
{
	CURLcode code;

	multi_run(&push->multi);
	while (multi_ended(&push->multi, &code))
		end_attempt(push, code);
	begin_next(push);
}

int push_send(struct push *push, struct buffer *text)
{
	int err;

	if (text->used > push->most_bytes) {
		snprintf(push->stats.last_error, sizeof(push->stats.last_error),
			 "%zu bytes are more than may wait for delivery (%zu)", text->used,
			 push->most_bytes);
		push_log_failed(&push->talk, push->stats.last_error, 0, push->stats.failed,
				clock_monotonic_ns());
		push->stats.failed++;
		buffer_free(text);
		return 0;
	}
	make_room(push, text->used);
	err = queue_append(&push->queue, text);
	begin_next(push);
	return err;
}

void push_stats(const struct push *push, struct push_stats *ret)
{
	*ret = push->stats;
	ret->waiting = push->queue.count;
	ret->waiting_bytes = push->queue.bytes;
}

/* Until nothing waits, or nothing more can be done before `end`. */
static void wait_until(struct push *push, __u64 end)
{
	struct pollfd readable = {.fd = push->multi.epoll, .events = POLLIN};
	__u64 now;

	for (;;) {
		now = clock_monotonic_ns();
		if (!push->queue.first || now >= end ||
		    (!push->under_way && push->not_before_ns >= end))
			return;
		poll(&readable, 1, (int)((end - now) / (NS_PER_S / 1000) + 1));
		push_run(push);
	}
}

void push_close(struct push *push, double patience_s)
{
	if (!push)
		return;
	if (!push->pause_was_asked) /* a last attempt costs nothing */
		push->not_before_ns = 0;
	begin_next(push);
	if (patience_s > 0)
		wait_until(push, clock_monotonic_ns() + (__u64)(patience_s * NS_PER_S));
	if (push->under_way)
		multi_end(&push->multi, push->transfer.easy);
	push->under_way = 0;
	push_log_undelivered(&push->talk, push->transfer.peer, push->queue.count);
	while (push->queue.first)
		queue_drop(&push->queue, NULL);
	transfer_close(&push->transfer);
	curl_slist_free_all(push->headers);
	multi_close(&push->multi);
	free(push);
}
