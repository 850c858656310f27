/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See order.h. */
#include "order.h"
#include "../counting.h"

#include <stdlib.h>
#include <string.h>

#define AGED_MOST (MODEL_ACTORS - MODEL_CPUS)
#define DEPTH_MOST 64

/* Where everybody is. The sweep may end those that have timed out in any order. */
struct order_progress {
	unsigned next[MODEL_CPUS]; /* packet */
	struct course course[MODEL_CPUS];
	unsigned swept[AGED_MOST]; /* moments of the two */
};

/* One transaction, or any of a 4-tuple's. */
struct subject {
	struct key key;
	int any;
	int on_lo, out; /* a query, or an arrival that may be about another resolver's */
};

struct search {
	const struct round *round;
	const struct engine_counts *counts;
	struct models *found;
	uint64_t slack;
	uint64_t hash[MODELS_MOST]; /* of those found */
	unsigned tried;		    /* orders, to their ends */
	int too_many;
	/* What each packet is about, and what the sweep may be after besides a packet. */
	struct subject about[MODEL_CPUS][ROUND_PACKETS];
	struct subject swept[AGED_MOST];
	unsigned aged_count;
};

static struct model *pool[DEPTH_MOST + 1];
static struct models results;

static struct model *copy_at(unsigned depth, const struct model *m)
{
	if (depth > DEPTH_MOST)
		abort();
	model_copy(pool[depth], m);
	return pool[depth];
}

void order_start(struct models *m, const struct engine_config *c)
{
	unsigned i;

	for (i = 0; i <= DEPTH_MOST; i++)
		pool[i] = model_new(c);
	for (i = 0; i < MODELS_MOST; i++) {
		m->model[i] = model_new(c);
		results.model[i] = model_new(c);
	}
	m->n = 1;
}

void order_tagged(struct models *m, uint32_t ifindex, uint32_t vlan)
{
	model_tagged(m->model[0], ifindex, vlan);
}

void order_stop(struct models *m)
{
	unsigned i;

	for (i = 0; i <= DEPTH_MOST; i++)
		model_free(pool[i]);
	for (i = 0; i < MODELS_MOST; i++) {
		model_free(m->model[i]);
		model_free(results.model[i]);
	}
}

/* ---- one moment of one actor ------------------------------------------------------------ */

static int is_over(const struct search *s, const struct order_progress *at, unsigned actor)
{
	if (actor < MODEL_CPUS)
		return at->next[actor] == s->round->n[actor];
	return at->swept[actor - MODEL_CPUS] == 2;
}

static int is_all_over(const struct search *s, const struct order_progress *at)
{
	unsigned i;

	for (i = 0; i < MODEL_CPUS + s->aged_count; i++) {
		if (!is_over(s, at, i))
			return 0;
	}
	return 1;
}

static void begin_course(const struct search *s, struct order_progress *at, unsigned cpu)
{
	struct course *c = &at->course[cpu];

	if (c->begun)
		return;
	c->packet = round_packet(s->round, cpu, at->next[cpu]);
	c->actor = cpu;
}

static void end_course(struct order_progress *at, unsigned cpu)
{
	if (!at->course[cpu].done)
		return;
	memset(&at->course[cpu], 0, sizeof(at->course[cpu]));
	at->next[cpu]++;
}

/* Returns 0 when it cannot be: nobody found anything busy here. */
static int move(const struct search *s, struct model *m, struct order_progress *at, unsigned actor,
		int busy)
{
	unsigned aged = actor - MODEL_CPUS;
	int can = 1;

	if (actor < MODEL_CPUS) {
		begin_course(s, at, actor);
		if (busy)
			can = model_step_busy(m, &at->course[actor]);
		else
			model_step(m, &at->course[actor]);
		end_course(at, actor);
	} else if (busy) {
		can = 0;
	} else if (at->swept[aged]++ == 0) {
		model_sweep_key(m, &s->swept[aged].key, actor);
	} else {
		model_sweep_remember(m, actor);
	}
	return can;
}

/* ---- all orders ------------------------------------------------------------------------- */

static const struct subject *subject_of(const struct search *s, const struct order_progress *at,
					unsigned actor)
{
	if (actor < MODEL_CPUS)
		return &s->about[actor][at->next[actor]];
	return &s->swept[actor - MODEL_CPUS];
}

static int is_same_tuple_and_id(const struct subject *a, const struct subject *b)
{
	return same_tuple(&a->key, &b->key) && (a->any || b->any || a->key.id == b->key.id);
}

/* What arrives on `lo` may end a transaction of any resolver. */
static int is_same_client(const struct subject *a, const struct subject *b)
{
	const struct four_tuple *x = &a->key.tuple, *y = &b->key.tuple;

	return ((a->on_lo && !a->out) || (b->on_lo && !b->out)) &&
	       !memcmp(x->client, y->client, 16) && x->client_port == y->client_port;
}

static int is_same(const struct subject *a, const struct subject *b)
{
	return is_same_client(a, b) || is_same_tuple_and_id(a, b);
}

/* What is about two transactions comes to the same in either order, unless it makes an entry. */
static int matters(const struct model *m, const struct subject *a, const struct subject *b)
{
	struct resolver_key r = resolver_of(&a->key), q = resolver_of(&b->key);

	if (a->on_lo && b->on_lo && m->lo_count < LO_RESOLVERS_MAX)
		return 1; /* which resolver is the first there */
	return is_same(a, b) || (!memcmp(&r, &q, sizeof(r)) && !entry_of(m, &r));
}

static void keep(struct search *s, const struct model *m)
{
	uint64_t hash = model_hash(m);
	unsigned i;

	for (i = 0; i < s->found->n; i++) {
		if (s->hash[i] == hash)
			return;
	}
	if (i == MODELS_MOST) {
		s->too_many = 1;
		return;
	}
	s->hash[i] = hash;
	model_copy(s->found->model[i], m);
	if (s->slack)
		compare_adopt_moments(s->counts, s->found->model[i]);
	s->found->n++;
}

/* Who moved, from where, and about what. */
struct moved {
	unsigned actor;
	const struct model *from;
	const struct subject *about;
};

/*
 * From here on. `last`: who moved before. Of two that may change places without
 * anybody seeing it, the one with the lower number goes first: that is one order for many.
 */
static void try_from(struct search *s, const struct model *m, const struct order_progress *at,
		     unsigned depth, const struct moved *last)
{
	struct model *next;
	struct moved moved = {.from = m};
	struct order_progress then;
	int busy;

	if (is_all_over(s, at)) {
		s->tried++;
		if (!compare_counts(s->counts, m, s->slack, 1))
			keep(s, m);
		return;
	}
	if (!compare_may_become(s->counts, m))
		return;
	for (moved.actor = 0; moved.actor < MODEL_CPUS + s->aged_count; moved.actor++) {
		if (is_over(s, at, moved.actor))
			continue;
		moved.about = subject_of(s, at, moved.actor);
		if (moved.actor < last->actor && !matters(last->from, last->about, moved.about))
			continue;
		for (busy = 0; busy < 1 + compare_is_busier(s->counts, m); busy++) {
			next = copy_at(depth, m);
			then = *at;
			if (move(s, next, &then, moved.actor, busy))
				try_from(s, next, &then, depth + 1, &moved);
		}
	}
}

/* First the sweep, then one CPU, then the other. */
static struct model *run_plainly(const struct search *s, const struct model *m, unsigned first)
{
	struct model *copy = copy_at(DEPTH_MOST, m);
	struct order_progress at = {0};
	unsigned i, actor;

	for (actor = MODEL_CPUS; actor < MODEL_CPUS + s->aged_count; actor++) {
		move(s, copy, &at, actor, 0);
		move(s, copy, &at, actor, 0);
	}
	for (i = 0; i < MODEL_CPUS; i++) {
		actor = i ? !first : first;
		while (!is_over(s, &at, actor))
			move(s, copy, &at, actor, 0);
	}
	return copy;
}

/* ---- the round -------------------------------------------------------------------------- */

static struct subject about(const struct model *m, const struct model_packet *p)
{
	struct subject subject = {0};
	struct seen s;

	model_see(&m->config, p, &s);
	subject.key = packet_key(m, p, &s);
	subject.on_lo = is_on_lo(p) && s.kind != SEEN_NOTHING && s.kind != SEEN_UNPARSED;
	subject.out = p->out;
	subject.any = s.kind == SEEN_MESSAGES ? s.messages != 1 : s.short_quote;
	subject.key.id = s.kind == SEEN_MESSAGES ? s.message[0].id : s.id;
	return subject;
}

static int is_about(const struct search *s, const struct subject *subject)
{
	unsigned cpu, i;

	for (cpu = 0; cpu < MODEL_CPUS; cpu++) {
		for (i = 0; i < s->round->n[cpu]; i++) {
			if (is_same(&s->about[cpu][i], subject))
				return 1;
		}
	}
	return 0;
}

/* Whether the sweep may end this one at any time; at most AGED_MOST, the others before. */
static int note_swept(struct search *s, const struct key *key)
{
	struct subject subject = {.key = *key};

	if (!is_about(s, &subject))
		return 0;
	if (s->aged_count == AGED_MOST)
		abort();
	s->swept[s->aged_count++] = subject;
	return 1;
}

/* What no packet is about is swept before. */
static void sweep_the_others(struct search *s, struct model *m)
{
	struct key keys[1024];
	unsigned n, i;

	n = model_aged(m, keys, 1024);
	if (n > 1024)
		abort();
	for (i = 0; i < n; i++) {
		if (note_swept(s, &keys[i]))
			continue;
		model_sweep_key(m, &keys[i], MODEL_CPUS);
		model_sweep_remember(m, MODEL_CPUS);
	}
}

static void prepare(struct search *s, struct model *m)
{
	struct model_packet p;
	unsigned cpu, i;

	model_clock(m, s->round->now);
	for (cpu = 0; cpu < MODEL_CPUS; cpu++) {
		for (i = 0; i < s->round->n[cpu]; i++) {
			p = round_packet(s->round, cpu, i);
			s->about[cpu][i] = about(m, &p);
		}
	}
	s->aged_count = 0;
	if (s->round->sweep)
		sweep_the_others(s, m);
}

struct model *order_plain(const struct round *r, const struct models *m)
{
	struct search s = {.round = r};
	struct model *copy = copy_at(0, m->model[0]);

	prepare(&s, copy);
	return run_plainly(&s, copy, 0);
}

static int is_plain(const struct search *s, const struct model *m)
{
	return !compare_counts(s->counts, run_plainly(s, m, 0), s->slack, 1) ||
	       !compare_counts(s->counts, run_plainly(s, m, 1), s->slack, 1);
}

/*
 * A sweep that was interrupted notes its failure when it goes on, and that one may have been before
 * the one that interrupted it. (Kernels that run the sweep with softirqs off have no such thing.)
 */
enum order order_find(const struct round *r, struct models *m, const struct engine_counts *counts,
		      int interrupted)
{
	static const struct order_progress start;
	static const struct moved nobody;
	struct search s = {.round = r,
			   .counts = counts,
			   .found = &results,
			   .slack = interrupted ? SLACK_ANY : 0};
	struct models was = *m;
	int plain = 0;
	unsigned i;

	results.n = 0;
	for (i = 0; i < was.n; i++) {
		prepare(&s, was.model[i]);
		try_from(&s, was.model[i], &start, 0, &nobody);
		if (s.tried > was.n && !plain)
			plain = is_plain(&s, was.model[i]);
	}
	if (s.too_many)
		return ORDER_TOO_MANY;
	if (!results.n)
		return ORDER_NONE;
	*m = results;
	results = was;
	return s.tried <= was.n ? ORDER_ANY : plain ? ORDER_ONE : ORDER_MIXED;
}
