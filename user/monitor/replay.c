/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See recording.h. */
#include "monitor/replay.h"

#include "util/log.h"
#include "util/clock.h"
#include "monitor/prefix_filter.h"
#include "monitor/query_watch.h"
#include "monitor/replay_engine.h"
#include "monitor/progress.h"
#include "health/judge.h"
#include "datapath/privileges.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The engine's clock starts here, so that its words have room for the time (see STATE_SHIFT). */
#define START_NS (1000 * NS_PER_S)
/* After so many seconds without a packet nothing changes any more: timeouts and windows are over.
 */
#define QUIET_TICKS 400

struct replay {
	struct engine_config config;
	struct prefix_filter_prefixes local;
	struct replay_engine *player;
	struct source *source;
	struct judge *judge;
	struct incidents *incidents;
	struct query_watch *watch;
	struct snapshot snapshot;
	struct resolver_status *judged;
	struct status report;
	struct source_stats stats;
	int has_offset;	   /* a UTC offset was given for times without a zone */
	long utc_offset_s; /* east of UTC */
	__u64 base_ns;	   /* wall time of the engine's time 0 */
	__u64 now;	   /* the engine's: the highest packet time so far */
	__u64 next_tick;
	__u64 last_tick; /* the engine's time of the last judgement */
	int played;	 /* packets since the last sweep */
};

/* ---- judging ----------------------------------------------------------------------------- */

static void on_sample(const struct sample *sample, void *context)
{
	struct replay *r = context;

	incidents_add_sample(r->incidents, sample);
	query_watch_sample(r->watch, sample);
}

/*
 * An ICMP message of a text that shows no quote was matched by its client and resolver alone. One
 * that fits no query says nothing about a forger, then.
 */
static void drop_inferred_suspicion(struct replay *r)
{
	size_t i;

	if (!source_stats(r->source)->unquoted_icmp)
		return;
	for (i = 0; i < r->snapshot.count; i++)
		r->judged[i].forged = 0;
}

static int tick(struct replay *r, __u64 now)
{
	int err = 0;

	query_watch_expire(r->watch, now);
	/* Nothing is in flight and nothing has come: there is nothing to end. */
	if (r->played || r->snapshot.in_flight || now / NS_PER_S % 60 == 0)
		err = r->player->calls->sweep(r->player, now);
	r->played = 0;
	r->last_tick = now;
	if (!err)
		err = r->player->calls->snapshot(r->player, &r->snapshot);
	r->snapshot.at_ns = now;
	r->snapshot.wall_ns = now + r->base_ns;
	if (!err)
		err = judge_tick(r->judge, &r->snapshot, r->judged);
	drop_inferred_suspicion(r);
	r->report.snapshot = &r->snapshot;
	r->report.interval_s = 1;
	r->report.resolvers = r->judged;
	r->report.count = r->snapshot.count;
	if (!err)
		err = incidents_tick(r->incidents, &r->report);
	return err;
}

/* Judge each second that has passed before `now`; of a long silence only its beginning. */
static int tick_until(struct replay *r, __u64 now)
{
	int ticks = 0, err = 0;

	while (!err && r->next_tick <= now) {
		if (ticks++ == QUIET_TICKS)
			r->next_tick += (now - r->next_tick) / NS_PER_S * NS_PER_S;
		err = tick(r, r->next_tick);
		r->next_tick += NS_PER_S;
	}
	return err;
}

/* ---- playing ----------------------------------------------------------------------------- */

/* Returns the packet's time in UTC where its zone is known; else as the source has it. */
static __u64 wall_time(const struct replay *r, const struct captured *c)
{
	const struct source_stats *s = source_stats(r->source);
	__u64 shift_ns = (__u64)labs(r->utc_offset_s) * NS_PER_S;

	if (!r->has_offset || s->zone_known || !s->date_known || c->time_ns < shift_ns)
		return c->time_ns;
	return r->utc_offset_s < 0 ? c->time_ns + shift_ns : c->time_ns - shift_ns;
}

static void set_time(struct replay *r, const struct captured *c)
{
	const struct source_stats *s = source_stats(r->source);
	__u64 time_ns = wall_time(r, c), now;

	incidents_set_zone_known(r->incidents, s->zone_known || (r->has_offset && s->date_known));
	if (!r->next_tick) {
		r->base_ns = time_ns - START_NS;
		r->next_tick = START_NS + NS_PER_S;
		r->now = START_NS;
		query_watch_set_base(r->watch, r->base_ns);
	}
	now = time_ns > r->base_ns + START_NS ? time_ns - r->base_ns : START_NS;
	if (now > r->now)
		r->now = now;
}

static int show_packet(struct replay *r, const struct captured *c, int out)
{
	query_watch_packet(r->watch, c, out, r->now);
	return r->player->calls->packet(r->player, c, out, r->now);
}

/* A query, a response and an ICMP message differ: each packet may be shown to both programs. */
static int play_packet(struct replay *r, const struct captured *c)
{
	int err;

	set_time(r, c);
	err = tick_until(r, r->now);
	r->played = 1;
	if (!c->protocol)
		return err; /* neither IPv4 nor IPv6, but its time counts */
	if (!err && prefix_filter_sends(&r->local, c))
		err = show_packet(r, c, 1);
	if (!err && prefix_filter_receives(&r->local, c))
		err = show_packet(r, c, 0);
	return err;
}

static int play_all(struct replay *r)
{
	struct progress progress;
	struct captured c;
	int got, err = 0;

	progress_begin(&progress);
	while ((got = source_next(r->source, &c)) > 0) {
		err = play_packet(r, &c);
		if (err) {
			log_error("the engine failed: %s", strerror(-err));
			break;
		}
		progress_show(&progress, r->source);
	}
	progress_end(&progress);
	r->stats = *source_stats(r->source);
	if (r->has_offset && !r->stats.date_known)
		log_warn("--utc-offset: the text has no dates, so its times stay as they are; give "
			 "--date too");
	r->stats.zone_known |= r->has_offset && r->stats.date_known;
	if (got < 0)
		return got;
	if (!r->next_tick) { /* no packet at all: 1970 */
		r->now = START_NS;
		r->base_ns = 0 - START_NS;
	}
	return err || (r->now == r->last_tick && !r->played) ? err : tick(r, r->now);
}

/* ---- open and close ---------------------------------------------------------------------- */

static int read_date(const char *text, __u64 *ret)
{
	struct tm t = {0}, check;
	char *end;

	*ret = 0;
	if (!text)
		return 0;
	end = strptime(text, "%Y-%m-%d", &t);
	check = t;
	if (!end || *end || t.tm_year < 70 || timegm(&check) < 0 || check.tm_mday != t.tm_mday) {
		log_error("--date: '%s' is not a date such as 2026-01-31", text);
		return -EINVAL;
	}
	*ret = (__u64)timegm(&t) * NS_PER_S;
	return 0;
}

/* Reads "+01:00", "-0500", "+02" or "Z" into seconds east of UTC. Returns 0 or -EINVAL. */
static int read_utc_offset(const char *text, long *ret)
{
	int digits[4] = {0}, n = 0;
	const char *c;
	long minutes;

	*ret = 0;
	if (!strcmp(text, "Z"))
		return 0;
	if (*text != '+' && *text != '-')
		return -EINVAL;
	for (c = text + 1; *c; c++) {
		if (*c == ':' && n == 2 && c[1])
			continue;
		if (*c < '0' || *c > '9' || n == 4)
			return -EINVAL;
		digits[n++] = *c - '0';
	}
	minutes = digits[2] * 10 + digits[3];
	if ((n != 2 && n != 4) || minutes > 59 || digits[0] * 10 + digits[1] > 14)
		return -EINVAL;
	minutes += (digits[0] * 10 + digits[1]) * 60;
	*ret = minutes * 60 * (*text == '-' ? -1 : 1);
	return 0;
}

static int read_options(struct replay *r, const struct replay_settings *o, int *kernel)
{
	*kernel = o->engine && !strcmp(o->engine, "kernel");
	if (o->engine && !*kernel && strcmp(o->engine, "native") != 0) {
		log_error("--engine: '%s' is neither native nor kernel", o->engine);
		return -EINVAL;
	}
	if (o->utc_offset && read_utc_offset(o->utc_offset, &r->utc_offset_s)) {
		log_error("--utc-offset: '%s' is not an offset such as +01:00", o->utc_offset);
		return -EINVAL;
	}
	r->has_offset = o->utc_offset != NULL;
	if (settings_config(&o->counting, &r->config))
		return -EINVAL;
	return prefix_filter_read(&o->local, &r->local);
}

static int make_room(struct replay *r, const struct replay_settings *o, incident_fn *f,
		     void *context)
{
	struct thresholds t = settings_thresholds(&o->counting);

	r->judge = judge_new(START_NS, &t);
	if (r->judge)
		r->incidents = incidents_new(judge_resolvers(r->judge), f, context);
	r->watch = r->incidents ? query_watch_new(&r->config, r->incidents) : NULL;
	r->judged = calloc(r->config.max_resolvers + RESOLVERS_RESERVED, sizeof(*r->judged));
	if (r->judge && r->watch && r->judged) {
		incidents_set_timeout(r->incidents, r->config.timeout_ns);
		return 0;
	}
	log_error("out of memory; try a smaller --max-resolvers");
	return -ENOMEM;
}

static int open_player(struct replay *r, int kernel)
{
	r->player = kernel ? replay_engine_kernel(&r->config, on_sample, r)
			   : replay_engine_native(&r->config, on_sample, r);
	if (!r->player)
		return -EIO;
	return kernel ? 0 : privileges_drop_all();
}

int replay_play(const char *file, const struct replay_settings *options, incident_fn *f,
		void *context, struct replay **ret)
{
	struct replay *r = calloc(1, sizeof(*r));
	struct source_options so = {0};
	__u16 ports[PORTS_MAX];
	int err, kernel = 0;
	__u32 i;

	if (!r)
		return -ENOMEM;
	err = read_options(r, options, &kernel);
	if (!err)
		err = read_date(options->date, &so.date_ns);
	for (i = 0; i < r->config.port_count; i++)
		ports[i] = ntohs(r->config.ports[i]);
	so.opened = options->opened;
	so.ports = ports;
	so.port_count = r->config.port_count;
	so.timeout_ns = r->config.timeout_ns;
	if (!err && make_room(r, options, f, context))
		err = -ENOMEM;
	if (!err)
		err = open_player(r, kernel);
	if (!err && source_open(file, &so, &r->source))
		err = -EIO;
	if (!err && play_all(r))
		err = -EIO;
	if (err) {
		replay_close(r);
		return err;
	}
	incidents_finish(r->incidents);
	*ret = r;
	return 0;
}

void replay_close(struct replay *r)
{
	if (!r)
		return;
	source_close(r->source);
	if (r->player)
		r->player->calls->close(r->player);
	query_watch_free(r->watch);
	incidents_free(r->incidents);
	judge_free(r->judge);
	free(r->judged);
	free(r);
}

/* ---- what came of it --------------------------------------------------------------------- */

const struct status *replay_status(const struct replay *r)
{
	return &r->report;
}

const struct source_stats *replay_stats(const struct replay *r)
{
	return &r->stats;
}

const struct incidents *replay_incidents(const struct replay *r)
{
	return r->incidents;
}

const struct excerpt *const *replay_excerpts(const struct replay *r, size_t *ret_count)
{
	return query_watch_excerpts(r->watch, ret_count);
}

const char *replay_engine(const struct replay *r)
{
	return r->player->calls->name;
}

__u64 replay_not_taken(const struct replay *r)
{
	return r->player->not_taken;
}
