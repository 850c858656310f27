/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Memory as weak as that of arm64, as an abstract machine. README.md has its rules.
 *
 * All CPUs share one memory. A location keeps the versions that some CPU can still read. A load may
 * be satisfied early: it reads any version that was there since the CPU's floor. A store waits in
 * the CPU's buffer, and leaves it in any order. An operation that returns the old value and changes
 * it is a full barrier.
 */
#ifndef PROOF_MACHINE_H
#define PROOF_MACHINE_H

#include "engine.h"

#include <stdint.h>

#define LOCATIONS 96
#define VERSIONS 10
#define RESULTS 240
#define BUFFER 12

enum access_kind {
	ACCESS_LOAD,
	ACCESS_STORE,
	ACCESS_SWAP_IF,
	ACCESS_SWAP,
	ACCESS_FETCH_ADD,
	ACCESS_ADD,
	ACCESS_WAIT,   /* until CPU `a` has done `b` steps, and its stores have left it */
	ACCESS_CHOICE, /* a packet interrupts the sweep here, or not */
	ACCESS_STEP,   /* a step is done; with `b` what interrupted it */
	ACCESS_END
};

struct access {
	uint8_t kind;
	uint8_t ordered; /* a load: acquire; a store: release */
	uint16_t location;
	uint32_t size;
	uint64_t a, b; /* value; old and new value of ACCESS_SWAP_IF */
	const char *function;
};

struct location {
	uint16_t first, n; /* number of the first version, versions */
	uint64_t value[VERSIONS];
	uint32_t time[VERSIONS];
};

struct buffered {
	uint64_t value;
	uint16_t location;
	uint8_t is_add, ordered;
};

struct cpu {
	uint64_t results[RESULTS];
	uint64_t hash; /* of the results: they decide what the CPU does next */
	uint32_t n, floor, buffered, steps, done;
	uint32_t loads; /* without acquire since its last barrier: a store must not pass them */
	uint16_t seen[LOCATIONS];
	struct buffered buffer[BUFFER];
	struct access next;
	struct tally tally;
};

struct proof_machine {
	uint32_t time, cpus, locations;
	struct cpu cpu[PROOF_CPUS];
	struct location location[LOCATIONS];
};

/* One way that the machine can go on. */
enum move_kind { MOVE_DRAIN, MOVE_READ, MOVE_SWAP, MOVE_PASS };
struct move {
	uint8_t kind, cpu;
	uint16_t which; /* entry of the buffer, version, or result of a choice */
};

#define MOVES_MAX 96

/* Adds a location with its value at the beginning. Returns its number. */
uint32_t machine_add(struct proof_machine *m, uint64_t value);
/* Fills `moves` with all that is possible. Returns their number. */
uint32_t machine_moves(const struct proof_machine *m, struct move *moves);
/* Does a move. After all but MOVE_DRAIN the CPU must be asked for its next access. */
void machine_move(struct proof_machine *m, struct move move);
/* Does an access to a location that no other CPU uses. Returns its result. */
uint64_t machine_private(struct proof_machine *m, uint32_t cpu, const struct access *a);
/* Puts a store into the CPU's buffer: no other CPU sees it yet. */
void machine_buffer(struct proof_machine *m, uint32_t cpu, const struct access *a);
void machine_result(struct cpu *c, uint64_t value);
uint64_t machine_value(const struct proof_machine *m, uint32_t location);
/* Drops versions that no CPU can read, and hashes what is left. */
void machine_hash(struct proof_machine *m, uint64_t hash[2]);
/* Returns NULL, or why the machine cannot go on. */
const char *machine_wrong(void);
void machine_clear_wrong(void);

#endif
