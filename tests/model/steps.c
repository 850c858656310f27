/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One packet after it was read, moment by moment. On one CPU nothing comes between these moments.
 * With two, another packet or the sweep may, and docs/counters.md leaves free what it finds then:
 *  - who opens the first transaction of a resolver makes its entry first
 *  - a query, a refusal or the sweep that ends a transaction as timed out remembers it a moment
 *    later: until then a late arrival is unmatched
 *  - a short quote chooses the oldest transaction, and ends it a moment later, unless somebody has
 * All else happens at one moment: what is open ends once, whoever comes.
 */
#include "counting.h"

#include <stdlib.h>
#include <string.h>

enum { PART_ENTRY, PART_LO, PART_COUNT, PART_REMEMBER };

static void next_message(struct course *c)
{
	c->message++;
	c->part = PART_ENTRY;
}

/* What each message after the one before does at the same moment. */
static void pass_others(struct model *m, struct course *c)
{
	const struct message *one = &c->seen.message[c->message];

	for (; c->message < c->seen.messages && one->kind != MESSAGE_OURS; one++) {
		if (one->kind == MESSAGE_UNPARSED)
			m->self.n[one->unparsed]++;
		c->message++;
	}
}

/* "came in by another interface" */
static void count_forwarded(const struct course *c, struct entry *e, unsigned n)
{
	if (e && c->packet.came_in && c->packet.origin == ORIGIN_HOST)
		e->counters.n[COUNTER_FORWARDED] += n;
}

/* "counts as queries + untracked or responses + unmatched" */
static void count_beyond(struct model *m, struct course *c, const struct key *key)
{
	unsigned n = c->seen.beyond;

	m->self.n[SELF_UNPARSED_SEGMENTS] += n;
	if (c->packet.out)
		count_forwarded(c, count_queries_beyond(m, key, c->packet.cgroup, n), n);
	else if (n)
		count_unmatched_responses(m, key, n);
	c->done = 1;
}

/* Returns 0 when nothing of this was seen by anybody, so that the next moment is the same. */
static int step_query(struct model *m, struct course *c, const struct key *key)
{
	struct resolver_key r = resolver_of(key);

	if (c->part == PART_ENTRY) {
		c->part = PART_LO;
		return !entry_of(m, &r) && !is_other(entry_for(m, key));
	}
	if (c->part == PART_LO) {
		c->part = PART_COUNT;
		return is_on_lo(&c->packet) && note_on_lo(m, key);
	}
	if (c->part == PART_COUNT) {
		m->holder = c->actor;
		count_forwarded(c, count_query(m, key, c->packet.cgroup), 1);
		m->holder = -1;
		if (m->held[c->actor])
			c->part = PART_REMEMBER;
		else
			next_message(c);
		return 1;
	}
	next_message(c);
	model_sweep_remember(m, c->actor);
	return 1;
}

static int step_messages(struct model *m, struct course *c)
{
	struct key key = packet_key(m, &c->packet, &c->seen);

	pass_others(m, c);
	if (c->message == c->seen.messages) {
		count_beyond(m, c, &key);
		return 1;
	}
	key.id = c->seen.message[c->message].id;
	if (c->packet.out) {
		note_fast_open(m, &key, c->seen.message[c->message].data);
		return step_query(m, c, &key);
	}
	count_response(m, &key, &c->seen.message[c->message], is_on_lo(&c->packet));
	next_message(c);
	return 1;
}

static int step_unreachable(struct model *m, struct course *c)
{
	struct key key = packet_key(m, &c->packet, &c->seen), chosen;

	key.id = c->seen.id;
	chosen = key;
	if (c->seen.short_quote && !c->chosen && choose_oldest(m, &chosen, is_on_lo(&c->packet))) {
		c->chosen_tuple = chosen.tuple;
		c->chosen_scope = chosen.scope;
		c->seen.id = chosen.id;
		c->chosen = 1;
		return 1;
	}
	chosen.tuple = c->chosen_tuple;
	chosen.scope = c->chosen_scope;
	if (c->part == PART_REMEMBER) {
		model_sweep_remember(m, c->actor);
		c->done = 1;
		return 1;
	}
	/* One that is late itself takes what it remembers; a refusal never is. */
	m->holder = is_on_lo(&c->packet) ? (int)c->actor : -1;
	count_arrived_unreachable(m, &c->packet, &key, &c->seen, c->chosen ? &chosen : NULL);
	m->holder = -1;
	c->part = PART_REMEMBER;
	c->done = !m->held[c->actor];
	return 1;
}

static int step(struct model *m, struct course *c)
{
	struct key key;

	if (c->seen.kind == SEEN_MESSAGES)
		return step_messages(m, c);
	if (c->seen.kind == SEEN_UNREACHABLE)
		return step_unreachable(m, c);
	c->done = 1;
	if (c->seen.kind == SEEN_UNPARSED) {
		m->self.n[c->seen.unparsed]++;
		return 1;
	}
	key = packet_key(m, &c->packet, &c->seen);
	key.id = c->seen.id;
	count_too_big(m, &key, &c->seen);
	return 1;
}

/* CHOICE: a packet of several messages asks, whatever they are. */
static void note_who_is_asked(struct model *m, const struct course *c)
{
	const struct seen *s = &c->seen;
	struct key key = packet_key(m, &c->packet, s);

	if (s->kind == SEEN_MESSAGES && c->packet.out &&
	    (s->messages > 1 || s->message[0].kind == MESSAGE_OURS))
		note_asked(m, &key);
}

/* Returns 0 when nothing comes of it. */
static int begin(struct model *m, struct course *c)
{
	if (c->begun)
		return 1;
	c->begun = 1;
	c->done = !begin_packet(m, c);
	if (c->done)
		return 0;
	note_who_is_asked(m, c);
	return 1;
}

void model_step(struct model *m, struct course *c)
{
	if (!begin(m, c))
		return;
	while (!step(m, c) && !c->done)
		;
	if (c->seen.kind == SEEN_MESSAGES && !c->seen.beyond && !c->done) {
		pass_others(m, c);
		c->done = c->message == c->seen.messages;
	}
}

int model_step_busy(struct model *m, struct course *c)
{
	struct resolver_key r;
	struct key key;

	if (!begin(m, c) || !c->packet.out || c->seen.kind != SEEN_MESSAGES)
		return 0;
	pass_others(m, c);
	key = packet_key(m, &c->packet, &c->seen);
	r = resolver_of(&key);
	if (c->message == c->seen.messages || c->part > PART_COUNT ||
	    (!entry_of(m, &r) && m->created < m->config.max_resolvers))
		return 0;
	if (is_on_lo(&c->packet))
		note_on_lo(m, &key);
	count_forwarded(c, count_busy_query(m, &key, c->packet.cgroup), 1);
	next_message(c);
	if (c->message == c->seen.messages)
		count_beyond(m, c, &key);
	return 1;
}

void model_packet(struct model *m, const struct model_packet *p)
{
	struct course c = {.packet = *p};

	while (!c.done)
		model_step(m, &c);
}
