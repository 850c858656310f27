// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sampled queries, in a ring in the order of the engine and in chains by their opening time. The
 * engine bounds their rate for each resolver and in total, so the ring holds those of a timeout and
 * some seconds. An older one is overwritten.
 */
#include "monitor/sampled_queries.h"

#include "util/clock.h"

#include <stdlib.h>
#include <string.h>

#define SAMPLED_MIN 1024
#define SAMPLED_MAX 8192 /* powers of two */
#define SLACK_S 3	 /* from a timeout to the sweep that counts it, and to its sample */

struct sampled_query {
	__u64 number; /* counts up; 0: never used */
	__u64 chain;  /* number of the next older one with this hash */
	struct failed_query query;
};

struct sampled_queries {
	struct incidents *incidents;
	__u64 timeout_ns;
	__u64 last; /* number */
	size_t count;
	__u64 *heads;
	struct sampled_query *queries;
};

struct sampled_queries *sampled_queries_new(__u64 timeout_ns, struct incidents *incidents)
{
	struct sampled_queries *sampled = calloc(1, sizeof(*sampled));
	__u64 wanted = (timeout_ns / NS_PER_S + SLACK_S) * SAMPLES_QUERIES_MAX;

	if (!sampled)
		return NULL;
	sampled->incidents = incidents;
	sampled->timeout_ns = timeout_ns;
	for (sampled->count = SAMPLED_MIN; sampled->count < wanted && sampled->count < SAMPLED_MAX;)
		sampled->count *= 2;
	sampled->heads = calloc(sampled->count, sizeof(*sampled->heads));
	sampled->queries = calloc(sampled->count, sizeof(*sampled->queries));
	if (sampled->heads && sampled->queries)
		return sampled;
	sampled_queries_free(sampled);
	return NULL;
}

void sampled_queries_free(struct sampled_queries *sampled)
{
	if (!sampled)
		return;
	free(sampled->heads);
	free(sampled->queries);
	free(sampled);
}

static __u64 *sampled_head(struct sampled_queries *sampled, __u64 opened_ns)
{
	__u64 hash = opened_ns * 0x9fb21c651e98df25ULL;

	return &sampled->heads[(hash ^ hash >> 32) % sampled->count];
}

static struct sampled_query *sampled_at(struct sampled_queries *sampled, __u64 number)
{
	struct sampled_query *query = &sampled->queries[number % sampled->count];

	return number && query->number == number ? query : NULL;
}

/* Tests whether both keys are of one transaction. A short quote does not tell the message ID. */
static int is_same_transaction(const struct transaction_key *query, const struct sample *sample)
{
	struct transaction_key key = sample->key;

	if (sample->short_quote)
		key.id = query->id;
	return !memcmp(query, &key, sizeof(key));
}

/* Returns the sampled query that opened the transaction of `sample`; NULL: it was not sampled. */
static const struct failed_query *sampled_find(struct sampled_queries *sampled,
					       const struct sample *sample)
{
	struct sampled_query *query =
		sampled_at(sampled, *sampled_head(sampled, sample->opened_ns));

	for (; query; query = sampled_at(sampled, query->chain))
		if (query->query.time_ns == sample->opened_ns &&
		    is_same_transaction(&query->query.key, sample))
			return &query->query;
	return NULL;
}

static enum failed_what failed_what_of(const struct sample *sample)
{
	if (sample->key.transport <= TRANSPORT_UDP)
		return FAILED_QUERY;
	if (sample->short_quote)
		return FAILED_CONNECT;
	return sample->key.transport == TRANSPORT_DOT ? FAILED_SESSION : FAILED_QUERY;
}

static struct failed_query failed_query_of(const struct sample *sample)
{
	enum failed_what what = failed_what_of(sample);
	struct failed_query query = {.time_ns = sample->opened_ns ? sample->opened_ns
								  : sample->time_ns,
				     .key = sample->key,
				     .question_length = sample->question_length,
				     .rcode = sample->rcode,
				     .what = what,
				     .has_id = !sample->short_quote && what == FAILED_QUERY};

	memcpy(query.question, sample->question, sizeof(query.question));
	return query;
}

static void sampled_insert(struct sampled_queries *sampled, const struct sample *sample)
{
	__u64 *head = sampled_head(sampled, sample->opened_ns), number = ++sampled->last;
	struct sampled_query *query = &sampled->queries[number % sampled->count];

	query->number = number;
	query->chain = *head;
	query->query = failed_query_of(sample);
	*head = number;
}

/* Adds the transaction with the question of its query; else with that of the sample, if any. */
static void sampled_fail(struct sampled_queries *sampled, const struct sample *sample,
			 enum failed_outcome outcome)
{
	int is_query = failed_what_of(sample) == FAILED_QUERY;
	const struct failed_query *query = is_query ? sampled_find(sampled, sample) : NULL;
	struct failed_query failed = query ? *query : failed_query_of(sample);

	failed.outcome = outcome;
	failed.rcode = sample->rcode;
	incidents_add_failed(sampled->incidents, &failed);
}

/*
 * Tells how the sample's transaction failed. A late ICMP message does not end its transaction,
 * which had timed out. Returns 1, or 0: the sample tells of no failure.
 */
static int failed_outcome_of(const struct sample *sample, __u64 timeout_ns,
			     enum failed_outcome *ret)
{
	switch (sample->kind) {
	case SAMPLE_ICMP:
		*ret = sample->unsent ? FAILED_UNSENT : FAILED_UNREACHABLE;
		return sample->unsent || (sample->matched && sample->opened_ns &&
					  sample->time_ns <= sample->opened_ns + timeout_ns);
	case SAMPLE_ANSWERED:
		*ret = failed_what_of(sample) == FAILED_QUERY ? FAILED_ANSWERED : FAILED_REFUSED;
		return 1;
	case SAMPLE_CLOSED:
		*ret = FAILED_CLOSED;
		return 1;
	case SAMPLE_TIMED_OUT:
		*ret = FAILED_TIMED_OUT;
		return 1;
	default:
		return 0;
	}
}

void sampled_queries_join(struct sampled_queries *sampled, const struct sample *sample)
{
	enum failed_outcome outcome;

	if (sample->kind == SAMPLE_QUERY)
		sampled_insert(sampled, sample);
	else if (failed_outcome_of(sample, sampled->timeout_ns, &outcome))
		sampled_fail(sampled, sample, outcome);
}

void sampled_queries_add(struct sampled_queries *sampled, const struct sample *sample)
{
	if (sample->kind == SAMPLE_ICMP)
		incidents_add_sample(sampled->incidents, sample);
	sampled_queries_join(sampled, sample);
}

__u64 sampled_queries_last(const struct sampled_queries *sampled)
{
	return sampled->last;
}

struct query_process *sampled_queries_process(struct sampled_queries *sampled, __u64 number)
{
	struct sampled_query *query = sampled_at(sampled, number);

	return query ? &query->query.process : NULL;
}
