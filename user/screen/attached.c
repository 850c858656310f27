// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See attached.h. From below: addresses, the status, the incidents, one request after another. */
#include "screen/attached.h"

#include "http/multi.h"
#include "monitor/daemon_address.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/text.h"
#include "view/incident_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MOST_S 5.0
#define BODY_MOST (256U << 20) /* 65,536 resolvers take some 110 MB */
#define FAILURE_SIZE 512
#define UNCHANGED_MOST 10 /* statuses with the same time: the daemon has stopped counting */
#define INCIDENTS_MOST 100000

enum attached_page { PAGE_STATUS, PAGE_INCIDENTS, PAGE_COUNT };

struct attached {
	const char *url;
	struct identity identity;
	struct multi multi;
	struct transfer transfers[PAGE_COUNT];
	struct buffer page_urls[PAGE_COUNT];
	int asks; /* one of the pages is awaited */
	enum attached_page asked;

	struct parsed_status parsed;
	unsigned int unchanged;
	char failure[FAILURE_SIZE]; /* "": the latest request has gone well */

	json_t *incidents; /* the page; NULL: the daemon has none */
	struct open_incident *open;
	size_t open_count;
	struct incident found; /* by find_incident() */
};

int attached_check_url(const char *text, char why[OPTION_WHY_SIZE])
{
	if (!strcmp(text, ATTACHED_DEFAULT) || daemon_url_is_valid(text))
		return 0;
	snprintf(why, OPTION_WHY_SIZE, "'%.120s' is not http://, https:// or unix:/PATH", text);
	return -EINVAL;
}

/* ---- the status ----------------------------------------------------------------------------- */

static void set_failure(struct attached *attached, const char *text)
{
	snprintf(attached->failure, sizeof(attached->failure), "%s", text);
	text_sanitize_in_place(attached->failure);
}

/* Sets the failure of a request that got no response, or one that is no page. */
static void fail_request(struct attached *attached, int err, long status, const char *error)
{
	struct buffer text = {0};

	if (err)
		buffer_add(&text, "%s%s", error, daemon_connect_hint(attached->url, err));
	else
		buffer_add(&text, "%s answers with HTTP status %ld%s", attached->url, status,
			   status == 404 ? DAEMON_HINT_ADDRESS : identity_hint(status));
	set_failure(attached, buffer_error(&text) ? "out of memory" : text.text);
	buffer_free(&text);
}

static int take_status(struct attached *attached, const struct buffer *body)
{
	struct parsed_status *next = &attached->parsed;
	__u64 before = next->snapshot.wall_ns;
	char error[JSON_ERROR_SIZE], text[FAILURE_SIZE], time[CLOCK_TEXT_SIZE];
	struct parsed_status parsed;
	int err = status_json_parse(body->text, body->used, &parsed, error);

	if (err) {
		snprintf(text, sizeof(text),
			 "%.120s: cannot read its status (another program, or another version of "
			 "dnsreach?): %s",
			 attached->url, err == -ENOMEM ? "out of memory" : error);
		set_failure(attached, text);
		return err;
	}
	parsed_status_free(next);
	parsed_status_move(next, &parsed);
	attached->unchanged = next->snapshot.wall_ns == before ? attached->unchanged + 1 : 0;
	attached->failure[0] = '\0';
	if (attached->unchanged < UNCHANGED_MOST)
		return 0;
	snprintf(text, sizeof(text),
		 "%.120s: its status stays that of %s UTC: it has stopped counting", attached->url,
		 clock_time_of_day(before, time));
	set_failure(attached, text);
	return 0;
}

const struct status *attached_status(const struct attached *attached)
{
	return &attached->parsed.status;
}

const char *attached_failure(const struct attached *attached)
{
	return attached->failure[0] ? attached->failure : NULL;
}

/* ---- the incidents -------------------------------------------------------------------------- */

/* Reads the resolver of an incident. Returns 0 or -EINVAL. */
static int parse_incident_key(const json_t *incident, struct resolver_key *key)
{
	char error[JSON_ERROR_SIZE];
	struct json_get get = {.error = error};
	const json_t *from = json_object_get(incident, "resolver");

	memset(key, 0, sizeof(*key));
	status_json_parse_key(&get, from, key);
	return get.failed ? -EINVAL : 0;
}

static int make_open(struct attached *attached)
{
	const json_t *array = json_object_get(attached->incidents, "open");
	size_t i, count = json_array_size(array);
	char error[JSON_ERROR_SIZE];

	free(attached->open);
	attached->open_count = 0;
	if (count > INCIDENTS_MOST)
		count = INCIDENTS_MOST;
	attached->open = calloc(count + 1, sizeof(*attached->open));
	if (!attached->open)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		struct open_incident *to = &attached->open[attached->open_count];
		const json_t *from = json_array_get(array, i);
		struct json_get get = {.error = error};

		if (parse_incident_key(from, &to->resolver))
			continue;
		to->start_ns = json_get_time(&get, from, "start");
		attached->open_count += !get.failed;
	}
	return 0;
}

/* Takes the page of incidents. One that cannot be read counts as none. */
static int take_incidents(struct attached *attached, const struct buffer *body)
{
	json_error_t where;

	json_decref(attached->incidents);
	attached->incidents = json_loadb(body->used ? body->text : "", body->used,
					 JSON_REJECT_DUPLICATES, &where);
	return make_open(attached);
}

const struct open_incident *attached_incidents(const struct attached *attached, size_t *count)
{
	*count = attached->open_count;
	return attached->open;
}

/* Returns the first incident of a resolver in a list, which has the latest first; NULL: none. */
static const json_t *find_in_list(const json_t *list, const struct resolver_key *wanted)
{
	struct resolver_key key;
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (!parse_incident_key(json_array_get(list, i), &key) &&
		    !memcmp(&key, wanted, sizeof(key)))
			return json_array_get(list, i);
	return NULL;
}

static const struct incident *find_incident(const struct resolver_key *key, void *context)
{
	struct attached *attached = context;
	const json_t *found = find_in_list(json_object_get(attached->incidents, "open"), key);
	char error[JSON_ERROR_SIZE], *text;
	int err;

	if (!found)
		found = find_in_list(json_object_get(attached->incidents, "closed"), key);
	text = found ? json_dumps(found, JSON_COMPACT) : NULL;
	if (!text)
		return NULL;
	err = incident_json_parse(text, strlen(text), &attached->found, error);
	free(text);
	return err ? NULL : &attached->found;
}

void attached_set_source(struct attached *attached, struct model_source *source)
{
	*source = (struct model_source){.name = attached->url,
					.find_incident = find_incident,
					.context = attached};
}

/* ---- one request after another -------------------------------------------------------------- */

static int start_request(struct attached *attached, enum attached_page page)
{
	int err;

	transfer_reset(&attached->transfers[page]);
	err = multi_add(&attached->multi, attached->transfers[page].easy);
	attached->asks = !err;
	attached->asked = page;
	return err;
}

int attached_ask(struct attached *attached)
{
	return attached->asks ? 0 : start_request(attached, PAGE_STATUS);
}

int attached_fd(const struct attached *attached)
{
	return attached->multi.epoll;
}

/* Takes the result of the awaited page. Returns 1 when a status or a failure is new. */
static int take_result(struct attached *attached, CURLcode code)
{
	struct transfer *transfer = &attached->transfers[attached->asked];
	char error[HTTP_ERROR_SIZE];
	long status = 0;
	int err;

	multi_remove(&attached->multi, transfer->easy);
	attached->asks = 0;
	err = transfer_result(transfer, code, error);
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (attached->asked == PAGE_INCIDENTS) {
		/* Without them the screen has less to show; the status is not in doubt. */
		if (!err && (status == 200 || status == 404))
			take_incidents(attached, &transfer->body);
		return 1;
	}
	if (err || status != 200) {
		fail_request(attached, err, status, error);
		return 1;
	}
	if (take_status(attached, &transfer->body))
		return 1;
	return start_request(attached, PAGE_INCIDENTS) ? 1 : 0;
}

int attached_run(struct attached *attached)
{
	CURLcode code;
	int is_new = 0;

	multi_run(&attached->multi);
	while (multi_next_result(&attached->multi, &code))
		is_new |= take_result(attached, code);
	return is_new;
}

/* ---- open and close ------------------------------------------------------------------------- */

/* Finds the daemon of this host. Returns 0, or -EPERM after a message. */
static int find_url(struct attached *attached, const char *url)
{
	struct buffer why = {0};

	attached->url = strcmp(url, ATTACHED_DEFAULT) ? url : daemon_find("--attach=URL", &why);
	if (!attached->url)
		log_error("--attach: %s", why.text ? why.text : "out of memory");
	buffer_free(&why);
	return attached->url ? 0 : -EPERM;
}

static int open_transfer(struct attached *attached, enum attached_page page, const char *path)
{
	struct buffer *url = &attached->page_urls[page];
	char error[HTTP_ERROR_SIZE];
	int err;

	daemon_page_url(url, attached->url, path);
	err = buffer_error(url);
	if (!err)
		err = transfer_open(&attached->transfers[page], url->text,
				    daemon_unix_socket(attached->url), REQUEST_MOST_S, BODY_MOST,
				    error);
	else
		snprintf(error, sizeof(error), "out of memory");
	if (err)
		log_error("--attach: %s", error);
	if (!err && transfer_set_identity(&attached->transfers[page], &attached->identity.http)) {
		log_error("--attach: out of memory");
		err = -ENOMEM;
	}
	return err;
}

/* Reads the first status, and waits for it. Returns 0, or -errno after a message. */
static int read_first(struct attached *attached)
{
	struct transfer *transfer = &attached->transfers[PAGE_STATUS];
	char error[HTTP_ERROR_SIZE];
	long status = 0;
	int err = transfer_result(transfer, curl_easy_perform(transfer->easy), error);

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (err || status != 200) {
		fail_request(attached, err, status, error);
		err = err ? err : -EPROTO;
	} else {
		err = take_status(attached, &transfer->body);
	}
	if (err)
		log_error("--attach: %s", attached->failure);
	return err;
}

int attached_open(const struct attached_options *options, struct attached **ret)
{
	struct attached *attached = calloc(1, sizeof(*attached));
	int err;

	if (!attached) {
		log_error("--attach: out of memory");
		return -ENOMEM;
	}
	err = multi_open(&attached->multi);
	if (err) {
		log_error("--attach: cannot wait for answers: %s", strerror(-err));
		free(attached);
		return err;
	}
	err = find_url(attached, options->url);
	if (!err)
		err = identity_read(&options->identity, &attached->identity);
	if (!err)
		err = open_transfer(attached, PAGE_STATUS, DAEMON_STATUS_PAGE);
	if (!err)
		err = open_transfer(attached, PAGE_INCIDENTS, DAEMON_INCIDENTS_PAGE);
	if (!err)
		err = read_first(attached);
	if (err) {
		attached_close(attached);
		return err;
	}
	*ret = attached;
	return 0;
}

void attached_close(struct attached *attached)
{
	int page;

	if (!attached)
		return;
	if (attached->asks)
		multi_remove(&attached->multi, attached->transfers[attached->asked].easy);
	for (page = 0; page < PAGE_COUNT; page++) {
		transfer_close(&attached->transfers[page]);
		buffer_free(&attached->page_urls[page]);
	}
	multi_close(&attached->multi);
	parsed_status_free(&attached->parsed);
	json_decref(attached->incidents);
	free(attached->open);
	identity_free(&attached->identity);
	free(attached);
}
