/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* See round.h. */
#include "round.h"
#include "counting.h"
#include "invent.h"

#include <string.h>

/* ---- making ----------------------------------------------------------------------------- */

/* One that an ordinary packet may meet, in whatever it does. */
static void short_quote(struct generator *g, const struct sent *s, struct step *step)
{
	struct icmp_spec i = icmp_about(g, s);

	i.quoted = plain(&s->spec);
	i.quote_payload = -1;
	i.quote_udp = i.raw_length = i.quoted_total = i.pad_to = i.say_length = 0;
	step->frame = icmp_frame(i);
}

/* A packet about this query, or the query itself. */
static void about(struct generator *g, const struct sent *s, struct step *step)
{
	unsigned n = below(g, 100);
	struct udp_spec u = plain(&s->spec);

	if (n < 40) {
		u.ip_id = 1 + below(g, 65535);
		note_sent(g, &u);
		step->out = 1;
		step->frame = udp_frame(u);
	} else if (n < 70) {
		step->frame = udp_frame(response_to(g, s));
	} else if (n < 88) {
		step->frame = icmp_frame(icmp_about(g, s));
	} else {
		short_quote(g, s, step);
	}
}

static void any(struct generator *g, struct step *step)
{
	do {
		generate_step(g, step);
	} while (step->sweep || step->reserve);
}

/* A query that nothing was sent of yet, perhaps. */
static struct sent new_focus(struct generator *g)
{
	struct sent s = {.spec = new_query(g), .time = g->now};

	s.spec = plain(&s.spec);
	return s;
}

static void fill(struct generator *g, struct round *r, const struct sent focus[2], unsigned cpu)
{
	struct step *step;
	unsigned i;

	r->n[cpu] = below(g, 8) ? 1 + below(g, ROUND_PACKETS) : 0;
	g->cpu = cpu;
	for (i = 0; i < r->n[cpu]; i++) {
		step = &r->packet[cpu][i];
		memset(step, 0, offsetof(struct step, frame));
		if (percent(g, 75))
			about(g, &focus[percent(g, r->sweep ? 50 : 25)], step);
		else
			any(g, step);
		g->now = step->now = r->now;
		step->sweep = step->reserve = 0;
	}
}

/* Another one of the same resolver, if there is one. */
static struct sent beside(struct generator *g, const struct sent *focus)
{
	const struct sent *s = some_sent(g);
	unsigned tries;

	for (tries = 0; tries < 20; tries++, s = some_sent(g)) {
		if (!strcmp(s->spec.destination, focus->spec.destination) &&
		    (s->spec.id != focus->spec.id ||
		     s->spec.source_port != focus->spec.source_port))
			break;
	}
	return *s;
}

/* The sweep meets packets most when they are about what has timed out. */
static void let_time_out(struct generator *g, const struct sent *s)
{
	uint64_t to = s->time + g->timeout + 1 + below(g, 1000000);

	if (to > g->now)
		g->now = to;
}

void generate_round(struct generator *g, struct round *r)
{
	struct sent focus[2];

	generate_later(g);
	r->sweep = percent(g, 20);
	focus[0] = percent(g, 30) || !g->sent_count ? new_focus(g) : *some_sent(g);
	focus[1] = focus[0];
	if (g->sent_count)
		focus[1] = percent(g, 60) ? beside(g, &focus[0]) : *some_sent(g);
	if (percent(g, r->sweep ? 50 : 5))
		let_time_out(g, &focus[percent(g, 50)]);
	r->now = g->now;
	fill(g, r, focus, 0);
	fill(g, r, focus, 1);
	r->sweep_cpu = below(g, MODEL_CPUS);
	r->sweep_at = below(g, ROUND_PACKETS);
}

struct model_packet step_packet(const struct step *s)
{
	const struct frame *f = &s->frame;
	struct model_packet p = {.out = s->out,
				 .ifindex = f->ifindex,
				 .came_in = f->came_in,
				 .origin = f->guest ? ORIGIN_GUEST : ORIGIN_HOST,
				 .ethernet = !f->native_only,
				 .protocol = f->protocol,
				 .tagged = f->tagged,
				 .vlan_tci = f->vlan_tci,
				 .gso_size = f->gso_size,
				 .bytes = f->bytes,
				 .length = f->length,
				 .wire_length = f->wire_length,
				 .cgroup = s->cgroup,
				 .now = s->now};

	return p;
}

struct model_packet round_packet(const struct round *r, unsigned cpu, unsigned i)
{
	struct model_packet p = step_packet(&r->packet[cpu][i]);

	p.cpu = cpu;
	return p;
}

/* ---- what is left free ------------------------------------------------------------------ */

/* Of what was accepted so far. */
struct so_far {
	struct key queries[MODEL_CPUS * ROUND_PACKETS];
	struct key quotes[MODEL_CPUS * ROUND_PACKETS];
	unsigned query_count, quote_count;
	struct key many[MODEL_CPUS * ROUND_PACKETS]; /* of several messages */
	unsigned many_count;
	unsigned scoped_cpu, new_entries, new_refusals;
};

static int is_in(const struct key *list, unsigned n, const struct key *key)
{
	while (n--) {
		if (same_tuple(&list[n], key))
			return 1;
	}
	return 0;
}

/* Queries of several IDs at one moment are of one age, and a short quote may be about any. */
static int is_of_one_age(const struct so_far *f, const struct seen *s, const struct key *key)
{
	unsigned i;

	if (is_in(f->many, f->many_count, key))
		return 1;
	if (s->kind == SEEN_MESSAGES && (s->messages > 1 || s->beyond))
		return is_in(f->queries, f->query_count, key) ||
		       is_in(f->quotes, f->quote_count, key);
	for (i = 0; s->kind == SEEN_MESSAGES && i < f->query_count; i++) {
		if (same_tuple(&f->queries[i], key) && f->queries[i].id != s->message[0].id)
			return 1;
	}
	return 0;
}

static void accept(struct so_far *f, const struct model *m, const struct model_packet *p,
		   const struct seen *s, const struct key *key)
{
	struct resolver_key r = resolver_of(key);

	if (s->kind == SEEN_MESSAGES && (s->messages > 1 || s->beyond))
		f->many[f->many_count++] = *key;
	if (s->kind == SEEN_MESSAGES && p->out) {
		f->queries[f->query_count] = *key;
		f->queries[f->query_count++].id = s->message[0].id;
	}
	if (s->kind == SEEN_UNREACHABLE && s->short_quote)
		f->quotes[f->quote_count++] = *key;
	if ((p->out || s->kind == SEEN_UNREACHABLE) && !entry_of(m, &r))
		f->new_entries++;
	if (s->kind == SEEN_UNREACHABLE && !entry_of(m, &r))
		f->new_refusals++;
}

/* Which interface an fe80 resolver is asked on: of two CPUs, one only may say so. */
static int is_scoped_elsewhere(const struct so_far *f, const struct key *key, unsigned cpu)
{
	return key->scope && cpu != f->scoped_cpu;
}

static int is_free(const struct so_far *f, struct model *m, const struct model_packet *p,
		   const struct seen *s, const struct key *key)
{
	if (model_undecided(m, p))
		return 1;
	if (s->kind == SEEN_NOTHING || s->kind == SEEN_UNPARSED)
		return 0;
	if (is_scoped_elsewhere(f, key, p->cpu) || is_of_one_age(f, s, key))
		return 1;
	if (s->kind == SEEN_UNREACHABLE && s->short_quote && is_on_lo(p))
		return 1; /* about any of several resolvers' */
	return s->messages > 3 ||
	       (s->kind == SEEN_UNREACHABLE && s->short_quote && is_any_of_same_age(m, key));
}

void round_remove(struct round *r, unsigned cpu, unsigned i)
{
	r->n[cpu]--;
	memmove(&r->packet[cpu][i], &r->packet[cpu][i + 1],
		(r->n[cpu] - i) * sizeof(r->packet[cpu][0]));
}

static unsigned decide_cpu(struct round *r, struct model *m, struct model *scratch,
			   struct so_far *f, unsigned cpu)
{
	struct model_packet p;
	unsigned i = 0, out = 0;
	struct seen s;
	struct key key;

	model_copy(scratch, m);
	while (i < r->n[cpu]) {
		p = round_packet(r, cpu, i);
		model_see(&scratch->config, &p, &s);
		key = packet_key(scratch, &p, &s);
		if (is_free(f, scratch, &p, &s, &key)) {
			round_remove(r, cpu, i);
			out++;
			continue;
		}
		accept(f, m, &p, &s, &key);
		model_packet(scratch, &p);
		i++;
	}
	return out;
}

unsigned decide_round(struct round *r, struct model *m, struct model *scratch)
{
	struct so_far f = {.scoped_cpu = r->sweep_cpu};
	unsigned out;

	out = decide_cpu(r, m, scratch, &f, 0);
	out += decide_cpu(r, m, scratch, &f, 1);
	/* Which of two new resolvers gets the last place; and a refusal makes its entry, too. */
	r->apart = f.new_refusals || (m->created < m->config.max_resolvers &&
				      m->created + f.new_entries + 1 >= m->config.max_resolvers);
	return out;
}
