// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Where `dnsreach check` gets its status from: a daemon, or a sample of its own. Both come as the
 * same JSON, and one parser reads it. What a daemon sends is not trusted.
 */
#include "check/check.h"

#include "http/client.h"
#include "monitor/daemon_address.h"
#include "monitor/live.h"
#include "util/address.h"
#include "util/clock.h"
#include "util/event_loop.h"
#include "util/log.h"
#include "view/status_json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- a sample ----------------------------------------------------------------------------- */

#define SETTLED_ENOUGH 3 /* settled transactions that suffice to judge a resolver */

struct sample_run {
	const struct check_options *options;
	__u64 deadline_ns;
	unsigned long long seconds;
	struct live *live;
	struct loop loop;
	int is_complete; /* it was not ended by a signal */
};

/* Returns whether each resolver has no open transaction, or enough settled ones to be judged. */
static int sample_is_settled(const struct status *report)
{
	size_t i;

	for (i = 0; i < report->count; i++) {
		const struct resolver_status *r = &report->resolvers[i];

		if ((r->now->in_flight || r->now->messages_in_flight) &&
		    r->windows[WINDOW_1M].settled < SETTLED_ENOUGH)
			return 0;
	}
	return 1;
}

static int sample_tick(unsigned long long seconds, void *context)
{
	struct sample_run *run = context;
	int err = live_tick(run->live);

	run->seconds += seconds;
	if (err || run->seconds < run->options->interval_s)
		return err;
	if (sample_is_settled(live_status(run->live, (double)run->seconds)) ||
	    clock_monotonic_ns() + NS_PER_S > run->deadline_ns)
		run->is_complete = run->loop.ended = 1;
	return 0;
}

static void on_link_event(void *context)
{
	live_update_interfaces(context);
}

static int sample_count(struct sample_run *run, struct buffer *json)
{
	int err = loop_add(&run->loop, live_fd(run->live), on_link_event, run->live);

	if (!err)
		err = loop_run(&run->loop, sample_tick, run);
	if (!err && !run->is_complete) {
		log_error("ended by a signal");
		return -EINTR;
	}
	if (!err)
		err = live_finish(run->live);
	if (!err)
		err = status_json_write(json, live_status(run->live, (double)run->seconds), NULL);
	return err;
}

static int check_take_sample(const struct check_options *options, __u64 deadline_ns,
			     struct buffer *json)
{
	struct sample_run run = {.options = options, .deadline_ns = deadline_ns};
	struct settings settings = settings_default;
	int err;

	settings.interfaces = options->interfaces;
	settings.ports = options->ports;
	settings.resolvers = options->resolvers;
	err = loop_open(&run.loop);
	if (!err) {
		err = live_open(&settings, NULL, NULL, &run.live);
		if (!err)
			err = sample_count(&run, json);
		live_close(run.live);
	}
	loop_close(&run.loop);
	return err;
}

#define MOST_BYTES (512u << 20) /* 65,536 resolvers take some 110 MB */
#define FRESH_S 10  /* a daemon gives the time of its last reading, normally at most 1 s old */
#define RETRY_S 2.2 /* by then it has read again */

int check_url(const char *url)
{
	if (daemon_url_is_valid(url))
		return 0;
	log_error("--url: '%s' is not http://, https:// or unix:/PATH", url);
	return -EINVAL;
}

static double time_left_s(__u64 deadline_ns)
{
	__u64 now = clock_monotonic_ns();

	return now < deadline_ns ? (double)(deadline_ns - now) / NS_PER_S : 0;
}

/* ---- a daemon ----------------------------------------------------------------------------- */

/* Rounded to 0.1 s, for the message; never 0, which would mean no limit. */
static double request_timeout_s(__u64 deadline_ns)
{
	return fmax(round(10 * time_left_s(deadline_ns)), 1) / 10;
}

/* Whom to ask, as whom, and until when. */
struct daemon_query {
	const char *url;
	const struct http_identity *identity;
	__u64 deadline_ns;
};

/* Reads the status page once. 0, or -errno and the reason in `why` */
static int daemon_fetch_status(const struct daemon_query *query, struct parsed_status *status,
			       struct buffer *why)
{
	const char *url = query->url;
	struct http_fetch_options ask = {.timeout_s = request_timeout_s(query->deadline_ns),
					 .most_bytes = MOST_BYTES,
					 .identity = *query->identity};
	char error[JSON_ERROR_SIZE];
	struct http_fetch_result got = {0};
	struct buffer page = {0};
	int err;

	daemon_page_url(&page, url, DAEMON_STATUS_PAGE);
	if (buffer_error(&page))
		return -ENOMEM;
	ask.url = page.text;
	ask.unix_socket = daemon_unix_socket(url);
	err = http_fetch(&ask, &got);
	if (err) {
		buffer_add(why, "%s%s", got.error, daemon_connect_hint(url, err));
	} else if (got.status != 200) {
		buffer_add(why, "%s answers with HTTP status %ld%s", url, got.status,
			   got.status == 404 ? DAEMON_HINT_ADDRESS : identity_hint(got.status));
		err = -EPROTO;
	} else {
		err = status_json_parse(got.body.text, got.body.used, status, error);
		if (err)
			buffer_add(why, "%s: cannot parse its status" DAEMON_HINT_ADDRESS ": %s",
				   url, err == -ENOMEM ? "out of memory" : error);
	}
	buffer_free(&got.body);
	buffer_free(&page);
	return err;
}

static double status_age_s(const struct parsed_status *status)
{
	return ((double)clock_wall_ns() - (double)status->snapshot.wall_ns) / NS_PER_S;
}

static void sleep_s(double seconds)
{
	struct timespec t = {.tv_sec = (time_t)seconds,
			     .tv_nsec = (long)(fmod(seconds, 1) * NS_PER_S)};

	nanosleep(&t, NULL);
}

/*
 * Reads the status again when its time is not that of this host. If its time has changed, the
 * clocks differ, by *skew_s; else the daemon has stopped. Returns 0, or -errno and the reason in
 * `why`.
 */
static int daemon_check_clock(const struct daemon_query *query, struct parsed_status *status,
			      double *skew_s, struct buffer *why)
{
	__u64 before = status->snapshot.wall_ns;
	double age = status_age_s(status);
	int err;

	parsed_status_free(status);
	if (time_left_s(query->deadline_ns) > RETRY_S) {
		sleep_s(RETRY_S);
		err = daemon_fetch_status(query, status, why);
		if (err)
			return err;
		if (status->snapshot.wall_ns > before) {
			*skew_s = -age;
			return 0;
		}
		parsed_status_free(status);
	}
	buffer_add(
		why,
		"%s: its status is %.0f s %s and does not change: the daemon has stopped counting",
		query->url, fabs(age), age > 0 ? "old" : "in the future");
	return -ESTALE;
}

static int status_from_daemon(const struct daemon_query *query, struct parsed_status *status,
			      struct check_origin *origin, struct buffer *why)
{
	int err = daemon_fetch_status(query, status, why);

	if (!err && fabs(status_age_s(status)) > FRESH_S)
		err = daemon_check_clock(query, status, &origin->skew_s, why);
	if (!err && !status->status.interface_count) {
		buffer_add(why, "%s: the daemon is attached to no interface", query->url);
		parsed_status_free(status);
		err = -ENODEV;
	}
	origin->url = query->url;
	return err;
}

static int ask_daemon(const struct check_options *options, const char *url, __u64 deadline_ns,
		      struct parsed_status *status, struct check_origin *origin, struct buffer *why)
{
	struct identity identity;
	struct daemon_query query = {url, &identity.http, deadline_ns};
	int err;

	log_set_sink(log_sink_buffer, why);
	err = identity_read(&options->identity, &identity);
	log_set_sink(NULL, NULL);
	if (!err)
		err = status_from_daemon(&query, status, origin, why);
	identity_free(&identity);
	return err;
}

/* ---- the status of a sample --------------------------------------------------------------- */

static int status_from_sample(const struct check_options *options, __u64 deadline_ns,
			      struct parsed_status *status, struct check_origin *origin,
			      struct buffer *why)
{
	struct buffer json = {0}, said = {0};
	char error[JSON_ERROR_SIZE];
	int err;

	log_set_sink(log_sink_buffer, &said);
	err = check_take_sample(options, deadline_ns, &json);
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

/* ---- the source --------------------------------------------------------------------------- */

/* Returns whether no daemon listens: then a sample is taken. A daemon that fails is reported. */
static int is_no_listener(int err)
{
	return err == -ECONNREFUSED || err == -EHOSTUNREACH || err == -ENETUNREACH;
}

int check_source(const struct check_options *options, __u64 deadline_ns,
		 struct parsed_status *status, struct check_origin *origin,
		 struct plugin_output *plugin)
{
	const char *url = options->url;
	int err = -ECONNREFUSED;

	if (!url && !options->sample) {
		url = daemon_find("--url", &plugin->text);
		if (!url) {
			plugin->status = PLUGIN_UNKNOWN;
			return -EPERM;
		}
	}

	memset(origin, 0, sizeof(*origin));
	if (!options->sample)
		err = ask_daemon(options, url, deadline_ns, status, origin, &plugin->text);
	if (err == -ETIMEDOUT)
		buffer_add(&plugin->text, " (--timeout %g)", options->timeout_s);
	if (options->sample || (is_no_listener(err) && !options->url)) {
		if (!options->sample)
			buffer_add(&plugin->text, "; ");
		err = status_from_sample(options, deadline_ns, status, origin, &plugin->text);
		if (!err)
			buffer_reset(&plugin->text);
	}
	if (err)
		plugin->status = PLUGIN_UNKNOWN;
	return err;
}
