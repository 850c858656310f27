// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* An own sample for `dnsreach check`: attach, count for some seconds, detach. */
#include "check/check.h"

#include "util/log.h"
#include "util/address.h"
#include "util/clock.h"
#include "monitor/live.h"
#include "util/event_loop.h"
#include "view/status_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SETTLED_ENOUGH 3 /* to be judged by */

struct sample_run {
	const struct check_options *options;
	__u64 deadline_ns;
	unsigned long long seconds;
	struct live *live;
	struct loop loop;
	int is_whole; /* ended by itself, not by a signal */
};

/* Nobody waits for an outcome any more, but for those who can be judged without. */
static int has_enough(const struct status *report)
{
	size_t i;

	for (i = 0; i < report->count; i++) {
		const struct resolver_status *r = &report->resolvers[i];

		if (r->now->in_flight && r->windows[WINDOW_1M].settled < SETTLED_ENOUGH)
			return 0;
	}
	return 1;
}

static int tick(unsigned long long seconds, void *context)
{
	struct sample_run *run = context;
	int err = live_tick(run->live);

	run->seconds += seconds;
	if (err || run->seconds < run->options->interval_s)
		return err;
	if (has_enough(live_status(run->live, (double)run->seconds)) ||
	    clock_monotonic_ns() + NS_PER_S > run->deadline_ns)
		run->is_whole = run->loop.ended = 1;
	return 0;
}

static void follow(void *context)
{
	live_follow(context);
}

static int count_for_a_while(struct sample_run *run, struct buffer *json)
{
	int err = loop_add(&run->loop, live_fd(run->live), follow, run->live);

	if (!err)
		err = loop_run(&run->loop, tick, run);
	if (!err && !run->is_whole) {
		log_error("ended by a signal");
		return -EINTR;
	}
	if (!err)
		err = live_finish(run->live);
	if (!err)
		err = status_json_write(json, live_status(run->live, (double)run->seconds), NULL);
	return err;
}

int check_sample(const struct check_options *options, __u64 deadline_ns, struct buffer *json)
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
			err = count_for_a_while(&run, json);
		live_close(run.live);
	}
	loop_close(&run.loop);
	return err;
}
