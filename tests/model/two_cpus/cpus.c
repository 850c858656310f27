/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See cpus.h. */
#include "cpus.h"
#include "scheduler.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

static enum engine_kind engine;
static uint64_t randomness;

/* One CPU's part of a round. */
struct part {
	const struct round *round;
	unsigned cpu, next;
	const char *wrong;
};

static void note_wrong(struct part *p, const char *wrong)
{
	if (wrong && !p->wrong)
		p->wrong = wrong;
}

static int next_packet(void *context)
{
	struct part *p = context;

	if (p->next == p->round->n[p->cpu])
		return 0;
	note_wrong(p, engine_run(&p->round->packet[p->cpu][p->next++]));
	return 1;
}

/* ---- natively --------------------------------------------------------------------------- */

static int next_sweep(void *context)
{
	struct part *p = context;

	if (p->next++ || !p->round->sweep)
		return 0;
	note_wrong(p, engine_sweep(p->round->now));
	return 1;
}

static const char *run_native(const struct round *r, unsigned *stopped)
{
	struct part parts[] = {{r, 0, 0, NULL}, {r, 1, 0, NULL}, {r, r->sweep_cpu, 0, NULL}};
	const struct actor actors[] = {{next_packet, &parts[0], 0, 0},
				       {next_packet, &parts[1], 1, 0},
				       {next_sweep, &parts[2], r->sweep_cpu, 1}};
	unsigned i;

	*stopped = 0;
	if (!r->apart)
		*stopped = scheduler_run(actors, r->sweep ? 3 : 2, &randomness);
	for (i = 0; r->apart && i < 3; i++)
		scheduler_run(&actors[i], 1, &randomness);
	for (i = 0; i < 2 && !parts[i].wrong; i++)
		;
	return parts[i].wrong;
}

/* ---- in the kernel ---------------------------------------------------------------------- */

static pthread_t second;
static int cpu_numbers[MODEL_CPUS];
static struct part of_second;
/* The number of the round that the first asks for, the second is ready for, and so on. */
static volatile uint64_t asked, ready, begun, ended;
static volatile int stopping;

static void wait_for(const volatile uint64_t *which, uint64_t number)
{
	unsigned i;

	for (i = 1; __atomic_load_n(which, __ATOMIC_ACQUIRE) != number && !stopping; i++) {
		if (i % 2000 == 0)
			sched_yield();
	}
}

static void say(volatile uint64_t *which, uint64_t number)
{
	__atomic_store_n(which, number, __ATOMIC_RELEASE);
}

static void on_cpu(int number)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(number, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void run_part(struct part *p)
{
	const struct round *r = p->round;
	unsigned i;

	for (i = 0; i <= r->n[p->cpu]; i++) {
		if (r->sweep && r->sweep_cpu == p->cpu &&
		    (i == r->sweep_at || (i == r->n[p->cpu] && i < r->sweep_at)))
			note_wrong(p, engine_sweep(r->now));
		next_packet(p);
	}
}

static void *work(void *context)
{
	uint64_t number;

	on_cpu(cpu_numbers[1]);
	for (number = 1;; number++) {
		wait_for(&asked, number);
		say(&ready, number);
		wait_for(&begun, number);
		if (stopping)
			return NULL;
		run_part(&of_second);
		say(&ended, number);
	}
}

/* They begin within a microsecond: one waits for a moment, so that all their packets may meet. */
static void wait_a_moment(void)
{
	volatile unsigned i = random_next(&randomness) % 600;

	while (i)
		i--;
}

static const char *run_kernel(const struct round *r, unsigned *stopped)
{
	struct part first = {.round = r};
	uint64_t number = asked + 1;

	*stopped = 0;
	of_second = (struct part){.round = r, .cpu = 1};
	say(&asked, number);
	wait_for(&ready, number);
	if (r->apart)
		run_part(&first);
	say(&begun, number);
	if (!r->apart) {
		wait_a_moment();
		run_part(&first);
	}
	wait_for(&ended, number);
	return first.wrong ? first.wrong : of_second.wrong;
}

/* ---- start and end ---------------------------------------------------------------------- */

static int find_cpus(void)
{
	cpu_set_t set;
	int n = 0, i;

	sched_getaffinity(0, sizeof(set), &set);
	for (i = 0; i < CPU_SETSIZE && n < MODEL_CPUS; i++) {
		if (CPU_ISSET(i, &set))
			cpu_numbers[n++] = i;
	}
	return n;
}

int cpus_start(enum engine_kind kind, uint64_t seed)
{
	int n;

	engine = kind;
	randomness = seed;
	if (kind == ENGINE_NATIVE)
		return MODEL_CPUS;
	n = find_cpus();
	if (n < MODEL_CPUS)
		return n;
	on_cpu(cpu_numbers[0]);
	if (pthread_create(&second, NULL, work, NULL))
		abort();
	return n;
}

void cpus_stop(void)
{
	if (engine == ENGINE_NATIVE)
		return;
	stopping = 1;
	pthread_join(second, NULL);
}

const char *cpus_run(const struct round *r, unsigned *stopped)
{
	return engine == ENGINE_NATIVE ? run_native(r, stopped) : run_kernel(r, stopped);
}
