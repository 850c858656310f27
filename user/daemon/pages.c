// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See pages.h. user/view/ writes what is in them, user/http/ serves them. */
#include "daemon/pages.h"

#include "util/clock.h"
#include "view/sparklines_json.h"
#include "view/status_json.h"
#include "view/incident_json.h"
#include "metrics/prometheus.h"
#include "report/report.h"
#include "view/status_page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LAST_TICK_MAX_S 10

/* Each returns 0, or -errno when the page could not be made. */
typedef int page_fn(struct pages *pages, const struct http_request *request,
		    struct http_response *response);

/* Answers with a status and one sentence of text. Returns 0. */
static int page_refuse(struct http_response *response, enum http_status status, const char *why)
{
	response->status = status;
	response->type = NULL;
	buffer_add(&response->body, "%s\n", why);
	return 0;
}

static int page_unavailable(struct http_response *response, const char *why)
{
	return page_refuse(response, HTTP_STATUS_SERVICE_UNAVAILABLE, why);
}

static const struct status *pages_latest_status(struct pages *pages)
{
	return live_status(pages->live, pages->interval_s);
}

/* Returns 0 before the first tick. */
static int is_counting(const struct status *status)
{
	return status->snapshot->at_ns > 0;
}

/* ---- the pages ---------------------------------------------------------------------------- */

static int page_status(struct pages *pages, const struct http_request *request,
		       struct http_response *response)
{
	response->policy = status_page_policy;
	status_page_write(&response->body, VERSION);
	return 0;
}

static int page_style(struct pages *pages, const struct http_request *request,
		      struct http_response *response)
{
	buffer_add(&response->body, "%s", status_page_style);
	return 0;
}

static int page_script(struct pages *pages, const struct http_request *request,
		       struct http_response *response)
{
	buffer_add(&response->body, "%s", status_page_script);
	return 0;
}

/* ---- pages that are rendered from the counters: cached ------------------------------------- */

struct metrics_request {
	struct pages *pages;
	enum prometheus_format format;
	struct metrics_source source;
};

/* Reads the counters as they are now; state and cause are those of the last tick. */
static int collect_metrics(void *context)
{
	struct metrics_request *request = context;

	return request->pages->collect(request->pages->context, &request->source);
}

static int render_metrics(struct buffer *out, void *context)
{
	const struct metrics_request *request = context;

	return prometheus_write(out, request->format, &request->source);
}

static int render_status(struct buffer *out, void *context)
{
	return status_json_write(out, pages_latest_status(context), NULL);
}

static int render_trends(struct buffer *out, void *context)
{
	struct pages *pages = context;

	return sparklines_json_write(out, pages_latest_status(pages), pages->sparklines);
}

static int render_incidents(struct buffer *out, void *context)
{
	struct pages *pages = context;

	return incidents_json_write(out, pages_latest_status(pages), live_incidents(pages->live));
}

static int render_incidents_as_html(struct buffer *out, const struct status *status,
				    const struct incident *const *incidents, size_t count)
{
	const struct report_source source = {.kind = REPORT_OF_TRAFFIC,
					     .date_known = 1,
					     .zone_known = 1,
					     .totals = status};
	const struct report_style style = {.format = REPORT_HTML,
					   .host = status->host,
					   .version = VERSION,
					   .made_ns = status->snapshot->wall_ns};

	return report_add(out, &style, incidents, count, &source);
}

static int render_report(struct buffer *out, void *context)
{
	struct pages *pages = context;
	const struct incident *const *incidents;
	size_t count;

	incidents = incidents_list(live_incidents(pages->live), &count);
	return render_incidents_as_html(out, pages_latest_status(pages), incidents, count);
}

/* CACHED_METRICS has one page for each enum prometheus_format. */
enum cached { CACHED_STATUS, CACHED_TRENDS, CACHED_INCIDENTS, CACHED_REPORT, CACHED_METRICS };

static int page_cached(struct pages *pages, unsigned int number, struct page_source source,
		       const struct http_request *request, struct http_response *response)
{
	int err;

	source.rows = live_resolver_count(pages->live);
	source.has_waited = request->has_waited;
	err = page_cache_get(&pages->cache, number, &source, &response->shared);
	response->wait = err == -EAGAIN;
	if (response->wait)
		return 0;
	if (err == -EBUSY)
		return page_unavailable(response,
					"too many readers at once: try again in a second");
	return err;
}

static int page_metrics(struct pages *pages, const struct http_request *request,
			struct http_response *response)
{
	struct metrics_request what = {.pages = pages,
				       .format = prometheus_negotiate_format(request->accept)};
	struct page_source source = {.prepare = collect_metrics,
				     .render = render_metrics,
				     .context = &what};

	response->type = prometheus_content_type(what.format);
	return page_cached(pages, CACHED_METRICS + what.format, source, request, response);
}

static int page_health(struct pages *pages, const struct http_request *request,
		       struct http_response *response)
{
	const struct status *status = pages_latest_status(pages);
	__u64 age_ns = clock_monotonic_ns() - status->snapshot->at_ns;

	if (!is_counting(status))
		return page_unavailable(response, "the counters have not been read yet");
	if (age_ns > LAST_TICK_MAX_S * NS_PER_S) {
		response->status = HTTP_STATUS_SERVICE_UNAVAILABLE;
		buffer_add(&response->body, "the counters were last read %llu s ago\n",
			   (unsigned long long)(age_ns / NS_PER_S));
		return 0;
	}
	if (!status->interface_count)
		return page_unavailable(response, "attached to no interface: no query is counted");
	buffer_add(&response->body, "ok\n");
	return 0;
}

static int page_api_status(struct pages *pages, const struct http_request *request,
			   struct http_response *response)
{
	const struct status *status = pages_latest_status(pages);

	if (!is_counting(status))
		return page_unavailable(response, "the counters have not been read yet");
	return page_cached(pages, CACHED_STATUS,
			   (struct page_source){.render = render_status, .context = pages}, request,
			   response);
}

static int page_trends(struct pages *pages, const struct http_request *request,
		       struct http_response *response)
{
	return page_cached(pages, CACHED_TRENDS,
			   (struct page_source){.render = render_trends, .context = pages}, request,
			   response);
}

static int page_incidents(struct pages *pages, const struct http_request *request,
			  struct http_response *response)
{
	return page_cached(pages, CACHED_INCIDENTS,
			   (struct page_source){.render = render_incidents, .context = pages},
			   request, response);
}

/* The report has its style in it. */
static const char report_policy[] = "default-src 'none'; style-src 'unsafe-inline'";

/* Parses the number of "id=NUMBER". Returns 0 or -EINVAL. */
static int parse_incident_id(const char *query, __u64 *id)
{
	char *end = NULL;

	if (strncmp(query, "id=", 3) != 0 || query[3] < '0' || query[3] > '9')
		return -EINVAL;
	errno = 0;
	*id = strtoull(query + 3, &end, 10);
	return errno || *end ? -EINVAL : 0;
}

/* The report of one incident, also of one that the page of all leaves out. Not cached: it is small.
 */
static int page_report_of_one(struct pages *pages, const char *query,
			      struct http_response *response)
{
	const struct incident *incident;
	__u64 id, from_ns = clock_monotonic_ns();
	int err;

	if (parse_incident_id(query, &id))
		return page_refuse(response, HTTP_STATUS_BAD_REQUEST,
				   "/incidents.html?id=NUMBER: expected the number of an incident");
	incident = incidents_lookup(live_incidents(pages->live), id);
	if (!incident)
		return page_refuse(
			response, HTTP_STATUS_NOT_FOUND,
			"this incident is not kept: dnsreach keeps those that are open and "
			"the latest 256 others; a file of --incidents has all");
	if (!page_cache_may_spend(&pages->cache))
		return page_unavailable(response,
					"too many readers at once: try again in a second");
	err = render_incidents_as_html(&response->body, pages_latest_status(pages), &incident, 1);
	page_cache_spend(&pages->cache, clock_monotonic_ns() - from_ns);
	return err;
}

static int page_report(struct pages *pages, const struct http_request *request,
		       struct http_response *response)
{
	if (!is_counting(pages_latest_status(pages)))
		return page_unavailable(response, "the counters have not been read yet");
	response->policy = report_policy;
	if (*request->query)
		return page_report_of_one(pages, request->query, response);
	return page_cached(pages, CACHED_REPORT,
			   (struct page_source){.render = render_report, .context = pages}, request,
			   response);
}

#define HTML_TYPE "text/html; charset=utf-8"
#define JSON_TYPE "application/json"

static const struct page_row {
	const char *path, *type;
	page_fn *f;
	const char *what; /* NULL: a part of another page */
} page_rows[] = {
	{"/", HTML_TYPE, page_status, "the status, for people"},
	{"/status.css", "text/css; charset=utf-8", page_style, NULL},
	{"/status.js", "text/javascript; charset=utf-8", page_script, NULL},
	{"/metrics", NULL, page_metrics, "for Prometheus: text, or OpenMetrics when asked for"},
	{"/healthz", NULL, page_health, "ok, or 503 and why dnsreach itself is not well"},
	{"/api/v1/status", JSON_TYPE, page_api_status, "the object of watch --json"},
	{"/api/v1/trends", JSON_TYPE, page_trends, "the last 5 minutes of each resolver"},
	{"/api/v1/incidents", JSON_TYPE, page_incidents, "open incidents, and the latest closed"},
	{"/incidents.html", HTML_TYPE, page_report,
	 "the incident report, for people; ?id=NUMBER: of one incident"},
};

#define PAGE_COUNT (sizeof(page_rows) / sizeof(*page_rows))

/* ---- the request -------------------------------------------------------------------------- */

static void page_not_found(struct http_response *response)
{
	size_t i;

	response->status = HTTP_STATUS_NOT_FOUND;
	buffer_add(&response->body, "no such page; the pages are:\n");
	for (i = 0; i < PAGE_COUNT; i++)
		if (page_rows[i].what)
			buffer_add(&response->body, "  %-20s%s\n", page_rows[i].path,
				   page_rows[i].what);
}

void pages_answer(const struct http_request *request, struct http_response *response, void *context)
{
	const char *path = *request->path ? request->path : "/";
	size_t i;

	for (i = 0; i < PAGE_COUNT && strcmp(path, page_rows[i].path); i++)
		;
	if (i == PAGE_COUNT) {
		page_not_found(response);
		return;
	}
	response->type = page_rows[i].type;
	if (!page_rows[i].f(context, request, response))
		return;
	response->status = HTTP_STATUS_INTERNAL_SERVER_ERROR;
	response->type = NULL;
	buffer_reset(&response->body);
	buffer_add(&response->body, "this page could not be made: out of memory, or the counters "
				    "could not be read; see the log\n");
}
