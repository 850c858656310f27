/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Searches each scenario and prints TAP.
 *
 *   proof_run [--long] [--reached] [--first] [--limit STATES] [NAME]
 *
 * --long: the long scenarios too. --reached: print the atomic operations that were reached.
 * --first: end at the first scenario that fails. NAME: only scenarios with it in their name.
 */
#include "explore.h"
#include "hooks.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_reached(const char *function, const char *kind)
{
	printf("# reached %s %s\n", function, kind);
}

/* Returns 1 when something is wrong. */
static int run_scenario(const struct scenario *s, uint32_t number, uint64_t limit)
{
	double began = seconds();
	struct explored e = explore(s, limit);
	int failed = e.wrong || e.limit_hit;

	printf("%sok %u - %s: %" PRIu64 " states, %" PRIu64 " moves, %" PRIu64
	       " ends with %u results, %" PRIu64 " busy, depth %u, %.1f s%s%s%s\n",
	       failed ? "not " : "", number, s->name, e.states, e.moves, e.ends, e.outcomes, e.busy,
	       e.deepest, seconds() - began, e.wrong ? ": " : "", e.wrong ? e.wrong : "",
	       e.limit_hit ? ": not all states" : "");
	fflush(stdout);
	return failed;
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {{"long", no_argument, NULL, 'l'},
						     {"reached", no_argument, NULL, 'r'},
						     {"first", no_argument, NULL, 'f'},
						     {"limit", required_argument, NULL, 'n'},
						     {0}};
	int with_long = 0, with_reached = 0, only_first = 0, failed = 0, c;
	uint64_t limit = 0;
	uint32_t i, n = 0;

	while ((c = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (c == 'l')
			with_long = 1;
		else if (c == 'r')
			with_reached = 1;
		else if (c == 'f')
			only_first = 1;
		else if (c == 'n')
			limit = strtoull(optarg, NULL, 10);
		else
			return 2;
	}
	scenarios_start();
	for (i = 0; i < scenario_count && !(only_first && failed); i++) {
		if ((scenarios[i].is_long && !with_long) ||
		    (optind < argc && !strstr(scenarios[i].name, argv[optind])))
			continue;
		failed |= run_scenario(&scenarios[i], ++n, limit);
	}
	if (with_reached)
		hooks_each_reached(print_reached);
	printf("1..%u\n", n);
	return failed;
}
