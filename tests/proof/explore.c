/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * See explore.h. Depth first, each state once. A state is known by a hash of 128 bits: two states
 * with the same hash would be taken for one.
 */
#include "explore.h"
#include "hooks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH 400

static struct proof_machine *path;   /* the state at each depth */
static struct move path_move[DEPTH]; /* that led to the next */
static struct explored found;
static uint64_t state_limit;
static int stopped;

/* ---- states that were seen -------------------------------------------------------------- */

struct seen_state {
	uint64_t hash[2];
};

static struct seen_state *seen;
static uint64_t seen_room, seen_count;

static void seen_free(void)
{
	free(seen);
	seen = NULL;
	seen_room = seen_count = 0;
}

static struct seen_state *seen_slot(const uint64_t hash[2])
{
	uint64_t i = hash[0] & (seen_room - 1);

	while ((seen[i].hash[0] || seen[i].hash[1]) &&
	       (seen[i].hash[0] != hash[0] || seen[i].hash[1] != hash[1]))
		i = (i + 1) & (seen_room - 1);
	return &seen[i];
}

static void seen_grow(void)
{
	struct seen_state *old = seen;
	uint64_t room = seen_room, i;

	seen_room = room ? room * 2 : 1 << 16;
	seen = calloc(seen_room, sizeof(*seen));
	if (!seen) {
		fprintf(stderr, "proof: no memory for %" PRIu64 " states\n", seen_room);
		exit(2);
	}
	for (i = 0; i < room; i++) {
		if (old[i].hash[0] || old[i].hash[1])
			*seen_slot(old[i].hash) = old[i];
	}
	free(old);
}

/* Returns 1 when the state is new. */
static int seen_add(const uint64_t hash[2])
{
	struct seen_state *s;

	if (seen_count * 3 >= seen_room * 2)
		seen_grow();
	s = seen_slot(hash);
	if (s->hash[0] || s->hash[1])
		return 0;
	memcpy(s->hash, hash, sizeof(s->hash));
	seen_count++;
	return 1;
}

/* ---- what went wrong -------------------------------------------------------------------- */

static const char *const access_names[] = {"loads",   "stores", "swaps if", "swaps", "adds to",
					   "adds to", "waits",	"chooses",  "step",  "end"};

static void print_move(uint32_t depth)
{
	const struct proof_machine *m = &path[depth];
	struct move move = path_move[depth];
	const struct cpu *c = &m->cpu[move.cpu];
	const struct access *a = &c->next;
	const struct buffered *b;

	if (move.kind == MOVE_DRAIN) {
		b = &c->buffer[move.which];
		printf("#   CPU %u: %s %016" PRIx64 " becomes visible in %s\n", move.cpu,
		       b->is_add ? "an addition of" : "the store of", b->value,
		       hooks_location(b->location));
		return;
	}
	if (move.kind == MOVE_PASS) {
		printf("#   CPU %u: %s %u\n", move.cpu, access_names[a->kind], move.which);
		return;
	}
	printf("#   CPU %u: %s %s %s: %016" PRIx64 "%s\n", move.cpu, a->function,
	       access_names[a->kind], hooks_location(a->location),
	       path[depth + 1].cpu[move.cpu].results[c->n],
	       move.kind == MOVE_SWAP			      ? " is replaced"
	       : move.which + 1U < m->location[a->location].n ? " (an older value)"
							      : "");
}

static void report(const char *wrong, uint32_t depth, const struct tally *t)
{
	uint32_t i;

	found.wrong = wrong;
	stopped = 1;
	printf("# %s\n", wrong);
	for (i = 0; i < depth; i++)
		print_move(i);
	if (t)
		printf("#   queries %u transactions %u retransmissions %u untracked %u answered %u "
		       "unreachable %u timed_out %u late %u unmatched %u busy %u\n",
		       t->queries, t->transactions, t->retransmissions, t->untracked, t->answered,
		       t->unreachable, t->timed_out, t->late, t->unmatched, t->busy);
}

/* ---- ends ------------------------------------------------------------------------------- */

#define OUTCOMES_MAX 256
static struct tally outcomes[OUTCOMES_MAX];

static void note_outcome(const struct tally *t)
{
	uint32_t i;

	for (i = 0; i < found.outcomes; i++) {
		if (memcmp(&outcomes[i], t, sizeof(*t)) == 0)
			return;
	}
	if (found.outcomes < OUTCOMES_MAX)
		outcomes[found.outcomes++] = *t;
}

static void check_end(const struct proof_machine *m, uint32_t depth)
{
	struct tally tallies[PROOF_CPUS], total;
	const char *wrong;
	uint32_t i;

	for (i = 0; i < m->cpus; i++) {
		if (!m->cpu[i].done) {
			report("the CPUs wait for each other", depth, NULL);
			return;
		}
	}
	for (i = 0; i < PROOF_CPUS; i++) {
		engine_reset_cpu(i);
		engine_tally(i, &tallies[i]);
		if (i < m->cpus)
			tallies[i] = m->cpu[i].tally;
	}
	hooks_write_back(m);
	wrong = scenario_check(tallies, &total);
	found.ends++;
	found.busy += !!total.busy;
	note_outcome(&total);
	if (wrong)
		report(wrong, depth, &total);
}

/* ---- the search ------------------------------------------------------------------------- */

static void copy_machine(struct proof_machine *to, const struct proof_machine *from)
{
	size_t head = offsetof(struct proof_machine, location);

	memcpy(to, from, head);
	memcpy(to->location, from->location, from->locations * sizeof(from->location[0]));
}

static void search(uint32_t depth)
{
	struct proof_machine *m = &path[depth], *next = m + 1;
	struct move moves[MOVES_MAX];
	uint32_t n, i;
	uint64_t hash[2];

	if (depth > found.deepest)
		found.deepest = depth;
	machine_hash(m, hash);
	if (!seen_add(hash))
		return;
	found.states++;
	if (state_limit && found.states > state_limit) {
		found.limit_hit = 1;
		stopped = 1;
		return;
	}
	n = machine_moves(m, moves);
	if (!n)
		check_end(m, depth);
	if (depth + 2 >= DEPTH) {
		report("the path is too long", 0, NULL);
		return;
	}
	for (i = 0; i < n && !stopped; i++) {
		found.moves++;
		copy_machine(next, m);
		path_move[depth] = moves[i];
		machine_move(next, moves[i]);
		if (moves[i].kind != MOVE_DRAIN)
			hooks_run(next, moves[i].cpu);
		if (hooks_changed()) {
			stopped = 2;
			return;
		}
		if (machine_wrong()) {
			report(machine_wrong(), depth + 1, NULL);
			return;
		}
		search(depth + 1);
	}
}

static void search_once(const struct scenario *s)
{
	uint32_t i;

	found = (struct explored){0};
	stopped = 0;
	seen_free();
	seen_grow();
	machine_clear_wrong();
	hooks_machine(&path[0], s->cpus);
	for (i = 0; i < s->cpus; i++)
		hooks_run(&path[0], i);
	if (hooks_changed())
		stopped = 2;
	else
		search(0);
}

struct explored explore(const struct scenario *s, uint64_t limit)
{
	if (!path)
		path = malloc(DEPTH * sizeof(*path));
	if (!path)
		exit(2);
	state_limit = limit;
	scenario_begin(s);
	hooks_start(scenario_program);
	do {
		search_once(s);
	} while (stopped == 2);
	engine_end();
	return found;
}
