/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Two CPUs at the same few keys: queries, responses, ICMP, short quotes and the sweep all meet in
 * the same entries, with a timeout so short that age ends many. Whatever happens, each message is
 * counted once and the four laws hold exactly (the rig asserts them after the case).
 */
#include "rig.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 150000
#define SECONDS_MOST 2 /* an emulated kernel does fewer rounds */

static int ids; /* of one socket */

struct worker {
	pthread_t thread;
	uint64_t seed, queries, responses, unreachables;
};

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

/*
 * So short that many are ended by age, and so long that others are not. Of the hundreds that are
 * tried the fastest: one that lost its CPU for a while would make it so long that none is.
 */
static uint64_t timeout_for_this_machine(void)
{
	static uint64_t timeout; /* of all races: one configuration is one load */
	uint64_t start, took, fastest = UINT64_MAX;
	int i, hundred;

	if (timeout)
		return timeout;
	for (hundred = 0; hundred < 5; hundred++) {
		start = now_ns();
		for (i = 1; i <= 100; i++)
			query(.id = hundred * 100 + i);
		took = now_ns() - start;
		if (took < fastest)
			fastest = took;
	}
	timeout = fastest / 100 * 12;
	return timeout;
}

static void *work(void *argument)
{
	struct worker *w = argument;
	uint64_t r;
	uint64_t end = now_ns() + SECONDS_MOST * 1000000000ULL;
	int i, id, port;

	for (i = 0; i < ROUNDS && (i % 64 || now_ns() < end); i++) {
		r = next_random(&w->seed);
		id = 1 + (r >> 8) % ids;
		port = 50000 + (r >> 16) % 3;
		switch (r % 8) {
		case 0 ... 3:
			query(.id = id, .source_port = port);
			w->queries++;
			break;
		case 4 ... 5:
			response(.id = id, .source_port = port);
			w->responses++;
			break;
		case 6:
			icmp(.quoted = {.id = id, .source_port = port});
			w->unreachables++;
			break;
		case 7:
			icmp(.quoted = {.source_port = port}, .quote_payload = -1);
			w->unreachables++;
			break;
		}
		if (i % 512 == 0)
			run_sweep();
	}
	return NULL;
}

/* `timeout` 0: so short that many end by it. */
static void race(unsigned max_in_flight, int short_quotes, uint64_t timeout)
{
	struct worker w[2] = {{.seed = 88172645463325252ULL}, {.seed = 1181783497276652981ULL}};
	struct engine_config c = config_without_streams();
	int i;

	c.clock_injected = 0;
	c.timeout_ns = timeout ? timeout : timeout_for_this_machine();
	c.max_in_flight = max_in_flight;
	c.short_quotes = short_quotes;
	restart(&c);
	query(); /* the resolver has its entry: nothing counts in self.unmatched */
	for (i = 0; i < 2; i++)
		pthread_create(&w[i].thread, NULL, work, &w[i]);
	for (i = 0; i < 2; i++)
		pthread_join(w[i].thread, NULL);
	want(QUERIES, 1 + w[0].queries + w[1].queries);
	want(RESPONSES, w[0].responses + w[1].responses);
	expect(counter_of(frame_resolver(), COUNTER_ICMP_PORT),
	       w[0].unreachables + w[1].unreachables);
	if (!timeout)
		expect(counter_of(frame_resolver(), COUNTER_TIMED_OUT) > 10, 1);
	expect(counter_of(frame_resolver(), COUNTER_ANSWERED_NOERROR) > 10, 1);
	expect(counter_of(frame_resolver(), COUNTER_UNREACHABLE_PORT) > 10, 1);
	printf("# %s: busy %llu, untracked %llu, forgotten %llu\n", frame_resolver(),
	       (unsigned long long)self_of(SELF_BUSY),
	       (unsigned long long)counter_of(frame_resolver(), COUNTER_UNTRACKED),
	       (unsigned long long)self_of(SELF_FORGOTTEN));
	usleep(c.timeout_ns / 1000 + 1000);
	run_sweep();
	expect(in_flight(), 0);
}

CASE_KERNEL(two_cpus_on_the_same_keys)
{
	ids = 6;
	race(1024, 1, 0);
}

/* None is near its timeout: an ICMP message ends it without a look at the clock. */
CASE_KERNEL(two_cpus_that_nothing_times_out_for)
{
	ids = 6;
	race(1024, 1, 400000000);
}

/* More than a bucket holds: transactions are opened, met and ended in all three tables. */
CASE_KERNEL(two_cpus_and_many_from_one_socket)
{
	ids = 1500;
	race(1024, 1, 0);
}

CASE_KERNEL(two_cpus_in_a_table_that_is_full)
{
	ids = 6;
	race(4, 1, 0);
	expect(counter_of(frame_resolver(), COUNTER_UNTRACKED) > 10, 1);
}
