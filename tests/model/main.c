/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs random packets through the engine and through the model, and compares every counter of
 * every resolver, what is in flight, and the counters of the tool itself. After a difference the
 * same packets are run again, fewer and fewer of them, and the first that differs is printed.
 *
 *   model_run [--engine kernel|native] [--packets N] [--seed S] [--tables full|tiny]
 *             [--clock injected|asked|rough] [--askers]
 *
 * In episodes, each from nothing with a configuration of its own. With tiny tables
 * docs/counters.md leaves free which transactions are given up, so there only the four laws and
 * some bounds are asserted. The clock is asked as live: when it is needed, and `rough` for what
 * needs no more than a tick's time.
 */
#include "../../bpf/native/native.h"
#include "compare.h"
#include "engine.h"
#include "marks.h"
#include "reuse.h"
#include "round.h"

#include <getopt.h>
#include <inttypes.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EPISODE 20000	  /* packets */
#define BATCH 500	  /* packets between two comparisons */
#define ROUGH_NS 90000000 /* a timer as late as the engine allows for */

static struct {
	enum engine_kind engine;
	uint64_t packets, seed;
	int tiny, asked_clock, rough_clock, askers;
} options = {.engine = ENGINE_KERNEL, .packets = 100000, .seed = 1};

static struct ifindex_pair links = {2, 3};
static uint64_t ran, swept, not_taken, undecided;
static uint64_t totals[COUNTER_MAX], totals_self[SELF_MAX]; /* of the model */
static uint64_t no_room; /* queries that the engine did not track */
static uint64_t asker_pairs, askers_without_row;
static struct reuse_counts reused;
static struct engine_counts counts;

/* ---- one episode ------------------------------------------------------------------------ */

struct episode {
	struct generator *generator;
	uint64_t latest; /* packet */
	struct engine_config config;
	struct model *model;
	struct step step;
	unsigned without_row; /* askers, at the last comparison */
	int reuses_rows;
	uint64_t random; /* for that */
};

static void start(struct episode *e, uint64_t seed)
{
	struct resolver_key keys[4];
	unsigned n, i;

	e->generator = generate_start(seed, &links);
	generate_config(e->generator, &e->config);
	e->config.max_in_flight = options.tiny ? 8 : 16384;
	if (!options.tiny && seed % 8 == 0) { /* with so much room that nothing is given up early */
		generate_spread(e->generator);
		e->config.max_in_flight *= 16;
	}
	if (options.askers) { /* more than have rows, in some episodes */
		e->config.askers = 1;
		generate_askers(e->generator, seed % 4 ? 4 : 400);
		e->reuses_rows = seed % 3 != 0;
		e->random = seed;
	}
	e->model = model_new(&e->config);
	e->latest = 0;
	engine_start(options.engine, &e->config);
	if (options.engine == ENGINE_NATIVE)
		marks_start(e->model);
	if (options.asked_clock)
		native_use_clock(options.rough_clock ? ROUGH_NS : 1);
	n = generate_reserved(e->generator, keys, 4);
	for (i = 0; i < n; i++) {
		model_reserve(e->model, &keys[i]);
		engine_reserve(&keys[i]);
	}
	model_tagged(e->model, links.a, 9);
	engine_tagged(links.a, 9);
	if (n) { /* a port of a bridge, or of a bond */
		model_port(e->model, links.b, links.a, seed >> 8 & 1);
		engine_port(links.b, links.a, seed >> 8 & 1);
	}
}

static void finish(struct episode *e)
{
	generate_stop(e->generator);
	model_free(e->model);
	engine_stop();
}

/* Where the engine asks the clock, that never runs backwards. */
static void next_step(struct episode *e)
{
	generate_step(e->generator, &e->step);
	if (options.asked_clock && e->step.now < e->latest)
		e->step.now = e->latest;
	e->latest = e->step.now;
}

/* Returns 0, 1 when the packet was left out, or -1 after it was treated as no packet may be. */
static int run_step(struct episode *e)
{
	const struct step *s = &e->step;
	struct model_packet p = step_packet(s);
	const char *wrong;

	if (s->reserve) { /* the loader's way to it is a sweep */
		if (options.tiny)
			return 1; /* what is not tracked counts there at once */
		model_sweep(e->model, s->now);
		wrong = engine_sweep(s->now);
		model_reserve(e->model, &s->reserved);
		engine_reserve(&s->reserved);
		return wrong ? -1 : 0;
	}
	if (s->sweep) {
		swept++;
		if (e->reuses_rows) {
			engine_read(&counts);
			reuse_rows(&e->random, e->model, &counts, &reused);
		}
		model_sweep(e->model, s->now);
		wrong = engine_sweep(s->now);
	} else if (!engine_takes(s)) {
		not_taken++;
		return 1;
	} else if (model_undecided(e->model, &p) ||
		   (options.tiny && model_undecided_in_full_tables(e->model, &p))) {
		undecided++;
		return 1;
	} else {
		ran++;
		model_packet(e->model, &p);
		wrong = engine_run(s);
		model_settle_askers(e->model, engine_asker_number);
	}
	if (wrong)
		printf("# %s\n", wrong);
	return wrong ? -1 : 0;
}

/* How far the engine's last_failure may be from the model's, ns. */
static uint64_t slack(void)
{
	return options.rough_clock ? ROUGH_NS : options.asked_clock ? EPISODE : 0;
}

/* The age of what is open decides, not who met it: so the sweep goes first. Returns differences. */
static int compare(struct episode *e, int quiet)
{
	unsigned without_row = 0;
	int wrong;

	if (engine_sweep(e->step.now))
		return 1;
	engine_read(&counts);
	model_sweep(e->model, e->step.now);
	if (options.tiny)
		wrong = compare_bounds(&counts, e->model, e->config.max_in_flight, quiet);
	else
		wrong = compare_counts(&counts, e->model, slack(), quiet) +
			compare_askers(&counts, e->model, &without_row, quiet) +
			compare_marks(e->model, quiet);
	e->without_row = without_row;
	return wrong + compare_laws(&counts, quiet) + compare_asker_laws(&counts, quiet);
}

static void add_totals(const struct episode *e)
{
	const struct resolver_counters *c;
	struct resolver_key key;
	uint64_t in_flight;
	unsigned i, j;

	for (i = 0; i < model_resolvers(e->model); i++) {
		c = model_resolver(e->model, i, &key, &in_flight);
		for (j = 0; j < COUNTER_MAX; j++)
			totals[j] += c->n[j];
	}
	asker_pairs += model_asker_list(e->model)->count;
	askers_without_row += e->without_row;
	for (j = 0; j < SELF_MAX; j++)
		totals_self[j] += model_self(e->model)->n[j];
	for (i = 0; i < counts.entry_count; i++)
		no_room += counts.entries[i].counters.n[COUNTER_UNTRACKED];
}

/* ---- after a difference ----------------------------------------------------------------- */

static void print_step(const struct episode *e)
{
	const struct frame *f = &e->step.frame;
	unsigned i;

	if (e->step.reserve)
		return (void)printf("# a resolver becomes a configured one\n");
	printf("# %s%s, interface %u (came in by %u)%s, gso_size %u, tag %d/%u, protocol %04x, at "
	       "%" PRIu64 " ns\n",
	       f->guest ? "guest " : "", e->step.out ? "sent" : "received", f->ifindex, f->came_in,
	       f->native_only ? ", no Ethernet header" : "", f->gso_size, f->tagged, f->vlan_tci,
	       f->protocol, e->step.now);
	printf("# %u bytes:", f->length);
	for (i = 0; i < f->length; i++)
		printf("%s%02x", i % 16 ? " " : "\n#   ", f->bytes[i]);
	printf("\n# the model: %s\n", model_rule(e->model));
}

/*
 * Again from the start up to packet `last`, compared where the episode was, and then at the end.
 * Returns how many numbers differ there.
 */
static int run_until(struct episode *e, uint64_t seed, unsigned last, int quiet)
{
	unsigned i;

	start(e, seed);
	for (i = 0; i <= last; i++) {
		next_step(e);
		if (run_step(e) < 0)
			return 1;
		if (i < last && i % BATCH == BATCH - 1)
			compare(e, 1);
	}
	return compare(e, quiet);
}

/* Nothing differs before packet `from`, something does after packet `to`. */
static void find_first(uint64_t seed, unsigned from, unsigned to)
{
	struct episode *e = calloc(1, sizeof(*e));
	unsigned middle;

	while (from < to) {
		middle = from + (to - from) / 2;
		if (run_until(e, seed, middle, 1))
			to = middle;
		else
			from = middle + 1;
		finish(e);
	}
	printf("# the first that differs is number %u of its episode\n", to);
	run_until(e, seed, to, 0);
	print_step(e);
	finish(e);
	free(e);
}

static int run_episode(uint64_t seed, unsigned packets)
{
	struct episode *e = calloc(1, sizeof(*e));
	unsigned i;
	int bad = 0;

	start(e, seed);
	for (i = 0; i < packets && !bad; i++) {
		next_step(e);
		bad = run_step(e) < 0;
		if (bad)
			print_step(e);
		else if (i % BATCH == BATCH - 1 || i + 1 == packets)
			bad = compare(e, 0);
	}
	add_totals(e);
	finish(e);
	free(e);
	if (bad)
		find_first(seed, (i - 1) / BATCH * BATCH, i - 1);
	return bad;
}

/* ---- start ------------------------------------------------------------------------------ */

/* Interfaces that exist, in a namespace of our own; one CPU, since each has its own last packet. */
static void make_links(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
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
	fprintf(stderr, "usage: model_run [--engine kernel|native] [--packets N] [--seed S]"
			" [--tables full|tiny] [--clock injected|asked|rough] [--askers]\n");
	return 2;
}

static int read_options(int argc, char **argv)
{
	static const struct option all[] = {{"engine", required_argument, NULL, 'e'},
					    {"packets", required_argument, NULL, 'p'},
					    {"seed", required_argument, NULL, 's'},
					    {"tables", required_argument, NULL, 't'},
					    {"clock", required_argument, NULL, 'c'},
					    {"askers", no_argument, NULL, 'a'},
					    {0}};
	int c;

	while ((c = getopt_long(argc, argv, "", all, NULL)) != -1) {
		if (c == 'e' && !strcmp(optarg, "native"))
			options.engine = ENGINE_NATIVE;
		else if (c == 'p')
			options.packets = strtoull(optarg, NULL, 0);
		else if (c == 's')
			options.seed = strtoull(optarg, NULL, 0);
		else if (c == 'a')
			options.askers = 1;
		else if (c == 't')
			options.tiny = !strcmp(optarg, "tiny");
		else if (c == 'c')
			options.rough_clock = !strcmp(optarg, "rough"),
			options.asked_clock = options.rough_clock || !strcmp(optarg, "asked");
		else if (c != 'e' || strcmp(optarg, "kernel") != 0)
			return usage();
	}
	if (options.asked_clock && options.engine == ENGINE_KERNEL)
		return usage(); /* there the clock is the kernel's own */
	return optind < argc || !options.packets ? usage() : 0;
}

static const char *engine_name(void)
{
	return options.engine == ENGINE_KERNEL ? "kernel" : "native";
}

static void report_askers(void)
{
	printf("# %" PRIu64 " askers, %" PRIu64 " of them without a row; rows left: %" PRIu64
	       ", given back: %" PRIu64 " to others and %" PRIu64 " to former askers\n",
	       asker_pairs, askers_without_row, reused.of[COMMAND_LEFT], reused.of[COMMAND_TO_HEIR],
	       reused.of[COMMAND_TO_FORMER]);
}

static int missing_of_askers(void)
{
	int missing = 0, i;

	if (!options.tiny && !askers_without_row)
		missing += printf("# there was a row for each asker\n");
	for (i = 0; i < COMMAND_MAX; i++) {
		if (!reused.of[i])
			missing += printf("# no command about a row was of kind %d\n", i);
	}
	return missing;
}

/* A test that never met a case proves nothing about it. */
static int report(double seconds)
{
	int missing = 0, i;

	printf("# %" PRIu64 " packets, %" PRIu64 " sweeps, %.1f s; left out: %" PRIu64
	       " that it cannot be given, %" PRIu64 " that are undecided\n",
	       ran, swept, seconds, not_taken, undecided);
	if (options.askers)
		report_askers();
	if (options.packets < 100000)
		return 0;
	if (options.engine == ENGINE_NATIVE && !marks_timed_out())
		missing += printf("# no sampled query timed out\n");
	if (options.askers)
		missing += missing_of_askers();
	if (options.tiny && no_room <= totals[COUNTER_UNTRACKED])
		missing += printf("# the tables were never full\n");
	for (i = 0; i < COUNTER_MAX; i++) {
		if (i >= COUNTER_CLOSED_FIN && i <= COUNTER_SESSION_REFUSED)
			continue;				  /* of streams: streams/main.c */
		if (!totals[i] && i != COUNTER_CONNECT_UNTRACKED) /* only in tables that are full */
			missing += printf("# counter %s never moved\n", counter_word(i));
	}
	for (i = 0; i < SELF_MAX; i++) {
		if (!totals_self[i] && i != SELF_BUSY && i != SELF_UNPARSED_STREAM)
			missing += printf("# self counter %s never moved\n", self_word(i));
	}
	return missing;
}

int main(int argc, char **argv)
{
	uint64_t left, random;
	struct timespec t0, t1;
	int bad = read_options(argc, argv);

	if (bad)
		return bad;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (options.engine == ENGINE_KERNEL)
		make_links();
	printf("# engine %s, seed %" PRIu64 ", %s tables\n", engine_name(), options.seed,
	       options.tiny ? "tiny" : "full");
	random = options.seed;
	clock_gettime(CLOCK_MONOTONIC, &t0);
	while (!bad && ran < options.packets) {
		left = options.packets - ran;
		bad = run_episode(random_next(&random), left < EPISODE ? left : EPISODE);
	}
	clock_gettime(CLOCK_MONOTONIC, &t1);
	if (!bad)
		bad = report(t1.tv_sec - t0.tv_sec + (t1.tv_nsec - t0.tv_nsec) / 1e9);
	printf("%sok 1 - %s: %s of %" PRIu64 " packets, seed %" PRIu64 "\n", bad ? "not " : "",
	       engine_name(), options.tiny ? "tiny tables, laws and bounds" : "every counter", ran,
	       options.seed);
	printf("1..1\n");
	return bad ? 1 : 0;
}
