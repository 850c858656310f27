// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See probe.h. One ppoll() loop for all resolvers. */
#include "probe/probe.h"

#include "probe/stream_query.h"
#include "util/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define TRIES PROBE_TRIES
#define TRIES_WHEN_HEARD 2 /* after an error, or a message that matched no query */

struct probe_job {
	struct probe_query queries[TRIES];
	struct tls_query *tls; /* of the first query, over TLS */
	unsigned int tries;
};

struct probe {
	const struct probe_options *options;
	struct probe_result *results;
	struct probe_job *jobs;
	struct pollfd *polled; /* TRIES of each job */
	size_t count;
	__u64 start_ns;
};

static __u64 probe_time_ns(const struct probe *p, double seconds)
{
	return p->start_ns + (__u64)(seconds * NS_PER_S);
}

static int job_has_open_query(const struct probe_job *job)
{
	unsigned int nth;

	for (nth = 0; nth < TRIES; nth++)
		if (job->queries[nth].fd >= 0)
			return 1;
	return 0;
}

static int job_may_repeat(const struct probe_job *job, const struct probe_result *result)
{
	int is_silent = result->outcome == PROBE_TIMED_OUT && !result->ignored;

	if (probe_is_stream(result))
		return !job->tries;
	return result->outcome != PROBE_ANSWERED &&
	       job->tries < (is_silent ? TRIES : TRIES_WHEN_HEARD);
}

/*
 * Updates the result of a resolver with the outcome of its query number `nth` (from 1): an answer
 * is final, and an error replaces a timeout.
 */
static void result_update(struct probe_result *result, const struct probe_result *news,
			  unsigned int nth)
{
	__u64 ignored = news->ignored;
	unsigned int tries = result->tries;
	int connected = news->connected;
	struct probe_tls tls = news->tls;

	if (news->outcome != PROBE_TIMED_OUT && result->outcome != PROBE_ANSWERED)
		*result = *news;
	result->ignored = ignored;
	result->connected = connected;
	result->tls = tls;
	result->tries = tries;
	if (news->outcome == PROBE_ANSWERED)
		result->answered_try = nth;
}

static void job_send_query(struct probe *p, size_t i)
{
	struct probe_job *job = &p->jobs[i];
	struct probe_result news = {.resolver = p->results[i].resolver,
				    .ignored = p->results[i].ignored};

	p->results[i].tries = ++job->tries;
	if (probe_is_stream(&news))
		stream_query_send(&job->queries[job->tries - 1], &p->options->question, &news);
	else
		query_send(&job->queries[job->tries - 1], &p->options->question, &news);
	result_update(&p->results[i], &news, job->tries);
}

static void job_receive(struct probe *p, size_t i)
{
	struct probe_job *job = &p->jobs[i];
	unsigned int nth;

	for (nth = 0; nth < TRIES; nth++) {
		struct probe_result news = {.resolver = p->results[i].resolver,
					    .ignored = p->results[i].ignored,
					    .connected = p->results[i].connected,
					    .tls = p->results[i].tls};

		if (job->queries[nth].fd < 0 || !p->polled[i * TRIES + nth].revents)
			continue;
		if (job->tls)
			tls_query_receive(job->tls, &job->queries[nth], &news);
		else if (probe_is_stream(&news))
			stream_query_receive(&job->queries[nth], &news);
		else
			query_receive(&job->queries[nth], &news);
		result_update(&p->results[i], &news, nth + 1);
	}
}

static __u64 job_due_ns(const struct probe *p, const struct probe_job *job)
{
	return probe_time_ns(p, p->options->retry_s * job->tries);
}

/* Sends the further queries that are due. Returns the time of the next step in ns; 0: it is over.
 */
static __u64 probe_send_due(struct probe *p, __u64 now)
{
	__u64 give_up = probe_time_ns(p, p->options->timeout_s), next = 0;
	size_t i;

	if (now >= give_up)
		return 0;
	for (i = 0; i < p->count; i++) {
		struct probe_job *job = &p->jobs[i];
		__u64 step = 0;

		if (job_may_repeat(job, &p->results[i]) && now >= job_due_ns(p, job))
			job_send_query(p, i);
		if (p->results[i].outcome != PROBE_ANSWERED && job_has_open_query(job))
			step = give_up;
		if (job_may_repeat(job, &p->results[i]) && job_due_ns(p, job) < give_up)
			step = job_due_ns(p, job);
		if (step && (!next || step < next))
			next = step;
	}
	return next;
}

static void probe_wait(struct probe *p, __u64 now, __u64 until)
{
	struct timespec timeout = {.tv_sec = (time_t)((until - now) / NS_PER_S),
				   .tv_nsec = (long)((until - now) % NS_PER_S)};
	size_t i, n;

	for (i = 0; i < p->count; i++)
		for (n = 0; n < TRIES; n++)
			p->polled[i * TRIES + n] =
				(struct pollfd){.fd = p->results[i].outcome == PROBE_ANSWERED
							      ? -1
							      : p->jobs[i].queries[n].fd,
						.events = p->jobs[i].queries[n].events};
	if (ppoll(p->polled, (nfds_t)(p->count * TRIES), &timeout, NULL) <= 0)
		return; /* the time is over, or a signal came: the caller looks at the clock */
	for (i = 0; i < p->count; i++)
		job_receive(p, i);
}

static void probe_run(struct probe *p)
{
	__u64 next, now;
	size_t i;

	p->start_ns = clock_monotonic_ns();
	for (i = 0; i < p->count; i++)
		job_send_query(p, i);
	for (now = clock_monotonic_ns(); (next = probe_send_due(p, now));
	     now = clock_monotonic_ns())
		if (next > now)
			probe_wait(p, now, next);
}

/* ---- all resolvers -------------------------------------------------------------------------- */

/* 0 or -errno */
static int job_init(struct probe_job *job, const struct probe_options *options,
		    struct probe_result *result)
{
	struct resolver_key key = result->resolver;
	unsigned int nth;

	*result = (struct probe_result){.resolver = key};
	for (nth = 0; nth < TRIES; nth++)
		job->queries[nth].fd = -1;
	if (key.transport != TRANSPORT_DOT)
		return 0;
	if (!options->trust)
		return -EINVAL;
	job->tls = tls_query_open(options->trust, result->tls.why);
	return job->tls ? 0 : -EIO;
}

static void job_close(struct probe_job *job)
{
	unsigned int nth;

	for (nth = 0; nth < TRIES; nth++)
		query_close(&job->queries[nth]);
	tls_query_close(job->tls);
}

int probe_all(const struct probe_options *options, struct probe_result *results, size_t count)
{
	struct probe p = {.options = options, .results = results, .count = count};
	__u8 bytes[QUERY_MESSAGE_SIZE];
	size_t i, begun = 0;
	int err = 0;

	if (query_message_write(&options->question, 0, bytes) < 0)
		return -EINVAL;
	p.jobs = calloc(count + 1, sizeof(*p.jobs));
	p.polled = calloc((count + 1) * TRIES, sizeof(*p.polled));
	if (!p.jobs || !p.polled)
		err = -ENOMEM;
	while (!err && begun < count) {
		err = job_init(&p.jobs[begun], options, &results[begun]);
		begun++;
	}
	if (!err)
		probe_run(&p);
	for (i = 0; i < begun; i++)
		job_close(&p.jobs[i]);
	free(p.jobs);
	free(p.polled);
	return err;
}
