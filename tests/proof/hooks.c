/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See hooks.h and operations.h. */
#include "hooks.h"
#include "operations.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct known_place {
	unsigned char *address;
	uint64_t initial;
	uint32_t size;
	uint8_t users, writers; /* CPUs, as bits */
	char name[40];
};

static struct proof_region *regions;
static uint32_t region_count;
static struct known_place places[LOCATIONS];
static uint32_t place_count;
static int changed;
static hooks_program *program;

/* The run. */
static struct proof_machine *machine;
static struct cpu *running;
static uint32_t running_cpu, cursor, plain_size;
static unsigned char *plain; /* a plain store to it is under way: its value comes */
static jmp_buf out;
static void (*interrupt)(void);

static void die(const char *what)
{
	fprintf(stderr, "proof: %s\n", what);
	exit(2);
}

/* ---- operations that were reached ------------------------------------------------------- */

#define REACHED_MAX 128
static struct {
	const char *function, *kind;
} reached[REACHED_MAX];
static uint32_t reached_count;

static void note_reached(const char *function, const char *kind)
{
	uint32_t i;

	for (i = 0; i < reached_count; i++) {
		if (reached[i].kind == kind && strcmp(reached[i].function, function) == 0)
			return;
	}
	if (reached_count == REACHED_MAX)
		die("too many operations");
	reached[reached_count].function = function;
	reached[reached_count++].kind = kind;
}

void hooks_each_reached(void (*f)(const char *function, const char *kind))
{
	uint32_t i;

	for (i = 0; i < reached_count; i++)
		f(reached[i].function, reached[i].kind);
}

/* ---- locations -------------------------------------------------------------------------- */

static const struct proof_region *region_at(const void *address)
{
	const unsigned char *at = address;
	uint32_t i;

	for (i = 0; i < region_count; i++) {
		if (at >= regions[i].base && at < regions[i].base + regions[i].size)
			return &regions[i];
	}
	return NULL;
}

static uint64_t load_bytes(const void *p, uint32_t size)
{
	uint64_t value = 0;

	memcpy(&value, p, size);
	return value;
}

/* Adds the locations that became known in another run. */
static void add_missing(void)
{
	while (machine->locations < place_count)
		machine_add(machine, places[machine->locations].initial);
}

static uint32_t place_of(const struct proof_region *r, unsigned char *address, uint32_t size)
{
	struct known_place *p;
	uint32_t i;

	for (i = 0; i < place_count; i++) {
		if (places[i].address == address) {
			if (places[i].size != size)
				die("a location is accessed with two sizes");
			return i;
		}
	}
	if (place_count == LOCATIONS)
		die("too many locations");
	p = &places[place_count];
	*p = (struct known_place){.address = address, .size = size};
	p->initial = load_bytes(r->initial + (address - r->base), size);
	snprintf(p->name, sizeof(p->name), "%s+%zu", r->name, (size_t)(address - r->base));
	place_count++;
	add_missing();
	return place_count - 1;
}

const char *hooks_location(uint32_t location)
{
	return places[location].name;
}

static int is_shared(const struct known_place *p)
{
	return p->writers && (p->users & (p->users - 1));
}

/* Notes who uses a location. What was private until now makes all begin anew. */
static void note_user(struct known_place *p, const struct access *a)
{
	int before = is_shared(p);

	p->users |= (uint8_t)(1U << running_cpu);
	if (a->kind != ACCESS_LOAD)
		p->writers |= (uint8_t)(1U << running_cpu);
	if (!before && is_shared(p))
		changed = 1;
}

int hooks_changed(void)
{
	int was = changed;

	changed = 0;
	return was;
}

/* ---- accesses --------------------------------------------------------------------------- */

static void stop_with(const struct access *a)
{
	running->next = *a;
	longjmp(out, 1);
}

/* A barrier concerns other CPUs, whatever its location. */
static int is_barrier(const struct access *a)
{
	return a->kind == ACCESS_SWAP_IF || a->kind == ACCESS_SWAP || a->kind == ACCESS_FETCH_ADD;
}

static uint64_t do_access(const struct access *a)
{
	if (cursor < running->n)
		return running->results[cursor++];
	if (a->kind == ACCESS_STEP) {
		if (a->b)
			running->loads = 0; /* it has branched on what it has loaded */
		else
			running->steps++;
		machine_result(running, 0);
		cursor++;
		return 0;
	}
	if (a->kind < ACCESS_WAIT) {
		note_user(&places[a->location], a);
		if (!is_shared(&places[a->location]) && !is_barrier(a)) {
			cursor++;
			return machine_private(machine, running_cpu, a);
		}
		if (a->kind == ACCESS_STORE || a->kind == ACCESS_ADD) {
			cursor++;
			machine_buffer(machine, running_cpu, a);
			return 0;
		}
	}
	stop_with(a);
	return 0;
}

/* Does the plain store that the last call announced. */
static void finish_plain(void)
{
	struct access a = {.kind = ACCESS_STORE, .size = plain_size, .function = "plain"};
	unsigned char *at = plain;

	if (!at)
		return;
	plain = NULL;
	a.location = (uint16_t)place_of(region_at(at), at, plain_size);
	a.a = load_bytes(at, plain_size);
	do_access(&a);
}

static void maybe_interrupt(void)
{
	struct access a = {.kind = ACCESS_CHOICE, .function = "interrupt"};
	struct access end = {.kind = ACCESS_STEP, .b = 1};
	void (*f)(void) = interrupt;

	if (!f)
		return;
	interrupt = NULL;
	if (!do_access(&a)) {
		interrupt = f;
		return;
	}
	f();
	finish_plain();
	do_access(&end);
}

static uint64_t act(enum access_kind kind, volatile void *p, const struct proof_region *r,
		    uint32_t size, int ordered, uint64_t a, uint64_t b, const char *function)
{
	struct access access = {.kind = (uint8_t)kind,
				.ordered = (uint8_t)ordered,
				.size = size,
				.a = a,
				.b = b,
				.function = function};

	access.location = (uint16_t)place_of(r, (unsigned char *)p, size);
	return do_access(&access);
}

/* Returns the region of an access, NULL when it is of this CPU alone. */
static const struct proof_region *begin_access(const volatile void *p)
{
	if (!running)
		return NULL;
	finish_plain();
	maybe_interrupt();
	return region_at((const void *)p);
}

uint64_t proof_load(const volatile void *p, uint32_t size, int acquire, const char *function)
{
	const struct proof_region *r = begin_access(p);

	if (!r)
		return load_bytes((const void *)p, size);
	note_reached(function, acquire ? "load_acquire" : "READ_ONCE");
	return act(ACCESS_LOAD, (volatile void *)p, r, size, acquire, 0, 0, function);
}

void proof_store(volatile void *p, uint32_t size, uint64_t value, const char *function)
{
	const struct proof_region *r = begin_access(p);

	if (!r) {
		memcpy((void *)p, &value, size);
		return;
	}
	note_reached(function, "store_release");
	act(ACCESS_STORE, p, r, size, 1, value, 0, function);
}

uint64_t proof_swap_if(volatile void *p, uint32_t size, uint64_t old, uint64_t value,
		       const char *function)
{
	const struct proof_region *r = begin_access(p);
	uint64_t was = load_bytes((void *)p, size);

	if (!r) {
		if (was == old)
			memcpy((void *)p, &value, size);
		return was;
	}
	note_reached(function, "compare_and_swap");
	return act(ACCESS_SWAP_IF, p, r, size, 0, old, value, function);
}

uint64_t proof_swap(volatile void *p, uint32_t size, uint64_t value, const char *function)
{
	const struct proof_region *r = begin_access(p);
	uint64_t was = load_bytes((void *)p, size);

	if (!r) {
		memcpy((void *)p, &value, size);
		return was;
	}
	note_reached(function, "swap");
	return act(ACCESS_SWAP, p, r, size, 0, value, 0, function);
}

static uint64_t add_here(volatile void *p, uint32_t size, uint64_t n)
{
	uint64_t was = load_bytes((void *)p, size), value = was + n;

	memcpy((void *)p, &value, size);
	return was;
}

uint64_t proof_fetch_add(volatile void *p, uint32_t size, uint64_t n, const char *function)
{
	const struct proof_region *r = begin_access(p);

	if (!r)
		return add_here(p, size, n);
	note_reached(function, "fetch_add");
	return act(ACCESS_FETCH_ADD, p, r, size, 0, n, 0, function);
}

void proof_add(volatile void *p, uint32_t size, uint64_t n, const char *function)
{
	const struct proof_region *r = begin_access(p);

	if (!r) {
		add_here(p, size, n);
		return;
	}
	note_reached(function, "atomic_add");
	act(ACCESS_ADD, p, r, size, 0, n, 0, function);
}

uint64_t proof_not_modelled(const char *function, uint64_t n)
{
	(void)n;
	fprintf(stderr, "proof_run: %s() has an operation that the search does not model\n",
		function);
	abort();
}

/* ---- plain accesses --------------------------------------------------------------------- */

/* Widens an access to the word that it is modelled by. */
static unsigned char *word_of(const struct proof_region *r, unsigned char *at, uint32_t *size)
{
	if (!r->word)
		return at;
	*size = r->word;
	return at - (at - r->base) % r->word;
}

static void plain_load(void *p, uint32_t size)
{
	const struct proof_region *r;
	unsigned char *at;
	uint64_t value;

	if (!running)
		return;
	r = region_at(p);
	if (!r)
		return;
	begin_access(p);
	at = word_of(r, p, &size);
	value = act(ACCESS_LOAD, at, r, size, 0, 0, 0, "plain");
	memcpy(at, &value, size);
}

static void plain_store(void *p, uint32_t size)
{
	const struct proof_region *r;

	if (!running)
		return;
	r = region_at(p);
	if (!r)
		return;
	begin_access(p);
	if (r->word && size != r->word)
		die("a store to a part of a word");
	plain = p;
	plain_size = size;
}

#define HOOK(name, access, size)                                                                   \
	void __tsan_##name##size(void *p);                                                         \
	void __tsan_##name##size(void *p)                                                          \
	{                                                                                          \
		access(p, size);                                                                   \
	}

#define HOOKS(size)                                                                                \
	HOOK(read, plain_load, size)                                                               \
	HOOK(write, plain_store, size)                                                             \
	HOOK(unaligned_read, plain_load, size)                                                     \
	HOOK(unaligned_write, plain_store, size)

HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)

static void refuse_shared(void *p)
{
	if (running && region_at(p))
		die("an access to shared memory of more than a word");
}

void __tsan_read16(void *p);
void __tsan_write16(void *p);
void __tsan_unaligned_read16(void *p);
void __tsan_unaligned_write16(void *p);
void __tsan_read_range(void *p, long size);
void __tsan_write_range(void *p, long size);
void __tsan_init(void);
void __tsan_func_entry(void *p);
void __tsan_func_exit(void *p);

void __tsan_read16(void *p)
{
	refuse_shared(p);
}

void __tsan_write16(void *p)
{
	refuse_shared(p);
}

void __tsan_unaligned_read16(void *p)
{
	refuse_shared(p);
}

void __tsan_unaligned_write16(void *p)
{
	refuse_shared(p);
}

/* Of words that need no alignment, too. */
void __tsan_read_range(void *p, long size)
{
	if (size > 8)
		refuse_shared(p);
	else
		plain_load(p, (uint32_t)size);
}

void __tsan_write_range(void *p, long size)
{
	if (size > 8)
		refuse_shared(p);
	else
		plain_store(p, (uint32_t)size);
}

void __tsan_init(void)
{
}

void __tsan_func_entry(void *p)
{
}

void __tsan_func_exit(void *p)
{
}

/* ---- runs ------------------------------------------------------------------------------- */

void hooks_start(hooks_program *wanted)
{
	program = wanted;
	regions = engine_regions(&region_count);
	place_count = 0;
	changed = 0;
}

void hooks_machine(struct proof_machine *m, uint32_t cpus)
{
	uint32_t i;

	memset(m, 0, sizeof(*m));
	m->cpus = cpus;
	for (i = 0; i < place_count; i++)
		machine_add(m, places[i].initial);
}

void hooks_wait(uint32_t cpu, uint32_t steps)
{
	struct access a = {.kind = ACCESS_WAIT, .a = cpu, .b = steps, .function = "wait"};

	do_access(&a);
}

void hooks_step_done(void)
{
	struct access a = {.kind = ACCESS_STEP};

	finish_plain();
	interrupt = NULL;
	do_access(&a);
}

void hooks_interrupt(void (*f)(void))
{
	interrupt = f;
}

void hooks_run(struct proof_machine *m, uint32_t cpu)
{
	machine = m;
	add_missing();
	running_cpu = cpu;
	cursor = 0;
	plain = NULL;
	interrupt = NULL;
	engine_reset_cpu(cpu);
	running = &m->cpu[cpu];
	if (setjmp(out) == 0) {
		program(cpu);
		running->next = (struct access){.kind = ACCESS_END};
		running->done = 1;
		engine_tally(cpu, &running->tally);
	}
	running = NULL;
}

void hooks_write_back(const struct proof_machine *m)
{
	uint64_t value;
	uint32_t i;

	engine_reset_shared();
	for (i = 0; i < place_count; i++) {
		value = machine_value(m, i);
		memcpy(places[i].address, &value, places[i].size);
	}
}
