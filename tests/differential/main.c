/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Drives the plain engine (tests/plain) and the one in bpf/ with the same random packets and
 * compares every counter of every resolver, what is in flight, and what the tool says of itself.
 * TAP on stdout. Usage: differential [--ordinary-user] [PACKETS [SEED]]
 *
 * Natively on one thread, each packet at its own time. In the kernel on two CPUs at once: both work
 * on the same resolvers, each on its own sockets, so that the order between them does not matter;
 * the clock stands still while a few packets are run, and the sweep moves from CPU to CPU.
 */
#include "side.h"
#include "traffic.h"

#include "datapath/privileges.h"

#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EPOCH_PACKETS 200
#define START_NS 1000000000000ULL
#define WORKERS 2

static int number, failed;
static struct side_totals totals[2];

/* ---- comparing -------------------------------------------------------------------------- */

static int differs(const char *what, uint64_t i, uint64_t a, uint64_t b)
{
	if (a == b)
		return 0;
	printf("# %s %llu: plain %llu, fast %llu\n", what, (unsigned long long)i,
	       (unsigned long long)a, (unsigned long long)b);
	return 1;
}

static int compare(const struct side_totals *a, const struct side_totals *b)
{
	int bad = differs("resolvers", 0, a->count, b->count) +
		  differs("in flight", 0, a->in_flight, b->in_flight);
	char what[64];
	size_t i, j;

	for (i = 0; i < SIDE_SELF; i++)
		bad += differs("self counter", i, a->self[i], b->self[i]);
	for (i = 0; !bad && i < a->count; i++) {
		const uint8_t *k = a->resolvers[i].key;

		if (memcmp(k, b->resolvers[i].key, sizeof(a->resolvers[i].key)) != 0)
			bad += differs("key of resolver", i, 0, 1);
		snprintf(what, sizeof(what), "resolver ..%02x%02x%02x%02x, number", k[12], k[13],
			 k[14], k[15]);
		bad += differs(what, 999, a->resolvers[i].in_flight, b->resolvers[i].in_flight);
		for (j = 0; j < SIDE_NUMBERS; j++)
			bad += differs(what, j, a->resolvers[i].n[j], b->resolvers[i].n[j]);
	}
	return bad;
}

static int same_totals(const struct side *const sides[2])
{
	sides[0]->read(&totals[0]);
	sides[1]->read(&totals[1]);
	return !compare(&totals[0], &totals[1]);
}

static void result(int good, const char *what, unsigned long packets)
{
	number++;
	failed += !good;
	printf("%sok %d - %s: %lu packets, %zu resolvers\n", good ? "" : "not ", number, what,
	       packets, totals[0].count);
}

/* ---- natively --------------------------------------------------------------------------- */

static uint64_t later(struct traffic *t, uint64_t now)
{
	uint64_t r = traffic_random(t);

	if (r % 50000 == 0)
		return now + 70000000000ULL; /* nothing is remembered any more */
	if (r % 2000 == 0)
		return now + 6000000000ULL; /* everything times out */
	return now + 1 + (r >> 16) % 20000000;
}

static void natively(const char *what, const struct side_config *config, unsigned long packets,
		     uint64_t seed)
{
	static const struct side *const sides[2] = {&plain_native, &fast_native};
	struct traffic t = {.seed = seed, .links = {2, 3}, .first_port = 50000, .ids = 7};
	uint64_t now = START_NS;
	unsigned long i;
	int good = 1, s;
	struct shown p;

	for (s = 0; s < 2; s++)
		sides[s]->start(config);
	for (i = 0; good && i < packets; i++) {
		traffic_next(&t, &p);
		now = later(&t, now);
		for (s = 0; s < 2; s++) {
			sides[s]->set_clock(now);
			sides[s]->packet(&p.frame, p.ifindex, p.out);
			if (i % 64 == 0)
				sides[s]->sweep();
		}
		if (i % 10000 == 0)
			good = same_totals(sides);
	}
	good = good && same_totals(sides);
	for (s = 0; s < 2; s++)
		sides[s]->stop();
	result(good, what, i);
}

/* ---- in the kernel, on two CPUs --------------------------------------------------------- */

struct worker {
	pthread_t thread;
	int cpu;
	struct traffic traffic;
};

static const struct side *const kernel_sides[2] = {&plain_kernel, &fast_kernel};
static struct shown shown[WORKERS][EPOCH_PACKETS];
static pthread_barrier_t barrier;
static volatile int stopping;

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* One epoch after the other: first all of them on one engine, then all of them on the other. */
static void *work(void *argument)
{
	struct worker *w = argument;
	int i, s;

	on_cpu(w->cpu);
	for (;;) {
		pthread_barrier_wait(&barrier);
		if (stopping)
			return NULL;
		w->traffic.epoch++;
		for (i = 0; i < EPOCH_PACKETS; i++)
			traffic_next(&w->traffic, &shown[w->cpu][i]);
		for (s = 0; s < 2; s++) {
			pthread_barrier_wait(&barrier);
			for (i = 0; i < EPOCH_PACKETS; i++)
				kernel_sides[s]->packet(&shown[w->cpu][i].frame,
							shown[w->cpu][i].ifindex,
							shown[w->cpu][i].out);
		}
		pthread_barrier_wait(&barrier);
	}
}

static void run_epochs(struct traffic *t, unsigned long epochs, int cpus, int *good)
{
	uint64_t now = START_NS;
	unsigned long e;
	int s;

	for (e = 0; *good && e < epochs; e++) {
		for (s = 0; s < 2; s++)
			kernel_sides[s]->set_clock(now);
		pthread_barrier_wait(&barrier); /* they make packets */
		pthread_barrier_wait(&barrier); /* the plain engine */
		pthread_barrier_wait(&barrier); /* the fast one */
		pthread_barrier_wait(&barrier);
		if (e % 4 == 0) {
			on_cpu(e / 4 % cpus);
			for (s = 0; s < 2; s++)
				kernel_sides[s]->sweep();
		}
		if (e % 50 == 0)
			*good = same_totals(kernel_sides);
		now = traffic_random(t) % 40 ? now + 1 + traffic_random(t) % 1000000000
					     : now + 70000000000ULL;
	}
}

/* Each resolver has its entry before two CPUs could differ about who made it. */
static void ask_all(struct traffic *t)
{
	struct shown p;
	int s, i;

	for (i = 0; i < 2 * TRAFFIC_RESOLVERS * 2; i++) {
		traffic_first(t, i, &p);
		for (s = 0; s < 2; s++) {
			kernel_sides[s]->set_clock(START_NS);
			kernel_sides[s]->packet(&p.frame, p.ifindex, 1);
		}
	}
}

static void in_the_kernel(const struct side_config *config, unsigned long packets, uint64_t seed)
{
	struct worker w[WORKERS] = {0};
	struct traffic t = {.seed = seed};
	int cpus = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? WORKERS : 1, i, good = 1;

	pthread_barrier_init(&barrier, NULL, cpus + 1);
	for (i = 0; i < 2; i++)
		kernel_sides[i]->start(config);
	for (i = 0; i < cpus; i++) {
		w[i].cpu = i;
		w[i].traffic = (struct traffic){.seed = seed * 31 + i + 1,
						.links = {if_nametoindex("link_a"),
							  if_nametoindex("link_b")},
						.first_port = 50000 + 1000 * i,
						.ids = 7,
						.once_per_epoch = 1};
		pthread_create(&w[i].thread, NULL, work, &w[i]);
	}
	ask_all(&w[0].traffic);
	run_epochs(&t, packets / EPOCH_PACKETS / cpus, cpus, &good);
	stopping = 1;
	pthread_barrier_wait(&barrier);
	for (i = 0; i < cpus; i++)
		pthread_join(w[i].thread, NULL);
	good = good && same_totals(kernel_sides);
	for (i = 0; i < 2; i++)
		kernel_sides[i]->stop();
	result(good, cpus > 1 ? "in the kernel, on two CPUs" : "in the kernel, on one CPU",
	       packets);
}

int main(int argc, char **argv)
{
	int user = argc > 1 && !strcmp(argv[1], "--ordinary-user");
	unsigned long packets = argc > 1 + user ? strtoul(argv[1 + user], NULL, 10) : 2000000;
	uint64_t seed = argc > 2 + user ? strtoull(argv[2 + user], NULL, 10) : 20260720;
	struct side_config config = {.timeout_ns = 5000000000ULL,
				     .max_resolvers = 64,
				     .max_in_flight = 65536,
				     .short_quotes = 1};

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (unshare(CLONE_NEWNET) && !getenv("DNSREACH_TEST_IN_PLACE"))
		side_fail("no network namespace of its own");
	if (!if_nametoindex("link_a") &&
	    system("ip link add link_a type veth peer name link_b") != 0)
		side_fail("no links");
	if (user && privileges_become_user(65534))
		side_fail("cannot become an ordinary user");
	natively("natively", &config, packets, seed);
	config.max_resolvers = 4;
	config.timeout_ns = 1000000000;
	natively("natively, more resolvers than there is room for", &config, packets / 4, seed + 1);
	config.short_quotes = 0;
	config.max_resolvers = 64;
	natively("natively, without short quotes", &config, packets / 4, seed + 2);
	config.short_quotes = 1;
	config.timeout_ns = 5000000000ULL;
	in_the_kernel(&config, packets, seed + 3);
	printf("1..%d\n", number);
	return failed ? 1 : 0;
}
