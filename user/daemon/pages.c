// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The pages of `dnsreach run` (docs/http.md): which there are, and what each is made from. How they
 * look is in user/view/, how they travel in user/http/.
 */
#include "daemon/pages.h"

#include "util/clock.h"
#include "view/status_json.h"
#include "view/pages_json.h"
#include "metrics/prometheus.h"
#include "view/status_page.h"

#include <string.h>

#define LAST_TICK_MAX_S 10

enum http_status { NOT_FOUND = 404, INTERNAL_SERVER_ERROR = 500, SERVICE_UNAVAILABLE = 503 };

/* Each returns 0, or -errno when the page could not be made. */
typedef int page_fn(struct pages *pages, const struct http_request *ask,
		    struct http_response *reply);

static int unavailable(struct http_response *reply, const char *why)
{
	reply->status = SERVICE_UNAVAILABLE;
	reply->type = NULL;
	buffer_add(&reply->body, "%s\n", why);
	return 0;
}

static const struct status *latest(struct pages *pages)
{
	return live_report(pages->live, pages->interval_s);
}

/* Before the first tick there is nothing to be shown. */
static int is_counting(const struct status *status)
{
	return status->snapshot->at_ns > 0;
}

/* ---- the pages ---------------------------------------------------------------------------- */

static int page_status(struct pages *pages, const struct http_request *ask,
		       struct http_response *reply)
{
	reply->policy = status_page_policy;
	status_page_write(&reply->body, pages->self(pages->context, 0)->version);
	return 0;
}

static int page_style(struct pages *pages, const struct http_request *ask,
		      struct http_response *reply)
{
	buffer_add(&reply->body, "%s", status_page_style);
	return 0;
}

static int page_script(struct pages *pages, const struct http_request *ask,
		       struct http_response *reply)
{
	buffer_add(&reply->body, "%s", status_page_script);
	return 0;
}

/* The counters are read for each scrape; state and cause are those of the last tick. */
static int page_metrics(struct pages *pages, const struct http_request *ask,
			struct http_response *reply)
{
	enum prometheus_format format = prometheus_negotiate_format(ask->accept);
	struct metrics_source source = {.status = latest(pages)};
	__u64 begun_ns = clock_monotonic_ns();
	int err;

	err = live_collect(pages->live, &source.now);
	if (err)
		return err;
	source.self =
		pages->self(pages->context, (double)(clock_monotonic_ns() - begun_ns) / NS_PER_S);
	reply->type = prometheus_content_type(format);
	return prometheus_write(&reply->body, format, &source);
}

static int page_health(struct pages *pages, const struct http_request *ask,
		       struct http_response *reply)
{
	const struct status *status = latest(pages);
	__u64 age_ns = clock_monotonic_ns() - status->snapshot->at_ns;

	if (!is_counting(status))
		return unavailable(reply, "the counters have not been read yet");
	if (age_ns > LAST_TICK_MAX_S * NS_PER_S) {
		reply->status = SERVICE_UNAVAILABLE;
		buffer_add(&reply->body, "the counters were last read %llu s ago\n",
			   (unsigned long long)(age_ns / NS_PER_S));
		return 0;
	}
	if (!status->interface_count)
		return unavailable(reply, "attached to no interface: no query is seen");
	buffer_add(&reply->body, "ok\n");
	return 0;
}

static int page_report(struct pages *pages, const struct http_request *ask,
		       struct http_response *reply)
{
	const struct status *status = latest(pages);

	if (!is_counting(status))
		return unavailable(reply, "the counters have not been read yet");
	return status_json_write(&reply->body, status, NULL);
}

static int page_trends(struct pages *pages, const struct http_request *ask,
		       struct http_response *reply)
{
	return trends_json_write(&reply->body, latest(pages), pages->trends);
}

static int page_incidents(struct pages *pages, const struct http_request *ask,
			  struct http_response *reply)
{
	return incidents_json_write(&reply->body, latest(pages), live_incidents(pages->live));
}

#define JSON_TYPE "application/json"

static const struct page {
	const char *path, *type;
	page_fn *f;
	const char *what; /* NULL: a part of another page */
} all[] = {
	{"/", "text/html; charset=utf-8", page_status, "the status, for people"},
	{"/status.css", "text/css; charset=utf-8", page_style, NULL},
	{"/status.js", "text/javascript; charset=utf-8", page_script, NULL},
	{"/metrics", NULL, page_metrics, "for Prometheus: text, or OpenMetrics when asked for"},
	{"/healthz", NULL, page_health, "ok, or 503 and why dnsreach itself is not well"},
	{"/api/v1/status", JSON_TYPE, page_report, "the object of watch --json"},
	{"/api/v1/trends", JSON_TYPE, page_trends, "the last 5 minutes of each resolver"},
	{"/api/v1/incidents", JSON_TYPE, page_incidents, "open incidents, and the latest closed"},
};

#define PAGE_COUNT (sizeof(all) / sizeof(*all))

/* ---- which one ---------------------------------------------------------------------------- */

static void not_found(struct http_response *reply)
{
	size_t i;

	reply->status = NOT_FOUND;
	buffer_add(&reply->body, "there is no such page; there are:\n");
	for (i = 0; i < PAGE_COUNT; i++)
		if (all[i].what)
			buffer_add(&reply->body, "  %-20s%s\n", all[i].path, all[i].what);
}

void pages_answer(const struct http_request *ask, struct http_response *reply, void *context)
{
	const char *path = *ask->path ? ask->path : "/";
	size_t i;

	for (i = 0; i < PAGE_COUNT && strcmp(path, all[i].path); i++)
		;
	if (i == PAGE_COUNT) {
		not_found(reply);
		return;
	}
	reply->type = all[i].type;
	if (!all[i].f(context, ask, reply))
		return;
	reply->status = INTERNAL_SERVER_ERROR;
	reply->type = NULL;
	buffer_reset(&reply->body);
	buffer_add(&reply->body, "this page could not be made: out of memory, or the counters "
				 "could not be read (the log tells)\n");
}
