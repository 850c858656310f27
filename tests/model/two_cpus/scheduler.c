/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See scheduler.h. */
#include "scheduler.h"
#include "../generate.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define STACK_BYTES (256 * 1024)

extern uint32_t native_cpu; /* the engine's: which CPU it is on */

struct actor_run {
	struct actor actor;
	ucontext_t context;
	int begun, done, inside; /* inside: at a packet */
	unsigned char stack[STACK_BYTES];
};

static struct actor_run runs[SCHEDULER_ACTORS];
static struct actor_run *running;
static unsigned count, stopped;
static ucontext_t back;
static uint64_t *randomness;
static unsigned stops_left, accesses_left, between;
static int only_interrupted; /* is stopped: it begins, and the others come while it stands still */
static int only_writes;	     /* it is stopped: between a look and what comes of it, mostly */

/* ---- who goes on ------------------------------------------------------------------------ */

/* At its next stop the one that runs is stopped after so many accesses. */
static void plan_stop(void)
{
	accesses_left = 1 + random_next(randomness) % between;
}

static void stop_here(void)
{
	struct actor_run *r = running;

	stopped += r->inside;
	running = NULL;
	swapcontext(&r->context, &back);
}

static void on_access(const volatile void *address, int writes)
{
	const unsigned char *at = (const unsigned char *)address;

	if (!running || !stops_left || writes < only_writes ||
	    running->actor.interrupted < only_interrupted ||
	    (at >= running->stack && at < running->stack + STACK_BYTES))
		return;
	if (--accesses_left)
		return;
	stops_left--;
	plan_stop();
	stop_here();
}

static void body(void)
{
	struct actor_run *r = running;

	for (;;) {
		r->inside = 1;
		if (!r->actor.next(r->actor.context))
			break;
		r->inside = 0;
		if (stops_left && !only_interrupted && random_next(randomness) % 4 == 0)
			stop_here();
	}
	r->inside = 0;
	r->done = 1;
	running = NULL;
	setcontext(&back);
}

/* Softirqs have the CPU to themselves: what they have interrupted goes on when they are done. */
static int may_run(const struct actor_run *r)
{
	unsigned i;

	if (r->done)
		return 0;
	for (i = 0; i < count; i++) {
		if (r->actor.interrupted && &runs[i] != r && runs[i].actor.cpu == r->actor.cpu &&
		    runs[i].inside)
			return 0;
	}
	return 1;
}

static struct actor_run *choose(void)
{
	struct actor_run *able[SCHEDULER_ACTORS];
	unsigned n = 0, i;

	for (i = 0; i < count; i++) {
		if (may_run(&runs[i]))
			able[n++] = &runs[i];
	}
	if (only_interrupted && n && !able[n - 1]->begun)
		return able[n - 1];
	return n ? able[random_next(randomness) % n] : NULL;
}

static void enter(struct actor_run *r)
{
	if (!r->begun) {
		r->begun = 1;
		getcontext(&r->context);
		r->context.uc_stack.ss_sp = r->stack;
		r->context.uc_stack.ss_size = sizeof(r->stack);
		r->context.uc_link = NULL;
		makecontext(&r->context, body, 0);
	}
	running = r;
	native_cpu = r->actor.cpu;
	swapcontext(&back, &r->context);
}

unsigned scheduler_run(const struct actor *actors, unsigned n, uint64_t *random)
{
	static const unsigned often[] = {8, 40, 150, 400, 400, 1000}, of_writes[] = {2, 4, 10, 20};
	struct actor_run *r;
	unsigned i;

	count = n;
	stopped = 0;
	randomness = random;
	stops_left = random_next(random) % 6;
	only_writes = random_next(random) % 2;
	only_interrupted = actors[n - 1].interrupted && random_next(random) % 2;
	between = only_writes ? of_writes[random_next(random) % 4] : often[random_next(random) % 6];
	if (random_next(random) % 16 == 0)
		stops_left = 200;
	plan_stop();
	for (i = 0; i < n; i++) {
		runs[i].actor = actors[i];
		runs[i].begun = runs[i].done = runs[i].inside = 0;
	}
	while ((r = choose()))
		enter(r);
	return stopped;
}

/* ---- what the compiler calls ------------------------------------------------------------ */

/* ThreadSanitizer's interface, as far as GCC uses it for the engine. */
#define ACCESS(name, writes)                                                                       \
	void __tsan_##name(void *at);                                                              \
	void __tsan_##name(void *at)                                                               \
	{                                                                                          \
		on_access(at, writes);                                                             \
	}
ACCESS(read1, 0)
ACCESS(read2, 0)
ACCESS(read4, 0)
ACCESS(read8, 0)
ACCESS(read16, 0)
ACCESS(write1, 1)
ACCESS(write2, 1)
ACCESS(write4, 1)
ACCESS(write8, 1)
ACCESS(write16, 1)
ACCESS(unaligned_read2, 0)
ACCESS(unaligned_read4, 0)
ACCESS(unaligned_read8, 0)
ACCESS(unaligned_read16, 0)
ACCESS(unaligned_write2, 1)
ACCESS(unaligned_write4, 1)
ACCESS(unaligned_write8, 1)
ACCESS(unaligned_write16, 1)

void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller)
{
}

void __tsan_read_range(void *at, size_t n);
void __tsan_read_range(void *at, size_t n)
{
	on_access(at, 0);
}

void __tsan_write_range(void *at, size_t n);
void __tsan_write_range(void *at, size_t n)
{
	on_access(at, 1);
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}

void __tsan_init(void);
void __tsan_init(void)
{
}

/* One access that changes a word by an operator and `n`; it returns what was there. */
#define ATOMIC_ACCESS(name, type, sets)                                                            \
	type name(volatile type *at, type n, int order);                                           \
	type name(volatile type *at, type n, int order)                                            \
	{                                                                                          \
		type was;                                                                          \
                                                                                                   \
		on_access(at, 1);                                                                  \
		was = *at;                                                                         \
		*at sets n;                                                                        \
		return was;                                                                        \
	}
#define ATOMIC(bits, type)                                                                         \
	ATOMIC_ACCESS(__tsan_atomic##bits##_fetch_add, type, +=)                                   \
	ATOMIC_ACCESS(__tsan_atomic##bits##_fetch_or, type, |=)                                    \
	ATOMIC_ACCESS(__tsan_atomic##bits##_fetch_and, type, &=)                                   \
	ATOMIC_ACCESS(__tsan_atomic##bits##_exchange, type, =)                                     \
	int __tsan_atomic##bits##_compare_exchange_strong(volatile type *at, type *from, type to,  \
							  int order, int fail);                    \
	int __tsan_atomic##bits##_compare_exchange_strong(volatile type *at, type *from, type to,  \
							  int order, int fail)                     \
	{                                                                                          \
		on_access(at, 1);                                                                  \
		if (*at == *from) {                                                                \
			*at = to;                                                                  \
			return 1;                                                                  \
		}                                                                                  \
		*from = *at;                                                                       \
		return 0;                                                                          \
	}
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)
