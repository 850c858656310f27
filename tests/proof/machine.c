/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See machine.h. */
#include "machine.h"

#include <string.h>

static const char *wrong;

const char *machine_wrong(void)
{
	return wrong;
}

void machine_clear_wrong(void)
{
	wrong = NULL;
}

uint32_t machine_add(struct proof_machine *m, uint64_t value)
{
	uint32_t i = m->locations;

	if (i == LOCATIONS) {
		wrong = "too many locations";
		return 0;
	}
	m->location[i] = (struct location){.n = 1, .value = {value}};
	m->locations++;
	return i;
}

uint64_t machine_value(const struct proof_machine *m, uint32_t location)
{
	const struct location *l = &m->location[location];

	return l->value[l->n - 1];
}

void machine_result(struct cpu *c, uint64_t value)
{
	if (c->n == RESULTS) {
		wrong = "too many accesses";
		return;
	}
	c->results[c->n++] = value;
	c->hash = (c->hash ^ value) * 0x9fb21c651e98df25ULL;
	c->hash ^= c->hash >> 29;
}

/* ---- versions --------------------------------------------------------------------------- */

/* Returns the first version, from 0 on, that this CPU may read. */
static uint32_t first_readable(const struct proof_machine *m, const struct cpu *c,
			       uint32_t location)
{
	const struct location *l = &m->location[location];
	uint32_t i = c->seen[location] > l->first ? c->seen[location] - l->first : 0;

	while (i + 1 < l->n && l->time[i + 1] <= c->floor)
		i++;
	return i;
}

static void drop_versions(struct proof_machine *m, uint32_t location)
{
	struct location *l = &m->location[location];
	uint32_t least = l->n - 1, i, first;

	for (i = 0; i < m->cpus && least; i++) {
		if (m->cpu[i].done)
			continue;
		first = first_readable(m, &m->cpu[i], location);
		least = first < least ? first : least;
	}
	if (!least)
		return;
	l->first += least;
	l->n -= least;
	memmove(l->value, l->value + least, l->n * sizeof(l->value[0]));
	memmove(l->time, l->time + least, l->n * sizeof(l->time[0]));
}

/* Writes to memory, for all CPUs at once. */
static void write_now(struct proof_machine *m, struct cpu *c, uint32_t location, uint64_t value)
{
	struct location *l = &m->location[location];

	if (l->n == VERSIONS)
		drop_versions(m, location);
	if (l->n == VERSIONS) {
		wrong = "too many versions";
		return;
	}
	l->value[l->n] = value;
	l->time[l->n++] = ++m->time;
	c->seen[location] = l->first + l->n - 1;
}

static uint64_t read_version(struct proof_machine *m, struct cpu *c, const struct access *a,
			     uint32_t i)
{
	const struct location *l = &m->location[a->location];

	c->seen[a->location] = l->first + i;
	if (!a->ordered) {
		c->loads++;
		return l->value[i];
	}
	if (l->time[i] > c->floor)
		c->floor = l->time[i];
	return l->value[i];
}

static void barrier(struct proof_machine *m, struct cpu *c)
{
	c->floor = m->time;
	c->loads = 0;
}

/* ---- the buffer of stores --------------------------------------------------------------- */

void machine_buffer(struct proof_machine *m, uint32_t cpu, const struct access *a)
{
	struct cpu *c = &m->cpu[cpu];

	if (c->buffered == BUFFER) {
		wrong = "too many stores in the buffer";
		return;
	}
	/* A store that may pass an earlier load is not modelled. Of an addition the branch before
	 * it keeps the order (a control dependency). */
	if (a->kind == ACCESS_STORE && !a->ordered && c->loads)
		wrong = "a plain store follows a load without a barrier";
	c->buffer[c->buffered++] = (struct buffered){.value = a->a,
						     .location = a->location,
						     .is_add = a->kind == ACCESS_ADD,
						     .ordered = a->ordered};
	machine_result(c, 0);
}

/* Returns the last store to this location in the buffer + 1, 0: none. */
static uint32_t find_buffered(const struct cpu *c, uint32_t location, uint32_t before)
{
	uint32_t i;

	for (i = before; i; i--) {
		if (c->buffer[i - 1].location == location)
			return i;
	}
	return 0;
}

static void drain(struct proof_machine *m, struct cpu *c, uint32_t i)
{
	struct buffered entry = c->buffer[i];

	c->buffered--;
	memmove(c->buffer + i, c->buffer + i + 1, (c->buffered - i) * sizeof(entry));
	memset(&c->buffer[c->buffered], 0, sizeof(entry));
	if (entry.is_add)
		entry.value += machine_value(m, entry.location);
	write_now(m, c, entry.location, entry.value);
}

/* ---- moves ------------------------------------------------------------------------------ */

static uint32_t drains(const struct proof_machine *m, uint32_t cpu, struct move *moves)
{
	const struct cpu *c = &m->cpu[cpu];
	uint32_t n = 0, i;

	for (i = 0; i < c->buffered; i++) {
		if ((c->buffer[i].ordered && i) || find_buffered(c, c->buffer[i].location, i))
			continue;
		moves[n++] = (struct move){MOVE_DRAIN, (uint8_t)cpu, (uint16_t)i};
	}
	return n;
}

/* Reads of every version; with `but` of those with another value. */
static uint32_t reads(const struct proof_machine *m, uint32_t cpu, const uint64_t *but,
		      struct move *moves)
{
	const struct cpu *c = &m->cpu[cpu];
	const struct location *l = &m->location[c->next.location];
	uint32_t n = 0, i;

	for (i = first_readable(m, c, c->next.location); i < l->n; i++) {
		if (!but || l->value[i] != *but)
			moves[n++] = (struct move){MOVE_READ, (uint8_t)cpu, (uint16_t)i};
	}
	return n;
}

static uint32_t next_moves(const struct proof_machine *m, uint32_t cpu, struct move *moves)
{
	const struct cpu *c = &m->cpu[cpu];
	const struct access *a = &c->next;
	uint32_t n = 0, own;

	if (c->done)
		return 0;
	if (a->kind == ACCESS_WAIT && (m->cpu[a->a].steps < a->b || m->cpu[a->a].buffered))
		return 0;
	if (a->kind == ACCESS_CHOICE)
		moves[n++] = (struct move){MOVE_PASS, (uint8_t)cpu, 1};
	if (a->kind == ACCESS_WAIT || a->kind == ACCESS_CHOICE) {
		moves[n++] = (struct move){MOVE_PASS, (uint8_t)cpu, 0};
		return n;
	}
	own = find_buffered(c, a->location, c->buffered);
	if (own && (a->kind != ACCESS_LOAD || c->buffer[own - 1].is_add))
		return 0;
	if (own || a->kind == ACCESS_LOAD)
		return own ? (moves[0] = (struct move){MOVE_READ, (uint8_t)cpu, 0}, 1)
			   : reads(m, cpu, NULL, moves);
	if (a->kind == ACCESS_SWAP_IF)
		n = reads(m, cpu, &a->a, moves);
	if (!c->buffered && (a->kind != ACCESS_SWAP_IF || machine_value(m, a->location) == a->a))
		moves[n++] = (struct move){MOVE_SWAP, (uint8_t)cpu, 0};
	return n;
}

uint32_t machine_moves(const struct proof_machine *m, struct move *moves)
{
	uint32_t n = 0, i;

	for (i = 0; i < m->cpus; i++) {
		/* A choice concerns no other CPU. */
		if (!m->cpu[i].done && m->cpu[i].next.kind == ACCESS_CHOICE)
			return next_moves(m, i, moves);
	}
	for (i = 0; i < m->cpus; i++) {
		n += drains(m, i, moves + n);
		n += next_moves(m, i, moves + n);
	}
	return n;
}

static uint64_t swap_now(struct proof_machine *m, struct cpu *c, const struct access *a)
{
	uint64_t old = machine_value(m, a->location), value = a->a;

	if (a->kind == ACCESS_SWAP_IF)
		value = a->b;
	else if (a->kind == ACCESS_FETCH_ADD)
		value = old + a->a;
	write_now(m, c, a->location, value);
	barrier(m, c);
	return old;
}

void machine_move(struct proof_machine *m, struct move move)
{
	struct cpu *c = &m->cpu[move.cpu];
	struct access load = c->next;
	uint32_t own;

	switch (move.kind) {
	case MOVE_DRAIN:
		drain(m, c, move.which);
		return;
	case MOVE_READ:
		own = find_buffered(c, load.location, c->buffered);
		if (own) {
			machine_result(c, c->buffer[own - 1].value);
			return;
		}
		load.ordered &= load.kind == ACCESS_LOAD;
		machine_result(c, read_version(m, c, &load, move.which));
		return;
	case MOVE_SWAP:
		machine_result(c, swap_now(m, c, &load));
		return;
	default:
		if (load.kind == ACCESS_WAIT)
			barrier(m, c);
		machine_result(c, move.which);
	}
}

uint64_t machine_private(struct proof_machine *m, uint32_t cpu, const struct access *a)
{
	struct cpu *c = &m->cpu[cpu];
	struct location *l = &m->location[a->location];
	uint64_t old = l->value[l->n - 1], value = a->a;

	if (a->kind == ACCESS_LOAD) {
		machine_result(c, old);
		return old;
	}
	if (a->kind == ACCESS_SWAP_IF)
		value = old == a->a ? a->b : old;
	else if (a->kind == ACCESS_ADD || a->kind == ACCESS_FETCH_ADD)
		value = old + a->a;
	l->value[l->n - 1] = value;
	machine_result(c, old);
	return old;
}

/* ---- hashing ---------------------------------------------------------------------------- */

static void hash_word(uint64_t hash[2], uint64_t word)
{
	hash[0] = (hash[0] ^ word) * 0x9fb21c651e98df25ULL;
	hash[0] ^= hash[0] >> 28;
	hash[1] = (hash[1] + word) * 0xd6e8feb86659fd93ULL;
	hash[1] ^= hash[1] >> 32;
}

/* Times that still matter, in their order: only that order is of the state. */
struct times {
	uint32_t n, least, time[LOCATIONS * 2];
};

static void times_add(struct times *t, uint32_t time)
{
	uint32_t i = t->n;

	if (time <= t->least)
		return;
	if (t->n == LOCATIONS * 2) {
		wrong = "too many times";
		return;
	}
	for (; i && t->time[i - 1] > time; i--)
		t->time[i] = t->time[i - 1];
	t->time[i] = time;
	t->n++;
}

static uint32_t times_rank(const struct times *t, uint32_t time)
{
	uint32_t i = 0;

	while (i < t->n && t->time[i] <= time)
		i++;
	return i;
}

static void times_collect(struct times *t, const struct proof_machine *m)
{
	uint32_t i, v;

	t->n = 0;
	t->least = ~0U;
	for (i = 0; i < m->cpus; i++) {
		if (!m->cpu[i].done && m->cpu[i].floor < t->least)
			t->least = m->cpu[i].floor;
	}
	for (i = 0; i < m->locations; i++)
		for (v = 0; v < m->location[i].n; v++)
			times_add(t, m->location[i].time[v]);
}

static void hash_cpu(const struct proof_machine *m, const struct cpu *c, const struct times *t,
		     uint64_t hash[2])
{
	uint32_t i;

	hash_word(hash, c->hash);
	hash_word(hash, (uint64_t)c->n << 32 | c->buffered << 8 | c->done);
	for (i = 0; i < c->buffered; i++) {
		hash_word(hash, c->buffer[i].value);
		hash_word(hash, (uint64_t)c->buffer[i].location << 2 | c->buffer[i].is_add << 1 |
					c->buffer[i].ordered);
	}
	if (c->done)
		return;
	hash_word(hash, times_rank(t, c->floor) << 1 | !!c->loads);
	for (i = 0; i < m->locations; i++)
		if (m->location[i].n > 1)
			hash_word(hash, first_readable(m, c, i));
}

void machine_hash(struct proof_machine *m, uint64_t hash[2])
{
	struct times t;
	uint32_t i, v;

	for (i = 0; i < m->locations; i++)
		if (m->location[i].n > 1)
			drop_versions(m, i);
	times_collect(&t, m);
	hash[0] = hash[1] = 1;
	for (i = 0; i < m->locations; i++) {
		hash_word(hash, m->location[i].n);
		for (v = 0; v < m->location[i].n; v++) {
			hash_word(hash, m->location[i].value[v]);
			hash_word(hash, times_rank(&t, m->location[i].time[v]));
		}
	}
	for (i = 0; i < m->cpus; i++)
		hash_cpu(m, &m->cpu[i], &t, hash);
}
