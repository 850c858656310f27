/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The model and the engine on two CPUs at once. In rounds: each CPU has a few packets, mostly about
 * the same transactions, and sometimes one of them has the sweep. After each round there must be an
 * order of all that was done in which the model comes to every counter of the engine.
 *
 *   model_two [--engine kernel|native] [--packets N] [--seed S]
 *
 * What it proves, natively: the lines of the engine are right in any order of their accesses to
 * memory, also where a packet interrupts the sweep on its own CPU; stops are random, from the seed.
 * In the kernel: the shipped object is right on two processors, as they order memory, at whatever
 * moments they meet. What it cannot: prove that no other order is wrong, and memory of a weaker
 * order than this machine's.
 */
#include "../../../bpf/native/native.h"
#include "cpus.h"
#include "order.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <inttypes.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EPISODE 10000 /* packets */
#define IN_FLIGHT 4096

static struct {
	enum engine_kind engine;
	uint64_t packets, seed;
} options = {.engine = ENGINE_KERNEL, .packets = 100000, .seed = 1};

static struct ifindex_pair links = {2, 3};
static uint64_t ran, rounds, swept, left_out, stopped, busy;
static uint64_t orders[ORDER_TOO_MANY + 1];
static unsigned models_most;
static struct engine_counts counts;

struct two_cpu_episode {
	struct generator *generator;
	struct models models;
	struct model *scratch;
	struct round round;
	unsigned number;
};

static void start(struct two_cpu_episode *e, uint64_t seed)
{
	struct engine_config config;

	e->generator = generate_start(seed, &links);
	generate_config(e->generator, &config);
	config.max_in_flight = IN_FLIGHT;
	order_start(&e->models, &config);
	e->scratch = model_new(&config);
	engine_start(options.engine, &config);
	order_tagged(&e->models, links.a, 9);
	engine_tagged(links.a, 9);
}

static void finish(struct two_cpu_episode *e)
{
	busy += model_self(e->models.model[0])->n[SELF_BUSY];
	generate_stop(e->generator);
	order_stop(&e->models);
	model_free(e->scratch);
	engine_stop();
}

/* ---- a round ---------------------------------------------------------------------------- */

/* The kernel can only be given some packets. */
static void leave_out(struct round *r)
{
	unsigned cpu, i;

	for (cpu = 0; cpu < MODEL_CPUS; cpu++) {
		for (i = 0; i < r->n[cpu];) {
			if (engine_takes(&r->packet[cpu][i])) {
				i++;
				continue;
			}
			round_remove(r, cpu, i);
			left_out++;
		}
	}
}

static void print_packet(const struct round *r, unsigned cpu, unsigned n)
{
	const struct step *s = &r->packet[cpu][n];
	unsigned i;

	printf("# CPU %u: %s, interface %u%s, gso_size %u, %u bytes:", cpu,
	       s->out ? "sent" : "received", s->frame.ifindex,
	       s->frame.native_only ? ", no Ethernet header" : "", s->frame.gso_size,
	       s->frame.length);
	for (i = 0; i < s->frame.length; i++)
		printf("%s%02x", i % 32 ? " " : "\n#   ", s->frame.bytes[i]);
	printf("\n");
}

static void print_round(const struct two_cpu_episode *e)
{
	const struct round *r = &e->round;
	unsigned cpu, i;

	printf("# the first round that differs is number %u of its episode; with one CPU after the "
	       "other:\n",
	       e->number);
	compare_counts(&counts, order_plain(r, &e->models), 0, 0);
	compare_laws(&counts, 0);
	printf("# at %" PRIu64 " ns%s%s\n", r->now, r->sweep ? ", a sweep" : "",
	       r->apart ? ", one CPU after the other" : "");
	for (cpu = 0; cpu < MODEL_CPUS; cpu++) {
		for (i = 0; i < r->n[cpu]; i++)
			print_packet(r, cpu, i);
	}
}

/* Returns 1 after something is wrong. */
static int run_round(struct two_cpu_episode *e)
{
	struct round *r = &e->round;
	const char *wrong;
	enum order order;
	unsigned n;

	generate_round(e->generator, r);
	leave_out(r);
	left_out += decide_round(r, e->models.model[0], e->scratch);
	wrong = cpus_run(r, &n);
	if (wrong) {
		printf("# %s\n", wrong);
		return 1;
	}
	e->number++;
	rounds++;
	stopped += n;
	swept += r->sweep;
	ran += r->n[0] + r->n[1];
	engine_read(&counts);
	order = order_find(r, &e->models, &counts,
			   options.engine == ENGINE_NATIVE && r->sweep && !r->apart);
	orders[order]++;
	models_most = e->models.n > models_most ? e->models.n : models_most;
	if (order == ORDER_NONE)
		print_round(e);
	return order == ORDER_NONE || compare_laws(&counts, 0);
}

static int run_episode(uint64_t seed, uint64_t until)
{
	struct two_cpu_episode *e = calloc(1, sizeof(*e));
	int bad = 0;

	start(e, seed);
	while (!bad && ran < until)
		bad = run_round(e);
	finish(e);
	free(e);
	return bad;
}

/* ---- start ------------------------------------------------------------------------------ */

static void make_links(void)
{
	if (unshare(CLONE_NEWNET)) {
		perror("model: no network namespace of its own");
		exit(1);
	}
	if (system("ip link add link_a type veth peer name link_b") != 0)
		exit(1);
	links.a = if_nametoindex("link_a");
	links.b = if_nametoindex("link_b");
}

static int usage(void)
{
	fprintf(stderr, "usage: model_two [--engine kernel|native] [--packets N] [--seed S]\n");
	return 2;
}

static int read_options(int argc, char **argv)
{
	static const struct option all[] = {{"engine", required_argument, NULL, 'e'},
					    {"packets", required_argument, NULL, 'p'},
					    {"seed", required_argument, NULL, 's'},
					    {0}};
	int c;

	while ((c = getopt_long(argc, argv, "", all, NULL)) != -1) {
		if (c == 'e' && !strcmp(optarg, "native"))
			options.engine = ENGINE_NATIVE;
		else if (c == 'p')
			options.packets = strtoull(optarg, NULL, 0);
		else if (c == 's')
			options.seed = strtoull(optarg, NULL, 0);
		else if (c != 'e' || strcmp(optarg, "kernel") != 0)
			return usage();
	}
	return optind < argc || !options.packets ? usage() : 0;
}

static const char *engine_name(void)
{
	return options.engine == ENGINE_KERNEL ? "kernel" : "native";
}

/* A test in which nobody has met anybody proves nothing. */
static int report(double seconds)
{
	int missing = 0;

	printf("# %" PRIu64 " packets in %" PRIu64 " rounds, %" PRIu64
	       " of them with a sweep, %.1f "
	       "s; left out: %" PRIu64 "\n",
	       ran, rounds, swept, seconds, left_out);
	printf("# stopped in the midst of something: %" PRIu64 "; found busy: %" PRIu64
	       "; order of some matter: %" PRIu64 ", mixed: %" PRIu64 "; models at once: %u\n",
	       stopped, busy, orders[ORDER_ONE], orders[ORDER_MIXED], models_most);
	if (options.packets < 100000)
		return 0;
	if (!orders[ORDER_ONE] || !orders[ORDER_MIXED])
		missing += printf("# nobody has met anybody\n");
	if (busy > ran / 1000)
		missing += printf("# far too much was busy\n");
	return missing;
}

static int run_all(void)
{
	uint64_t random = options.seed;
	struct timespec t0, t1;
	int bad = 0;

	clock_gettime(CLOCK_MONOTONIC, &t0);
	while (!bad && ran < options.packets)
		bad = run_episode(random_next(&random), ran + EPISODE < options.packets
								? ran + EPISODE
								: options.packets);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	if (!bad)
		bad = report(t1.tv_sec - t0.tv_sec + (t1.tv_nsec - t0.tv_nsec) / 1e9);
	return bad;
}

int main(int argc, char **argv)
{
	int bad = read_options(argc, argv);

	if (bad)
		return bad;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("# engine %s on two CPUs, seed %" PRIu64 "\n", engine_name(), options.seed);
	if (options.engine == ENGINE_KERNEL)
		make_links();
	if (cpus_start(options.engine, options.seed) < MODEL_CPUS) {
		printf("ok 1 - %s, two CPUs # SKIP this machine has one\n1..1\n", engine_name());
		return 0;
	}
	bad = run_all();
	cpus_stop();
	printf("%sok 1 - %s, two CPUs: every counter of %" PRIu64 " packets, seed %" PRIu64 "\n",
	       bad ? "not " : "", engine_name(), ran, options.seed);
	printf("1..1\n");
	return bad ? 1 : 0;
}
