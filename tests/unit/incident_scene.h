/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A scene with incidents: what the engine would count, second by second, with its moments and
 * samples. Wall time is the scene's clock and a difference, so that mixing them up shows.
 */
#ifndef INCIDENT_SCENE_H
#define INCIDENT_SCENE_H

#include "scene.h"

#include "util/buffer.h"
#include "health/counters.h"
#include "util/dns.h"
#include "health/incident.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#define WALL_NS (1700000000 * NS_PER_S) /* what the scene's clock is behind by */
#define HEARD_MAX 512

struct heard {
	enum incident_event event;
	__u64 id, end_ns, closed_ns;
};

struct incident_scene {
	struct scene scene;
	struct incidents *incidents;
	__u64 wall_ns; /* added to the clock */
	struct heard heard[HEARD_MAX];
	size_t heard_count;
};

static inline void hear(const struct incident *incident, enum incident_event event, void *context)
{
	struct incident_scene *s = context;

	assert_true(s->heard_count < HEARD_MAX);
	s->heard[s->heard_count++] =
		(struct heard){event, incident->id, incident->end_ns, incident->closed_ns};
}

static inline void incidents_begin(struct incident_scene *s)
{
	memset(s, 0, sizeof(*s));
	scene_begin(&s->scene, NULL);
	s->wall_ns = WALL_NS;
	s->incidents = incidents_new(judge_resolvers(s->scene.judge), hear, s);
	assert_non_null(s->incidents);
}

static inline void incidents_end(struct incident_scene *s)
{
	incidents_free(s->incidents);
	scene_end(&s->scene);
}

static inline const struct incident *incident_number(const struct incident_scene *s, size_t number)
{
	size_t count;
	const struct incident *const *list = incidents_list(s->incidents, &count);

	assert_true(number <= count);
	return list[number - 1];
}

static inline size_t incident_count(const struct incident_scene *s)
{
	size_t count;

	incidents_list(s->incidents, &count);
	return count;
}

/* The scene's clock at `second`. */
static inline __u64 clock_at(double second)
{
	return SCENE_START_NS + (__u64)(second * 1e9 + 0.5);
}

static inline void tick_at(struct incident_scene *s, double second)
{
	struct scene *scene = &s->scene;

	scene->now_s = second;
	scene->snapshot.at_ns = clock_at(second);
	scene->snapshot.wall_ns = scene->snapshot.at_ns + s->wall_ns;
	scene_judge(scene->judge, s->incidents, &scene->snapshot, scene->out);
	scene->status.count = scene->snapshot.count;
}

static inline void tick(struct incident_scene *s)
{
	tick_at(s, s->scene.now_s + 1);
}

/* A transaction of resolver `r` opened at `sent` that ends by `outcome` at `ended`. */
static inline void settle(struct incident_scene *s, unsigned int r, enum counter outcome,
			  double sent, double ended)
{
	struct resolver_counters *c = &s->scene.resolvers[r].counters;

	c->n[COUNTER_QUERIES]++;
	c->n[COUNTER_TRANSACTIONS]++;
	c->n[outcome]++;
	if (outcome == COUNTER_ANSWERED_NOERROR || outcome == COUNTER_ANSWERED_NXDOMAIN) {
		c->at[MOMENT_LAST_ANSWERED] = clock_at(ended);
		return;
	}
	if (c->at[MOMENT_LAST_ANSWERED] >= c->at[MOMENT_LAST_FAILURE])
		c->at[MOMENT_RUN_START] = clock_at(sent);
	c->at[MOMENT_LAST_FAILURE] = clock_at(ended);
}

/* One second in which so many of resolver `r` end as they do, sent half a second before. */
static inline void second_of(struct incident_scene *s, unsigned int r, unsigned int answered,
			     unsigned int timed_out)
{
	double now = s->scene.now_s;

	while (answered--)
		settle(s, r, COUNTER_ANSWERED_NOERROR, now + 0.25, now + 0.5);
	while (timed_out--)
		settle(s, r, COUNTER_TIMED_OUT, now + 0.25, now + 0.75);
}

static inline struct ip_address address(const char *text)
{
	struct ip_address address;
	__u32 scope;

	assert_int_equal(address_parse(text, &address, &scope), 0);
	return address;
}

/* A port unreachable from the resolver itself, which quotes a question for `name`. */
static inline struct sample sample_of(const struct resolver_key *resolver, const char *client,
				      const char *name)
{
	struct sample sample = {.type = 3, .code = 3, .version = 4, .ttl = 64, .matched = 1};
	struct dns_question question = {.type = 1, .class = 1};
	int length;

	sample.key = (struct transaction_key){.client = address(client),
					      .resolver = resolver->address,
					      .scope = resolver->scope,
					      .client_port = htons(52444),
					      .resolver_port = resolver->port,
					      .id = htons(35084),
					      .transport = resolver->transport};
	sample.reporter = resolver->address;
	strcpy(question.name, name);
	length = dns_question_write(&question, sample.question, sizeof(sample.question));
	assert_true(length > 0);
	sample.question_length = (__u32)length;
	return sample;
}

static inline void send_sample(struct incident_scene *s, struct sample *sample, double at)
{
	sample->time_ns = clock_at(at);
	incidents_add_sample(s->incidents, sample);
}

/* A query of `client` for `name`, sent at `sent`; *outcome and *rcode to be set. */
static inline struct failed_query failed_query_of(const struct resolver_key *resolver,
						  const char *client, const char *name, double sent)
{
	struct sample sample = sample_of(resolver, client, name);
	struct failed_query query = {.time_ns = clock_at(sent),
				     .key = sample.key,
				     .question_length = sample.question_length,
				     .has_id = 1};

	memcpy(query.question, sample.question, sizeof(query.question));
	return query;
}

/* ---- the incident of tests/capture/reference.txt --------------------------------------------- */

#define AT(hour, minute, second) ((hour)*3600.0 + (minute)*60.0 + (second))
#define REFERENCE_BEGIN AT(13, 24, 30) /* second 0 of the scene */

/* In the order of time; a timeout counts 5 s after its query. */
static const struct reference_event {
	double at;
	enum counter counters[4]; /* 0 is `queries`, and ends the row elsewhere than in front */
	int failure, message;
} reference_events[] = {
	{AT(13, 24, 32.192571), {COUNTER_QUERIES, COUNTER_TRANSACTIONS}, 0, 0},
	{AT(13, 24, 36.098564),
	 {COUNTER_ICMP_PORT, COUNTER_UNREACHABLE_PORT, COUNTER_EVIDENCE_PORT},
	 1,
	 1},
	{AT(13, 26, 32.192571), {COUNTER_QUERIES, COUNTER_TRANSACTIONS}, 0, 0},
	{AT(13, 26, 37.192571), {COUNTER_TIMED_OUT}, 1, 0},
	{AT(13, 27, 15.934126),
	 {COUNTER_ICMP_PORT, COUNTER_LATE_UNREACHABLES, COUNTER_EVIDENCE_PORT},
	 1,
	 1},
	{AT(13, 28, 32.192571), {COUNTER_QUERIES, COUNTER_TRANSACTIONS}, 0, 0},
	{AT(13, 28, 37.192571), {COUNTER_TIMED_OUT}, 1, 0},
	{AT(13, 28, 50.022967),
	 {COUNTER_ICMP_PORT, COUNTER_LATE_UNREACHABLES, COUNTER_EVIDENCE_PORT},
	 1,
	 1},
};

#define REFERENCE_EVENTS (sizeof(reference_events) / sizeof(*reference_events))

static inline void reference_event(struct incident_scene *s, const struct reference_event *event)
{
	struct resolver_counters *c = &s->scene.resolvers[0].counters;
	double at = event->at - REFERENCE_BEGIN;
	struct sample sample;
	size_t i;

	s->scene.snapshot.count = 1; /* its first query makes the entry */
	for (i = 0; i < 4 && (!i || event->counters[i]); i++)
		c->n[event->counters[i]]++;
	if (event->failure) {
		c->at[MOMENT_RUN_START] = clock_at(AT(13, 24, 32.192571) - REFERENCE_BEGIN);
		c->at[MOMENT_LAST_FAILURE] = clock_at(at);
	}
	if (event->message) {
		sample = sample_of(&s->scene.resolvers[0].key, "192.51.100.15",
				   "yummyrecipesforme.com");
		send_sample(s, &sample, at);
	}
}

/* As a log without a date has it: since 1970-01-01 00:00:00. */
static inline void reference_begin(struct incident_scene *s)
{
	incidents_begin(s);
	s->wall_ns = (__u64)(REFERENCE_BEGIN * 1e9) - SCENE_START_NS;
	s->scene.resolvers[0].key = scene_key("203.0.113.2");
	s->scene.snapshot.count = 0;
}

/* Snapshots each second, the last one at `until` (of the day). */
static inline void reference_run(struct incident_scene *s, double until)
{
	size_t next = 0;
	double at, now;

	for (at = REFERENCE_BEGIN + 1; at < until + 1; at++) {
		now = at < until ? at : until;
		for (; next < REFERENCE_EVENTS && reference_events[next].at <= now; next++)
			reference_event(s, &reference_events[next]);
		tick_at(s, now - REFERENCE_BEGIN);
	}
}

/* The finished incident; `s` is to be ended with incidents_end(). */
static inline const struct incident *reference_incident(struct incident_scene *s)
{
	reference_begin(s);
	reference_run(s, AT(13, 28, 50.022967));
	incidents_finish(s->incidents);
	return incident_number(s, 1);
}

#endif
