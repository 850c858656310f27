/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A recording played through an engine, from its packets to the status. */
#include "monitor/replay.h"

#include "capture/reader.h"
#include "util/address.h"
#include "util/log.h"
#include "util/clock.h"
#include "monitor/packet_clock.h"
#include "monitor/pipeline.h"
#include "monitor/prefix_filter.h"
#include "monitor/query_watch.h"
#include "monitor/replay_engine.h"
#include "monitor/sampled_queries.h"
#include "monitor/progress.h"
#include "capture/input.h"
#include "datapath/privileges.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The engine's clock starts here, so that its words have room for the time (see STATE_SHIFT). */
#define START_NS (1000 * NS_PER_S)
/* More than that from its start on, and the engine's time skips a silence. */
#define SPAN_MAX_NS (15ULL * 366 * 24 * 3600 * NS_PER_S)
#define SILENCE_NS (2 * 3600 * NS_PER_S) /* after which the past hour is forgotten */
#define TIMEOUTS_KEPT                                                                              \
	64 /* seconds in which queries time out: more than the longest timeout has                 \
	    */

struct replay {
	struct engine_config config;
	struct prefix_filter local;
	struct replay_engine *engine;
	struct source *source;
	struct pipeline pipeline;
	struct query_watch *watch;
	struct sampled_queries *sampled; /* over TCP and TLS, which the watch does not see */
	struct packet_clock *clock;
	const struct captured *current; /* the packet that was read last, */
	unsigned int directions;	/* and the programs that would look into it */
	struct source_stats stats;
	struct incident_message unmatched[INCIDENT_SAMPLES]; /* the first ones */
	size_t unmatched_count;
	int has_offset;	    /* a UTC offset was given for times without a zone */
	long utc_offset_s;  /* east of UTC */
	__u64 base_ns;	    /* wall time of the engine's time 0 */
	__u64 now;	    /* the engine's: the highest packet time so far */
	__u64 last_wall_ns; /* of the latest packet, other traffic included */
	__u64 last_tick;    /* the engine's time of the last judgement; 0: no packet yet */
	__u64 played_ns;    /* of the last packet since then; 0: none */
	__u64 timeouts[TIMEOUTS_KEPT]; /* seconds, in order; indices run on */
	__u32 timeouts_first, timeouts_last;
};

/* ---- judging ----------------------------------------------------------------------------- */

static void on_replay_sample(const struct sample *sample, void *context)
{
	struct replay *r = context;

	if (sample->key.transport > TRANSPORT_UDP)
		sampled_queries_join(r->sampled, sample);
	if (sample->kind != SAMPLE_ICMP)
		return; /* the watch sees all queries and responses */
	incidents_add_sample(r->pipeline.incidents, sample);
	query_watch_sample(r->watch, sample);
	if (!sample->matched && !sample->unsent && r->unmatched_count < INCIDENT_SAMPLES)
		r->unmatched[r->unmatched_count++] =
			(struct incident_message){sample->time_ns + r->base_ns, *sample};
}

/* Returns the whole second at or after a moment. */
static __u64 second_from(__u64 at_ns)
{
	return (at_ns + NS_PER_S - 1) / NS_PER_S * NS_PER_S;
}

/* Returns the whole second after a moment. */
static __u64 second_after(__u64 at_ns)
{
	return (at_ns / NS_PER_S + 1) * NS_PER_S;
}

/* Judges at `now`; whole seconds up to `quiet_until` have passed with nothing counted. */
static int replay_tick(struct replay *r, __u64 now, __u64 quiet_until)
{
	struct snapshot *snapshot = &r->pipeline.snapshot;
	int err;

	query_watch_expire(r->watch, now);
	while (r->timeouts_first != r->timeouts_last &&
	       r->timeouts[r->timeouts_first % TIMEOUTS_KEPT] <= now)
		r->timeouts_first++;
	err = r->engine->ops->sweep(r->engine, now);
	r->played_ns = 0;
	if (!err)
		err = r->engine->ops->snapshot(r->engine, snapshot);
	snapshot->at_ns = now;
	snapshot->wall_ns = now + r->base_ns;
	snapshot->quiet_until_ns = quiet_until > r->last_tick ? quiet_until : 0;
	r->last_tick = now;
	/*
	 * An ICMP message of a text that shows no quote was matched by its client and resolver
	 * alone. One that matches no query is no sign of a forger, then.
	 */
	judge_set_without_suspicion(r->pipeline.judge, source_stats(r->source)->unquoted_icmp > 0);
	return err ? err : pipeline_tick(&r->pipeline);
}

/* Notes the second in which a query that is sent at `now` times out, unless it has ended by then.
 */
static void replay_add_timeout(struct replay *r, __u64 now)
{
	__u64 at_ns = second_after(now + r->config.timeout_ns);

	if (r->timeouts_first != r->timeouts_last &&
	    r->timeouts[(r->timeouts_last - 1) % TIMEOUTS_KEPT] >= at_ns)
		return;
	r->timeouts[r->timeouts_last++ % TIMEOUTS_KEPT] = at_ns;
}

/* Returns the next second in which a transaction may time out; DUE_NEVER: none is open. */
static __u64 replay_next_timeout(struct replay *r)
{
	if (r->timeouts_first == r->timeouts_last)
		return DUE_NEVER;
	if (r->engine->ops->has_open(r->engine))
		return r->timeouts[r->timeouts_first % TIMEOUTS_KEPT];
	r->timeouts_first = r->timeouts_last; /* all of them have ended */
	return DUE_NEVER;
}

/* Returns the next second in which anything happens; DUE_NEVER: none. */
static __u64 replay_next_second(struct replay *r)
{
	__u64 due_ns, each_ns;

	if (r->played_ns)
		return second_after(r->played_ns);
	due_ns = pipeline_next_due_ns(&r->pipeline);
	each_ns = query_watch_next_ns(r->watch);
	due_ns = each_ns < due_ns ? each_ns : due_ns;
	if (due_ns != DUE_NEVER)
		due_ns = second_from(due_ns);
	each_ns = replay_next_timeout(r);
	due_ns = each_ns < due_ns ? each_ns : due_ns;
	return due_ns > r->last_tick ? due_ns : second_after(r->last_tick);
}

/* Judges each second that has passed before `now` and in which anything happened. */
static int replay_tick_until(struct replay *r, __u64 now)
{
	__u64 second;
	int err = 0;

	while (!err && (second = replay_next_second(r)) <= now)
		err = replay_tick(r, second, second - NS_PER_S);
	return err;
}

/*
 * Lets the silence before `time_ns` pass in the engine as far as anything changes in it, and moves
 * the engine's time so that this packet comes right behind it: the state words of transactions have
 * no room for decades. Returns 0 or -errno.
 */
static int replay_skip_silence(struct replay *r, __u64 time_ns)
{
	int err = replay_tick_until(r, r->now + SILENCE_NS);

	r->now += SILENCE_NS;
	r->base_ns = time_ns - r->now;
	query_watch_set_base(r->watch, r->base_ns);
	return err;
}

/* ---- playing ----------------------------------------------------------------------------- */

/* Returns the packet's time in UTC where its zone is known; else as the source has it. */
static __u64 replay_wall_ns(const struct replay *r, const struct captured *c)
{
	const struct source_stats *s = source_stats(r->source);
	__u64 shift_ns = (__u64)labs(r->utc_offset_s) * NS_PER_S;

	if (!r->has_offset || s->zone_known || !s->date_known || c->time_ns < shift_ns)
		return c->time_ns;
	return r->utc_offset_s < 0 ? c->time_ns + shift_ns : c->time_ns - shift_ns;
}

/* Sets the engine's time to that of a packet; the first packet sets its base. */
static void replay_set_time(struct replay *r, __u64 time_ns)
{
	const struct source_stats *s = source_stats(r->source);

	incidents_set_zone_known(r->pipeline.incidents,
				 s->zone_known || (r->has_offset && s->date_known));
	if (!r->last_tick) {
		r->base_ns = time_ns - START_NS;
		r->last_tick = START_NS;
		r->now = START_NS;
		query_watch_set_base(r->watch, r->base_ns);
	}
	r->now = time_ns - r->base_ns;
}

static int replay_run_program(struct replay *r, const struct captured *c, int out)
{
	query_watch_packet(r->watch, c, out, r->now);
	if (out)
		replay_add_timeout(r, r->now);
	return r->engine->ops->packet(r->engine, out, r->now);
}

/* Runs a packet, whose time is known now, through the programs that would look into it. */
static int on_replay_packet(const struct captured *c, __u64 time_ns, void *context)
{
	struct replay *r = context;
	unsigned int directions = r->directions;
	int err = 0;

	if (c != r->current) /* one that was held back: the engine has another one now */
		directions = replay_engine_set_packet(r->engine, c);
	if (time_ns - r->base_ns > SPAN_MAX_NS && r->last_tick)
		err = replay_skip_silence(r, time_ns);
	replay_set_time(r, time_ns);
	if (!err)
		err = replay_tick_until(r, r->now);
	r->played_ns = r->now;
	if (!err && directions & NATIVE_OUT && prefix_filter_sends(&r->local, c))
		err = replay_run_program(r, c, 1);
	if (!err && directions & NATIVE_IN && prefix_filter_receives(&r->local, c))
		err = replay_run_program(r, c, 0);
	return err;
}

/* Other traffic changes nothing, and moves no time. */
static int replay_add_packet(struct replay *r, const struct captured *c)
{
	r->current = c;
	r->directions = replay_engine_set_packet(r->engine, c);
	r->last_wall_ns = replay_wall_ns(r, c);
	if (r->directions == NATIVE_TUNNEL)
		return r->engine->ops->packet(r->engine, 1, r->now);
	return r->directions ? packet_clock_add(r->clock, c, r->last_wall_ns) : 0;
}

static int replay_run(struct replay *r)
{
	struct progress progress;
	struct captured c;
	int got, err = 0;

	progress_open(&progress);
	while ((got = source_next(r->source, &c)) > 0) {
		err = replay_add_packet(r, &c);
		if (err)
			break;
		progress_update(&progress, r->source);
	}
	progress_close(&progress);
	r->current = NULL;
	if (!err && got >= 0)
		err = packet_clock_finish(r->clock);
	if (err)
		log_error("the engine failed: %s", strerror(-err));
	r->stats = *source_stats(r->source);
	if (r->has_offset && !r->stats.date_known)
		log_warn("--utc-offset: the text has no dates, so its times stay as they are; give "
			 "--date too");
	r->stats.zone_known |= r->has_offset && r->stats.date_known;
	if (got < 0)
		return got;
	if (!r->last_tick) { /* only other traffic, or no packet at all: 1970 */
		r->now = START_NS;
		r->base_ns = r->last_wall_ns - START_NS;
	}
	return err ? err : replay_tick(r, r->now, r->now / NS_PER_S * NS_PER_S);
}

/* ---- open and close ---------------------------------------------------------------------- */

static int parse_date(const char *text, __u64 *ret)
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

/* Parses "+01:00", "-0500", "+02" or "Z" into seconds east of UTC. Returns 0 or -EINVAL. */
static int parse_utc_offset(const char *text, long *ret)
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

static int replay_parse_options(struct replay *r, const struct replay_settings *o, int *kernel)
{
	*kernel = o->engine && !strcmp(o->engine, "kernel");
	if (o->engine && !*kernel && strcmp(o->engine, "native") != 0) {
		log_error("--engine: '%s' is neither native nor kernel", o->engine);
		return -EINVAL;
	}
	if (o->utc_offset && parse_utc_offset(o->utc_offset, &r->utc_offset_s)) {
		log_error("--utc-offset: '%s' is not an offset such as +01:00", o->utc_offset);
		return -EINVAL;
	}
	r->has_offset = o->utc_offset != NULL;
	if (settings_config(&o->counting, &r->config))
		return -EINVAL;
	return prefix_filter_parse(&o->local, &r->local);
}

static int replay_open_pipeline(struct replay *r, const struct replay_settings *o, incident_fn *f,
				void *context)
{
	int err = pipeline_open(&r->pipeline, &o->counting, &r->config, START_NS, f, context);

	if (err)
		return err;
	r->watch = query_watch_new(&r->config, r->pipeline.incidents);
	r->clock = packet_clock_new(on_replay_packet, r);
	r->sampled = sampled_queries_new(r->config.timeout_ns, r->pipeline.incidents);
	if (r->watch && r->clock && r->sampled)
		return 0;
	log_error("out of memory");
	return -ENOMEM;
}

/*
 * Opens the engine for the packets of r->source. A text has the connects over TCP and not the bytes
 * of their messages, so that no stream is followed.
 */
static int replay_open_engine(struct replay *r, int kernel)
{
	if (source_stats(r->source)->is_text)
		r->config.max_streams = 0;
	r->engine = kernel ? replay_engine_kernel(&r->config, on_replay_sample, r)
			   : replay_engine_native(&r->config, on_replay_sample, r);
	return r->engine ? 0 : -EIO;
}

int replay_open(const char *file, const struct replay_settings *options, incident_fn *f,
		void *context, struct replay **ret)
{
	struct replay *r = calloc(1, sizeof(*r));
	struct source_options so = {0};
	struct input own = {.fd = -1};
	__u16 ports[PORTS_MAX];
	int err, kernel = 0;
	__u32 i;

	if (!r)
		return -ENOMEM;
	err = replay_parse_options(r, options, &kernel);
	if (!err)
		err = parse_date(options->date, &so.date_ns);
	for (i = 0; i < r->config.port_count; i++)
		ports[i] = ntohs(r->config.ports[i]);
	address_use_recorded_scopes();
	address_set_scope_name(LOOPBACK_IFINDEX, "lo");
	address_set_scope_name(INTERFACE_UNKNOWN, ""); /* unless the recording names it */
	so.opened = options->opened ? options->opened : &own;
	so.ports = ports;
	so.port_count = r->config.port_count;
	so.timeout_ns = r->config.timeout_ns;
	if (!err && replay_open_pipeline(r, options, f, context))
		err = -ENOMEM;
	/* Before privileges are dropped: the file may be root's. */
	if (!err && !options->opened && input_open(&own, file))
		err = -EIO;
	if (!err && !kernel)
		err = privileges_drop_all();
	if (!err && source_open(file, &so, &r->source))
		err = -EIO;
	if (!err)
		err = replay_open_engine(r, kernel);
	if (!err && replay_run(r))
		err = -EIO;
	input_close(&own);
	if (err) {
		replay_close(r);
		return err;
	}
	incidents_finish(r->pipeline.incidents);
	pipeline_status(&r->pipeline);
	*ret = r;
	return 0;
}

void replay_close(struct replay *r)
{
	if (!r)
		return;
	source_close(r->source);
	if (r->engine)
		r->engine->ops->close(r->engine);
	query_watch_free(r->watch);
	sampled_queries_free(r->sampled);
	packet_clock_free(r->clock);
	pipeline_close(&r->pipeline);
	free(r);
}

/* ---- results ----------------------------------------------------------------------------- */

const struct status *replay_status(const struct replay *r)
{
	return &r->pipeline.status;
}

const struct source_stats *replay_stats(const struct replay *r)
{
	return &r->stats;
}

const struct incidents *replay_incidents(const struct replay *r)
{
	return r->pipeline.incidents;
}

const struct excerpt *const *replay_excerpts(const struct replay *r, size_t *ret_count)
{
	return query_watch_excerpts(r->watch, ret_count);
}

const struct incident_message *replay_unmatched(const struct replay *r, size_t *ret_count)
{
	*ret_count = r->unmatched_count;
	return r->unmatched;
}

const char *replay_engine_name(const struct replay *r)
{
	return r->engine->ops->name;
}

__u64 replay_odd_times(const struct replay *r)
{
	return packet_clock_odd(r->clock);
}
