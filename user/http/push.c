/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Delivery of bodies by HTTP POST: the queue, the retries, the consequences of a response. Sockets
 * and timers are multi.h, one request is client.h, the messages are push_log.h.
 */
#include "http/push.h"

#include "http/client.h"
#include "http/multi.h"
#include "http/push_log.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/text.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define MOST_RESPONSE_BYTES (64u << 10)

struct otlp_response {
	__u64 rejected;	  /* data points, of a partial success */
	char message[96]; /* printable; "" without one */
};

struct push_body {
	struct push_body *next;
	char *text;
	size_t length;
};

/* Bodies in the order of push_send(). Zeroed is empty. */
struct push_queue {
	struct push_body *first, *last;
	size_t count, bytes;
};

struct push {
	struct multi multi;
	struct transfer transfer;
	struct curl_slist *headers;
	struct push_queue queue;
	int under_way; /* the first of the queue is being sent */
	size_t most_bytes;
	int is_otlp;
	struct push_backoff backoff;
	__u64 not_before_ns;	 /* the next attempt; 0: at once */
	int pause_was_requested; /* by the receiver, with Retry-After */
	struct push_stats stats;
	struct push_log log;
};

/* ---- the queue ------------------------------------------------------------------------------- */

/* Takes the text over and frees the room of the buffer that it does not need, up to half of it. */
static struct push_body *body_from_buffer(struct buffer *from)
{
	struct push_body *body = buffer_error(from) ? NULL : calloc(1, sizeof(*body));

	if (!body)
		return NULL;
	body->text = realloc(from->text, from->used + 1);
	if (!body->text) {
		free(body);
		return NULL;
	}
	body->length = from->used;
	memset(from, 0, sizeof(*from));
	return body;
}

/* Takes the text over and empties the buffer, after an error too. Returns 0 or -ENOMEM. */
static int queue_append(struct push_queue *queue, struct buffer *text)
{
	struct push_body *body = body_from_buffer(text);

	if (!body) {
		buffer_free(text);
		return -ENOMEM;
	}
	if (queue->last)
		queue->last->next = body;
	else
		queue->first = body;
	queue->last = body;
	queue->count++;
	queue->bytes += body->length;
	return 0;
}

/* Removes the body behind `before`; NULL: the first one. */
static void queue_remove(struct push_queue *queue, struct push_body *before)
{
	struct push_body **at = before ? &before->next : &queue->first;
	struct push_body *gone = *at;

	*at = gone->next;
	if (queue->last == gone)
		queue->last = before;
	queue->count--;
	queue->bytes -= gone->length;
	free(gone->text);
	free(gone);
}

/* Removes the oldest bodies until `length` bytes fit, but never the one that is being sent. */
static void queue_make_room(struct push *push, size_t length)
{
	struct push_body *sending = push->under_way ? push->queue.first : NULL;
	struct push_body **oldest = sending ? &sending->next : &push->queue.first;
	size_t beside = sending ? sending->length : 0;

	while (*oldest && push->queue.bytes - beside + length > push->most_bytes) {
		queue_remove(&push->queue, sending);
		push->stats.failed++;
	}
}

/* ---- pauses between attempts ----------------------------------------------------------------- */

double push_backoff_next(struct push_backoff *backoff, double retry_after_s, __u32 jitter)
{
	double share = (double)jitter / UINT32_MAX;

	backoff->delay_s = backoff->delay_s > 0 ? fmin(backoff->delay_s * 2, backoff->most_s)
						: backoff->first_s;
	if (retry_after_s > 0)
		return fmin(retry_after_s, RETRY_AFTER_MOST_S) * (1 + share / 10);
	return backoff->delay_s * (1 + share) / 2;
}

void push_backoff_reset(struct push_backoff *backoff)
{
	backoff->delay_s = 0;
}

static __u32 random_jitter(void)
{
	__u32 number;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		number = (__u32)clock_monotonic_ns();
	return number;
}

/* Sets the time of the next attempt. `retry_after_s`: as requested by the receiver, or 0. */
static void schedule_retry(struct push *push, double retry_after_s)
{
	double pause_s = push_backoff_next(&push->backoff, retry_after_s, random_jitter());

	push->not_before_ns = clock_monotonic_ns() + (__u64)(pause_s * NS_PER_S);
	push->pause_was_requested = retry_after_s > 0;
}

/* ---- one attempt ----------------------------------------------------------------------------- */

/* Sends the first of the queue; when its time has not come, arms the timer. */
static void begin_attempt(struct push *push)
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
		    !multi_add(&push->multi, easy)) {
			push->under_way = 1;
			return;
		}
		schedule_retry(push, 0);
	}
	multi_wake_at(&push->multi, push->not_before_ns);
}

/* ---- responses ------------------------------------------------------------------------------- */

/* Reads an int64, which is a decimal string in OTLP's JSON; accepts a number too. 0 if neither. */
static __u64 parse_int64(const json_t *value)
{
	long long number = json_is_string(value) ? strtoll(json_string_value(value), NULL, 10)
						 : json_integer_value(value);

	return number > 0 ? (__u64)number : 0;
}

/*
 * Parses the body of an OTLP receiver's response: ExportMetricsServiceResponse behind a 200,
 * google.rpc.Status behind an error, both as JSON. An empty body is valid and has no message.
 * Returns 0; or -EINVAL: not a JSON object.
 */
static int otlp_response_parse(const char *text, size_t length, struct otlp_response *ret)
{
	const json_t *partial, *message;
	json_error_t error;
	json_t *root;

	memset(ret, 0, sizeof(*ret));
	if (!length)
		return 0;
	root = json_loadb(text, length, 0, &error);
	if (!json_is_object(root)) {
		json_decref(root);
		return -EINVAL;
	}
	partial = json_object_get(root, "partialSuccess");
	ret->rejected = parse_int64(json_object_get(partial, "rejectedDataPoints"));
	message = json_object_get(partial, "errorMessage");
	if (!message)
		message = json_object_get(root, "message");
	if (json_is_string(message))
		snprintf(ret->message, sizeof(ret->message), "%s", json_string_value(message));
	text_sanitize_in_place(ret->message);
	json_decref(root);
	return 0;
}

static void end_delivered(struct push *push, const struct otlp_response *response, int valid)
{
	push_backoff_reset(&push->backoff);
	push->stats.delivered++;
	push->stats.last_error[0] = '\0';
	queue_remove(&push->queue, NULL);
	push_log_delivered(&push->log, push->transfer.peer, push->stats.failed);
	if (!valid)
		push_log_not_otlp(&push->log, push->transfer.peer);
	else if (response->rejected)
		push_log_partial(&push->log, push->transfer.peer, response->rejected,
				 response->message);
}

/* `again`: this body is sent again; else it is removed. */
static void end_failed(struct push *push, int again, double retry_after_s)
{
	push_log_failed(&push->log, push->stats.last_error, again, push->stats.failed,
			clock_monotonic_ns());
	if (again) {
		schedule_retry(push, retry_after_s);
		return;
	}
	push->stats.failed++;
	queue_remove(&push->queue, NULL);
}

/* OTLP/HTTP 1.x, "Retryable Response Codes". */
static int is_retryable_status(long status)
{
	return status == 429 || status == 502 || status == 503 || status == 504;
}

static const char *status_hint(long status)
{
	switch (status) {
	case 301:
	case 302:
	case 307:
	case 308:
		return " (a redirect); configure the URL that it leads to";
	case 401:
	case 403:
		return " (not allowed); check the authorization header";
	case 404:
	case 405:
		return "; check the path of the URL";
	default:
		return "";
	}
}

/* Handles a response, of whatever HTTP status. */
static void on_response(struct push *push, long status)
{
	struct transfer *t = &push->transfer;
	struct otlp_response response = {0};
	curl_off_t retry_after_s = 0;
	int valid = 1;

	if (push->is_otlp)
		valid = !t->too_big && !otlp_response_parse(t->body.text, t->body.used, &response);
	if (status >= 200 && status < 300) {
		end_delivered(push, &response, valid);
		return;
	}
	snprintf(push->stats.last_error, sizeof(push->stats.last_error), "%s answers %ld%s%s",
		 t->peer, status, response.message[0] ? ": " : "",
		 response.message[0] ? response.message : status_hint(status));
	curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
	end_failed(push, is_retryable_status(status), (double)retry_after_s);
}

/* Failures of the connection may pass. A server that does not speak HTTP will not the next time. */
static int is_retryable_failure(CURLcode code)
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
	multi_remove(&push->multi, push->transfer.easy);
	push->under_way = 0;
	if (!err || err == -E2BIG) /* -E2BIG: the status came, the body was too long */
		on_response(push, status);
	else
		end_failed(push, is_retryable_failure(code), 0);
	transfer_reset(&push->transfer);
}

/* ---- open, run, close ------------------------------------------------------------------------ */

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

/* A line end in a header would let it add lines to the request. */
int push_check_header(const char *header, char error[PUSH_ERROR_SIZE])
{
	size_t name = strcspn(header, ":");

	if (name > 0 && header[name] == ':' && strcspn(header, " \t\r\n") >= name &&
	    !strpbrk(header, "\r\n"))
		return 0;
	/* Its text may be a secret, and messages go to a journal that others read. */
	snprintf(error, PUSH_ERROR_SIZE,
		 "the text given is not a header of the form 'Name: value'");
	return -EINVAL;
}

_Static_assert(PUSH_ERROR_SIZE >= HTTP_ERROR_SIZE, "room for http_check_url()");

int push_check_url(const char *url, char error[PUSH_ERROR_SIZE])
{
	return http_check_url(url, error);
}

static int add_headers(struct push *push, const struct push_options *options)
{
	const char *const *header = options->headers;
	char error[PUSH_ERROR_SIZE];
	/* Without this libcurl sends "Expect: 100-continue" and may wait 1 s for its answer. */
	int err = add_header(push, "Expect:", "");

	if (!err)
		err = add_header(push, "Content-Type: ", options->content_type);
	for (; !err && header && *header; header++) {
		if (push_check_header(*header, error)) {
			log_error("%s", error);
			return -EINVAL;
		}
		err = add_header(push, *header, "");
	}
	if (err)
		log_error("out of memory");
	return err;
}

static int configure(struct push *push, const struct push_options *options)
{
	char error[HTTP_ERROR_SIZE];
	CURL *easy;
	int err;

	push->most_bytes = options->most_bytes;
	push->is_otlp = options->is_otlp;
	push->backoff.first_s = options->retry_first_s > 0 ? options->retry_first_s : 1;
	push->backoff.most_s = options->retry_most_s > 0 ? options->retry_most_s : 60;
	err = transfer_open(&push->transfer, options->url, NULL, options->timeout_s,
			    MOST_RESPONSE_BYTES, error);
	if (err) {
		log_error("%s", error);
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
	err = configure(push, options);
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
	while (multi_next_result(&push->multi, &code))
		end_attempt(push, code);
	begin_attempt(push);
}

int push_send(struct push *push, struct buffer *text)
{
	int err;

	if (text->used > push->most_bytes) {
		snprintf(push->stats.last_error, sizeof(push->stats.last_error),
			 "a request of %zu bytes is larger than the queue (%zu bytes)", text->used,
			 push->most_bytes);
		push_log_failed(&push->log, push->stats.last_error, 0, push->stats.failed,
				clock_monotonic_ns());
		push->stats.failed++;
		buffer_free(text);
		return 0;
	}
	queue_make_room(push, text->used);
	err = queue_append(&push->queue, text);
	begin_attempt(push);
	return err;
}

void push_stats(const struct push *push, struct push_stats *ret)
{
	*ret = push->stats;
	ret->waiting = push->queue.count;
	ret->waiting_bytes = push->queue.bytes;
}

/* Runs until the queue is empty, or until no attempt is possible before `end`. */
static void run_until(struct push *push, __u64 end)
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

void push_close(struct push *push, double timeout_s)
{
	if (!push)
		return;
	if (!push->pause_was_requested) /* one last attempt at once */
		push->not_before_ns = 0;
	begin_attempt(push);
	if (timeout_s > 0)
		run_until(push, clock_monotonic_ns() + (__u64)(timeout_s * NS_PER_S));
	if (push->under_way)
		multi_remove(&push->multi, push->transfer.easy);
	push->under_way = 0;
	push_log_undelivered(&push->log, push->transfer.peer, push->queue.count);
	while (push->queue.first)
		queue_remove(&push->queue, NULL);
	transfer_close(&push->transfer);
	curl_slist_free_all(push->headers);
	multi_close(&push->multi);
	free(push);
}
