// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Where `dnsreach check` has its report from: a daemon's status page, or an own sample. Both come
 * as the same JSON and are read the same way; what a daemon says is not trusted.
 */
#include "check/check.h"

#include "util/log.h"
#include "util/clock.h"
#include "http/client.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DEFAULT_URL "http://127.0.0.1:9753"
#define PAGE "/api/v1/status"
#define ELSEWHERE " (is that where dnsreach listens?)"
#define MOST_BYTES (32u << 20)
#define FRESH_S 10	   /* a daemon writes the time of its last reading, at most a second ago */
#define STANDS_STILL_S 2.2 /* in this time it has read once more */

int check_url(const char *url)
{
	if (!strncmp(url, "http://", 7) || !strncmp(url, "https://", 8) ||
	    !strncmp(url, "unix:/", 6))
		return 0;
	log_error("--url: '%s' is not http://, https:// or unix:/PATH", url);
	return -EINVAL;
}

static double left_s(__u64 deadline_ns)
{
	__u64 now = clock_monotonic_ns();

	return now < deadline_ns ? (double)(deadline_ns - now) / NS_PER_S : 0;
}

/* ---- a daemon ----------------------------------------------------------------------------- */

/* The page of the daemon at `url`, which may name the page already. */
static void make_page(struct buffer *page, const char *url)
{
	size_t length = strlen(url), page_length = strlen(PAGE);

	if (!strncmp(url, "unix:", 5)) {
		buffer_add(page, "http://localhost" PAGE);
		return;
	}
	while (length && url[length - 1] == '/')
		length--;
	buffer_add(page, "%.*s", (int)length, url);
	if (length < page_length || strncmp(url + length - page_length, PAGE, page_length))
		buffer_add(page, PAGE);
}

/* In tenths, for it is told; never 0, which would be for ever. */
static double patience_s(__u64 deadline_ns)
{
	return fmax(round(10 * left_s(deadline_ns)), 1) / 10;
}

/* What to do when there is nobody to connect to; in the plugin's line, so without quotes. */
static const char *remedy(const char *url, int err)
{
	if (err == -ECONNREFUSED || err == -ENOENT)
		return " (is the daemon running?)";
	if (err == -EACCES && !strncmp(url, "unix:", 5))
		return " (the user must be in the group of that socket)";
	return "";
}

/* The status page of `url` once. 0, or -errno and the reason in `why`. */
static int fetch(const char *url, __u64 deadline_ns, struct parsed_status *status,
		 struct buffer *why)
{
	struct http_fetch_options ask = {.timeout_s = patience_s(deadline_ns),
					 .most_bytes = MOST_BYTES};
	char error[JSON_ERROR_SIZE];
	struct http_fetch_result got = {0};
	struct buffer page = {0};
	int err;

	make_page(&page, url);
	if (buffer_error(&page))
		return -ENOMEM;
	ask.url = page.text;
	ask.unix_socket = strncmp(url, "unix:", 5) ? NULL : url + 5;
	err = http_fetch(&ask, &got);
	if (err) {
		buffer_add(why, "%s%s", got.why, remedy(url, err));
	} else if (got.status != 200) {
		buffer_add(why, "%s answers with HTTP status %ld%s", url, got.status,
			   got.status == 404 ? ELSEWHERE : "");
		err = -EPROTO;
	} else {
		err = status_json_parse(got.body.text, got.body.used, status, error);
		if (err)
			buffer_add(why, "%s: its status cannot be understood" ELSEWHERE ": %s", url,
				   err == -ENOMEM ? "out of memory" : error);
	}
	buffer_free(&got.body);
	buffer_free(&page);
	return err;
}

static double age_s(const struct parsed_status *status)
{
	return ((double)clock_wall_ns() - (double)status->snapshot.wall_ns) / NS_PER_S;
}

static void pause_s(double seconds)
{
	struct timespec t = {.tv_sec = (time_t)seconds,
			     .tv_nsec = (long)(fmod(seconds, 1) * NS_PER_S)};

	nanosleep(&t, NULL);
}

/*
 * Its time is not ours: either the clocks differ, or the daemon stands still. Whether its time goes
 * on tells the two apart.
 */
static int look_again(const char *url, __u64 deadline_ns, struct parsed_status *status,
		      double *skew_s, struct buffer *why)
{
	__u64 before = status->snapshot.wall_ns;
	double age = age_s(status);
	int err;

	parsed_status_free(status);
	if (left_s(deadline_ns) > STANDS_STILL_S) {
		pause_s(STANDS_STILL_S);
		err = fetch(url, deadline_ns, status, why);
		if (err)
			return err;
		if (status->snapshot.wall_ns > before) {
			*skew_s = -age;
			return 0;
		}
		parsed_status_free(status);
	}
	buffer_add(why, "%s: its status is %.0f s %s and stands still: the daemon counts no more",
		   url, fabs(age), age > 0 ? "old" : "in the future");
	return -ESTALE;
}

static int from_daemon(const char *url, __u64 deadline_ns, struct parsed_status *status,
		       struct check_origin *origin, struct buffer *why)
{
	int err = fetch(url, deadline_ns, status, why);

	if (!err && fabs(age_s(status)) > FRESH_S)
		err = look_again(url, deadline_ns, status, &origin->skew_s, why);
	if (!err && !status->status.interface_count) {
		buffer_add(why, "%s: the daemon is attached to no interface", url);
		parsed_status_free(status);
		err = -ENODEV;
	}
	origin->url = url;
	return err;
}

/* ---- an own sample ------------------------------------------------------------------------ */

static int from_sample(const struct check_options *options, __u64 deadline_ns,
		       struct parsed_status *status, struct check_origin *origin,
		       struct buffer *why)
{
	struct buffer json = {0}, said = {0};
	char error[JSON_ERROR_SIZE];
	int err;

	log_set_sink(log_sink_buffer, &said);
	err = check_sample(options, deadline_ns, &json);
	log_set_sink(NULL, NULL);
	if (err) {
		buffer_add(why, "cannot take a sample: %s", said.used ? said.text : strerror(-err));
	} else {
		err = status_json_parse(json.text, json.used, status, error);
		if (err)
			buffer_add(why, "the sample cannot be read: %s", error);
	}
	if (!err)
		origin->sample_s = (unsigned long long)(status->status.interval_s + 0.5);
	origin->url = NULL;
	buffer_free(&json);
	buffer_free(&said);
	return err;
}

/* ---- whichever ---------------------------------------------------------------------------- */

/* Nobody is there: then the sample is the way. A daemon that is ill is not passed over. */
static int is_nobody(int err)
{
	return err == -ECONNREFUSED || err == -EHOSTUNREACH || err == -ENETUNREACH;
}

int check_source(const struct check_options *options, __u64 deadline_ns,
		 struct parsed_status *status, struct check_origin *origin,
		 struct plugin_output *plugin)
{
	const char *url = options->url ? options->url : DEFAULT_URL;
	int err = -ECONNREFUSED;

	memset(origin, 0, sizeof(*origin));
	if (!options->sample)
		err = from_daemon(url, deadline_ns, status, origin, &plugin->text);
	if (err == -ETIMEDOUT)
		buffer_add(&plugin->text, " (--timeout %g)", options->timeout_s);
	if (options->sample || (is_nobody(err) && !options->url)) {
		if (!options->sample)
			buffer_add(&plugin->text, "; ");
		err = from_sample(options, deadline_ns, status, origin, &plugin->text);
		if (!err)
			buffer_reset(&plugin->text);
	}
	if (err)
		plugin->status = PLUGIN_UNKNOWN;
	return err;
}
